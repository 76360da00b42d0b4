"""Claims about the settings with which a plan is carried out."""

from pathlib import Path
from typing import Any

import pytest

from bestshot.errors import UsageError
from bestshot.settings.declaration import WithPlan
from bestshot.settings.of_plan import settings_for
from bestshot.settings.reading import load_settings
from bestshot.settings.settings import SETTINGS, Settings
from tests.unit.plans.test_reading import PICK_C, WISHES, Change, put, read
from tests.unit.settings.test_settings import SAMPLES


def fit(folder: Path, *changes: Change, **flags: Any) -> Settings:
    return settings_for(read(folder, *changes), Settings(**flags), flags)


def test_the_photos_and_the_options_are_those_of_the_plan(tmp_path: Path) -> None:
    found = fit(tmp_path)
    assert (found.source, found.options) == (("/photos",), WISHES)


def test_options_of_the_command_line_replace_all_of_the_plans(tmp_path: Path) -> None:
    found = fit(tmp_path, tag_only=True)
    assert (found.output, found.mark_options.tag) == (None, "photo-organizer-duplicate")


def test_what_only_narrows_a_library_has_no_say(tmp_path: Path) -> None:
    plan = read(tmp_path)
    found = settings_for(plan, Settings(immich_album="trip", limit=1, exclude=("*.jpg",)), {})
    assert (found.immich_album, found.limit, found.exclude) == (None, None, ())


def flags_of(name: str) -> dict[str, object]:
    """A flag as the command line gives it, with what it refines."""
    refined = SETTINGS[name].about.refines
    return {name: SAMPLES[name].flag} | ({refined: SAMPLES[refined].flag} if refined else {})


@pytest.mark.parametrize("name", SAMPLES)
def test_a_plan_refuses_or_honours_every_flag(tmp_path: Path, name: str) -> None:
    """What it has decided is refused; what asks for something else is all that is done; all else is as it was given."""
    flags, with_plan = flags_of(name), SETTINGS[name].with_plan
    given = load_settings(flags, {})
    plan = read(tmp_path)
    if with_plan.is_refused:
        with pytest.raises(UsageError, match=f"^The plan already says .*: leave out {SETTINGS[name].label}\\.$"):
            settings_for(plan, given, flags)
    elif with_plan is WithPlan.REPLACES and given.options.is_looking:
        with pytest.raises(UsageError, match=r"^The options on the command line replace all those of the plan: "):
            settings_for(plan, given, flags)
    else:
        found = settings_for(plan, given, flags)
        assert getattr(found, name) == SAMPLES[name].from_flag
        assert (found.options == WISHES) == (with_plan is WithPlan.HONOURED)


def test_what_a_plan_decides_is_refused() -> None:
    """A list by hand, so that none of them is let through by a slip in its declaration."""
    assert [name for name, setting in SETTINGS.items() if setting.with_plan.is_refused] == [
        *("source", "source_type", "exclude", "include", "extensions", "min_size"),
        *("since", "until", "reference", "limit", "immich_album", "include_archived"),
        *("threshold", "time_window", "no_time_window", "rotations", "min_group_size"),
        *("no_faces", "face_model", "prefer", "learn", "keep", "sets", "weights"),
    ]


def test_a_plan_made_to_look_needs_an_option_a_decision_or_a_list(tmp_path: Path) -> None:
    looking = put("wishes", {})
    with pytest.raises(UsageError, match="--output or --tag-only"):
        fit(tmp_path, looking)
    assert fit(tmp_path, looking, PICK_C).options.is_looking
    assert fit(tmp_path, looking, list_rest="-").options.is_looking


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (put("wishes", "output", ""), "output in the plan must be a text that is not empty"),
        (put("wishes", "output", "/a\0b"), "output in the plan must be a text"),
        (put("wishes", "marks", {"tag": ""}), "tag in the plan must be"),
        (put("wishes", "marks", {"album_prefix": ""}), "album prefix in the plan must be"),
        (put("source", "origins", ["folder:"]), "source in the plan must be"),
        (put("source", "origins", ["folder:/a\0"]), "source in the plan must be"),
    ],
)
def test_texts_that_cannot_be_are_refused(tmp_path: Path, change: Change, told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        fit(tmp_path, change)
    assert str(caught.value).isprintable()


def test_no_file_says_to_which_server_a_key_is_sent(tmp_path: Path) -> None:
    changes = put("source", {"type": "immich", "locations": ["http://evil"], "origins": ["immich:me"]})
    with pytest.raises(UsageError, match="server http://evil: name it with --immich-url"):
        fit(tmp_path, changes)
    assert fit(tmp_path, changes, immich_url="http://nas").immich_url == "http://nas"
