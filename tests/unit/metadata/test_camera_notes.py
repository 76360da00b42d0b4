"""Claims about the burst that a file itself says a photo is of.

The packets and notes are built by what is published of them: the tables of ExifTool for Apple (0x000B) and for the
namespaces of Google's cameras, which write both identifiers, and BurstPrimary into the one frame that they show.
"""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL.ExifTags import Base

from bestshot.metadata.camera_notes import CONTENT_ID, apple_text, stated_burst
from bestshot.model.burst_names import BurstFrame, burst_of
from tests.support.films import apple_note
from tests.support.sidecar_samples import sidecar as sidecar_of
from tests.unit.metadata.test_read import exif_of, picture, read

UUID = "8BAFACEC-2D9C-415A-8CEA-91A9C041186F"
BURST_UUID = 0x0B
CAMERA, CREATIONS = (f"http://ns.google.com/photos/1.0/{name}/" for name in ("camera", "creations"))


def of_google(attributes: str) -> bytes:
    return sidecar_of(f'xmlns:c="{CAMERA}" xmlns:g="{CREATIONS}" {attributes}')


@pytest.mark.parametrize(
    ("attributes", "is_cover"),
    [
        (f'c:BurstID="{UUID.lower()}" c:BurstPrimary="1" g:CameraBurstID="{UUID.lower()}"', True),
        (f'c:BurstID="{UUID}"', False),
        (f'c:BurstID="{UUID}" c:BurstPrimary="0"', False),
        (f'c:BurstID="" g:CameraBurstID=" {UUID} "', False),
    ],
)
def test_a_frame_of_googles_cameras_states_its_burst_and_whether_it_is_the_one_shown(
    attributes: str, is_cover: bool
) -> None:
    stated = BurstFrame(UUID, is_cover, is_stated=True)
    assert read(picture(xmp=of_google(attributes))).burst == stated
    assert read(picture(kind="PNG", xmp=of_google(attributes))).burst is None  # where Pillow keeps no packet
    assert stated_burst(of_google(attributes), None) == stated


def test_a_frame_of_an_iphone_states_its_burst() -> None:
    exif = exif_of({Base.Make: "Apple"}, {Base.MakerNote: apple_note(UUID.lower(), BURST_UUID)})
    assert read(picture(exif)).burst == BurstFrame(UUID, is_cover=False, is_stated=True)
    assert read(picture(exif, "HEIF"), "a.heic").burst == BurstFrame(UUID, is_cover=False, is_stated=True)


def test_real_frames_of_an_iphone_state_the_burst_that_they_are_of(shared: Path) -> None:
    frames = sorted((shared / "bursts").glob("iphone6s_sea_*.jpg"))
    stated = {burst.key for frame in frames if (burst := read(frame.read_bytes(), frame.name).burst)}
    assert (len(frames), stated) == (4, {"D4E4B3D1-0E45-4987-BE12-76D604E25D2C"})
    assert read((shared / "bursts/iphone5_bowl_0.jpg").read_bytes()).burst is None


@pytest.mark.parametrize("burst", ["", "IMG_0001", UUID[:-1], UUID + "0", "é" * 36])
def test_what_is_no_uuid_in_apples_notes_names_no_burst(burst: str) -> None:
    assert stated_burst(None, apple_note(burst, BURST_UUID)) is None


def test_a_packet_that_mentions_a_burst_and_cannot_be_read_is_told() -> None:
    broken = of_google(f'c:BurstID="{UUID}"')[:-40]
    exif = exif_of({Base.Make: "A"}, {Base.DateTimeOriginal: "2024:01:31 12:00:00"})
    found = read(picture(exif, xmp=broken))
    assert found.burst is None
    assert found.problems == ("its XMP is not well-formed XML, so the burst that it names is not known",)


def test_what_the_file_states_comes_before_its_name_and_either_may_call_it_the_cover() -> None:
    name = "IMG_20171207_063654_BURST001_COVER.jpg"
    stated = BurstFrame(UUID, is_cover=False, is_stated=True)
    assert burst_of(name, stated) == BurstFrame(UUID, is_cover=True, is_stated=True)
    assert burst_of("IMG_0001.jpg", stated) == stated
    assert burst_of(name) == BurstFrame("IMG_20171207_063654", is_cover=True)


@given(st.binary(max_size=40), st.integers(0, 90), st.sampled_from([BURST_UUID, CONTENT_ID]))
@example(b"?", 33, CONTENT_ID)
def test_damaged_notes_never_raise_and_give_nothing_that_is_not_in_them(noise: bytes, place: int, tag: int) -> None:
    sound = apple_note(UUID, tag)
    for note in (sound[:place] + noise + sound[place + len(noise) :], sound[:place], b"Apple iOS\0" + noise):
        text = apple_text(note, tag)
        assert text is None or not text.isascii() or text.encode() in note
        burst = stated_burst(None, note)
        assert burst is None or burst.key.encode() in note.upper()


@pytest.mark.parametrize("place", [14, 20, 24])
def test_huge_counts_and_places_in_notes_are_not_followed(place: int) -> None:
    """The number of entries, the length of a text, and where it stands."""
    sound = apple_note(UUID, BURST_UUID)
    width = 2 if place == 14 else 4
    huge = sound[:place] + b"\xff" * width + sound[place + width :]
    expected = UUID if place == 14 else None
    assert apple_text(huge, BURST_UUID) == expected
