"""Damage that decoders pass over is told, with the line; no sound picture is called damaged."""

import re
from io import BytesIO
from random import Random
from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image

from bestshot.errors import PhotoError
from bestshot.imaging.damage import damage_of, load_checked
from bestshot.imaging.jpeg_damage import pixels_if_sound
from bestshot.imaging.load import load_pixels
from bestshot.imaging.seams import find_seam
from tests.support.each import every

samples: Any = skimage.data  # its functions have no types
END = b"\xff\xd9"
KINDS: dict[str, dict[str, object]] = {
    "4:2:0": {"subsampling": 2},
    "4:4:4": {"subsampling": 0},
    "optimised": {"optimize": True},
    "progressive": {"progressive": True},
    "restart intervals by rows": {"restart_marker_rows": 1},
    "restart intervals by blocks": {"restart_marker_blocks": 4},
}
MODES = {"RGB", "L", "CMYK"}


def photograph() -> Image.Image:
    return Image.fromarray(samples.astronaut())


def jpeg(options: dict[str, object], mode: str = "RGB", picture: Image.Image | None = None) -> bytes:
    file = BytesIO()
    (picture or photograph()).convert(mode).save(file, "JPEG", quality=88, **options)
    return file.getvalue()


def scans_of(data: bytes) -> list[tuple[int, int]]:
    """Where the coded data of each scan begins and ends."""
    places = []
    for found in re.finditer(rb"\xff\xda", data):
        begins = found.start() + 2 + int.from_bytes(data[found.end() : found.end() + 2], "big")
        ending = re.compile(rb"\xff[^\0\xd0-\xd7\xff]").search(data, begins)
        assert ending is not None
        places.append((begins, ending.start()))
    return places


def told(data: bytes, name: str = "a.jpg") -> str | None:
    """What is said of a file, which must be the same, beside the same pixels, when it is loaded in the same visit."""
    for grey in (True, False):
        pixels = load_pixels(BytesIO(data), name, 256, grey=grey)  # what is refused need not be told
        said = damage_of(BytesIO(data), name)
        checked, said_beside = load_checked(BytesIO(data), name, 256, grey=grey)
        assert said_beside == said
        assert (checked.mode, checked.size, checked.tobytes()) == (pixels.mode, pixels.size, pixels.tobytes())
    return said


@every("mode", sorted(MODES))
@every("kind", sorted(KINDS))
def test_a_sound_jpeg_of_any_kind_is_not_called_damaged(kind: str, mode: str) -> None:
    assert told(jpeg(KINDS[kind], mode)) is None


@every("mode", ["RGB", "L"])
@every("kind", sorted(KINDS))
@every("scale", [1, 2, 4])
def test_a_sound_jpeg_is_decoded_only_once_at_the_scale_of_pillow(kind: str, mode: str, scale: int) -> None:
    data = jpeg(KINDS[kind], mode)
    image = Image.open(BytesIO(data))
    image.draft(mode, (512 // scale, 512 // scale))
    pixels = pixels_if_sound(data, (512 // scale, 512 // scale), mode)
    assert pixels is not None
    assert np.array_equal(pixels, np.asarray(image))


def test_a_jpeg_that_stores_red_green_and_blue_keeps_its_colours() -> None:
    assert told(jpeg({"keep_rgb": True, "subsampling": 0})) is None


class Noting(BytesIO):
    """A file that notes how many bytes at once it is asked for."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.most = max(self.most, len(self.getbuffer()) if size is None or size < 0 else size)
        return super().read(size)


@every("grey", [True, False])
def test_a_file_is_asked_for_no_more_than_it_holds(grey: bool) -> None:
    """Memory for all that is asked for would be cleared for each picture anew."""
    file = Noting(jpeg({}))
    load_checked(file, "a.jpg", 256, grey=grey)
    damage_of(file, "a.jpg")
    assert file.most <= len(file.getbuffer())


@every("lost", [1, 2])
def test_what_is_refused_as_it_lacks_its_end_is_refused_in_the_same_visit(lost: int) -> None:
    data = jpeg({})[:-lost]
    for load in (load_pixels, load_checked):
        with pytest.raises(PhotoError, match="is cut off or damaged"):
            load(BytesIO(data), "a.jpg", 256)


@every("fraction", [0.03, 0.4, 0.8, 0.98])
@every("kind", sorted(KINDS))
def test_a_jpeg_that_lost_its_end_and_got_an_end_marker_is_damaged(kind: str, fraction: float) -> None:
    data = jpeg(KINDS[kind])
    begins, ends = scans_of(data)[0][0], scans_of(data)[-1][1]
    said = told(data[: begins + int((ends - begins) * fraction)] + END)
    assert said is not None
    assert said.startswith("is damaged")


def test_the_line_is_that_at_which_the_picture_ends() -> None:
    data = jpeg({})
    (begins, ends) = scans_of(data)[0]
    cut = data[: begins + (ends - begins) // 2] + END
    difference = np.abs(np.asarray(Image.open(BytesIO(cut)), int) - np.asarray(Image.open(BytesIO(data)), int))
    first = int(np.argmax((difference > 8).any(axis=(1, 2))))
    said = told(cut)
    assert said is not None
    assert abs(int(said.removeprefix("is damaged below line ")) - first) <= 16


@every(
    "orientation, side",
    [
        (1, "below line 352"),
        (2, "below line 352"),
        (3, "above line 160"),
        (4, "above line 160"),
        (5, "right of column 352"),
        (6, "left of column 160"),
        (7, "left of column 160"),
        (8, "right of column 352"),
    ],
)
def test_the_side_is_that_of_the_upright_picture(orientation: int, side: str) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    data = jpeg({"exif": exif.tobytes()})
    (begins, ends) = scans_of(data)[0]
    cut = data[: begins + int((ends - begins) * 0.6)] + END
    assert told(cut) == f"is damaged {side}"
    upright = np.asarray(load_pixels(BytesIO(cut), "a.jpg", 512), int)
    word, place = side.split()[0], int(side.split()[-1])
    lost = {
        "below": upright[place + 16 :],
        "above": upright[: place - 16],
        "right": upright[:, place + 16 :],
        "left": upright[:, : place - 16],
    }[word]
    assert np.ptp(lost, axis=(0, 1)).max() <= 4, "all of it is of one colour"


@every("length", [512, 2048])
@every("kind", sorted(KINDS))
def test_a_jpeg_that_lost_bytes_in_its_middle_is_damaged(kind: str, length: int) -> None:
    data = jpeg(KINDS[kind])
    begins, ends = max(scans_of(data), key=lambda scan: scan[1] - scan[0])
    start = begins + (ends - begins) // 3
    assert told(data[:start] + data[start + length :]) is not None
    assert told(data[:start] + bytes(length) + data[start + length :]) is not None


def test_a_lost_restart_marker_is_damage() -> None:
    data = jpeg(KINDS["restart intervals by rows"])
    marker = data.index(b"\xff\xd3", scans_of(data)[0][0])
    assert told(data[:marker] + data[marker + 2 :]) is not None


def test_a_progressive_jpeg_that_lacks_scans_is_damaged() -> None:
    """Each scan that is there is whole, and the decoder has nothing to say."""
    data = jpeg(KINDS["progressive"])
    scans = scans_of(data)
    assert len(scans) > 5
    for _, ends in scans[:-1]:
        assert told(data[:ends] + END) == "is damaged"


def test_a_damaged_thumbnail_is_no_damage_of_the_picture() -> None:
    small = jpeg({}, picture=photograph().resize((96, 96)))
    begins, ends = scans_of(small)[0]
    broken = small[: (begins + ends) // 2] + END
    segment = b"\xff\xe1" + (len(broken) + 8).to_bytes(2, "big") + b"Thumb\0" + broken
    data = jpeg({})
    assert told(data[:2] + segment + data[2:]) is None


@every("behind", [b"\0" * 40, b"\0\0\0\x18ftypmp42" + bytes(900), b"\xff\xd8\xff\xe0 the second half of a 3D photo"])
def test_what_follows_the_picture_is_no_part_of_it(behind: bytes) -> None:
    assert told(jpeg({}) + behind) is None


@every("padding", [b"\0", bytes(16), b"\x55" * 3])
def test_padding_before_the_end_is_no_damage(padding: bytes) -> None:
    """Some cameras fill up to an even length, or to a whole block of their card."""
    data = jpeg({})
    assert told(data[:-2] + padding + END) is None


@every("colour", ["black", "white", "grey", (90, 120, 200)])
def test_plain_areas_and_borders_are_no_damage(colour: str | tuple[int, int, int]) -> None:
    picture = photograph()
    picture.paste(colour, (0, 320, 512, 512))
    picture.paste(colour, (0, 64, 300, 96))
    for options in KINDS.values():
        assert told(jpeg(options, picture=picture)) is None
    assert told(jpeg({}, picture=Image.new("RGB", (200, 100), colour))) is None


def test_a_seam_along_a_stair_of_blocks_is_found_where_it_is() -> None:
    luma = np.asarray(photograph().convert("L")).astype(int) * 3 // 4
    luma[240:, :] += 30
    luma[224:240, 208:] += 30
    seam = find_seam(luma.astype(np.uint8), 16, 16)
    assert seam.row == 224
    assert seam.step > 20


def test_no_step_that_goes_straight_across_is_a_seam() -> None:
    luma = np.asarray(photograph().convert("L")).astype(int) * 3 // 4
    luma[240:, :] += 30
    assert find_seam(luma.astype(np.uint8), 16, 16).step < 5


@every("size", [(1, 1), (8, 2000), (2000, 8), (33, 47)])
def test_pictures_of_odd_sizes_are_looked_at(size: tuple[int, int]) -> None:
    assert told(jpeg({}, picture=photograph().resize(size))) is None


def png() -> bytes:
    file = BytesIO()
    photograph().save(file, "PNG", compress_level=0)
    return file.getvalue()


def test_a_png_whose_checksum_is_wrong_is_damaged_and_another_is_not() -> None:
    data = png()
    place = data.index(b"IDAT") + 4000
    broken = data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]
    assert damage_of(BytesIO(data), "a.png") is None
    assert damage_of(BytesIO(broken), "a.png") == "is damaged: its checksums are wrong"


def test_a_wrong_checksum_of_a_text_in_a_png_is_no_damage() -> None:
    text = b"tEXtComment\0hello"
    chunk = (len(text) - 4).to_bytes(4, "big") + text + b"\1\2\3\4"
    data = png()
    assert damage_of(BytesIO(data[:33] + chunk + data[33:]), "a.png") is None


@pytest.mark.parametrize("seed", range(20))
def test_chance_never_ends_in_anything_but_a_sentence(seed: int) -> None:
    """Whatever a file holds, it is looked at, or refused like any other that cannot be decoded."""
    chance, data = Random(seed), bytearray(jpeg(KINDS["progressive" if seed % 2 else "4:2:0"]))
    for _ in range(8):
        data[chance.randrange(2, len(data))] = chance.randrange(256)
    try:
        said = damage_of(BytesIO(bytes(data)), "a.jpg")
    except PhotoError as error:
        said = str(error)
    assert said is None or said.startswith(("is ", "claims ", "has "))


def test_a_jpeg_sampled_in_a_rare_way_is_not_called_damaged_unseen() -> None:
    """The strict decoder does not know it, and the other one does."""
    assert told(jpeg({"subsampling": 2}, "CMYK")) is None
