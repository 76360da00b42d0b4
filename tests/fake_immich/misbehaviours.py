"""What a broken, hostile or badly proxied server does instead of answering: each has a name.

A misbehaviour gets the request and the honest answer. It is another answer, or the bytes of the whole response, which
need not end: who writes them stops when the client hangs up.
"""

import gzip
import time
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from tests.fake_immich.requests import Answer, Json, Request

Misbehaviour = Callable[[Request, Answer], Answer | Iterable[bytes]]

NAP = 0.02
"""Seconds between two bytes of an answer that trickles: long for a test, and not for any timeout of a single read."""

_INFLATED = 1 << 27
"""What a bomb unpacks to: twice the longest page."""

_BLOCK = b"0" * (1 << 16)
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def _for_ever(block: bytes, head: bytes = b"") -> Iterator[bytes]:
    yield head
    while True:
        yield block


def _trickling(head: bytes, body: bytes) -> Iterator[bytes]:
    yield head
    for byte in body:
        time.sleep(NAP)
        yield bytes([byte])


def _head(answer: Answer, length: int, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {answer.kind}\r\nContent-Length: {length}\r\n\r\n".encode("latin-1")


def _packed(answer: Answer, coding: str, content: bytes) -> Answer:
    return Answer(answer.status, content=content, kind=answer.kind, headers={"Content-Encoding": coding})


@lru_cache
def _bomb() -> bytes:
    return gzip.compress(bytes(_INFLATED), 9)


def _trickling_body(_request: Request, answer: Answer) -> Iterator[bytes]:
    body = answer.payload()
    return _trickling(_head(answer, len(body) + 100_000), body + bytes(100_000))


def _trickling_head(_request: Request, _answer: Answer) -> Iterator[bytes]:
    return _trickling(b"", _OK + b"X-Slow: " + b"a" * 50_000)


def _longer(_request: Request, answer: Answer) -> Answer:
    return Answer(answer.status, content=answer.payload() + _BLOCK * 1024, kind=answer.kind)


def _other_bytes(_request: Request, answer: Answer) -> Answer:
    body = bytearray(answer.payload())
    body[len(body) // 2] ^= 1
    return Answer(answer.status, content=bytes(body), kind=answer.kind)


def _shorter(_request: Request, answer: Answer) -> Answer:
    return Answer(answer.status, content=answer.payload()[:-1], kind=answer.kind)


def _half_gzip(_request: Request, answer: Answer) -> Answer:
    packed = gzip.compress(answer.payload())
    return _packed(answer, "gzip", packed[: len(packed) // 2])


def _redirect(location: str) -> Misbehaviour:
    return lambda _request, _answer: Answer(
        302, content=b"elsewhere", kind="text/plain", headers={"Location": location}
    )


def _page(change: Callable[[Json, int], None]) -> Misbehaviour:
    """A search whose pages are the first one, changed; what is no search stays as it is."""
    first: dict[str, list[Json]] = {}

    def misbehave(request: Request, answer: Answer) -> Answer:
        if "search" in request.path and isinstance(answer.body, dict):
            page, number = answer.body["assets"], request.body["page"]
            if number == 1:
                first[request.headers["host"]] = page["items"]
            page["items"] = [dict(item) for item in first[request.headers["host"]]]
            change(page, number)
        return answer

    return misbehave


def _same_page(page: Json, number: int) -> None:
    page["nextPage"] = str(number + 1)


def _circle(page: Json, number: int) -> None:
    for item in page["items"]:
        item["id"] = f"{item['id'][:-1]}{number % 3}"
    page["nextPage"] = str(number + 1)


def _empty_pages(page: Json, number: int) -> None:
    page["items"] = []
    page["nextPage"] = str(number + 1)


def _endless_pages(page: Json, number: int) -> None:
    page["items"] = [{**item, "id": f"{number:08x}{item['id'][8:]}"} for item in page["items"]]
    page["nextPage"] = str(number + 1)


def _backwards(page: Json, _number: int) -> None:
    page["nextPage"] = "1"


def forms_of(key: str) -> tuple[str, ...]:
    """The key as a server may repeat it: as it is, in an address, in base64 alone or after a user's name."""
    basic = b64encode(f"user:{key}".encode()).decode()
    return key, quote(key, safe=""), b64encode(key.encode()).decode(), basic


def _echo(request: Request) -> str:
    return " | ".join(forms_of(request.headers.get("x-api-key", "no-key")))


def _echo_in_message(request: Request, _answer: Answer) -> Answer:
    return Answer(400, {"message": f"Rejected: x-api-key: {_echo(request)}", "error": "Bad Request"})


def _echo_in_permission(request: Request, _answer: Answer) -> Answer:
    return Answer(403, {"message": f"Missing required permission: {request.headers.get('x-api-key')}"})


def _echo_in_reason(request: Request, answer: Answer) -> Iterator[bytes]:
    yield _head(answer, 2, f"400 {_echo(request)}") + b"{}"


def _echo_in_redirect(request: Request, _answer: Answer) -> Answer:
    key = request.headers.get("x-api-key", "no-key")
    return Answer(302, content=b"", kind="text/plain", headers={"Location": f"http://{key}.example/{key}?k={key}"})


def _echo_in_type(request: Request, _answer: Answer) -> Answer:
    return Answer(200, content=b"{}", kind=f"text/html; key={_echo(request)}; \x1b]0;owned\x07")


_NASTY = "\x1b[2J\x1b]0;owned\x07\u202egpj\r\nERROR forged line"


def _nasty_message(_request: Request, _answer: Answer) -> Answer:
    return Answer(400, {"message": [_NASTY, {"deep": _NASTY}], "errors": [{"path": [_NASTY], "message": _NASTY}]})


MISBEHAVIOURS: Final[dict[str, Misbehaviour]] = {
    # never ends
    "a body without end": lambda _r, _a: _for_ever(_BLOCK, _OK + b"\r\n"),
    "a body of a byte at a time": _trickling_body,
    "a head of a byte at a time": _trickling_head,
    "headers without end": lambda _r, _a: _for_ever(b"X-More: " + b"a" * 1000 + b"\r\n", _OK),
    "a header line without end": lambda _r, _a: _for_ever(_BLOCK, _OK + b"X-Long: "),
    "interim answers without end": lambda _r, _a: _for_ever(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "a chunk size without end": lambda _r, _a: _for_ever(_BLOCK, _OK + b"Transfer-Encoding: chunked\r\n\r\n"),
    "trailers without end": lambda _r, _a: _for_ever(
        b"X-More: a\r\n" * 1000, _OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
    ),
    "an error without end": lambda _r, _a: _for_ever(_BLOCK, b"HTTP/1.1 500 No\r\nContent-Type: text/html\r\n\r\n"),
    "a busy answer without end": lambda _r, _a: _for_ever(_BLOCK, b"HTTP/1.1 503 Busy\r\n\r\n"),
    "a redirect without end": lambda _r, _a: _for_ever(_BLOCK, b"HTTP/1.1 302 Found\r\nLocation: /api/x\r\n\r\n"),
    # unpacks to much more than was sent, or to nothing
    "a gzip bomb": lambda _r, a: _packed(a, "gzip", _bomb()),
    "a gzip bomb in gzip": lambda _r, a: _packed(a, "gzip, gzip", gzip.compress(_bomb() * 64, 9)),
    "a deflate bomb": lambda _r, a: _packed(a, "deflate", zlib.compress(bytes(_INFLATED), 1)),
    "a coding nobody asked for": lambda _r, a: _packed(a, "br", a.payload()),
    "half a gzip": _half_gzip,
    "no gzip": lambda _r, a: _packed(a, "gzip", a.payload()),
    # leads nowhere
    "a redirect to itself": lambda r, _a: _redirect(r.path)(r, _a),
    "a redirect to no address": _redirect("http://[::1"),
    "a redirect with another user": _redirect("https://somebody@127.0.0.1/api/server/version"),
    "the same page again": _page(_same_page),
    "pages in a circle": _page(_circle),
    "empty pages": _page(_empty_pages),
    "pages without end": _page(_endless_pages),
    "pages backwards": _page(_backwards),
    # is not what was asked for
    "longer than announced": _longer,
    "shorter than announced": _shorter,
    "other bytes": _other_bytes,
    "no JSON": lambda _r, _a: Answer(200, content=b"{'no': json}"),
    "JSON without a floor": lambda _r, _a: Answer(200, content=b"[" * 200_000 + b"]" * 200_000),
    "null": lambda _r, _a: Answer(200, content=b"null"),
    "a number without end": lambda _r, _a: Answer(200, content=b"9" * 100_000),
    "half a surrogate": lambda _r, a: Answer(a.status, content=a.payload().replace(b'"id"', b'"\\ud800": NaN, "id"')),
    # speaks to the terminal, or tells the key
    "a message for the terminal": _nasty_message,
    "the key in a message": _echo_in_message,
    "the key as a permission": _echo_in_permission,
    "the key in the reason": _echo_in_reason,
    "the key in a redirect": _echo_in_redirect,
    "the key in the kind": _echo_in_type,
}
"""Every way to misbehave, by name."""
