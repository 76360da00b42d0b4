"""Drawing mistakes as strips of small pictures, for a person to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageDraw

from benchmarks._scores import Found, Labels, joined, split

_TILE = (180, 150)
"""Width and height of a picture, in pixels."""

_CAPTION = 14
"""Height of a line of text, in pixels."""

_MAX_PICTURES = 12
"""Pictures in a strip; further ones are left out."""

_COLOURS = ("black", "crimson", "royalblue", "seagreen", "darkorange", "purple", "teal", "sienna")


@dataclass(frozen=True, slots=True)
class Strip:
    """One mistake: a title, and the names of the photos in parts, each of which has its own colour."""

    title: str
    parts: tuple[tuple[str, ...], ...]


def mistakes(found: Found, labels: Labels) -> list[Strip]:
    """The wrongly joined groups, divided by what belongs together, and the wrongly split ones, by what was found."""
    wrong = [Strip("wrongly joined", _parts(group & labels.names, labels.groups)) for group in joined(found, labels)]
    return wrong + [Strip("wrongly split", _parts(group, found)) for group in split(found, labels)]


def draw_sheet(folder: Path, strips: Sequence[Strip], path: Path) -> None:
    """Write the strips as a picture, in the format that the suffix of `path` names."""
    width, height = _TILE
    sheet = Image.new("RGB", (width * _MAX_PICTURES, (height + 2 * _CAPTION) * max(1, len(strips))), "white")
    pen = ImageDraw.Draw(sheet)
    for row, strip in enumerate(strips):
        top = row * (height + 2 * _CAPTION)
        pen.text((2, top), strip.title, fill="black")
        coloured = [(name, _COLOURS[at % len(_COLOURS)]) for at, part in enumerate(strip.parts) for name in part]
        for column, (name, colour) in enumerate(coloured[:_MAX_PICTURES]):
            tile = Image.open(folder / name).convert("RGB")
            tile.thumbnail((width - 4, height - 4))
            sheet.paste(tile, (column * width, top + _CAPTION))
            pen.text((column * width + 2, top + _CAPTION + height - 2), name[-28:], fill=colour)
    sheet.save(path)


def _parts(names: frozenset[str], groups: Found) -> tuple[tuple[str, ...], ...]:
    def part_of(name: str) -> tuple[str, ...]:
        return tuple(sorted(next((group for group in groups if name in group), frozenset({name})) & names))

    ordered = sorted(names, key=lambda name: (part_of(name), name))
    return tuple(tuple(part) for _, part in groupby(ordered, key=part_of))
