"""Measuring many photos: what the index knows is recalled, the rest is examined side by side."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

import numpy as np

from bestshot.analysis.appraisal import APPRAISAL_SIZE, appraisal_recipe, appraise
from bestshot.analysis.faces import face_codes
from bestshot.analysis.hashing import DECODE_SIZE, fingerprint, fingerprint_recipe
from bestshot.errors import PhotoError, TransientError
from bestshot.model.appraisal import Appraisal, Fingerprint
from bestshot.model.faces import FaceBox, FaceEmbeddings, FaceModel
from bestshot.model.photo import Metadata, Photo, Skipped
from bestshot.model.reader import PhotoReader
from bestshot.storage.index import Failure, Index, Measurable, Measured
from bestshot.workers.pool import WorkerDied, Workers

Value = TypeVar("Value")

_STORE_SECONDS = 2.0
"""What was measured is stored at least this often, so that a killed run has not worked in vain."""


@dataclass(frozen=True, slots=True)
class Measurement(Generic[Measurable, Value]):
    """One way to measure photos, or pairs, as a picklable function, and how its results are kept in the index.

    `measure` is told how many it may read at once. `batch` is how many are handed to a worker at once: many where one
    costs little.
    """

    title: str
    recipe: str
    kind: type[Value]
    measure: Callable[[PhotoReader, Sequence[Measurable], int], list[Value | Failure]]
    revision: Callable[[Measurable], str]
    batch: int


def _revision(photo: Photo) -> str:
    return photo.revision


def _facts_revision(photo: Photo) -> str:
    return photo.metadata_revision


def _describe(source: PhotoReader, photo: Photo) -> Metadata:
    return source.get_metadata(photo)


def _fingerprint(source: PhotoReader, photo: Photo, *, rotations: bool) -> Fingerprint:
    return fingerprint(source.load_pixels(photo, DECODE_SIZE, grey=True), rotations=rotations)


def _appraise(source: PhotoReader, photo: Photo, *, model: FaceModel | None) -> Appraisal:
    known = () if model is None else source.known_faces(photo)
    return appraise(source.load_pixels(photo, APPRAISAL_SIZE), model, known)


def _encode(source: PhotoReader, photo: Photo, *, faces: Mapping[str, Sequence[FaceBox]]) -> FaceEmbeddings:
    pixels = np.asarray(source.load_pixels(photo, APPRAISAL_SIZE))
    return FaceEmbeddings(face_codes(pixels, faces[photo.id]))


def attempt(measure: Callable[[PhotoReader, Photo], Value], source: PhotoReader, photo: Photo) -> Value | Failure:
    """Measure one photo, or tell why that cannot be done."""
    try:
        return measure(source, photo)
    except PhotoError as error:
        return Failure(str(error), is_passing=isinstance(error, TransientError))


def each(
    measure: Callable[[PhotoReader, Photo], Value],
) -> Callable[[PhotoReader, Sequence[Photo], int], list[Value | Failure]]:
    """To measure each photo by itself: one after the other, or in threads where reading mostly waits for a server."""
    return partial(_each, measure)


def _each(
    measure: Callable[[PhotoReader, Photo], Value], source: PhotoReader, photos: Sequence[Photo], threads: int
) -> list[Value | Failure]:
    def one(photo: Photo) -> Value | Failure:
        return attempt(measure, source, photo)

    if threads == 1:
        return [one(photo) for photo in photos]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, photos))


def _measure_batch(
    task: Measurement[Measurable, Value], source: PhotoReader, threads: int, subjects: Sequence[Measurable]
) -> list[Value | Failure]:
    return task.measure(source, subjects, threads)


DESCRIBE = Measurement("Reading dates", "metadata/2", Metadata, each(_describe), _facts_revision, batch=64)


def fingerprint_task(*, rotations: bool) -> Measurement[Photo, Fingerprint]:
    """Hashing pictures, also as they look turned and mirrored if those are wanted."""
    measure = partial(_fingerprint, rotations=rotations)
    return Measurement(
        "Hashing", fingerprint_recipe(rotations=rotations), Fingerprint, each(measure), _revision, batch=8
    )


FINGERPRINT = fingerprint_task(rotations=False)


def appraisal_task(model: FaceModel | None) -> Measurement[Photo, Appraisal]:
    """Measuring what a picture is worth, without looking for faces if there is no model for them."""
    measure = partial(_appraise, model=model)
    return Measurement("Judging", appraisal_recipe(model), Appraisal, each(measure), _revision, batch=1)


def recognition_task(model: FaceModel, faces: Mapping[str, Sequence[FaceBox]]) -> Measurement[Photo, FaceEmbeddings]:
    """Telling apart whose the faces are that were found by this model, by photo id."""
    measure = partial(_encode, faces=faces)
    recipe = f"codes/1 of {appraisal_recipe(model)}"
    return Measurement("Recognising", recipe, FaceEmbeddings, each(measure), _revision, batch=1)


@dataclass(frozen=True, slots=True)
class Measurements(Generic[Value]):
    """What is now known of the photos, or pairs, by id, and which could not be read."""

    values: dict[str, Value] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, measured: Measured[Measurable, Value]) -> None:
        """Sort in what was measured of one photo."""
        if isinstance(measured.value, Failure):
            self.skipped.append(Skipped(measured.subject.id, measured.value.error))
        else:
            self.values[measured.subject.id] = measured.value


Progress = Callable[[str, int], AbstractContextManager[Callable[[int], object]]]


class Analyser:
    """Measures photos of one source, remembering everything in the index.

    `progress` is called with a title and a total; what it gives is entered, and told of photos done.
    """

    def __init__(
        self,
        source: PhotoReader,
        index: Index,
        workers: Workers,
        progress: Progress,
    ) -> None:
        self._source = source
        self._index = index
        self._workers = workers
        self._progress = progress

    def measure(self, subjects: Sequence[Measurable], task: Measurement[Measurable, Value]) -> Measurements[Value]:
        """What the index knows of the photos or pairs, and the rest measured now; whatever their order, the same."""
        findings: Measurements[Value] = Measurements()
        wanted = [(subject, task.revision(subject)) for subject in subjects]
        known = set()
        for measured in self._index.recall(wanted, task.recipe, task.kind):
            known.add(measured.subject.id)
            findings.add(measured)
        unknown = [subject for subject in subjects if subject.id not in known]
        if unknown:
            for measured in self._stored(self._measured(unknown, task), task):
                findings.add(measured)
        return findings

    def _measured(
        self, subjects: Sequence[Measurable], task: Measurement[Measurable, Value]
    ) -> Iterator[Measured[Measurable, Value]]:
        threads = max(1, min(task.batch, self._source.read_at_once // self._workers.count))
        work = partial(_measure_batch, task, self._source, threads)
        batches = [subjects[start : start + task.batch] for start in range(0, len(subjects), task.batch)]
        with self._progress(task.title, len(subjects)) as advance:
            for finished in self._workers.run(work, batches):
                values = finished.result
                if isinstance(values, WorkerDied):
                    # Another program may have taken the memory, so the next run tries again.
                    values = [Failure("makes its decoder crash or run out of memory", is_passing=True)]
                for subject, value in zip(finished.batch, values, strict=True):
                    yield Measured(subject, task.revision(subject), value)
                advance(len(finished.batch))

    def _stored(
        self, measured: Iterator[Measured[Measurable, Value]], task: Measurement[Measurable, Value]
    ) -> Iterator[Measured[Measurable, Value]]:
        """Pass on what was measured and store it every few seconds, also when the run is interrupted."""
        waiting: list[Measured[Measurable, Value]] = []
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
