"""Sending calls to an Immich server: pooled connections, timeouts, retries, and errors as sentences."""

import io
import os
import threading
from collections.abc import Callable, Collection
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InsecureRequestWarning, MaxRetryError
from urllib3.util.retry import Retry

from bestshot import __version__
from bestshot.errors import NotImmichError, UnreachableError, UsageError
from bestshot.immich.answers import WirePong, WireVersion, read
from bestshot.immich.calls import Call
from bestshot.immich.failures import RetryPolicy, failure
from bestshot.immich.keys import KeySource
from bestshot.immich.versions import Dialect, Task, Version

T = TypeVar("T")

_POOL_SIZE = 32
_BLOCK = 1 << 16
_HEADERS = {
    # Without text/html, newer servers say 406 instead of sending their web app for a wrong path.
    "Accept": "application/json, image/*, video/*, application/octet-stream",
    "User-Agent": f"photo-organizer/{__version__}",
}
_NO_PICTURES = ("text/html", "application/json")

Verify = bool | str | Path
"""Whether certificates are verified, or a file with the authorities to trust."""

Sign = Callable[[requests.PreparedRequest], requests.PreparedRequest]
"""What puts the key on a request; given for every request, it also keeps requests from looking into ~/.netrc."""


class ImmichServer:
    """One server, spoken to with one key; any number of threads may use it.

    It is pickled without its key and connections, but with the version that was found. All servers of a process share
    their open connections: a worker gets another copy with each piece of work, and is not to connect anew each time.
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
        self._open()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_lock", "_sessions")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._open()

    @property
    def url(self) -> str:
        """The address of the API."""
        return self._api

    @property
    def dialect(self) -> Dialect:
        """What the server's version can do; asked for once, without the key."""
        with self._lock:
            if self._dialect is None:
                found = read(self._ask_openly("version"), WireVersion, "version")
                self._dialect = Dialect.of(Version(found.major, found.minor, found.patch))
            return self._dialect

    @property
    def needed_permissions(self) -> tuple[str, ...]:
        """The permissions that a key needs for this job on this version."""
        return self.dialect.permissions(self._tasks)

    def check_alive(self) -> None:
        """Raise an ImmichError unless an Immich server answers."""
        if read(self._ask_openly("ping"), WirePong, "ping").res != "pong":
            raise NotImmichError(f"What answers at {self._api} is not an Immich server: check its address.")

    def ask(self, call: Call, shape: type[T]) -> T:
        """Send a call and read its JSON."""
        return read(self._fetch(call)[0], shape, str(call))

    def tell(self, call: Call) -> None:
        """Send a call whose answer says no more than that it worked."""
        self._fetch(call)

    def fetch_picture(self, call: Call) -> bytes:
        """Send a call for a file; raises NotImmichError if a page comes instead."""
        body, kind = self._fetch(call)
        _check_picture(call, kind)
        return body

    def save_picture(self, call: Call, stream: BinaryIO) -> None:
        """The same into a seekable file, from its beginning, without holding it in memory."""
        _check_picture(call, self._receive(call, stream))

    def _open(self) -> None:
        self._lock = threading.Lock()
        self._sessions = {flag: _session(self._policy, flag, os.getpid()) for flag in (True, False)}
        if self._verify is False:
            urllib3.disable_warnings(InsecureRequestWarning)

    def _fetch(self, call: Call) -> tuple[bytes, str]:
        body = io.BytesIO()
        kind = self._receive(call, body)
        return body.getvalue(), kind

    def _receive(self, call: Call, stream: BinaryIO) -> str:
        """Write an answer's body and tell its content type; a body that breaks off is asked for again if it may be."""
        needed = self.needed_permissions  # also finds where the server moved to, before the key is sent anywhere
        retry = self._policy.retry(is_repeatable=call.is_repeatable)
        while True:
            stream.seek(0)
            stream.truncate()
            try:
                with self._send(call, self._sign) as response:
                    if not 200 <= response.status_code < 300:
                        raise failure(response.status_code, response.content, str(call), needed)
                    for block in response.iter_content(_BLOCK):
                        stream.write(block)
                    return response.headers.get("Content-Type", "")
            except requests.RequestException as error:
                retry = self._after_broken_body(retry, call, error)
            retry.sleep()

    def _after_broken_body(self, retry: Retry, call: Call, error: Exception) -> Retry:
        try:
            if call.is_repeatable:
                return retry.increment(call.method, call.path, error=error)
        except MaxRetryError:
            pass
        raise UnreachableError(f"The answer of the Immich server at {self._api} breaks off ({call}).") from error

    def _ask_openly(self, what: str) -> bytes:
        """Ask what needs no key, on the route of new servers or of old ones."""
        for family in ("server", "server-info"):
            call = Call("GET", f"{family}/{what}")
            status, body = self._look(call)
            if status != 404:
                break
        if status != 200:
            raise failure(status, body, str(call), ())
        return body

    def _look(self, call: Call, *, may_move: bool = True) -> tuple[int, bytes]:
        try:
            with self._send(call, _unsigned) as response:
                if response.is_redirect and may_move:
                    self._follow(call, response)
                    return self._look(call, may_move=False)
                return response.status_code, response.content
        except requests.RequestException as error:
            raise UnreachableError(f"The answer of the server at {self._api} breaks off ({call}).") from error

    def _follow(self, call: Call, response: requests.Response) -> None:
        """Take over the address that a redirect leads to, if it is the same host: the key goes nowhere else."""
        target = urljoin(f"{self._api}/{call.path}", response.headers["Location"])
        api = moved(self._api, target, call.path)
        if api is None:
            elsewhere = urlsplit(target)
            raise NotImmichError(
                f"The server at {self._api} sends on to {elsewhere.scheme}://{elsewhere.hostname}: "
                "if that is your Immich, give that address."
            )
        self._api = api

    def _send(self, call: Call, sign: Sign) -> requests.Response:
        try:
            return self._sessions[call.is_repeatable].request(
                call.method,
                f"{self._api}/{call.path}",
                params=call.query,
                json=call.body,
                auth=sign,
                verify=self._verify,
                timeout=(self._policy.connect, self._policy.answer),
                # A redirect would take the key along to wherever it leads.
                allow_redirects=False,
                stream=True,
            )
        except requests.exceptions.SSLError as error:
            raise UnreachableError(
                f"No secure connection to {self._api}: name its certificate authority with --immich-ca FILE or, "
                "on a network that you trust, use --no-verify-ssl."
            ) from error
        except requests.RequestException as error:
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
def _session(policy: RetryPolicy, is_repeatable: bool, _process: int) -> requests.Session:  # noqa: FBT001 - cached by it
    """The session of this process: it holds no key, and no connection of a process that this one was forked from."""
    session = requests.Session()
    session.headers.update(_HEADERS)
    # A cookie would win over the key.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_maxsize=_POOL_SIZE, max_retries=policy.retry(is_repeatable=is_repeatable))
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _check_picture(call: Call, kind: str) -> None:
    if kind.startswith(_NO_PICTURES):
        raise NotImmichError(f"Instead of a picture the server sends {kind} ({call}): is a proxy in front of it?")


def _checked_ca(verify: Verify) -> bool | str:
    if isinstance(verify, bool):
        return verify
    if not Path(verify).exists():
        raise UsageError(f"The certificate file {verify} does not exist.")
    return str(verify)


_WRONG = "is no address of an Immich server: give it like http://192.168.1.5:2283 or https://photos.example.org."


def api_url(url: str) -> str:
    """The API's address without a slash at its end, for an address with or without /api and a sub-path.

    Raises UsageError, which does not quote an address that may hold a secret.
    """
    text = url.strip()
    parts = _split(text if "://" in text else f"http://{text}")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError("The address of the Immich server must hold no user name, password or key.")
    path = parts.path.rstrip("/").removesuffix("/api").rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}/api"


def moved(asked: str, target: str, path: str) -> str | None:
    """The API's new address if a redirect leads to the same host by TLS, as from port 80 to 443; else None."""
    old, new = urlsplit(asked), urlsplit(target)
    is_same_host = new.scheme == "https" and old.hostname == new.hostname
    if not is_same_host or new.query or not new.path.endswith(f"/{path}"):
        return None
    return f"https://{new.netloc}{new.path.removesuffix(f'/{path}')}"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise UsageError(f"The given address {_WRONG}")
    return parts
