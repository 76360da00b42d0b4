"""Claims about what a file tells of where it came from."""

import io
from typing import Any

import pytest
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from bestshot.metadata.provenance import read_provenance
from bestshot.model.provenance import Provenance
from tests.support.builders import photo
from tests.support.drawn_library import exif, scene


def saved(suffix: str, size: tuple[int, int] = (320, 240), **options: Any) -> Provenance:
    data = io.BytesIO()
    kinds = {"jpg": "JPEG", "tif": "TIFF"}
    scene(1, size=size).save(data, kinds.get(suffix, suffix.upper()), **options)
    return read_provenance(io.BytesIO(data.getvalue()), photo(f"a.{suffix}"))


def test_exif_tells_the_program_the_maker_note_and_the_size_that_it_was_written_for() -> None:
    told = exif()
    told[ExifTags.Base.Software] = "GIMP 2.10"
    capture = told.get_ifd(ExifTags.IFD.Exif)
    capture[ExifTags.Base.MakerNote] = b"Maker"
    capture[ExifTags.Base.ExifImageWidth], capture[ExifTags.Base.ExifImageHeight] = 4000, 3000
    found = saved("jpg", exif=told)
    assert (found.software, found.has_maker_note, found.stated_size) == ("GIMP 2.10", True, (4000, 3000))
    bare = saved("jpg", exif=exif())
    assert (bare.software, bare.has_maker_note, bare.stated_size) == (None, False, None)
    assert (found.capture_tags or 0) > (bare.capture_tags or 0) > 0


def test_xmp_png_and_jpeg_name_the_program_in_their_own_ways() -> None:
    text = PngInfo()
    text.add_text("Software", "ImageMagick")
    assert saved("png", pnginfo=text).software == "ImageMagick"
    assert saved("jpg", comment=b"CREATOR: gd-jpeg v1.0").software == "CREATOR: gd-jpeg v1.0"
    xmp = b'<x:xmpmeta><rdf:Description xmp:CreatorTool="Adobe Photoshop 25"/></x:xmpmeta>'
    assert saved("jpg", xmp=xmp).software == "Adobe Photoshop 25"


def test_the_marks_of_a_library_in_a_jpeg_are_its_header_its_order_and_the_tables_of_the_standard() -> None:
    assert saved("jpg").library_signs == 2
    assert saved("jpg", progressive=True).library_signs == 3
    tables = [[3 + place % 7 for place in range(64)]] * 2
    own = saved("jpg", qtables=tables)
    assert own.library_signs == 1
    assert own.jpeg_step == pytest.approx(6, abs=2)
    assert saved("png").library_signs is None


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_a_copy_in_a_lossless_format_remembers_the_jpeg(suffix: str) -> None:
    jpeg = io.BytesIO()
    scene(1, size=(400, 300)).save(jpeg, "JPEG", quality=85)
    copy = io.BytesIO()
    options: Any = {"lossless": True} if suffix == "webp" else {}
    Image.open(jpeg).save(copy, {"tif": "TIFF"}.get(suffix, suffix.upper()), **options)
    assert read_provenance(io.BytesIO(copy.getvalue()), photo(f"a.{suffix}")).was_jpeg is True
    assert saved(suffix, (400, 300), **options).was_jpeg is False


def test_pixels_of_more_than_eight_bits_tell_nothing() -> None:
    deep = io.BytesIO()
    Image.new("I;16", (100, 100)).save(deep, "PNG")
    found = read_provenance(io.BytesIO(deep.getvalue()), photo("a.png"))
    assert (found.was_jpeg, found.spectrum) == (None, ())
