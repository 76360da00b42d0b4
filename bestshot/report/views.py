"""The texts of a report on the library, a group and a photo, safe to show anywhere: pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from bestshot.model.groups import PlannedGroup, RankedPhoto
from bestshot.model.photo import Metadata
from bestshot.model.times import CaptureTime
from bestshot.plans.document import counts
from bestshot.plans.metadata_text import metadata_in_words
from bestshot.plans.plan import Plan
from bestshot.report.model import MissingPicture, Rendition, ReportContent
from bestshot.text import count, format_size, printable

_DOUBTFUL = 0.25
"""Confidence below which a choice is a toss-up."""

_CLEAR = 0.75
"""Confidence from which a choice is clear."""


@dataclass(frozen=True, slots=True)
class PhotoView:
    """A photo's card: a few lines about it, the reasons for its rank, and all measurements."""

    name: str
    address: str
    path: str
    lines: tuple[str, ...]
    why: tuple[str, ...]
    measured: tuple[tuple[str, str], ...]
    picture: Rendition | MissingPicture
    is_reference: bool = False

    @property
    def is_shown(self) -> bool:
        """Whether there is a picture."""
        return isinstance(self.picture, Rendition)


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group's heading and cards, best first; `place` is its index in the whole plan."""

    place: int
    number: int
    kind: str
    is_set: bool
    about: str
    certainty: str
    confidence: float
    is_doubtful: bool
    has_faces: bool
    photos: tuple[PhotoView, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of the whole library, each with its label, and what was skipped, each with its reason."""

    figures: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[str, str], ...]


def totals(plan: Plan) -> Totals:
    """Compute the figures at the top of every page."""
    numbers = counts(plan)
    rest = numbers["rest"]
    figures = (
        (f"{numbers['photos']:,}", "photos"),
        (f"{numbers['groups']:,}", "groups"),
        (f"{numbers['grouped']:,}", "photos in groups"),
        (
            format_size(numbers["rest_bytes"]),
            f"in the {rest:,} that {'is' if rest == 1 else 'are'} not the best",
        ),
    )
    return Totals(figures, tuple((printable(item.id), printable(item.error)) for item in plan.skipped))


def group_view(
    place: int,
    group: PlannedGroup,
    content: ReportContent,
    pictures: Sequence[Rendition | MissingPicture],
    addresses: Sequence[str],
) -> GroupView:
    """Describe a group, given the pictures and addresses of its photos in the order of its ranking."""
    ranking = group.verdict.ranking
    confidence = group.verdict.confidence
    cards = zip(ranking, pictures, addresses, strict=True)
    return GroupView(
        place=place,
        number=group.number,
        kind=group.verdict.kind.value,
        is_set=group.verdict.kind.is_set,
        about=f"{count(len(ranking), 'photo')}, {when(content.metadata[ranking[0].photo.id].taken)}",
        certainty=_certainty(confidence),
        confidence=confidence,
        is_doubtful=is_doubtful(confidence),
        has_faces=any(content.faces_of(ranked.photo) for ranked in ranking),
        photos=tuple(
            _photo_view(ranked, content.metadata[ranked.photo.id], picture, address)
            for ranked, picture, address in cards
        ),
    )


def is_doubtful(confidence: float) -> bool:
    """Whether a choice of this confidence is a toss-up."""
    return confidence < _DOUBTFUL


def _certainty(confidence: float) -> str:
    if is_doubtful(confidence):
        return "toss-up"
    return "clear choice" if confidence >= _CLEAR else "likely choice"


def _photo_view(
    ranked: RankedPhoto, metadata: Metadata, picture: Rendition | MissingPicture, address: str
) -> PhotoView:
    said = dict(metadata_in_words(ranked.photo, metadata))
    size = ", ".join(said[label] for label in ("size", "dimensions") if label in said)
    camera = ", ".join(said[label] for label in ("camera", "exposure") if label in said)
    others = [(label, said[label]) for label in ("with", "GPS") if label in said]
    measures = [(reason.name, printable(reason.text)) for reason in ranked.reasons]
    return PhotoView(
        name=printable(ranked.photo.name),
        address=address,
        path=said["path"] if ranked.photo.id.endswith(ranked.photo.name) else printable(ranked.photo.id),
        lines=tuple(line for line in (when(metadata.taken), size, printable(camera)) if line),
        why=tuple(map(printable, ranked.why)),
        measured=(("score", f"{ranked.score:.3f}"), *measures, *others),
        picture=picture,
        is_reference=ranked.photo.is_reference,
    )


def when(taken: CaptureTime) -> str:
    """Format a capture time for people, such as "2024-06-01 10:00:00.4"."""
    clock = taken.wall or taken.instant
    assert clock is not None  # one of the two is always known
    tenths = f".{clock.microsecond // 100_000}" if clock.microsecond else ""
    zone = " UTC" if taken.wall is None else ""
    guess = " (a guess)" if taken.is_guess else ""
    return f"{clock:%Y-%m-%d %H:%M:%S}{tenths}{zone}{guess}"
