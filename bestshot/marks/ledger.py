"""What this tool has set in a library and not taken back, out of the receipts of its changes: pure.

It is a fold over aspects: each change sets some of them to a value, and what is not as it was before any change of
ours is ours. Albums and stacks that were made are kept beside it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from bestshot.marks.actions import MarkAction, MarkReceipt
from bestshot.marks.state import ALBUM, STACK, Aspect

Value = str | bool | None
"""What an aspect is set to: True, a text (a rating is one too), the id of a stack, or None for nothing."""


@dataclass(frozen=True, slots=True)
class OurAlbum:
    """The album of a group: its number, and the name that we gave it ("" if we found it)."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class OurStack:
    """A stack as we made it, the first on top; `took_in` says whether a stack of somebody else's went into it."""

    number: int
    keys: tuple[str, ...]
    took_in: bool = False


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A value that we set on a photo, and what stood there before, as text; None for nothing."""

    value: Value
    before: str | None = None


@dataclass(frozen=True, slots=True)
class MarkLedger:
    """What this tool has set in one library and not taken back. The user may have changed it since.

    `marks` are the photos that we set something on, by what that is and which one (a tag, an album). `albums` are
    those of groups; the others are the user's, which photos joined. `restored` is the new id of each stack that an
    undo made again, by its old one. `numbers` are those under which groups were last marked, by photo; `last_number`
    is the highest that was given and still counts.
    """

    marks: Mapping[tuple[str, str], Mapping[str, LedgerEntry]] = field(default_factory=dict)
    albums: Mapping[str, OurAlbum] = field(default_factory=dict)
    stacks: Mapping[str, OurStack] = field(default_factory=dict)
    restored: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    last_number: int = 0

    @classmethod
    def of(cls, receipts: Iterable[MarkReceipt]) -> Self:
        """The state after these changes of one library, the oldest first."""
        return cls.counting((receipt, True) for receipt in receipts)

    @classmethod
    def counting(cls, receipts: Iterable[tuple[MarkReceipt, bool]]) -> Self:
        """The state after these changes, the oldest first, each with whether its numbers of groups count."""
        builder = LedgerBuilder()
        for receipt, has_numbers in receipts:
            receipt.action.record(receipt.effect, builder)
            if has_numbers:
                builder.number(receipt.action)
        standing = {setting.value for setting in builder.marks.get((STACK, ""), {}).values()}
        return cls(
            marks={mark: settings for mark, settings in builder.marks.items() if settings},
            albums=builder.albums,
            stacks={id_: stack for id_, stack in builder.stacks.items() if id_ in standing},
            restored=builder.restored,
            numbers=builder.numbers,
            last_number=builder.last_number,
        )

    def settings(self, what: str, which: str = "") -> Mapping[str, LedgerEntry]:
        """What we set of this, by photo."""
        return self.marks.get((what, which), {})

    def photos(self, what: str, which: str = "") -> frozenset[str]:
        """The photos that have this from us."""
        return frozenset(self.settings(what, which))

    @property
    def keys(self) -> frozenset[str]:
        """All photos that anything here is about."""
        return frozenset(self.numbers).union(*self.marks.values())

    @property
    def joined(self) -> dict[str, frozenset[str]]:
        """The photos that we added to albums of the user's."""
        return {
            which: frozenset(settings)
            for (what, which), settings in self.marks.items()
            if what == ALBUM and which not in self.albums
        }

    def stack_now(self, id_: str | None) -> str | None:
        """The id of a stack by now."""
        while id_ is not None and id_ in self.restored:
            id_ = self.restored[id_]
        return id_

    @property
    def album_ids(self) -> frozenset[str]:
        """All albums that anything here is about."""
        return frozenset(self.albums) | frozenset(self.joined)


@dataclass(slots=True)
class LedgerBuilder:
    """A ledger while receipts are entered into it, the oldest first."""

    marks: dict[tuple[str, str], dict[str, LedgerEntry]] = field(default_factory=dict)
    albums: dict[str, OurAlbum] = field(default_factory=dict)
    stacks: dict[str, OurStack] = field(default_factory=dict)
    restored: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    last_number: int = 0

    def number(self, action: MarkAction) -> None:
        """Enter the numbers of the groups that a change is about."""
        for group in action.groups:
            self.last_number = max(self.last_number, group.number)
            if action.ends_groups:
                over = [key for key in group.keys if self.numbers.get(key) == group.number]
                for key in over:
                    del self.numbers[key]
            else:
                self.numbers |= dict.fromkeys((*group.keys, *group.references), group.number)

    def set(self, aspects: Iterable[Aspect], value: Value, before: str | None = None) -> None:
        """Set aspects to a value; what stood there before counts only where nothing is ours yet."""
        for what, which, key in aspects:
            settings = self.marks.setdefault((what, which), {})
            earlier = settings.pop(key, None)
            first = earlier.before if earlier else before or None
            if value != first:
                settings[key] = LedgerEntry(value, first)

    def forget_stack(self, id_: str) -> None:
        """Take every photo out of a stack."""
        settings = self.marks.get((STACK, ""), {})
        for key in [key for key, setting in settings.items() if setting.value == id_]:
            del settings[key]
