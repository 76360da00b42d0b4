"""RAW and JPEG of one shot: a server lists them as two photos, here they are one: pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from bestshot.immich.model import Asset
from bestshot.model.formats import RAW_SUFFIXES
from bestshot.sources.local.companions import DEVELOPED_SUFFIXES, plain_stem

_ShotName = tuple[str, datetime, str]


@dataclass(frozen=True, slots=True)
class Shot:
    """What was taken by one press of the button: the picture to look at, and the RAW file that goes with it."""

    picture: Asset
    raw: Asset | None = None


def pair_shots(assets: Iterable[Asset]) -> list[Shot]:
    """The assets as shots: a RAW file goes with the one other picture of its name, camera and second.

    What programs add to the name of one of the two does not count.

    Where there are several, as after an export into another folder, nobody can tell which belongs to which: all of
    them stay apart.
    """
    every = list(assets)
    raws, developed = _by_shot(every, RAW_SUFFIXES), _by_shot(every, DEVELOPED_SUFFIXES)
    pairs = {
        pictures[0].id: raws[shot][0]
        for shot, pictures in developed.items()
        if len(pictures) == 1 and len(raws.get(shot, ())) == 1
    }
    paired = {raw.id for raw in pairs.values()}
    return [Shot(asset, pairs.get(asset.id)) for asset in every if asset.id not in paired]


def _by_shot(assets: Iterable[Asset], suffixes: Collection[str]) -> dict[_ShotName, list[Asset]]:
    """Those with one of these suffixes, by what both files of a shot have in common: name, second and camera."""
    found: dict[_ShotName, list[Asset]] = {}
    for asset in assets:
        name = PurePath(asset.whole_name)
        if name.suffix.lower() in suffixes and asset.local_time is not None and asset.exif and asset.exif.model:
            shot = plain_stem(asset.whole_name), asset.local_time.replace(microsecond=0), asset.exif.model
            found.setdefault(shot, []).append(asset)
    return found
