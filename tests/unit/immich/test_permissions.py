"""A key with the permissions of a job, and none besides, can do that job; and each of them is needed."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from bestshot.errors import MissingPermissionError
from bestshot.immich.versions import Dialect, Task, Version
from bestshot.journal.journal import Journal
from bestshot.marks.actions import MarkedGroup, MarkOptions
from bestshot.marks.apply import FailedMark
from bestshot.marks.output import MarkOutput
from bestshot.sources.immich.marks import ImmichMarks
from bestshot.sources.immich.permissions import tasks_of
from bestshot.sources.immich.source import ImmichPhotoSource
from tests.fake_immich import MORNING, FakeImmich
from tests.fake_immich.state import Asset, Key
from tests.fake_immich.versions import release
from tests.support.each import every
from tests.support.immich.folder import impatient
from tests.support.marks.on_immich import TAG, ids, never_waiting

TARGET = "immich:me"
JOBS = {
    "looking": MarkOptions(),
    "tags": MarkOptions(tag=TAG),
    "albums": MarkOptions(album_prefix="Organized-"),
    "favourites": MarkOptions(favorite_best=True),
    "stacks": MarkOptions(stack=True),
    "archive": MarkOptions(archive_rest=True),
    "inheriting": MarkOptions(inherit=True),
}


RELEASES = ("v1.118.2", "v1.136.0", "v1.137.3", "v2.7.5", "v3.1.0")


def permissions_of(version: str, options: MarkOptions) -> tuple[str, ...]:
    dialect = Dialect.of(Version(*release(version)))
    return dialect.permissions({Task.READ, *tasks_of(options, downloads=False, faces=False)})


def story(fake: FakeImmich, key: Key, journal: Journal, options: MarkOptions) -> list[FailedMark]:
    """List and compare; mark a group; it grows; it is no more, and what was set is taken back."""
    photos = library(fake)
    source = impatient(fake, key.secret)
    for photo in source.scan().photos:
        source.load_pixels(photo, 250)
    output = MarkOutput(_marks(source, options), journal, TARGET, ["immich:here"])
    small, whole = MarkedGroup(1, ids(photos[:2])), MarkedGroup(1, ids(photos))
    came = [
        one
        for groups in ([small], [whole], [])
        for one in output.carry_out(output.plan(groups, ids(photos), options), ["immich:here"], never_waiting())
    ]
    return [one for one in came if isinstance(one, FailedMark)]


def library(fake: FakeImmich) -> list[Asset]:
    """A burst of which another photo than the best is in an album, a favourite and described."""
    photos = [fake.seeds.photo(taken=MORNING + n * timedelta(seconds=1)) for n in range(3)]
    fake.seeds.album("Trip", photos[1:2])
    photos[2].is_favorite = True
    return photos


def _marks(source: ImmichPhotoSource, options: MarkOptions) -> ImmichMarks:
    marks = source.markable(options)
    assert isinstance(marks, ImmichMarks)
    return marks


@every("version", RELEASES)
@every("job", JOBS)
def test_the_permissions_of_a_job_are_enough_for_it(tmp_path: Path, version: str, job: str) -> None:
    with FakeImmich(version) as fake, closing(Journal(tmp_path / "journal.sqlite3")) as journal:
        key = fake.seeds.key(*permissions_of(version, JOBS[job]))
        assert story(fake, key, journal, JOBS[job]) == []
        assert job == "looking" or fake.writes


@every("job", JOBS)
def test_a_job_asks_for_no_permission_that_it_does_not_need(tmp_path: Path, job: str) -> None:
    """Without any one of them something fails: the run, or a change of it."""
    needed = permissions_of("v3.1.0", JOBS[job])
    for name in needed:
        with FakeImmich("v3.1.0") as server, closing(Journal(tmp_path / f"{name}.sqlite3")) as journal:
            key = server.seeds.key(*(other for other in needed if other != name))
            assert name in missed(server, key, journal, JOBS[job])


def missed(fake: FakeImmich, key: Key, journal: Journal, options: MarkOptions) -> str:
    """What the story says of permissions that are missing."""
    try:
        failed = story(fake, key, journal, options)
    except MissingPermissionError as error:
        return error.permission
    return " ".join(one.error.partition(":")[0] for one in failed)
