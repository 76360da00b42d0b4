"""Attacks on a library in a folder: kills, damaged files, links where none are expected, full disks, two at once."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.attacks.arena import Arena, Strike
from benchmarks.attacks.damage import damaged
from tests.support.drawn_library import add, add_burst, scene

_SIDECAR = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3"/></rdf:RDF></x:xmpmeta>
"""
_TAKEOUT = '{"title": "lake_1.jpg", "photoTakenTime": {"timestamp": "1717250400"}, "description": "the lake"}'
_CONFIG = 'threshold = 8\nexclude = ["*.png", "Scans/*"]\n[weights]\nsmiles = 5\n'
_SIGNATURE = 100
"""An SQLite file is told by these first bytes; what damages them is told at once."""

Attack = Callable[[Arena], None]


def draw(photos: Path) -> None:
    """Two bursts with sidecars of three kinds, and a photo apart."""
    add_burst(photos, "hills", 1)
    add_burst(photos, "lake", 2, "2024:06:01 15:00:00", count=2)
    add(photos / "single.jpg", scene(3), "2024:06:01 18:00:00")
    (photos / "hills_1.jpg.xmp").write_text(_SIDECAR)
    (photos / "lake_1.jpg.json").write_text(_TAKEOUT)


def prepare(arena: Arena) -> None:
    """Lay the photos out, so that there is something of everything; the user has files elsewhere and in the output."""
    arena.elsewhere.mkdir(parents=True)
    (arena.elsewhere / "letter.txt").write_text("a letter of the user's")
    (arena.root / "config.toml").write_text(_CONFIG)
    _lay(arena, "--plan", arena.root / "plan.json")
    (arena.out / "group_0001" / "note.txt").write_text("a note of the user's")


def _lay(arena: Arena, *more: str | Path, strike: Strike = Strike()) -> None:  # noqa: B008 - it is frozen
    arena.run(arena.photos, "-o", arena.out, *more, strike=strike)


def _afresh(arena: Arena) -> None:
    """Half of the time there is much to do, as in a first run, otherwise a burst that is new."""
    if arena.chance.random() < 0.5:
        shutil.rmtree(arena.out)
        shutil.rmtree(arena.state)
    else:
        add_burst(arena.photos, "new", 5, "2024:06:02 12:00:00")
    arena.remember()


def _moment(arena: Arena) -> Strike:
    return Strike(seconds=arena.chance.uniform(0.1, 2.0))


def _operation(arena: Arena) -> Strike:
    return Strike(operation=arena.chance.randrange(70))


def _killed_run(when: Callable[[Arena], Strike]) -> Attack:
    def attack(arena: Arena) -> None:
        _afresh(arena)
        _lay(arena, strike=when(arena))
        arena.check()
        if arena.chance.random() < 0.5:
            _lay(arena)
        arena.run("--undo", "--dry-run")
        arena.run("--undo")
        arena.check()

    return attack


def _killed_undo(when: Callable[[Arena], Strike]) -> Attack:
    def attack(arena: Arena) -> None:
        arena.run("--undo", strike=when(arena))
        arena.check()
        arena.run("--undo")
        _lay(arena)
        arena.check()

    return attack


def _damage(arena: Arena, pattern: str, begin: int = 0) -> None:
    path = arena.chance.choice(sorted(arena.root.glob(pattern)))
    path.write_bytes(damaged(path.read_bytes(), arena.chance, begin))
    arena.remember()


def _damaged(pattern: str, begin: int = 0) -> Attack:
    def attack(arena: Arena) -> None:
        _damage(arena, pattern, begin)
        add_burst(arena.photos, "new", 5, "2024:06:02 12:00:00")
        arena.remember()
        _lay(arena, "--config", arena.root / "config.toml")
        arena.check()
        arena.run("--history")
        arena.run("--undo", "--dry-run")
        arena.run("--undo")
        arena.check()

    return attack


def _damaged_plan(arena: Arena) -> None:
    _damage(arena, "plan.json")
    arena.run("--apply", arena.root / "plan.json", "--dry-run")
    arena.run("--apply", arena.root / "plan.json", "-o", arena.root / "another")
    arena.check()


def _damaged_sidecar(arena: Arena) -> None:
    _damage(arena, arena.chance.choice(("photos/*.xmp", "photos/*.json")))
    arena.run(arena.photos, "--tag-only")
    arena.run("--undo")
    arena.check(marks=True)


def _in_the_way(arena: Arena) -> Iterator[tuple[Path, Path]]:
    """Places that the program writes to or reads, and where a link in that place leads."""
    letter, new = arena.elsewhere / "letter.txt", arena.elsewhere / "new.txt"
    for name in (".plan.json.part", ".report.html.part", ".rest.txt.part", "report.html"):
        yield arena.root / name, letter
    for name in ("hills_2.jpg.xmp", "lake_2.jpg.xmp"):
        yield arena.photos / name, letter
        yield arena.photos / name, new
    for place in (arena.out / "group_0001", arena.out / "group_0003", arena.out / ".photo-organizer"):
        yield place, arena.elsewhere
    yield arena.out / "group_0001" / "originals", arena.elsewhere


def _links(arena: Arena) -> None:
    place, target = arena.chance.choice(list(_in_the_way(arena)))
    if place.is_dir():
        shutil.rmtree(place)
    add_burst(arena.photos, "new", 5, "2024:06:02 12:00:00")
    place.unlink(missing_ok=True)
    place.symlink_to(target)
    arena.remember()
    _lay(arena, "--plan", "plan.json", "--report", "report.html", "--list-rest", "rest.txt")
    arena.run("--undo")
    arena.run(arena.photos, "--tag-only")
    arena.run("--undo")
    arena.check(marks=True)


def _pipes(arena: Arena) -> None:
    """A photo or a sidecar that is a pipe, from the beginning or from some moment of the run on."""
    names = ("hills_1.jpg", "lake_2.jpg", "hills_1.jpg.xmp", "hills_3.jpg.xmp", "lake_1.jpg.json")
    path = arena.photos / arena.chance.choice(names)
    seconds = arena.chance.choice((0.0, arena.chance.uniform(0.2, 1.5)))
    arena.changed.add(path)

    def replace(_process: "subprocess.Popen[bytes] | None" = None) -> None:
        time.sleep(seconds)
        if path.exists():
            path.rename(arena.elsewhere / path.name)
        os.mkfifo(path)

    shutil.rmtree(arena.out)
    arena.remember()
    arena.changed.add(arena.elsewhere / path.name)
    arena.run(arena.photos, "-o", arena.out, beside=replace)
    arena.run(arena.photos, "--tag-only")
    arena.run("--undo")
    arena.check(marks=True)


def _two_at_once(arena: Arena) -> None:
    _afresh(arena)
    seconds: list[list[str | Path]] = [["--undo"], [arena.photos, "-o", arena.out], [arena.photos, "--tag-only"]]
    second = arena.chance.choice(seconds)

    def beside(_process: "subprocess.Popen[bytes]") -> None:
        time.sleep(arena.chance.uniform(0.0, 1.0))
        arena.run(*second)

    arena.run(arena.photos, "-o", arena.out, beside=beside)
    arena.run("--undo")
    arena.check(marks=True)


def _aliases(arena: Arena) -> None:
    """The source goes, and its path becomes another name of the copies: the undo would take the last ones."""
    originals = arena.out / "group_0001" / "originals"
    shutil.rmtree(arena.photos)
    with _led_to(arena, originals):
        arena.remember()
        arena.run("--undo")
        arena.run("--undo", "1")
        arena.check()


@contextmanager
def _led_to(arena: Arena, originals: Path) -> Iterator[None]:
    way = arena.chance.choice(("folder", "files", "mount"))
    if way == "mount" and os.geteuid() == 0:
        arena.photos.mkdir()
        subprocess.run(["mount", "--bind", originals, arena.photos], check=True)  # noqa: S603, S607 - no input in it
        try:
            yield
        finally:
            subprocess.run(["umount", "--lazy", arena.photos], check=True)  # noqa: S603, S607 - no input in it
        return
    if way == "files":
        arena.photos.mkdir()
        for copy in originals.iterdir():
            (arena.photos / copy.name).symlink_to(copy)
    else:
        arena.photos.symlink_to(originals)
    yield


def _full_disk(arena: Arena) -> None:
    """Output, state or cache on a disk with little room; as somebody who may not mount, this does nothing."""
    place = arena.root / arena.chance.choice(("out", "state", "cache"))
    if os.geteuid():
        return
    shutil.rmtree(arena.out)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    size = f"size={arena.chance.choice((4, 40, 100, 200, 400))}k"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", place], check=True)  # noqa: S603, S607 - no input in it
    try:
        _lay(arena, "--plan", place / "plan.json")
        arena.run("--undo")
        arena.check()
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)  # noqa: S603, S607 - no input in it


ON_FOLDERS: dict[str, Attack] = {
    "kill a run at a moment": _killed_run(_moment),
    "kill a run at a file operation": _killed_run(_operation),
    "kill an undo at a moment": _killed_undo(_moment),
    "kill an undo at a file operation": _killed_undo(_operation),
    "damage a photo": _damaged("photos/*.jpg"),
    "damage a sidecar": _damaged_sidecar,
    "damage a plan": _damaged_plan,
    "damage the journal": _damaged("state/journal.sqlite3", _SIGNATURE),
    "damage the index": _damaged("cache/index.sqlite3", _SIGNATURE),
    "damage the settings": _damaged("config.toml"),
    "damage the output": _damaged("out/**/*.*"),
    "links in the way": _links,
    "pipes instead of files": _pipes,
    "the source is the output": _aliases,
    "two at once": _two_at_once,
    "a full disk": _full_disk,
}
