"""The photos of a group with what is known about them, and which of them are copies of others: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from bestshot.model.appraisal import Appraisal
from bestshot.model.faces import Face
from bestshot.model.groups import Group
from bestshot.model.photo import Metadata, Photo

_MAX_DIFFERENCE = 10
"""Grey levels by which a copy may differ anywhere in its miniature.

Different shots from a tripod differ by at least 13, copies at a sixth of the size or in JPEG of quality 30 by less than
10."""

_MAX_MEAN_DIFFERENCE = 1.2
"""Grey levels by which the miniature of a copy may differ on average."""

_MAX_ASPECT_DEVIATION = 0.02
"""How far the aspect ratios of a copy and its original may differ, as a fraction."""

_MAX_TIME_DIFFERENCE = 1.5
"""In seconds: some programs drop fractions of a second."""

_MAX_LID_DIFFERENCE = 0.1
"""A larger difference in lid height (see `Face.lid_height`) is a blink, so not a copy."""

_FEWER_PIXELS = 0.98
"""A photo with less than this fraction of another's pixels may be a copy of it."""

_FEWER_BYTES = 0.75
"""A file with less than this fraction of another's bytes may be a copy of it."""

_MIN_SHARPNESS = 0.75
"""Compression alone does not reduce sharpness below this fraction of the original's; a shaken shot loses more."""

_MAX_SHARPNESS = 1.1
"""Compression alone does not raise sharpness above this multiple; noise does, and makes the file larger too."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A photo with everything that is known about it."""

    photo: Photo
    appraisal: Appraisal
    metadata: Metadata

    @property
    def id(self) -> str:
        """The id of the photo."""
        return self.photo.id

    @property
    def faces(self) -> tuple[Face, ...]:
        """The faces that were found; empty if detection was off."""
        return self.appraisal.faces or ()

    @property
    def pixels(self) -> int | None:
        """The number of pixels in the picture; None if its size is unknown."""
        width, height = self.metadata.width, self.metadata.height
        return width * height if width and height else None

    @property
    def has_exif(self) -> bool:
        """Whether the photo still states its camera or capture time; messengers strip both."""
        return self.metadata.camera is not None or not self.metadata.taken.is_guess


@dataclass(frozen=True, slots=True)
class Candidates:
    """The photos of a group, in its order, with what is known about them; `copies` gives each copy's original by id."""

    group: Group
    everyone: tuple[Candidate, ...]
    copies: Mapping[str, Candidate]

    @classmethod
    def of(cls, group: Group, appraisals: Mapping[str, Appraisal], metadata: Mapping[str, Metadata]) -> Self:
        """The candidates of a group. Finding its copies is the most expensive part, so it is done here, once."""
        everyone = tuple(Candidate(photo, appraisals[photo.id], metadata[photo.id]) for photo in group.photos)
        return cls(group, everyone, originals_of_copies(everyone))

    @property
    def shots(self) -> list[Candidate]:
        """The photos that are not copies."""
        return [candidate for candidate in self.everyone if candidate.id not in self.copies]

    def part(self, chosen: Sequence[Candidate]) -> Self:
        """Some of the photos as a group of their own; a copy must come with its original."""
        ids = {candidate.id for candidate in chosen}
        copies = {copy: original for copy, original in self.copies.items() if copy in ids}
        return type(self)(Group(tuple(candidate.photo for candidate in chosen)), tuple(chosen), copies)


def originals_of_copies(everyone: Sequence[Candidate]) -> dict[str, Candidate]:
    """Map the id of each copy to its original.

    A copy is the same picture with fewer pixels, without EXIF, or in fewer bytes. Photos that only look the same, such
    as two shots of a still scene from a tripod, are not copies.
    """
    originals: list[Candidate] = []
    copies: dict[str, Candidate] = {}
    for candidate in sorted(everyone, key=_originality):
        original = next((other for other in originals if _is_copy(candidate, other)), None)
        if original is None:
            originals.append(candidate)
        else:
            copies[candidate.id] = original
    return copies


def _originality(candidate: Candidate) -> tuple[int, bool, int, str]:
    return -(candidate.pixels or 0), not candidate.has_exif, -candidate.photo.size, candidate.id


def _is_copy(copy: Candidate, original: Candidate) -> bool:
    return _is_derived(copy, original) and _is_same_picture(copy, original)


def _is_derived(copy: Candidate, original: Candidate) -> bool:
    is_smaller = (copy.pixels or 0) < _FEWER_PIXELS * (original.pixels or 0)
    has_lost_exif = original.has_exif and not copy.has_exif
    return is_smaller or has_lost_exif or copy.photo.size < _FEWER_BYTES * original.photo.size


def _is_same_picture(copy: Candidate, original: Candidate) -> bool:
    return (
        _may_have_same_time(copy, original)
        and _has_same_aspect(copy, original)
        and _may_be_as_sharp(copy, original)
        and _has_same_miniature(copy.appraisal.miniature, original.appraisal.miniature)
        and _has_same_eyes(copy.faces, original.faces)
    )


def _may_have_same_time(one: Candidate, other: Candidate) -> bool:
    times = one.metadata.taken, other.metadata.taken
    if any(taken.is_guess for taken in times):
        return True
    instants = [taken.instant_seconds for taken in times]
    walls = [taken.wall_seconds for taken in times]
    return any(
        left is not None and right is not None and abs(left - right) <= _MAX_TIME_DIFFERENCE
        for left, right in (instants, walls)
    )


def _has_same_aspect(one: Candidate, other: Candidate) -> bool:
    aspects = [
        candidate.metadata.width / candidate.metadata.height
        for candidate in (one, other)
        if candidate.metadata.width and candidate.metadata.height
    ]
    return len(aspects) < 2 or abs(aspects[0] / aspects[1] - 1) <= _MAX_ASPECT_DEVIATION


def _may_be_as_sharp(copy: Candidate, original: Candidate) -> bool:
    if copy.pixels != original.pixels or original.appraisal.sharpness == 0:
        return True  # sharpness cannot be compared between sizes
    return _MIN_SHARPNESS <= copy.appraisal.sharpness / original.appraisal.sharpness <= _MAX_SHARPNESS


def _has_same_miniature(one: bytes, other: bytes) -> bool:
    if not one or len(one) != len(other):
        return False
    differences = np.abs(np.frombuffer(one, np.uint8).astype(np.int16) - np.frombuffer(other, np.uint8))
    return int(differences.max()) <= _MAX_DIFFERENCE and float(differences.mean()) <= _MAX_MEAN_DIFFERENCE


def _has_same_eyes(one: Sequence[Face], other: Sequence[Face]) -> bool:
    """Whether nobody blinks in only one of them; in a small copy, faces may not be found at all."""
    if len(one) != len(other):
        return True
    lids = [(left.lid_height, right.lid_height) for left, right in zip(one, other, strict=True)]
    return all(left is None or right is None or abs(left - right) <= _MAX_LID_DIFFERENCE for left, right in lids)
