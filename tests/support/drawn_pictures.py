"""Pictures that the tests draw and write themselves, and how they are compared."""

from pathlib import Path

import numpy as np
from PIL import Image

from bestshot.errors import PhotoError
from bestshot.imaging.load import load_pixels
from bestshot.testing.pictures import CORNERS as CORNERS
from bestshot.testing.pictures import difference as difference
from bestshot.testing.pictures import drawn as drawn
from bestshot.testing.pictures import saved as saved
from bestshot.testing.pictures import values as values


def ramp() -> Image.Image:
    """Grey from black at the left to white at the right."""
    return Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (64, 1)))


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
