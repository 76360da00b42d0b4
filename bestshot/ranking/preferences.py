"""What takes precedence over the score: the user's favourites and ratings, and their preferences: pure."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from bestshot.model.formats import RAW_SUFFIXES, suffix_of
from bestshot.model.photo import FileRole, Metadata
from bestshot.ranking.rules import Preference, PreferenceKind
from bestshot.text import count

if TYPE_CHECKING:
    from bestshot.ranking.candidates import Candidate

_FAVORITE = 6
"""A favourite ranks above five stars."""


def choice(metadata: Metadata) -> int:
    """The user's own rating of a photo: 6 for a favourite, 1 to 5 stars, 0 if not rated, -1 if rejected."""
    return _FAVORITE if metadata.is_favorite else metadata.rating or 0


def choice_in_words(metadata: Metadata) -> str:
    """The user's rating of a rated photo in words, such as "3 stars from you"."""
    if metadata.is_favorite:
        return "your favourite"
    stars = metadata.rating or 0
    return f"{count(stars, 'star')} from you" if stars > 0 else "rejected by you"


def preference_scores(
    everyone: Sequence["Candidate"], preferences: Sequence[Preference]
) -> dict[str, tuple[float, ...]]:
    """How well each photo meets each preference, by photo id; more is better."""
    return {candidate.id: tuple(_score(candidate, preference) for preference in preferences) for candidate in everyone}


def _score(candidate: "Candidate", preference: Preference) -> float:
    match preference.kind:
        case PreferenceKind.RAW:
            return float(is_raw(candidate))
        case PreferenceKind.LARGEST:
            return float(candidate.pixels or 0)
        case PreferenceKind.FOLDER:
            return float(_is_in(candidate, preference.folder))


def is_raw(candidate: "Candidate") -> bool:
    """Whether a photo is a raw file, or has one beside it."""
    return suffix_of(candidate.photo.name) in RAW_SUFFIXES or any(
        file.role is FileRole.RAW for file in candidate.photo.files
    )


def _is_in(candidate: "Candidate", folder: str) -> bool:
    return any(PurePath(file.path).is_relative_to(folder) for file in candidate.photo.files[:1])
