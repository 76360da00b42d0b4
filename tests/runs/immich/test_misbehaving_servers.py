"""Whole runs over a server that repeats the key, speaks to the terminal, or sends what cannot be: it is told."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fake_immich import ALWAYS, FakeImmich, Where
from tests.fake_immich.misbehaviours import Misbehaviour, forms_of
from tests.fake_immich.requests import Answer, Json, Request
from tests.support.drawn_library import PROGRAM


@dataclass(frozen=True)
class Ran:
    """What came of a run, and all that it said, on the terminal and in files."""

    code: int
    said: str
    files: dict[str, str]

    @property
    def everything(self) -> str:
        return "\n".join([self.said, *self.files.values()])


@pytest.fixture
def fake() -> Iterator[FakeImmich]:
    with FakeImmich("v2.7.5", checked=False) as server:
        yield server


def ran(fake: FakeImmich, home: Path) -> Ran:
    """A run by another process, with every file that it can write."""
    names = ("plan.json", "report.html", "log", "list.csv")
    flags = [f"--{flag}={home / name}" for flag, name in zip(("plan", "report", "log-file", "csv"), names, strict=True)]
    arguments = ["--source-type=immich", "--no-faces", "--workers=1", "-v", "--yes", f"--output={home / 'out'}"]
    environment = os.environ | {"IMMICH_URL": fake.url, "IMMICH_API_KEY": fake.admin.secret}
    done = subprocess.run([*PROGRAM, *arguments, *flags], env=environment, capture_output=True, text=True, check=False)
    written = [home / name for name in names] + sorted((home / "out").rglob("metadata.txt"))
    files = {str(path): path.read_text(encoding="utf-8") for path in written if path.is_file()}
    return Ran(done.returncode, done.stdout + done.stderr, files)


def in_search(change: Callable[[Json], None]) -> Misbehaviour:
    """A search in which the newest asset is changed."""

    def misbehave(_request: Request, answer: Answer) -> Answer:
        change(answer.body["assets"]["items"][0])
        return answer

    return misbehave


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("the key in a message", "users/me"),
        ("the key in a message", "original"),
        ("the key as a permission", "search"),
        ("the key in the reason", "thumbnail"),
        ("the key in a redirect", "version"),
        ("the key in the kind", "thumbnail"),
    ],
)
def test_a_key_that_the_server_repeats_is_shown_nowhere(fake: FakeImmich, home: Path, name: str, where: str) -> None:
    fake.seeds.burst(3)
    fake.faults.misbehave(name, Where(where, times=None))
    run = ran(fake, home)
    assert run.code != 0
    assert "Traceback" not in run.said
    assert [form for form in forms_of(fake.admin.secret) if form in run.everything] == []


@pytest.mark.parametrize("where", ["users/me", "original"])
def test_nothing_that_a_server_says_reaches_the_terminal_as_more_than_text(
    fake: FakeImmich, home: Path, where: str
) -> None:
    fake.seeds.burst(3)
    fake.faults.misbehave("a message for the terminal", Where(where, times=None))
    run = ran(fake, home)
    assert run.code != 0
    assert not set("\x1b\x07\u202e\r") & set(run.everything)
    assert [line for line in run.everything.splitlines() if line.startswith("ERROR forged")] == []


def test_names_and_cameras_that_speak_to_the_terminal_are_shown_as_text(fake: FakeImmich, home: Path) -> None:
    fake.seeds.burst(3)

    def nasty(item: Json) -> None:
        item["originalFileName"] = "\x1b]0;owned\x07\u202eb\n.jpg"
        item["exifInfo"]["model"] = item["exifInfo"]["lensModel"] = "\x1b[2J\u202e"

    fake.faults.answer_with("nasty", in_search(nasty), Where("search/metadata", times=None))
    run = ran(fake, home)
    assert run.code == 0
    shown = [text for path, text in run.files.items() if not path.endswith(".csv")]  # a table holds exact names
    assert [text for text in (run.said, *shown) if set("\x1b\x07\u202e") & set(text)] == []
    assert run.files[str(home / "out/group_0001/metadata.txt")].count("\\x1b") >= 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("originalFileName", "a\0b.jpg"),
        ("originalFileName", ".."),
        ("id", "../../albums"),
        ("exifInfo", [None]),
    ],
)
def test_an_asset_that_cannot_be_used_is_named_and_the_others_are_laid_out(
    fake: FakeImmich, home: Path, field: str, value: Json
) -> None:
    photos = fake.seeds.burst(4)
    odd = in_search(lambda item: item.update({field: value}))
    fake.faults.answer_with("odd", odd, Where("search/metadata", times=None))
    run = ran(fake, home)
    assert "Traceback" not in run.said
    assert "is not as Immich describes it" in run.said
    assert "1 skipped or in doubt" in run.said
    assert len(list((home / "out").rglob("originals/*"))) == len(photos) - 1


@pytest.mark.parametrize(
    "times",
    ["0001-01-01T00:00:00.000+14:00", "9999-12-31T23:59:59.000-14:00"],
)
def test_a_time_that_cannot_be_costs_no_run(fake: FakeImmich, home: Path, times: str) -> None:
    fake.seeds.burst(4)
    odd = dict.fromkeys(("fileCreatedAt", "fileModifiedAt", "localDateTime"), times)
    fake.faults.answer_with("odd", in_search(lambda item: item.update(odd)), Where("search/metadata", times=None))
    run = ran(fake, home)
    assert "Traceback" not in run.said
    assert len(list((home / "out").rglob("originals/*"))) >= 3


def test_an_original_of_other_bytes_is_fetched_again(fake: FakeImmich, home: Path) -> None:
    photos = fake.seeds.burst(3)
    fake.faults.misbehave("other bytes", Where("original", times=2))
    run = ran(fake, home)
    assert run.code == 0
    laid = {path.read_bytes() for path in (home / "out").rglob("originals/*")}
    assert laid == {photo.original.content() for photo in photos}
    assert fake.count("asset_original") == 5


@pytest.mark.parametrize("name", ["other bytes", "longer than announced"])
def test_an_original_that_stays_wrong_is_named_and_never_laid_out(fake: FakeImmich, home: Path, name: str) -> None:
    photos = fake.seeds.burst(3)
    fake.faults.misbehave(name, Where(f"{photos[1].id}/original", times=None))
    run = ran(fake, home)
    assert run.code == 1
    assert "1 change FAILED" in run.said
    assert photos[1].name in run.said
    laid = {path.read_bytes() for path in (home / "out").rglob("originals/*")}
    assert laid == {photo.original.content() for photo in photos if photo is not photos[1]}


def test_one_picture_that_breaks_off_each_time_costs_only_itself(fake: FakeImmich, home: Path) -> None:
    photos = fake.seeds.burst(4)
    fake.faults.misbehave("half a gzip", Where(f"{photos[0].id}/thumbnail", times=None))
    run = ran(fake, home)
    assert "was cut off" in run.said
    assert len(list((home / "out").rglob("originals/*"))) == 3


def test_an_external_library_is_copied_although_its_checksums_are_of_paths(fake: FakeImmich, home: Path) -> None:
    photos = fake.seeds.burst(3)
    for photo in photos:
        photo.library_id = fake.state.new_id()
    run = ran(fake, home)
    assert run.code == 0
    assert len(list((home / "out").rglob("originals/*"))) == len(photos)


def test_a_server_that_is_gone_still_ends_the_run(fake: FakeImmich, home: Path) -> None:
    fake.seeds.burst(3)
    fake.faults.misbehave("half a gzip", ALWAYS)
    assert ran(fake, home).code == 3


def test_the_plan_is_json_whatever_the_server_sends(fake: FakeImmich, home: Path) -> None:
    fake.seeds.burst(3)
    fake.faults.misbehave("half a surrogate", Where("search/metadata", times=None))
    assert json.loads(ran(fake, home).files[str(home / "plan.json")])["groups"]
