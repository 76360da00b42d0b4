"""HTTP/1.1 on loopback: the order of checks, the recording of calls, connections that break."""

import json
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fake_immich.faults import Cut, Faults, Strike
from tests.fake_immich.fields import Field, checked
from tests.fake_immich.requests import Answer, Json, RefusalError, Request
from tests.fake_immich.routes.table import ANY_KEY, PUBLIC, Route, World, served

BODY_LIMIT = 10 * 1024 * 1024
_WEB_PAGE = b"<!doctype html><html><head><title>Immich</title></head><body></body></html>"
_READING_POSTS = re.compile(r"^/api/(search|download|auth)/")


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it was answered. `key` is the name of the key, never its secret; `operation` the route's."""

    operation: str | None
    method: str
    path: str
    query: dict[str, str]
    body: Json
    key: str | None
    status: int
    bytes_out: int

    @property
    def is_write(self) -> bool:
        """Whether it could change the library."""
        return self.method != "GET" and not _READING_POSTS.match(self.path)


Witness = Callable[[Request, Answer], None]


class Front:
    """Answers requests one after the other; keeps the list of calls."""

    def __init__(self, world: World, faults: Faults, witness: Witness | None, prefix: str) -> None:
        self.world = world
        self.prefix = prefix
        self.calls: list[Call] = []
        self.faults = faults
        self._witness = witness
        self._routes = served(world.release)
        self._found: dict[tuple[str, str], Route | None] = {}
        self._lock = threading.Lock()

    def receive(self, request: Request) -> tuple[Answer, bytes, Cut | None] | Iterable[bytes]:
        """The answer, its bytes, and where to break off; or all bytes of a response that is none."""
        with self._lock:
            self.world.jobs.tick()
            strikes = self.faults.strikes(request)
            for strike in strikes:
                if strike.action is not None:
                    strike.action()
        for strike in strikes:
            if strike.seconds:
                self.faults.wait(strike.seconds)
        return self._served(request, strikes)

    def _served(self, request: Request, strikes: list[Strike]) -> tuple[Answer, bytes, Cut | None] | Iterable[bytes]:
        cut = next((strike.cut for strike in strikes if strike.cut is not None), None)
        forced = next((strike.answer for strike in strikes if strike.answer is not None), None)
        row = self._find(request)
        if forced is None and cut is not Cut.BEFORE_THE_WORK:
            with self._lock:
                answer = self._answer(row, request)
            if self._witness is not None and row is not None:
                self._witness(request, answer)
        else:
            answer = forced or Answer(0)
        for misbehaviour in (strike.misbehaviour for strike in strikes if strike.misbehaviour is not None):
            spoiled = misbehaviour(request, answer)
            if not isinstance(spoiled, Answer):
                self._record(row, request, answer, 0)
                return spoiled
            answer = spoiled
        payload = answer.payload()
        self._record(row, request, answer, 0 if cut in (Cut.BEFORE_THE_WORK, Cut.BEFORE_THE_ANSWER) else len(payload))
        return answer, payload, cut

    def _record(self, row: Route | None, request: Request, answer: Answer, bytes_out: int) -> None:
        key = None if request.key is None else request.key.name
        operation = None if row is None else row.operation
        body = request.body
        call = Call(operation, request.method, request.path, request.query, body, key, answer.status, bytes_out)
        with self._lock:
            self.calls.append(call)
            if call.is_write:
                self.world.state.revision += 1

    def _find(self, request: Request) -> Route | None:
        key = request.method, request.path
        if key not in self._found:
            path = request.path.removeprefix("/api")
            fitting = [row for row in self._routes if row.match(request.method, path) is not None]
            is_api = request.path.startswith("/api/")
            self._found[key] = min(fitting, key=lambda row: row.path.count("{"), default=None) if is_api else None
        return self._found[key]

    def _answer(self, row: Route | None, request: Request) -> Answer:
        if not request.path.startswith("/api/") and request.method == "GET":
            return self._web_page(request)
        try:
            self._read_body(request)
            if row is None:
                raise RefusalError(404, f"Cannot {request.method} {request.path}")
            self._let_in(row, request)
            self._validate(row, request)
            result = row.handler(self.world, request)
        except RefusalError as refusal:
            return refusal.answer(self.world.release)
        return result if isinstance(result, Answer) else Answer(row.status, result)

    def _web_page(self, request: Request) -> Answer:
        accepted = request.headers.get("accept", "*/*")
        if self.world.release >= (2, 6, 0) and "html" not in accepted and "*/*" not in accepted:
            return Answer(406, content=b"Not Acceptable", kind="text/plain")
        return Answer(200, content=_WEB_PAGE, kind="text/html; charset=utf-8")

    def _read_body(self, request: Request) -> None:
        if len(request.raw) > BODY_LIMIT:
            if self.world.release < (1, 106, 0):
                raise RefusalError(413, "request entity too large", bare=True)
            raise RefusalError(500, "Internal server error", bare=True)
        if request.raw and "json" in request.headers.get("content-type", ""):
            try:
                request.body = json.loads(request.raw)
            except ValueError as error:
                raise RefusalError(400, f"Unexpected token in JSON: {error}", bare=True) from error

    def _let_in(self, row: Route, request: Request) -> None:
        if row.scope == PUBLIC:
            return
        if request.headers.get("authorization", "").startswith("Bearer "):
            raise RefusalError(401, "Invalid user token")
        secret = request.headers.get("x-api-key") or request.query.get("apiKey")
        if not secret:
            raise RefusalError(401, "Authentication required")
        request.key = self.world.state.keys.get(secret)
        if request.key is None:
            raise RefusalError(401, "Invalid API key")
        if row.admin and not request.key.user.is_admin:
            raise RefusalError(403, "Forbidden resource" if self.world.release < (1, 106, 0) else "Forbidden")
        needed = row.permission(self.world.release)
        if needed != ANY_KEY and not {needed, "all"} & set(request.key.permissions):
            raise RefusalError(403, f"Missing required permission: {needed}")

    def _validate(self, row: Route, request: Request) -> None:
        ids = row.match(request.method, request.path.removeprefix("/api")) or {}
        now = self.world.release
        request.ids = checked([Field(name, "uuid", required=True) for name in ids], ids, now)
        from_body = checked(row.body, {} if request.body is None else request.body, now) if row.body else {}
        request.fields = from_body | checked(row.query, request.query, now, query=True)


class Server(ThreadingHTTPServer):
    """One thread for each connection; all of them end with the server."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, front: Front) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.front = front
        self.accepted = 0
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection."""
        self.accepted += 1
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def close_all(self) -> None:
        """End the connections that clients keep alive, and with them their threads."""
        for connection in list(self._open):
            _break(connection)
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news; anything else is shown as ever."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _break(connection: socket.socket) -> None:
    """Break a connection, whatever is in flight."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    server: Server

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def _serve(self) -> None:
        url = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = url.path.removeprefix(self.server.front.prefix)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, dict(parse_qsl(url.query)), headers, raw)
        received = self.server.front.receive(request)
        if not isinstance(received, tuple):
            self._spill(received)
            return
        answer, payload, cut = received
        if cut in (Cut.BEFORE_THE_WORK, Cut.BEFORE_THE_ANSWER):
            self.close_connection = True
            return
        self.send_response(answer.status)
        if payload or answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(payload)))
        if payload:
            self.send_header("Content-Type", answer.kind)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header(*self._correlation())
        if cut is Cut.IN_THE_ANSWER:
            payload = payload[: len(payload) // 2]
            self.close_connection = True
        self.end_headers()
        self.wfile.write(payload)

    def _spill(self, response: Iterable[bytes]) -> None:
        """Write what is no answer until it ends, or the client has had enough."""
        self.close_connection = True
        for block in response:
            self.wfile.write(block)
            self.wfile.flush()

    def _correlation(self) -> tuple[str, str]:
        name = "X-Correlation-ID" if self.server.front.world.release >= (3, 0, 0) else "x-immich-cid"
        return name, "fake0000"

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names http.server asks for
