"""The photos of a group with what is known about them, and which of them are copies of others: pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

import numpy as np
import numpy.typing as npt

from bestshot.model.appraisal import MINIATURE_SIZE, Appraisal, ReducedSharpness, are_of_one_scale
from bestshot.model.faces import Face
from bestshot.model.groups import Group
from bestshot.model.photo import Metadata, Photo
from bestshot.model.provenance import Provenance
from bestshot.ranking.originals import original_first, told_by_pixels
from bestshot.ranking.people import doubted_faces

_MAX_DIFFERENCE = 10
"""Grey levels by which a copy may differ anywhere in its miniature: two shots from a tripod differ by at least 20."""

_MAX_MEAN_DIFFERENCE = 1.2
"""Grey levels by which the miniature of a copy may differ on average."""

_MUCH_SMALLER = 0.75
"""A picture with sides below this fraction of another's may have been sharpened, which shows in its miniature."""

_MAX_DIFFERENCE_OF_SMALL = 30
"""Grey levels by which a much smaller copy may differ anywhere; one in fifty pairs of a burst differs by less."""

_MAX_MEAN_DIFFERENCE_OF_SMALL = 3.0
"""Grey levels by which a much smaller copy may differ on average."""

_MAX_ASPECT_DEVIATION = 0.02
"""How far the aspect ratios of a copy and its original may differ, as a fraction."""

_MAX_TIME_DIFFERENCE = 1.5
"""In seconds: some programs drop fractions of a second."""

_MAX_LID_DIFFERENCE = 0.1
"""A larger difference in lid height (see `Face.lid_height`) is a blink, so not a copy."""

_MIN_SHARPNESS = 0.75
"""Compression alone does not reduce sharpness below this fraction of the original's; a shaken shot loses more."""

_MAX_SHARPNESS = 1.1
"""Compression alone does not raise sharpness above this multiple; noise does, and makes the file larger too."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A photo with everything that is known about it; `doubted` are faces that other photos do not bear out."""

    photo: Photo
    appraisal: Appraisal
    metadata: Metadata
    provenance: Provenance = field(default_factory=Provenance)
    doubted: tuple[Face, ...] = ()

    @property
    def id(self) -> str:
        """The id of the photo."""
        return self.photo.id

    @property
    def damage(self) -> str | None:
        """What is wrong with the file of the photo; None if nothing is known to be."""
        return self.appraisal.damage

    @property
    def faces(self) -> tuple[Face, ...]:
        """The faces that were found and are not doubted; empty if detection was off."""
        return tuple(face for face in self.appraisal.faces or () if face not in self.doubted)

    @property
    def pixels(self) -> int | None:
        """The number of pixels in the picture; None if its size is unknown."""
        width, height = self.metadata.width, self.metadata.height
        return width * height if width and height else None

    @property
    def has_exif(self) -> bool:
        """Whether the photo still states its camera or capture time; messengers strip both."""
        return self.metadata.camera is not None or not self.metadata.taken.is_guess


Lookalikes = Mapping[str, frozenset[str]]
"""The ids of the other photos that show the very picture of a photo, by its id, if there are any."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The photos of a group, in its order, with what is known about them; `copies` gives each copy's original by id."""

    group: Group
    everyone: tuple[Candidate, ...]
    lookalikes: Lookalikes
    copies: Mapping[str, Candidate]

    @classmethod
    def of(cls, group: Group, appraisals: Mapping[str, Appraisal], metadata: Mapping[str, Metadata]) -> Self:
        """The candidates of a group. Finding its copies is the most expensive part, so it is done here, once.

        A damaged photo is nobody's copy, and nobody's original.
        """
        everyone = tuple(Candidate(photo, appraisals[photo.id], metadata[photo.id]) for photo in group.photos)
        lookalikes = find_lookalikes([one for one in everyone if one.damage is None])
        doubted = doubted_faces({one.id: one.appraisal.faces or () for one in everyone}, lookalikes)
        everyone = tuple(replace(one, doubted=doubted[one.id]) if one.id in doubted else one for one in everyone)
        return cls(group, everyone, lookalikes, originals_of_copies(everyone, lookalikes))

    def with_provenance(self, provenance: Mapping[str, Provenance]) -> Self:
        """Decide anew which photo is whose copy, now that it is known where the files of some came from."""
        everyone = tuple(replace(one, provenance=provenance.get(one.id, one.provenance)) for one in self.everyone)
        return replace(self, everyone=everyone, copies=originals_of_copies(everyone, self.lookalikes))

    def told_by_pixels(self) -> list[Photo]:
        """The photos whose pixels may tell which photo is whose copy, where nothing stronger has told it."""
        by_id = {one.id: one for one in self.everyone}
        pairs = ((one, by_id[id_]) for one in self.everyone for id_ in self.lookalikes.get(one.id, ()) if id_ in by_id)
        ids = {told.id for one, other in pairs for told in told_by_pixels(one, other)}
        return [one.photo for one in self.everyone if one.id in ids]

    @property
    def shots(self) -> list[Candidate]:
        """The photos that are not copies."""
        if not self.copies:  # as nearly always, and this is asked ten times of each group
            return list(self.everyone)
        return [candidate for candidate in self.everyone if candidate.id not in self.copies]

    @property
    def is_of_one_scale(self) -> bool:
        """Whether the photos that are not copies were measured at one scale, so that their sharpness compares."""
        return are_of_one_scale([side for one in self.shots if (side := one.appraisal.longest_side) is not None])

    def with_reduced_sharpness(self, measured: Mapping[str, ReducedSharpness]) -> Self:
        """These photos with their sharpness at smaller sizes, as far as it was measured."""

        def known(one: Candidate) -> Candidate:
            return replace(one, appraisal=replace(one.appraisal, reduced_sharpness=measured.get(one.id, ())))

        copies = {copy: known(original) for copy, original in self.copies.items()}
        return replace(self, everyone=tuple(map(known, self.everyone)), copies=copies)

    def part(self, chosen: Sequence[Candidate]) -> Self:
        """Some of the photos as a group of their own; a copy must come with its original."""
        ids = {candidate.id for candidate in chosen}
        copies = {copy: original for copy, original in self.copies.items() if copy in ids}
        return type(self)(Group(tuple(candidate.photo for candidate in chosen)), tuple(chosen), self.lookalikes, copies)


def find_lookalikes(everyone: Sequence[Candidate]) -> dict[str, frozenset[str]]:
    """Find the photos that show the very same picture, however large or compressed.

    Photos that only look the same, such as two shots of a still scene from a tripod, do not.
    """
    found: dict[str, set[str]] = {}
    for one, other in _similar(everyone):
        if _is_same_picture(one, other):
            found.setdefault(one.id, set()).add(other.id)
            found.setdefault(other.id, set()).add(one.id)
    return {id_: frozenset(others) for id_, others in found.items()}


def _similar(everyone: Sequence[Candidate]) -> Iterator[tuple[Candidate, Candidate]]:
    """The pairs whose miniatures are close enough on average; a burst of hundreds has many pairs, and few of these."""
    seen = [candidate for candidate in everyone if len(candidate.appraisal.miniature) == MINIATURE_SIZE**2]
    rows = np.array([np.frombuffer(candidate.appraisal.miniature, np.uint8) for candidate in seen], np.int16)
    for place, one in enumerate(seen):
        unlikeness = np.abs(rows[place + 1 :] - rows[place]).mean(axis=1)
        for nearby in np.flatnonzero(unlikeness <= _MAX_MEAN_DIFFERENCE_OF_SMALL):
            yield one, seen[place + 1 + int(nearby)]


def originals_of_copies(everyone: Sequence[Candidate], lookalikes: Lookalikes | None = None) -> dict[str, Candidate]:
    """Map the id of each copy to its original, where the evidence tells one.

    The photo to which the most evidence points comes first, since evidence on three files may go round in a circle.
    """
    lookalikes = find_lookalikes(everyone) if lookalikes is None else lookalikes
    by_id = {candidate.id: candidate for candidate in everyone if candidate.id in lookalikes}
    first = dict[tuple[str, str], int]()
    for id_, one in by_id.items():
        for other in lookalikes[id_] & by_id.keys():
            told = first.get((other, id_))  # what tells for one of a pair tells against the other
            first[id_, other] = original_first(one, by_id[other]) if told is None else -told
    lost = {id_: sum(first[id_, other] < 0 for other in lookalikes[id_] & by_id.keys()) for id_ in by_id}
    originals: list[Candidate] = []
    copies: dict[str, Candidate] = {}
    for id_ in sorted(by_id, key=lambda id_: (lost[id_], id_)):
        candidate = by_id[id_]
        preceding = [other for other in originals if first.get((other.id, id_), 0) > 0]
        possible = [other for other in preceding if not _is_too_sharp(candidate, other)]
        original = min(possible, key=partial(_unlikeness, candidate), default=None)
        if original is None:
            originals.append(candidate)
        else:
            copies[id_] = original
    return copies


def _is_same_picture(one: Candidate, other: Candidate) -> bool:
    return (
        _may_have_same_time(one, other)
        and _has_same_aspect(one, other)
        and _may_be_as_sharp(one, other)
        and _has_same_miniature(one, other)
        and _has_same_eyes(one.faces, other.faces)
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


def _may_be_as_sharp(one: Candidate, other: Candidate) -> bool:
    sharpness = [candidate.appraisal.sharpness for candidate in (one, other)]
    return not _is_of_one_size(one, other) or min(sharpness) >= _MIN_SHARPNESS * max(sharpness)


def _is_too_sharp(copy: Candidate, original: Candidate) -> bool:
    is_sharper = copy.appraisal.sharpness > _MAX_SHARPNESS * original.appraisal.sharpness > 0
    return is_sharper and _is_of_one_size(copy, original)


def _is_of_one_size(one: Candidate, other: Candidate) -> bool:
    """Whether sharpness can be compared: reducing a picture, and so the preview of a raw photo, makes it sharper."""
    return one.pixels == other.pixels and one.appraisal.longest_side == other.appraisal.longest_side


def _has_same_miniature(one: Candidate, other: Candidate) -> bool:
    differences = _differences(one, other)
    if differences is None:
        return False
    most, mean = int(differences.max()), float(differences.mean())
    if _is_much_smaller(one, other) or _is_much_smaller(other, one):
        return most <= _MAX_DIFFERENCE_OF_SMALL and mean <= _MAX_MEAN_DIFFERENCE_OF_SMALL
    return most <= _MAX_DIFFERENCE and mean <= _MAX_MEAN_DIFFERENCE


def _is_much_smaller(one: Candidate, other: Candidate) -> bool:
    sides = one.appraisal.longest_side, other.appraisal.longest_side
    return sides[0] is not None and sides[1] is not None and sides[0] < _MUCH_SMALLER * sides[1]


def _differences(one: Candidate, other: Candidate) -> npt.NDArray[np.int16] | None:
    """The differences between two miniatures in grey levels; None if there are none to compare."""
    first, second = (np.frombuffer(each.appraisal.miniature, np.uint8).astype(np.int16) for each in (one, other))
    return np.abs(first - second) if len(first) == len(second) > 0 else None


def _unlikeness(one: Candidate, other: Candidate) -> float:
    differences = _differences(one, other)
    return 0.0 if differences is None else float(differences.mean())


def _has_same_eyes(one: Sequence[Face], other: Sequence[Face]) -> bool:
    """Whether nobody blinks in only one of them; in a small copy, faces may not be found at all."""
    if len(one) != len(other):
        return True
    lids = [(left.lid_height, right.lid_height) for left, right in zip(one, other, strict=True)]
    return all(left is None or right is None or abs(left - right) <= _MAX_LID_DIFFERENCE for left, right in lids)
