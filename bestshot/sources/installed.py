"""Sources that other packages bring, by the names under which these enter them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from bestshot.errors import OrganizerError, PhotoError, SourceError, UsageError
from bestshot.layout.actions import CopyFile
from bestshot.model.photo import SourceType
from bestshot.sources.interface import PhotoSource
from bestshot.storage.files import checksum
from bestshot.text import printable

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP: Final = "photo_organizer.sources"
"""The entry points whose names `--source-type` takes; each is called with the places, a tuple of texts."""


def installed_source(name: str, places: Sequence[str]) -> PhotoSource:
    """The photos in these places, as an installed package reads them; raises UsageError if none of this name does."""
    entry = _entry(name)
    with speaking_for(name):
        source = entry.load()(tuple(places))
        if not isinstance(source, PhotoSource):
            raise UsageError(f"The source {_whose(entry)} makes {type(source).__name__}, which is no PhotoSource.")
        strange = next((origin for origin in source.origins() if not origin.startswith(f"{name}:")), None)
    if strange is not None:
        raise UsageError(f"The source {_whose(entry)} calls a library {printable(strange)}, not {name}:PLACE.")
    return source


def source_with(origins: Sequence[str]) -> PhotoSource:
    """The installed source of these libraries, whose origins are its name and the place that was given for each."""
    name = SourceType.of(origins)
    return installed_source(name, [origin.removeprefix(f"{name}:") for origin in origins])


def check_original(copy: CopyFile, wanted: str) -> None:
    """Raise PhotoError unless an installed source still has what a copy holds, whose SHA-256 is `wanted`."""
    try:
        with TemporaryDirectory() as folder:
            fetched = Path(folder) / "original"
            source_with([copy.origin]).fetch_file(copy, fetched)
            is_same = checksum(fetched) == wanted
    except OrganizerError as error:
        why = str(error).rstrip(".")
        raise PhotoError(f"Its original cannot be read, so this may be the only copy left: {why}.") from error
    if not is_same:
        raise PhotoError("Its original has changed since, so this is the only copy of the earlier version.")


@contextmanager
def speaking_for(name: str) -> Iterator[None]:
    """Turn what a source of another package raises unforeseen into a SourceError that names the package."""
    if name in [*SourceType]:
        yield
        return
    try:
        yield
    except OrganizerError:
        raise
    except Exception as error:
        what = printable(f"{type(error).__name__}: {error}").rstrip(".: ")
        raise SourceError(f"The source {_whose(_entry(name))} failed unforeseen ({what}): tell its authors.") from error


def _entry(name: str) -> "EntryPoint":
    from importlib.metadata import entry_points  # takes as long to load as all of --history

    found = list(entry_points(group=GROUP, name=name))
    if len(found) == 1:
        return found[0]
    if found:
        packages = ", ".join(sorted(map(_whose, found)))
        raise UsageError(f"Several packages bring a source {name}: {packages}. Uninstall all but one.")
    others = ", ".join(sorted({*SourceType, *entry_points(group=GROUP).names}))
    raise UsageError(f"--source-type {name}: no such source is installed; there are {others}.")


def _whose(entry: "EntryPoint") -> str:
    """The name of a source, and the package that brings it."""
    return f"{entry.name} of {entry.dist.name} {entry.dist.version}" if entry.dist else entry.name
