"""Turning an Immich server's error responses into errors, for all versions; and how calls are retried."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from bestshot.errors import (
    ImmichError,
    MissingPermissionError,
    NotFoundError,
    NotImmichError,
    RejectedError,
    UnreachableError,
    WrongKeyError,
)
from bestshot.text import printable

_LONGEST_MESSAGE = 300
"""Characters of a server's message that are shown."""

_PERMISSION = re.compile(r"Missing required permission: ([\w.]+)")
_ABSENT = re.compile(r"^Not found or no [\w.]+ access|\bnot found\b", re.IGNORECASE)
_NO_ROUTE = re.compile(r"^Cannot [A-Z]+ /")


def failure(status: int, body: bytes, what: str, needed: Sequence[str]) -> ImmichError:
    """Make the error for an unsuccessful response; `what` names the call, `needed` the permissions of the run."""
    message = _message(body)
    if status in BUSY:
        return UnreachableError(
            f"The Immich server is overloaded, starting or behind a proxy that cannot reach it ({status}): "
            "try again later."
        )
    if message is None or status == 406 or 300 <= status < 400:
        return _foreign(status, what)
    if status == 401:
        return _unauthorized(message)
    if status == 403:
        return _forbidden(message, needed)
    if status == 404 and _NO_ROUTE.match(message):
        return NotImmichError(
            f"The server does not know {what}: is a proxy in front of it, or is it a preview version?"
        )
    if status == 404 or (status == 400 and _ABSENT.search(message)):
        return NotFoundError(f"Not found, or no access to it ({what}: {message}).")
    return RejectedError(status, message)


def _foreign(status: int, what: str) -> ImmichError:
    if status >= 500:
        return RejectedError(status, what)
    if status in (401, 403):
        return NotImmichError(
            f"Something in front of the Immich server refuses {what} ({status}): "
            "let the path /api pass through the proxy."
        )
    if status == 413:
        return RejectedError(status, "the proxy in front of the server does not accept requests of this size")
    return NotImmichError(f"The answer to {what} is not from Immich's API ({status}): check the address of the server.")


def _unauthorized(message: str) -> ImmichError:
    if "elevated permission" in message.lower():
        return NotFoundError("Not found, or no access to it: no API key can open the locked folder.")
    return WrongKeyError(
        f"The Immich server does not accept the API key ({message}): "
        "create one in Immich under Account Settings, API Keys, and check that it was copied completely."
    )


def _forbidden(message: str, needed: Sequence[str]) -> ImmichError:
    missing = _PERMISSION.search(message)
    if missing is not None:
        return MissingPermissionError(missing.group(1), tuple(needed))
    return RejectedError(403, message)


def _message(body: bytes) -> str | None:
    """The server's error message, in whatever format, safe to show; None if the body is not from an Immich server."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(content, dict) or "message" not in content:
        return None
    parts = content["message"] if isinstance(content["message"], list) else [content["message"]]
    errors = content.get("errors")
    words = [str(part) for part in parts] + [_validation(item) for item in (errors if isinstance(errors, list) else ())]
    return printable("; ".join(words))[:_LONGEST_MESSAGE]


def _validation(item: Any) -> str:
    """Format one entry of the error list that 3.x adds to "Validation failed"."""
    if not isinstance(item, dict):
        return str(item)
    path = item.get("path")
    place = ".".join(str(part) for part in path) if isinstance(path, list) else str(path)
    return f"{place}: {item.get('message', '')}"


BUSY = frozenset({429, 502, 503, 504})
"""Statuses that have nothing to do with the call itself, so that a retry may succeed."""

_NOT_PROCESSED = frozenset({429})
"""Statuses that mean that the server did not process the call at all."""

_LONGEST_WAIT = 60
"""The most seconds to wait before a retry."""


class _BoundedRetry(Retry):
    """Honours Retry-After up to a limit."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        seconds = super().get_retry_after(response)
        return None if seconds is None else min(seconds, _LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to wait for a connection, for an answer or more of it, and for the whole, and how often to retry.

    All in seconds. The whole, with all retries, may take longer if much comes, see `transport.connections`.
    """

    connect: float = 6.1
    answer: float = 120
    whole: float = 300
    retries: int = 4
    backoff: float = 0.5

    def retry(self, *, is_repeatable: bool) -> Retry:
        """Exponential backoff with jitter; a call that is not repeatable is retried only if it was not processed."""
        return _BoundedRetry(
            total=self.retries,
            read=None if is_repeatable else False,
            allowed_methods=None,
            status_forcelist=BUSY if is_repeatable else _NOT_PROCESSED,
            backoff_factor=self.backoff,
            backoff_max=_LONGEST_WAIT,
            backoff_jitter=self.backoff,
            respect_retry_after_header=True,
            raise_on_status=False,
        )
