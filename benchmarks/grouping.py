"""How well groups agree with those of people, on folders of labelled photos, compared with simpler methods.

Usage: python benchmarks/grouping.py FOLDER... [--sheets DIR] [--sweep FILE.svg]

Each folder contains a labels.json: `groups` of files that belong together, `singletons`, and `ambiguous` sets, in which
a pair counts neither as right nor as wrong. Each folder goes through the whole pipeline by itself; the counts are then
added up.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

# Started by its path, a script finds only what lies beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._baselines import Baselines
from benchmarks._contact_sheet import draw_sheet, mistakes
from benchmarks._curves import Curve, draw_curves
from benchmarks._scores import Found, Labels, Score, score
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource

OURS = "Photo Organizer"

_DEFAULTS = Settings()
_THRESHOLDS = tuple(range(13))
"""Thresholds to try, in bits."""

_WINDOWS = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3600.0, 86400.0)
"""Time windows to try, in seconds."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A labelled folder and a cache, so that each picture is measured once, however often it is grouped."""

    folder: Path
    labels: Labels
    cache: Path

    def groups(self, settings: Settings = _DEFAULTS) -> Found:
        """Run the pipeline and return the names of the photos in each group."""
        cache = str(self.cache)
        run = replace(settings, cache_dir=cache, state_dir=cache)
        outcome = PhotoOrganizer(LocalPhotoSource(self.folder), run).run()
        return [frozenset(photo.id for photo in group.verdict.group.photos) for group in outcome.plan.groups]


def _print_table(title: str, scores: dict[str, Score]) -> None:
    print(f"\n{title}")
    columns = ("precision", "recall", "F1", "B3 F1", "wrong pairs", "missed", "joined", "split")
    print(f"{'':20}" + "".join(f"{name:>12}" for name in columns))
    for name, found in scores.items():
        ratios = (found.precision, found.recall, found.f1, found.cubed_f1)
        counts = (found.wrong, found.missed, found.joined, found.split)
        print(f"{name:20}" + "".join(f"{x:12.4f}" for x in ratios) + "".join(f"{x:12}" for x in counts))


def _compare(benches: Sequence[Bench], sheets: Path | None) -> None:
    total: dict[str, Score] = {}
    for bench in benches:
        ours = bench.groups()
        found = {OURS: ours, **dict(Baselines(bench.folder).all())}
        scores = {name: score(groups, bench.labels) for name, groups in found.items()}
        _print_table(f"{bench.folder.name}: {len(bench.labels.names)} photos", scores)
        total = {name: total.get(name, Score()) + scores[name] for name in scores}
        if sheets is not None:
            strips = mistakes(ours, bench.labels)
            draw_sheet(bench.folder, strips, sheets / f"{bench.folder.name}.png")
            print(f"{len(strips)} mistakes on {sheets / bench.folder.name}.png")
    _print_table("added up", total)
    if shutil.which("findimagedupes") is None:
        print("findimagedupes is not installed, so it is not compared")


def _scored(benches: Sequence[Bench], settings: Settings) -> Score:
    return sum((score(bench.groups(settings), bench.labels) for bench in benches), Score())


def _sweep(benches: Sequence[Bench], path: Path) -> None:
    by_threshold = {float(value): _scored(benches, Settings(threshold=value)) for value in _THRESHOLDS}
    by_window = {value: _scored(benches, Settings(time_window=value)) for value in _WINDOWS}
    _print_table("by threshold", {f"{value:g}": found for value, found in by_threshold.items()})
    _print_table("by time window", {f"{value:g} s": found for value, found in by_window.items()})
    path.write_text(
        draw_curves(
            [
                Curve("--threshold in bits (default 5)", by_threshold),
                Curve("--time-window in seconds (default 300)", by_window, is_logarithmic=True),
            ]
        ),
        encoding="utf-8",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Score the folders, and draw what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--sheets", type=Path, metavar="DIR", help="draw every mistake on a sheet in this folder")
    parser.add_argument("--sweep", type=Path, metavar="FILE.svg", help="try many thresholds and windows, draw them")
    arguments = parser.parse_args(argv)
    if arguments.sheets is not None:
        arguments.sheets.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as cache:
        benches = [Bench(folder, Labels.read(folder), Path(cache)) for folder in arguments.folders]
        _compare(benches, arguments.sheets)
        if arguments.sweep is not None:
            _sweep(benches, arguments.sweep)
    return 0


if __name__ == "__main__":
    sys.exit(main())
