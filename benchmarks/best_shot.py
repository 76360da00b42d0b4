"""How often the best shot of a labelled series is chosen, against simple ways to choose; and how well eyes are judged.

Usage: python benchmarks/best_shot.py FOLDER [--sheet FILE.png] [--pictures N]

FOLDER holds photos and their labels.json. Group pictures are put together from the photos of one person each. Eyes are
judged and group pictures drawn only if each photo has a label of its own.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

# Started by its path, a script finds only what lies beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._group_pictures import Person, draw_series
from benchmarks._labelled import Labels, Measured, Series, measure, read_labels
from bestshot.imaging.load import load_pixels
from bestshot.model.groups import Verdict
from bestshot.ranking.face_scores import eye_scores
from bestshot.ranking.people import track_people

_TILE = 300
"""Side of a picture on the sheet of misses, in pixels."""

_OPEN = {"open"}
"""Labels of open eyes."""

_SHUT = {"closed", "half", "one_closed"}
"""Labels of eyes that spoil a photo."""

Ranking = Sequence[str]
Miss = tuple[Verdict, Sequence[str], Path]
"""A series in which another photo was chosen, the files that would have been right, and their folder."""


def rankings(series: Series, verdict: Verdict, folder: Path) -> dict[str, Ranking]:
    """The files of a series from best to worst, by each method that is compared."""
    sharpness = {file: _laplacian_variance(folder / file) for file in series.files}
    return {
        "this tool": [ranked.photo.name for ranked in verdict.ranking],
        "first photo": sorted(series.files),
        "largest file": sorted(series.files, key=lambda file: -(folder / file).stat().st_size),
        "Laplacian variance": sorted(series.files, key=lambda file: -sharpness[file]),
    }


def _laplacian_variance(path: Path) -> float:
    with path.open("rb") as stream:
        luma = np.asarray(load_pixels(stream, path.name, 1280, grey=True)).astype(np.float32)
    edges = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * luma[1:-1, 1:-1]
    return float(edges.var())


def pairs(series: Series) -> set[tuple[str, str]]:
    """The pairs whose first photo is the better one: acceptable ones before the rest, all before the worst."""
    rest = [file for file in series.files if file not in series.acceptable_best]
    before_rest = set(product(series.acceptable_best, rest))
    return before_rest | {(file, series.worst) for file in series.files if file != series.worst}


def print_choices(labelled: Sequence[Series], verdicts: Sequence[Verdict], folder: Path) -> None:
    """Print how each way to choose does on the labelled series."""
    found = [(series, rankings(series, verdict, folder)) for series, verdict in zip(labelled, verdicts, strict=True)]
    by_chance = sum(len(series.acceptable_best) / len(series.files) for series in labelled) / len(labelled)
    print(f"{len(labelled)} series; an acceptable best by chance in {by_chance:.0%}")
    print(f"{'':22}{'acceptable':>12}{'the best':>10}{'the worst':>11}{'pairs agreed':>14}")
    for way in found[0][1]:
        chosen = [(series, order[way]) for series, order in found]
        acceptable = [order[0] in series.acceptable_best for series, order in chosen]
        best = [order[0] == series.best for series, order in chosen]
        worst = [order[0] == series.worst for series, order in chosen]
        agreed = [order.index(one) < order.index(two) for series, order in chosen for one, two in pairs(series)]
        print(f"{way:22}{_share(acceptable):>12}{_share(best):>10}{_share(worst):>11}{_share(agreed):>14}")


def print_eyes(labels: Labels, measured: Measured) -> None:
    """Print how well open and shut eyes are distinguished, each face against the same person's in its series."""
    alone = set(labels.images) - {file for series in labels.series for file in series.files}
    groups = [*(series.files for series in labels.series), *([file] for file in sorted(alone))]
    said: dict[str, float | None] = {}
    for files in groups:
        faces = {file: measured.clear_faces(file) for file in files}
        people = track_people({file: found for file, found in faces.items() if len(found) == 1})
        for person in people:
            scores = eye_scores(person)
            said.update({file: scores.get(file) for file in person.faces})
    for title, shut in (("closed", {"closed"}), ("closed, half or one closed", _SHUT)):
        judged = [(label.eyes, said.get(file)) for file, label in labels.images.items() if label.eyes in _OPEN | shut]
        right_open = [score >= 0.5 for eyes, score in judged if eyes in _OPEN and score is not None]
        right_shut = [score < 0.5 for eyes, score in judged if eyes in shut and score is not None]
        unknown = sum(score is None for _, score in judged)
        balanced = (sum(right_open) / len(right_open) + sum(right_shut) / len(right_shut)) / 2
        print(
            f"eyes open against {title}: balanced accuracy {balanced:.1%}"
            f" (open {_share(right_open)}, shut {_share(right_shut)}, {unknown} not judged)"
        )


def _share(values: Sequence[bool]) -> str:
    return f"{sum(values)}/{len(values)} {sum(values) / len(values):.0%}" if values else "-"


def draw_misses(misses: Sequence[Miss], sheet: Path) -> None:
    """Draw the series in which another photo was chosen, best first, with what was said of each."""
    width = max((len(verdict.ranking) for verdict, _, _ in misses), default=1) * _TILE
    picture = Image.new("RGB", (width, max(1, len(misses)) * (_TILE + 60)), "white")
    draw = ImageDraw.Draw(picture)
    for row, (verdict, acceptable, folder) in enumerate(misses):
        for column, ranked in enumerate(verdict.ranking):
            x, y = column * _TILE, row * (_TILE + 60)
            with (folder / ranked.photo.name).open("rb") as stream:
                picture.paste(load_pixels(stream, ranked.photo.name, _TILE - 4), (x, y + 56))
            note = " ACCEPTABLE" if ranked.photo.name in acceptable else ""
            lines = [f"{ranked.photo.name} {ranked.score:.3f}{note}", *_in_columns("; ".join(ranked.why), 46)]
            draw.multiline_text((x + 2, y), "\n".join(lines[:4]), fill="black")
    picture.save(sheet)


def _in_columns(text: str, width: int) -> Iterator[str]:
    for start in range(0, len(text), width):
        yield text[start : start + width]


def people_in(labels: Labels, measured: Measured, folder: Path) -> list[Person]:
    """The people who are alone in a series, with open eyes in at least one photo."""
    found = []
    for series in labels.series:
        faces = {file: measured.clear_faces(file) for file in series.files}
        seen = {file: (folder / file, one[0]) for file, one in faces.items() if len(one) == 1}
        person = Person(
            tuple(seen[file] for file in series.acceptable_best if file in seen),
            tuple(seen[file] for file in series.files if file in seen and labels.images[file].eyes in _SHUT),
        )
        if person.good:
            found.append(person)
    return found


def judge_pictures(people: Sequence[Person], count: int, folder: Path) -> Iterator[Miss]:
    """Draw series of group pictures, rank them, print the share of right choices, and yield the misses."""
    chance = random.Random(5)
    drawn = [draw_series(people, folder, f"group{number:03}", chance) for number in range(count)]
    verdicts = measure(folder, [files for files, _ in drawn]).judged
    right = [verdict.best.name == good for verdict, (_, good) in zip(verdicts, drawn, strict=True)]
    print(f"group pictures of three to six people: the one in which all is well was chosen in {_share(right)}")
    print("the first series in words:")
    for ranked in verdicts[0].ranking:
        print(f"  {ranked.photo.name}: {'; '.join(ranked.why)}")
    for verdict, (_, good) in zip(verdicts, drawn, strict=True):
        if verdict.best.name != good:
            yield verdict, [good], folder


def main(argv: Sequence[str] | None = None) -> int:
    """Measure a folder of labelled photos."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--sheet", type=Path, metavar="FILE.png", help="draw the series in which it chose wrongly")
    parser.add_argument("--pictures", type=int, default=40, help="series of group pictures to draw (default: 40)")
    arguments = parser.parse_args(argv)
    folder: Path = arguments.folder
    labels = read_labels(folder)
    measured = measure(folder, [series.files for series in labels.series])
    print_choices(labels.series, measured.judged, folder)
    misses: list[Miss] = [
        (verdict, series.acceptable_best, folder)
        for series, verdict in zip(labels.series, measured.judged, strict=True)
        if verdict.best.name not in series.acceptable_best
    ]
    with tempfile.TemporaryDirectory() as name:
        if labels.images:
            print_eyes(labels, measured)
            misses += judge_pictures(people_in(labels, measured, folder), arguments.pictures, Path(name))
        if arguments.sheet:
            draw_misses(misses, arguments.sheet)
    return 0


if __name__ == "__main__":
    sys.exit(main())
