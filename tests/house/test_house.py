"""The floors of the house: a package imports packages on lower floors, and itself; see `docs/architecture.md`."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.support.paths import ROOT

FLOORS = (
    {"bestshot", "errors", "text", "traffic", "model"},
    {"storage", "workers", "grouping", "xmp", "immich", "resampling"},
    {"imaging", "analysis", "ranking", "journal"},
    {"metadata", "layout", "marks"},
    {"sources", "plans"},
    {"settings", "report", "testing"},
    {"pipeline", "undo"},
    {"review", "nightly"},
    {"cli"},
    {"photo_organizer", "photo_sources", "immich_client", "api", "__main__"},
)
"""From the ground up. Packages on one floor do not know each other, but for those of the ground floor."""

PURE = (
    "grouping",
    "ranking",
    "xmp",
    "layout.names",
    "layout.numbering",
    "layout.plan",
    "layout.undo_plan",
    "marks.actions",
    "marks.context",
    "marks.kinds",
    "marks.plan",
    "marks.ledger",
    "marks.state",
    "marks.undo_context",
    "sources.immich.pairs",
    "plans.decisions",
    "plans.plan",
    "report.paging",
    "review.states",
    "report.views",
    "nightly.schedule",
)
"""What decides, and touches nothing."""

MOST_MODULES = 14
"""In one folder."""

WORLDLY = {"PIL", "cv2", "sqlite3", "requests", "face_recognition", "rawpy", "pillow_heif", "simplejpeg", "shutil"}


def _package(module: str) -> str:
    first, _, rest = module.partition(".")
    return rest.partition(".")[0] or first if first == "bestshot" else first


def _modules() -> dict[str, Path]:
    doors = {path.stem: path for path in ROOT.glob("*.py") if path.name != "setup.py"}  # which builds, and does not run
    inside = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in (ROOT / "bestshot").rglob("*.py")
    }
    return doors | {name.removesuffix(".__init__"): path for name, path in inside.items()}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            yield node.module or ""


MODULES = _modules()
FLOOR_OF = {package: number for number, packages in enumerate(FLOORS) for package in packages}


def test_a_package_imports_only_packages_on_lower_floors() -> None:
    up = {
        f"{module} (floor {FLOOR_OF[mine]}) imports {name} (floor {FLOOR_OF[theirs]})"
        for module, path in MODULES.items()
        for name in _imports(path)
        if (theirs := _package(name)) in FLOOR_OF
        if (mine := _package(module)) != theirs and FLOOR_OF[theirs] >= (FLOOR_OF[mine] or 1)
    }
    assert not up, "\n".join(sorted(up))


def test_a_kind_of_source_is_compared_by_its_name() -> None:
    """Settings hold it as a text, since packages may bring kinds of their own: it is never the same object."""
    for module, path in MODULES.items():
        assert not re.search(r"is (not )?SourceType\.", path.read_text(encoding="utf-8")), module


def test_every_package_and_door_has_a_floor() -> None:
    assert {_package(module) for module in MODULES} == set(FLOOR_OF)


def test_no_folder_has_more_modules_than_are_seen_at_a_glance() -> None:
    rooms = Counter(path.parent for path in MODULES.values() if path.parent != ROOT and path.stem != "__init__")
    crowded = {folder.name: count for folder, count in rooms.items() if count > MOST_MODULES}
    assert not crowded, f"to be split by subject: {crowded}"


def test_what_decides_knows_neither_pictures_nor_disk_nor_network() -> None:
    for name in PURE:
        whole = f"bestshot.{name}"
        rooms = [module for module in MODULES if module == whole or module.startswith(f"{whole}.")]
        assert rooms, f"there is no {whole}"
        for module in rooms:
            foreign = {imported.partition(".")[0] for imported in _imports(MODULES[module])} & WORLDLY
            assert not foreign, f"{module} imports {foreign}"


def test_groups_follow_from_no_code_but_that_by_which_remembered_groups_are_known() -> None:
    """`bestshot/pipeline/groups.py` tells by the code of these packages whether groups of before still hold."""
    rooms = [path for module, path in MODULES.items() if module.startswith(("bestshot.grouping", "bestshot.model"))]
    ours = {_package(name) for path in rooms for name in _imports(path) if name.startswith("bestshot")}
    assert ours == {"grouping", "model"}
