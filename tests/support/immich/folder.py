"""A folder as the library of the fake Immich server: whatever is in it now is on the server now."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, UnidentifiedImageError

from bestshot.immich.client import ImmichClient
from bestshot.immich.failures import RetryPolicy
from bestshot.immich.keys import KeyFromFile, KeySource
from bestshot.sources.immich.source import ImmichPhotoSource
from tests.fake_immich import ALWAYS, FakeImmich
from tests.fake_immich.pictures import Original
from tests.fake_immich.state import Asset, Exif, parse_iso

AT_ONCE = RetryPolicy(connect=5, answer=20, backoff=0)


def impatient(fake: FakeImmich, key: str | KeySource | None = None, **options: Any) -> ImmichPhotoSource:
    """A user's photos on the server, by a client that does not wait before it asks again."""
    client = ImmichClient(fake.url, key or fake.admin.secret, policy=AT_ONCE)
    return ImmichPhotoSource(fake.url, client=client, **options)


def served(version: str, folder: Path, stack: ExitStack) -> ImmichPhotoSource:
    """The folder on a server of this version, read in full resolution."""
    return source_of(stack.enter_context(FakeImmich(version)), folder)


def source_of(fake: FakeImmich, folder: Path) -> ImmichPhotoSource:
    """The folder on this server, read in full resolution."""
    fake.faults.then("look into the folder", _Mirror(fake, folder).update, ALWAYS)
    key_file = folder.parent / "immich.key"
    key_file.write_text(fake.admin.secret)
    return impatient(fake, KeyFromFile(str(key_file)), use_thumbnails=False)


class _Mirror:
    def __init__(self, fake: FakeImmich, folder: Path) -> None:
        self._fake = fake
        self._folder = folder
        self._known: dict[Path, tuple[int, Asset]] = {}

    def update(self) -> None:
        """Bring the server up to date; a folder that is gone takes the server along."""
        if not self._folder.is_dir():
            raise ConnectionResetError
        found = {path for path in self._folder.rglob("*") if path.is_file()}
        for path in set(self._known) - found:
            self._fake.state.remove(self._known.pop(path)[1])
        for path in sorted(found):
            changed = path.stat().st_mtime_ns
            if path not in self._known:
                self._known[path] = changed, self._fake.seeds.broken(path.name)
            elif self._known[path][0] == changed:
                continue
            asset = self._known[path][1]
            self._known[path] = changed, asset
            _read(path, asset)
            self._fake.state.revision += 1


def _as_written(seconds: float) -> str:
    """An exposure time as servers write it: as ExifTool prints it."""
    return f"1/{round(1 / seconds)}" if seconds < 0.25 else f"{seconds:g}"


def _read(path: Path, asset: Asset) -> None:
    """Tell of the file what the server reads in it."""
    asset.original = Original(data=path.read_bytes())
    asset.taken_ms = asset.modified_ms = path.stat().st_mtime_ns // 1_000_000
    try:
        with Image.open(path) as picture:
            asset.size, exif = picture.size, picture.getexif()
    except UnidentifiedImageError:
        return
    details = exif.get_ifd(ExifTags.IFD.Exif)
    orientation = exif.get(ExifTags.Base.Orientation)
    seconds, f_number = details.get(ExifTags.Base.ExposureTime), details.get(ExifTags.Base.FNumber)
    asset.exif = Exif(
        orientation=orientation and str(orientation),
        exposure=seconds and _as_written(float(seconds)),
        f_number=f_number and float(f_number),
        iso=details.get(ExifTags.Base.ISOSpeedRatings),
    )
    written = details.get(ExifTags.Base.DateTimeOriginal)
    if written:
        taken = datetime.strptime(written, "%Y:%m:%d %H:%M:%S").isoformat()
        asset.taken_ms = parse_iso(f"{taken}.{details.get(ExifTags.Base.SubsecTimeOriginal, '0')}Z")
        asset.exif = replace(asset.exif, make="Drawn")
