"""One review from beginning to end: the library is looked at, then served until nobody wants it any more."""

import socket
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from bestshot.analysis.analyser import Progress
from bestshot.model.photo import digest
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.pipeline.records import report_of
from bestshot.review.app import ReviewApp
from bestshot.review.gate import Gate, Listening
from bestshot.review.jobs import Jobs
from bestshot.review.library import ReviewLibrary
from bestshot.review.pictures import PictureMaker
from bestshot.review.progress_store import ProgressStore
from bestshot.review.review import Review
from bestshot.review.server import IDLE_SECONDS, Idleness, ReviewServer
from bestshot.review.service import Access, ReviewService
from bestshot.settings.settings import Settings
from bestshot.sources.interface import PhotoSource
from bestshot.storage.picture_cache import PhotoCache
from bestshot.workers.capacity import Machine

_MOST_PROCESSES = 4
"""A browser asks for no more than six pictures at once, and most are made in a blink."""


@dataclass(frozen=True, slots=True)
class Served:
    """The address of a review for people, and one that opens it once; `stop` ends it, from any thread."""

    address: str
    once: str
    stop: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a review ended: nobody came any more, or else it was told to, be it in the middle of something."""

    is_idle: bool
    is_cut_short: bool


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """What is reviewed and where, and who is told how far it is; unless it `may_act`, it only shows."""

    access: Access
    settings: Settings
    progress: Progress
    listening: Listening
    may_act: bool = True
    idle_seconds: float = IDLE_SECONDS


def serve_review(request: ReviewRequest, told: Callable[[Served], None]) -> Ended:
    """Look, then serve the review; `told` hears where it is."""
    with ReviewServer(request.listening) as server:  # what cannot be listened on is said before the looking
        source = request.access.source_of(request.settings)
        review = look(source, request)
        jobs = Jobs(review.touch)
        service = ReviewService(review, request.settings, request.access, jobs, may_act=request.may_act)
        gate, idleness = Gate(server.listening), Idleness(lambda: jobs.is_running)
        with closing(picture_maker(source, request.settings)) as pictures:
            place = _reachable(server.listening)
            application = ReviewApp(service, pictures, source, gate, idleness.touch).flask()
            is_idle = False
            with suppress(KeyboardInterrupt):  # which ends a review in order, as soon as it is told how
                told(Served(f"{place}/#{gate.token}", f"{place}/#{gate.ticket()}", server.stop))
                is_idle = server.serve(application, idleness, request.idle_seconds)
            return Ended(is_idle, jobs.close())


def look(source: PhotoSource, request: ReviewRequest) -> Review:
    """The review of a library, after it was looked at under its lock."""
    settings, state = request.settings, Path(request.settings.state_dir)
    looked = PhotoOrganizer(source, settings, progress=request.progress).look()
    library = ReviewLibrary.of(report_of(looked.plan, looked.library, source))
    store = ProgressStore(state, digest(*sorted(source.origins()))) if request.may_act else None
    return Review(library, looked.library.photos, state, store)


def picture_maker(source: PhotoSource, settings: Settings) -> PictureMaker:
    """What makes the pictures of a review, which are kept where previews are."""
    cache = PhotoCache(Path(settings.cache_dir) / "previews", settings.cache_size)
    most = settings.workers or min(_MOST_PROCESSES, Machine.found().most_workers(with_faces=False))
    return PictureMaker(source, cache, most)


def _reachable(listening: Listening) -> str:
    """The address that other machines use too, where the review listens on every address of this one."""
    if not listening.is_everywhere:
        return listening.address
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    outside = "2001:db8::1" if family is socket.AF_INET6 else "192.0.2.1"  # to which nothing is sent
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((outside, 9))
        except OSError:
            return listening.address
        return Listening(probe.getsockname()[0], listening.port).address
