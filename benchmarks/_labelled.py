"""Labelled photos, and how the tool measures them."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bestshot.analysis.analyser import READ_METADATA, Analyser, appraisal_measurement
from bestshot.model.appraisal import Appraisal
from bestshot.model.faces import Face, FaceModel
from bestshot.model.groups import Group, Verdict
from bestshot.model.photo import Metadata, Photo
from bestshot.pipeline.judging import compare_sizes, recognise, trace_copies
from bestshot.ranking.candidates import Candidates
from bestshot.ranking.rank import judge
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.storage.index import Index
from bestshot.workers.pool import Workers


class Label(msgspec.Struct):
    """The label of one photo: the number of faces and, if there is one, the state of its eyes."""

    faces: int
    eyes: str


class Series(msgspec.Struct):
    """Photos of one shot, those that may be chosen, and the one that must not be."""

    files: list[str]
    worst: str
    acceptable_best: list[str]
    best: str
    why: str = ""


class Labels(msgspec.Struct):
    """The content of a `labels.json`; not every folder has a label for each photo."""

    series: list[Series]
    images: dict[str, Label] = {}


@dataclass(frozen=True, slots=True)
class Measured:
    """The photos of a folder by name, with everything that the tool measures."""

    photos: Mapping[str, Photo]
    metadata: Mapping[str, Metadata]
    appraisals: Mapping[str, Appraisal]
    judged: tuple[Verdict, ...]

    def clear_faces(self, name: str) -> tuple[Face, ...]:
        """The faces that were found in a photo, without those that count only beside others."""
        faces = self.appraisals[self.photos[name].id].faces or ()
        return tuple(face for face in faces if not face.is_faint)


def read_labels(folder: Path) -> Labels:
    """Read the labels of a folder of photos."""
    return msgspec.json.decode((folder / "labels.json").read_bytes(), type=Labels)


def measure(folder: Path, series: Sequence[Sequence[str]], model: FaceModel = FaceModel.HOG) -> Measured:
    """Measure a folder of photos, and rank series of them, given by file name."""
    source = LocalPhotoSource(folder)
    photos = {photo.name: photo for photo in source.scan().photos}
    with tempfile.TemporaryDirectory() as name:
        index, workers = Index(Path(name) / "index.sqlite3"), Workers(None, None)
        try:
            analyser = Analyser(source, index, workers, _no_progress)
            metadata = analyser.measure(list(photos.values()), READ_METADATA).values
            appraisals = analyser.measure(list(photos.values()), appraisal_measurement(model)).values
            sets = (Group(tuple(sorted((photos[file] for file in files), key=lambda one: one.id))) for files in series)
            groups = trace_copies(analyser, [Candidates.of(group, appraisals, metadata) for group in sets])
            groups, _ = compare_sizes(analyser, groups)
            embeddings = recognise(analyser, groups, model)
            judged = tuple(judge(group, embeddings=embeddings) for group in groups)
        finally:
            workers.close()
            index.close()
    return Measured(photos, metadata, appraisals, judged)


@contextmanager
def _no_progress(_title: str, _total: int) -> Iterator[Callable[[int], object]]:
    yield lambda _done: None
