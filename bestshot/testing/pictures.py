"""Photos that tests draw: plain colours and busy scenes, with the EXIF asked for."""

from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pillow_heif
from PIL import ExifTags, Image, ImageFilter

NOON: Final = "2024:06:01 12:00:00"
"""A time as EXIF writes it."""

CORNERS: Final = {(0.2, 0.2): "red", (0.8, 0.2): "lime", (0.2, 0.8): "blue", (0.8, 0.8): "yellow"}


def drawn() -> Image.Image:
    """Four colours, one in each quarter, wider than high."""
    image = Image.new("RGB", (96, 64))
    for (x, y), colour in CORNERS.items():
        left, top = 48 * round(x), 32 * round(y)
        image.paste(colour, (left, top, left + 48, top + 32))
    return image


def scene(number: int, *, blur: float = 0.0, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """Clouds of light and a fine grain; every number is another scene, a blur costs it the grain."""
    random = np.random.default_rng(number)
    clouds = Image.fromarray(random.integers(30, 226, (8, 9), dtype=np.uint8))
    smooth = np.asarray(clouds.resize(size, Image.Resampling.BICUBIC), dtype=np.float64)
    grainy = smooth + random.normal(0, 12, smooth.shape)
    picture = Image.fromarray(grainy.clip(0, 255).astype(np.uint8)).convert("RGB")
    return picture.filter(ImageFilter.GaussianBlur(blur)) if blur else picture


def exif(taken: str | None = NOON, subsec: str = "", offset: str = "") -> Image.Exif:
    """EXIF that says no more than when it was taken."""
    made = Image.Exif()
    for tag, value in (
        (ExifTags.Base.DateTimeOriginal, taken),
        (ExifTags.Base.SubsecTimeOriginal, subsec),
        (ExifTags.Base.OffsetTimeOriginal, offset),
    ):
        if value:
            made.get_ifd(ExifTags.IFD.Exif)[tag] = value
    return made


def add(path: Path, picture: Image.Image, taken: str | None = NOON, subsec: str = "", offset: str = "") -> Path:
    """Save a picture as a photo taken then; without a time, nothing but its file's date tells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, quality=92, exif=exif(taken, subsec, offset))
    return path


def saved(image: Image.Image, kind: str, **options: object) -> BytesIO:
    """The picture as a file of this kind."""
    pillow_heif.register_heif_opener()
    file = BytesIO()
    image.save(file, kind, **options)
    file.seek(0)
    return file


def values(image: Image.Image) -> npt.NDArray[np.float64]:
    """Its pixels as numbers."""
    return np.asarray(image, dtype=np.float64)


def difference(image: Image.Image, other: Image.Image) -> float:
    """By how much the pixels of two pictures of one size differ on the average."""
    assert image.size == other.size
    return float(np.abs(values(image) - values(other)).mean())
