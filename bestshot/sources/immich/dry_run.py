"""An Immich client for dry runs: it reads like any other, and keeps the calls that would write."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TypeVar
from urllib.parse import unquote

import msgspec

from bestshot.immich.bulk import CHUNK, BulkResult
from bestshot.immich.calls import Call
from bestshot.immich.client import ImmichClient
from bestshot.immich.http import ImmichServer
from bestshot.immich.model import Album, Stack, Tag

T = TypeVar("T")

_TAG, _ALBUM, _STACK = "{tag}", "{album}", "{stack}"
"""Ids that are not known before the thing is made."""


class _Recorder(ImmichServer):
    """The server of a client: it answers the calls that read, and those that write are kept instead of sent."""

    def __init__(self, server: ImmichServer) -> None:
        vars(self).update(vars(server))
        self.calls: list[Call] = []

    def request(self, call: Call, shape: type[T]) -> T:
        """The server's answer; to a call that writes, that it worked for all its assets."""
        if not call.writes:
            return super().request(call, shape)
        self.send(call)
        body = call.body or {}
        items = [{"id": asset_id, "success": True} for asset_id in (body.get("ids") or body.get("assetIds") or ())]
        return msgspec.convert(items, shape)

    def send(self, call: Call) -> None:
        """Keep a call that writes."""
        self.calls.append(call)


class DryRunClient(ImmichClient):
    """Reads as the client that it is made from does, and sends nothing that writes."""

    def __init__(self, client: ImmichClient) -> None:
        vars(self).update(vars(client))
        self._server = self._recorder = _Recorder(client._server)
        self._tags: tuple[Tag, ...] | None = None

    def take_calls(self) -> tuple[str, ...]:
        """The calls since the last time, in order; one that would be made several times says how often."""
        times = Counter(unquote(str(call)) for call in self._recorder.calls)
        self._recorder.calls.clear()
        return tuple(call if number == 1 else f"{number:,} times {call}" for call, number in times.items())

    def get_tags(self) -> tuple[Tag, ...]:
        """The tags of the user, asked for once, and those that this client would have made since."""
        if self._tags is None:
            self._tags = super().get_tags()
        return self._tags

    def upsert_tags(self, values: Iterable[str]) -> tuple[Tag, ...]:
        """The tags of these names, none of which need exist."""
        wanted = tuple(Tag(_TAG, name) for name in values)
        if self._server.dialect.has_tag_paths:
            self._server.send(self._calls.upsert_tags([tag.value for tag in wanted]))
            return wanted
        known = {tag.value for tag in self.get_tags()}
        missing = [tag for tag in wanted if tag.value not in known]
        for tag in missing:
            self._server.send(self._calls.create_tag(tag.value))
        self._tags = (*self.get_tags(), *missing)
        return wanted

    def untag_assets(self, asset_ids: Iterable[str], _tag_id: str) -> BulkResult:
        """Take a tag off assets, whatever its id."""
        return super().untag_assets(asset_ids, _TAG)

    def create_album(self, name: str, asset_ids: Sequence[str] = (), description: str = "") -> Album:
        """An album that has all the assets."""
        self._server.send(self._calls.create_album(name, asset_ids[:CHUNK], description))
        self.add_assets_to_album(_ALBUM, asset_ids[CHUNK:])
        return Album(_ALBUM, name, description, None, len(asset_ids), "")

    def get_stacks(self) -> tuple[Stack, ...]:
        """All stacks, asked for once."""
        return self._stacks

    def get_stack_of(self, asset_id: str) -> Stack | None:
        """The stack that an asset is in."""
        return next((stack for stack in self._stacks if asset_id in stack.asset_ids), None)

    @cached_property
    def _stacks(self) -> tuple[Stack, ...]:
        return super().get_stacks()

    def create_stack(self, asset_ids: Sequence[str]) -> Stack:
        """A stack of all the assets."""
        self._server.send(self._calls.create_stack(asset_ids))
        return Stack(_STACK, asset_ids[0], tuple(asset_ids))
