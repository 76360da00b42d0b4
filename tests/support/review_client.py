"""A review that is served in a thread of the tests, and a client that speaks to it as the page does."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import urlsplit

from bestshot.errors import OrganizerError
from bestshot.pipeline.outcome import no_progress
from bestshot.review.gate import Listening
from bestshot.review.server import IDLE_SECONDS
from bestshot.review.service import Access
from bestshot.review.serving import Ended, ReviewRequest, Served, serve_review
from bestshot.settings.settings import Settings
from bestshot.sources.interface import PhotoSource
from bestshot.sources.local.source import LocalPhotoSource

PATIENCE = 60.0


@dataclass(frozen=True)
class Answer:
    """What the review answers."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def told(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The sentence of a refusal."""
        return str(self.told["error"])


@dataclass
class ReviewClient:
    """One window: it shows its token, keeps its cookie and says from where it calls, as a browser does."""

    address: str
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def netloc(self) -> str:
        return urlsplit(self.address).netloc

    def call(self, method: str, path: str, body: object = None, **headers: str | None) -> Answer:
        """Make a call; a header of None is left out, and `_` in names of headers stands for `-`."""
        given = {"Cookie": self.cookie or None, "Content-Type": "application/json", "Host": self.netloc}
        given |= {"Origin": f"http://{self.netloc}"} if method == "POST" else {}
        given |= self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection = HTTPConnection(self.netloc, timeout=PATIENCE)
        try:
            connection.request(method, path, data, {name: value for name, value in given.items() if value is not None})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """What is told at an address."""
        answer = self.call("GET", path)
        assert answer.status == 200, answer.body
        return answer.told

    def post(self, path: str, body: object) -> Any:
        """What is told of a call that is followed."""
        answer = self.call("POST", path, body)
        assert answer.status in (200, 202), answer.body
        return answer.told

    def sign_in(self, address: str = "") -> "ReviewClient":
        """Show the token of an address, and keep the cookie."""
        answer = self.call("POST", "/api/session", {"token": urlsplit(address or self.address).fragment})
        assert answer.status == 204, answer.body
        self.cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
        return self

    def decide(self, group: int, what: str, photo: int | None = None, *, value: bool = True) -> Any:
        """Decide, and return how the group stands."""
        told = self.post("/api/decisions", {"group": group, "photo": photo, "what": what, "value": value})
        return told["states"][str(group)]

    def states(self) -> dict[int, Any]:
        """How all groups stand."""
        return {group["number"]: group["state"] for group in self.get("/api/library")["groups"]}

    def done(self, path: str, body: object) -> Any:
        """Have something done, and return the job when it is over."""
        job = self.post(path, body)["id"]
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            told = self.get("/api/changes?since=1000000000")["job"]
            if told["id"] == job and told["state"] != "running":
                return told
        raise AssertionError(f"the job of {path} does not end")


@dataclass
class ServedReview:
    """A review that is served: where, and how it ended once it has."""

    served: Served
    ended: "Queue[Ended | BaseException]"

    def window(self) -> ReviewClient:
        """A window that has shown the token."""
        return ReviewClient(self.served.address).sign_in()


@contextmanager
def served_review(
    settings: Settings,
    *,
    access: Access | None = None,
    may_act: bool = True,
    listening: Listening | None = None,
    idle_seconds: float = IDLE_SECONDS,
) -> Iterator[ServedReview]:
    """Look at the folders of these settings, and serve their review meanwhile."""
    told: Queue[Served | BaseException] = Queue()
    ended: Queue[Ended | BaseException] = Queue()
    where = listening or Listening()
    request = ReviewRequest(access or Access(folders_of, lambda _settings: None), settings, no_progress, where)

    def serve() -> None:
        try:
            ended.put(serve_review(replace(request, may_act=may_act, idle_seconds=idle_seconds), told.put))
        except BaseException as error:
            told.put(error)
            ended.put(error)
            if not isinstance(error, OrganizerError):
                raise

    thread = threading.Thread(target=serve)
    thread.start()
    served = told.get(timeout=PATIENCE)
    if isinstance(served, BaseException):
        raise served
    try:
        yield ServedReview(served, ended)
    finally:
        served.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def folders_of(settings: Settings) -> PhotoSource:
    """The source of folders, as the command line makes it."""
    albums = settings.output if settings.create_albums else None
    return LocalPhotoSource(*settings.source, exclude=settings.exclude, references=settings.reference, album_dir=albums)


def settings_at(home: Path, *folders: Path, **options: Any) -> Settings:
    """Settings for photos in folders, with all that is kept in a home of its own."""
    source = tuple(map(str, folders))
    return Settings(
        source=source, cache_dir=str(home / "cache"), state_dir=str(home / "state"), no_faces=True, workers=1, **options
    )
