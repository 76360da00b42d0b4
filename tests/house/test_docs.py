"""What README, the pages that it leads to, --help and CHANGELOG say is so."""

import json
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from bestshot import __version__, errors
from bestshot.cli.arguments import build_parser, parse_command
from bestshot.cli.main import main
from bestshot.layout.names import OUTPUT_MARKER
from bestshot.model.photo import SourceType
from bestshot.pipeline.outcome import EXIT_DONE, EXIT_INTERRUPTED, EXIT_SOMETHING_FAILED
from bestshot.ranking.rules import Weights
from bestshot.settings.declaration import MARKS, WithPlan
from bestshot.settings.reading import ENVIRONMENT_PREFIX, job_names, load_settings
from bestshot.settings.settings import SETTINGS, Settings
from docs import what_is_read
from docs.settings_tables import with_tables
from tests.fake_immich import FakeImmich
from tests.support.drawn_library import PROGRAM, add, add_burst, scene
from tests.support.paths import ROOT
from tests.support.review_client import ReviewClient

README = (ROOT / "README.md").read_text(encoding="utf-8")
USAGE = (ROOT / "IMMICH_USAGE.md").read_text(encoding="utf-8")
INTEGRATION = (ROOT / "IMMICH_INTEGRATION.md").read_text(encoding="utf-8")
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
GUIDE = "\n".join([README, *PAGES.values()])
"""What is to be read of everything but Immich."""

HELP = build_parser().format_help()

NO_SETTINGS = {
    *("apply", "check", "config", "demo", "forget_decisions", "help", "version", "history", "undo"),
    *("health", "job", "once"),
    *("review", "review_only", "no_open", "listen", "print_completion"),
}
"""The flags that no environment variable and no configuration file can give."""


FILE_ONLY = {"weights"}
"""The settings that only the configuration file can give."""


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def _toml(page: str) -> list[str]:
    return re.findall(r"^```toml\n(.*?)^```$", PAGES[page], re.MULTILINE | re.DOTALL)


def _rows() -> Iterator[list[str]]:
    """The cells of the tables of flags."""
    for line in PAGES["settings.md"].splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.split("|")[1:-1]]


def _commands() -> list[list[str]]:
    """What README, its pages and --help say after `photo_organizer.py`, as a shell would split it, each once."""
    readme = [line for block in _blocks("sh") for line in block.splitlines() if line.startswith("python photo_org")]
    cron = [line.partition("&& ")[2] for line in README.splitlines() if line.startswith("0 3 * * *")]
    examples = [line for line in HELP.splitlines() if line.startswith("    photo_organizer.py ")]
    assert (len(readme) >= 5, len(cron), len(examples) >= 5) == (True, 1, True)
    words = [shlex.split(line, comments=True) for line in (*readme, *cron, *examples)]
    found = [
        line[1 + next(at for at, word in enumerate(line) if word.endswith("photo_organizer.py")) :] for line in words
    ]
    return [list(command) for command in dict.fromkeys(map(tuple, found))]


def _code_blocks_that_set_up() -> list[str]:
    return [block for block in _blocks("sh") if "-m venv" in block]


def test_the_tables_explain_every_flag_and_none_that_is_not_there() -> None:
    explained = {flag for cells in _rows() for flag in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", cells[0])}
    assert explained == {flag for action in build_parser()._actions for flag in action.option_strings}


def test_the_tables_are_those_that_the_settings_declare() -> None:
    """If not, `python -m docs.settings_tables` writes them anew."""
    assert with_tables(PAGES["settings.md"]) == PAGES["settings.md"]


def test_the_tables_of_what_is_read_are_those_of_the_code() -> None:
    """If not, `python -m docs.what_is_read` writes them anew."""
    page = PAGES["what-is-read.md"]
    assert what_is_read.with_tables(page) == page
    assert len(re.findall(r"^\| ---", page, re.MULTILINE)) == len(what_is_read.TABLES)


def test_the_page_names_all_flags_that_a_plan_refuses_or_replaces_outside_of_whole_tables() -> None:
    told = re.sub(r"\s+", " ", PAGES["settings.md"].partition("A plan has decided")[2].partition("\n## ")[0])
    refused, replaced = told.split("`--output`")[0], told.partition("--apply` refuses")[2]
    for setting in SETTINGS.values():
        group = setting.about.group
        if setting.with_plan.is_refused and not setting.about.is_file_only:
            assert group.heading in refused.lower() or setting.flag in refused, setting.name
        if setting.with_plan is WithPlan.REPLACES:
            assert group is MARKS or setting.flag in replaced, setting.name
        assert group.with_plan is setting.with_plan or setting.flag in told, setting.name


def _without_other_programs(text: str) -> str:
    """The text without the lines in shell blocks that call another program, whose flags are not ours."""

    def ours(block: re.Match[str]) -> str:
        return "".join(
            line
            for line in block[0].splitlines(True)
            if re.search(r"photo_organizer\.py |(?<!/)photo-organizer ", line)
        )

    return re.sub(r"^```(?:sh|bash)\n.*?^```$", ours, text, flags=re.MULTILINE | re.DOTALL)


def test_no_flag_is_mentioned_anywhere_that_is_not_there() -> None:
    known = {flag for action in build_parser()._actions for flag in action.option_strings}
    for text in (GUIDE, USAGE, INTEGRATION, HELP):
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", _without_other_programs(text))) <= known


def test_the_defaults_in_the_tables_are_those_of_the_settings_and_of_help() -> None:
    defaults = Settings()
    told = {cells[0].split("--")[1].split()[0].strip("`"): cells[2].strip("`") for cells in _rows() if "--" in cells[0]}
    for name in ("threshold", "time_window", "min_group_size", "cache_size"):
        value = f"{getattr(defaults, name):g}"
        flag = name.replace("_", "-")
        assert told[flag] == value
        assert re.search(rf"--{flag} [^-]*\(default:\s+{value}\)", HELP), flag
    for name in ("link", "source_type"):
        assert told[name.replace("_", "-")] == getattr(defaults, name).value


def _done_before(command: list[str], home: Path) -> list[list[str]]:
    """What somebody has done who takes it back, lists it, or applies a plan."""
    if "--undo" in command or "--history" in command:
        if "immich" in command:
            return [["--source-type", "immich", "--tag-only", "--quiet"]]
        marked = [[str(home / "Wedding"), "--rate", "best=5", "--quiet"]]
        return [*marked, [str(home / "Photos"), "-o", str(home / "Organized"), "--quiet"]]
    if "--apply" in command:
        (home / "Organized" / OUTPUT_MARKER).mkdir(parents=True)  # laid out before: nobody is there to be asked
        return [[str(home / "Photos"), "-o", str(home / "Organized"), "--dry-run", "--plan", "plan.json"]]
    return []


@contextmanager
def _world(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeImmich]:
    """The folders and the server of which the documents speak."""
    for name in ("Photos", "Phone", "Wedding"):
        add_burst(home / name)
    add(home / "Scans" / "scan.jpg", scene(5), None)
    with FakeImmich("3.1.0") as server:
        server.seeds.burst(2)
        monkeypatch.setenv("IMMICH_URL", server.url)
        monkeypatch.setenv("IMMICH_API_KEY", server.admin.secret)
        yield server


_QUICK = ("--no-faces", "--workers", "1")


def _stands_after(command: list[str]) -> tuple[bool, bool]:
    """Whether the groups are laid out then, and whether photos in folders are marked."""
    found = parse_command(command)
    given, is_immich, is_dry = found.flags, "immich" in command, "dry_run" in found.flags
    before = bool({"--undo", "--history"} & set(command)) and not is_immich
    if found.undo is not None and not is_dry:
        return before and "source" in given, before and "source" not in given
    is_album = "create_albums" in given
    lays_out = ("output" in given and not is_album) or bool(found.apply)
    marks = load_settings(given, {}).mark_options.any and not is_album and not is_immich
    return before or (lays_out and not is_dry), before or (marks and not is_dry)


@pytest.mark.parametrize(
    "command", [line for line in _commands() if "--review" not in line and "--at" not in line], ids=" ".join
)
def test_every_command_that_is_shown_does_its_work(
    command: list[str], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    at_home = [part.replace("/srv/photos", "~/Photos").replace("/srv/organized", "~/Organized") for part in command]
    at_home = [part for part in at_home if part != "--nice"]  # none can take it back: later tests would be slow
    found = parse_command(command)
    with _world(home, monkeypatch) as server:
        for earlier in _done_before(command, home):
            assert main([*earlier, *_QUICK]) == 0
        server.forget_calls()
        capsys.readouterr()
        on_hand = [part.replace("http://nas:2283", server.url) for part in at_home]
        quick = _QUICK[1:] if found.apply else _QUICK  # a plan says itself how photos were judged
        assert main([*on_hand, *quick]) == 0
        changes = "--undo" in command or (load_settings(found.flags, {}).mark_options.any and not found.check)
        assert bool(server.writes) == ("immich" in command and changes and "--dry-run" not in command)
    assert bool(capsys.readouterr().out) != ("--quiet" in command)
    stands = (home / "Organized" / "group_0001").exists(), any(home.rglob("*.xmp"))
    assert stands == _stands_after(command)
    assert (tmp_path / "plan.json").exists() == ("plan" in found.flags or bool(found.apply))
    for name in ("csv", "list_rest", "report", "log_file"):
        assert name not in found.flags or (tmp_path / str(found.flags[name])).stat().st_size


@pytest.mark.parametrize("command", [line for line in _commands() if "--review" in line], ids=" ".join)
def test_every_review_that_is_shown_is_served_until_it_is_interrupted(
    command: list[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):  # so that the address is printed, and no browser opened
        monkeypatch.delenv(name, raising=False)
    with _world(home, monkeypatch):
        words = [str(home / word[2:]) if word.startswith("~/") else word for word in command]
        with subprocess.Popen([*PROGRAM, *words, *_QUICK], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            address = process.stdout.readline().removeprefix("The review is at ").rstrip("\n")
            shown = ReviewClient(address).sign_in().get("/api/library")
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
    assert process.returncode == 0
    assert shown["photos"] == (2 if "immich" in command else 3)


def test_the_list_of_the_rest_goes_to_other_programs_as_is_shown(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_burst(home / "Photos", "new\nline")
    monkeypatch.chdir(tmp_path)
    (listing,) = (command for command in _commands() if "--apply" in command and "--list-rest" in command)
    for earlier in _done_before(listing, home):
        assert main([*earlier, *_QUICK]) == 0
    assert main([*listing, "--workers", "1"]) == 0
    (example,) = (block for block in _blocks("sh") if "xargs" in block)
    done = subprocess.run(["sh", "-c", example], capture_output=True, text=True, check=True)
    assert (done.stdout.count("line_1.jpg"), done.stdout.count("line_3.jpg"), "line_2" in done.stdout) == (1, 1, False)


def test_every_setting_has_the_variable_that_is_promised() -> None:
    flags = {action.dest for action in build_parser()._actions} - {"folders"}
    assert {field.name for field in fields(Settings)} - FILE_ONLY == flags - NO_SETTINGS
    without = re.sub(r"\n", " ", PAGES["settings.md"]).partition("Every flag but ")[2].partition("has a variable")[0]
    for name in NO_SETTINGS:
        assert f"`--{name.replace('_', '-')}`" in without
    examples = dict(re.findall(rf"`?({ENVIRONMENT_PREFIX}[A-Z_]+)=([^`]+)`", GUIDE))
    assert len(examples) >= 3
    settings = load_settings({}, examples)
    assert (settings.threshold, settings.no_faces, settings.source) == (8, True, ("/photos", "/scans"))


def test_the_configuration_file_that_is_shown_is_read(tmp_path: Path) -> None:
    (example,) = _toml("settings.md")
    (tmp_path / "config.toml").write_text(example)
    settings = load_settings({}, {}, tmp_path / "config.toml")
    assert {name: getattr(settings, name) for name in tomllib.loads(example)} == {
        "threshold": 8,
        "time_window": 120.0,
        "exclude": ("*.png", "Scans/*"),
        "weights": Weights(smiles=5, eyes=8),
    }


def test_the_jobs_that_are_shown_are_read_and_keep_to_their_own(tmp_path: Path) -> None:
    (example,) = _toml("nightly.md")
    (tmp_path / "config.toml").write_text(example)
    ada, ben, scans = (
        load_settings({}, {}, tmp_path / "config.toml", job=name) for name in job_names(tmp_path / "config.toml")
    )
    assert (ada.immich_api_key_file, ada.stack) == ("/etc/photo-organizer/ada.key", False)
    assert (ben.immich_api_key_file, ben.stack) == ("/etc/photo-organizer/ben.key", True)
    assert (scans.source, scans.source_type, scans.tag_only) == (("/srv/scans",), SourceType.LOCAL, True)


def test_the_weights_that_are_told_are_those_of_the_program() -> None:
    told = {name: float(weight) for name, weight in re.findall(r"^\| `(\w+)` .*\| ([\d.]+) \|$", GUIDE, re.MULTILINE)}
    assert told == asdict(Weights())


def test_the_python_example_in_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = _blocks("python")
    (tmp_path / "example.py").write_text(example)
    add_burst(tmp_path / "Photos")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = subprocess.run([sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "1 burst_2.jpg\n"), done.stderr


def test_the_script_in_the_examples_amends_a_plan(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A group of 21 photos is skipped, one of three is not."""
    add_burst(home / "Photos")
    add_burst(home / "Photos", "long", number=2, taken="2024:06:02 12:00:00", count=21)
    monkeypatch.chdir(tmp_path)
    assert main([str(home / "Photos"), "-o", "out", "--dry-run", "--plan", "plan.json", *_QUICK]) == 0
    (example,) = (block for block in _blocks("sh") if block.startswith("python -c"))
    inside = example.replace("python -c", f"{shlex.quote(sys.executable)} -c", 1)
    done = subprocess.run(["sh", "-c", inside], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"1 burst \S+\n2 burst \S+\n", done.stdout)
    capsys.readouterr()
    assert main(["--apply", "plan.json", "--dry-run"]) == 0
    assert "long_" not in capsys.readouterr().out
    assert [group["skip"] for group in json.loads(Path("plan.json").read_text())["groups"]] == [False, True]


@pytest.mark.parametrize("program", re.findall(r"`(benchmarks/\w+\.py)", PAGES["benchmarks.md"]))
def test_the_benchmarks_start_by_their_path_from_anywhere(program: str, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / program), "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, f"python {program}" in done.stdout) == (0, True), done.stderr


def test_every_link_in_the_documents_leads_somewhere() -> None:
    """To a file, and to a heading in it; README leads to the list of pages, and that to every page."""
    texts = {"README.md": README, "IMMICH_USAGE.md": USAGE, "IMMICH_INTEGRATION.md": INTEGRATION}
    texts |= {name: (ROOT / name).read_text(encoding="utf-8") for name in ("CONTRIBUTING.md", "SECURITY.md")}
    texts |= {f"docs/{name}": text for name, text in PAGES.items()}
    headings = {
        name: {re.sub(r"[^\w\- ]", "", head).lower().replace(" ", "-") for head in re.findall(r"^#+ (.*)$", text, re.M)}
        for name, text in texts.items()
    }
    reached = set()
    for name, text in texts.items():
        for link in re.findall(r"\]\((?!https?:)([^)]*)\)", text):
            file, _, heading = link.partition("#")
            target = (ROOT / name).parent / file if file else ROOT / name
            assert target.is_file(), (name, link)
            found = target.resolve().relative_to(ROOT).as_posix()
            assert not heading or heading in headings[found], (name, link)
            reached |= {found} if name == "docs/README.md" else set()
    assert set(texts) - reached == {"docs/README.md"}
    assert "](docs/README.md)" in README


def test_every_promise_names_tests_that_are_there() -> None:
    promises = [line for line in PAGES["safety.md"].splitlines() if line.startswith("| ") and "---" not in line]
    named = [re.findall(r"`(tests/[\w/]+\.py)`", line) for line in promises if line != "| promise | tests |"]
    assert len(named) > 20
    assert all(named), "a promise without a test"
    assert [test for tests in named for test in tests if not (ROOT / test).is_file()] == []


def test_every_benchmark_is_on_their_page() -> None:
    programs = {f"benchmarks/{path.name}" for path in (ROOT / "benchmarks").glob("[!_]*.py")}
    assert programs == set(re.findall(r"`(benchmarks/\w+\.py)", PAGES["benchmarks.md"]))


def test_readme_is_read_in_a_few_minutes_and_a_newcomer_looks_before_running_tests() -> None:
    """What would make it longer is a page of its own."""
    assert len(README.splitlines()) <= 130
    assert README.index("--demo") < README.index("~/Photos --review") < README.index("-m pytest")


def test_what_the_file_switches_on_a_variable_set_to_false_overrules(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("no_faces = true")
    assert not load_settings({}, {"PHOTO_ORGANIZER_NO_FACES": "false"}, tmp_path / "config.toml").no_faces


def test_quiet_prints_a_plan_that_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_burst(tmp_path)
    assert main([str(tmp_path), "--quiet", "--plan", "-", "--no-faces", "--workers", "1"]) == 0
    assert capsys.readouterr().out.startswith("{")


@pytest.mark.parametrize(("ending", "code"), [("true", 0), ("false", 1)])
def test_ci_tests_what_is_committed_in_fresh_clones_and_touches_nothing_here(
    tmp_path: Path, ending: str, code: int
) -> None:
    """A project of the same shape stands for this one, with programs that only tell where they run."""
    project = tmp_path / "project"
    (project / ".ci").mkdir(parents=True)
    (project / ".ci" / "run").write_bytes((ROOT / ".ci" / "run").read_bytes())
    (project / "README.md").write_text(
        "python3 -m venv --help > log && mkdir -p .venv/bin && cp tool .venv/bin/pip && cp tool .venv/bin/python"
        " && echo --demo\n"
        f"python3 -m venv --help > log && test ! -e .venv && cat ../shared/photos/x && {ending} && echo pytest\n"
    )
    (project / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    (project / "tool").write_text("#!/bin/sh\nexit 0\n")
    (project / "tool").chmod(0o755)
    (project / "mine").write_text("not committed")
    (tmp_path / "shared" / "photos").mkdir(parents=True)
    (tmp_path / "shared" / "photos" / "x").write_text("a real photo\n")
    git = ["git", "-C", str(project), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], ["add", ".ci", "Makefile", "README.md", "tool"], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *command], check=True)
    before = sorted(path.name for path in project.iterdir())
    done = subprocess.run(["bash", str(project / ".ci" / "run")], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert ("a real photo\npytest\n" in done.stdout) == (code == 0)
    assert sorted(path.name for path in project.iterdir()) == before


def test_ci_calls_exactly_the_first_two_lines_of_readme() -> None:
    first, second = _code_blocks_that_set_up()
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (pick,) = re.findall(r"^readme_line\(\).*$", ci, re.MULTILINE)
    for line, ending in ((first, "--demo"), (second, "pytest")):
        assert f"readme_line '{ending}'" in ci
        picked = subprocess.run(
            ["bash", "-c", f"{pick}\nreadme_line '{ending}'"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert picked.stdout == line


def test_the_exit_codes_in_readme_and_help_are_those_of_the_program() -> None:
    children = vars(errors).values()
    of_errors = {error.exit_code for error in children if isinstance(error, type) and hasattr(error, "exit_code")}
    expected = of_errors | {EXIT_DONE, EXIT_SOMETHING_FAILED, EXIT_INTERRUPTED}
    for text in (README.partition("Exit codes:")[2].partition("\n\n")[0], HELP.partition("exit codes:")[2]):
        assert {int(code) for code in re.findall(r"(?<![\w.])\d+(?= [a-z])", text)} == expected


def test_the_changelog_is_kept_as_it_says() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "keepachangelog.com" in changelog
    headings = re.findall(r"^## (.*)$", changelog, re.MULTILINE)
    assert headings
    assert all(re.fullmatch(r"\[Unreleased\]|\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", heading) for heading in headings)
    assert headings[0] == "[Unreleased]"
    assert headings[1].startswith(f"[{__version__}] - ")
    kinds = set(re.findall(r"^### (.*)$", changelog, re.MULTILINE))
    assert kinds
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
