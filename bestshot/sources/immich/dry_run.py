"""An Immich client for dry runs: it reads like any other, and keeps the calls that would write."""

from collections import Counter
from collections.abc import Iterable, Sequence
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
"""What is not known before it is made."""


class _Recorder(ImmichServer):
    """The server of a client, with calls that read answered by it and those that write kept."""

    def __init__(self, server: ImmichServer) -> None:
        vars(self).update(vars(server))
        self.calls: list[Call] = []

    def request(self, call: Call, shape: type[T]) -> T:
        """The server's answer, or that all assets of a call that writes were taken."""
        if not call.writes:
            return super().request(call, shape)
        self.send(call)
        body = call.body or {}
        items = [{"id": asset_id, "success": True} for asset_id in (body.get("ids") or body.get("assetIds") or ())]
        return msgspec.convert(items, shape)

    def send(self, call: Call) -> None:
        """Keep a call."""
        self.calls.append(call)


class DryRunClient(ImmichClient):
    """Reads by the client that it is made of, and sends nothing that writes."""

    def __init__(self, client: ImmichClient) -> None:
        vars(self).update(vars(client))
        self._server = self._recorder = _Recorder(client._server)
        self._made: set[str] = set()

    def take_calls(self) -> tuple[str, ...]:
        """The calls since the last time: what is called several times says how often."""
        times = Counter(unquote(str(call)) for call in self._recorder.calls)
        self._recorder.calls.clear()
        return tuple(call if number == 1 else f"{number:,} times {call}" for call, number in times.items())

    def upsert_tags(self, values: Iterable[str]) -> tuple[Tag, ...]:
        """Tags that are there now, as far as this client knows."""
        names = tuple(values)
        if self._server.dialect.has_tag_paths:
            self._server.send(self._calls.upsert_tags(names))
        else:
            known = self._made.union(tag.value for tag in self.get_tags())
            for name in names:
                if name not in known:
                    self._server.send(self._calls.create_tag(name))
            self._made.update(names)
        return tuple(Tag(_TAG, name) for name in names)

    def untag_assets(self, asset_ids: Iterable[str], _tag_id: str) -> BulkResult:
        """Off a tag that is there, or was made by this client."""
        return super().untag_assets(asset_ids, _TAG)

    def create_album(self, name: str, asset_ids: Sequence[str] = (), description: str = "") -> Album:
        """An album that has all the assets."""
        self._server.send(self._calls.create_album(name, asset_ids[:CHUNK], description))
        self.add_assets_to_album(_ALBUM, asset_ids[CHUNK:])
        return Album(_ALBUM, name, description, None, len(asset_ids), "")

    def create_stack(self, asset_ids: Sequence[str]) -> Stack:
        """A stack of all the assets."""
        self._server.send(self._calls.create_stack(asset_ids))
        return Stack(_STACK, asset_ids[0], tuple(asset_ids))
