"""Calls on many assets, sent in chunks that are halved if one invalid id makes the server refuse them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bestshot.errors import ImmichError, NotFoundError, RejectedError
from bestshot.immich.answers import WireItem
from bestshot.text import printable

CHUNK = 500
"""Ids per call: far below the server's limits of 10 MB and 65,535 database parameters."""

_LONGEST_REASON = 100
"""Characters of a server's own reason that are shown."""

_REASONS = {
    "no_permission": "It does not exist, or belongs to another user.",
    "not_found": "It does not exist.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An asset that a bulk call did not accept, and why."""

    asset_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class BulkResult:
    """The result of a bulk call for each asset.

    `already` needed no change. If the server does not report these, they are in `done`, as are ids that it silently
    drops, so only reading back is proof.
    """

    done: tuple[str, ...] = ()
    already: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()

    def __add__(self, other: "BulkResult") -> "BulkResult":
        return BulkResult(self.done + other.done, self.already + other.already, self.refused + other.refused)


Send = Callable[[Sequence[str]], BulkResult]
IsAboutAnId = Callable[[ImmichError], bool]


def is_refused_id(error: ImmichError) -> bool:
    """Whether an id may be the cause: unknown, another user's, or malformed."""
    return isinstance(error, NotFoundError) or is_malformed_id(error)


def is_malformed_id(error: ImmichError) -> bool:
    """Whether a malformed id may be the cause."""
    return isinstance(error, RejectedError) and error.status == 400


def send_in_chunks(ids: Iterable[str], send: Send, is_about_an_id: IsAboutAnId, size: int = CHUNK) -> BulkResult:
    """Send every id once; a chunk that is refused for one of its ids is halved until the invalid ones are alone."""
    unique = list(dict.fromkeys(ids))
    result = BulkResult()
    for start in range(0, len(unique), size):
        result += _narrowed(unique[start : start + size], send, is_about_an_id)
    return result


def combined(results: Sequence[BulkResult]) -> BulkResult:
    """Combine the results of several calls on the same assets."""
    refused = {refusal.asset_id: refusal for result in results for refusal in result.refused}
    done = {asset_id: None for result in results for asset_id in result.done if asset_id not in refused}
    already = {asset_id: None for result in results for asset_id in result.already}
    return BulkResult(
        tuple(done),
        tuple(asset_id for asset_id in already if asset_id not in done and asset_id not in refused),
        tuple(refused.values()),
    )


def read_items(items: Iterable[WireItem], no_change: str) -> BulkResult:
    """Convert a server's list of results; `no_change` is its error for an asset that needs no change."""
    done, already, refused = [], [], []
    for item in items:
        asset_id = item.id or item.asset_id or ""
        if item.success:
            done.append(asset_id)
        elif item.error == no_change:
            already.append(asset_id)
        else:
            refused.append(Refusal(asset_id, _reason(str(item.error))))
    return BulkResult(tuple(done), tuple(already), tuple(refused))


def _reason(error: str) -> str:
    return _REASONS.get(error) or f"the server says: {printable(error)[:_LONGEST_REASON]}"


def _narrowed(ids: Sequence[str], send: Send, is_about_an_id: IsAboutAnId) -> BulkResult:
    try:
        return send(ids)
    except ImmichError as error:
        if not is_about_an_id(error):
            raise
        if len(ids) == 1:
            return BulkResult(refused=(Refusal(ids[0], str(error)),))
    middle = len(ids) // 2
    return _narrowed(ids[:middle], send, is_about_an_id) + _narrowed(ids[middle:], send, is_about_an_id)
