"""How calls travel: retries, redirects, certificates, and a key that shows up nowhere but in its header."""

import io
import os
import pickle
from pathlib import Path

import pytest

from bestshot.errors import (
    NotImmichError,
    RejectedError,
    TooOldError,
    UnreachableError,
    UsageError,
    WrongKeyError,
)
from bestshot.immich.calls import AssetChange
from bestshot.immich.client import ImmichClient
from bestshot.immich.failures import RetryPolicy
from bestshot.immich.http import api_url, moved
from bestshot.immich.keys import KeyFromEnvironment, KeyFromFile, KeyInProcess, KeySource
from tests.support.each import every
from tests.support.immich.scripted_server import CERTIFICATE, Reply, ScriptedServer, scripted

KEY = "not-to-be-seen-anywhere"
AT_ONCE = RetryPolicy(connect=5, answer=5, backoff=0)
VERSION = {"GET /api/server/version": Reply(body={"major": 2, "minor": 7, "patch": 5})}
PONG = Reply(body={"res": "pong"})
ME = Reply(body={"id": "me", "name": "Me"})
PAGE = Reply(body=b"<!doctype html><html></html>", headers={"Content-Type": "text/html"})
ALBUM = {"id": "a", "albumName": "Trip", "updatedAt": "2026-01-01T00:00:00.000Z"}


def client_of(server: ScriptedServer, *, verify: bool | Path = True) -> ImmichClient:
    return ImmichClient(server.url, KEY, policy=AT_ONCE, verify=verify)


def asked(server: ScriptedServer, path: str) -> int:
    return sum(request.path == path for request in server.received)


@every(
    "given, api",
    [
        ("http://host:2283", "http://host:2283/api"),
        ("http://host:2283/", "http://host:2283/api"),
        ("http://host:2283/api", "http://host:2283/api"),
        ("http://host:2283/api/", "http://host:2283/api"),
        (" https://host/photos/api/ ", "https://host/photos/api"),
        ("https://host/photos", "https://host/photos/api"),
        ("192.168.1.5:2283", "http://192.168.1.5:2283/api"),
        ("http://[::1]:2283", "http://[::1]:2283/api"),
    ],
)
def test_addresses_work_with_or_without_api_slash_and_sub_path(given: str, api: str) -> None:
    assert api_url(given) == api


@every("given", ["", "http://", "ftp://host", "http://host:port", "http://[::1", "http://host:0"])
def test_what_is_no_address_is_said(given: str) -> None:
    with pytest.raises(UsageError, match="is not that of an Immich server"):
        api_url(given)


@pytest.mark.parametrize("given", ["http://user:s3cret@host", "http://host?apiKey=s3cret", "http://host#s3cret"])
def test_a_secret_in_the_address_is_refused_and_not_quoted(given: str) -> None:
    with pytest.raises(UsageError, match="not contain a user name, password or key") as caught:
        api_url(given)
    assert "s3cret" not in str(caught.value)


def test_ping_finds_new_and_old_servers() -> None:
    for path in ("/api/server/ping", "/api/server-info/ping"):
        with scripted({f"GET {path}": PONG}) as server:
            assert client_of(server).ping()


@every("reply", [PAGE, Reply(406), Reply(body={"res": "ping"}), Reply(body={"ok": True}), Reply(500), Reply(404, b"")])
def test_ping_tells_anything_else_from_immich(reply: Reply) -> None:
    with scripted({"GET /api/server/ping": reply, "GET /api/server-info/ping": reply}) as server:
        assert not client_of(server).ping()


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with scripted({}) as server:
        client = client_of(server)
    assert not client.ping()
    with pytest.raises(UnreachableError, match="is it running") as caught:
        client.get_version()
    assert server.url in str(caught.value)


def test_a_web_page_in_place_of_the_api_is_not_immich() -> None:
    with (
        scripted({"GET /api/server/version": PAGE}) as server,
        pytest.raises(NotImmichError, match="check the address"),
    ):
        client_of(server).get_version()


def test_an_old_server_is_too_old() -> None:
    old = Reply(body={"major": 1, "minor": 94, "patch": 1})
    with scripted({"GET /api/server-info/version": old}) as server, pytest.raises(TooOldError):
        client_of(server).get_current_user()


def test_the_version_is_asked_for_once_and_without_the_key() -> None:
    with scripted(
        {**VERSION, "GET /api/users/me": ME, "GET /api/api-keys/me": Reply(body={"permissions": ["all"]})}
    ) as server:
        client = client_of(server)
        client.get_version()
        client.get_current_user()
        assert client.get_key_permissions() == frozenset({"all"})
    assert asked(server, "/api/server/version") == 1
    assert [KEY in request.headers.values() for request in server.received] == [False, True, True]


@every("status", [429, 502, 503, 504])
def test_reads_are_repeated_while_the_server_is_busy(status: int) -> None:
    busy = Reply(status, {"message": "busy"}, {"Retry-After": "0"} if status == 429 else {})
    with scripted({**VERSION, "GET /api/users/me": [busy, busy, ME]}) as server:
        assert client_of(server).get_current_user().id == "me"
    assert asked(server, "/api/users/me") == 3


def test_a_server_that_stays_busy_is_unreachable_after_a_few_tries() -> None:
    with scripted({**VERSION, "GET /api/users/me": Reply(503)}) as server, pytest.raises(UnreachableError, match="503"):
        client_of(server).get_current_user()
    assert asked(server, "/api/users/me") == AT_ONCE.retries + 1


def test_a_failing_server_is_not_asked_again() -> None:
    failing = Reply(500, {"message": "Failed to get user"})
    with scripted({**VERSION, "GET /api/users/me": failing}) as server, pytest.raises(RejectedError, match="its log"):
        client_of(server).get_current_user()
    assert asked(server, "/api/users/me") == 1


def test_a_call_that_may_do_harm_twice_is_repeated_only_if_it_was_not_taken() -> None:
    with scripted({**VERSION, "POST /api/albums": [Reply(429), Reply(201, ALBUM)]}) as server:
        assert client_of(server).create_album("Trip").name == "Trip"
    with scripted({**VERSION, "POST /api/albums": [Reply(502), Reply(201, ALBUM)]}) as server:
        with pytest.raises(UnreachableError):
            client_of(server).create_album("Trip")
        assert asked(server, "/api/albums") == 1


@pytest.mark.parametrize(("seconds", "waits"), [("7", 7), ("86400", 60)])
def test_retry_after_is_honoured_but_not_for_hours(seconds: str, waits: int) -> None:
    from urllib3 import HTTPResponse

    response = HTTPResponse(status=429, headers={"Retry-After": seconds})
    assert RetryPolicy().retry(is_repeatable=True).get_retry_after(response) == waits


def test_the_waits_between_retries_grow_and_vary() -> None:
    from urllib3.util.retry import RequestHistory

    retry = RetryPolicy(backoff=1).retry(is_repeatable=True)
    retry.history = (RequestHistory("GET", "/", None, 503, None),) * 3
    waits = {retry.get_backoff_time() for _ in range(20)}
    assert len(waits) > 1
    assert all(4 <= wait <= 5 for wait in waits)


def test_a_redirect_to_another_host_is_refused_and_gets_no_key() -> None:
    with scripted({"GET /api/server/version": Reply(body={"major": 2, "minor": 7, "patch": 5})}) as other:
        elsewhere = other.url.replace("127.0.0.1", "localhost")
        away = Reply(302, headers={"Location": f"{elsewhere}/api/server/version"})
        with scripted({"GET /api/server/version": away}) as server, pytest.raises(NotImmichError, match="that address"):
            client_of(server).get_version()
        assert not other.received


def test_a_redirect_of_a_call_with_the_key_is_not_followed() -> None:
    with scripted({}) as other:
        away = Reply(307, headers={"Location": f"{other.url}/api/users/me"})
        with scripted({**VERSION, "GET /api/users/me": away}) as server, pytest.raises(NotImmichError):
            client_of(server).get_current_user()
        assert not other.received


@every(
    "target, api",
    [
        ("https://host/api/server/ping", "https://host/api"),
        ("https://host:8443/sub/api/server/ping", "https://host:8443/sub/api"),
        ("http://host:8080/api/server/ping", None),
        ("https://other/api/server/ping", None),
        ("https://host/login", None),
        ("https://host/api/server/ping?next=1", None),
    ],
)
def test_only_a_move_of_the_same_host_to_tls_is_taken_over(target: str, api: str | None) -> None:
    assert moved("http://host/api", target, "server/ping") == api


def test_a_move_to_tls_is_found_before_the_key_is_sent(tmp_path: Path) -> None:
    certificate = _certificate(tmp_path)
    with scripted({**VERSION, "GET /api/users/me": ME}, certificate=certificate) as secure:
        away = Reply(301, headers={"Location": f"{secure.url}/api/server/version"})
        with scripted({"GET /api/server/version": away}) as plain:
            url = plain.url.replace("127.0.0.1", "localhost")
            client = ImmichClient(url, KEY, policy=AT_ONCE, verify=certificate)
            assert client.get_current_user().id == "me"
    assert all(KEY not in request.headers.values() for request in plain.received)
    assert KEY in secure.received[-1].headers.values()


def test_certificates_are_verified_unless_told_otherwise(tmp_path: Path) -> None:
    certificate = _certificate(tmp_path)
    with scripted(VERSION, certificate=certificate) as server:
        with pytest.raises(UnreachableError, match="--immich-ca"):
            ImmichClient(server.url, KEY, policy=RetryPolicy(retries=0)).get_version()
        assert str(client_of(server, verify=certificate).get_version()) == "2.7.5"
        assert str(client_of(server, verify=False).get_version()) == "2.7.5"


def test_a_missing_certificate_file_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        ImmichClient("http://host", KEY, verify=tmp_path / "none.pem")


def test_a_page_in_place_of_a_picture_is_no_picture() -> None:
    places = {"GET /api/assets/x/original": PAGE, "GET /api/assets/x/thumbnail": PAGE}
    with scripted({**VERSION, **places}) as server:
        for fetch in (client_of(server).download_asset, client_of(server).get_asset_thumbnail):
            with pytest.raises(NotImmichError, match="instead of a picture"):
                fetch("x")


def test_an_original_is_saved_from_the_beginning_of_the_file() -> None:
    stream = io.BytesIO(b"something longer from before")
    with scripted({**VERSION, "GET /api/assets/x/original": Reply(body=b"picture")}) as server:
        client_of(server).save_asset("x", stream)
    assert stream.getvalue() == b"picture"


def test_cookies_are_not_kept_and_netrc_is_not_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = home / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    cookie = Reply(body={"permissions": ["all"]}, headers={"Set-Cookie": "immich_access_token=1; Path=/"})
    with scripted({**VERSION, "GET /api/api-keys/me": cookie, "GET /api/users/me": ME}) as server:
        client = client_of(server)
        client.get_key_permissions()
        client.get_current_user()
    assert all({"Cookie", "Authorization"}.isdisjoint(request.headers) for request in server.received)


def test_the_key_is_in_no_representation_pickle_error_or_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    said = []
    with scripted({**VERSION, "GET /api/users/me": [Reply(503), Reply(401, {"message": "Invalid API key"})]}) as server:
        client = client_of(server)
        with pytest.raises(WrongKeyError) as caught:
            client.get_current_user()
        said += [str(caught.value), repr(caught.value), repr(client), str(vars(client))]
    said += [repr(KeyInProcess(KEY)), caplog.text, *(request.path for request in server.received)]
    assert caplog.records
    assert not [text for text in said if KEY in text]
    assert KEY.encode() not in pickle.dumps(client)


def test_a_pickled_client_takes_the_key_from_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted({**VERSION, "GET /api/users/me": ME}) as server:
        client = client_of(server)
        client.get_version()
        worker = pickle.loads(pickle.dumps(client))
        with pytest.raises(WrongKeyError, match="IMMICH_API_KEY"):
            worker.get_current_user()
        monkeypatch.setenv("IMMICH_API_KEY", KEY)
        assert worker.get_current_user().id == "me"
    assert asked(server, "/api/server/version") == 1, "the version travels along"


def test_a_key_file_and_a_variable_are_read_without_white_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n", encoding="utf-8")
    monkeypatch.setenv("MY_KEY", f" {KEY} ")
    assert KeyFromFile(str(file)).read() == KeyFromEnvironment("MY_KEY").read() == KEY
    assert pickle.loads(pickle.dumps(KeyFromFile(str(file)))) == KeyFromFile(str(file))


def test_what_is_no_key_is_said_without_quoting_it(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    files = [binary, tmp_path / "none"]
    sources: list[KeySource] = [KeyFromEnvironment("NO_SUCH"), *(KeyFromFile(str(file)) for file in files)]
    sources += [KeyInProcess(text) for text in ("two s3crets", "s3cret\nInjected: 1", "s3crét", " ")]
    for source in sources:
        with pytest.raises(WrongKeyError) as caught:
            source.read()
        assert "s3cr" not in str(caught.value)


def test_a_key_file_that_assigns_the_key_is_told_to_hold_it_alone(tmp_path: Path) -> None:
    for text in ("IMMICH_API_KEY=s3cret", "export KEY = s3cret\n"):
        (tmp_path / "key").write_text(text)
        with pytest.raises(WrongKeyError, match="the key alone") as caught:
            KeyFromFile(str(tmp_path / "key")).read()
        assert "s3cr" not in str(caught.value)
    (tmp_path / "key").write_text("abc+/def==")
    assert KeyFromFile(str(tmp_path / "key")).read() == "abc+/def=="


@pytest.mark.skipif(os.name != "posix", reason="only there files have such permissions")
def test_a_key_file_that_others_can_read_is_known(tmp_path: Path) -> None:
    for mode in (0o600, 0o400, 0o640, 0o644):
        (tmp_path / "key").write_text(KEY)
        (tmp_path / "key").chmod(mode)
        assert KeyFromFile(str(tmp_path / "key")).is_open_to_others == bool(mode & 0o044)
        (tmp_path / "key").unlink()
    assert not KeyFromFile(str(tmp_path / "none")).is_open_to_others


@pytest.mark.skipif(os.name != "posix", reason="only there files have such permissions")
def test_a_key_that_systemd_hands_over_is_no_open_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lets the service in by an access list, which shows in the bits of the group."""
    key = tmp_path / "immich-api-key"
    key.write_text(KEY)
    key.chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "another"))
    assert KeyFromFile(str(key)).is_open_to_others
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert not KeyFromFile(str(key)).is_open_to_others


def test_https_to_a_server_that_speaks_http_asks_for_http() -> None:
    with scripted(VERSION) as server, pytest.raises(UnreachableError, match="http://"):
        ImmichClient(server.url.replace("http://", "https://"), KEY, policy=AT_ONCE).get_version()


def test_a_wrong_key_is_not_taken_for_a_bad_id() -> None:
    wrong = Reply(401, {"message": "Invalid API key"})
    with scripted({**VERSION, "PUT /api/assets": wrong}) as server, pytest.raises(WrongKeyError):
        client_of(server).update_assets(["a", "b", "c"], AssetChange(is_favorite=True))
    assert asked(server, "/api/assets") == 1


def _certificate(folder: Path) -> Path:
    path = folder / "localhost.pem"
    path.write_text(CERTIFICATE, encoding="utf-8")
    return path
