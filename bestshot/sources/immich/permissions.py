"""The permissions that a key needs for a job."""

from bestshot.immich.versions import Task
from bestshot.marks.actions import MarkOptions

UNDO_TASKS = frozenset({Task.READ, Task.DOWNLOAD, Task.UPDATE, Task.TAGS, Task.ALBUMS, Task.STACKS, Task.UNDO})
"""What taking back any run may need."""


def tasks_of(options: MarkOptions, *, downloads: bool, faces: bool) -> frozenset[Task]:
    """The parts of a job beside looking: those that the marks need, fetching originals, asking for faces.

    What is marked is also taken back when a group changes; who archives must see what a photo on top would take along.
    """
    wanted = {
        Task.DOWNLOAD: downloads,
        Task.FACES: faces,
        Task.TAGS: options.tag is not None,
        Task.ALBUMS: options.album_prefix is not None,
        Task.JOIN_ALBUMS: options.inherit,
        Task.UPDATE: options.favorite_best or options.rate is not None or options.archive_rest or options.inherit,
        Task.READ_STACKS: options.archive_rest,
        Task.STACKS: options.stack,
    }
    return frozenset(task for task, is_wanted in wanted.items() if is_wanted)
