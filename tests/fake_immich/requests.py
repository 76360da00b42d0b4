"""What comes in, what goes out, and how a refusal reads in each release."""

import http
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fake_immich.state import Key, User
from tests.fake_immich.versions import Release

Json = Any  # a tree of dict, list, str, int, float, bool and None, as the json module knows it


@dataclass(slots=True)
class Request:
    """One request. `fields` are the body's known fields, checked and converted; `ids` those of the path."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    body: Json = None
    fields: dict[str, Json] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    key: Key | None = None

    @property
    def user(self) -> User:
        """Whose key it is."""
        assert self.key is not None  # asked only on routes that need a key
        return self.key.user


@dataclass(slots=True)
class Answer:
    """One answer: JSON, or bytes, or a picture to be drawn when nobody waits for the lock."""

    status: int
    body: Json = None
    content: bytes | Callable[[], bytes] | None = None
    kind: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    def payload(self) -> bytes:
        """The bytes to send."""
        if self.content is not None:
            return self.content if isinstance(self.content, bytes) else self.content()
        return b"" if self.body is None else json.dumps(self.body, ensure_ascii=False).encode()


class RefusalError(Exception):
    """The request is answered with an error. `bare` ones come from below the framework and carry less."""

    def __init__(
        self, status: int, message: str | list[str], errors: list[Json] | None = None, *, bare: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.bare = bare

    def answer(self, release: Release) -> Answer:
        """The body of an error, as this release writes it."""
        body: Json = {"message": self.message}
        if release >= (3, 0, 0):
            return Answer(self.status, body if self.errors is None else body | {"errors": self.errors})
        if self.message != "Internal server error" and self.status != http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            body["error"] = http.HTTPStatus(self.status).phrase
        body["statusCode"] = self.status
        if release >= (1, 106, 0) and not self.bare:
            body["correlationId"] = "fake0000"
        return Answer(self.status, body)


def no_access(permission: str) -> RefusalError:
    """An id that is unknown or of somebody else; the two are not told apart."""
    return RefusalError(400, f"Not found or no {permission} access")


def failed(words: str) -> RefusalError:
    """The server ran into an error of its own."""
    return RefusalError(500, f"Failed to {words}")
