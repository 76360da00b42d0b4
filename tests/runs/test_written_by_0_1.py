"""What version 0.1 wrote, this one reads and goes on with: its index, its journal with a run cut short, its plan."""

import json
import os
import random
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from bestshot.cli.main import main
from bestshot.settings.settings import Settings
from tests.support.drawn_library import contents, groups, organize
from tests.support.plan_world import laid_out

WRITTEN = Path(__file__).parent / "written_by_0_1"
NOON = 1_717_243_200
USERS_SIDECAR = """<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3"/>
 </rdf:RDF>
</x:xmpmeta>
"""
HISTORY = [
    "   5  {photos}: 12 of 12 changes begun and not known to be made in {out} (12 changes; unfinished)",
    "   4  {photos}: 4 photos tagged, 1 photo made favourite (3 changes)",
    "   3  {photos}: 4 photos laid out in {out} (8 changes)",
    "   2  undo of run 1: 8 files taken back in {out} (8 changes)",
    "   1  {photos}: 4 photos laid out in {out} (8 changes; undone)",
]


@dataclass(frozen=True)
class Left:
    """The folders as version 0.1 left them, in another place."""

    root: Path

    @property
    def photos(self) -> Path:
        return self.root / "photos"

    @property
    def out(self) -> Path:
        return self.root / "organized"

    def run(self, *arguments: str) -> int:
        own = ("--state-dir", str(self.root / "state"), "--cache-dir", str(self.root / "cache"))
        return main([*arguments, "--workers", "1", *own])

    def rows(self, database: str, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.root / database)) as connection:
            return connection.execute(query).fetchall()


def picture(number: int, grain: int) -> Image.Image:
    """Grey fields with a fine grain: the same bytes with any version of any library."""
    chance = random.Random(number)
    fields = Image.frombytes("L", (9, 8), bytes(60 + int(chance.random() * 136) for _ in range(72)))
    large = fields.resize((72, 64), Image.Resampling.NEAREST)
    grainy = bytes(value + (grain if (place // 2) % 2 else -grain) for place, value in enumerate(large.tobytes()))
    return Image.frombytes("L", large.size, grainy).convert("RGB")


def draw(folder: Path) -> None:
    """Three pairs of photos, with no other times than those of their files."""
    folder.mkdir(parents=True)
    for number, name in enumerate("abc", start=1):
        for shot in (1, 2):
            path = folder / f"{name}_{shot}.bmp"
            picture(number, 14 if shot == 2 else 2).save(path)
            os.utime(path, (NOON + number * 86400 + shot,) * 2)


def moved(name: str, root: Path) -> str:
    """What was written over /srv, as if that had been another folder; a metadata.txt keeps its text to the letter."""
    return re.sub("(?<=[\"':])/srv/", f"{root}/", (WRITTEN / name).read_text("utf-8"))


def restore(root: Path, sql: str, database: Path) -> None:
    database.parent.mkdir()
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(moved(sql, root))


def lay_out(left: Left) -> None:
    """What the journal tells of run 3, and the one file that run 5 made before it was killed."""
    query = (
        "SELECT kind, action, receipt FROM changes WHERE run = 3 OR id = (SELECT MIN(id) FROM changes WHERE run = 5)"
    )
    for kind, action, receipt in left.rows("state/journal.sqlite3", query):
        made, trace = json.loads(str(action)), json.loads(str(receipt or "null"))
        path = left.out / made["destination"]
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "PlaceBest":
            path.hardlink_to(left.out / made["target"])
            continue
        source = Path(made.get("source", ""))
        path.write_bytes(source.read_bytes() if kind == "CopyFile" else made["text"].encode())
        time = source.stat().st_mtime_ns if trace is None else trace["mtime_ns"]
        os.utime(path, ns=(time, time))


@pytest.fixture
def left(tmp_path: Path) -> Left:
    left = Left(tmp_path)
    draw(left.photos)
    for sidecar in (WRITTEN / "sidecars").iterdir():
        (left.photos / sidecar.name).write_bytes(sidecar.read_bytes())
    restore(tmp_path, "index.sql", tmp_path / "cache" / "index.sqlite3")
    restore(tmp_path, "journal.sql", tmp_path / "state" / "journal.sqlite3")
    for (action,) in left.rows(
        "state/journal.sqlite3", "SELECT action FROM changes WHERE run = 5 AND kind = 'CopyFile'"
    ):
        copied = json.loads(str(action))
        mtime_ns = int(copied["revision"].partition("-")[2], 16)
        os.utime(copied["source"], ns=(mtime_ns, mtime_ns))
    lay_out(left)
    (tmp_path / "plan.json").write_text(moved("plan.json", tmp_path), "utf-8")
    return left


def test_hashes_that_its_index_knows_are_taken_from_it(left: Left) -> None:
    """The picture says that these two are alike; what the index holds of one of them says that they are not."""
    other = {"dhash": 0, "phash": 0, "is_plain": False, "turned": []}
    query = "UPDATE measurements SET value = ? WHERE key = ? AND recipe LIKE 'dhash64%'"
    with closing(sqlite3.connect(left.root / "cache" / "index.sqlite3")) as index, index:
        assert index.execute(query, (json.dumps(other).encode(), b"a_1.bmp")).rowcount == 1
    settings = Settings(no_faces=True, cache_dir=str(left.root / "cache"), state_dir=str(left.root / "state"))
    assert groups(organize(left.photos, settings=settings)) == [[f"{name}_1.bmp", f"{name}_2.bmp"] for name in "bc"]


def test_its_history_is_told_as_it_told_it(left: Left, capsys: pytest.CaptureFixture[str]) -> None:
    assert left.run("--history") == 0
    told = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d  ", "", capsys.readouterr().out).splitlines()
    assert told == [line.format(out=left.out, photos=left.photos) for line in HISTORY]


@pytest.mark.parametrize(("run", "changes"), [("5", 12), ("4", 3), ("3", 8), ("2", 8), ("1", 8)])
def test_each_change_of_its_runs_is_listed(
    left: Left, run: str, changes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert left.run("--history", run) == 0
    about, *lines = capsys.readouterr().out.splitlines()
    assert about.startswith(f"Run {run} of ")
    assert len([line for line in lines if line.startswith(("  done: ", "  begun: "))]) == changes


def test_all_that_it_did_is_taken_back(left: Left, tmp_path: Path) -> None:
    """What a killed run of it began is mended first; the sidecar that the user had is again what it was."""
    for number in ("5", "4", "3"):
        assert left.run("--undo", number) == 0
    assert list(left.out.iterdir()) == []
    draw(tmp_path / "drawn")
    (tmp_path / "drawn" / "a_1.bmp.xmp").write_text(USERS_SIDECAR, "utf-8", newline="\n")
    os.utime(tmp_path / "drawn" / "a_1.bmp.xmp", (NOON, NOON))
    files = {Path(name).name: found[1:] for name, found in contents(left.photos).items() if Path(name).is_file()}
    wanted = {
        Path(name).name: found[1:] for name, found in contents(tmp_path / "drawn").items() if Path(name).is_file()
    }
    assert files == wanted


def test_its_plan_is_carried_out_and_written_under_the_names_that_it_reads(left: Left) -> None:
    kinds = left.rows("state/journal.sqlite3", "SELECT DISTINCT kind FROM changes")
    assert left.run("--apply", str(left.root / "plan.json")) == 0
    assert laid_out(left.out) == {
        "group_0001": ["best_a_1.bmp", "a_1.bmp", "a_1.bmp.xmp", "a_2.bmp", "a_2.bmp.xmp"],
        "group_0002": ["best_b_2.bmp", "b_1.bmp", "b_1.bmp.xmp", "b_2.bmp", "b_2.bmp.xmp"],
        "group_0003": ["best_c_2.bmp", "c_1.bmp", "c_2.bmp"],
    }
    assert left.rows("state/journal.sqlite3", "SELECT DISTINCT kind FROM changes") == kinds
    assert left.rows("state/journal.sqlite3", "SELECT COUNT(*) FROM changes WHERE state = 'begun'") == [(0,)]
    assert left.run("--apply", str(left.root / "plan.json")) == 0
    assert left.rows("state/journal.sqlite3", "SELECT COUNT(*) FROM runs") == [(6,)]
