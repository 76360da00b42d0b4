"""Claims about which photos are but copies of others."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bestshot.analysis.appraisal import appraise
from bestshot.imaging.load import load_pixels
from bestshot.model.appraisal import Appraisal
from bestshot.model.faces import Face
from bestshot.model.groups import Group
from bestshot.model.photo import Metadata
from bestshot.ranking.candidates import Candidate, Candidates, originals_of_copies
from tests.support.builders import appraisal, face, guess_at, metadata_with, photo, wall_at

PICTURE = bytes(range(256)) * 4
LIGHTER = bytes(min(255, grey + 3) for grey in PICTURE)
"""No spot of it differs much, but all of it does: another exposure."""

CAMERA = metadata_with(camera="Camera")


def candidate(
    name: str,
    metadata: Metadata = CAMERA,
    *faces: Face,
    size: int = 1000,
    picture: bytes = PICTURE,
    sharpness: float = 1.0,
) -> Candidate:
    return Candidate(photo(name, size=size), appraisal(*faces, miniature=picture, sharpness=sharpness), metadata)


def copies(*everyone: Candidate) -> dict[str, str]:
    """The original of each copy; the same whatever the order."""
    found = originals_of_copies(everyone)
    assert originals_of_copies(everyone[::-1]) == found
    return {copy: original.id for copy, original in found.items()}


SMALL = replace(CAMERA, width=1600, height=1200)
SENT = metadata_with(guess_at(-500))


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(candidate("b", SMALL), id="resized"),
        pytest.param(candidate("b", SENT), id="without EXIF"),
        pytest.param(candidate("b", size=600), id="pressed"),
        pytest.param(candidate("b", replace(SENT, width=800, height=600), size=100), id="sent"),
        pytest.param(candidate("b", replace(SENT, width=None, height=None)), id="of unknown size"),
    ],
)
def test_a_copy_is_known_by_what_it_has_lost(copy: Candidate) -> None:
    assert copies(candidate("a"), copy) == {"b": "a"}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(candidate("b"), id="nothing lost"),
        pytest.param(candidate("b", replace(SMALL, taken=wall_at(4))), id="another moment"),
        pytest.param(candidate("b", replace(SMALL, height=1600)), id="cropped"),
        pytest.param(candidate("b", SMALL, picture=PICTURE[::-1]), id="another picture"),
        pytest.param(candidate("b", SMALL, picture=LIGHTER), id="lighter all over"),
        pytest.param(candidate("b", SMALL, picture=b""), id="no miniature"),
        pytest.param(candidate("b", SMALL, face(lid_height=0.05)), id="a blink"),
        pytest.param(candidate("b", size=600, sharpness=0.4), id="shaken"),
        pytest.param(candidate("b", size=600, sharpness=1.5), id="less noisy"),
    ],
)
def test_what_only_looks_the_same_is_nobodys_copy(other: Candidate) -> None:
    assert copies(candidate("a", CAMERA, face(lid_height=0.22)), other) == {}


def test_all_copies_of_one_original_are_its_copies_and_not_each_others() -> None:
    assert copies(candidate("c"), candidate("a", SENT), candidate("b", SMALL)) == {"a": "c", "b": "c"}


def test_real_photos_that_were_shrunk_and_pressed_are_known_again(shared: Path) -> None:
    """As a messenger sends them."""
    for path in sorted((shared / "fullsize").glob("*.jpg"))[:4]:
        with path.open("rb") as stream:
            picture = load_pixels(stream, path.name, 3000)
        small = picture.copy()
        small.thumbnail((1600, 1600))
        sent = io.BytesIO()
        small.save(sent, "JPEG", quality=70)
        copy = measured("copy.jpg", sent.getvalue(), SENT)
        original = measured("a.jpg", path.read_bytes(), metadata_with(camera="Camera"))
        assert originals_of_copies([copy, original]) == {"copy.jpg": original}, path.name


def measured(name: str, data: bytes, metadata: Metadata) -> Candidate:
    picture = load_pixels(io.BytesIO(data), name, 1280)
    width, height = Image.open(io.BytesIO(data)).size
    known = replace(metadata, width=max(width, height), height=min(width, height))
    upright = replace(known, width=min(width, height), height=max(width, height))
    told: Appraisal = appraise(picture, None)
    return Candidate(photo(name, size=len(data)), told, known if picture.width >= picture.height else upright)


def test_frames_of_a_burst_are_nobodys_copies(shared: Path) -> None:
    frames = []
    for path in sorted((shared / "bursts").glob("iphone5_bowl_*.jpg")):
        frames.append(measured(path.name, path.read_bytes(), metadata_with(guess_at(0))))
    assert len(frames) >= 4
    assert originals_of_copies(frames) == {}


class _Library(dict[str, Appraisal]):
    """What is known of a whole library, which nobody may go through for one group."""

    def __iter__(self) -> Iterator[str]:
        raise AssertionError

    keys = values = items = None  # type: ignore[assignment]  # nothing else goes through it


def test_a_group_costs_the_same_in_a_library_of_any_size() -> None:
    known = _Library(a=replace(appraisal(), damage="is damaged"), b=appraisal())
    photos = photo("a"), photo("b")
    group = Candidates.of(Group(photos), known, dict.fromkeys("ab", CAMERA))
    assert [one.damage for one in group.everyone] == ["is damaged", None]
