"""The photos that stand for the best of their group, and which of them are but copies of others: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bestshot.model.appraisal import Appraisal
from bestshot.model.faces import Face
from bestshot.model.groups import Group
from bestshot.model.photo import Metadata, Photo

# Unlike shots of a tripod differ by 13 grey levels and more somewhere in their miniatures, copies at a sixth of the
# size or in JPEG of quality 30 by less than 10.
_MOST_DIFFERENCE, _MOST_MEAN_DIFFERENCE = 10, 1.2

_SAME_SHAPE = 0.02
_SAME_TIME = 1.5
"""In seconds: some programs drop the parts of a second."""

_SAME_LIDS = 0.1
_FEWER_PIXELS, _FEWER_BYTES = 0.98, 0.75
_LESS_SHARP, _SHARPER = 0.75, 1.1
"""What compressing does to sharpness at most; a shot that was shaken loses more, and noise takes bytes too."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A photo with all that is known of it."""

    photo: Photo
    appraisal: Appraisal
    metadata: Metadata

    @property
    def id(self) -> str:
        """That of the photo."""
        return self.photo.id

    @property
    def faces(self) -> tuple[Face, ...]:
        """The faces that were found; none if nobody looked."""
        return self.appraisal.faces or ()

    @property
    def pixels(self) -> int | None:
        """How many there are in the picture."""
        width, height = self.metadata.width, self.metadata.height
        return width * height if width and height else None

    @property
    def has_exif(self) -> bool:
        """Whether it still tells of its capture; what goes through a messenger does not."""
        return self.metadata.camera is not None or not self.metadata.taken.is_guess


def candidates(
    group: Group, appraisals: Mapping[str, Appraisal], metadata: Mapping[str, Metadata]
) -> tuple[Candidate, ...]:
    """The photos of a group, in its order."""
    return tuple(Candidate(photo, appraisals[photo.id], metadata[photo.id]) for photo in group.photos)


def originals_of_copies(everyone: Sequence[Candidate]) -> dict[str, Candidate]:
    """Of which photo each copy is one, by its id: the same picture with fewer pixels, without EXIF, or in fewer bytes.

    Photos that only look the same, as two shots of a still scene from a tripod do, are nobody's copies.
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
        _may_be_of_one_time(copy, original)
        and _has_same_shape(copy, original)
        and _may_be_as_sharp(copy, original)
        and _has_same_miniature(copy.appraisal.miniature, original.appraisal.miniature)
        and _has_same_eyes(copy.faces, original.faces)
    )


def _may_be_of_one_time(one: Candidate, other: Candidate) -> bool:
    times = one.metadata.taken, other.metadata.taken
    if any(taken.is_guess for taken in times):
        return True
    instants = [taken.instant_seconds for taken in times]
    walls = [taken.wall_seconds for taken in times]
    return any(
        left is not None and right is not None and abs(left - right) <= _SAME_TIME for left, right in (instants, walls)
    )


def _has_same_shape(one: Candidate, other: Candidate) -> bool:
    shapes = [
        candidate.metadata.width / candidate.metadata.height
        for candidate in (one, other)
        if candidate.metadata.width and candidate.metadata.height
    ]
    return len(shapes) < 2 or abs(shapes[0] / shapes[1] - 1) <= _SAME_SHAPE


def _may_be_as_sharp(copy: Candidate, original: Candidate) -> bool:
    if copy.pixels != original.pixels or original.appraisal.sharpness == 0:
        return True  # at another size sharpness is another thing
    return _LESS_SHARP <= copy.appraisal.sharpness / original.appraisal.sharpness <= _SHARPER


def _has_same_miniature(one: bytes, other: bytes) -> bool:
    if not one or len(one) != len(other):
        return False
    differences = np.abs(np.frombuffer(one, np.uint8).astype(np.int16) - np.frombuffer(other, np.uint8))
    return int(differences.max()) <= _MOST_DIFFERENCE and float(differences.mean()) <= _MOST_MEAN_DIFFERENCE


def _has_same_eyes(one: Sequence[Face], other: Sequence[Face]) -> bool:
    """Whether nobody blinks in one of them only; in a small copy faces may not be found at all."""
    if len(one) != len(other):
        return True
    lids = [(left.lid_height, right.lid_height) for left, right in zip(one, other, strict=True)]
    return all(left is None or right is None or abs(left - right) <= _SAME_LIDS for left, right in lids)
