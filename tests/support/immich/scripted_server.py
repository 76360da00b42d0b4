"""A small HTTP server on loopback that answers what a test tells it to, and remembers the headers it was sent."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec

CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDCFyiTDwrnxbP9T6
SY+QgFA85xqlpUBYmD3CkT3VoV6hRANCAAR8Cl5M2VIFFFiROPi3p6IZqbSEUQwV
qt20KbZ6FSLkljV7ngW1J1uo1jMQDp8qV5iQ5wuJUxYnJWubhazcce38
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBcTCCARegAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHwKXkzZUgUUWJE4
+LenohmptIRRDBWq3bQptnoVIuSWNXueBbUnW6jWMxAOnypXmJDnC4lTFicla5uF
rNxx7fyjWDBWMBQGA1UdEQQNMAuCCWxvY2FsaG9zdDAPBgNVHRMBAf8EBTADAQH/
MA4GA1UdDwEB/wQEAwIChDAdBgNVHQ4EFgQUOEHVS3wrM3PreMcQ4a5c92ksqDww
CgYIKoZIzj0EAwIDSAAwRQIgWuiybp22QY/NWMdtZB9YLDlEweK8PFsq/zVcJmyM
reACIQCCgt8AAE1/kDikuilD27zC6fGwhI377b650u6hTnGvGg==
-----END CERTIFICATE-----
"""
"""A self-signed certificate of localhost, with its key; of no use anywhere else."""

Body = bytes | Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; a body that is no bytes is sent as JSON."""

    status: int = 200
    body: Body = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def payload(self) -> tuple[bytes, str]:
        """The bytes and their content type."""
        if isinstance(self.body, bytes):
            return self.body, self.headers.get("Content-Type", "application/octet-stream")
        return msgspec.json.encode(self.body), "application/json"


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]


class ScriptedServer(ThreadingHTTPServer):
    """`replies` maps "METHOD /path" to an answer, or to several, of which the last one stays; all else is a 404."""

    daemon_threads = True

    def __init__(self, replies: Mapping[str, Reply | list[Reply]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = {place: list(reply) if isinstance(reply, list) else [reply] for place, reply in replies.items()}
        self.received: list[Received] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def next_reply(self, place: str) -> Reply:
        """The answer to one request."""
        waiting = self.replies.get(place)
        if not waiting:
            return Reply(404, {"message": f"Cannot {place}", "statusCode": 404})
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ScriptedServer

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def _serve(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        self.server.received.append(Received(self.command, path, dict(self.headers.items())))
        reply = self.server.next_reply(f"{self.command} {path}")
        payload, kind = reply.payload()
        self.send_response(reply.status)
        # Each answer has its own connection, so that closing the server leaves none open.
        fixed = {"Content-Length": str(len(payload)), "Connection": "close"}
        for name, value in {"Content-Type": kind, **reply.headers, **fixed}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the names http.server asks for


@contextmanager
def scripted(
    replies: Mapping[str, Reply | list[Reply]], *, certificate: Path | None = None
) -> Iterator[ScriptedServer]:
    """The server, running; with TLS if it is given a file with its certificate and key."""
    server = ScriptedServer(replies)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.url = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
