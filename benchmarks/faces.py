"""How many faces are found at each working size, at what cost, and what appraising a photo costs from file to result.

Usage: python benchmarks/faces.py FOLDER [--count N]

FOLDER holds photos and their labels.json. The labelled faces are pasted into larger pictures so that each has a given
fraction of the picture's height, since most of the labelled photos show little else. All figures are for one core.
"""

import argparse
import io
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

# Started by its path, a script finds only what lies beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._labelled import read_labels
from bestshot.analysis.appraisal import appraise
from bestshot.analysis.faces import WORKING_PIXELS, find_faces
from bestshot.imaging.load import load_pixels
from bestshot.model.faces import Face, FaceModel
from bestshot.model.reader import PREVIEW_SIZE

_SHARES = (0.05, 0.06, 0.07, 0.1, 0.2)
"""Heights of faces, as fractions of the picture's."""

_WORKING_SIZES = (800_000, 1_200_000, 1_600_000, WORKING_PIXELS, 2_800_000)
"""Pixels of the pictures in which faces are detected."""

_CAMERA_SIZE = 4000, 3000
"""Width and height of a photo of 12 megapixels."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """A picture with one face, and the middle and height of that, as fractions of the picture."""

    picture: Image.Image
    x: float
    y: float
    height: float

    def is_found(self, faces: Sequence[Face]) -> bool:
        """Whether the face is among those that were found."""
        return any(
            abs((face.left + face.right) / 2 - self.x) < self.height / 2
            and abs((face.top + face.bottom) / 2 - self.y) < self.height / 2
            for face in faces
        )


def paste_photo(photo: Image.Image, face: Face, share: float, size: tuple[int, int], chance: random.Random) -> Pasted:
    """Paste a photo into a plain picture so that its face has this fraction of the height."""
    scale = share * size[1] / (face.height * photo.height)
    small = photo.resize((round(photo.width * scale), round(photo.height * scale)), Image.Resampling.LANCZOS)
    x, y = (chance.randint(0, max(0, room - own)) for room, own in zip(size, small.size, strict=True))
    picture = Image.new("RGB", size, "gray")
    picture.paste(small, (x, y))
    middle_x, middle_y = (face.left + face.right) / 2, (face.top + face.bottom) / 2
    return Pasted(picture, (x + middle_x * small.width) / size[0], (y + middle_y * small.height) / size[1], share)


def single_faces(folder: Path, count: int) -> list[tuple[Image.Image, Face]]:
    """Some of the photos with one face by their label, and where it is."""
    names = sorted(name for name, label in read_labels(folder).images.items() if label.faces == 1)
    found = []
    for name in random.Random(1).sample(names, min(count, len(names))):
        with (folder / name).open("rb") as stream:
            picture = load_pixels(stream, name, PREVIEW_SIZE)
        faces = find_faces(np.asarray(picture))
        if faces:
            found.append((picture, max(faces, key=lambda face: face.height)))
    print(f"{len(found)} of {min(count, len(names))} labelled single faces found in their own photos")
    return found


def print_curve(known: Sequence[tuple[Image.Image, Face]]) -> None:
    """Print the share of faces found and the photos a second, at each working size."""
    size = PREVIEW_SIZE, PREVIEW_SIZE * 3 // 4
    print(f"{'working pixels':>15}{''.join(f'{share:>5.0%} high' for share in _SHARES)}   photos/s (finding)")
    for working in _WORKING_SIZES:
        seconds, shown, cells = 0.0, 0, []
        for share in _SHARES:
            chance, hits = random.Random(2), 0
            for picture, face in known:
                pasted = paste_photo(picture, face, share, size, chance)
                pixels = np.asarray(pasted.picture)
                begin = time.process_time()
                hits += pasted.is_found(find_faces(pixels, working_pixels=working))
                seconds, shown = seconds + time.process_time() - begin, shown + 1
            cells.append(f"{hits / len(known):>10.0%}")
        mark = "  the default" if working == WORKING_PIXELS else ""
        print(f"{working:>15,}{''.join(cells)}{shown / seconds:>12.1f}{mark}")


def print_whole_cost(known: Sequence[tuple[Image.Image, Face]]) -> None:
    """Print the photos a second from a JPEG of 12 megapixels to its appraisal."""
    files = []
    for picture, face in known[:8]:
        stream = io.BytesIO()
        paste_photo(picture, face, 0.1, _CAMERA_SIZE, random.Random(3)).picture.save(stream, "JPEG", quality=92)
        files.append(stream)
    for title, model in (("without faces", None), ("with faces, hog", FaceModel.HOG)):
        begin = time.process_time()
        for stream in files:
            appraise(load_pixels(stream, "photo.jpg", PREVIEW_SIZE), model)
        each = (time.process_time() - begin) / len(files)
        print(f"12 megapixels to appraisal, {title:18}{each:7.3f} s, {1 / each:5.1f} photos/s (goal >= 2)")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure a folder of labelled photos."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--count", type=int, default=40, help="how many labelled faces to take (default: 40)")
    arguments = parser.parse_args(argv)
    known = single_faces(arguments.folder, arguments.count)
    print_curve(known)
    print_whole_cost(known)
    return 0


if __name__ == "__main__":
    sys.exit(main())
