"""What a report is made of: the library as it was judged, its pages, its pictures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bestshot.model.appraisal import Appraisal
from bestshot.model.faces import Face
from bestshot.model.groups import PlannedGroup
from bestshot.model.photo import Metadata, Photo
from bestshot.plans.plan import Plan


@dataclass(frozen=True, slots=True)
class Subject:
    """What is reported: the plan, and what it was decided by; `plan_to_json` writes a plan as the page embeds it."""

    plan: Plan
    metadata: Mapping[str, Metadata]
    appraisals: Mapping[str, Appraisal]
    locations: tuple[str, ...]
    plan_to_json: Callable[[Plan], str]

    def faces_of(self, photo: Photo) -> tuple[Face, ...]:
        """The faces on a photo; none where nobody looked, as when a plan is applied."""
        appraisal = self.appraisals.get(photo.id)
        return () if appraisal is None else appraisal.faces or ()


@dataclass(frozen=True, slots=True)
class Page:
    """One of the files of a report, with its number from 1."""

    number: int
    file_name: str
    groups: tuple[PlannedGroup, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture, in parts of its width and height."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Detail:
    """A piece of a picture as a data URI, so large that eyes and sharpness can be judged; its size in pixels."""

    uri: str
    width: int
    height: int
    box: Box
    is_face: bool


@dataclass(frozen=True, slots=True)
class Rendition:
    """A photo as the page shows it: the whole picture as a data URI, its size in pixels, and details of it."""

    uri: str
    width: int
    height: int
    details: tuple[Detail, ...]


@dataclass(frozen=True, slots=True)
class NoPortrait:
    """A photo that cannot be shown, and why."""

    error: str
