"""When a call to a server is sent again."""

from dataclasses import dataclass

from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

BUSY = frozenset({429, 502, 503, 504})
"""Statuses that say nothing about the call itself and are worth another try."""

_NOT_TAKEN = frozenset({429})
"""Statuses that say that the call was not even looked at."""

_LONGEST_WAIT = 60


class _ImpatientRetry(Retry):
    """Honours Retry-After, but not for hours."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        seconds = super().get_retry_after(response)
        return None if seconds is None else min(seconds, _LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a connection and for an answer, and how often to ask again; all waits in seconds."""

    connect: float = 6.1
    answer: float = 120
    retries: int = 4
    backoff: float = 0.5

    def policy(self, *, is_repeatable: bool) -> Retry:
        """Exponential backoff with jitter; a call that may do harm twice goes again only if it was surely not taken."""
        return _ImpatientRetry(
            total=self.retries,
            read=None if is_repeatable else False,
            allowed_methods=None,
            status_forcelist=BUSY if is_repeatable else _NOT_TAKEN,
            backoff_factor=self.backoff,
            backoff_max=_LONGEST_WAIT,
            backoff_jitter=self.backoff,
            respect_retry_after_header=True,
            raise_on_status=False,
        )
