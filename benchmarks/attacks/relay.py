"""A relay between the program and a server that answers otherwise than the server did."""

import gzip
import json
import random
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError

from benchmarks.attacks.damage import damaged

_NASTY: tuple[Any, ...] = (
    None, -1, 10**400, 1e308, "", "\0", "\x1b[2Jname", "../../../etc/passwd", "a" * 100_000, [], {}, True,
    "0001-01-01T00:00:00.000+14:00", "9999-12-31T23:59:59.999Z", "\ud800",
)  # fmt: skip
_BOMB_SIZE = 1 << 30


@dataclass(slots=True)
class Answered:
    """What the server answered to one request, on its way to the program."""

    path: str
    key: str
    status: int
    kind: str
    body: bytes


Mischief = Callable[["Handler", Answered], None]


class Handler(BaseHTTPRequestHandler):
    """Hands a request on and lets the mischief answer."""

    server: "Relay"

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() != "accept-encoding"}
        request = urllib.request.Request(  # noqa: S310 - the address is that of the fake server
            self.server.target + self.path, body or None, headers, method=self.command
        )
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
                status, kind, content = answer.status, answer.headers.get("Content-Type", ""), answer.read()
        except HTTPError as refusal:
            status, kind, content = refusal.code, refusal.headers.get("Content-Type", ""), refusal.read()
        key = self.headers.get("x-api-key", "")
        try:
            self.server.mischief(self, Answered(self.path, key, status, kind, content))
        except OSError:
            self.close_connection = True  # the program has hung up

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815 - the names http.server asks for

    def send(self, answered: Answered, **headers: str) -> None:
        """Send an answer whole."""
        self.begin(answered, **{"Content-Length": str(len(answered.body)), **headers})
        self.wfile.write(answered.body)

    def begin(self, answered: Answered, **headers: str) -> None:
        """Send the head of an answer."""
        self.send_response(answered.status)
        for name, value in {"Content-Type": answered.kind, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()


class Relay(ThreadingHTTPServer):
    """The relay, on loopback."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, target: str, mischief: Mischief) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.target, self.mischief = target, mischief
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def relayed(target: str, mischief: Mischief) -> Iterator[str]:
    """The address of a running relay."""
    relay = Relay(target, mischief)
    thread = threading.Thread(target=relay.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield relay.url
    finally:
        relay.shutdown()
        relay.server_close()
        thread.join()


def _struck(chance: random.Random, spoil: Mischief, share: float) -> Mischief:
    """Spoil this share of the answers to one kind of request, and pass on all others."""
    subject = chance.choice(("search", "thumbnail", "", "server", "users", "tags", "albums"))

    def mischief(handler: Handler, answered: Answered) -> None:
        if subject in answered.path and chance.random() < share:
            spoil(handler, answered)
        else:
            handler.send(answered)

    return mischief


def damaging(chance: random.Random) -> Mischief:
    """Answers with damaged bytes."""

    def spoil(handler: Handler, answered: Answered) -> None:
        answered.body = damaged(answered.body, chance)
        handler.send(answered)

    return _struck(chance, spoil, 0.4)


def lying(chance: random.Random) -> Mischief:
    """JSON whose values are not what they should be."""

    def spoil(handler: Handler, answered: Answered) -> None:
        if "json" in answered.kind:
            answered.body = json.dumps(with_lies(json.loads(answered.body or b"null"), chance)).encode()
        handler.send(answered)

    return _struck(chance, spoil, 0.6)


def with_lies(value: Any, chance: random.Random) -> Any:
    """The value with some of what is in it replaced."""
    if chance.random() < 0.02:
        return chance.choice(_NASTY)
    if isinstance(value, dict):
        return {name: with_lies(inner, chance) for name, inner in value.items()}
    return [with_lies(inner, chance) for inner in value] if isinstance(value, list) else value


def paging_for_ever(chance: random.Random) -> Mischief:
    """Searches with a next page after each page: the same one again, or an empty one."""
    is_empty = chance.random() < 0.5

    def mischief(handler: Handler, answered: Answered) -> None:
        if "search/metadata" in answered.path:
            found = json.loads(answered.body)
            found["assets"] |= {"nextPage": "2"} | ({"items": [], "count": 0} if is_empty else {})
            answered.body = json.dumps(found).encode()
        handler.send(answered)

    return mischief


def slow(chance: random.Random) -> Mischief:
    """Answers that come in drops, each before any deadline for one."""

    def spoil(handler: Handler, answered: Answered) -> None:
        handler.begin(answered, Content_Length=str(len(answered.body) + 100_000))
        for byte in answered.body + b" " * 100_000:
            handler.wfile.write(bytes([byte]))
            time.sleep(0.5)

    return _struck(chance, spoil, 1.0)


def endless(chance: random.Random) -> Mischief:
    """Answers without an end, as fast as they are read."""
    piece = chance.choice((b" ", b"[", b'"aaaa",')) * 8192

    def spoil(handler: Handler, answered: Answered) -> None:
        handler.begin(answered)
        handler.wfile.write(answered.body[:-1])
        while True:
            handler.wfile.write(piece)

    return _struck(chance, spoil, 1.0)


def bombs(chance: random.Random) -> Mischief:
    """A gigabyte of blanks that is one megabyte on the way."""

    def spoil(handler: Handler, answered: Answered) -> None:
        answered.body = _bomb()
        handler.send(answered, Content_Encoding="gzip")

    return _struck(chance, spoil, 1.0)


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * _BOMB_SIZE, 1)


def echoing(chance: random.Random) -> Mischief:
    """Refusals that quote the key and talk to the terminal."""

    def spoil(handler: Handler, answered: Answered) -> None:
        said = {"message": f"\x1b[31mno {answered.key}\x1b[0m", "error": answered.key, "statusCode": 0}
        status = chance.choice((400, 401, 403, 404, 500, 503))
        handler.send(Answered(answered.path, "", status, "application/json", json.dumps(said).encode()))

    return _struck(chance, spoil, 1.0)
