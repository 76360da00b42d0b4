"""The data of a report: its content, its pages, its pictures."""

from collections.abc import Mapping
from dataclasses import dataclass

from bestshot.model.appraisal import Appraisal
from bestshot.model.faces import Face
from bestshot.model.groups import PlannedGroup
from bestshot.model.photo import Metadata, Photo
from bestshot.plans.document import PlanSource
from bestshot.plans.plan import Plan


@dataclass(frozen=True, slots=True)
class ReportContent:
    """What is reported: the plan with its reasons, and where its photos are; `command` begins a command line."""

    plan: Plan
    metadata: Mapping[str, Metadata]
    appraisals: Mapping[str, Appraisal]
    source: PlanSource
    command: str = "photo-organizer"

    def faces_of(self, photo: Photo) -> tuple[Face, ...]:
        """The faces in a photo; empty if faces were not detected, as when a plan is applied."""
        appraisal = self.appraisals.get(photo.id)
        return () if appraisal is None else tuple(face for face in appraisal.faces or () if not face.is_faint)


@dataclass(frozen=True, slots=True)
class Page:
    """One of the files of a report; numbers start at 1. `first` is the place of its first group among all of them."""

    number: int
    file_name: str
    groups: tuple[PlannedGroup, ...]
    first: int = 0


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture, as fractions of its width and height."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Detail:
    """A crop of a picture as a data URI, large enough to judge eyes and sharpness; its size is in pixels."""

    uri: str
    width: int
    height: int
    box: Box
    is_face: bool


@dataclass(frozen=True, slots=True)
class Rendition:
    """A photo as the page shows it: the whole picture as a data URI, its size in pixels, and its details."""

    uri: str
    width: int
    height: int
    details: tuple[Detail, ...]


@dataclass(frozen=True, slots=True)
class MissingPicture:
    """A photo that cannot be shown, and why."""

    error: str
