"""What goes before the score: the user's favourites and ratings, and simple rules of preference. Pure."""

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
"""More than five stars."""


def choice(metadata: Metadata) -> int:
    """What the user thinks of a photo: 6 a favourite, 1 to 5 stars, 0 nothing said, -1 rejected."""
    return _FAVORITE if metadata.is_favorite else metadata.rating or 0


def choice_in_words(metadata: Metadata) -> str:
    """The same in words, of a photo of which something was said."""
    if metadata.is_favorite:
        return "your favourite"
    stars = metadata.rating or 0
    return f"{count(stars, 'star')} from you" if stars > 0 else "rejected by you"


def preference_marks(
    everyone: Sequence["Candidate"], preferences: Sequence[Preference]
) -> dict[str, tuple[float, ...]]:
    """How well each photo follows each of the rules, by photo id."""
    return {candidate.id: tuple(_mark(candidate, preference) for preference in preferences) for candidate in everyone}


def _mark(candidate: "Candidate", preference: Preference) -> float:
    match preference.preference:
        case PreferenceKind.RAW:
            return float(_is_raw(candidate))
        case PreferenceKind.LARGEST:
            return float(candidate.pixels or 0)
        case PreferenceKind.FOLDER:
            return float(_is_in(candidate, preference.folder))


def _is_raw(candidate: "Candidate") -> bool:
    return suffix_of(candidate.photo.name) in RAW_SUFFIXES or any(
        file.role is FileRole.RAW for file in candidate.photo.files
    )


def _is_in(candidate: "Candidate", folder: str) -> bool:
    return any(PurePath(file.path).is_relative_to(folder) for file in candidate.photo.files[:1])
