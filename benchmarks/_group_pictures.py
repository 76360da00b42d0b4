"""Composing group pictures from labelled photos of single people, so that it is known who blinks or turns away."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

from bestshot.imaging.load import load_pixels
from bestshot.model.faces import FaceBox

_SIZE = 1280, 960
"""Width and height of a picture, in pixels."""

_MARGIN = 0.55
"""How much is cut out around a face, as a fraction of its size."""


@dataclass(frozen=True, slots=True)
class Person:
    """The photos in which a person looks good, and those in which they blink: path and place of the face."""

    good: tuple[tuple[Path, FaceBox], ...]
    blinking: tuple[tuple[Path, FaceBox], ...]


def draw_series(people: Sequence[Person], folder: Path, name: str, chance: random.Random) -> tuple[list[str], str]:
    """Draw five pictures of three to six people; one is good, in each of the others somebody blinks or turns away.

    Returns the names of the files, and that of the good one.
    """
    cast = chance.sample(list(people), chance.randint(3, min(6, len(people))))
    spoilers = [person for person in cast if person.blinking]
    good = chance.randrange(5)
    files = []
    for number in range(5):
        spoilt = [] if number == good else chance.sample(cast, chance.randint(1, 2))
        picture = _background(chance)
        for place, person in enumerate(cast):
            head = _head(person, chance, is_spoilt=person in spoilt, may_blink=person in spoilers)
            _paste(picture, head, place, len(cast), chance)
        file = f"{name}_{number}.jpg"
        picture.save(folder / file, quality=chance.choice((85, 92)))
        files.append(file)
    return files, files[good]


def _head(person: Person, chance: random.Random, *, is_spoilt: bool, may_blink: bool) -> Image.Image:
    if is_spoilt and may_blink and chance.random() < 0.7:
        return _cut_out(*chance.choice(person.blinking))
    head = _cut_out(*chance.choice(person.good))
    return _from_behind(head) if is_spoilt else head


def _cut_out(path: Path, box: FaceBox) -> Image.Image:
    with path.open("rb") as stream:
        picture = load_pixels(stream, path.name, 4000)
    width, height = picture.size
    size = max((box.right - box.left) * width, (box.bottom - box.top) * height)
    x, y = (box.left + box.right) / 2 * width, (box.top + box.bottom) / 2 * height
    reach = (0.5 + _MARGIN) * size
    return picture.crop((round(x - reach), round(y - reach), round(x + reach), round(y + reach)))


def _from_behind(head: Image.Image) -> Image.Image:
    """Cover the face of a head with hair."""
    width, height = head.size
    hair = head.crop((round(width * 0.35), round(height * 0.08), round(width * 0.65), round(height * 0.2)))
    mask = Image.new("L", head.size, 0)
    ImageDraw.Draw(mask).ellipse((width * 0.2, height * 0.1, width * 0.8, height * 0.85), fill=255)
    covered = head.copy()
    covered.paste(hair.resize(head.size, Image.Resampling.BICUBIC), (0, 0), mask.filter(ImageFilter.GaussianBlur(3)))
    return covered


def _background(chance: random.Random) -> Image.Image:
    grey = 120 + chance.randint(-4, 4)
    return Image.linear_gradient("L").resize(_SIZE).point(lambda value: grey + value // 8).convert("RGB")


def _paste(picture: Image.Image, head: Image.Image, place: int, total: int, chance: random.Random) -> None:
    """Place a head in one row of up to three or in two rows, slightly displaced, since people move."""
    columns = total if total <= 3 else (total + 1) // 2
    rows = 1 if total <= 3 else 2
    cell = min(_SIZE[0] // columns, _SIZE[1] // rows)
    size = round(cell * 0.8 * chance.uniform(0.97, 1.03))
    x = (place % columns) * _SIZE[0] // columns + round(cell * chance.uniform(0.08, 0.12))
    y = (place // columns) * cell + round(cell * chance.uniform(0.08, 0.12))
    picture.paste(head.resize((size, size), Image.Resampling.LANCZOS), (x, y))
