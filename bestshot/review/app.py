"""The review over HTTP: its page, which holds no data, and the API behind it, as JSON."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from flask import Flask, Request, Response, g, request
from werkzeug.exceptions import HTTPException

from bestshot import __version__
from bestshot.errors import LockedError, OrganizerError, PhotoError, SourceError, UsageError
from bestshot.review.actions import Options, choices_for
from bestshot.review.gate import Gate
from bestshot.review.pictures import EDGES, PictureMaker, PictureOrder
from bestshot.review.refusal import RefusedError
from bestshot.review.review import ToldState
from bestshot.review.service import ReviewService
from bestshot.review.states import What
from bestshot.sources.interface import PhotoSource
from bestshot.text import printable

logger = logging.getLogger(__name__)

Body = TypeVar("Body")
_Told = dict[str, Any]

MOST_BYTES: Final = 64_000
"""Of the body of a call."""

_PAGE: Final = Path(__file__).parent / "page"

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_FOR_EVER: Final = "private, max-age=31536000, immutable"


class _Token(msgspec.Struct, frozen=True):
    token: str


class _Decision(msgspec.Struct, frozen=True):
    group: int
    what: What
    photo: int | None = None
    value: bool = True


class _Seen(msgspec.Struct, frozen=True):
    groups: tuple[int, ...]
    value: bool = True


class _Group(msgspec.Struct, frozen=True):
    group: int


class _Undo(msgspec.Struct, frozen=True):
    run: int
    look: bool = False


class _Call(msgspec.Struct, frozen=True):
    path: Literal["/api/decisions", "/api/undo-decision", "/api/seen", "/api/place"]
    body: msgspec.Raw


_Calls = Annotated[list[_Call], msgspec.Meta(min_length=1)]


class ReviewApp:
    """The calls of the page, answered by a review; `touched` is called with each."""

    def __init__(
        self,
        service: ReviewService,
        pictures: PictureMaker,
        source: PhotoSource,
        gate: Gate,
        touched: Callable[[], object] = lambda: None,
    ) -> None:
        self._service = service
        self._review = service.review
        self._pictures = pictures
        self._source = source
        self._gate = gate
        self._touched = touched
        self._told = _encoded_groups(service)

    def flask(self) -> Flask:
        """The application to serve."""
        app = Flask(__name__, static_folder=None)
        app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
        app.before_request(self._guard)
        app.after_request(_harden)
        app.register_error_handler(OrganizerError, _failed)
        app.register_error_handler(HTTPException, _http_error)
        for path in ("/", "/page/<name>"):
            app.add_url_rule(path, path, _page, methods=["GET"], provide_automatic_options=False)
        for method, path, view in self._calls():
            app.add_url_rule(path, f"{method} {path}", view, methods=[method], provide_automatic_options=False)
        return app

    def _calls(self) -> list[tuple[str, str, Callable[..., Response]]]:
        return [
            ("POST", "/api/session", self._session),
            ("GET", "/api/library", self._library),
            ("GET", "/api/groups/<int:number>", self._details),
            ("GET", "/api/photos/<int:number>/picture", self._picture),
            ("GET", "/api/photos/<int:number>/original", self._original),
            ("POST", "/api/several", self._several),
            *(("POST", path, partial(_answer, keep)) for path, keep in self._keeping().items()),
            ("GET", "/api/changes", self._changes),
            ("GET", "/api/summary", lambda: _json(self._review.summary())),
            ("GET", "/api/choices", lambda: _json(choices_for(self._service.settings))),
            ("POST", "/api/preview", lambda: _json(self._service.preview(_body(request, Options)), 202)),
            ("POST", "/api/apply", lambda: _json(self._service.apply(_body(request, Options)), 202)),
            ("POST", "/api/cancel", self._cancel),
            ("POST", "/api/undo", self._undo),
            ("GET", "/api/history", lambda: _json(self._service.history())),
            ("GET", "/api/history/<int:run>", lambda run: _json({"changes": self._service.changes_of(run)})),
        ]

    def _guard(self) -> None:
        """Let only the page of this review in, and to its data only whoever has shown the token."""
        self._gate.check_name(request.headers)
        if not request.path.startswith("/api/"):
            return
        self._gate.check_page(request.method, request.headers)
        if request.path != "/api/session":
            self._gate.check_session(request.cookies.get(self._gate.cookie))
        if request.method == "POST" and request.mimetype != "application/json":  # forms cannot send it
            raise RefusedError("Calls are made in JSON, with application/json as their content type.", 415)
        self._touched()

    def _session(self) -> Response:
        session = self._gate.session_for(_body(request, _Token).token)
        response = Response(status=204)
        response.set_cookie(self._gate.cookie, session, httponly=True, samesite="Strict", path="/")
        return response

    def _library(self) -> Response:
        review, library = self._review, self._review.library
        revision = review.revision  # what changes from here on is told again
        states = {number: msgspec.json.encode(review.state(number)) for number in library.groups}
        groups = b",".join(told + b',"state":' + states[number] + b"}" for number, told in self._told.items())
        settings = self._service.settings
        about = {
            "revision": revision,
            "version": __version__,
            "locations": [printable(place) for place in library.content.source.locations],
            "source": settings.source_type,
            "mayAct": self._service.may_act,
            "photos": library.content.plan.photo_count,
            "skipped": len(library.content.plan.skipped),
            "kinds": library.kinds(),
            "people": library.people(),
            "defaults": {choice.name: choice.default for choice in choices_for(settings)},
            "place": review.place,
        }
        return _raw(msgspec.json.encode(about)[:-1] + b',"groups":[' + groups + b"]}")

    def _details(self, number: int) -> Response:
        return _json(self._review.library.details(self._review.group(number), self._source))

    def _picture(self, number: int) -> Response:
        edge = request.args.get("edge", type=int)
        if edge not in EDGES:
            raise RefusedError(f"A picture has a longest edge of {', '.join(map(str, EDGES))} pixels.")
        return self._shown(number, edge)

    def _original(self, number: int) -> Response:
        return self._shown(number, None)

    def _shown(self, number: int, edge: int | None) -> Response:
        photo = self._review.library.photo(number)
        response = Response(self._pictures.picture(PictureOrder(photo, edge)), mimetype="image/jpeg")
        if request.args.get("v") == self._review.library.revision(photo):
            g.cache_control = _FOR_EVER
        return response

    def _keeping(self) -> dict[str, Callable[[bytes], _Told]]:
        """What reviewers leave behind, each by the address of its call."""
        return {
            "/api/decisions": self._decide,
            "/api/undo-decision": self._undo_decision,
            "/api/seen": self._see,
            "/api/place": self._move,
        }

    def _several(self) -> Response:
        """What a window had yet to send when it was left, one after the other: each has an answer of its own."""
        keeping = self._keeping()
        answers: list[_Told] = []
        for call in _decoded(request.get_data(), _Calls):
            try:
                answers.append(keeping[call.path](bytes(call.body)))
            except OrganizerError as error:
                answers.append({"error": _sentence(error)})
        return _json(answers)

    def _decide(self, data: bytes) -> _Told:
        wanted = _decoded(data, _Decision)
        self._service.check_may_act()
        revision = self._review.decide(wanted.group, wanted.what, wanted.photo, value=wanted.value)
        return {"revision": revision, "states": self._states(wanted.group)}

    def _undo_decision(self, _data: bytes) -> _Told:
        self._service.check_may_act()
        number = self._review.undo()
        return {"revision": self._review.revision, "states": self._states(number), "group": number}

    def _see(self, data: bytes) -> _Told:
        wanted = _decoded(data, _Seen)
        self._review.see(wanted.groups, value=wanted.value)
        return {"revision": self._review.revision, "states": self._states(*wanted.groups)}

    def _move(self, data: bytes) -> _Told:
        self._review.move(_decoded(data, _Group).group)
        return {"revision": self._review.revision}

    def _states(self, *groups: int) -> dict[str, ToldState]:
        return {str(number): self._review.state(number) for number in groups}

    def _changes(self) -> Response:
        review, jobs = self._review, self._service.jobs
        review.catch_up()
        revision = review.revision
        states = review.states_since(request.args.get("since", 0, type=int))
        job, applied = jobs.last, jobs.applied
        return _json({"revision": revision, "states": states, "place": review.place, "job": job, "applied": applied})

    def _cancel(self) -> Response:
        self._service.check_may_act()
        self._service.jobs.cancel()
        return _json({"job": self._service.jobs.last})

    def _undo(self) -> Response:
        wanted = _body(request, _Undo)
        return _json(self._service.undo(wanted.run, look=wanted.look), 202)


def _encoded_groups(service: ReviewService) -> dict[int, bytes]:
    """What the page is told of each group, as JSON that its state is still to be put into: made once."""
    library = service.review.library
    return {number: msgspec.json.encode(library.told(group))[:-1] for number, group in library.groups.items()}


def _page(name: str = "index.html") -> Response:
    """A file of the page, by its name alone."""
    files = {path.name: path for path in _PAGE.iterdir() if path.suffix in _TYPES} if _PAGE.is_dir() else {}
    if name not in files:
        raise RefusedError("There is no such page.", 404)
    path = files[name]
    g.cache_control = "no-cache"
    return Response(path.read_bytes(), content_type=_TYPES[path.suffix])


def _body(call: Request, kind: type[Body]) -> Body:
    """What a call says; raises RefusedError for anything but that."""
    return _decoded(call.get_data(), kind)


def _decoded(data: bytes, kind: type[Body]) -> Body:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise RefusedError(f"This call is not understood: {printable(str(error))}.") from error


def _answer(keep: Callable[[bytes], _Told]) -> Response:
    return _json(keep(request.get_data()))


def _json(told: Any, status: int = 200) -> Response:
    return _raw(msgspec.json.encode(told), status)


def _raw(data: bytes, status: int = 200) -> Response:
    return Response(data, status, content_type="application/json")


def _harden(response: Response) -> Response:
    """Let browsers load nothing from elsewhere, show this within no other page, and keep no data."""
    response.headers.update(_HEADERS)
    is_shown = response.status_code == 200
    response.headers["Cache-Control"] = g.get("cache_control", "no-store") if is_shown else "no-store"
    return response


def _failed(error: OrganizerError) -> Response:
    """An error of this program, as the sentence that it is."""
    match error:
        case RefusedError(status=status):
            pass
        case UsageError():
            status = 400
        case PhotoError():
            status = 404
        case LockedError():
            status = 409
        case SourceError():
            status = 502
        case _:
            status = 500
    return _json({"error": _sentence(error)}, status)


def _sentence(error: OrganizerError) -> str:
    return " ".join((str(error), *getattr(error, "__notes__", ())))


_SENTENCES: Final = {
    404: "There is nothing at this address.",
    405: "This address is not called in this way.",
    413: "This call is too long.",
}


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status >= 500:
        sentence = "Something went wrong that this program did not expect; what it printed where it runs says more."
    else:
        sentence = _SENTENCES.get(status, "This call is not understood.")
    return _json({"error": sentence}, status)
