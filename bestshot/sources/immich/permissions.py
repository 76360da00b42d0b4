"""The permissions that a key needs for a job."""

from bestshot.immich.versions import Task
from bestshot.marks.actions import MarkWishes

UNDO_TASKS = frozenset({Task.READ, Task.DOWNLOAD, Task.UPDATE, Task.TAGS, Task.ALBUMS, Task.STACKS, Task.TAKE_BACK})
"""What taking back any run may need."""


def tasks_of(wishes: MarkWishes, *, downloads: bool, faces: bool) -> frozenset[Task]:
    """The parts of a job beside looking: those that the marks need, fetching originals, asking for faces.

    What is marked is also taken back when a group changes; who archives must see what a photo on top would take along.
    """
    wanted = {
        Task.DOWNLOAD: downloads,
        Task.FACES: faces,
        Task.TAGS: wishes.tag is not None,
        Task.ALBUMS: wishes.album_prefix is not None,
        Task.JOIN_ALBUMS: wishes.inherit,
        Task.UPDATE: wishes.favorite_best or wishes.archive_rest or wishes.inherit,
        Task.READ_STACKS: wishes.archive_rest,
        Task.STACKS: wishes.stack,
    }
    return frozenset(task for task, is_wanted in wanted.items() if is_wanted)
