"""The calls that changes of marks take on a server, told before they are made; nothing here speaks to one."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import assert_never
from urllib.parse import unquote

from bestshot.immich.bulk import CHUNK
from bestshot.immich.calls import AssetChange, Call, Calls
from bestshot.immich.model import Stack as ServerStack
from bestshot.marks.actions import (
    AddTags,
    AddToAlbum,
    DissolveStack,
    MakeAlbum,
    MakeStack,
    MarkAction,
    RemoveFromAlbum,
    RemoveTag,
    SetArchived,
    SetDescription,
    SetFavorite,
    SetRating,
)
from bestshot.marks.reversals import DeleteAlbum, DeleteTag, MarkReversal, RemoveTags, RestoreStack

_TAG, _ALBUM = "{tag}", "{album}"
"""What is not known before it is made."""


class PlannedCalls:
    """What is written for one action after the other, in one version; `tags` are those that the user has already."""

    def __init__(self, calls: Calls, tags: Collection[str]) -> None:
        self._calls = calls
        self._tags = set(tags)

    def in_words(self, action: MarkAction) -> tuple[str, ...]:
        """Method and route of each call that writes, in order; what is called several times says how often."""
        times = Counter(unquote(str(call)) for call in self._of(action))
        return tuple(call if number == 1 else f"{number:,} times {call}" for call, number in times.items())

    def _of(self, action: MarkAction) -> list[Call]:
        match action:
            case AddTags() | RemoveTag():
                return self._on_tags(action)
            case MakeAlbum() | AddToAlbum() | RemoveFromAlbum():
                return self._on_albums(action)
            case MakeStack():
                merged = (key for stack in action.merged for key in stack.keys)
                return [self._calls.create_stack(list(dict.fromkeys((*action.keys, *merged))))]
            case DissolveStack(stack=stack):
                return [self._calls.delete_stack(ServerStack(stack.id, stack.keys[0], stack.keys))]
            case SetFavorite() | SetRating() | SetDescription() | SetArchived():
                return self._on_photos(action)
            case RemoveTags() | DeleteTag() | DeleteAlbum() | RestoreStack():
                return self._to_take_back(action)
            case _:
                assert_never(action)

    def _to_take_back(self, action: MarkReversal) -> list[Call]:
        match action:
            case RemoveTags():
                return [self._calls.untag(_TAG, chunk) for _ in action.tags for chunk in _chunks(action.keys)]
            case DeleteTag():
                return [self._calls.delete_tag(_TAG)]
            case DeleteAlbum():
                return [self._calls.delete_album(action.album)]
            case RestoreStack():
                return [self._calls.create_stack(action.keys)]
            case _:
                assert_never(action)

    def _on_tags(self, action: AddTags | RemoveTag) -> list[Call]:
        calls, chunks = self._calls, _chunks(action.keys)
        if isinstance(action, RemoveTag):
            return [calls.untag(_TAG, chunk) for chunk in chunks]
        if not calls.dialect.has_tag_paths:
            missing = [tag for tag in action.tags if tag not in self._tags]
            self._tags.update(missing)
            tagging = [calls.tag_with(_TAG, chunk) for _ in action.tags for chunk in chunks]
            return [*(calls.create_tag(tag) for tag in missing), *tagging]
        if len(action.tags) > 1:
            at_once = [calls.tag_assets([_TAG] * len(action.tags), chunk) for chunk in chunks]
            return [calls.upsert_tags(action.tags), *at_once]
        return [calls.upsert_tags(action.tags), *(calls.tag_with(_TAG, chunk) for chunk in chunks)]

    def _on_albums(self, action: MakeAlbum | AddToAlbum | RemoveFromAlbum) -> list[Call]:
        calls, (first, *rest) = self._calls, _chunks(action.keys)
        match action:
            case MakeAlbum():
                made = calls.create_album(action.name, first, "")
                return [made, *(calls.add_to_album(_ALBUM, chunk) for chunk in rest)]
            case AddToAlbum():
                return [calls.add_to_album(action.album, chunk) for chunk in (first, *rest)]
            case RemoveFromAlbum():
                return [calls.remove_from_album(action.album, chunk) for chunk in (first, *rest)]
            case _:
                assert_never(action)

    def _on_photos(self, action: SetFavorite | SetRating | SetDescription | SetArchived) -> list[Call]:
        match action:
            case SetFavorite():
                return self._updates(action.keys, AssetChange(is_favorite=action.value))
            case SetArchived():
                return self._updates(action.keys, AssetChange(is_archived=action.value))
            case SetRating():
                return self._updates([action.key], AssetChange(rating=action.value or 0))
            case SetDescription():
                return self._updates([action.key], AssetChange(description=action.text))
            case _:
                assert_never(action)

    def _updates(self, keys: Sequence[str], change: AssetChange) -> list[Call]:
        if self._calls.changes_in_bulk(change):
            return [self._calls.update_assets(chunk, change) for chunk in _chunks(keys)]
        return [self._calls.update_asset(key, change) for key in keys]


def _chunks(keys: Iterable[str]) -> list[list[str]]:
    unique = list(dict.fromkeys(keys))
    return [unique[start : start + CHUNK] for start in range(0, len(unique), CHUNK)]
