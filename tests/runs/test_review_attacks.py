"""What a review answers to whoever is not its page, or speaks to it as no page does: a sentence, and nothing else."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bestshot.review.app import MOST_BYTES
from bestshot.settings.settings import Settings
from tests.support.drawn_library import add_burst
from tests.support.review_client import Answer, ReviewClient, ServedReview, served_review, settings_at

READING = (
    "/api/library",
    "/api/groups/1",
    "/api/photos/0/picture?edge=320",
    "/api/photos/0/original",
    "/api/changes?since=0",
    "/api/summary",
    "/api/choices",
    "/api/history",
    "/api/history/1",
)
ACTING = {
    "/api/decisions": {"group": 1, "photo": 1, "what": "best", "value": True},
    "/api/undo-decision": {},
    "/api/seen": {"groups": [1], "value": True},
    "/api/place": {"group": 1},
    "/api/several": [{"path": "/api/place", "body": {"group": 1}}],
    "/api/preview": {"tag": True},
    "/api/apply": {"tag": True},
    "/api/cancel": {},
    "/api/undo": {"run": 1, "look": True},
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("attacked")
    add_burst(folder / "photos")
    (folder / "secret.jpg").write_bytes(b"not a photo of this library")
    return settings_at(folder / "home", folder / "photos")


@pytest.fixture(scope="module")
def review(settings: Settings) -> Iterator[ServedReview]:
    with served_review(settings) as review:
        yield review


@pytest.fixture(scope="module")
def window(review: ServedReview) -> ReviewClient:
    return review.window()


def refused(answer: Answer, status: int) -> None:
    """It was refused, in a sentence, and nothing may be kept of it."""
    assert answer.status == status, answer.body
    assert set(answer.told) == {"error"}
    assert re.fullmatch(r"[A-Z].*[.]", answer.error)
    assert answer.headers["Cache-Control"] == "no-store"


def untouched(settings: Settings) -> bool:
    """Whether nothing was decided, and no photo was marked."""
    photos = Path(settings.source[0])
    return not list(Path(settings.state_dir).glob("*")) and {path.suffix for path in photos.iterdir()} == {".jpg"}


def test_nothing_is_told_or_done_without_the_token(review: ServedReview, settings: Settings) -> None:
    stranger = ReviewClient(review.served.address)
    for path in READING:
        refused(stranger.call("GET", path), 401)
    for path, body in ACTING.items():
        refused(stranger.call("POST", path, body), 401)
    assert untouched(settings)


@pytest.mark.parametrize("token", ["", "x", "\u00e9" * 50, "A" * 43])
def test_another_token_opens_nothing(review: ServedReview, token: str) -> None:
    stranger = ReviewClient(review.served.address)
    answer = stranger.call("POST", "/api/session", {"token": token})
    refused(answer, 401)
    assert answer.headers["Set-Cookie"] is None
    stranger.cookie = f"review-{urlsplit(stranger.address).port}={token.encode().hex()}"
    refused(stranger.call("GET", "/api/library"), 401)


def test_the_cookie_is_not_for_scripts_nor_for_other_sites(review: ServedReview) -> None:
    token = urlsplit(review.served.address).fragment
    cookie = ReviewClient(review.served.address).call("POST", "/api/session", {"token": token}).headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in str(cookie).split(";")}
    assert token not in str(cookie)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "8.8.8.8", ""]
)
def test_another_name_that_leads_here_is_told_nothing_even_with_the_cookie(window: ReviewClient, host: str) -> None:
    """DNS rebinding: a page of another site has its own name lead to this machine."""
    for path in ("/", "/page/review.js", *READING):
        refused(window.call("GET", path, Host=host), 421)
    refused(window.call("POST", "/api/place", {"group": 1}, Host=host, Origin=f"http://{host}"), 421)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Origin": None},
        {"Origin": None, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_the_page_of_another_site_does_nothing_in_the_name_of_whoever_is_signed_in(
    window: ReviewClient, settings: Settings, headers: dict[str, str | None]
) -> None:
    for path, body in ACTING.items():
        refused(window.call("POST", path, body, **headers), 403)
    assert untouched(settings)


def test_a_form_or_a_script_of_another_kind_cannot_call(window: ReviewClient, settings: Settings) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", None):
        for path, body in ACTING.items():
            refused(window.call("POST", path, body, Content_Type=kind), 415)
    assert untouched(settings)


def test_another_page_reads_no_picture_and_shows_this_one_in_no_frame(window: ReviewClient) -> None:
    for path in READING:
        refused(window.call("GET", path, Sec_Fetch_Site="cross-site"), 403)
        answer = window.call("GET", path)
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Access-Control-Allow-Origin"] is None


def test_every_answer_lets_browsers_load_nothing_from_elsewhere(window: ReviewClient) -> None:
    for path in ("/", "/api/library", "/api/none", "/page/none.js"):
        headers = window.call("GET", path).headers
        policy = dict(part.strip().partition(" ")[::2] for part in str(headers["Content-Security-Policy"]).split(";"))
        assert policy.pop("default-src") == policy.pop("base-uri") == policy.pop("form-action") == "'none'"
        assert policy.pop("frame-ancestors") == "'none'"
        assert set(policy.values()) == {"'self'"}
        assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
        assert headers["Server"] is None


@pytest.mark.parametrize(
    "path",
    [
        "/page/../app.py",
        "/page/..%2fapp.py",
        "/page/%2e%2e/app.py",
        "/page/..%5capp.py",
        "/page//etc/passwd",
        "/page/%00index.html",
        "/../../../../etc/passwd",
        "/page/",
        "/static/index.html",
        "/api",
        "/api/photos/0",
        "/api/photos/-1/original",
        "/api/photos/3/original",
        "/api/photos/99999999999999999999999/original",
        "/api/photos/..%2fsecret.jpg/original",
        "/api/photos/0/picture/../../../secret.jpg",
        "/api/groups/0",
        "/api/groups/-1",
        "/api/history/999",
    ],
)
def test_there_is_nothing_at_other_addresses(window: ReviewClient, path: str) -> None:
    refused(window.call("GET", path), 404)


@pytest.mark.parametrize(
    "query", ["", "?edge=", "?edge=321", "?edge=-1", "?edge=1e9", "?edge=99999999999999999999", "?edge=x"]
)
def test_pictures_come_in_a_few_sizes_only(window: ReviewClient, query: str) -> None:
    refused(window.call("GET", f"/api/photos/0/picture{query}"), 400)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD"])
def test_other_methods_do_nothing(window: ReviewClient, settings: Settings, method: str) -> None:
    for path in ACTING:
        answer = window.call(method, path, Origin=f"http://{window.netloc}")
        assert answer.status == 405, path
    assert untouched(settings)


def test_what_acts_is_not_got_and_what_tells_is_not_posted(window: ReviewClient, settings: Settings) -> None:
    for path in ACTING:
        refused(window.call("GET", path), 405)
    for path in READING:
        refused(window.call("POST", path, {}), 405)
    assert untouched(settings)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"group": 1e400}',
        b'{"group": NaN}',
        b'{"group": "1", "what": "best", "photo": 1}',
        b'{"group": 1, "what": "delete", "photo": 1}',
        b'{"group": true, "what": "skip"}',
        b'{"group": 1, "what": "best", "photo": "../../secret.jpg"}',
        b'{"group": 1, "what": "skip", "value": 1}',
        b"[" * 20_000,
        b'{"group":' * 5_000,
    ],
)
def test_what_is_no_such_call_is_not_followed(window: ReviewClient, settings: Settings, body: bytes) -> None:
    refused(window.call("POST", "/api/decisions", body), 400)
    assert untouched(settings)


@pytest.mark.parametrize(("group", "photo"), [(0, 1), (99, 1), (-1, 1), (1, 99), (1, -1), (1, None), (2**70, 1)])
def test_nothing_is_decided_about_what_is_not_in_the_review(
    window: ReviewClient, settings: Settings, group: int, photo: int | None
) -> None:
    answer = window.call("POST", "/api/decisions", {"group": group, "photo": photo, "what": "best", "value": True})
    refused(answer, 404)
    assert untouched(settings)


FIELDS = ("group", "photo", "what", "value", "groups", "run", "look", "folder", "link", "rate", "token", "x")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(10) | st.integers(max_value=-1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=8,
)


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from([path for path in ACTING if path not in ("/api/seen", "/api/cancel")]), body=VALUES)
def test_whatever_is_sent_is_answered_in_a_sentence_and_breaks_nothing(
    window: ReviewClient, settings: Settings, path: str, body: object
) -> None:
    answer = window.call("POST", path, body)
    refused(answer, answer.status)
    assert 400 <= answer.status < 500
    assert untouched(settings)


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["/", "/page/", "/api/", "/api/photos/", "/api/groups/"]), st.text(max_size=20), st.text(max_size=9)
)
def test_whatever_is_asked_for_is_answered(window: ReviewClient, start: str, rest: str, query: str) -> None:
    asked = f"{start}{quote(rest, safe='/.%')}?{quote(query)}"
    assert window.call("GET", asked).status < 500


def test_a_call_that_is_too_long_is_not_read(window: ReviewClient) -> None:
    whole = json.dumps({"groups": [1] * MOST_BYTES}).encode()
    refused(window.call("POST", "/api/seen", whole), 413)


def test_a_call_that_says_it_is_endless_is_refused_at_once(review: ServedReview) -> None:
    parts = urlsplit(review.served.address)
    with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=30) as connection:
        connection.sendall(
            f"POST /api/session HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 999999999999\r\n\r\n".encode()
        )
        assert b" 413 " in connection.recv(100)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",  # TLS
        b"GET /api/library\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000,
    ],
)
def test_what_is_no_http_of_a_browser_is_told_nothing(review: ServedReview, window: ReviewClient, raw: bytes) -> None:
    parts = urlsplit(review.served.address)
    with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=30) as connection:
        answer = b""
        with suppress(OSError):  # it may hang up in the middle
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                answer += piece
    assert b" 200 " not in answer
    assert b'"groups"' not in answer
    assert window.call("GET", "/api/summary").status == 200


def test_slow_clients_keep_nobody_else_waiting(review: ServedReview, window: ReviewClient) -> None:
    parts = urlsplit(review.served.address)
    where = (str(parts.hostname), parts.port or 0)
    slow = [socket.create_connection(where, timeout=30) for _ in range(60)]
    try:
        for connection in slow:
            connection.sendall(
                f"POST /api/session HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 50\r\n\r\n{{".encode()
            )
        assert window.call("GET", "/api/library").status == 200
    finally:
        for connection in slow:
            connection.close()


def test_a_folder_of_another_program_is_no_place_for_an_output(window: ReviewClient, settings: Settings) -> None:
    foreign = Path(settings.source[0]).parent / "Lightroom.lrdata"
    foreign.mkdir(exist_ok=True)
    job = window.done("/api/preview", {"folder": str(foreign / "out")})
    assert (job["state"], "is in a folder of" in job["error"]) == ("failed", True)
