"""What is looked up right before changes of marks are begun, so that they can be told apart and taken back later."""

from collections.abc import Sequence
from dataclasses import replace

from bestshot.marks.actions import AddTags, MakeAlbum, MarkAction
from bestshot.marks.library import MarkableLibrary


def prepared(library: MarkableLibrary, actions: Sequence[MarkAction]) -> list[MarkAction]:
    """The actions as they are journaled: with what of the same name is there, and apart where they must be."""
    return _with_new_tags(library, _with_namesakes(library, _one_by_one(library, actions)))


def _one_by_one(library: MarkableLibrary, actions: Sequence[MarkAction]) -> list[MarkAction]:
    """Tags apart, for a library that takes them one by one."""
    if not library.tags_one_at_a_time:
        return list(actions)
    parted: list[MarkAction] = []
    for action in actions:
        parted += [replace(action, tags=(tag,)) for tag in action.tags] if isinstance(action, AddTags) else [action]
    return parted


def _with_namesakes(library: MarkableLibrary, actions: Sequence[MarkAction]) -> list[MarkAction]:
    """Remember which albums of the same name were there before."""
    names = {action.name for action in actions if isinstance(action, MakeAlbum)}
    known = library.albums_called(names) if names else {}
    return [
        replace(action, namesakes=known.get(action.name, ())) if isinstance(action, MakeAlbum) else action
        for action in actions
    ]


def _with_new_tags(library: MarkableLibrary, actions: Sequence[MarkAction]) -> list[MarkAction]:
    """Remember which tags are made, each by the first action that puts it on."""
    names = {tag for one in actions if isinstance(one, AddTags) for tag in one.tags}
    missing = list(library.missing_tags(names))
    prepared: list[MarkAction] = []
    for action in actions:
        if isinstance(action, AddTags) and missing:
            made = tuple(name for name in missing if any(f"{tag}/".startswith(f"{name}/") for tag in action.tags))
            missing = [name for name in missing if name not in made]
            prepared.append(replace(action, made=made))
        else:
            prepared.append(action)
    return prepared
