"""What can go wrong in the middle of marking: a run ends with a sentence, and the next one reaches what was wished."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from bestshot.errors import ImmichError
from bestshot.immich.failures import RetryPolicy
from bestshot.immich.versions import Dialect, Task, Version
from bestshot.marks.actions import MarkOptions
from bestshot.marks.apply import VerifyPolicy
from bestshot.sources.immich.permissions import tasks_of
from tests.fake_immich import FakeImmich, Where
from tests.fake_immich.versions import release
from tests.support.marks.on_immich import FOUR, TAG, tagged
from tests.support.marks.runs import EVERYTHING, Group, Runs, check_reached, ids_of

MARKS = "^(?!.*(search|download))"
"""The paths of requests that change something, where the method is PUT or POST."""

Harm = Callable[[FakeImmich, Where], None]

HARMS: dict[str, Harm] = {
    "429": lambda fake, where: fake.faults.status(429, where, retry_after="0"),
    "500": lambda fake, where: fake.faults.status(500, where),
    "502": lambda fake, where: fake.faults.status(502, where),
    "dropped before the work": lambda fake, where: fake.faults.drop(where),
    "dropped before the answer": lambda fake, where: fake.faults.drop(where, work_done=True),
    "half a body": lambda fake, where: fake.faults.half_a_body(where),
    "expired key": lambda fake, where: fake.faults.expire_key(fake.admin, where),
}
PASSING = ("429", "502", "dropped before the work", "dropped before the answer", "half a body")
PLACES = (("POST", 0), ("PUT", 0), ("PUT", 2))
"""Methods and how many of such requests are spared: marks are made with different ones from version to version."""


@pytest.fixture(params=FOUR)
def fake(request: pytest.FixtureRequest) -> Iterator[FakeImmich]:
    with FakeImmich(request.param) as server:
        yield server


@pytest.fixture
def run(fake: FakeImmich, home: Path) -> Runs:
    return Runs(fake, home)


@pytest.fixture
def groups(run: Runs) -> list[Group]:
    return [run.known_burst()]


def harmed(run: Runs, **settings: Any) -> str:
    """What a run says that something happens to: in news of single marks, or in the sentence that it ends with."""
    try:
        outcome = run(**settings)
    except ImmichError as error:
        return str(error)
    assert outcome.exit_code == (1 if outcome.failed else 0)
    return " ".join(skipped.error for skipped in outcome.failed)


def check_mended(run: Runs, groups: list[Group], **options: Any) -> None:
    """The next run reaches what was wished, with nothing doubled, and the one after that has nothing to do."""
    again = run(**options)
    assert (again.failed, again.exit_code) == ((), 0)
    check_reached(run.fake, groups, **options)
    assert run.receipts()
    run.check_idle(**options)


LASTING = [
    (version, harm, *place)
    for number, (harm, place) in enumerate(product(HARMS, PLACES))
    for version in FOUR[number % 2 :: 2]
]
"""Each harm at each place, on two releases in turn: every harm meets all four, and so does every place."""


@pytest.mark.parametrize(("fake", "harm", "method", "after"), LASTING, indirect=["fake"])
def test_a_fault_that_lasts_ends_in_a_sentence_and_the_next_run_reaches_the_state(
    fake: FakeImmich, groups: list[Group], run: Runs, harm: str, method: str, after: int
) -> None:
    key = fake.admin
    HARMS[harm](fake, Where(MARKS, method, after, None))
    said = harmed(run, **EVERYTHING)
    assert said.endswith((".", "?")) or not fake.faults.counts
    fake.faults.stop()
    fake.state.keys[key.secret] = key
    check_mended(run, groups, **EVERYTHING)


@pytest.mark.parametrize("harm", PASSING)
@pytest.mark.parametrize("after", [0, 3])
def test_a_passing_fault_at_a_write_that_may_be_repeated_is_not_even_noticed(
    fake: FakeImmich, groups: list[Group], run: Runs, harm: str, after: int
) -> None:
    HARMS[harm](fake, Where(MARKS, "PUT", after, 1))
    said = harmed(run, **EVERYTHING)
    if (fake.version, after) == ("v1.118.2", 3) and harm != "429":
        # Putting on several tags at once, which before 1.129 fails if some are on already.
        assert said
        check_mended(run, groups, **EVERYTHING)
        return
    assert said == ""
    check_reached(fake, groups, **EVERYTHING)
    run.check_idle(**EVERYTHING)


def test_a_server_that_does_not_answer_in_time(fake: FakeImmich, groups: list[Group], run: Runs) -> None:
    fake.faults.slow(30, Where(MARKS, "PUT", 1, None))
    hasty = replace(run, calls=RetryPolicy(connect=5, answer=1, backoff=0, retries=0))
    assert "does not answer in time: is it running" in harmed(hasty, **EVERYTHING)
    fake.faults.stop()
    check_mended(run, groups, **EVERYTHING)


def test_lost_writes_are_made_again(fake: FakeImmich, groups: list[Group], run: Runs) -> None:
    def wait(seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            fake.world.jobs.tick()

    run(tag_only=True, tag="earlier", mark_best_favorite=True)
    fake.faults.lose_writes(lag=40, share=0.8)
    outcome = run(**EVERYTHING, policy=VerifyPolicy(wait=wait))
    assert outcome.failed == ()
    fake.faults.stop()
    assert tagged(fake, TAG) == ids_of(groups[0])
    run.check_idle(**EVERYTHING)


def test_writes_that_are_lost_for_good_are_news_and_made_by_the_next_run(groups: list[Group], run: Runs) -> None:
    burst = groups[0]

    def meddle(_seconds: float) -> None:
        burst[1].marks = replace(burst[1].marks, tags=frozenset())

    outcome = run(**EVERYTHING, policy=VerifyPolicy((0,) * 4, wait=meddle))
    assert [(skipped.id, outcome.exit_code) for skipped in outcome.failed] == [(burst[1].id, 1)]
    assert "lost it again" in outcome.failed[0].error
    check_mended(run, groups, **EVERYTHING)


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_an_asset_deleted_between_listing_and_marking_is_named(
    fake: FakeImmich, groups: list[Group], run: Runs, position: int, method: str
) -> None:
    gone, rest = groups[0][position], [asset for n, asset in enumerate(groups[0]) if n != position]
    fake.faults.delete_asset(gone.id, Where(MARKS, method))
    outcome = run(**EVERYTHING)
    assert outcome.exit_code == 1
    assert gone.id in {skipped.id for skipped in outcome.failed}
    assert all(skipped.error.endswith(".") for skipped in outcome.failed)
    fake.faults.stop()
    again = run(**EVERYTHING)
    assert (again.failed, again.exit_code) == ((), 0)
    check_reached(fake, [rest], **EVERYTHING)
    run.check_idle(**EVERYTHING)


LIMITED = ("v1.118.2", "v2.7.5", "v3.1.0")


def _needed(version: str) -> list[tuple[str, str]]:
    tasks = {Task.READ, *tasks_of(MarkOptions("t", "a", True, True, True, True), downloads=False, faces=False)}
    return [(version, name) for name in Dialect(Version(*release(version))).permissions(tasks)]


@pytest.mark.parametrize(
    ("fake", "permission"), [pair for version in LIMITED for pair in _needed(version)], indirect=["fake"]
)
def test_a_permission_taken_away_half_way_is_named_and_all_is_reached_once_it_is_back(
    fake: FakeImmich, groups: list[Group], run: Runs, permission: str
) -> None:
    key = fake.seeds.key(*(name for _, name in _needed(fake.version)))
    fake.faults.take_permission(key, permission, Where(MARKS, "PUT"))
    said = harmed(run, **EVERYTHING, secret=key.secret)
    assert not said or f"lacks the permission {permission}: add it in Immich" in said
    fake.faults.stop()
    key.permissions.append(permission)
    if said:
        assert harmed(run, **EVERYTHING, secret=key.secret) == ""
    check_reached(fake, groups, **EVERYTHING)
    run.check_idle(**EVERYTHING)
