"""What is declared of a setting: how it is spelled and explained, and what it goes with."""

import os
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from msgspec import Meta

from bestshot.model.photo import SourceType


class WithPlan(Enum):
    """What a setting means beside `--apply`: it has its usual effect, replaces what the plan does, or is refused.

    It is refused where the plan has decided already; the value says what.
    """

    HONOURED = ""
    REPLACES = "what is done with the groups"
    NAMED = "which photos it is for"
    GROUPED = "which photos belong together"
    JUDGED = "which photo of a group is the best"

    @property
    def is_refused(self) -> bool:
        """Whether a plan leaves no choice."""
        return self not in (WithPlan.HONOURED, WithPlan.REPLACES)


@dataclass(frozen=True, slots=True)
class SettingGroup:
    """Settings that are explained together, and what most of them go with."""

    heading: str
    with_plan: WithPlan = WithPlan.HONOURED
    only: SourceType | None = None


PHOTOS = SettingGroup("which photos", WithPlan.NAMED)
IMMICH = SettingGroup("an Immich server", only=SourceType.IMMICH)
GROUPING = SettingGroup("what belongs together", WithPlan.GROUPED)
JUDGING = SettingGroup("which one is best", WithPlan.JUDGED)
RESULT = SettingGroup("what to do with the groups")
MARKS = SettingGroup("marks on the photos", WithPlan.REPLACES)
DONE = SettingGroup("what was done")
RUNNING = SettingGroup("how to run")
GROUPS = (PHOTOS, IMMICH, GROUPING, JUDGING, RESULT, MARKS, DONE, RUNNING)
"""In the order in which `--help` and docs/settings.md explain them."""


@dataclass(frozen=True, slots=True)
class About:
    """What `Settings` declares of a setting beside its type and its default.

    `help` may hold code in backticks. A `metavar` of DIR or FILE makes the value a path. `default_text` stands for a
    default that is no plain value. `only` is the kind of source that the setting is for, `refines` the setting without
    which it means nothing, and `overrules` names those that it puts out of force where it is given more strongly.
    `variable` is a second environment variable; in one, `separator` stands between the entries of a list.
    """

    group: SettingGroup
    help: str
    metavar: str = ""
    short: str = ""
    default_text: str = ""
    only: SourceType | None = None
    with_plan: WithPlan | None = None
    refines: str = ""
    overrules: tuple[str, ...] = ()
    variable: str = ""
    separator: str = os.pathsep
    is_secret: bool = False
    is_file_only: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """A declared setting; `kind` is the type of a value that is given, and a `default` that is worked out is None."""

    name: str
    kind: Any
    default: Any
    about: About

    @property
    def flag(self) -> str:
        """Its long flag."""
        return "--" + self.name.replace("_", "-")

    @property
    def label(self) -> str:
        """How the command line names it."""
        return "SOURCE" if self.name == "source" else self.flag

    @property
    def with_plan(self) -> WithPlan:
        """What it means beside `--apply`."""
        return self.about.with_plan or self.about.group.with_plan

    @property
    def only(self) -> SourceType | None:
        """The kind of source that it is for; None is any."""
        return self.about.only or self.about.group.only

    def is_for(self, source_type: str) -> bool:
        """Whether it goes with a kind of source; the places of one that was installed are named as folders are."""
        is_place = self.name == "source" and source_type != SourceType.IMMICH
        return is_place or self.only in (None, source_type)

    @property
    def is_path(self) -> bool:
        """Whether the value is a path, or several."""
        return self.about.metavar in ("DIR", "FILE")

    @property
    def is_list(self) -> bool:
        """Whether it may be given several times."""
        return get_origin(self.kind) is tuple

    @property
    def metavar(self) -> str:
        """What stands for the value in explanations."""
        if isinstance(self.kind, type) and issubclass(self.kind, Enum):
            return "{" + ",".join(member.value for member in self.kind) + "}"
        return self.about.metavar

    @property
    def explanation(self) -> str:
        """What it does, where it works if not everywhere in its group, and its default."""
        where = " (Immich only)" if self.about.only == SourceType.IMMICH else ""
        default = self.about.default_text or _in_words(self.default)
        return f"{self.about.help}{where}{f' (default: {default})' if default else ''}"


def settings_of(owner: type[Any]) -> Iterator[Setting]:
    """The settings that are declared in the annotations of a dataclass."""
    hints = get_type_hints(owner, include_extras=True)
    for field in fields(owner):
        kind = hints[field.name]
        default = None if field.default is MISSING else field.default
        (about,) = (extra for extra in kind.__metadata__ if isinstance(extra, About))
        yield Setting(field.name, _given(kind), default, about)


def _given(kind: Any) -> Any:
    """The type of a value that is given; None only ever stands for one that is not."""
    plain = get_args(kind)[0]
    if get_origin(plain) in (Union, UnionType):
        return next(member for member in get_args(plain) if member is not NoneType)
    return kind if isinstance(kind.__metadata__[0], Meta) else plain


def _in_words(default: object) -> str:
    """A plain value as it is given; "" for one that is not worth showing."""
    match default:
        case Enum(value=text) | str(text):
            return f"`{text}`"
        case bool():
            return ""
        case int() | float():
            return f"{default:g}"
        case _:
            return ""
