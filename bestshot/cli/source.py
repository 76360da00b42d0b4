"""From settings to the source of the photos and its connection."""

import logging
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bestshot.errors import MissingPermissionError, UsageError
from bestshot.model.photo import SourceType
from bestshot.settings.settings import Settings
from bestshot.text import printable

if TYPE_CHECKING:
    from bestshot.immich.versions import Task
    from bestshot.sources.immich.source import ImmichPhotoSource
    from bestshot.sources.interface import PhotoSource

logger = logging.getLogger(__name__)

DEMO_FOLDER = "photo-organizer-demo"


def with_demo(settings: Settings) -> Settings:
    """The settings of a run over a small library that is drawn for it."""
    from bestshot.cli.demo import draw_library

    if settings.source or settings.source_type != SourceType.LOCAL:
        raise UsageError("--demo draws its own photos: leave out SOURCE and the server, or leave out --demo.")
    photos = Path(DEMO_FOLDER) / "photos"
    draw_library(photos)
    return replace(settings, source=(str(photos),), output=settings.output or str(Path(DEMO_FOLDER) / "organized"))


def source_of(settings: Settings) -> "PhotoSource":
    """The photos that the settings name; raises UsageError where they name none."""
    from bestshot.sources.immich.permissions import tasks_of
    from bestshot.sources.local.source import LocalPhotoSource
    from bestshot.storage.picture_cache import PhotoCache

    if settings.source_type not in [*SourceType]:
        from bestshot.sources.installed import installed_source

        return installed_source(settings.source_type, settings.source)
    if settings.source_type == SourceType.LOCAL:
        if not settings.source:
            raise UsageError("Name the folder that holds the photos, or try --demo. See --help for examples.")
        cache = PhotoCache(Path(settings.cache_dir) / "previews", settings.cache_size)
        albums = settings.output if settings.create_albums else None
        return LocalPhotoSource(
            *settings.source,
            exclude=settings.exclude,
            include=settings.include,
            references=settings.reference,
            cache=cache,
            album_dir=albums,
        )
    downloads, faces = settings.options.layout is not None, not settings.no_faces
    return immich_source(settings, tasks_of(settings.mark_options, downloads=downloads, faces=faces))


def immich_source(settings: Settings, tasks: "Collection[Task]") -> "ImmichPhotoSource":
    """The server that the settings name, with what its key is needed for."""
    from bestshot.immich.keys import KeyFromFile, key_source
    from bestshot.sources.immich.source import ImmichPhotoSource
    from bestshot.storage.picture_cache import PhotoCache

    if settings.immich_url is None:
        raise UsageError("Name the server: --immich-url http://nas:2283, or IMMICH_URL.")
    key = key_source(settings.immich_api_key_file, settings.immich_api_key)
    if isinstance(key, KeyFromFile) and key.is_open_to_others:
        logger.warning("Other users of this machine can read the key file %s: chmod 600 it.", printable(key.path))
    return ImmichPhotoSource(
        settings.immich_url,
        key,
        use_thumbnails=not settings.use_full_resolution,
        album=settings.immich_album,
        include_archived=settings.include_archived,
        verify=settings.immich_ca or not settings.no_verify_ssl,
        cache=PhotoCache(settings.immich_cache_dir or Path(settings.cache_dir) / "immich", settings.immich_cache_size),
        tasks=tasks,
    )


def connection_lines(source: "PhotoSource") -> Iterator[str]:
    """The report of a connection test, line by line; raises UsageError for folders, ImmichError for what is wrong."""
    from bestshot.sources.immich.source import ImmichPhotoSource

    if not isinstance(source, ImmichPhotoSource):
        raise UsageError("--check tests the connection to an Immich server: add --source-type immich.")
    client = source.client
    yield f"Server:      Immich {client.get_version()}"
    yield f"User:        {printable(client.get_current_user().name)}"
    yield f"Photos:      {client.get_statistics().images:,}"
    needed, granted = client.get_needed_permissions(), client.get_key_permissions()
    if granted is None:
        if needed:
            yield f"Permissions: this version does not report them; needed are {', '.join(needed)}"
        else:
            yield "Permissions: this version checks none of those that this needs"
        return
    lacking = [name for name in needed if name not in granted and "all" not in granted]
    if not lacking:
        yield f"Permissions: all that are needed ({', '.join(needed)})"
        return
    yield f"Permissions: has {', '.join(name for name in needed if name in granted) or 'none'}"
    yield f"             lacks {', '.join(lacking)}"
    raise MissingPermissionError(lacking[0], needed)
