"""Jobs: one at a time, which end between two photos, and whose failure is a sentence."""

import threading

import pytest

from bestshot.errors import OutputError
from bestshot.review.jobs import JobControl, JobResult, Jobs, ToldJob
from bestshot.review.refusal import RefusedError

PATIENCE = 30


class Counter:
    """Counts how often there is something to tell."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self) -> None:
        self.number += 1


def over(jobs: Jobs) -> ToldJob:
    """The job once it has ended, which it is not told to."""
    assert jobs._thread is not None
    jobs._thread.join(PATIENCE)
    assert jobs.last is not None
    return jobs.last


def test_a_job_tells_how_far_it_is_and_what_came_of_it() -> None:
    changed = Counter()
    jobs = Jobs(changed)

    def work(control: JobControl) -> JobResult:
        with control.progress("Laying out", 2) as advance:
            advance(1)
            assert jobs.last is not None
            assert (jobs.last.title, jobs.last.done, jobs.last.total) == ("Laying out", 1, 2)
            advance(1)
        return JobResult(("2 copies",))

    assert jobs.start("apply", work).state == "running"
    job = over(jobs)
    assert (job.state, job.error, job.result, job.done) == ("done", None, JobResult(("2 copies",)), 2)
    assert changed.number >= 4
    assert jobs.applied == 1


def test_a_second_job_waits_until_the_first_has_ended() -> None:
    may_end, jobs = threading.Event(), Jobs(lambda: None)

    def work(_control: JobControl) -> JobResult:
        may_end.wait(PATIENCE)
        return JobResult()

    jobs.start("preview", work)
    with pytest.raises(RefusedError, match="being done already") as refused:
        jobs.start("apply", work)
    assert refused.value.status == 409
    may_end.set()
    assert over(jobs).id == 1
    assert jobs.start("apply", work).id == 2
    over(jobs)


def test_a_job_that_is_to_end_ends_after_the_photo_that_it_is_at() -> None:
    began, made, jobs = threading.Event(), [], Jobs(lambda: None)

    def work(control: JobControl) -> JobResult:
        with control.progress("Laying out", 1000) as advance:
            for number in range(1000):
                made.append(number)
                began.set()
                asked.wait(PATIENCE)
                advance(1)
        return JobResult()

    asked = threading.Event()
    jobs.start("apply", work)
    began.wait(PATIENCE)
    jobs.cancel()
    asked.set()
    job = over(jobs)
    assert made == [0]
    assert job.state == "failed"
    assert str(job.error).startswith("Stopped as you asked.")


def test_waiting_for_a_server_ends_at_once_when_the_job_is_to_end() -> None:
    waiting, jobs = threading.Event(), Jobs(lambda: None)

    def work(control: JobControl) -> JobResult:
        waiting.set()
        control.policy.wait(3600)
        return JobResult()

    jobs.start("apply", work)
    waiting.wait(PATIENCE)
    assert jobs.close() is True
    assert over(jobs).state == "failed"


def test_what_goes_wrong_is_told_in_its_sentence() -> None:
    jobs = Jobs(lambda: None)

    def work(_control: JobControl) -> JobResult:
        error = OutputError("The disk is full.")
        error.add_note("3 changes made until then.")
        raise error

    jobs.start("apply", work)
    assert over(jobs).error == "The disk is full. 3 changes made until then."


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_job_that_breaks_is_not_one_that_goes_on() -> None:
    jobs = Jobs(lambda: None)

    def work(_control: JobControl) -> JobResult:
        raise ZeroDivisionError

    jobs.start("apply", work)
    job = over(jobs)
    assert job.state == "failed"
    assert "did not expect" in str(job.error)
    assert not jobs.is_running
