"""Claims about what a closer look at two pictures finds."""

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from bestshot.analysis.looks.comparison import Comparable, similarity
from bestshot.grouping.rules import GroupingRules
from bestshot.model.groups import Similarity
from tests.support.each import every

YEARS = float("inf")


def scene(seed: int, width: int = 600, height: int = 400) -> Image.Image:
    """Very many random shapes, as full of detail as a photograph."""
    numbers = np.random.default_rng(seed)
    picture = Image.new("L", (width, height), int(numbers.integers(256)))
    pen = ImageDraw.Draw(picture)
    for _ in range(150):
        x, y, size = numbers.random() * width, numbers.random() * height, 5 + numbers.random() * 60
        shape = (x, y, x + size, y + size * (0.3 + numbers.random()))
        (pen.ellipse if numbers.random() < 0.5 else pen.rectangle)(shape, fill=int(numbers.integers(256)))
    return picture.filter(ImageFilter.GaussianBlur(1))


def compared(left: Image.Image, right: Image.Image, *, rotations: bool = False, apart: bool = False) -> Similarity:
    return similarity(Comparable(left), Comparable(right), rotations=rotations, apart=apart)


def is_same(found: Similarity, seconds: float = YEARS) -> bool:
    return GroupingRules().confirmed_by(found, seconds)


PICTURE = scene(1)
WIDTH, HEIGHT = PICTURE.size
COPIES = {
    "itself": PICTURE,
    "crop": PICTURE.crop((60, 40, 560, 380)),
    "small": PICTURE.resize((150, 100)),
    "stretched": PICTURE.resize((256, 256)),
    "tilted": PICTURE.rotate(3, Image.Resampling.BILINEAR),
    "bordered": ImageOps.expand(PICTURE, 40, 255),
    "dark": PICTURE.point(lambda level: level * 0.3),
    "bright": PICTURE.point(lambda level: min(255, level * 1.6 + 30)),
    "high contrast": ImageEnhance.Contrast(PICTURE).enhance(1.8),
    "out of focus": PICTURE.filter(ImageFilter.GaussianBlur(4)),
    "shaken": Image.fromarray(np.roll(np.asarray(PICTURE), (9, -14), (0, 1))),
}
MOVED = {
    "crop": PICTURE.crop((60, 40, 560, 380)),
    "close crop": PICTURE.crop((30, 60, 460, 350)),
    "tilted crop": PICTURE.rotate(4, Image.Resampling.BILINEAR).crop((60, 40, 540, 360)),
    "dark crop": PICTURE.crop((20, 40, 520, 370)).point(lambda level: level * 0.5),
}


@every("name", COPIES)
def test_a_copy_is_known_whatever_was_done_to_it(name: str) -> None:
    assert is_same(compared(PICTURE, COPIES[name]))
    assert is_same(compared(COPIES[name], PICTURE))


@every("name", ["itself", "small", "stretched", "bright", "high contrast"])
def test_what_clearly_matches_as_it_is_is_known_without_features(name: str) -> None:
    """Finding them is most of what a look costs."""
    found = compared(PICTURE, COPIES[name])
    assert is_same(found)
    assert found.inliers == 0


@every("name", MOVED)
def test_what_clearly_matches_once_moved_is_known_without_features_if_it_was_taken_apart(name: str) -> None:
    """In a burst or a panorama, features have to tell that it moved."""
    found, in_burst = (compared(PICTURE, MOVED[name], apart=apart) for apart in (True, False))
    assert is_same(found)
    assert found.inliers == 0
    assert in_burst.inliers > 0
    assert abs(found.scale - in_burst.scale) < 0.02
    assert abs(found.overlap - in_burst.overlap) < 0.03


@every("seed", range(2, 12))
def test_pictures_taken_apart_that_have_nothing_in_common_are_told_apart_without_features(seed: int) -> None:
    one, other = Comparable(PICTURE), Comparable(scene(seed))
    assert not is_same(similarity(one, other, apart=True))
    assert "features" not in vars(one)


@every("name", COPIES)
def test_a_copy_is_known_whatever_was_done_to_it_if_it_was_taken_apart_too(name: str) -> None:
    assert is_same(compared(PICTURE, COPIES[name], apart=True))
    assert is_same(compared(COPIES[name], PICTURE, apart=True))


def gravel(seed: int, grain: int) -> Image.Image:
    stones = np.random.default_rng(seed).integers(40, 216, (400 // grain, 600 // grain), np.uint8)
    return Image.fromarray(stones).resize((600, 400), Image.Resampling.BICUBIC)


@every("seed", range(4))
@every("grain", [6, 8, 10])
@every("frame", [24, 30, 36, 42])
def test_a_framed_copy_of_fine_texture_is_no_other_picture_if_it_was_taken_apart(
    seed: int, grain: int, frame: int
) -> None:
    picture = gravel(seed, grain)
    assert is_same(compared(picture, ImageOps.expand(picture, frame, 255), apart=True))


def window(width: int, height: int) -> Image.Image:
    """A dark room with one bright window."""
    room = Image.new("L", (600, 400), 12)
    ImageDraw.Draw(room).rectangle((300 - width, 200 - height, 300 + width, 200 + height), fill=220)
    return room.filter(ImageFilter.GaussianBlur(3))


def test_a_single_window_is_not_made_to_fit_another_one() -> None:
    assert not is_same(compared(window(45, 40), window(60, 55), apart=True))


@every("seed", range(2, 12))
def test_other_pictures_are_never_taken_for_copies_not_even_within_a_second(seed: int) -> None:
    assert not is_same(compared(PICTURE, scene(seed)), seconds=1)


@every(
    "picture",
    [
        Image.new("L", (600, 400), 0),
        Image.new("L", (600, 400), 255),
        Image.effect_noise((600, 400), 20),
        Image.linear_gradient("L").resize((600, 400)),
        Image.new("L", (1, 1), 7),
        Image.new("L", (2000, 3), 9),
    ],
)
def test_what_shows_nothing_resembles_nothing(picture: Image.Image) -> None:
    assert not is_same(compared(PICTURE, picture), seconds=1)
    assert not is_same(compared(picture, PICTURE), seconds=1)


def sky(seed: int) -> Image.Image:
    """A night full of stars, each so few pixels wide that a small copy does not show it."""
    numbers = np.random.default_rng(seed)
    levels = numbers.normal(8, 2, (800, 1200))
    rows, columns = numbers.integers(0, 797, 250), numbers.integers(0, 1197, 250)
    for row, column, level in zip(rows, columns, numbers.uniform(60, 250, 250), strict=True):
        levels[row : row + 3, column : column + 3] = level
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.7))


def test_a_copy_of_a_starry_sky_is_known_by_its_stars_and_another_sky_is_not() -> None:
    sent = sky(1).resize((1024, 683)).filter(ImageFilter.GaussianBlur(0.5))
    assert is_same(compared(sky(1), sent))
    assert not is_same(compared(sky(1), sky(2)), seconds=1)


def test_a_step_aside_that_shows_half_of_it_again_is_another_picture() -> None:
    panorama = scene(5, 1200, 400)
    left, right = panorama.crop((0, 0, 600, 400)), panorama.crop((330, 0, 930, 400))
    found = compared(left, right)
    assert 0.35 < found.overlap < 0.55
    assert not is_same(found)
    assert is_same(compared(left, panorama.crop((60, 0, 660, 400))))


def test_the_next_photo_of_a_panorama_is_another_picture_however_soon_it_is_taken() -> None:
    panorama = scene(5, 1200, 400)
    found = compared(panorama.crop((0, 0, 600, 400)), panorama.crop((280, 0, 880, 400)))
    assert 0.5 < found.overlap < 0.55
    assert not is_same(found, seconds=1)


def test_a_pan_that_shows_two_thirds_of_it_again_is_another_picture_in_a_burst_and_a_zoom_is_not() -> None:
    panorama = scene(5, 1200, 400)
    left = panorama.crop((0, 0, 600, 400))
    pan = compared(left, panorama.crop((190, 0, 790, 400)))
    assert 0.65 < pan.overlap < 0.72
    assert not is_same(pan, seconds=4)
    zoom = compared(left, panorama.crop((260, 60, 680, 340)))
    assert 0.6 < zoom.overlap < 0.85
    assert zoom.scale > 1.3
    assert is_same(zoom, seconds=4)


def test_somebody_else_before_the_same_wall_is_another_picture_unless_it_is_a_burst() -> None:
    first, second = PICTURE.copy(), PICTURE.copy()
    for seed, picture in ((21, first), (22, second)):
        picture.paste(scene(seed).crop((0, 0, 140, 220)), (230, 120))
    found = compared(first, second)
    assert found.conflict > 0.02
    assert not is_same(found)
    assert is_same(found, seconds=1)


def captioned(picture: Image.Image, top: int, width: int) -> Image.Image:
    """The picture with lines of something like text, black and white, from the left border on."""
    text = scene(31, width, 60).point(lambda level: 255 if level > 128 else 0)
    written = picture.copy()
    written.paste(text, (0, top))
    return written


@every("top", [0, HEIGHT - 60])
def test_a_caption_over_the_whole_width_of_a_copy_is_no_other_subject(top: int) -> None:
    found = compared(PICTURE, captioned(PICTURE, top, WIDTH))
    assert found.conflict < 0.008
    assert is_same(found)


@every("top, width", [(HEIGHT // 2, WIDTH), (HEIGHT - 60, WIDTH // 2)])
def test_what_differs_within_a_picture_or_in_a_part_of_its_border_is_another_subject(top: int, width: int) -> None:
    found = compared(PICTURE, captioned(PICTURE, top, width))
    assert found.conflict > 0.008
    assert not is_same(found, seconds=60)


@every("turn", list(Image.Transpose))
def test_turned_and_mirrored_copies_are_known_if_they_are_wanted(turn: Image.Transpose) -> None:
    turned = PICTURE.transpose(turn)
    assert is_same(compared(PICTURE, turned, rotations=True))
    assert not is_same(compared(PICTURE, turned))


def test_the_same_two_pictures_are_always_as_like() -> None:
    one, other = Comparable(PICTURE), Comparable(COPIES["shaken"])
    assert len({similarity(one, other) for _ in range(5)}) == 1
