"""The floors of the house: an import goes down or stays level, never up; see "Inside" in the README."""

import ast
from pathlib import Path

import pytest

from tests.support.paths import ROOT

FLOORS = {
    "photo_organizer": 6,
    "composition": 5,
    "bestshot.pipeline.records": 5,
    "bestshot.layout.output": 5,
    "photo_sources": 4,
    "immich_client": 2,
    "bestshot.cli.console": 4,
    "bestshot.cli.arguments": 4,
    "bestshot.cli.demo": 4,
    "bestshot.pipeline.look": 4,
    "bestshot.analysis.comparison": 3,
    "bestshot.pipeline.recognition": 4,
    "bestshot.report.model": 4,
    "bestshot.report.pages": 4,
    "bestshot.report.pictures": 4,
    "bestshot.report.rendering": 4,
    "bestshot.report.views": 4,
    "bestshot.report.writing": 4,
    "bestshot.analysis.analyser": 3,
    "bestshot.cli.wording": 3,
    "bestshot.undo.going_back": 4,
    "bestshot.undo.undo": 3,
    "bestshot.analysis.appraisal": 2,
    "bestshot.sources.local.walk": 2,
    "bestshot.storage.lock": 2,
    "bestshot.metadata.read": 2,
    "bestshot.storage.picture_cache": 2,
    "bestshot.plans.lists": 2,
    "bestshot.plans.document": 3,
    "bestshot.plans.reading": 3,
    "bestshot.settings.of_plan": 3,
    "bestshot.imaging.previews": 3,
    "bestshot.settings.settings": 2,
    "bestshot.settings.checks": 2,
    "bestshot.model.faces": 0,
    "bestshot.model.photo": 0,
    "bestshot.model.times": 0,
    "bestshot.model.groups": 0,
    "bestshot.model.appraisal": 0,
    "bestshot.errors": 0,
    "bestshot.text": 0,
    "bestshot": 0,
}
GROUND_FLOOR = 1

PURE = (
    "bestshot.grouping.bands",
    "bestshot.ranking.candidates",
    "bestshot.ranking.preferences",
    "bestshot.grouping.clocks",
    "bestshot.grouping.clusters",
    "bestshot.ranking.criteria",
    "bestshot.plans.decisions",
    "bestshot.ranking.face_scores",
    "bestshot.layout.plan",
    "bestshot.ranking.people",
    "bestshot.grouping.group",
    "bestshot.grouping.rules",
    "bestshot.grouping.hashes",
    "bestshot.sources.immich.outcomes",
    "bestshot.sources.immich.pairs",
    "bestshot.ranking.rank",
    "bestshot.ranking.rules",
    "bestshot.analysis.landmarks",
    "bestshot.layout.undo_plan",
    "bestshot.marks.history",
    "bestshot.marks.ledger",
    "bestshot.marks.plan",
    "bestshot.marks.visibility",
    "bestshot.marks.undo_plan",
    "bestshot.marks.view",
    "bestshot.grouping.neighbours",
    "bestshot.plans.plan",
    "bestshot.journal.replaced",
    "bestshot.layout.replay",
    "bestshot.layout.reversals",
    "bestshot.journal.runs",
    "bestshot.ranking.strangers",
    "bestshot.xmp.encoding",
    "bestshot.xmp.spans",
    "bestshot.xmp.packet",
    "bestshot.report.pages",
    "bestshot.report.views",
)
WORLDLY = {"PIL", "cv2", "sqlite3", "requests", "face_recognition", "rawpy", "pillow_heif", "shutil"}


def _modules() -> dict[str, Path]:
    doors = {path.stem: path for path in ROOT.glob("*.py")}
    craft = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for path in (ROOT / "bestshot").rglob("*.py")
        if path.stem != "__init__"
    }
    return doors | craft


MODULES = _modules()


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            names.add(node.module or "")
    return names


def _floor(module: str) -> int:
    return FLOORS.get(module, GROUND_FLOOR)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_imports_no_module_of_a_higher_floor(module: str) -> None:
    higher = {name for name in _imports(MODULES[module]) if name in MODULES and _floor(name) > _floor(module)}
    assert not higher


@pytest.mark.parametrize("module", [name for name in sorted(MODULES) if name.startswith("bestshot.")])
def test_the_craft_never_imports_the_doors(module: str) -> None:
    doors = {name for name in MODULES if not name.startswith("bestshot.")}
    assert not _imports(MODULES[module]) & doors


@pytest.mark.parametrize("module", PURE)
def test_rooms_that_decide_know_neither_pictures_nor_disk_nor_network(module: str) -> None:
    assert not {name.partition(".")[0] for name in _imports(MODULES[module])} & WORLDLY


def test_every_module_named_here_exists() -> None:
    assert set(FLOORS) - {"bestshot"} | set(PURE) <= set(MODULES)
