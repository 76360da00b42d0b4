"""A large library as it is reviewed, without the looking: real files, and groups, faces and people made up."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path

from bestshot.model.appraisal import Appraisal
from bestshot.model.groups import GroupKind, PlannedGroup
from bestshot.model.photo import Photo, SourceType
from bestshot.model.times import CaptureTime, TimeSource
from bestshot.plans.document import PlanSource
from bestshot.plans.options import OutputOptions
from bestshot.plans.plan import Plan
from bestshot.report.model import ReportContent
from bestshot.review.app import ReviewApp
from bestshot.review.gate import Gate, Listening
from bestshot.review.jobs import Jobs
from bestshot.review.library import ReviewLibrary
from bestshot.review.progress_store import ProgressStore
from bestshot.review.review import Review
from bestshot.review.server import Idleness, ReviewServer
from bestshot.review.service import Access, ReviewService
from bestshot.review.serving import picture_maker
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource
from tests.support.builders import NOON, appraisal, face, metadata_with, verdict
from tests.support.drawn_library import scene

PHOTOS = 4
"""In each group but the last, which is a time-lapse."""

LAPSE = 1200

WIDE, HIGH = 320, 240

KINDS = (GroupKind.BURST, GroupKind.COPIES, GroupKind.RETAKES, GroupKind.PANORAMA)


def draw_many(folder: Path, groups: int) -> None:
    """Small photos for so many groups and a time-lapse; every tenth group is like the others."""
    folder.mkdir(parents=True)
    drawn = [_jpeg(number) for number in range(10)]
    for number in range((groups - 1) * PHOTOS + LAPSE):
        (folder / f"IMG_{number:05}.jpg").write_bytes(drawn[number // PHOTOS % 10])


def _jpeg(number: int) -> bytes:
    drawn = BytesIO()
    scene(number, size=(WIDE, HIGH) if number % 3 else (HIGH, WIDE), blur=2).save(drawn, "JPEG", quality=60)
    return drawn.getvalue()


def made_up(photos: list[Photo]) -> ReportContent:
    """Groups of four photos each: of four kinds, every fourth a toss-up, every fifth with faces, a day apart.

    The last is a time-lapse.
    """
    groups, metadata, appraisals = [], {}, dict[str, Appraisal]()
    last = (len(photos) - LAPSE) // PHOTOS + 1
    for number in range(1, last + 1):
        there = photos[(number - 1) * PHOTOS : number * PHOTOS if number < last else None]
        kind = KINDS[number % len(KINDS)] if number < last else GroupKind.TIME_LAPSE
        judged = replace(verdict(*there, confidence=0.1 if number % 4 == 1 else 0.6), kind=kind)
        groups.append(PlannedGroup(number, judged, "text"))
        taken = CaptureTime(NOON + timedelta(days=number - 1), None, TimeSource.EXIF_ORIGINAL)
        portrait = (number - 1) % 10 % 3 == 0
        size = {"width": HIGH, "height": WIDE} if portrait else {"width": WIDE, "height": HIGH}
        for photo in there:
            metadata[photo.id] = metadata_with(taken, **size)
            if number % 5 == 0:
                appraisals[photo.id] = appraisal(face(left=0.3, name="Anna"), face(left=0.5))
    source = PlanSource(SourceType.LOCAL, (str(Path(photos[0].files[0].path).parent),), (photos[0].origin,))
    plan = Plan(OutputOptions(), tuple[PlannedGroup, ...](groups), (), (), photo_count=len(photos))
    return ReportContent(plan, metadata, appraisals, source)


@contextmanager
def served_many(home: Path, groups: int) -> Iterator[str]:
    """Serve the review of so many groups, and answer its address."""
    draw_many(home / "photos", groups)
    source = LocalPhotoSource(str(home / "photos"))
    photos = source.list_photos()
    state = home / "state"
    settings = Settings(
        source=(str(home / "photos"),), state_dir=str(state), cache_dir=str(home / "cache"), no_faces=True, workers=1
    )
    review = Review(ReviewLibrary.of(made_up(photos)), photos, state, ProgressStore(state, "many"))
    jobs = Jobs(review.touch)
    access = Access(lambda _settings: source, lambda _settings: None)
    service = ReviewService(review, settings, access, jobs, may_act=True)
    with ReviewServer(Listening()) as server, closing(picture_maker(source, settings)) as pictures:
        gate = Gate(server.listening)
        app = ReviewApp(service, pictures, source, gate).flask()
        thread = threading.Thread(target=server.serve, args=[app, Idleness(lambda: jobs.is_running)])
        thread.start()
        _wait_until_it_serves(server)
        try:
            yield f"{server.listening.address}/#{gate.token}"
        finally:
            server.stop()
            thread.join()


def _wait_until_it_serves(server: ReviewServer) -> None:
    """It listens from the beginning; that it serves is known by its first answer."""
    connection = HTTPConnection(server.listening.host, server.listening.port, timeout=60)
    connection.request("GET", "/")
    connection.getresponse().read()
    connection.close()
