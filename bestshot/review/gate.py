"""Who may talk to the review: told by a token, by the name that is called, and by the page from which a call comes."""

import secrets
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

from bestshot.errors import UsageError
from bestshot.review.refusal import RefusedError
from bestshot.text import printable

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names that no other machine can take, whatever a name server says."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the review listens; port 0 is any that is free."""

    host: str = "127.0.0.1"
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> "Listening":
        """An address with a port, such as 0.0.0.0:8080 or [::1]:8080; raises UsageError."""
        parts = urlsplit(f"//{text}")
        try:
            if not parts.hostname or parts.port is None or parts.netloc != text or "@" in text:
                raise ValueError(text)
            return cls(str(ip_address("127.0.0.1" if parts.hostname == "localhost" else parts.hostname)), parts.port)
        except ValueError as error:
            raise UsageError(
                f"--listen {printable(text)} is no address with a port: write it like 192.168.1.5:8080, or"
                " 0.0.0.0:8080 for every address of this machine."
            ) from error

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return ip_address(self.host).is_loopback

    @property
    def is_everywhere(self) -> bool:
        """Whether it is reached by every address of this machine."""
        return ip_address(self.host).is_unspecified

    @property
    def address(self) -> str:
        """What a browser on this machine opens."""
        loopback = "::1" if ":" in self.host else "127.0.0.1"
        host = loopback if self.is_everywhere else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def is_named(self, host: str) -> bool:
        """Whether a browser that sends this Host header means us.

        A page of another site can have its own name lead to us (DNS rebinding), but never an address.
        """
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in _LOOPBACK or name == self.host:
            return True
        return self.is_everywhere and _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


class Gate:
    """The token of a review, and the session that whoever has it gets in a cookie."""

    def __init__(self, listening: Listening) -> None:
        self._listening = listening
        self._tickets: set[str] = set()
        self._session = secrets.token_urlsafe(32)
        self.token = secrets.token_urlsafe(32)

    @property
    def cookie(self) -> str:
        """The name of the cookie; browsers send it to every port of a machine, so it says which one it is of."""
        return f"review-{self._listening.port}"

    def ticket(self) -> str:
        """A token that is good for one session: what opens a browser, other users of the machine may see."""
        ticket = secrets.token_urlsafe(32)
        self._tickets.add(ticket)
        return ticket

    def session_for(self, token: str) -> str:
        """The session of whoever has the token, or a ticket that nobody has used yet; raises RefusedError."""
        used = [ticket for ticket in self._tickets if _is_same(ticket, token)]
        if not used and not _is_same(self.token, token):
            raise RefusedError("This is not the token of this review. Open the address that the program printed.", 401)
        self._tickets.difference_update(used)
        return self._session

    def check_session(self, cookie: str | None) -> None:
        """Raise RefusedError for whoever has not shown the token yet."""
        if cookie is None or not _is_same(self._session, cookie):
            raise RefusedError("Open the address that the program printed: it holds the token of this review.", 401)

    def check_name(self, headers: Headers) -> None:
        """Raise RefusedError for a call by another name."""
        if not self._listening.is_named(headers.get("Host", "")):
            raise RefusedError("This review has another name. Open the address that the program printed.", 421)

    def check_page(self, method: str, headers: Headers) -> None:
        """Raise RefusedError for a call that the page of another site makes.

        Browsers say of each call from where it comes, in `Sec-Fetch-Site` where the connection is trusted, else in
        `Origin`; no page can change either.
        """
        site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
        if method in ("GET", "HEAD"):
            is_ours = site in (None, "same-origin", "none")
        elif site is not None:
            is_ours = site == "same-origin"
        else:
            is_ours = origin is not None and origin == f"http://{headers.get('Host')}"
        if not is_ours:
            raise RefusedError("Only the page of this review may ask for that.", 403)


def _is_same(ours: str, theirs: str) -> bool:
    return secrets.compare_digest(ours.encode(), theirs.encode("utf-8", "replace"))
