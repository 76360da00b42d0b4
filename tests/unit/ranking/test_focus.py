"""Claims about where photos of one scene are sharp: focus stacks, the subject, and what is said of blurred ones."""

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from bestshot.analysis.appraisal import appraise
from bestshot.model.groups import GroupKind, Verdict
from bestshot.model.times import CaptureTime
from bestshot.ranking.candidates import Candidates
from bestshot.ranking.focus import is_focus_stack
from bestshot.ranking.rank import judge
from tests.support.builders import group, guess_at, metadata_with, photo, wall_at

Luma = npt.NDArray[np.float32]
SIZE = (320, 240)
ROWS, COLUMNS = np.mgrid[: SIZE[1], : SIZE[0]]
MIDDLE = (np.abs(ROWS - 120) < 60) & (np.abs(COLUMNS - 160) < 80)


def scene(seed: int) -> Luma:
    """Triangles of all directions, one over the other, neither black nor white."""
    chance = Random(seed)
    picture = Image.new("L", SIZE, 128)
    for _ in range(250):
        x, y = chance.randrange(SIZE[0]), chance.randrange(SIZE[1])
        corners = [(x + chance.randint(-30, 30), y + chance.randint(-30, 30)) for _ in range(3)]
        ImageDraw.Draw(picture).polygon(corners, fill=chance.randint(70, 180))
    return np.asarray(picture).astype(np.float32)


def defocused(luma: Luma, radius: float = 2.0) -> Luma:
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), radius), np.float32)


def shaken(luma: Luma, length: int = 15, angle: float = 30.0) -> Luma:
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1 / length
    turn = cv2.getRotationMatrix2D((length // 2, length // 2), angle, 1)
    kernel = cv2.warpAffine(line, turn, (length, length))
    return np.asarray(cv2.filter2D(luma, -1, kernel / kernel.sum()), np.float32)


def exposed(luma: Luma, stops: float) -> Luma:
    return luma * np.float32(2 ** (stops / 2.2))


def focused(luma: Luma, where: npt.NDArray[Any], radius: float = 2.5) -> Luma:
    """The picture sharp there and soft elsewhere."""
    share = cv2.GaussianBlur(where.astype(np.float32), (0, 0), 5)
    return share * luma + (1 - share) * defocused(luma, radius)


def noisy(luma: Luma, seed: int) -> Luma:
    return luma + np.random.default_rng(seed).normal(0, 1.5, luma.shape).astype(np.float32)


def judged(
    frames: Sequence[Luma], at: Callable[[float], CaptureTime] = wall_at, pause: float = 1.0, names: str = "p{}.jpg"
) -> Verdict:
    """The verdict on frames of one camera, called p0.jpg and so on, measured as photos are."""
    photos = [photo(names.format(place)) for place in range(len(frames))]
    pictures = [Image.fromarray(noisy(frame, n).clip(0, 255).astype(np.uint8)) for n, frame in enumerate(frames)]
    looks = {one.id: appraise(picture, None) for one, picture in zip(photos, pictures, strict=True)}
    known = {one.id: metadata_with(at(place * pause), camera="A") for place, one in enumerate(photos)}
    return judge(Candidates.of(group(*photos), looks, known))


def why(verdict: Verdict) -> dict[str, str]:
    return {one.photo.id: "; ".join(one.why) for one in verdict.ranking}


def stack(seed: int = 1, order: Iterable[float] = (0, 1, 2, 3, 4)) -> list[Luma]:
    """The focus goes from the upper edge, which is far, to the lower one; what is off it is the softer the farther."""
    picture = scene(seed)
    levels = [picture, *(defocused(picture, radius) for radius in (0.8, 1.6, 2.4, 3.2, 4.0))]
    return [np.choose(np.minimum(np.abs(ROWS - 24 - 48 * place) // 30, 5).astype(int), levels) for place in order]


@pytest.mark.parametrize("seed", range(5))
def test_a_focus_that_wanders_through_one_picture_is_a_stack_and_its_middle_stands_for_it(seed: int) -> None:
    found = judged(stack(seed))
    assert (found.kind, found.best.id, found.rest) == (GroupKind.FOCUS_STACK, "p2.jpg", ())
    assert judged(stack(seed, (4, 3, 2, 1, 0))).kind is GroupKind.FOCUS_STACK


def breathing(frame: Luma, place: int) -> Luma:
    """The picture a little larger, as many lenses show it when they focus nearer."""
    larger = cv2.getRotationMatrix2D((160, 120), 0, 1 + 0.004 * place)
    return np.asarray(cv2.warpAffine(frame, larger, SIZE, borderMode=cv2.BORDER_REFLECT), np.float32)


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(stack(2, np.linspace(0, 4, 25)), id="in fine steps"),
        pytest.param(stack(2, np.linspace(-2, 6, 11)), id="beyond both ends"),
        pytest.param([breathing(frame, n) for n, frame in enumerate(stack(3))], id="a lens that breathes"),
        pytest.param(
            [np.where(COLUMNS < 80, frame, scene(4)) for frame in stack(4)], id="a small thing with depth before a wall"
        ),
        pytest.param([exposed(frame, 0.7 * (n % 2)) for n, frame in enumerate(stack(5))], id="a flash that varies"),
    ],
)
def test_a_stack_is_one_in_fine_steps_too_and_if_little_of_it_has_depth(frames: list[Luma]) -> None:
    assert judged(frames).kind is GroupKind.FOCUS_STACK


def test_without_times_the_numbers_in_names_tell_the_order_of_a_stack() -> None:
    frames = stack(order=range(5))
    assert judged(frames, guess_at, names="p{}9.jpg").kind is GroupKind.FOCUS_STACK
    assert judged([*frames[3:], *frames[:3]], guess_at).kind is GroupKind.RETAKES
    copied_in_disorder = judged(frames, lambda seconds: guess_at(2 * seconds % 5))
    assert copied_in_disorder.kind is GroupKind.FOCUS_STACK
    assert [one.photo.id for one in copied_in_disorder.ranking] == [f"p{place}.jpg" for place in (2, 0, 1, 3, 4)]


def passing(seed: int, width: int) -> list[Luma]:
    """A thing with much detail that goes by, before a background that stays as it is."""
    background, thing = defocused(scene(seed), 3), scene(seed + 50)
    return [np.where(np.abs(COLUMNS - 40 - 80 * place) < width, thing, background) for place in range(4)]


def drifting(seed: int) -> list[Luma]:
    """A few sharp things before smooth shades, while the camera drifts: an edge leaves one place for the next."""
    chance = np.random.default_rng(seed)
    shades = chance.uniform(20, 235, (8, 9)).astype(np.float32)
    picture = np.asarray(cv2.resize(shades, (340, 260), interpolation=cv2.INTER_CUBIC), np.float32)
    for _ in range(8):
        left, top = chance.integers(300), chance.integers(220)
        width, height = chance.integers(8, 40, 2)
        picture[top : top + height, left : left + width] = chance.uniform(20, 235)
    return [picture[3 * place : 3 * place + SIZE[1], 4 * place : 4 * place + SIZE[0]] for place in range(3)]


PICTURE = scene(1)


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(stack(order=(0, 4)), id="two frames"),
        pytest.param(stack(order=(2, 0, 4, 1, 3)), id="the focus jumps"),
        pytest.param([defocused(PICTURE, radius) for radius in (3.0, 1.5, 0.6, 1.5, 3.0)], id="one focus, found"),
        pytest.param([exposed(frame, place / 3 - 0.6) for place, frame in enumerate(stack())], id="the light changes"),
        pytest.param(passing(1, 20), id="a small thing passes"),
        pytest.param(passing(2, 50), id="a large thing passes"),
        pytest.param([PICTURE, shaken(PICTURE), PICTURE, defocused(PICTURE)], id="blurred now and then"),
        pytest.param([focused(PICTURE, ~MIDDLE), *[focused(PICTURE, MIDDLE)] * 3], id="one focus missed"),
        pytest.param([np.roll(scene(3), 6 * place, axis=1) for place in range(5)], id="the camera pans"),
        pytest.param([scene(seed) for seed in range(4)], id="other pictures"),
        *(pytest.param(drifting(seed), id=f"few edges drift, {seed}") for seed in (109, 123, 245, 310)),
    ],
)
def test_what_else_is_sharp_now_here_and_now_there_is_no_stack(frames: list[Luma]) -> None:
    assert judged(frames).kind is GroupKind.BURST


def test_a_pattern_too_fine_for_light_and_shade_is_no_stack_however_sharp_it_is() -> None:
    grain = np.where((ROWS // 2 + COLUMNS // 2) % 2, 200, 60).astype(np.float32)
    slope = 40 + COLUMNS * 90 / 160
    frames = [np.where(COLUMNS < 160, slope, defocused(grain, radius)) for radius in (0.5, 0.8, 1.2, 0.5)]
    assert not is_focus_stack([appraise(Image.fromarray(frame.round().astype(np.uint8)), None) for frame in frames])


def test_frames_that_are_minutes_apart_are_no_stack() -> None:
    assert judged(stack(), pause=300).kind is GroupKind.RETAKES


@pytest.mark.parametrize("seed", range(4))
def test_the_subject_is_what_most_photos_are_focused_on_however_much_detail_lies_behind(seed: int) -> None:
    picture = scene(seed)
    missed = focused(picture, ~MIDDLE)
    found = judged([missed, *(focused(picture, MIDDLE) for _ in range(3))])
    assert found.best.id != "p0.jpg"
    assert found.ranking[-1].photo.id == "p0.jpg"
    assert "less sharp" in why(found)["p0.jpg"]


@pytest.mark.parametrize("seed", range(4))
def test_shake_is_told_from_defocus_in_words_alone(seed: int) -> None:
    picture = scene(seed)
    said = why(judged([picture, picture, shaken(picture, angle=40 * seed), defocused(picture, 3)]))
    assert (said["p2.jpg"], said["p3.jpg"]) == ("is shaken", "is out of focus")


def test_edges_of_a_building_do_not_tell_motion_across_its_corners_from_defocus() -> None:
    wall = np.random.default_rng(1).integers(70, 180, (15, 20)).repeat(16, axis=0).repeat(16, axis=1)
    building = wall.astype(np.float32)
    said = why(judged([building, building, shaken(building, angle=45), defocused(building, 3)]))
    assert said["p2.jpg"] == said["p3.jpg"] == "is less sharp"


FAULTS: dict[str, Callable[[Luma], Luma]] = {
    "defocused": lambda luma: defocused(luma, 2.5),
    "shaken": shaken,
    "dark": lambda luma: exposed(luma, -2.0),
    "bright": lambda luma: exposed(luma, 2.0),
}
TRUE_OF: dict[str, set[str]] = {
    "shaken": {"shaken"},
    "out of focus": {"defocused"},
    "less sharp": {"defocused", "shaken"},
    "darker": {"dark"},
    "brighter": {"bright"},
    "clipped": {"bright"},
}


@pytest.mark.parametrize("part", range(10))
def test_of_two_hundred_groups_with_faults_made_on_purpose_each_sentence_is_true(part: int) -> None:
    """A good photo is best where fewer than half are exposed wrongly, and of each is said what was done to it."""
    for number in range(part * 20, part * 20 + 20):
        chance = Random(number)
        labels = ["good", *(chance.choice(["good", "defocused", "shaken"]) for _ in range(chance.randint(1, 3)))]
        labels += [chance.choice(["dark", "bright"]) for _ in range(chance.randrange(len(labels)))]
        chance.shuffle(labels)
        picture = scene(number)
        found = judged([FAULTS[label](picture) if label in FAULTS else picture for label in labels])
        label_of = {f"p{place}.jpg": label for place, label in enumerate(labels)}
        assert label_of[found.best.id] == "good"
        for one in found.ranking[1:]:
            said = "; ".join(one.why)
            for claim, labels_it_fits in TRUE_OF.items():
                assert claim not in said or label_of[one.photo.id] in labels_it_fits, (number, labels, said)
        others = [label for id_, label in label_of.items() if id_ != found.best.id]
        assert "sharpest picture" not in why(found)[found.best.id] or "good" not in others
        assert "best exposed" not in why(found)[found.best.id] or set(others) <= {"dark", "bright"}
