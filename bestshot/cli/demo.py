"""A small library drawn on the spot, so that a newcomer sees a result before pointing the tool at real photos."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageDraw, ImageEnhance, ImageFilter

from bestshot.errors import OutputError
from bestshot.storage.drafts import draft_name
from bestshot.storage.files import publish
from bestshot.storage.opening import open_new
from bestshot.storage.own_files import clearing
from bestshot.text import printable

_SIZE = (960, 640)
_MARGIN = 40
"""What a scene is drawn larger by on each side, so that a hand can shake."""

_BEGIN = datetime(2024, 6, 1, 10, 0, 0)


@dataclass(frozen=True, slots=True)
class _Shot:
    """One press of the button: how the camera was held and set."""

    name: str
    taken: datetime | None
    shift: tuple[int, int] = (0, 0)
    blur: float = 0.0
    brightness: float = 1.0
    scale: float = 1.0


def draw_library(folder: Path) -> None:
    """Draw bursts, a retake, a messenger's copy and single photos; files that are there already are left alone.

    Raises OutputError where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for scene, shots in enumerate(_occasions()):
            picture: Image.Image | None = None
            for shot in shots:
                path = folder / shot.name
                if not path.exists():
                    picture = picture or _scene(scene)
                    _save(_taken(picture, shot), shot, path)
    except OSError as error:
        shown = printable(str(folder))
        raise OutputError(f"The demo cannot be drawn into {shown}: {error.strerror or error}.") from error


def _occasions() -> Iterator[list[_Shot]]:
    yield _burst("hills", 0, blurred=(0, 3))
    yield _burst("lake", 60, blurred=(1,))
    yield [
        *_burst("harbour", 150, blurred=(2,)),
        _Shot("IMG-20240601-WA0007.jpg", None, scale=0.5),
    ]
    yield [
        _Shot("dune_dark.jpg", _BEGIN + timedelta(minutes=300), brightness=0.45),
        _Shot("dune_right.jpg", _BEGIN + timedelta(minutes=300, seconds=40), shift=(3, 2)),
    ]
    for number in range(6):
        yield [_Shot(f"walk_{number + 1}.jpg", _BEGIN + timedelta(minutes=400 + 30 * number))]


def _burst(name: str, minutes: int, blurred: tuple[int, ...]) -> list[_Shot]:
    return [
        _Shot(
            f"{name}_{number + 1}.jpg",
            _BEGIN + timedelta(minutes=minutes, seconds=0.4 * number),
            shift=(2 * number, -number),
            blur=2.5 if number in blurred else 0.0,
        )
        for number in range(4)
    ]


def _scene(number: int) -> Image.Image:
    """A landscape of hills below a sky, other hills and another sky for every number."""
    random = np.random.default_rng(number)
    width, height = _SIZE[0] + 2 * _MARGIN, _SIZE[1] + 2 * _MARGIN
    colours = random.integers(40, 220, size=(6, 3))
    sky = np.linspace(colours[0], colours[1], height)[:, None, :].repeat(width, axis=1)
    picture = Image.fromarray(sky.astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    left, top, radius = (int(value) for value in random.integers((0, 0, 30), (width, height // 3, 110)))
    pen.ellipse((left, top, left + 2 * radius, top + 2 * radius), fill=(250, 240, 190))
    for ridge in range(4):
        pen.polygon(_ridge(random, width, height, ridge), fill=tuple(int(value) for value in colours[2 + ridge]))
    grain = random.normal(0, 9, size=(height, width, 1))
    return Image.fromarray((np.asarray(picture) + grain).clip(0, 255).astype(np.uint8))


def _ridge(random: np.random.Generator, width: int, height: int, ridge: int) -> list[tuple[float, float]]:
    across = np.linspace(0, width, 60)
    waves = random.uniform(1, 5, size=3)[:, None] * across[None, :] * 2 * np.pi / width
    rise = (np.sin(waves + random.uniform(0, 7, size=(3, 1))) * random.uniform(10, 60, size=(3, 1))).sum(axis=0)
    line = height * (0.45 + 0.15 * ridge) + rise
    return [(0.0, float(height)), *zip(across.tolist(), line.tolist(), strict=True), (float(width), float(height))]


def _taken(picture: Image.Image, shot: _Shot) -> Image.Image:
    left, top = _MARGIN + shot.shift[0], _MARGIN + shot.shift[1]
    seen = picture.crop((left, top, left + _SIZE[0], top + _SIZE[1]))
    seen = seen.filter(ImageFilter.GaussianBlur(shot.blur)) if shot.blur else seen
    seen = ImageEnhance.Brightness(seen).enhance(shot.brightness)
    return seen.resize((round(_SIZE[0] * shot.scale), round(_SIZE[1] * shot.scale)))


def _save(picture: Image.Image, shot: _Shot, path: Path) -> None:
    exif = Image.Exif()
    if shot.taken is not None:
        exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Photo Organizer", "Demo"
        capture = exif.get_ifd(ExifTags.IFD.Exif)
        capture[ExifTags.Base.DateTimeOriginal] = f"{shot.taken:%Y:%m:%d %H:%M:%S}"
        capture[ExifTags.Base.SubsecTimeOriginal] = f"{shot.taken.microsecond // 1000:03}"
    # Under a hidden name until it is whole: a demo that was cut short must not leave half a picture.
    draft = path.with_name(draft_name())
    with clearing(draft):
        with open_new(draft) as stream:
            picture.save(stream, "JPEG", quality=88 if shot.taken else 60, exif=exif)
        publish(draft, path)
