"""Claims that judging and marking read the same from a photo's XMP."""

import os
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bestshot.errors import PhotoError
from bestshot.metadata.read import read_metadata
from bestshot.metadata.sidecars import read_xmp_rating
from bestshot.model.photo import FileRole, Photo, PhotoFile
from bestshot.sources.local.sidecar_changes import photo_marks
from bestshot.sources.local.sidecar_names import SidecarPaths
from bestshot.xmp.packet import read
from tests.support.sidecar_samples import ENCODED, RATINGS, UNREADABLE, sidecar

PACKETS = {
    **ENCODED,
    **{f"unreadable {number}": content for number, content in enumerate(UNREADABLE)},
    **{f"rated {written!r}": sidecar(f'm:Rating="{written}"') for written in RATINGS},
    "padded": sidecar("", "<m:Rating>4</m:Rating>") + b" \0" * 20,
    "with a control character": sidecar('m:Rating="2"', "<m:Note>\x01</m:Note>"),
    "in an encoding not declared": sidecar('m:Rating="1"', "<m:Note>\xe9</m:Note>").decode().encode("latin-1"),
}


@pytest.mark.parametrize("content", PACKETS.values(), ids=PACKETS)
@pytest.mark.parametrize("place", ["sidecar", "picture"])
def test_a_photo_has_one_rating(content: bytes, place: str, tmp_path: Path) -> None:
    picture, beside = tmp_path / "a.jpg", tmp_path / "a.jpg.xmp"
    embedded = content if place == "picture" and len(content) < 60_000 else b""  # a segment of JPEG holds no more
    Image.new("RGB", (8, 8)).save(picture, xmp=embedded)
    files = [PhotoFile(os.fspath(picture), FileRole.PICTURE, 1, 0)]
    if place == "sidecar":
        beside.write_bytes(content)
        files.append(PhotoFile(os.fspath(beside), FileRole.SIDECAR, len(content), 0))
    photo = Photo("a", "folder:/", "a.jpg", "1-1", "a.jpg", 1, tuple(files))
    judged = read_metadata(BytesIO(picture.read_bytes()), photo)
    paths = SidecarPaths(tuple(os.fspath(beside) for _ in files[1:]), os.fspath(beside))
    marked = photo_marks(os.fspath(picture), paths, with_pictures=True)
    assert judged.rating == marked.rating


def either(content: bytes, by_marking: bool) -> int | str | None:
    try:
        return read(content).rating if by_marking else read_xmp_rating(content)
    except PhotoError as error:
        return str(error)


WRITTEN = st.sampled_from(list(RATINGS)) | st.text("-+.0123456789e ", max_size=6)
ELEMENTS = st.lists(WRITTEN.map(lambda text: f"<m:Rating>{text}</m:Rating>") | st.just("<m:Note>\x02</m:Note>"))
RATED = st.builds(
    lambda written, elements: sidecar(f'm:Rating="{written}"', "".join(elements)).decode(), WRITTEN, ELEMENTS
)
PACKED = st.builds(
    lambda text, encoding, around, length: (around + text.encode(encoding) + around)[:length],
    RATED,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    st.sampled_from([b"", b"", b" ", b"\0", b"x", b"\xff", b"<"]),
    st.none() | st.integers(400, 600),
)


@given(PACKED)
def test_judging_and_marking_say_the_same_of_any_packet(content: bytes) -> None:
    if b"Rating" in content.replace(b"\0", b""):  # judging does not even parse other packets
        assert either(content, by_marking=False) == either(content, by_marking=True)
