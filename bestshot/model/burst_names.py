"""The camera's own word that photos are frames of one burst: in the file, or by the name that it gave it."""

import re
from dataclasses import dataclass

_COVER = r"(?P<cover>_COVER\d?)?"

_DATED = re.compile(rf"(?:\d{{5}}\w*_\d{{5}}|DSC_\d{{4}})_(?P<key>BURST\d{{14,17}}){_COVER}", re.IGNORECASE)
"""Google and Sony: 00001IMG_00001_BURST20171111030039_COVER, DSC_0007_BURST20170211103059123."""

_COUNTED = re.compile(rf"(?P<key>.*\d.*)_BURST_?\d{{1,4}}{_COVER}", re.IGNORECASE)
"""Huawei, Motorola, OnePlus, Xiaomi and others: IMG_20171207_063654_BURST001_COVER."""

_SAMSUNG = re.compile(r"(?P<key>(?:19|20)\d{6}_\d{6})_0\d{2}(?P<cover>(?!))?")
"""Samsung: 20150619_201321_001; the camera numbers only the frames of a burst like this."""


@dataclass(frozen=True, slots=True)
class BurstFrame:
    """The burst that a photo is of, and whether the camera shows this one for all.

    A key that the file itself states is unique to its burst, one by the name only within a folder.
    """

    key: str
    is_cover: bool
    is_stated: bool = False


def burst_of(name: str, stated: BurstFrame | None = None) -> BurstFrame | None:
    """The burst that the file states, else the one by its name, if it is called as cameras call such frames."""
    named = _named(name)
    if stated is None or named is None:
        return stated or named
    return BurstFrame(stated.key, stated.is_cover or named.is_cover, is_stated=True)


def _named(name: str) -> BurstFrame | None:
    stem = name.rpartition(".")[0] or name
    for pattern in (_DATED, _COUNTED) if "BURST" in stem.upper() else (_SAMSUNG,):
        if found := pattern.fullmatch(stem):
            return BurstFrame(found["key"].upper(), found["cover"] is not None)
    return None
