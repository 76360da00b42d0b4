"""Whatever a photo, its sidecars and its file system state: metadata that can be kept and shown, or a sentence."""

import json
import struct
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bestshot.errors import PhotoError
from bestshot.imaging.raw import finite
from bestshot.metadata.read import read_metadata
from bestshot.model.photo import FileRole, Metadata, Photo, PhotoFile
from bestshot.model.times import CaptureTime
from tests.support.drawn_pictures import saved
from tests.support.each import every

ORDINARY = saved(Image.new("RGB", (8, 8)), "PNG").getvalue()
JPEG = saved(Image.new("RGB", (8, 8)), "JPEG").getvalue()

LONG = 1 << 32
TAGS = [256, 257, 254, 270, 271, 272, 274, 306, 330, 33434, 33437, 34665, 34853, 34855, 34864, 34866, 36867, 36868]
TAGS += [36880, 36881, 36882, 37386, 37521, 37522, 42036, 18246, 40962, 40963, 700, *range(8), 29]
DATES = [
    "0000:00:00 00:00:00",
    "0001:01:01 00:00:00",
    "9999:12:31 23:59:59",
    "2100:12:31 23:59:60",
    "1826:01:01 00:00:00",
]
OFFSETS = ["+14:00", "-12:00", "+99:99", "Z", "", "\0"]
texts = st.one_of(st.sampled_from(DATES), st.sampled_from(OFFSETS), st.text(max_size=30))
numbers = st.one_of(st.sampled_from([0, 1, 5, 90, 180, LONG - 1, LONG // 2]), st.integers(0, LONG - 1))
values = st.one_of(
    texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(numbers, max_size=8).map(lambda many: struct.pack(f"<{len(many)}L", *many)),
    st.lists(st.floats(width=64), max_size=3).map(lambda many: struct.pack(f"<{len(many)}d", *many)),
    st.binary(max_size=40),
)
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
entries = st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from([*SIZES, 0, 99]), values), max_size=12)


def directory(parts: list[tuple[int, int, bytes]], start: int) -> bytes:
    """A directory at that place in the block, its values behind it."""
    place, heads, behind = start + 2 + 12 * len(parts) + 4, b"", b""
    for tag, kind, value in parts:
        count = len(value) // SIZES.get(kind, 1)
        where = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack("<L", place + len(behind))
        heads += struct.pack("<HHL", tag, kind, count) + where
        behind += value if len(value) > 4 else b""
    return struct.pack("<H", len(parts)) + heads + bytes(4) + behind


def block(
    main: list[tuple[int, int, bytes]], capture: list[tuple[int, int, bytes]], gps: list[tuple[int, int, bytes]]
) -> bytes:
    places, blocks = [4096, 8192], [directory(capture, 4096), directory(gps, 8192)]
    pointers = [(tag, 4, struct.pack("<L", place)) for tag, place in zip((34665, 34853), places, strict=True)]
    whole = bytearray(16_384)
    first = b"II*\0\x08\0\0\0" + directory([*main, *pointers], 8)
    for place, part in zip((0, *places), (first, *blocks), strict=True):
        whole[place : place + len(part)] = part
    return bytes(whole)


def in_png(exif: bytes) -> bytes:
    return ORDINARY[:33] + struct.pack(">I", len(exif)) + b"eXIf" + exif + bytes(4) + ORDINARY[33:]


def in_jpeg(exif: bytes) -> bytes:
    segment = b"Exif\0\0" + exif
    return JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + JPEG[2:]


def checked(content: bytes, name: str, *companions: PhotoFile, mtime_ns: int = 0) -> Metadata | None:
    """What is read can be kept in the index, sorted and shown; None where the photo is refused in a sentence."""
    picture = PhotoFile("/nowhere/" + name, FileRole.PICTURE, len(content), mtime_ns)
    photo = Photo(name, "folder:/nowhere", name, picture.revision, name, len(content), (picture, *companions))
    said, found = "", None
    try:
        found = read_metadata(BytesIO(content), photo)
    except PhotoError as error:
        said = str(error)
    assert said.isprintable()
    if found is None:
        return None
    assert msgspec.json.decode(msgspec.json.encode(found), type=Metadata) == found
    assert isinstance(found.taken.seconds, float)
    assert found.taken.isoformat().isprintable()
    assert all(problem.isprintable() for problem in found.problems)
    return found


@settings(max_examples=300)
@given(entries, entries, entries)
def test_any_values_in_exif(
    main: list[tuple[int, int, bytes]], capture: list[tuple[int, int, bytes]], gps: list[tuple[int, int, bytes]]
) -> None:
    exif = block(main, capture, gps)
    for content in (in_png(exif), in_jpeg(exif), exif):
        checked(content, "a.jpg")


@settings(max_examples=300)
@given(st.data())
def test_any_bytes_of_a_picture_with_exif_changed(data: st.DataObject) -> None:
    date = (36867, 2, b"2024:01:31 10:00:00\0")
    place = (2, 5, struct.pack("<6L", 47, 1, 30, 1, 0, 1))
    content = bytearray(in_jpeg(block([(271, 2, b"Maker\0")], [date], [(1, 2, b"N\0"), place])))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    checked(bytes(content), "a.jpg")


trees = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just("9" * 5000)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["photoTakenTime", "timestamp", "x"]), inner, max_size=3),
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(trees | trees.map(lambda tree: {"photoTakenTime": {"timestamp": tree}}))
def test_any_json_in_the_place_of_takeout_s(tmp_path_factory: pytest.TempPathFactory, tree: object) -> None:
    path = tmp_path_factory.getbasetemp() / "a.png.json"
    path.write_text(json.dumps(tree))
    checked(ORDINARY, "a.png", PhotoFile(str(path), FileRole.TAKEOUT, 1, 1))


@settings(max_examples=300)
@given(texts, st.one_of(texts, st.floats().map(str), st.integers().map(str), st.just("1e400")))
def test_any_values_in_xmp(tmp_path_factory: pytest.TempPathFactory, date: str, rating: str) -> None:
    path = tmp_path_factory.getbasetemp() / "a.png.xmp"
    quoted = [text.translate({ord(char): f"&#{ord(char)};" for char in "<>&'\""}) for text in (date, rating)]
    path.write_bytes(
        (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<r:Description xmlns:e="http://ns.adobe.com/exif/1.0/" xmlns:m="http://ns.adobe.com/xap/1.0/"'
            f' e:DateTimeOriginal="{quoted[0]}" m:Rating="{quoted[1]}"/></r:RDF></x:xmpmeta>'
        ).encode("utf-8", "surrogatepass")
    )
    found = checked(ORDINARY, "a.png", PhotoFile(str(path), FileRole.SIDECAR, 1, 1))
    assert found is not None
    assert found.rating in (None, -1, 1, 2, 3, 4, 5)


@settings(max_examples=300)
@given(st.integers(-(10**21), 10**21), st.text(max_size=40))
def test_any_time_and_name_of_a_file(mtime_ns: int, name: str) -> None:
    found = checked(ORDINARY, name, mtime_ns=mtime_ns)
    assert found is not None
    assert isinstance(found.taken, CaptureTime)


@every("value", [float("nan"), float("inf"), float("-inf"), 0.0, -1.0])
def test_a_raw_photo_that_states_no_number_states_none(value: float) -> None:
    assert finite(value) is None
    assert finite(100.0) == 100.0


def test_the_hostile_samples_are_read_or_refused(shared: Path) -> None:
    for path in sorted((shared / "hostile").rglob("*")):
        if path.is_file() and path.suffix != ".tar":
            checked(path.read_bytes(), path.name)
