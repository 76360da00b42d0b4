"""Claims about times and ratings in XMP, and about the files that hold them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestshot.errors import PhotoError
from bestshot.metadata.sidecars import MAX_SIDECAR_BYTES, read_sidecar, read_xmp_rating, read_xmp_time, user_rating
from bestshot.model.times import CaptureTime, TimeSource
from tests.support.builders import photo
from tests.support.sidecar_samples import RATINGS, UNREADABLE

EXIF, PHOTOSHOP, XMP = (
    "http://ns.adobe.com/exif/1.0/",
    "http://ns.adobe.com/photoshop/1.0/",
    "http://ns.adobe.com/xap/1.0/",
)
NOON = CaptureTime(datetime(2024, 1, 31, 12), None, TimeSource.XMP)
TEXT = "2024-01-31T12:00:00"


def packet(attributes: str = "", elements: str = "") -> str:
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<r:Description xmlns:e="{EXIF}" xmlns:p="{PHOTOSHOP}" xmlns:m="{XMP}" {attributes}>{elements}'
        f"</r:Description></r:RDF></x:xmpmeta>"
    )


@pytest.mark.parametrize("name", ["e:DateTimeOriginal", "p:DateCreated", "m:CreateDate"])
def test_a_date_is_found_as_an_attribute_and_as_an_element(name: str) -> None:
    assert read_xmp_time(packet(f'{name}="{TEXT}"').encode()) == NOON
    assert read_xmp_time(packet("", f"<{name}> {TEXT} </{name}>").encode()) == NOON


@pytest.mark.parametrize(("written", "rating"), RATINGS.items())
def test_a_rating_is_found_as_an_attribute_and_as_an_element_if_it_is_one(written: str, rating: int | None) -> None:
    assert read_xmp_rating(packet(f'm:Rating="{written}"').encode()) == rating
    assert read_xmp_rating(packet("", f"<m:Rating>{written}</m:Rating>").encode()) == rating
    assert read_xmp_rating(packet(f'e:Rating="{written}"').encode()) is None


def test_the_namespace_counts_and_not_the_prefix() -> None:
    foreign = packet(f'm:DateTimeOriginal="{TEXT}" e:CreateDate="{TEXT}" m:ModifyDate="{TEXT}"')
    assert read_xmp_time(foreign.encode()) is None


def test_the_date_of_the_shot_comes_before_that_of_the_file() -> None:
    xmp = packet('m:CreateDate="2025-01-01T00:00:00"', f"<e:DateTimeOriginal>{TEXT}</e:DateTimeOriginal>")
    assert read_xmp_time(xmp.encode()) == NOON


@pytest.mark.parametrize("useless", ["2024-01-31", "2024", "last year", "", "0000-00-00T00:00:00"])
def test_a_date_without_a_time_counts_as_none(useless: str) -> None:
    assert read_xmp_time(packet(f'e:DateTimeOriginal="{useless}"').encode()) is None
    assert read_xmp_time(packet(f'e:DateTimeOriginal="{useless}" m:CreateDate="{TEXT}"').encode()) == NOON


def test_fractions_and_offsets_are_read() -> None:
    taken = read_xmp_time(packet(f'e:DateTimeOriginal="{TEXT}.25+02:00"').encode())
    wall = datetime(2024, 1, 31, 12, 0, 0, 250_000)
    instant = wall.replace(tzinfo=UTC) - timedelta(hours=2)
    assert taken == CaptureTime(wall, instant, TimeSource.XMP, zone_stated=True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize(
    "around", [("", ""), ('<?xpacket begin=""?>', '<?xpacket end="w"?>\n   \0'), (" junk ", " junk")]
)
def test_encodings_and_garbage_around_the_xml_are_survived(encoding: str, around: tuple[str, str]) -> None:
    xmp = around[0] + packet(f'e:DateTimeOriginal="{TEXT}"', "Größe \x01") + around[1]
    if encoding.startswith("utf-16-"):
        xmp = xmp.removeprefix(" junk ")  # without a mark, the first letter must tell the byte order
    assert read_xmp_time(xmp.encode(encoding)) == NOON


def test_a_declared_encoding_does_not_matter() -> None:
    xmp = '<?xml version="1.0" encoding="ISO-8859-1"?>' + packet(f'e:DateTimeOriginal="{TEXT}"', "Größe")
    assert read_xmp_time(xmp.encode("latin-1")) == NOON


@pytest.mark.parametrize("content", [*UNREADABLE, b"<x:xmpmeta", b"<a><b></a>", b"\xff\xfe<"])
def test_what_is_no_xmp_is_refused(content: bytes) -> None:
    with pytest.raises(PhotoError, match=r"^(is not|has a document type declaration)"):
        read_xmp_time(content)


@settings(deadline=None)
@given(st.binary())
def test_no_bytes_break_the_reader(content: bytes) -> None:
    """Any bytes tell a time, none, or raise PhotoError."""
    for data in (content, packet("", "\0").encode().replace(b"\0", content)):
        try:
            taken = read_xmp_time(data)
        except PhotoError:
            continue
        assert taken is None or isinstance(taken, CaptureTime)


def test_a_sidecar_is_read_up_to_a_size(tmp_path: Path) -> None:
    small, large = tmp_path / "a.xmp", tmp_path / "b.xmp"
    small.write_bytes(b"<x/>")
    with large.open("wb") as file:
        file.truncate(MAX_SIDECAR_BYTES + 1)
    assert read_sidecar(str(small)) == b"<x/>"
    with pytest.raises(PhotoError, match="is larger than 8 MB"):
        read_sidecar(str(large))


def test_a_missing_sidecar_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="cannot be read: No such file"):
        read_sidecar(str(tmp_path / "gone.xmp"))


@pytest.mark.parametrize(("name", "year"), [("2000.xmp", 2000), ("2010.xmp", 2010), ("2020.xmp", 2020)])
def test_real_sidecars_tell_their_year(shared: Path, name: str, year: int) -> None:
    taken = read_xmp_time((shared / "formats" / "immich_meta" / name).read_bytes())
    assert taken is not None
    assert taken.wall is not None
    assert taken.wall.year == year


@pytest.mark.parametrize(
    ("stars", "rating"), [([1, 5], 5), ([5, 1], 5), ([None, 3], 3), ([-1, 2], 2), ([-1], -1), ([None, None], 4)]
)
def test_of_the_versions_of_a_photo_the_best_stars_count(tmp_path: Path, stars: list[int | None], rating: int) -> None:
    """Each version of darktable has a sidecar; without stars in any, those in the picture count."""
    names = [f"a_{number:02}.jpg.xmp" if number else "a.jpg.xmp" for number in range(len(stars))]
    for name, written in zip(names, stars, strict=True):
        (tmp_path / name).write_text(packet("" if written is None else f'm:Rating="{written}"'))
    found = user_rating(photo("a.jpg", *names, folder=str(tmp_path)), packet('m:Rating="4"').encode(), None)
    assert found == (rating, ())
