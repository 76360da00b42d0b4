"""A run that gives way has the lowest priority, and so have its workers."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing

import pytest

from bestshot.cli.main import main
from bestshot.workers.niceness import give_way
from bestshot.workers.pool import Finished, Workers
from tests.support.file_systems import in_own_process

pytestmark = pytest.mark.skipif(not hasattr(os, "nice"), reason="this system has no niceness")


def niceness_of(batch: Sequence[int]) -> list[int]:
    return [os.nice(0) for _ in batch]


def nice_here_and_in_a_worker() -> tuple[int, list[int]]:
    give_way()
    with closing(Workers(1)) as workers:
        (finished,) = workers.run(niceness_of, [[0]])
    assert isinstance(finished, Finished)
    assert isinstance(finished.result, list)
    return os.nice(0), finished.result


def test_workers_give_way_as_the_main_process_does() -> None:
    assert in_own_process(nice_here_and_in_a_worker) == (19, [19])


def disk_class() -> str:
    give_way()
    return subprocess.run(["ionice", "-p", str(os.getpid())], capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("ionice") is None, reason="Linux ranks reads from disks")
def test_disks_serve_it_only_when_nobody_else_asks() -> None:
    assert in_own_process(disk_class).strip() == "idle"


def niceness_after_a_run(*flags: str) -> int:
    main(["--history", *flags])
    return os.nice(0)


def test_only_a_run_that_is_asked_to_gives_way() -> None:
    assert in_own_process(niceness_after_a_run, "--nice") == 19
    assert in_own_process(niceness_after_a_run) == os.nice(0)
