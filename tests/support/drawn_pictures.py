"""Pictures that the tests draw and write themselves, and how they are compared."""

from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pillow_heif
from PIL import Image

from bestshot.errors import PhotoError
from bestshot.imaging.load import load_pixels

CORNERS = {(0.2, 0.2): "red", (0.8, 0.2): "lime", (0.2, 0.8): "blue", (0.8, 0.8): "yellow"}


def drawn() -> Image.Image:
    """Four colours, one in each quarter, wider than high."""
    image = Image.new("RGB", (96, 64))
    for (x, y), colour in CORNERS.items():
        left, top = 48 * round(x), 32 * round(y)
        image.paste(colour, (left, top, left + 48, top + 32))
    return image


def ramp() -> Image.Image:
    """Grey from black at the left to white at the right."""
    return Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (64, 1)))


def saved(image: Image.Image, kind: str, **options: object) -> BytesIO:
    pillow_heif.register_heif_opener()
    file = BytesIO()
    image.save(file, kind, **options)
    file.seek(0)
    return file


def values(image: Image.Image) -> npt.NDArray[np.float64]:
    return np.asarray(image, dtype=np.float64)


def difference(image: Image.Image, other: Image.Image) -> float:
    assert image.size == other.size
    return float(np.abs(values(image) - values(other)).mean())


def outcome_of(path: Path) -> str | None:
    """The sentence a file is refused with; None if it is decoded."""
    try:
        with path.open("rb") as stream:
            image = load_pixels(stream, path.name, 96)
    except PhotoError as error:
        return str(error)
    assert image.mode == "RGB"
    assert max(image.size) <= 96
    return None
