"""Sending calls to an Immich server, with pooled connections, timeouts, retries, and errors as sentences."""

import io
import os
import threading
from base64 import b64encode
from collections.abc import Callable, Collection
from functools import lru_cache
from hashlib import sha1
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
import urllib3
from urllib3.exceptions import HTTPError, InsecureRequestWarning, ReadTimeoutError
from urllib3.util.retry import Retry

from bestshot import __version__
from bestshot.errors import BrokenAnswerError, NotImmichError, UnreachableError, UsageError
from bestshot.immich.answers import WirePong, WireVersion, read
from bestshot.immich.calls import Call
from bestshot.immich.failures import RetryPolicy, failure
from bestshot.immich.keys import KeySource
from bestshot.immich.transport.bodies import CODING, blocks, short_body
from bestshot.immich.transport.connections import BoundedAdapter, allowing, is_time_up, session
from bestshot.immich.versions import Dialect, Task, Version
from bestshot.text import printable

T = TypeVar("T")

_POOL_SIZE = 32
"""Connections that are kept open."""

_LONGEST_MESSAGE = 1 << 16
"""Bytes of an error: Immich's have a few hundred, and of web pages nothing is read."""

_HEADERS = {
    # Without text/html, newer servers return 406 for a wrong path instead of their web app.
    "Accept": "application/json, image/*, video/*, application/octet-stream",
    "Accept-Encoding": CODING,
    "User-Agent": f"photo-organizer/{__version__}",
}
_NO_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
"""What OpenSSL says, in its versions, of an answer that is not TLS."""

_LONGEST_HOST = 80
"""Characters that are shown of a host, or of a type of content."""

_NO_PICTURES = ("text/html", "application/json")
"""Content types of error pages and messages, which some proxies send with status 200."""

Verify = bool | str | Path
"""Whether certificates are verified, or a file with the certificate authorities to trust."""

Sign = Callable[[requests.PreparedRequest], requests.PreparedRequest]
"""Adds the key to a request; since every request has one, `requests` never reads ~/.netrc."""


class ImmichServer:
    """One server, used with one key, by any number of threads.

    It is pickled without its key and connections, but with the detected version. All instances in a process share open
    connections, since a worker gets another copy with each batch and should not connect again.
    """

    def __init__(
        self,
        url: str,
        key: KeySource,
        *,
        verify: Verify = True,
        policy: RetryPolicy | None = None,
        tasks: Collection[Task] = tuple(Task),
    ) -> None:
        self._api = api_url(url)
        self._key = key
        self._verify = _checked_ca(verify)
        self._policy = policy or RetryPolicy()
        self._tasks = frozenset(tasks)
        self._dialect: Dialect | None = None
        self._prepare()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_lock", "_sessions")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._prepare()

    @property
    def url(self) -> str:
        """The address of the API."""
        return self._api

    @property
    def dialect(self) -> Dialect:
        """What the server's version supports; requested once, without the key."""
        with self._lock:
            if self._dialect is None:
                found = read(self._request_without_key("version"), WireVersion, "version")
                self._dialect = Dialect.of(Version(found.major, found.minor, found.patch))
            return self._dialect

    @property
    def needed_permissions(self) -> tuple[str, ...]:
        """The permissions that a key needs for the tasks on this version."""
        return self.dialect.permissions(self._tasks)

    def check_alive(self) -> None:
        """Raise an ImmichError unless an Immich server answers."""
        if read(self._request_without_key("ping"), WirePong, "ping").res != "pong":
            raise NotImmichError(f"The server at {self._api} is not an Immich server: check its address.")

    def request(self, call: Call, shape: type[T]) -> T:
        """Send a call and decode its JSON as the given type."""
        return read(self._fetch(call)[0], shape, str(call))

    def send(self, call: Call) -> None:
        """Send a call whose answer is of no interest."""
        self._fetch(call)

    def fetch_picture(self, call: Call) -> bytes:
        """Send a call for a file; raises NotImmichError if the answer is a web page."""
        body, kind = self._fetch(call)
        _check_picture(call, kind)
        return body

    def save_picture(self, call: Call, stream: BinaryIO, checksum: str | None = None) -> None:
        """Send a call for a file and write it into a seekable stream, from its start, block by block.

        With a `checksum`, SHA-1 in base64, another file is taken for a broken transfer: it is fetched again.
        """
        _check_picture(call, self._download(call, stream, checksum))

    def _prepare(self) -> None:
        self._lock = threading.Lock()
        self._sessions = {flag: _session(self._policy, flag, os.getpid()) for flag in (True, False)}
        if self._verify is False:
            urllib3.disable_warnings(InsecureRequestWarning)

    def _fetch(self, call: Call) -> tuple[bytes, str]:
        body = io.BytesIO()
        kind = self._download(call, body)
        return body.getvalue(), kind

    def _download(self, call: Call, stream: BinaryIO, checksum: str | None = None) -> str:
        """Write an answer's body and return its content type; a broken transfer is retried if that does no harm."""
        needed = self.needed_permissions  # also follows redirects, before the key is sent anywhere
        with allowing(self._policy.whole):
            return self._received(call, stream, checksum, needed)

    def _received(self, call: Call, stream: BinaryIO, checksum: str | None, needed: tuple[str, ...]) -> str:
        retry = self._policy.retry(is_repeatable=call.is_repeatable)
        while True:
            stream.seek(0)
            stream.truncate()
            try:
                with self._sent(call, self._sign) as response:
                    if not 200 <= response.status_code < 300:
                        body = short_body(response, _LONGEST_MESSAGE, str(call))
                        raise failure(response.status_code, body, str(call), needed)
                    kind = response.headers.get("Content-Type", "")
                    if _written(response, call, stream) == checksum or not checksum or kind.startswith(_NO_PICTURES):
                        return kind
                    retry = self._next_try(retry, call, None)
            except HTTPError as error:
                retry = self._next_try(retry, call, error)
            retry.sleep()

    def _next_try(self, retry: Retry, call: Call, error: HTTPError | None) -> Retry:
        """Count a try; after the last one, say what was wrong: a transfer that broke off, or other bytes."""
        try:
            if call.is_repeatable and not is_time_up():
                return retry.increment(call.method, call.path, error=error)
        except HTTPError:  # among them that there were enough tries
            pass
        if error is None:
            raise BrokenAnswerError(
                f"What came is not the file that the server has a checksum of ({call}): is it damaged there?"
            )
        raise self._broken(call, error) from error

    def _broken(self, call: Call, error: HTTPError) -> UnreachableError:
        if isinstance(error, ReadTimeoutError):
            return UnreachableError(f"The Immich server at {self._api} sends its answer too slowly ({call}).")
        return BrokenAnswerError(f"The answer of the Immich server at {self._api} was cut off ({call}).")

    def _request_without_key(self, what: str) -> bytes:
        """Request what needs no key, by the route of newer servers or of older ones."""
        for family in ("server", "server-info"):
            call = Call("GET", f"{family}/{what}")
            status, body = self._fetch_unsigned(call)
            if status != 404:
                break
        if status != 200:
            raise failure(status, body, str(call), ())
        return body

    def _fetch_unsigned(self, call: Call, *, may_move: bool = True) -> tuple[int, bytes]:
        try:
            with allowing(self._policy.whole), self._sent(call, _unsigned) as response:
                if response.is_redirect and may_move:
                    self._follow(call, response)
                    return self._fetch_unsigned(call, may_move=False)
                if response.status_code != 200:
                    return response.status_code, short_body(response, _LONGEST_MESSAGE, str(call))
                return response.status_code, b"".join(blocks(response, call.most, str(call)))
        except HTTPError as error:
            raise self._broken(call, error) from error

    def _follow(self, call: Call, response: requests.Response) -> None:
        """Adopt the address of a redirect if it is the same host; the key is not sent anywhere else."""
        try:
            target = urljoin(f"{self._api}/{call.path}", response.headers["Location"])
            api, elsewhere = moved(self._api, target, call.path), urlsplit(target)
            host = f"{elsewhere.scheme}://{elsewhere.hostname}"
        except ValueError:  # from urllib, for what is no address
            api, host = None, "no valid address"
        if api is None:
            raise NotImmichError(
                f"The server at {self._api} redirects to {printable(host)[:_LONGEST_HOST]}: "
                "if that is your Immich server, use that address."
            )
        self._api = api

    def _sent(self, call: Call, sign: Sign) -> requests.Response:
        try:
            return self._sessions[call.is_repeatable].request(
                call.method,
                f"{self._api}/{call.path}",
                params=call.query,
                json=call.body,
                auth=sign,
                verify=self._verify,
                timeout=(self._policy.connect, self._policy.answer),
                # A redirect would send the key to wherever it leads.
                allow_redirects=False,
                stream=True,
            )
        except requests.exceptions.SSLError as error:
            if any(words in str(error) for words in _NO_TLS):
                raise UnreachableError(
                    f"The server at {self._api} does not speak https: if it is your Immich server, ask it by http://."
                ) from error
            raise UnreachableError(
                f"No secure connection to {self._api}: name its certificate authority with --immich-ca FILE or, "
                "on a network that you trust, use --no-verify-ssl."
            ) from error
        except (requests.RequestException, HTTPError) as error:
            raise UnreachableError(
                f"The Immich server at {self._api} cannot be reached or does not answer in time: "
                "is it running, and is the address right?"
            ) from error

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["x-api-key"] = self._key.read()
        return request


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


@lru_cache(maxsize=8)
def _session(policy: RetryPolicy, is_repeatable: bool, _process: int) -> requests.Session:  # noqa: FBT001 - part of the cache key
    """The session of this process, without the key, and never shared with the process it was forked from."""
    retries = policy.retry(is_repeatable=is_repeatable)
    made = session(BoundedAdapter(pool_maxsize=_POOL_SIZE, max_retries=retries))
    made.headers.update(_HEADERS)
    # A cookie would take precedence over the key.
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return made


def _written(response: requests.Response, call: Call, stream: BinaryIO) -> str:
    """Write a body into a stream; returns its SHA-1 in base64, as Immich writes checksums."""
    state = sha1(usedforsecurity=False)
    for block in blocks(response, call.most, str(call)):
        state.update(block)
        stream.write(block)
    return b64encode(state.digest()).decode("ascii")


def _check_picture(call: Call, kind: str) -> None:
    if kind.startswith(_NO_PICTURES):
        raise NotImmichError(
            f"The server sent {printable(kind)[:_LONGEST_HOST]} instead of a picture ({call}): "
            "is a proxy in front of it?"
        )


def _checked_ca(verify: Verify) -> bool | str:
    if isinstance(verify, bool):
        return verify
    try:
        is_there = Path(verify).exists()
    except OSError as error:
        raise UsageError(f"The certificate file {verify} cannot be read: {error.strerror or error}.") from error
    if not is_there:
        raise UsageError(f"The certificate file {verify} does not exist.")
    return str(verify)


def api_url(url: str) -> str:
    """The API's address without a trailing slash, given an address with or without /api and a sub-path.

    Raises UsageError, which does not quote the address, since it may contain a secret.
    """
    text = url.strip()
    parts = _split(text if "://" in text else f"http://{text}")
    is_shared = parts.path.startswith(("/share/", "/s/"))  # a link that somebody shared, whose end is a key
    if "@" in parts.netloc or parts.query or parts.fragment or is_shared:
        raise UsageError(
            "The address of the Immich server must not contain a user name, password or key: name it like"
            " http://192.168.1.5:2283, and give the key by IMMICH_API_KEY or --immich-api-key-file."
        )
    path = parts.path.rstrip("/").removesuffix("/api").rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}/api"


def moved(asked: str, target: str, path: str) -> str | None:
    """The API's new address if a redirect leads to the same host by TLS, such as from port 80 to 443; else None."""
    old, new = urlsplit(asked), urlsplit(target)
    is_same_host = new.scheme == "https" and old.hostname == new.hostname
    if not is_same_host or new.query or "@" in new.netloc or not new.path.endswith(f"/{path}"):
        return None
    return f"https://{new.netloc}{new.path.removesuffix(f'/{path}')}"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise UsageError(
            "The given address is not that of an Immich server: use one like http://192.168.1.5:2283 or "
            "https://photos.example.org."
        )
    return parts
