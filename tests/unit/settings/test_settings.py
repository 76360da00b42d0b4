"""Claims about settings: who wins, and what is said of those that make no sense."""

import dataclasses
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bestshot.errors import UsageError
from bestshot.grouping.rules import GroupingRules
from bestshot.model.faces import FaceModel
from bestshot.model.photo import LinkMethod, SourceType
from bestshot.ranking.rules import JudgingRules, Preference, PreferenceKind, SetHandling, Weights
from bestshot.settings.checks import check_consistency, check_source_options
from bestshot.settings.config_file import default_config_file
from bestshot.settings.reading import load_settings
from bestshot.settings.settings import SETTINGS, LogFormat, Settings, command

PREFIX = "PHOTO_ORGANIZER_"


@dataclass(frozen=True)
class Sample:
    """One setting as each place says it, and what is meant by each."""

    toml: str
    from_toml: object
    variable: str
    from_variable: object
    flag: object
    from_flag: object


def text(*names: str) -> Sample:
    toml, variable, flag = names
    return Sample(f'"{toml}"', toml, variable, variable, flag, flag)


SAMPLES = {
    "source": Sample('["a", "b"]', ("a", "b"), os.pathsep.join("cd"), ("c", "d"), ["e"], ("e",)),
    "exclude": Sample('["*.a"]', ("*.a",), os.pathsep.join(("*.b", "c/*")), ("*.b", "c/*"), ["*.d"], ("*.d",)),
    "include": Sample('["*.a"]', ("*.a",), os.pathsep.join(("*.b", "c/*")), ("*.b", "c/*"), ["*.d"], ("*.d",)),
    "extensions": Sample('["jpg", ".png"]', ("jpg", ".png"), "jpg,cr2", ("jpg", "cr2"), ["jpg,heic"], ("jpg,heic",)),
    "reference": Sample('["/a"]', ("/a",), os.pathsep.join(("/b", "/c")), ("/b", "/c"), ["/d"], ("/d",)),
    "min_size": text("500", "1.5MB", "2 MiB"),
    "since": text("2024-05-01", "2024-05-01T12:00", "2024-05-01 12:00:30+02:00"),
    "until": text("2024-05-31", "2024-05-31T12:00", "2024-05-31T12:00Z"),
    "output": text("/a", "/b", "/c"),
    "cache_dir": text("/a", "/b", "/c"),
    "state_dir": text("/a", "/b", "/c"),
    "plan": text("a.json", "b.json", "-"),
    "csv": text("a.csv", "b.csv", "-"),
    "list_rest": text("a", "b", "-"),
    "report": text("a.html", "b.html", "c.html"),
    "every": text("24h", "90m", "1d12h"),
    "at": text("03:00", "03:00,15:00", "23:59, 00:00"),
    "metrics": text("a.prom", "b.prom", "c.prom"),
    "log_file": text("a.log", "b.log", "c.log"),
    "log_format": Sample('"json"', LogFormat.JSON, "text", LogFormat.TEXT, "json", LogFormat.JSON),
    "immich_url": text("http://a", "http://b", "http://c"),
    "immich_api_key": text("a1", "b2", "c3"),
    "immich_api_key_file": text("/a", "/b", "/c"),
    "immich_album": text("a", "b", "c"),
    "immich_ca": text("/a", "/b", "/c"),
    "immich_cache_dir": text("/a", "/b", "/c"),
    "immich_cache_size": Sample("0.5", 0.5, "2", 2.0, "3", 3.0),
    "tag": text("a", "b", "c/d"),
    "album_prefix": text("A-", "B-", "C-"),
    "rate": text("best=5", "best=5,keep=4,rest=1", "rest=-1"),
    "label": text("best=Green", "best=Green,keep=To Do,rest=Red", "rest=Red"),
    "threshold": Sample("0", 0, "64", 64, "7", 7),
    "time_window": Sample("60", 60.0, "1.5", 1.5, "0", 0.0),
    "min_group_size": Sample("2", 2, "3", 3, "4", 4),
    "prefer": Sample(
        '["raw"]',
        ("raw",),
        "largest,folder:/a",
        ("largest", "folder:/a"),
        ["folder:/b:c", "person:Anna Lee"],
        ("folder:/b:c", "person:Anna Lee"),
    ),
    "keep": Sample("2", 2, "3", 3, 4, 4),
    "sets": Sample(
        '"treat-as-burst"',
        SetHandling.TREAT_AS_BURST,
        "keep-whole",
        SetHandling.KEEP_WHOLE,
        "treat-as-burst",
        SetHandling.TREAT_AS_BURST,
    ),
    "face_model": Sample('"cnn"', FaceModel.CNN, "hog", FaceModel.HOG, "cnn", FaceModel.CNN),
    "limit": Sample("1", 1, "2", 2, "3", 3),
    "workers": Sample("1", 1, "2", 2, "3", 3),
    "keep_history": Sample("1", 1, "30", 30, "365", 365),
    "dask": text("tcp://a:1", "tcp://b:2", "tcp://c:3"),
    "cache_size": Sample("0.5", 0.5, "2", 2.0, "3", 3.0),
    "source_type": Sample('"immich"', SourceType.IMMICH, "local", SourceType.LOCAL, "immich", SourceType.IMMICH),
    "link": Sample('"hardlink"', LinkMethod.HARDLINK, "copy", LinkMethod.COPY, "symlink", LinkMethod.SYMLINK),
    **dict.fromkeys(
        (
            "no_time_window",
            "rotations",
            "no_faces",
            "learn",
            "nice",
            "dry_run",
            "verbose",
            "quiet",
            "no_verify_ssl",
            "include_archived",
            "use_full_resolution",
            "null",
            "yes",
            "tag_only",
            "create_albums",
            "mark_best_favorite",
            "stack",
            "archive_rest",
            "inherit",
        ),
        Sample("true", True, "false", False, True, True),
    ),
}
every_setting = pytest.mark.parametrize("key", SAMPLES)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration file, empty at first."""
    file = tmp_path / "config.toml"
    file.write_text("")
    return file


def complaint(
    config: Path, *, toml: str = "", flags: dict[str, object] | None = None, environment: dict[str, str] | None = None
) -> str:
    """What is said of settings that make no sense."""
    config.write_text(toml)
    with pytest.raises(UsageError) as caught:
        load_settings(flags or {}, environment or {}, config)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_every_setting_has_a_sample() -> None:
    assert set(SAMPLES) == set(SETTINGS) - {"weights"}


def test_every_field_is_declared_and_what_it_refers_to_is_a_setting() -> None:
    assert list(SETTINGS) == [field.name for field in dataclasses.fields(Settings)]
    for setting in SETTINGS.values():
        assert {*filter(None, [setting.about.refines]), *setting.about.overrules} <= set(SETTINGS), setting.name


def test_a_flag_for_another_kind_of_source_is_refused_and_goes_with_its_own() -> None:
    for name, setting in SETTINGS.items():
        for source_type in SourceType:
            if setting.only in (None, source_type):
                check_source_options({name: "x"}, source_type)
            else:
                with pytest.raises(UsageError, match=f"^{setting.label} goes with .* only: leave it out"):
                    check_source_options({name: "x"}, source_type)


def test_a_flag_that_only_refines_another_one_is_refused_without_that() -> None:
    refining = {name: setting.about.refines for name, setting in SETTINGS.items() if setting.about.refines}
    assert refining == {"null": "list_rest", "tag": "tag_only", "album_prefix": "create_albums"}
    for name, refined in refining.items():
        with pytest.raises(UsageError, match=f"^{SETTINGS[name].label} only refines {SETTINGS[refined].label}: "):
            check_consistency({name: "x"}, Settings())
        check_consistency({name: "x"}, load_settings({refined: SAMPLES[refined].flag, "source_type": "immich"}, {}))


def test_a_folder_is_not_given_marks_that_only_a_server_has() -> None:
    for name in ("stack", "archive_rest", "inherit"):
        with pytest.raises(UsageError, match=f"^{SETTINGS[name].label} goes with --source-type immich only"):
            check_consistency({}, load_settings({}, {PREFIX + name.upper(): "true"}))


def test_weights_are_a_table_in_the_file_that_changes_only_what_it_names(config: Path) -> None:
    config.write_text("[weights]\nsmiles = 0\neyes = 10.5\n")
    found = load_settings({}, {}, config)
    assert found.weights == dataclasses.replace(Weights(), smiles=0, eyes=10.5)
    assert found.judging_rules == JudgingRules(found.weights)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[weights]\nsmile = 1", "there is no weight called smile. Did you mean smiles?"),
        ("[weights]\nx = 1", "there is no weight called x. There are eyes, "),
        ('[weights]\neyes = "1"', "the weight of eyes must be a number of at least 0."),
        ("[weights]\neyes = true", "the weight of eyes must be a number of at least 0."),
        ("[weights]\neyes = -1", "the weight of eyes must be a number of at least 0."),
        ("[weights]\neyes = inf", "the weight of eyes must be a number of at least 0."),
        ("weights = 3", "must be a table"),
        (
            "[weights]\n" + "\n".join(f"{field.name} = 0" for field in dataclasses.fields(Weights)),
            "at least one weight must be above 0.",
        ),
    ],
)
def test_weights_that_make_no_sense_are_named(toml: str, said: str, config: Path) -> None:
    assert said in complaint(config, toml=toml)


def test_no_variable_can_hold_a_table(config: Path) -> None:
    assert "only be set in the configuration file" in complaint(config, environment={PREFIX + "WEIGHTS": "3"})


def test_a_preferred_folder_is_known_by_its_real_path(tmp_path: Path, config: Path) -> None:
    (tmp_path / "keep").mkdir()
    (tmp_path / "link").symlink_to("keep")
    (rule,) = load_settings({"prefer": [f"folder:{tmp_path}/link/"]}, {}, config).judging_rules.preferences
    assert rule == Preference(PreferenceKind.FOLDER, str((tmp_path / "keep").resolve()))


@every_setting
def test_flags_win_over_the_environment_that_over_the_file_that_over_the_default(key: str, config: Path) -> None:
    sample = SAMPLES[key]
    variable = {PREFIX + key.upper(): sample.variable}
    flag = {key: sample.flag}

    def value(flags: dict[str, object], environment: dict[str, str]) -> object:
        return getattr(load_settings(flags, environment, config), key)

    assert value({}, {}) == getattr(Settings(), key)
    assert value({}, variable) == sample.from_variable
    assert value(flag, {}) == sample.from_flag
    config.write_text(f"{key} = {sample.toml}")
    assert value({}, {}) == sample.from_toml
    assert value({}, variable) == sample.from_variable
    assert value(flag, variable) == sample.from_flag
    assert value(flag, {}) == sample.from_flag


def test_without_any_word_the_defaults_are_those_of_the_readme(config: Path) -> None:
    defaults = load_settings({}, {"HOME": "/somewhere", "OTHER": "1"}, config)
    assert defaults == Settings()
    assert defaults.grouping_rules == GroupingRules(5, 300.0, 2)
    assert (defaults.link, defaults.cache_size, defaults.output) == (LinkMethod.COPY, 5000.0, None)


def test_no_time_window_means_any_time() -> None:
    assert Settings(no_time_window=True, time_window=60).grouping_rules.time_window is None


def test_a_window_on_the_command_line_overrules_a_file_that_wants_none(config: Path) -> None:
    config.write_text("no_time_window = true")
    assert load_settings({}, {}, config).grouping_rules.time_window is None
    assert load_settings({"time_window": "60"}, {}, config).grouping_rules.time_window == 60
    assert load_settings({}, {PREFIX + "TIME_WINDOW": "60"}, config).grouping_rules.time_window == 60
    both: dict[str, object] = {"time_window": "60", "no_time_window": True}
    assert load_settings(both, {}, config).grouping_rules.time_window is None


# What makes no sense

WRONG = {
    "threshold": ("65", "a whole number from 0 to 64"),
    "time_window": ("-1", "a number of at least 0"),
    "min_group_size": ("1", "a whole number of at least 2"),
    "limit": ("0", "a whole number of at least 1"),
    "workers": ("two", "a whole number of at least 1"),
    "cache_size": ("0", "a number above 0"),
    "source_type": ("FTP", "local, immich or the name of a source that another package brings"),
    "link": ("move", "copy, hardlink or symlink"),
    "no_faces": ("perhaps", "true or false"),
    "face_model": ("eyes", "hog or cnn"),
}


@pytest.mark.parametrize("key", WRONG)
def test_a_value_that_makes_no_sense_is_named_with_what_would_make_some(key: str, config: Path) -> None:
    value, wanted = WRONG[key]
    flag = "--" + key.replace("_", "-")
    assert complaint(config, flags={key: value}) == f'{flag} must be {wanted}, but it is "{value}".'
    assert complaint(config, environment={PREFIX + key.upper(): value}) == (
        f'The environment variable {PREFIX}{key.upper()} must be {wanted}, but it is "{value}".'
    )
    assert complaint(config, toml=f'{key} = "{value}"') == f'{key} in {config} must be {wanted}, but it is "{value}".'


@pytest.mark.parametrize(
    ("toml", "wanted", "given"),
    [
        ('threshold = "5"', "a whole number from 0 to 64", '"5"'),
        ("threshold = 5.5", "a whole number from 0 to 64", "5.5"),
        ("threshold = true", "a whole number from 0 to 64", "true"),
        ("no_faces = 1", "true or false", "1"),
        ("output = 3", "a text that is not empty", "3"),
        ("output = 2024-01-31", "a text that is not empty", '"2024-01-31"'),
        ('exclude = "*.png"', 'a list of names that are not empty, such as ["a", "b"]', '"*.png"'),
        ('exclude = ["*.png", 1]', 'a list of names that are not empty, such as ["a", "b"]', '["*.png", 1]'),
        ('prefer = ["small"]', "a list of rules, each of them raw, largest, folder:PATH or person:NAME", '["small"]'),
        (
            'prefer = ["folder:"]',
            "a list of rules, each of them raw, largest, folder:PATH or person:NAME",
            '["folder:"]',
        ),
        (
            'prefer = ["person:"]',
            "a list of rules, each of them raw, largest, folder:PATH or person:NAME",
            '["person:"]',
        ),
        ("time_window = nan", "a number of at least 0", "NaN"),
        ("time_window = inf", "a number of at least 0", "Infinity"),
        ("cache_size = inf", "a number above 0", "Infinity"),
    ],
)
def test_a_wrong_type_in_the_file_is_named_with_what_is_wanted(
    toml: str, wanted: str, given: str, config: Path
) -> None:
    key = toml.partition(" ")[0]
    assert complaint(config, toml=toml) == f"{key} in {config} must be {wanted}, but it is {given}."


@pytest.mark.parametrize("key", ["output", "source", "exclude", "cache_dir", "plan"])
def test_an_empty_name_is_refused_for_it_would_mean_the_folder_one_is_in(key: str, config: Path) -> None:
    """As a shell makes it of -o "$OUT" where OUT is not set."""
    assert "not empty" in complaint(config, environment={PREFIX + key.upper(): ""})
    assert "not empty" in complaint(config, flags={key: [""] if key in ("source", "exclude") else ""})


def test_a_name_that_is_no_utf8_is_no_choice(config: Path) -> None:
    with pytest.raises(UsageError, match=r"--link must be copy, hardlink or symlink, but it is .*xff"):
        load_settings({"link": "\udcff"}, {}, config)


@pytest.mark.parametrize("key", ["limit", "workers"])
def test_null_is_no_number(key: str, config: Path) -> None:
    assert f"--{key} must be" in complaint(config, flags={key: "null"})


def test_an_unknown_key_is_named_where_it_stands_with_what_was_meant(config: Path) -> None:
    assert complaint(config, toml="thresold = 5") == (
        f"thresold in {config}: there is no setting called thresold. Did you mean threshold?"
    )
    assert complaint(config, environment={PREFIX + "TIMEWINDOW": "5"}) == (
        f"The environment variable {PREFIX}TIMEWINDOW: there is no setting called timewindow. Did you mean time_window?"
    )
    assert complaint(config, toml="[colours]\nred = 1") == (f"colours in {config}: there is no setting called colours.")


def test_what_is_quoted_from_a_file_cannot_speak_to_the_terminal(config: Path) -> None:
    for toml in ('"\\u001b[31m" = 1', 'link = "\\u001b[31m\\u202e"'):
        assert complaint(config, toml=toml).isprintable()


# The file


def test_a_file_that_is_no_toml_is_named_with_the_place_of_the_mistake(config: Path) -> None:
    found = complaint(config, toml="threshold = 5\nlink = copy\n")
    assert found.startswith(f"The configuration file {config} is not valid TOML: ")
    assert "line 2" in found


def test_a_file_that_is_nested_without_end_is_called_so(config: Path) -> None:
    config.write_text("output = " + "[" * 100_000)
    with pytest.raises(UsageError, match="nested too deeply"):
        load_settings({}, {}, config)


def test_a_file_that_is_no_text_is_called_so(config: Path) -> None:
    config.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="is not text in UTF-8"):
        load_settings({}, {}, config)


def test_a_file_with_a_byte_order_mark_is_read(config: Path) -> None:
    """Notepad writes one."""
    config.write_text("threshold = 9", encoding="utf-8-sig")
    assert load_settings({}, {}, config).threshold == 9


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml cannot be read: No such file or directory\."):
        load_settings({}, {}, tmp_path / "nowhere.toml")
    with pytest.raises(UsageError, match="cannot be read"):
        load_settings({}, {}, tmp_path)


def test_without_a_named_file_that_of_the_user_is_read_if_there_is_one() -> None:
    assert load_settings({}, {}) == Settings()
    default_config_file().parent.mkdir(parents=True)
    default_config_file().write_text("threshold = 9")
    assert load_settings({}, {}).threshold == 9


def loaded_without_a_home(*flags: str) -> str:
    """What comes of these flags for a user id of no account, which only root can take on."""
    code = (
        "import os, sys; from bestshot.errors import UsageError; from bestshot.settings.reading import load_settings\n"
        "os.setuid(54321)\n"
        "flags = dict(flag.split('=') for flag in sys.argv[1:])\n"
        "try: settings = load_settings(flags, {}); print(settings.cache_dir, settings.state_dir)\n"
        "except UsageError as error: print(error)"
    )
    kept = {name: value for name, value in os.environ.items() if name != "HOME" and not name.startswith("XDG_")}
    command = [sys.executable, "-c", code, *flags]
    return subprocess.run(command, env=kept, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can become a user without a home")
def test_a_user_without_a_home_works_in_the_folders_that_are_named_or_is_asked_for_them() -> None:
    assert loaded_without_a_home("cache_dir=/c", "state_dir=/s") == "/c /s"
    assert loaded_without_a_home("cache_dir=/c") == "You have no home folder here: use --state-dir to name a place."
    assert loaded_without_a_home("state_dir=/s") == "You have no home folder here: use --cache-dir to name a place."
    said = "You have no home folder here, which ~/out begins with: name the whole path."
    assert loaded_without_a_home("cache_dir=/c", "state_dir=/s", "output=~/out") == said


def test_a_home_that_is_no_folder_holds_no_file(monkeypatch: pytest.MonkeyPatch, config: Path) -> None:
    """Services are often given /dev/null for a home."""
    monkeypatch.setenv("HOME", str(config))
    assert load_settings({}, {}).threshold == 5


def test_a_tilde_is_the_users_home_in_every_place_that_names_a_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "my.toml").write_text('log_file = "~/x.log"\nexclude = ["~*"]')
    flags: dict[str, object] = {"source": ["~/Photos", "./here"], "plan": "-"}
    found = load_settings(flags, {PREFIX + "OUTPUT": "~/Organized"}, Path("~/my.toml"))
    assert found.source == (str(tmp_path / "Photos"), "./here")
    assert found.output == str(tmp_path / "Organized")
    assert found.log_file == str(tmp_path / "x.log")
    assert (found.plan, found.exclude) == ("-", ("~*",))


@pytest.mark.parametrize(
    ("argv", "orig_argv", "begins"),
    [
        (["/venv/bin/photo-organizer", "Photos"], ["/venv/bin/python", "/venv/bin/photo-organizer"], "photo-organizer"),
        (
            ["photo_organizer.py", "Photos"],
            [".venv/bin/python", "photo_organizer.py"],
            "/home/me/.venv/bin/python /home/me/photo_organizer.py",
        ),
        (
            ["/my tools/photo_organizer.py"],
            ["python", "/my tools/photo_organizer.py"],
            "python '/my tools/photo_organizer.py'",
        ),
        (["/lib/bestshot/__main__.py"], ["python", "-m", "bestshot", "Photos"], "python -m bestshot"),
        (["/lib/photo_organizer.py"], ["python", "-m", "photo_organizer", "x"], "python /lib/photo_organizer.py"),
        (["script.py"], ["python", "script.py"], "python photo_organizer.py"),
    ],
)
def test_a_command_to_copy_begins_as_the_program_was_called_and_works_in_any_folder(
    argv: list[str], orig_argv: list[str], begins: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", argv)
    monkeypatch.setattr(sys, "orig_argv", orig_argv)
    monkeypatch.setattr(os, "getcwd", lambda: "/home/me")
    assert command() == begins
