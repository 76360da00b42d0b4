"""The photos on which programs are compared: copied without dates, or drawn from a seed."""

import io
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageChops, ImageDraw

UNDATED_FOLDERS = ("bursts", "distractors", "neardup")

_FILES_PER_FOLDER = 1000

_BURSTS = 0.1
"""The fraction of occasions that are bursts, which makes three photos of ten members of one."""

_CAMERA_PHOTOS = 100
_ROUND = 10
"""Camera photos are drawn in rounds of ten: a burst of three and seven single ones, so 30 % are in groups."""

_MAKES = ("Canon EOS R6", "Google Pixel 7", "Apple iPhone 13")


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo to be drawn: of which scene, at what time, and by which camera."""

    scene: int
    taken: datetime
    camera: str


def prepared(folder: Path, make: Callable[[Path], None]) -> Path:
    """Have `make` fill a folder, unless that was done before."""
    if not folder.exists():
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        make(partial)
        partial.rename(folder)
    return folder


def copy_undated(photos: Path, folder: Path) -> None:
    """Copy labelled folders into one, without what tells a time: names, EXIF but for the orientation, XMP and IPTC.

    The pixels stay as they are, byte for byte; so do the dates of the files.
    """
    for name in UNDATED_FOLDERS:
        pictures = sorted(path for path in (photos / name).iterdir() if path.suffix != ".json")
        for number, path in enumerate(pictures):
            copy = folder / f"{name} {number:03}{path.suffix}"
            copy.write_bytes(undated(path.read_bytes()))
            shutil.copystat(path, copy)


def undated(content: bytes) -> bytes:
    """A JPEG without the segments that can hold a time, its pixels untouched; anything else as it is."""
    if not content.startswith(b"\xff\xd8"):
        return content
    kept, at = [content[:2], _orientation_alone(content)], 2
    while content[at : at + 1] == b"\xff" and content[at + 1] != 0xDA:  # the scan begins
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if content[at + 1] not in {0xE1, 0xED}:  # APP1: EXIF and XMP; APP13: IPTC
            kept.append(content[at:end])
        at = end
    return b"".join([*kept, content[at:]])


def _orientation_alone(content: bytes) -> bytes:
    """An APP1 segment that says nothing but how the photo is turned; empty for one that is upright."""
    with Image.open(io.BytesIO(content)) as image:
        turned = image.getexif().get(ExifTags.Base.Orientation, 1)
    if turned == 1:
        return b""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = turned
    told = exif.tobytes()
    return b"\xff\xe1" + (len(told) + 2).to_bytes(2, "big") + told


def draw_dated(count: int, folder: Path) -> None:
    """Draw many small photos with the dates of a real library."""
    pencil = Pencil((320, 240), quality=75)
    for number, shot in zip(range(count), dated_shots(random.Random(1)), strict=False):
        path = folder / f"{number // _FILES_PER_FOLDER:03}" / f"IMG_{number:06}.jpg"
        path.parent.mkdir(exist_ok=True)
        pencil.draw(shot, path)


def dated_shots(chance: random.Random) -> Iterator[Shot]:
    """Yield the shots of a library without end: days of 5 to 60 occasions, one in ten a burst of 2 to 6 photos.

    An occasion follows the last after 20 seconds to 20 minutes, so that most photos have a neighbour in time and are
    decoded, and some have none.
    """
    day, scene = datetime(2012, 1, 1), 0
    while True:
        day += timedelta(days=chance.randint(1, 5))
        taken, camera = day + timedelta(hours=chance.uniform(8, 20)), chance.choice(_MAKES)
        for _ in range(chance.randint(5, 60)):
            scene += 1
            for shot in range(chance.randint(2, 6) if chance.random() < _BURSTS else 1):
                yield Shot(scene, taken + timedelta(seconds=0.5 * shot), camera)
            taken += timedelta(seconds=20 * 60 ** chance.random())


def draw_camera_photos(folder: Path, count: int = _CAMERA_PHOTOS, size: tuple[int, int] = (4000, 3000)) -> None:
    """Draw photos of twelve megapixels, each within a minute of the next, so that all are decoded."""
    pencil, taken = Pencil(size, quality=92), datetime(2024, 6, 1, 9)
    for number in range(count):
        taken += timedelta(seconds=1 if number % _ROUND in {1, 2} else 40)
        scene = number - number % _ROUND if number % _ROUND < 3 else number
        pencil.draw(Shot(scene, taken, _MAKES[0]), folder / f"IMG_{number:06}.jpg")


def draw_camera_start(folder: Path) -> None:
    """Draw the first round of camera photos alone: what is paid for them is paid by every run that finds a group."""
    draw_camera_photos(folder, _ROUND)


class Pencil:
    """Draws photos of one size: clouds of colour with a few sharp shapes, a shaking hand, and grain."""

    def __init__(self, size: tuple[int, int], *, quality: int) -> None:
        self._size, self._quality = size, quality
        self._margin = max(4, size[0] // 80)
        grain = np.random.default_rng(0).normal(128, 5, (size[1] + 64, size[0] + 64))
        self._grain = Image.fromarray(grain.clip(0, 255).astype(np.uint8))
        self._chance = random.Random(2)

    def draw(self, shot: Shot, path: Path) -> None:
        """Draw a shot and save it with its EXIF; each shot of a scene is another picture of that scene."""
        left, top = (self._chance.randrange(self._margin) for _ in range(2))
        picture = self._scene(shot.scene).crop((left, top, left + self._size[0], top + self._size[1]))
        left, top = (self._chance.randrange(64) for _ in range(2))
        grain = self._grain.crop((left, top, left + self._size[0], top + self._size[1]))
        picture = ImageChops.add(picture, Image.merge("RGB", [grain] * 3), 1, -128)
        picture.save(path, quality=self._quality, exif=_exif(shot))

    def _scene(self, number: int) -> Image.Image:
        chance = random.Random(number)
        width, height = (side + self._margin for side in self._size)
        clouds = Image.frombytes("RGB", (9, 8), chance.randbytes(9 * 8 * 3))
        picture = clouds.resize((width, height), Image.Resampling.BICUBIC)
        pen = ImageDraw.Draw(picture)
        for _ in range(12):
            x, y, size = chance.randrange(width), chance.randrange(height), chance.randrange(width // 40, width // 8)
            pen.rectangle((x, y, x + size, y + size // 2), fill=tuple(chance.randbytes(3)))
        return picture


def _exif(shot: Shot) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], _, exif[ExifTags.Base.Model] = shot.camera.partition(" ")
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = shot.taken.strftime("%Y:%m:%d %H:%M:%S")
    details[ExifTags.Base.SubsecTimeOriginal] = f"{shot.taken.microsecond // 1000:03}"
    return exif
