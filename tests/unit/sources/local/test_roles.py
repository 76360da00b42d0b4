"""Claims about stars and labels by role in folders: in sidecars, never over the user's, and taken back to the byte."""

from pathlib import Path

import pytest
from PIL import ExifTags, Image

from bestshot.marks.kinds.roles import LabelByRole, RateByRole
from bestshot.marks.kinds.values import SetFavorite
from bestshot.sources.local.marks import FolderMarks
from bestshot.xmp.packet import XmpMarks, read
from tests.support.sidecar_samples import DIGIKAM, LIGHTROOM, sidecar

RATED = "It has been rated, and that stays as it is."
LABELLED = "It has been labelled, and that stays as it is."
UNLABELLED = sidecar().replace(b"<m:Label>Red</m:Label>", b"")


@pytest.fixture
def key(tmp_path: Path) -> str:
    """A photo without a sidecar."""
    path = tmp_path / "a.jpg"
    Image.new("RGB", (8, 8)).save(path)
    return str(path)


def xmp(key: str) -> Path:
    return Path(f"{key}.xmp")


@pytest.mark.parametrize("before", [None, DIGIKAM.replace('Rating="4"', 'Rating="0"').encode(), UNLABELLED])
def test_stars_and_labels_are_written_into_the_sidecar_and_taken_off(key: str, before: bytes | None) -> None:
    if before is not None:
        xmp(key).write_bytes(before)
    library = FolderMarks(with_pictures=True)
    for action in (RateByRole((key,), -1), LabelByRole((key,), "Red")):
        assert library.mark(action).changed == (key,)
        assert library.mark(action).changed == ()
    written = read(xmp(key).read_bytes())
    assert (written.rating, written.label) == (-1, "Red")
    seen = library.read_marks([key], (), with_albums=False).photos[key]
    assert (seen.rating, seen.label) == (-1, "Red")
    library.mark(LabelByRole((key,), None, over="Red"))
    library.mark(RateByRole((key,), None, over=-1))
    assert (read(xmp(key).read_bytes()) if xmp(key).exists() else None) == (None if before is None else read(before))


def test_what_the_user_gave_is_refused_in_sidecars_and_in_pictures(key: str) -> None:
    library = FolderMarks(with_pictures=True)
    Image.new("RGB", (8, 8)).save(key, xmp=LIGHTROOM.encode())
    seen = library.read_marks([key], (), with_albums=False).photos[key]
    assert (seen.rating, seen.label) == (3, "Red")
    for _ in ("in the picture", "in the sidecar"):
        assert [one.error for one in library.mark(RateByRole((key,), 5)).refused] == [RATED]
        assert [one.error for one in library.mark(LabelByRole((key,), "Green")).refused] == [LABELLED]
        xmp(key).write_bytes(LIGHTROOM.encode())
    assert xmp(key).read_bytes() == LIGHTROOM.encode()


@pytest.mark.parametrize("action", ["rate", "favorite"])
def test_stars_in_the_exif_of_a_picture_are_the_users(key: str, action: str) -> None:
    """As cameras give them, and Windows."""
    exif = Image.Exif()
    exif[ExifTags.Base.Rating] = 2
    Image.new("RGB", (8, 8)).save(key, exif=exif)
    library = FolderMarks(with_pictures=True)
    change = RateByRole((key,), 5) if action == "rate" else SetFavorite((key,), value=True)
    assert library.read_marks([key], (), with_albums=False).photos[key].rating == 2
    assert [one.error for one in library.mark(change).refused] == [RATED]
    assert not xmp(key).exists()


def test_ours_is_changed_wherever_it_stands_and_never_what_was_changed_since(key: str) -> None:
    other = Path(key).with_suffix(".xmp")
    library = FolderMarks(with_pictures=True)
    for path in (xmp(key), other):
        path.write_bytes(UNLABELLED.replace(b"r:about", b'm:Rating="5" m:Label="Green" r:about'))
    assert library.mark(RateByRole((key,), 1, over=5)).changed == (key,)
    assert library.mark(LabelByRole((key,), "Red", over="Green")).changed == (key,)
    assert {read(path.read_bytes()) for path in (xmp(key), other)} == {XmpMarks(frozenset(), 1, "Red")}
    assert [one.error for one in library.mark(RateByRole((key,), 4, over=5)).refused] == [RATED]
    assert [one.error for one in library.mark(LabelByRole((key,), None, over="Green")).refused] == [LABELLED]


def test_nothing_is_given_in_the_library_of_another_program_but_ours_is_taken_off_there(tmp_path: Path) -> None:
    masters = tmp_path / "Mine.photoslibrary" / "originals"
    masters.mkdir(parents=True)
    key = str(masters / "a.jpg")
    Image.new("RGB", (8, 8)).save(key)
    library = FolderMarks(with_pictures=True)
    for given in (RateByRole((key,), 5), LabelByRole((key,), "Green")):
        assert list(library.closed(given)) == [key]
        assert library.mark(given).changed == ()
    xmp(key).write_bytes(UNLABELLED.replace(b"r:about", b'm:Rating="5" r:about'))
    assert library.closed(RateByRole((key,), None, over=5)) == {}
    assert library.mark(RateByRole((key,), None, over=5)).changed == (key,)
