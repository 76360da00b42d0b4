"""What the two documents on Immich say is so: commands, outputs, permissions, sentences, versions."""

import re
import shlex
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bestshot.cli.arguments import parse_command
from bestshot.cli.main import main
from bestshot.immich.versions import NEWEST, OLDEST, Dialect, Task
from bestshot.model.photo import SourceType
from bestshot.settings.checks import check_consistency, check_source_options
from bestshot.settings.reading import load_settings
from bestshot.settings.settings import Settings
from bestshot.sources.immich.permissions import tasks_of
from bestshot.sources.immich.source import ImmichPhotoSource
from tests.fake_immich import MORNING, FakeImmich
from tests.support.each import every
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
USAGE = (ROOT / "IMMICH_USAGE.md").read_text(encoding="utf-8")
INTEGRATION = (ROOT / "IMMICH_INTEGRATION.md").read_text(encoding="utf-8")


def _commands_of_immich() -> list[list[str]]:
    """What the two documents on Immich say after `photo_organizer.py`, in examples and from cron."""
    lines = [line for text in (USAGE, INTEGRATION) for line in text.splitlines() if "photo_organizer.py --" in line]
    assert len(lines) >= 12
    commands = (line.partition("photo_organizer.py ")[2].partition("; done")[0] for line in lines)
    return [shlex.split(command, comments=True) for command in commands]


@every("command", _commands_of_immich())
def test_every_command_on_immich_is_understood(command: list[str]) -> None:
    given = parse_command(command)
    settings = load_settings(given.flags, {"IMMICH_URL": "http://nas:2283"})
    assert settings.source_type == SourceType.IMMICH or given.apply  # a plan says itself where its photos are
    check_source_options(given.flags, settings.source_type)
    check_consistency(given.flags, settings)


def _steps_of_the_guide() -> list[tuple[list[str], str]]:
    """Each command of the guide's examples, with the output that is shown below it ("" if none is)."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", USAGE, re.MULTILINE | re.DOTALL)
    steps: list[tuple[list[str], str]] = []
    for language, text in blocks:
        if language == "sh":
            # A review is served until it is ended: README shows the same command, and test_docs.py tries that.
            lines = [line for line in text.splitlines() if line.startswith("python ") and "--review" not in line]
            steps += [(shlex.split(line, comments=True)[2:], "") for line in lines]
        elif not text.startswith("0 3 * * *"):
            steps[-1] = steps[-1][0], text
    return steps


def _pattern(shown: str) -> str:
    """A line of output; three dots stand for anything, and the calls of a dry run are left out."""
    return "^" + ".*".join(map(re.escape, shown.split("..."))) + r"(?: \(.*\))?$"


def _seed_the_guides_library(server: FakeImmich) -> None:
    """Three photos of a picnic, two of a dog, one on its own; the user described the lesser one of the dog."""
    picnic, dog = server.seeds.burst(3), server.seeds.burst(2, MORNING + timedelta(hours=1))
    server.seeds.photo("alone.jpg", MORNING + timedelta(hours=2))
    server.seeds.album("Summer 2024", dog[1:])
    dog[1].marks = replace(dog[1].marks, description="Rex jumps")
    server.admin.user.name = "Ada"
    assert len(picnic) == 3


def test_the_guide_can_be_followed_from_top_to_bottom(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its commands do their work on one library, say what is shown, and write only where a mark is asked for."""
    monkeypatch.chdir(tmp_path)
    steps = _steps_of_the_guide()
    assert sum(bool(shown) for _, shown in steps) >= 12
    with FakeImmich("3.1.0") as server:
        _seed_the_guides_library(server)
        (home / ".immich.key").write_text(server.admin.secret)
        monkeypatch.setenv("IMMICH_URL", server.url)
        monkeypatch.setenv("PHOTO_ORGANIZER_IMMICH_API_KEY_FILE", str(home / ".immich.key"))
        for command, shown in steps:
            server.forget_calls()
            here = [word.replace("http://nas:2283", server.url) for word in command]
            quick = [] if {"--check", "--apply"} & set(command) else ["--no-faces"]
            assert main([*here, *quick, "--workers", "1"]) == 0, command
            said = capsys.readouterr().out
            for line in shown.splitlines():
                assert re.search(_pattern(line), said, re.MULTILINE), (command, line, said)
            settings = load_settings(parse_command(command).flags, {})
            may_write = settings.mark_options.any and not settings.dry_run
            assert may_write or not server.writes, command
            assert bool(server.writes) == (may_write and "nothing to do" not in said), command


def test_the_permissions_in_the_guide_are_those_that_the_program_needs() -> None:
    """Flag by flag: the rows that are always needed, and those that name the flag."""
    rows = re.findall(r"^\| `(\w+\.\w+)` \| (.*?) \|", USAGE, re.MULTILINE)
    assert len(rows) == len(dict(rows))
    dialect = Dialect.of(NEWEST)
    assert {name for name, flags in rows if flags == "always"} == set(dialect.permissions([Task.READ, Task.FACES]))
    mentioned = {flag for _, flags in rows for flag in re.findall(r"`--([a-z-]+)`", flags)}
    assert {flag for flag in _switches() if _with(flag).mark_options.any} <= mentioned
    for flag in mentioned:
        told = {name for name, flags in rows if flags == "always" or f"`--{flag}`" in flags}
        assert told == set(dialect.permissions(_tasks(_with(flag)))), flag


def _switches() -> list[str]:
    defaults = Settings()
    return [field.name.replace("_", "-") for field in fields(Settings) if getattr(defaults, field.name) is False]


def _with(flag: str) -> Settings:
    value = True if flag in _switches() else {"rate": "best=5"}.get(flag, "something")
    return load_settings({flag.replace("-", "_"): value}, {})


def _tasks(settings: Settings) -> set[Task]:
    """What a source of these settings needs a key for."""
    source = ImmichPhotoSource(
        "http://nas:2283",
        "key",
        use_thumbnails=not settings.use_full_resolution,
        album=settings.immich_album,
        tasks=tasks_of(settings.mark_options, downloads=settings.output is not None, faces=not settings.no_faces),
    )
    return set(source.client._server._tasks)


def test_the_permissions_inside_are_those_of_the_guide() -> None:
    told = set(re.findall(r"\| `(\w+\.\w+)` \|$", INTEGRATION, re.MULTILINE))
    assert told == set(re.findall(r"^\| `(\w+\.\w+)` \|", USAGE, re.MULTILINE))


def test_the_defaults_in_the_guide_are_those_of_the_settings() -> None:
    defaults = Settings()
    for name in ("threshold", "time_window", "immich_cache_size"):
        flag = name.replace("_", "-")
        assert re.search(rf"`--{flag}`[^`]*\(default\s{getattr(defaults, name):g}\)", USAGE), flag
    assert f"`{defaults.album_prefix}0001`" in USAGE


def test_the_sentences_in_the_guides_table_of_symptoms_are_said_by_the_program() -> None:
    said = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "bestshot").rglob("*.py")))
    joined = re.sub(r'"\s+f?"', "", said)
    symptoms = [
        part for row in re.findall(r"^\| (\*.*?) \|", USAGE, re.MULTILINE) for part in re.findall(r"\*(.*?)\*", row)
    ]
    assert len(symptoms) >= 20
    pieces = [piece.strip(" :") for text in symptoms for piece in re.split(r"\.\.\.|\bN\b", text)]
    assert [piece for piece in pieces if piece not in joined] == []


def test_the_documents_say_from_which_version_on_what_is_different() -> None:
    """The versions in the guide's table are those at which the program speaks otherwise."""
    table = USAGE.partition("## 8. Versions")[2]
    told = {tuple(map(int, number.split("."))) for number in re.findall(r"\bv(\d+\.\d+(?:\.\d+)?)", table)}
    source = (ROOT / "bestshot" / "immich" / "versions.py").read_text(encoding="utf-8")
    known = {tuple(map(int, found.split(", "))) for found in re.findall(r"_since\(([\d, ]+)\)", source)}
    first_ones = {(1, 106), (1, 112), (1, 113), (1, 133), (1, 137), (1, 139, 2), (1, 143)}
    assert first_ones <= known
    assert first_ones <= told
    assert {OLDEST[:2], NEWEST[:2]} <= told


@pytest.mark.parametrize("text", [README, USAGE, INTEGRATION], ids=["README", "USAGE", "INTEGRATION"])
def test_every_document_says_that_no_photo_is_deleted(text: str) -> None:
    """And so it is: the calls that delete take away tags, albums, stacks and memberships."""
    plain = re.sub(r"\s+", " ", text)
    assert re.search(r"(?i)(never deletes|no call deletes|nothing is ever deleted)[^.]*bin", plain)
    calls = (ROOT / "bestshot" / "immich" / "calls.py").read_text(encoding="utf-8")
    deleting = re.findall(r'Call\("DELETE", f"(?:\{self\.)?(\w+)', calls)
    assert set(deleting) == {"_tags", "_albums", "stacks"}
    assert "trash" not in calls.lower()
