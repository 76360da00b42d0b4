"""What is reviewed: the groups of a library as they are proposed, and what the page is told of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from bestshot.model.groups import GroupKind, PlannedGroup
from bestshot.model.photo import Metadata, Photo, SourceType, digest
from bestshot.plans.document import PlanDocument, PlanGroup, document_of, size_of
from bestshot.report.model import MissingPicture, ReportContent
from bestshot.report.views import group_view, is_doubtful, when
from bestshot.review.refusal import RefusedError
from bestshot.review.states import State, proposal
from bestshot.sources.interface import PhotoSource
from bestshot.text import printable

_NO_PICTURE = MissingPicture("")
"""The pictures of the page are asked for one by one."""


class ToldPhoto(msgspec.Struct, frozen=True, rename="camel"):
    """A photo, under its number in this review: no key and no path is part of an address."""

    id: int
    name: str
    width: int | None
    height: int | None
    bytes: int
    revision: str
    is_reference: bool


class ToldGroup(msgspec.Struct, frozen=True, rename="camel"):
    """A group, its photos best first, and the numbers of those that are proposed as its best and to be kept."""

    id: str
    number: int
    kind: str
    is_set: bool
    has_faces: bool
    confidence: float
    is_doubtful: bool
    people: tuple[str, ...]
    date: str
    when: str
    photos: tuple[ToldPhoto, ...]
    proposed: dict[str, int | tuple[int, ...]]


class ToldFace(msgspec.Struct, frozen=True):
    """Where a face is, as fractions of the picture, and whose."""

    box: tuple[float, float, float, float]
    who: str | None


class ToldDetail(msgspec.Struct, frozen=True):
    """What is shown of one photo that is looked at."""

    id: int
    why: tuple[str, ...]
    lines: tuple[str, ...]
    measured: tuple[tuple[str, str], ...]
    path: str
    address: str
    faces: tuple[ToldFace, ...]
    error: str | None


@dataclass(frozen=True, slots=True)
class ReviewedGroup:
    """A group that is reviewed: `first` is the number of the best photo, the others follow in the order of the ranking.

    `id` is the same however the command line spells folders.
    """

    id: str
    first: int
    planned: PlannedGroup
    document: PlanGroup
    proposal: State

    @property
    def photos(self) -> range:
        """The numbers of its photos."""
        return range(self.first, self.first + len(self.document.photos))


@dataclass(frozen=True, slots=True)
class ReviewLibrary:
    """The groups of a library by their numbers, and the photos in them by theirs."""

    content: ReportContent
    document: PlanDocument
    groups: Mapping[int, ReviewedGroup]
    photos: tuple[Photo, ...]

    @classmethod
    def of(cls, content: ReportContent) -> "ReviewLibrary":
        """What a run found, without what the page does not show: photos in no group, and the texts for an output."""
        photos = tuple(one.photo for group in content.plan.groups for one in group.verdict.ranking)
        slim = replace(
            content,
            plan=replace(
                content.plan, groups=tuple(replace(group, text="") for group in content.plan.groups), actions=()
            ),
            metadata={photo.id: content.metadata[photo.id] for photo in photos},
            appraisals={photo.id: content.appraisals[photo.id] for photo in photos if photo.id in content.appraisals},
        )
        document = document_of(slim.plan, slim.source, slim.metadata)
        return cls(slim, document, {group.document.number: group for group in _reviewed(slim, document)}, photos)

    def told(self, group: ReviewedGroup) -> ToldGroup:
        """What the page is told of a group at first."""
        verdict = group.planned.verdict
        taken = self.content.metadata[verdict.best.id].taken
        faces = [face for one in verdict.ranking for face in self.content.faces_of(one.photo)]
        return ToldGroup(
            id=group.id,
            number=group.document.number,
            kind=verdict.kind.value,
            is_set=verdict.kind.is_set,
            has_faces=bool(faces),
            confidence=verdict.confidence,
            is_doubtful=is_doubtful(verdict.confidence),
            people=tuple(sorted({printable(face.name) for face in faces if face.name})),
            date=when(taken)[:10],
            when=when(taken),
            photos=tuple(map(self._told_photo, group.photos)),
            proposed={"best": group.first, "keep": tuple(group.first + place for place in group.proposal.keep)},
        )

    def _told_photo(self, number: int) -> ToldPhoto:
        photo = self.photos[number]
        known: Metadata = self.content.metadata[photo.id]
        revision = self.revision(photo)
        name, size = printable(photo.name), size_of(photo)
        return ToldPhoto(number, name, known.width, known.height, size, revision, photo.is_reference)

    def revision(self, photo: Photo) -> str:
        """What is part of the addresses of a photo's pictures, so that browsers may keep them."""
        return digest(*photo.place, photo.revision)

    def details(self, group: ReviewedGroup, source: PhotoSource) -> dict[str, object]:
        """What is shown of a group that is looked at, in the words of the report."""
        photos = [self.photos[number] for number in group.photos]
        is_on_disk = self.content.source.type == SourceType.LOCAL
        addresses = ["" if is_on_disk else source.web_address(photo) for photo in photos]
        view = group_view(0, group.planned, self.content, [_NO_PICTURE] * len(photos), addresses)
        wrong = {skipped.id: printable(skipped.error) for skipped in self.content.plan.skipped}
        told = [
            ToldDetail(
                number, card.why, card.lines, card.measured, card.path, card.address or card.path,
                tuple(self._faces(photo)), wrong.get(photo.id),
            )
            for number, photo, card in zip(group.photos, photos, view.photos, strict=True)
        ]  # fmt: skip
        return {"number": view.number, "about": view.about, "certainty": view.certainty, "photos": told}

    def _faces(self, photo: Photo) -> Iterator[ToldFace]:
        for face in self.content.faces_of(photo):
            yield ToldFace((face.left, face.top, face.right, face.bottom), printable(face.name) or None)

    def photo(self, number: int) -> Photo:
        """The photo of this number; raises RefusedError if there is none."""
        if number >= len(self.photos):
            raise RefusedError("There is no such photo in this review.", 404)
        return self.photos[number]

    def people(self) -> list[str]:
        """The names of all who are seen in these groups."""
        faces = (face for photo in self.photos for face in self.content.faces_of(photo))
        return sorted({printable(face.name) for face in faces if face.name})

    def kinds(self) -> list[str]:
        """The kinds of groups that there are."""
        there = {group.document.kind for group in self.groups.values()}
        return [kind.value for kind in GroupKind if kind in there]


def _reviewed(content: ReportContent, document: PlanDocument) -> Iterator[ReviewedGroup]:
    first = 0
    for planned, written in zip(content.plan.groups, document.groups, strict=True):
        places: Sequence[tuple[str, str]] = sorted(photo.place for photo in written.photos)
        group_id = digest(*(text for place in places for text in place))
        yield ReviewedGroup(group_id, first, planned, written, proposal(planned.verdict))
        first += len(written.photos)
