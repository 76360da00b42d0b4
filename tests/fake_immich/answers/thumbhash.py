"""The thumbhash of a scene, as Immich makes it of every picture: https://evanw.github.io/thumbhash/."""

import base64
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.fake_immich.pictures import ORIGINAL_SIZE, Scene, draw

_EDGE = 100
_SIDE = 7
_SHORTEST = 3

Channel = npt.NDArray[np.float64]


@lru_cache(maxsize=1 << 16)
def thumbhash(scene: Scene) -> str:
    """The thumbhash of the scene in base64, as answers have it."""
    width, height = ORIGINAL_SIZE
    return base64.b64encode(thumbhash_of(draw(scene, (_EDGE, round(_EDGE * height / width))))).decode()


def thumbhash_of(picture: Image.Image) -> bytes:
    """The thumbhash of an opaque picture of at most 100 pixels a side."""
    red, green, blue = np.moveaxis(np.asarray(picture.convert("RGB"), dtype=np.float64) / 255, -1, 0)
    long_side = max(picture.size)
    columns, rows = (max(1, _rounded(_SIDE * side / long_side)) for side in picture.size)
    luma = _encoded((red + green + blue) / 3, max(_SHORTEST, columns), max(_SHORTEST, rows))
    yellow, pink = (_encoded(one, _SHORTEST, _SHORTEST) for one in ((red + green) / 2 - blue, red - green))
    is_wide = picture.width > picture.height
    averages = _rounded(63 * luma[0]) | _rounded(31.5 + 31.5 * yellow[0]) << 6 | _rounded(31.5 + 31.5 * pink[0]) << 12
    first = averages | _rounded(31 * luma[1]) << 18
    second = (
        (rows if is_wide else columns) | _rounded(63 * yellow[1]) << 3 | _rounded(63 * pink[1]) << 9 | is_wide << 15
    )
    codes = [*luma[2], *yellow[2], *pink[2]]
    codes += [0] * (len(codes) % 2)
    packed = bytes(low | high << 4 for low, high in zip(codes[::2], codes[1::2], strict=True))
    return first.to_bytes(3, "little") + second.to_bytes(2, "little") + packed


def _encoded(channel: Channel, columns: int, rows: int) -> tuple[float, float, list[int]]:
    """The average, the scale of all other frequencies, and these in four bits each."""
    height, width = channel.shape
    across, down = _cosines(columns, width), _cosines(rows, height)
    found = down @ channel @ across.T / channel.size
    places = [
        (row, column) for row in range(rows) for column in range(columns) if column * rows < columns * (rows - row)
    ]
    others = [float(found[place]) for place in places[1:]]
    scale = max(map(abs, others))
    codes = [_rounded(15 * (0.5 + 0.5 * value / scale)) if scale else 0 for value in others]
    return float(found[0, 0]), scale, codes


def _cosines(count: int, samples: int) -> Channel:
    return np.cos(np.pi * np.arange(count)[:, None] * (np.arange(samples)[None, :] + 0.5) / samples)


def _rounded(value: float) -> int:
    """Half up, as JavaScript rounds."""
    return int(np.floor(value + 0.5))
