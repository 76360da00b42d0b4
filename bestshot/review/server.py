"""The server of a review: it listens, serves until it is told to end or nobody comes, and says nothing of who came."""

import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, Final, Self

from waitress import wasyncore
from waitress.server import create_server

from bestshot.errors import UsageError
from bestshot.review.gate import Listening
from bestshot.text import printable

IDLE_SECONDS: Final = 8 * 3600.0
"""A window that is looked at asks every second, so nobody has looked for so long then."""

_LONGEST_NAP: Final = 1.0
"""Seconds after which it is looked whether somebody still comes."""

_PATIENCE: Final = 5.0
"""Seconds that an answer which is under way when the review ends may take."""

_THREADS: Final = 16
"""A browser asks for six pictures at once, each of which waits to be made; decisions must not wait for them."""

_LIMITS: Final = {
    "channel_timeout": 30,  # seconds in which a client says nothing
    "cleanup_interval": 10,
    "connection_limit": 200,
    "max_request_header_size": 16_384,
    "max_request_body_size": 1_000_000,  # the application says in a sentence what is too long before that
    "ident": "",
}


class Idleness:
    """For how long nobody has asked for anything, while nothing was being done either."""

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        self._is_busy = is_busy
        self._last = time.monotonic()

    def touch(self) -> None:
        """Somebody asks for something."""
        self._last = time.monotonic()

    def seconds(self) -> float:
        """How long that has been."""
        if self._is_busy():
            self.touch()
        return time.monotonic() - self._last


class ReviewServer:
    """Serves an application where it listens, from when it is entered until it is left."""

    def __init__(self, listening: Listening) -> None:
        self._socket = _bound(listening)
        self.listening = replace(listening, port=self._socket.getsockname()[1])
        self._connections: dict[int, Any] = {}
        self._server: Any = None
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            for connection in list(self._server.active_channels.values()):
                connection.handle_close()  # a thread that waits for somebody to read goes on
            self._server.task_dispatcher.shutdown(timeout=_PATIENCE)
            self._server.close()
            wasyncore.close_all(self._connections)
        self._socket.close()

    def serve(self, application: Any, idleness: Idleness, idle_seconds: float = IDLE_SECONDS) -> bool:
        """Serve until it is stopped, or nobody came for too long; answers whether that was why."""
        for name in ("waitress", "waitress.queue"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        server = create_server(application, self._connections, sockets=[self._socket], threads=_THREADS, **_LIMITS)
        server.trigger = _Trigger(server.trigger)
        self._server = server
        idleness.touch()
        while not self._is_over:
            if idleness.seconds() >= idle_seconds:
                return True
            wasyncore.loop(_LONGEST_NAP, map=self._connections, count=1)
        return False

    def stop(self) -> None:
        """End serving, from any thread, now or as soon as it begins; what has ended already stays so."""
        self._is_over = True
        if self._server is not None:
            self._server.pull_trigger()


class _Trigger:
    """What wakes the thread that serves; once that is over it does nothing, from any thread and however late.

    The pipe of waitress would be written to by its number then, which another file may have got.
    """

    def __init__(self, trigger: Any) -> None:
        self._trigger = trigger
        self._lock = threading.Lock()
        self._is_closed = False

    def pull_trigger(self) -> None:
        with self._lock:
            if not self._is_closed:
                self._trigger.pull_trigger()

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            self._trigger.close()


def _bound(listening: Listening) -> socket.socket:
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    try:
        return socket.create_server((listening.host, listening.port), family=family)
    except OSError as error:
        where = printable(f"{listening.host}:{listening.port}")
        raise UsageError(f"--listen {where} is not possible: {error.strerror or error}.") from error
