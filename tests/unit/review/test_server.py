"""The server of a review: when it ends, and that nothing of it is left behind or written to afterwards."""

import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from typing import Any

import pytest

from bestshot.review import server as module
from bestshot.review.gate import Listening
from bestshot.review.server import Idleness, ReviewServer

MUCH = b"x" * 200_000
"""What is sent in many pieces, so that each answer wakes the loop that serves."""


def answer(_environment: dict[str, Any], begin: Callable[..., object]) -> Iterable[bytes]:
    begin("200 OK", [("Content-Length", str(len(MUCH)))])
    return [MUCH]


@contextmanager
def serving(server: ReviewServer, application: Callable[..., Iterable[bytes]]) -> Iterator[threading.Thread]:
    """A thread that serves, until the server is stopped."""
    thread = threading.Thread(target=server.serve, args=[application, Idleness(lambda: False)])
    thread.start()
    try:
        yield thread
    finally:
        server.stop()
        thread.join()


def ask(server: ReviewServer) -> None:
    """Ask until nobody answers any more."""
    with suppress(OSError, HTTPException):
        while True:
            ask_once(server)


def ask_once(server: ReviewServer) -> None:
    with closing(HTTPConnection(server.listening.host, server.listening.port, timeout=60)) as connection:
        connection.request("GET", "/")
        connection.getresponse().read()


def test_whoever_stops_it_meanwhile_and_however_often_meets_no_error() -> None:
    errors: list[OSError] = []

    def stop_often(server: ReviewServer, thread: threading.Thread) -> None:
        while thread.is_alive():
            try:
                server.stop()
            except OSError as error:
                errors.append(error)

    for _ in range(10):
        with ReviewServer(Listening()) as server, serving(server, answer) as thread:
            ask_once(server)
            stopping = [threading.Thread(target=stop_often, args=[server, thread]) for _ in range(3)]
            for one in (threading.Thread(target=ask, args=[server], daemon=True), *stopping):
                one.start()
            for one in stopping:
                one.join()
    assert errors == []


def test_what_is_stopped_before_it_serves_ends_at_once() -> None:
    with ReviewServer(Listening()) as server:
        server.stop()
        assert server.serve(answer, Idleness(lambda: False)) is False


def test_an_answer_that_comes_when_all_is_over_writes_into_nothing_that_was_opened_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    begun, is_over, answered = threading.Event(), threading.Event(), threading.Event()
    servers: list[Any] = []

    def late(environment: dict[str, Any], begin: Callable[..., object]) -> Iterable[bytes]:
        begun.set()
        is_over.wait()
        servers[0].pull_trigger()  # as waitress does at the end of any answer
        answered.set()
        return answer(environment, begin)

    with (
        ReviewServer(Listening()) as server,
        serving(server, late),
        socket.create_connection((server.listening.host, server.listening.port)) as client,
    ):
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert begun.wait(60)
        servers.append(server._server)
    pipes = [os.pipe() for _ in range(4)]
    is_over.set()
    assert answered.wait(60)
    for reading, writing in pipes:
        os.close(writing)
        assert os.read(reading, 1) == b""
        os.close(reading)


def test_as_long_as_something_is_done_nobody_is_missed() -> None:
    busy = [True, True, False]
    idleness = Idleness(lambda: busy.pop(0))
    idleness._last -= 1000
    assert idleness.seconds() < 1
    idleness._last -= 1000
    assert idleness.seconds() < 1
    idleness._last -= 1000
    assert idleness.seconds() >= 1000


def test_whoever_asks_for_something_is_there() -> None:
    idleness = Idleness(lambda: False)
    idleness._last -= 1000
    idleness.touch()
    assert idleness.seconds() < 1
