"""Who may talk to a review: its names, its token, and the pages from which calls come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from bestshot.errors import UsageError
from bestshot.review.gate import Gate, Listening
from bestshot.review.refusal import RefusedError

HERE = Listening("127.0.0.1", 8080)


def test_a_token_opens_as_often_as_it_is_shown_and_a_ticket_once() -> None:
    gate = Gate(HERE)
    ticket = gate.ticket()
    session = gate.session_for(gate.token)
    assert gate.session_for(ticket) == gate.session_for(gate.token) == session
    with pytest.raises(RefusedError, match="not the token"):
        gate.session_for(ticket)
    gate.check_session(session)


@given(st.text())
def test_nothing_else_opens(text: str) -> None:
    gate = Gate(HERE)
    with pytest.raises(RefusedError):
        gate.session_for(text)
    with pytest.raises(RefusedError):
        gate.check_session(text)


def test_neither_the_token_nor_a_ticket_is_the_session_so_that_a_cookie_tells_neither() -> None:
    gate = Gate(HERE)
    session = gate.session_for(gate.token)
    for secret in (gate.token, gate.ticket(), None, ""):
        with pytest.raises(RefusedError):
            gate.check_session(secret)
    with pytest.raises(RefusedError):
        gate.session_for(session)


@pytest.mark.parametrize(
    ("listening", "host", "is_ours"),
    [
        (HERE, "127.0.0.1:8080", True),
        (HERE, "localhost:9000", True),  # as by ssh -L
        (HERE, "[::1]:8080", True),
        (HERE, "evil.example:8080", False),
        (HERE, "192.168.1.5:8080", False),
        (HERE, "127.0.0.1.evil.example:8080", False),
        (HERE, "", False),
        (HERE, "[::1", False),
        (Listening("192.168.1.5", 8080), "192.168.1.5:8080", True),
        (Listening("192.168.1.5", 8080), "192.168.1.6:8080", False),
        (Listening("0.0.0.0", 8080), "192.168.1.6:8080", True),
        (Listening("0.0.0.0", 8080), "nas.evil.example:8080", False),
        (Listening("::", 8080), "[fd00::5]:8080", True),
    ],
)
def test_only_names_that_no_other_site_can_have_are_ours(listening: Listening, host: str, is_ours: bool) -> None:
    assert listening.is_named(host) is is_ours


@pytest.mark.parametrize(
    ("method", "headers", "is_let_in"),
    [
        ("POST", {"Origin": "http://127.0.0.1:8080"}, True),
        ("POST", {"Sec-Fetch-Site": "same-origin", "Origin": "https://photos.example"}, True),  # a proxy with TLS
        ("POST", {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8080"}, False),
        ("POST", {"Sec-Fetch-Site": "same-site"}, False),  # another port of this machine
        ("POST", {"Origin": "http://127.0.0.1:3000"}, False),
        ("POST", {"Origin": "null"}, False),
        ("POST", {}, False),
        ("DELETE", {}, False),
        ("GET", {}, True),
        ("GET", {"Sec-Fetch-Site": "none"}, True),
        ("GET", {"Sec-Fetch-Site": "cross-site"}, False),
    ],
)
def test_only_the_page_itself_may_call(method: str, headers: dict[str, str], is_let_in: bool) -> None:
    gate, call = Gate(HERE), Headers({"Host": "127.0.0.1:8080", **headers})
    if is_let_in:
        gate.check_page(method, call)
    else:
        with pytest.raises(RefusedError, match="Only the page"):
            gate.check_page(method, call)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        ("localhost:0", "127.0.0.1", 0),
        ("0.0.0.0:65535", "0.0.0.0", 65535),
        ("[::1]:8080", "::1", 8080),
    ],
)
def test_an_address_to_listen_on_has_a_port(text: str, host: str, port: int) -> None:
    assert Listening.parse(text) == Listening(host, port)


@pytest.mark.parametrize(
    "text", ["", "8080", "127.0.0.1", ":8080", "nas:8080", "1.2.3.4:99999", "a@127.0.0.1:80", "/x:1"]
)
def test_what_is_no_such_address_is_explained(text: str) -> None:
    with pytest.raises(UsageError, match="write it like"):
        Listening.parse(text)


def test_the_address_for_a_browser_is_one_that_it_can_open() -> None:
    addresses = [Listening(host, 80).address for host in ("127.0.0.1", "0.0.0.0", "::", "::1", "10.0.0.5")]
    assert addresses == [
        "http://127.0.0.1:80",
        "http://127.0.0.1:80",
        "http://[::1]:80",
        "http://[::1]:80",
        "http://10.0.0.5:80",
    ]
