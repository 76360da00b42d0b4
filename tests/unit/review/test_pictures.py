"""Pictures of a review: made in a process of their own, so that what kills a decoder is one missing picture."""

import os
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
from PIL import Image

from bestshot.errors import PhotoError
from bestshot.model.photo import Photo
from bestshot.review.pictures import PictureMaker, PictureOrder
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.storage.picture_cache import PhotoCache
from tests.support.drawn_library import add, scene


class Deadly(LocalPhotoSource):
    """A folder in which one photo makes its decoder crash."""

    def load_pixels(self, photo: Photo, longest_side: int, *, grey: bool = False) -> Image.Image:
        if photo.name == "deadly.jpg":
            os._exit(11)
        return super().load_pixels(photo, longest_side, grey=grey)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Photo]:
    folder = tmp_path_factory.mktemp("photos")
    for name in ("deadly.jpg", "a.jpg", "b.jpg"):
        add(folder / name, scene(1, size=(800, 600)))
    scene(2).convert("CMYK").save(folder / "print.jpg")
    scene(3).save(folder / "lossless.png")
    return {photo.name: photo for photo in Deadly(folder).scan().photos}


@pytest.fixture
def maker(photos: dict[str, Photo], tmp_path: Path) -> Iterator[PictureMaker]:
    folder = Path(photos["a.jpg"].files[0].path).parent
    with closing(PictureMaker(Deadly(folder), PhotoCache(tmp_path / "cache"), 1)) as made:
        yield made


def test_a_decoder_that_crashes_costs_one_picture_and_no_other(maker: PictureMaker, photos: dict[str, Photo]) -> None:
    with pytest.raises(PhotoError, match="decoder crash"):
        maker.picture(PictureOrder(photos["deadly.jpg"], 640))
    assert Image.open(BytesIO(maker.picture(PictureOrder(photos["a.jpg"], 640)))).size == (640, 480)


def test_a_picture_that_was_made_is_kept_and_made_no_more(maker: PictureMaker, photos: dict[str, Photo]) -> None:
    order = PictureOrder(photos["a.jpg"], 320)
    made = maker.picture(order)
    maker._make = None  # type: ignore[assignment] # what makes none
    assert maker.picture(order) == made


def test_an_original_is_what_its_file_is_where_browsers_show_that(
    maker: PictureMaker, photos: dict[str, Photo]
) -> None:
    whole = photos["b.jpg"]
    assert maker.picture(PictureOrder(whole, None)) == Path(whole.files[0].path).read_bytes()
    for name in ("print.jpg", "lossless.png"):
        shown = Image.open(BytesIO(maker.picture(PictureOrder(photos[name], None))))
        assert (shown.format, shown.mode, shown.size) == ("JPEG", "RGB", (160, 120))


def test_windows_that_want_one_picture_share_the_work(maker: PictureMaker, photos: dict[str, Photo]) -> None:
    made: list[bytes] = []
    order = PictureOrder(photos["a.jpg"], 1280)
    threads = [Thread(target=lambda: made.append(maker.picture(order))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_who_waits_when_the_review_ends_is_told(photos: dict[str, Photo], tmp_path: Path) -> None:
    folder = Path(photos["a.jpg"].files[0].path).parent
    maker = PictureMaker(Deadly(folder), PhotoCache(tmp_path / "cache"), 0)  # which never makes any
    told: list[Exception] = []

    def wait() -> None:
        try:
            maker.picture(PictureOrder(photos["a.jpg"], 640))
        except PhotoError as error:
            told.append(error)

    thread = Thread(target=wait)
    thread.start()
    while not maker._pending:
        pass
    maker.close()
    thread.join()
    assert [str(error) for error in told] == ["is not shown, since the review has ended"]


def test_who_asks_when_the_review_has_ended_is_told_too(maker: PictureMaker, photos: dict[str, Photo]) -> None:
    maker.picture(PictureOrder(photos["a.jpg"], 640))
    maker.close()
    with pytest.raises(PhotoError, match="since the review has ended"):
        maker.picture(PictureOrder(photos["b.jpg"], 640))
