"""The law that a picture with fewer pixels never beats the photo it came from."""

import io
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from PIL import Image, ImageFilter

from bestshot.analysis.appraisal import appraise
from bestshot.analysis.sharpness import reduced_sharpness
from bestshot.imaging.load import load_pixels
from bestshot.metadata.provenance import read_provenance
from bestshot.model.appraisal import Appraisal
from bestshot.model.provenance import Provenance
from bestshot.ranking.candidates import Candidates
from bestshot.ranking.rank import judge
from tests.support.builders import appraisal, group, guess_at, metadata_with, photo, wall_at
from tests.support.each import every
from tests.support.leaves import leaves

SIDES = {480: (80, 120, 160, 200, 320), 1200: (80, 160, 320, 640, 1000), 4000: (80, 640, 1600, 3600)}
"""The widths of photos, and those to which each is shrunk, in pixels."""

SHARPENED = {"as it is": None, "sharpened": ImageFilter.UnsharpMask(1, 150, 0)}


def encoded(picture: Image.Image, codec: str, quality: int) -> bytes:
    data = io.BytesIO()
    picture.save(data, codec, quality=quality)
    return data.getvalue()


@cache
def original(width: int) -> bytes:
    return encoded(leaves(width, width * 3 // 4), "JPEG", 90)


@cache
def shrunk(width: int, side: int, sharpened: str, codec: str) -> bytes:
    picture = Image.open(io.BytesIO(original(width)))
    small = picture.convert("RGB").resize((side, side * 3 // 4), Image.Resampling.LANCZOS)
    sharpening: Any = SHARPENED[sharpened]
    return encoded(small.filter(sharpening) if sharpening else small, codec, 75)


@cache
def measured(data: bytes) -> tuple[Appraisal, Provenance]:
    name = "a"
    picture = load_pixels(io.BytesIO(data), name, 1280, grey=True)
    told = replace(appraise(picture, None), reduced_sharpness=reduced_sharpness(picture))
    return told, read_provenance(io.BytesIO(data), photo(name))


def best_of(large: bytes, small: bytes, *, camera_of: str) -> str:
    """Which of the two is best; `camera_of` says which of them still state their camera and time."""
    photos, known, appraisals, provenance = [], {}, {}, {}
    # The small one comes first by its id, so that it would win if they were equal.
    for name, data, which in (("b.jpg", large, "large"), ("a.img", small, "small")):
        image = Image.open(io.BytesIO(data))
        told = metadata_with(wall_at(0), camera="Maker M1") if which in camera_of else metadata_with(guess_at(0))
        known[name] = replace(told, width=image.width, height=image.height, format=image.format)
        photos.append(photo(name, size=len(data)))
        appraisals[name], provenance[name] = measured(data)
    candidates = Candidates.of(group(*photos), appraisals, known).with_provenance(provenance)
    return judge(candidates).best.name


@pytest.mark.parametrize("width", SIDES)
@pytest.mark.parametrize("codec", ["JPEG", "WEBP"])
@every("camera_of", ["", "large", "large small"])
def test_fewer_pixels_never_beat_the_photo_that_they_came_from(width: int, codec: str, camera_of: str) -> None:
    tried = [(side, sharpened) for side in SIDES[width] for sharpened in SHARPENED]
    beaten = [
        (side, sharpened)
        for side, sharpened in tried
        if best_of(original(width), shrunk(width, side, sharpened, codec), camera_of=camera_of) != "b.jpg"
    ]
    assert beaten == []


def test_sharpness_is_compared_at_the_scale_of_the_smaller_picture() -> None:
    """A photo of one edge, and the same edge reduced: it is as sharp there, though twice as steep."""
    large = appraisal(sharpness=1.0, longest_side=1280, reduced_sharpness=((640, 2.0), (320, 4.0)))
    small = appraisal(sharpness=2.0, longest_side=640, reduced_sharpness=((320, 4.0),))
    assert large.sharpness_beside(small) == small.sharpness_beside(large) == 4.0
    assert large.sharpness_beside(large) == 1.0
    assert large.sharpness_beside(appraisal(sharpness=9.0, longest_side=60)) is None


def test_a_blurred_photo_loses_against_a_smaller_sharp_one_of_another_moment() -> None:
    """Its pixels hold no more than the smaller one's, and are less sharp at its scale, too."""
    blurred = appraisal(sharpness=0.2, longest_side=1280, reduced_sharpness=((640, 0.5), (320, 1.5)))
    sharp = appraisal(sharpness=2.0, longest_side=700, reduced_sharpness=((640, 2.1), (320, 3.0)))
    shots = {
        "a": (blurred, metadata_with(wall_at(0), width=4000, height=3000)),
        "b": (sharp, metadata_with(wall_at(3), width=2800, height=2100)),
    }
    found = Candidates.of(
        group(*map(photo, shots)),
        {name: each for name, (each, _) in shots.items()},
        {name: known for name, (_, known) in shots.items()},
    )
    assert judge(found).best.name == "b"
