"""Calls on many assets at once: in chunks, and narrowed down when one bad id spoils them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bestshot.errors import ImmichError, NotFoundError, RejectedError
from bestshot.immich.answers import WireItem

CHUNK = 500
"""Ids in one call: far below the server's bounds of 10 MB and 65,535 database parameters."""

_REASONS = {
    "no_permission": "It does not exist, or belongs to somebody else.",
    "not_found": "It does not exist.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An asset that a bulk call did not take, and why."""

    asset_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of each asset of a bulk call.

    `already` were so before the call. Where the server does not tell, they are counted in `done`; and ids that it
    drops in silence are too, so that only reading back is proof.
    """

    done: tuple[str, ...] = ()
    already: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()

    def __add__(self, other: "BulkResult") -> "BulkResult":
        return BulkResult(self.done + other.done, self.already + other.already, self.refused + other.refused)


Send = Callable[[Sequence[str]], BulkResult]
IsAboutAnId = Callable[[ImmichError], bool]


def is_refused_id(error: ImmichError) -> bool:
    """Whether one bad id may be the reason: unknown, somebody else's, or malformed."""
    return isinstance(error, NotFoundError) or is_malformed_id(error)


def is_malformed_id(error: ImmichError) -> bool:
    """Whether an id that is none may be the reason."""
    return isinstance(error, RejectedError) and error.status == 400


def send_in_chunks(ids: Iterable[str], send: Send, is_about_an_id: IsAboutAnId, size: int = CHUNK) -> BulkResult:
    """Send every id once; a chunk refused for one of its ids is halved until the bad ones stand alone."""
    unique = list(dict.fromkeys(ids))
    result = BulkResult()
    for start in range(0, len(unique), size):
        result += _narrowed(unique[start : start + size], send, is_about_an_id)
    return result


def combined(results: Sequence[BulkResult]) -> BulkResult:
    """What became of the assets in several calls that all name the same ones."""
    refused = {refusal.asset_id: refusal for result in results for refusal in result.refused}
    done = {asset_id: None for result in results for asset_id in result.done if asset_id not in refused}
    already = {asset_id: None for result in results for asset_id in result.already}
    return BulkResult(
        tuple(done),
        tuple(asset_id for asset_id in already if asset_id not in done and asset_id not in refused),
        tuple(refused.values()),
    )


def read_items(items: Iterable[WireItem], is_so_already: str) -> BulkResult:
    """A server's own list of what became of each asset; `is_so_already` is its word for "nothing to do"."""
    done, already, refused = [], [], []
    for item in items:
        asset_id = item.id or item.asset_id or ""
        if item.success:
            done.append(asset_id)
        elif item.error == is_so_already:
            already.append(asset_id)
        else:
            refused.append(Refusal(asset_id, _REASONS.get(item.error or "", f"the server says: {item.error}")))
    return BulkResult(tuple(done), tuple(already), tuple(refused))


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
