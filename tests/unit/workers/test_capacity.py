"""As many processes as a machine has cores, unless its memory, or that of its container, would not do for them."""

import os
from pathlib import Path

import pytest

from bestshot.workers.capacity import FORKS, Machine, available_cores, available_memory
from tests.support.file_systems import in_own_process

GB, MB = 1_000_000_000, 1_000_000


@pytest.mark.parametrize(
    ("machine", "with_faces", "without"),
    [
        pytest.param(Machine(8, 3_600 * MB), 4 if FORKS else 3, 4, id="Raspberry Pi of 4 GB with 8 cores"),
        pytest.param(Machine(8, 3_400 * MB), 3, 4, id="a little less of it left"),
        pytest.param(Machine(2, 700 * MB), 1, 1, id="NAS of 1 GB with 2 cores"),
        pytest.param(Machine(8, 512 * MB), 1, 1, id="container limited to 512 MB"),
        pytest.param(Machine(16, 28 * GB), 16, 16, id="desktop of 32 GB with 16 cores"),
        pytest.param(Machine(4, 6 * GB), 4, 4, id="laptop of 8 GB with 4 cores"),
        pytest.param(Machine(2, 0), 1, 1, id="nothing left"),
        pytest.param(Machine(8, None), 8, 8, id="nothing tells"),
    ],
)
def test_workers_never_need_more_memory_than_there_is(machine: Machine, with_faces: int, without: int) -> None:
    assert machine.most_workers(with_faces=True) == with_faces
    assert machine.most_workers(with_faces=False) == without


def kernel(root: Path, files: dict[str, str]) -> Path:
    """A root folder that holds such files of the kernel's."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


MEMORY = {"proc/meminfo": "MemTotal:  4000000 kB\nMemFree: 100 kB\nMemAvailable:  2000000 kB\nHugePages_Total: 0\n"}
GROUP_2 = MEMORY | {"proc/self/cgroup": "0::/user/mine\n"}
GROUP_1 = MEMORY | {"proc/self/cgroup": "9:cpu,cpuacct:/c\n4:memory:/docker/abc\n0::/\n"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(MEMORY, 2_048_000_000, id="no groups"),
        pytest.param(GROUP_2 | {"sys/fs/cgroup/user/mine/memory.max": "max\n"}, 2_048_000_000, id="no limit"),
        pytest.param(
            GROUP_2
            | {
                "sys/fs/cgroup/user/mine/memory.max": f"{512 * MB}\n",
                "sys/fs/cgroup/user/mine/memory.stat": f"anon {100 * MB}\nfile {400 * MB}\n",
            },
            412 * MB,
            id="version 2, without what it holds of files",
        ),
        pytest.param(
            GROUP_2 | {"sys/fs/cgroup/user/memory.max": f"{300 * MB}\n"}, 300 * MB, id="a limit of the group above"
        ),
        pytest.param(GROUP_2 | {"sys/fs/cgroup/memory.max": f"{200 * MB}\n"}, 200 * MB, id="the group of a container"),
        pytest.param(
            GROUP_1
            | {
                "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{512 * MB}\n",
                "sys/fs/cgroup/memory/memory.stat": f"total_rss {12 * MB}\n",
            },
            500 * MB,
            id="version 1 in a container",
        ),
        pytest.param(
            GROUP_1 | {"sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "9223372036854771712\n"},
            2_048_000_000,
            id="version 1 without a limit",
        ),
        pytest.param(
            GROUP_2 | {"sys/fs/cgroup/memory.max": "5\n", "sys/fs/cgroup/memory.stat": "anon 9\n"}, 0, id="none left"
        ),
    ],
)
def test_the_memory_is_the_least_of_what_the_machine_and_its_groups_leave(
    tmp_path: Path, files: dict[str, str], expected: int
) -> None:
    assert available_memory(kernel(tmp_path, files)) == expected


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="this system does not tell its memory")
def test_where_nothing_tells_what_is_free_half_of_the_memory_counts(tmp_path: Path) -> None:
    assert available_memory(tmp_path) == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def cores_of_one() -> int:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    return available_cores()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not bind processes to cores")
def test_only_the_cores_that_the_process_may_use_are_counted() -> None:
    assert available_cores() == len(os.sched_getaffinity(0))
    assert in_own_process(cores_of_one) == 1
