"""Connections whose answers end: each is bounded in time and in bytes, from its first header to its last byte.

The timeout of the HTTP library is one for each read, which a server that sends a byte a second never reaches, and it
sets no limit to headers that follow each other for ever.
"""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

_SLOWEST = 8_000
"""Bytes a second: a tenth of what a poor mobile connection sends."""

_OVERHEAD = 1 << 20
"""Bytes beside the body, in headers, trailers and the marks of chunks: a hundred times what real servers send."""


@dataclass(slots=True)
class _Allowance:
    """What the answer to one call may take, with all tries: `seconds` to come at all, and more for what came of it.

    `received` are all bytes that came, `body` those of them that were of use.
    """

    seconds: float
    received: int = 0
    body: int = 0
    start: float = field(default_factory=time.monotonic)

    @property
    def is_slow(self) -> bool:
        return time.monotonic() - self.start > self.seconds + self.received / _SLOWEST

    @property
    def is_long(self) -> bool:
        return self.received > _OVERHEAD + 2 * self.body


_ALLOWANCE: ContextVar[_Allowance] = ContextVar("_ALLOWANCE")


@contextmanager
def allowing(seconds: float) -> Iterator[None]:
    """Bound the answer to a call, which is sent within, however often, and read within, too."""
    token = _ALLOWANCE.set(_Allowance(seconds))
    try:
        yield
    finally:
        _ALLOWANCE.reset(token)


def count_body(length: int) -> None:
    """Allow more of the answer that is being read, since so many bytes of it were of use."""
    _ALLOWANCE.get().body += length


def is_time_up() -> bool:
    """Whether the answer that is being waited for has had its time, so that another try would be in vain."""
    return _ALLOWANCE.get().is_slow


def session(adapter: HTTPAdapter) -> requests.Session:
    """A session that uses this adapter for all addresses."""
    made = _Session()
    made.mount("http://", adapter)
    made.mount("https://", adapter)
    return made


class BoundedAdapter(HTTPAdapter):
    """Opens connections whose answers are bounded, also through a proxy."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use our own connections."""
        super().init_poolmanager(*args, **kwargs)
        _use_bounded(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> PoolManager:
        """Use our own connections."""
        manager: PoolManager = super().proxy_manager_for(*args, **kwargs)
        _use_bounded(manager)
        return manager


class _Session(requests.Session):
    def get_redirect_target(self, _resp: requests.Response) -> str | None:
        """None: to tell where a redirect would lead, requests reads all of its body into memory."""
        return None


class _BoundedReader(io.RawIOBase):
    """The bytes of one answer as they come from the connection, from the moment that the request was sent."""

    def __init__(self, stream: io.RawIOBase) -> None:
        self._stream = stream
        self._allowance = _ALLOWANCE.get()

    def readable(self) -> bool:
        """Always."""
        return True

    def fileno(self) -> int:
        """That of the connection."""
        return self._stream.fileno()

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there; raises OSError as soon as the answer is too slow or too long."""
        if self._allowance.is_slow:
            raise TimeoutError("the answer comes too slowly")
        if self._allowance.is_long:
            raise OSError("the answer holds little but headers")
        number = self._stream.readinto(buffer)
        self._allowance.received += number or 0
        return number

    def close(self) -> None:
        """Let go of the connection."""
        self._stream.close()
        super().close()


class _BoundedResponse(HTTPResponse):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fp = io.BufferedReader(_BoundedReader(self.fp.detach()))


class _BoundedConnection(HTTPConnection):
    response_class = _BoundedResponse


class _BoundedSecureConnection(HTTPSConnection):
    response_class = _BoundedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _BoundedSecureConnection


def _use_bounded(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
