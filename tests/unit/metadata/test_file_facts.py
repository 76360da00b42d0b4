"""Claims about what single files say of their shot, read from their headers."""

import tracemalloc
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import IFD, Base

from bestshot.metadata.file_facts import read_file_facts
from bestshot.model.file_facts import FileFacts
from tests.support.films import apple_note, box, film

TAKEN = datetime(2024, 5, 1, 10, 0, 0, tzinfo=UTC)
WALL = TAKEN.timestamp()


def picture(
    kind: str, *, make: str = "Canon", model: str = "Canon EOS R5", offset: str = "", note: bytes = b""
) -> bytes:
    exif = Image.Exif()
    exif.endian = "<"
    exif[Base.Make], exif[Base.Model] = make, model
    capture = exif.get_ifd(IFD.Exif)
    capture[Base.DateTimeOriginal] = f"{TAKEN:%Y:%m:%d %H:%M:%S}"
    if offset:
        capture[Base.OffsetTimeOriginal] = offset
    if note:
        capture[Base.MakerNote] = note
    if kind == "TIFF":  # Pillow saves a TIFF file without the part of EXIF that has the time
        return exif.tobytes().removeprefix(b"Exif\0\0")
    file = BytesIO()
    Image.new("RGB", (16, 16)).save(file, kind, exif=exif)
    return file.getvalue()


def facts(content: bytes, name: str) -> FileFacts:
    return read_file_facts(BytesIO(content), name)


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "a.jpg"), ("TIFF", "a.dng"), ("TIFF", "a.nef")])
def test_pictures_and_raw_photos_say_their_camera_and_time(kind: str, name: str) -> None:
    assert facts(picture(kind), name) == FileFacts(camera="eosr5", wall=WALL)


@pytest.mark.parametrize("magic", [b"IIRO", b"IIRS", b"IIU\0"])
def test_raw_files_with_a_magic_number_of_their_own_do_too(magic: bytes) -> None:
    assert facts(magic + picture("TIFF")[4:], "a.orf") == FileFacts(camera="eosr5", wall=WALL)


def test_a_raf_file_says_it_in_its_preview() -> None:
    preview = picture("JPEG", make="FUJIFILM", model="X-T5")
    head = b"FUJIFILMCCD-RAW ".ljust(84, b"0") + (200).to_bytes(4, "big") + len(preview).to_bytes(4, "big")
    assert facts(head.ljust(200, b"\0") + preview, "a.raf") == FileFacts(camera="xt5", wall=WALL)


def test_a_cr3_file_says_it_in_its_boxes() -> None:
    directory = picture("TIFF")
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    boxes = box(b"moov", box(b"uuid", canon, box(b"CNCV", b"x"), box(b"CMT1", directory), box(b"CMT2", directory)))
    assert facts(box(b"ftyp", b"crx \0\0\0\1crx isom") + boxes, "a.cr3") == FileFacts(camera="eosr5", wall=WALL)


def test_a_raf_file_whose_preview_is_itself_says_nothing() -> None:
    head = b"FUJIFILMCCD-RAW ".ljust(84, b"0") + bytes(4) + (200).to_bytes(4, "big")
    assert facts(head.ljust(200, b"\0"), "a.raf") == FileFacts()


def test_a_file_that_says_a_thing_a_hundred_times_takes_no_more_memory() -> None:
    long = bytes(500_000)
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    keys = box(b"keys", bytes(8), *(box(b"mdta", long) for _ in range(100)))
    texts = box(b"meta", box(b"hdlr", bytes(24)), keys, box(b"ilst"))
    raw = box(b"uuid", canon, *(box(b"CMT1", long) for _ in range(100)))
    for kind, content in ((b"qt  \0\0\0\0qt  ", texts), (b"crx \0\0\0\1crx isom", raw)):
        stream = BytesIO(box(b"ftyp", kind) + box(b"moov", content))
        tracemalloc.start()
        read_file_facts(stream, "a")
        assert tracemalloc.get_traced_memory()[1] < 20 * len(long)
        tracemalloc.stop()


def test_a_stated_zone_gives_the_moment() -> None:
    assert facts(picture("JPEG", offset="+02:00"), "a.jpg").instant == WALL - 7200


@pytest.mark.parametrize(("make", "model"), [("NIKON CORPORATION", "NIKON D850"), ("Nikon", "D850"), ("", "D 850 ")])
def test_a_camera_is_one_however_its_maker_is_written(make: str, model: str) -> None:
    assert facts(picture("JPEG", make=make, model=model), "a.jpg").camera == "d850"


def test_a_film_says_how_long_it_is_and_when_and_with_what_it_was_made() -> None:
    content = film(2.5, TAKEN, model="iPhone 12", content_identifier="ABC")
    assert facts(content, "a.mov") == FileFacts("iphone12", made=WALL, content_id="ABC", is_film=True, seconds=2.5)


def test_the_clock_of_a_film_comes_before_its_header() -> None:
    content = film(2.5, TAKEN + timedelta(days=3), creationdate="2024-05-01T12:00:00+0200")
    assert (facts(content, "a").wall, facts(content, "a").instant) == (WALL + 7200, WALL)


@pytest.mark.parametrize("taken", [None, datetime(1904, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)])
def test_a_film_made_at_a_default_time_says_no_time(taken: datetime | None) -> None:
    assert facts(film(2.5, taken), "a.mov") == FileFacts(is_film=True, seconds=2.5)


def test_an_apple_picture_says_the_identifier_of_its_film() -> None:
    assert facts(picture("JPEG", note=apple_note("0A1B-22")), "a.jpg").content_id == "0A1B-22"


@given(st.binary(max_size=60), st.integers(0, 400), st.sampled_from(["a.mov", "a.jpg", "a.dng", "a.raf", "a.cr3"]))
def test_damage_never_raises(noise: bytes, place: int, name: str) -> None:
    for content in (film(2.5, TAKEN, model="x"), picture("TIFF"), picture("JPEG", note=apple_note("A"))):
        read_file_facts(BytesIO(content[:place] + noise + content[place + len(noise) :]), name)
        read_file_facts(BytesIO(content[:place]), name)
