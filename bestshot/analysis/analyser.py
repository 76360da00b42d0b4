"""Measuring many photos: what the index knows is recalled, the rest is measured in parallel."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from bestshot.analysis import recipes
from bestshot.analysis.attempts import BATCH_SECONDS, attempted, measure_each
from bestshot.errors import FaceDetectionError
from bestshot.model.appraisal import Appraisal, Fingerprint, ReducedSharpness
from bestshot.model.faces import FaceBox, FaceEmbeddings, FaceModel
from bestshot.model.file_facts import FileFacts
from bestshot.model.phases import HASHING, JUDGING, JUDGING_WITHOUT_FACES, PHASES, UNKNOWN, Forecast, Foreseeing, Phase
from bestshot.model.photo import Metadata, Photo, Skipped
from bestshot.model.provenance import Provenance
from bestshot.model.reader import PREVIEW_SIZE, PhotoReader
from bestshot.storage.index import Failure, Index, IndexEntry, Measurable
from bestshot.workers.pool import WorkerDied, Workers

if TYPE_CHECKING:
    from PIL import Image

Value = TypeVar("Value")

_STORE_SECONDS = 2.0
"""Results are stored at least this often, so that a killed run loses little work."""


def _nothing() -> None:
    """Checked before most measurements."""


def _nothing_foretold(forecast: Forecast, _values: object) -> Forecast:
    """Told by most results of what is to come."""
    return forecast


def _load_pictures() -> None:
    """What is used wherever pictures are looked at."""
    from bestshot.analysis import appraisal, hashing  # noqa: F401 - they stay in the process
    from bestshot.analysis.looks import comparison  # noqa: F401


def _load_face_detection() -> None:
    from bestshot.analysis.face_models import hog_detector, landmark_predictor

    _load_pictures()
    hog_detector()
    landmark_predictor()


def _load_slow_face_detection() -> None:
    from bestshot.analysis.face_models import cnn_detector

    _load_face_detection()
    cnn_detector()


def _load_face_recognition() -> None:
    from bestshot.analysis.face_models import embedder, eye_corner_predictor

    _load_pictures()
    eye_corner_predictor()
    embedder()


_LOADS = {
    None: _load_pictures,
    FaceModel.HOG: _load_face_detection,
    FaceModel.CNN: _load_slow_face_detection,
}
"""What appraising takes, by the model for faces."""


@dataclass(frozen=True, slots=True)
class Measurement(Generic[Measurable, Value]):
    """A way to measure photos, or pairs of them, and how its results are kept in the index.

    `measure` must be picklable; its second argument is how many photos it may read at once. If they take long, it may
    return the results of the first ones alone. `recipe` names the way the results are made: results of another recipe
    are not used. `batch` is how many subjects a worker gets at a time, or more if they take little time, and fewer if
    they take long. `foretell` adds to a forecast what the results of a batch tell of what is to come. `check` raises an
    OrganizerError where nothing can be measured; it is asked before anything is. `load` loads what measuring takes in a
    worker, which else loads it with its first photo. It costs what the phase of its title does, or what it is `like`.
    """

    title: str
    recipe: str
    kind: type[Value]
    measure: Callable[[PhotoReader, int, Sequence[Measurable]], list[Value | Failure]]
    revision: Callable[[Measurable], str]
    batch: int
    foretell: Callable[[Forecast, Sequence[Value | Failure]], Forecast] = _nothing_foretold
    check: Callable[[], None] = _nothing
    load: Callable[[], None] = _load_pictures
    like: Phase | None = None

    def seconds(self, megabytes: float) -> float:
        """What it roughly takes to measure a photo of so many megabytes."""
        return (self.like or PHASES.get(self.title, UNKNOWN)).cost(megabytes)


def _revision(photo: Photo) -> str:
    return photo.revision


def _metadata_revision(photo: Photo) -> str:
    return photo.metadata_revision


def _read_metadata(source: PhotoReader, photo: Photo) -> Metadata:
    return source.get_metadata(photo)


def _read_provenance(source: PhotoReader, photo: Photo, *, pixels: bool) -> Provenance:
    return source.get_provenance(photo, pixels=pixels)


def _read_file_facts(source: PhotoReader, photo: Photo) -> FileFacts:
    return source.get_file_facts(photo)


def _load_to_hash(source: PhotoReader, photo: Photo, *, in_group: bool) -> "Image.Image":
    from bestshot.analysis.hashing import DECODE_SIZE

    load = source.load_from_preview if in_group else source.load_pixels
    return load(photo, DECODE_SIZE, grey=True)


def _appraise(source: PhotoReader, photo: Photo, *, model: FaceModel | None) -> Appraisal:
    from bestshot.analysis.appraisal import appraise

    known = () if model is None else source.known_faces(photo)
    picture, damage = source.load_checked(photo, PREVIEW_SIZE, grey=model is None)
    return replace(appraise(picture, model, known), damage=damage)


def _reduced_sharpness(source: PhotoReader, photo: Photo) -> ReducedSharpness:
    from bestshot.analysis.sharpness import reduced_sharpness

    return reduced_sharpness(source.load_pixels(photo, PREVIEW_SIZE, grey=True))


def _embed(source: PhotoReader, photo: Photo, *, faces: Mapping[str, Sequence[FaceBox]]) -> FaceEmbeddings:
    import numpy as np

    from bestshot.analysis.faces import face_embeddings

    pixels = np.asarray(source.load_pixels(photo, PREVIEW_SIZE))
    return FaceEmbeddings(face_embeddings(pixels, faces[photo.id]))


def _check_faces() -> None:
    from bestshot.analysis.face_models import face_detection_problem

    if problem := face_detection_problem():
        raise FaceDetectionError(problem)


def _hash_together(
    source: PhotoReader, threads: int, photos: Sequence[Photo], *, rotations: bool, in_group: bool
) -> list[Fingerprint | Failure]:
    """Load photos one by one, and hash those that can be read at once."""
    from bestshot.analysis.hashing import fingerprints

    loaded = measure_each(partial(_load_to_hash, in_group=in_group), source, threads, photos)
    pictures = [picture for picture in loaded if not isinstance(picture, Failure)]
    prints = attempted(partial(fingerprints, pictures, rotations=rotations))
    if isinstance(prints, Failure):
        return [prints] * len(loaded)
    hashed = iter(prints)
    return [one if isinstance(one, Failure) else next(hashed) for one in loaded]


READ_METADATA = Measurement(
    "Reading dates", recipes.METADATA, Metadata, partial(measure_each, _read_metadata), _metadata_revision, batch=64
)

READ_FILE_FACTS = Measurement(
    "Comparing namesakes", recipes.FILE_FACTS, FileFacts, partial(measure_each, _read_file_facts), _revision, batch=64
)

MEASURE_REDUCED_SHARPNESS = Measurement(
    "Comparing sizes",
    recipes.REDUCED_SHARPNESS,
    ReducedSharpness,
    partial(measure_each, _reduced_sharpness),
    _revision,
    batch=8,
)

READ_ORIGIN = Measurement(
    "Comparing copies",
    recipes.ORIGIN,
    Provenance,
    partial(measure_each, partial(_read_provenance, pixels=False)),
    _revision,
    batch=64,
)

READ_PROVENANCE = Measurement(
    "Tracing copies",
    recipes.PROVENANCE,
    Provenance,
    partial(measure_each, partial(_read_provenance, pixels=True)),
    _revision,
    batch=4,
)


def fingerprint_measurement(*, rotations: bool, in_group: bool = False) -> Measurement[Photo, Fingerprint]:
    """Hash pictures; with `rotations`, also as they look turned and mirrored.

    Photos that are likely to be `in_group` will be looked at closely too, so what that takes is fetched at once.
    """
    measure = partial(_hash_together, rotations=rotations, in_group=in_group)
    recipe = recipes.fingerprint_recipe(rotations=rotations)
    return Measurement(HASHING, recipe, Fingerprint, measure, _revision, 8, _foretold)


def _foretold(forecast: Forecast, prints: Sequence[Fingerprint | Failure]) -> Forecast:
    from bestshot.grouping.hashes import neighbours

    alike, doubtful = neighbours([one for one in prints if isinstance(one, Fingerprint)])
    return replace(
        forecast,
        hashed=forecast.hashed + len(prints),
        alike=forecast.alike + alike,
        doubtful=forecast.doubtful + doubtful,
    )


def appraisal_measurement(model: FaceModel | None) -> Measurement[Photo, Appraisal]:
    """Measure sharpness, exposure and level, faces if there is a model for them, and whether the file is damaged."""
    measure = partial(measure_each, partial(_appraise, model=model))
    recipe, load = recipes.appraisal_recipe(model), _LOADS[model]
    if model is None:
        return Measurement(JUDGING, recipe, Appraisal, measure, _revision, 8, load=load, like=JUDGING_WITHOUT_FACES)
    return Measurement(JUDGING, recipe, Appraisal, measure, _revision, 1, check=_check_faces, load=load)


def recognition_measurement(
    model: FaceModel, faces: Mapping[str, Sequence[FaceBox]]
) -> Measurement[Photo, FaceEmbeddings]:
    """Compute the embeddings of faces, given by photo id, that this model found."""
    measure = partial(measure_each, partial(_embed, faces=faces))
    recipe = recipes.embedding_recipe(model)
    return Measurement("Recognising", recipe, FaceEmbeddings, measure, _revision, batch=1, load=_load_face_recognition)


@dataclass(frozen=True, slots=True)
class Measurements(Generic[Value]):
    """The results for photos, or pairs, by id, and those that could not be read; `passing` failures are tried again."""

    values: dict[str, Value] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    passing: set[str] = field(default_factory=set)

    def update(self, more: "Measurements[Value]") -> None:
        """Add those of others."""
        self.values.update(more.values)
        self.skipped.extend(more.skipped)
        self.passing.update(more.passing)

    def add(self, entry: IndexEntry[Measurable, Value]) -> None:
        """Add the result, or the failure, of one photo or pair."""
        if isinstance(entry.value, Failure):
            self.skipped.append(Skipped(entry.subject.id, entry.value.error))
            if entry.value.is_transient:
                self.passing.add(entry.subject.id)
        else:
            self.values[entry.subject.id] = entry.value


Progress = Callable[[str, int], AbstractContextManager[Callable[[int], object]]]


class Analyser:
    """Measures the photos of one source and keeps all results in the index.

    `progress` is called with a title and a total; its context is a function that is called with how many more are done.
    If it foresees, it also hears what is to be expected of the photos.
    """

    def __init__(self, source: PhotoReader, index: Index, workers: Workers, progress: Progress) -> None:
        self._source = source
        self._index = index
        self._workers = workers
        self._progress = progress
        self.forecast = Forecast()
        """What is to be expected by now."""
        self.passing = set[str]()
        """The ids of all that could not be measured for now: what follows from them may be another in the next run."""

    def watched(self, title: str) -> AbstractContextManager[object]:
        """A phase in which nothing is measured; progress that does not foresee would take it for one without an end."""
        return self._progress(title, 0) if isinstance(self._progress, Foreseeing) else nullcontext()

    def foresee(self, forecast: Forecast) -> None:
        """Expect this from now on, and tell it to progress that foresees."""
        self.forecast = forecast
        if isinstance(self._progress, Foreseeing):
            self._progress.foresee(forecast)

    def recipe(self, measurement: Measurement[Measurable, Value]) -> str:
        """The name of the way in which this source's photos are measured."""
        return measurement.recipe + self.detail

    @property
    def detail(self) -> str:
        """What is added to the name of each way in which this source's photos are measured."""
        return self._source.detail

    def measure(
        self, subjects: Sequence[Measurable], measurement: Measurement[Measurable, Value]
    ) -> Measurements[Value]:
        """Look up photos or pairs in the index and measure the rest; their order does not matter."""
        return self.measure_in_parts([(subjects, measurement)])

    def measure_in_parts(
        self, parts: Sequence[tuple[Sequence[Measurable], Measurement[Measurable, Value]]]
    ) -> Measurements[Value]:
        """Look up photos or pairs and measure the rest, each part of them in its own way, as one phase."""
        found: Measurements[Value] = Measurements()
        missing = [(unknown, way) for subjects, way in parts if (unknown := self._unknown(subjects, way, found))]
        if not missing:
            return found
        for _, way in missing:
            way.check()
        sizes = [subject.size for unknown, _ in missing for subject in unknown]
        self.foresee(replace(self.forecast, megabytes=sum(sizes) / len(sizes) / 1_000_000))
        with self._progress(missing[0][1].title, len(sizes)) as advance:
            for unknown, way in missing:
                for entry in self._stored(self._measured(unknown, way, advance), self.recipe(way)):
                    found.add(entry)
        self.passing |= found.passing
        return found

    def _unknown(
        self,
        subjects: Sequence[Measurable],
        measurement: Measurement[Measurable, Value],
        found: Measurements[Value],
    ) -> list[Measurable]:
        """Add to what is `found` what the index knows of these subjects; those of which it knows nothing are left."""
        known = set[str]()
        wanted = ((subject, measurement.revision(subject)) for subject in subjects)
        for entry in self._index.recall(wanted, self.recipe(measurement), measurement.kind):
            known.add(entry.subject.id)
            found.add(entry)
        return [subject for subject in subjects if subject.id not in known]

    def _measured(
        self,
        subjects: Sequence[Measurable],
        measurement: Measurement[Measurable, Value],
        advance: Callable[[int], object],
    ) -> Iterator[IndexEntry[Measurable, Value]]:
        threads = max(1, min(measurement.batch, self._source.read_at_once // self._workers.count))
        work = partial(measurement.measure, self._source, threads)
        left, seconds = [*subjects], measurement.seconds(self.forecast.megabytes)
        size = min(measurement.batch, max(1, round(_STORE_SECONDS / seconds)))
        while left:
            batches, left = self._workers.batches(left, size, seconds), []
            for finished in self._workers.run(work, batches, measurement.load):
                values = finished.result
                if isinstance(values, WorkerDied):
                    # Another program may have used up the memory, so the next run tries again.
                    values = [Failure(values.reason, is_transient=True)]
                for subject, value in zip(finished.batch, values, strict=False):
                    yield IndexEntry(subject, measurement.revision(subject), value)
                if len(values) < len(finished.batch):
                    left += finished.batch[len(values) :]
                    size, seconds = min(size, len(values)), max(seconds, BATCH_SECONDS / len(values))
                self.foresee(measurement.foretell(self.forecast, values))
                advance(len(values))

    def _stored(
        self, measured: Iterator[IndexEntry[Measurable, Value]], recipe: str
    ) -> Iterator[IndexEntry[Measurable, Value]]:
        """Pass results on and store them every few seconds, and when the run is interrupted."""
        waiting: list[IndexEntry[Measurable, Value]] = []
        stored_at = time.monotonic()
        try:
            for item in measured:
                waiting.append(item)
                yield item
                if time.monotonic() - stored_at > _STORE_SECONDS:
                    self._index.store(waiting, recipe)
                    waiting, stored_at = [], time.monotonic()
        finally:
            self._index.store(waiting, recipe)
