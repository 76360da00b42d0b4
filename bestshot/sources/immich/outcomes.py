"""What came of a change to an Immich library, in the words of marks: pure."""

from collections.abc import Iterable

from bestshot.immich.bulk import BulkResult
from bestshot.marks.actions import Marked, Refused

GONE = "It is gone or in the trash, or belongs to somebody else."


def marked_by(result: BulkResult) -> Marked:
    """What a bulk call changed, and what it refused."""
    return Marked(result.done, tuple(Refused(refusal.asset_id, refusal.reason) for refusal in result.refused))


def refused(keys: Iterable[str], why: str) -> tuple[Refused, ...]:
    """All of these photos, for one reason."""
    return tuple(Refused(key, why) for key in keys)
