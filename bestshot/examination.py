"""Measuring many photos: what the index knows is recalled, the rest is examined side by side."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np

from bestshot.appraisal import APPRAISAL_SIZE, appraisal_recipe, appraise
from bestshot.errors import PhotoError, TransientError
from bestshot.faces import face_codes
from bestshot.hashing import DECODE_SIZE, FINGERPRINT_RECIPE, fingerprint
from bestshot.index import Failure, Index, Measured
from bestshot.model import Appraisal, FaceBox, FaceCodes, FaceModel, Fingerprint, Metadata, Photo, Skipped
from bestshot.workers import WorkerDied, Workers

if TYPE_CHECKING:
    from PIL import Image

Value = TypeVar("Value")

_STORE_SECONDS = 2.0
"""What was measured is stored at least this often, so that a killed run has not worked in vain."""


class Readable(Protocol):
    """What a source must offer to have its photos measured; it travels to the workers, so it must be picklable."""

    def get_metadata(self, photo: Photo) -> Metadata:
        """What a photo says of itself; raises PhotoError."""

    def load_pixels(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "Image.Image":
        """The upright picture, no larger than asked for; raises PhotoError."""

    def known_faces(self, photo: Photo) -> tuple[FaceBox, ...]:
        """The faces that the source knows already; if there are none, they are looked for. Raises PhotoError."""


@dataclass(frozen=True, slots=True)
class Task(Generic[Value]):
    """One way to measure a photo, as a picklable function, and how its results are kept in the index.

    `batch` is how many photos are handed to a worker at once: many where one costs little.
    """

    title: str
    recipe: str
    kind: type[Value]
    measure: Callable[[Readable, Photo], Value]
    revision: Callable[[Photo], str]
    batch: int


def _revision(photo: Photo) -> str:
    return photo.revision


def _facts_revision(photo: Photo) -> str:
    return photo.facts_revision


def _describe(source: Readable, photo: Photo) -> Metadata:
    return source.get_metadata(photo)


def _fingerprint(source: Readable, photo: Photo) -> Fingerprint:
    return fingerprint(source.load_pixels(photo, DECODE_SIZE, grey=True))


def _appraise(source: Readable, photo: Photo, *, model: FaceModel | None) -> Appraisal:
    known = () if model is None else source.known_faces(photo)
    return appraise(source.load_pixels(photo, APPRAISAL_SIZE), model, known)


def _encode(source: Readable, photo: Photo, *, faces: Mapping[str, Sequence[FaceBox]]) -> FaceCodes:
    pixels = np.asarray(source.load_pixels(photo, APPRAISAL_SIZE))
    return FaceCodes(face_codes(pixels, faces[photo.id]))


DESCRIBE = Task("Reading dates", "metadata/2", Metadata, _describe, _facts_revision, batch=64)
FINGERPRINT = Task("Hashing", FINGERPRINT_RECIPE, Fingerprint, _fingerprint, _revision, batch=8)


def appraisal_task(model: FaceModel | None) -> Task[Appraisal]:
    """Measuring what a picture is worth, without looking for faces if there is no model for them."""
    return Task("Judging", appraisal_recipe(model), Appraisal, partial(_appraise, model=model), _revision, batch=1)


def recognition_task(model: FaceModel, faces: Mapping[str, Sequence[FaceBox]]) -> Task[FaceCodes]:
    """Telling apart whose the faces are that were found by this model, by photo id."""
    measure = partial(_encode, faces=faces)
    return Task("Recognising", f"codes/1 of {appraisal_recipe(model)}", FaceCodes, measure, _revision, batch=1)


def examine(source: Readable, photo: Photo, task: Task[Value]) -> Value | Failure:
    """Measure one photo: the unit of work, for any executor."""
    try:
        return task.measure(source, photo)
    except PhotoError as error:
        return Failure(str(error), is_passing=isinstance(error, TransientError))


def _examine_batch(source: Readable, task: Task[Value], photos: Sequence[Photo]) -> list[Value | Failure]:
    found: list[Value | Failure] = []
    for photo in photos:
        finding = examine(source, photo, task)
        found.append(finding)
    return found


@dataclass(frozen=True, slots=True)
class Findings(Generic[Value]):
    """What is now known of the photos by id, and which could not be read."""

    values: dict[str, Value] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, measured: Measured[Value]) -> None:
        """Sort in what was measured of one photo."""
        if isinstance(measured.value, Failure):
            self.skipped.append(Skipped(measured.photo.id, measured.value.error))
        else:
            self.values[measured.photo.id] = measured.value


Progress = Callable[[str, int], AbstractContextManager[Callable[[int], object]]]


class Examiner:
    """Measures photos of one source, remembering everything in the index.

    `progress` is called with a title and a total; what it gives is entered, and told of photos done.
    """

    def __init__(
        self,
        source: Readable,
        index: Index,
        workers: Workers,
        progress: Progress,
    ) -> None:
        self._source = source
        self._index = index
        self._workers = workers
        self._progress = progress

    def measure(self, photos: Sequence[Photo], task: Task[Value]) -> Findings[Value]:
        """What the index knows of the photos, and the rest measured now; whatever their order, the same."""
        findings: Findings[Value] = Findings()
        wanted = [(photo, task.revision(photo)) for photo in photos]
        known = set()
        for measured in self._index.recall(wanted, task.recipe, task.kind):
            known.add(measured.photo.id)
            findings.add(measured)
        unknown = [photo for photo in photos if photo.id not in known]
        if unknown:
            for measured in self._stored(self._measured(unknown, task), task):
                findings.add(measured)
        return findings

    def _measured(self, photos: Sequence[Photo], task: Task[Value]) -> Iterator[Measured[Value]]:
        work = partial(_examine_batch, self._source, task)
        batches = [photos[start : start + task.batch] for start in range(0, len(photos), task.batch)]
        with self._progress(task.title, len(photos)) as advance:
            for finished in self._workers.run(work, batches):
                values = finished.result
                if isinstance(values, WorkerDied):
                    # Another program may have taken the memory, so the next run tries again.
                    values = [Failure("makes its decoder crash or run out of memory", is_passing=True)]
                for photo, value in zip(finished.batch, values, strict=True):
                    yield Measured(photo, task.revision(photo), value)
                advance(len(finished.batch))

    def _stored(self, measured: Iterator[Measured[Value]], task: Task[Value]) -> Iterator[Measured[Value]]:
        """Pass on what was measured and store it every few seconds, also when the run is interrupted."""
        waiting: list[Measured[Value]] = []
        stored_at = time.monotonic()
        try:
            for item in measured:
                waiting.append(item)
                yield item
                if time.monotonic() - stored_at > _STORE_SECONDS:
                    self._index.store(waiting, task.recipe)
                    waiting, stored_at = [], time.monotonic()
        finally:
            self._index.store(waiting, task.recipe)
