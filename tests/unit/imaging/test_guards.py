"""Bad files are refused with a sentence, before they fill the memory, and a failing disk is told from them."""

import errno
import json
import struct
import sys
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageFile

from bestshot.errors import PhotoError, TransientError
from bestshot.imaging.guards import JPEG_PIXELS, OTHER_PIXELS, _Room, decoding
from bestshot.imaging.load import load_pixels, open_image
from tests.support.drawn_pictures import outcome_of, saved
from tests.support.each import every
from tests.support.file_systems import in_own_process


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF", "AVIF", "HEIF"])
def test_a_cut_off_picture_is_refused_even_if_somebody_asked_pillow_to_bear_it(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as importing face_recognition does
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    content = saved(noise, kind).getvalue()
    with pytest.raises(PhotoError, match=r"is cut off or damaged: \w+"):
        load_pixels(BytesIO(content[: len(content) * 2 // 3]), "a", 64)


@every(
    "name, content, sentence",
    [
        ("a.jpg", b"", "is empty"),
        ("a.jpg", b"a text", "is not a picture, whatever its name says"),
        ("a.jp2", b"\0\0\0\x0cjP  \r\n", "is a .jp2 picture, a kind that is not supported"),
        ("a.jpg", b"\xff\xd8\xff", "is cut off or damaged: its JPEG header cannot be read"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(name: str, content: bytes, sentence: str) -> None:
    with pytest.raises(PhotoError) as refusal:
        load_pixels(BytesIO(content), name, 64)
    assert str(refusal.value) == sentence


def png_claiming(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + header
        + struct.pack(">I", zlib.crc32(header))
        + bytes(4)
        + b"IDAT"
    )


def jpeg_claiming(width: int, height: int, *, progressive: bool = False) -> bytes:
    content = saved(Image.new("L", (8, 8)), "JPEG", progressive=progressive).getvalue()
    at = content.index(b"\xff\xc2" if progressive else b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


def webp_claiming(width: int, height: int) -> bytes:
    content = saved(Image.new("RGB", (8, 8)), "WEBP", lossless=True).getvalue()
    at = content.index(b"VP8L") + 9
    (rest,) = struct.unpack("<I", content[at : at + 4])
    return content[:at] + struct.pack("<I", rest >> 28 << 28 | (height - 1) << 14 | width - 1) + content[at + 4 :]


@every(
    "content, sentence",
    [
        (png_claiming(40_000, 40_000), "claims 40000 x 40000 pixels, more than the limit of 160 megapixels"),
        (png_claiming(2**31 - 1, 2**31 - 1), "more than the limit of 160 megapixels"),
        (jpeg_claiming(65_500, 65_500), "claims 65500 x 65500 pixels, more than the limit of 250 megapixels"),
        (jpeg_claiming(16_000, 12_000, progressive=True), "more than the limit of 160 megapixels"),
        (webp_claiming(8000, 10_001), "claims 8000 x 10001 pixels, more than the limit of 80 megapixels"),
    ],
)
def test_a_decompression_bomb_is_refused_by_its_header(content: bytes, sentence: str) -> None:
    with pytest.raises(PhotoError, match=sentence):
        open_image(BytesIO(content), "a")


def test_a_telephone_s_200_megapixels_are_no_bomb() -> None:
    image = open_image(BytesIO(jpeg_claiming(16_320, 12_240)), "a.jpg")
    assert image.width * image.height < JPEG_PIXELS


class FailingDisk(BytesIO):
    """A file on a disk that gives its first bytes and then fails."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 1000:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)


def test_a_failing_disk_says_nothing_about_the_picture() -> None:
    noise = saved(Image.effect_noise((500, 500), 90), "JPEG")
    with pytest.raises(TransientError, match="cannot be read now: Input/output error"):
        load_pixels(FailingDisk(noise.getvalue()), "a.jpg", 64)


@every(
    "error",
    [
        OSError("broken data stream"),
        OSError(errno.EINVAL, "Invalid argument"),  # a seek to before the beginning, as a damaged file demands it
        SyntaxError("not a TIFF"),
        struct.error("unpack"),
        zlib.error("incorrect header check"),
        ZeroDivisionError(),
        RecursionError(),
        Image.DecompressionBombError("too big"),
    ],
)
def test_what_decoders_raise_becomes_a_photo_error_that_is_not_for_now_only(error: Exception) -> None:
    with pytest.raises(PhotoError) as refusal, decoding():
        raise error
    assert type(refusal.value) is PhotoError
    assert str(refusal.value)
    assert refusal.value.__cause__ is error


def test_want_of_memory_is_not_held_against_the_photo() -> None:
    with pytest.raises(TransientError, match="memory"), decoding():
        raise MemoryError


def test_the_warnings_of_decoders_are_muted() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with decoding():
            warnings.warn("Corrupt EXIF data", UserWarning, stacklevel=1)
    assert not caught


def test_two_that_decode_at_once_leave_the_warnings_as_they_were_whoever_ends_first() -> None:
    before = list(warnings.filters)
    with ExitStack() as later:
        with decoding():
            later.enter_context(decoding())
        with warnings.catch_warnings(record=True) as caught:
            warnings.warn("Corrupt EXIF data", UserWarning, stacklevel=1)
        assert not caught
    assert list(warnings.filters) == before


def test_every_hostile_file_is_decoded_or_refused_with_a_sentence(shared: Path) -> None:
    labels = json.loads((shared / "hostile" / "labels.json").read_text())["files"]
    wrong = {}
    for name, label in labels.items():
        outcome = outcome_of(shared / "hostile" / name)
        is_bomb = "decompression bomb" in label.get("note", "")
        if (outcome is None) is not (label["opens_with_pillow_and_pillow_heif"] and not is_bomb):
            wrong[name] = outcome
    assert not wrong


def test_threads_that_decode_at_once_never_take_more_than_their_room() -> None:
    room, together, most, lock = _Room(), 0, 0, threading.Lock()

    def take(share: int) -> None:
        nonlocal together, most
        with room.taken(share):
            with lock:
                together += share
                most = max(most, together)
            threading.Event().wait(0.001)
            with lock:
                together -= share

    shares = [(number * 37 % 100 + 1) * OTHER_PIXELS // 100 for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(take, shares))
    assert OTHER_PIXELS / 2 < most <= OTHER_PIXELS
    assert together == 0


def peak_of_one_and_of_four() -> tuple[int, int]:
    """How much the memory grew at most, in kB, decoding a picture near the limit alone and in four threads."""
    content = png_of_zeros(12_400)
    before = peak_memory()
    load_pixels(BytesIO(content), "a.png", 64, grey=True)
    alone = peak_memory() - before
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: load_pixels(BytesIO(content), "a.png", 64, grey=True), range(4)))
    return alone, peak_memory() - before


def peak_memory() -> int:
    """In kB, of this process alone: what `resource` says begins with that of its parent."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def png_of_zeros(side: int) -> bytes:
    claimed = png_claiming(side, side)
    packing = zlib.compressobj()
    packed = b"".join(packing.compress(bytes(side + 1)) for _ in range(side)) + packing.flush()
    data = struct.pack(">I", len(packed)) + b"IDAT" + packed + struct.pack(">I", zlib.crc32(b"IDAT" + packed))
    return claimed[:29] + struct.pack(">I", zlib.crc32(claimed[12:29])) + data + b"\0\0\0\0IEND\xaeB`\x82"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count the memory of a process in other ways")
def test_four_pictures_decoded_at_once_take_the_memory_of_one() -> None:
    alone, together = in_own_process(peak_of_one_and_of_four)
    assert together < alone * 1.5
