"""Claims about frames of one press of the shutter, and exposures of one bracket: one group, whatever they show."""

from collections.abc import Sequence
from dataclasses import replace

from bestshot.grouping.group import Grouping
from bestshot.grouping.rules import GroupingRules
from bestshot.model.appraisal import Fingerprint
from bestshot.model.burst_names import BurstFrame
from bestshot.model.groups import Similarity
from bestshot.model.photo import Metadata
from tests.support.builders import guess_at, metadata_with, photo, wall_at
from tests.support.each import every

MOVED = Similarity(0, 1.0, 0.2, 0.3)
NOTHING_IN_COMMON = Similarity(0, 1.0, 0.0, 0.3)
NEXT_EXPOSURE, FAR_EXPOSURE = Similarity(50, 1.0, 0.7, 0.0), Similarity(0, 1.0, 0.1, 0.0)


def hashed(place: int) -> Fingerprint:
    """By 60 of 128 bits unlike the ones before and after: pictures in which nearly everything has moved."""
    return Fingerprint(0x3FFFFFFF if place % 2 else 0, phash=0x3FFFFFFF if place % 2 else 0)


def groups(
    names: Sequence[str], told: Sequence[Metadata], looks: dict[int, Similarity], *, prints: Sequence[Fingerprint] = ()
) -> list[list[str]]:
    """The groups of photos, with what a look tells of two by how far apart they are in this order."""
    metadata = dict(zip(names, told, strict=True))
    seen = dict(zip(names, prints or [hashed(place) for place in range(len(names))], strict=True))
    grouping = Grouping([photo(name) for name in names], metadata, seen, GroupingRules())
    place = {name: at for at, name in enumerate(names)}
    similarities = {
        pair.id: looks.get(abs(place[pair.left.id] - place[pair.right.id]), NOTHING_IN_COMMON)
        for pair in grouping.candidate_pairs()
    }
    return [[member.id for member in group.photos] for group in grouping.groups(similarities)]


def frames(times: Sequence[float], camera: str | None = "Pixel 7") -> list[Metadata]:
    return [metadata_with(wall_at(time), camera=camera) for time in times]


NAMES = [f"{place}.jpg" for place in range(6)]


@every("step", [0.25, 0.6, 1.0])
def test_frames_within_a_second_are_one_group_though_all_has_moved_from_the_first_to_the_last(step: float) -> None:
    told = frames([0.1 + step * place for place in range(6)])
    assert groups(NAMES, told, {1: MOVED}) == [NAMES]


def test_what_a_second_joins_it_does_not_join_in_whole_seconds_or_for_two_cameras_or_for_an_unknown_one() -> None:
    """A program may write one time into photos of a whole day."""
    assert groups(NAMES[:2], frames([0, 1]), {1: MOVED}) == []
    assert groups(NAMES[:2], frames([0.5, 0.9], camera=None), {1: MOVED}) == []
    two = [*frames([0.5]), *frames([0.9], camera="iPhone 12")]
    assert groups(NAMES[:2], two, {1: MOVED}) == []


def test_frames_that_have_nothing_in_common_are_not_joined_within_a_second_either() -> None:
    assert groups(NAMES[:2], frames([0.5, 0.9]), {1: NOTHING_IN_COMMON}) == []


def test_a_burst_by_the_name_of_its_files_is_one_group_at_any_pace() -> None:
    names = [f"IMG_20171207_063654_BURST00{place}.jpg" for place in range(1, 6)]
    assert groups(names, frames([20.0 * place for place in range(5)]), {1: MOVED}) == [names]
    undated = [metadata_with(guess_at(place)) for place in range(5)]
    assert groups(names, undated, {1: MOVED}) == [names]


def test_the_name_joins_neither_what_contradicts_nor_bursts_of_two_folders() -> None:
    names = [f"IMG_20171207_063654_BURST00{place}.jpg" for place in range(1, 3)]
    assert groups(names, frames([0, 20]), {1: NOTHING_IN_COMMON}) == []
    assert groups([names[0], f"other/{names[1]}"], frames([0, 20]), {1: MOVED}) == []


def stated(times: Sequence[float], burst: str) -> list[Metadata]:
    return [replace(told, burst=BurstFrame(burst, is_cover=False, is_stated=True)) for told in frames(times)]


def test_a_burst_that_the_files_state_is_one_group_whatever_they_are_called_and_wherever_they_lie() -> None:
    names = ["a.jpg", "other/b.jpg", "other/c.jpg"]
    assert groups(names, stated([0, 20, 40], "U1"), {1: MOVED}) == [names]
    two = names[:2]
    assert groups(two, frames([0, 20]), {1: MOVED}) == []
    assert groups(two, [*stated([0], "U1"), *stated([20], "U2")], {1: MOVED}) == []
    assert groups(two, stated([0, 20], "U1"), {1: NOTHING_IN_COMMON}) == []


def exposed(steps: Sequence[float]) -> list[Metadata]:
    return [
        metadata_with(wall_at(30.0 * place), camera="Canon", exposure_seconds=2.0**-step, f_number=8.0, iso=100)
        for place, step in enumerate(steps)
    ]


DARKER = [Fingerprint((1 << 5 * place) - 1, phash=(1 << 7 * place) - 1) for place in range(6)]


def test_a_bracket_of_which_only_neighbours_look_alike_is_one_group() -> None:
    looks = {1: NEXT_EXPOSURE, 2: FAR_EXPOSURE}
    assert groups(NAMES, exposed(range(6)), looks, prints=DARKER) == [NAMES]
    assert groups(NAMES, exposed([0] * 6), looks, prints=DARKER) != [NAMES]


def test_exposures_of_a_camera_that_moved_are_joined_by_their_looks_alone() -> None:
    moved = Similarity(50, 0.8, 0.9, 0.0)
    assert groups(NAMES, exposed(range(6)), {1: moved}, prints=DARKER) != [NAMES]
