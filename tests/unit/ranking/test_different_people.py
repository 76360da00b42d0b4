"""Claims about keeping apart the photos of people who stood one after the other in front of the same background."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bestshot.model.appraisal import Appraisal
from bestshot.model.faces import Face
from bestshot.model.photo import Metadata
from bestshot.model.times import CaptureTime
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.ranking.candidates import Candidates
from bestshot.ranking.different_people import split_by_people
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource
from tests.support.builders import NOON, appraisal, face, group, guess_at, metadata_with, photo, wall_at
from tests.support.each import every

ANNA, ANNA_BLINKS, BEN, CLEO = (0.0, 0.0), (0.5, 0.0), (0.0, 0.9), (2.0, 0.0)
EMBEDDINGS = {"Anna": ANNA, "anna": ANNA_BLINKS, "Ben": BEN, "Cleo": CLEO}


def shown(people: str) -> tuple[Face, ...]:
    return tuple(face(left=0.2 * place) for place, _ in enumerate(people.split()))


def parts(
    photos: Mapping[str, str],
    *,
    faces: Mapping[str, tuple[Face, ...]] | None = None,
    times: Mapping[str, CaptureTime] | None = None,
    metadata: Mapping[str, Metadata] | None = None,
) -> list[str]:
    """The names in each part of a group of photos, 20 seconds apart, that show these people."""
    seen = {name: appraisal(*shown(people)) for name, people in photos.items()}
    seen |= {name: appraisal(*found) for name, found in (faces or {}).items()}
    taken = {name: wall_at(20 * place) for place, name in enumerate(photos)} | dict(times or {})
    told = {name: metadata_with(taken[name], camera="Camera") for name in photos} | dict(metadata or {})
    embeddings = {name: [EMBEDDINGS[one] for one in people.split()] for name, people in photos.items()}
    found = split_by_people(Candidates.of(group(*map(photo, photos)), seen, told), embeddings)
    for part in found:
        assert part == Candidates.of(part.group, seen, told), "the copies of a part are those that it has by itself"
    return ["".join(one.id for one in part.group.photos) for part in found]


def test_people_one_after_the_other_are_each_a_group_of_their_own() -> None:
    assert parts({"a": "Anna", "b": "Ben", "c": "anna", "d": "Ben"}) == ["ac", "bd"]


def test_photos_with_somebody_in_common_stay_together() -> None:
    assert parts({"a": "Anna Ben", "b": "Ben Cleo", "c": "Cleo"}) == ["abc"]


def test_who_is_found_elsewhere_may_have_been_there_all_the_time() -> None:
    elsewhere = {"b": (face(left=0.7),)}
    assert parts({"a": "Anna", "b": "Ben"}, faces=elsewhere) == ["ab"]


def test_in_a_burst_nobody_makes_room_for_somebody_else() -> None:
    assert parts({"a": "Anna", "b": "Ben"}, times={"b": wall_at(10)}) == ["ab"]
    assert parts({"a": "Anna", "b": "Ben"}, times={"b": wall_at(11)}) == ["a", "b"]


def test_of_a_guessed_time_nothing_is_known() -> None:
    assert parts({"a": "Anna", "b": "Ben"}, times={"b": guess_at(1)}) == ["a", "b"]


@every("unsure", [(), (face(turn=None),), (face(turn=-0.4),), (face(), face(turn=0.5))])
def test_a_photo_that_does_not_tell_who_it_shows_goes_with_the_nearest_in_time(unsure: tuple[Face, ...]) -> None:
    photos = {"a": "Anna", "b": "Ben", "c": "Cleo"}
    assert parts(photos, faces={"b": unsure}, times={"b": wall_at(25)}) == ["a", "bc"]
    assert parts(photos, faces={"b": unsure}, times={"b": wall_at(15)}) == ["ab", "c"]
    assert parts(photos, faces={"a": unsure, "b": unsure}) == ["abc"]


def test_a_copy_goes_with_its_original_whoever_is_found_in_it() -> None:
    sent = metadata_with(guess_at(40), width=400, height=300)
    pictures = {name: bytes([level]) * 1024 for name, level in (("a", 10), ("b", 200), ("c", 10))}
    seen = {name: appraisal(face(), miniature=picture) for name, picture in pictures.items()}
    told = {
        "a": metadata_with(wall_at(0), camera="Camera"),
        "b": metadata_with(wall_at(20), camera="Camera"),
        "c": sent,
    }
    embeddings = {"a": [ANNA], "b": [BEN], "c": [CLEO]}
    found = split_by_people(Candidates.of(group(photo("a"), photo("b"), photo("c", size=100)), seen, told), embeddings)
    assert ["".join(one.id for one in part.group.photos) for part in found] == ["ac", "b"]


def test_without_embeddings_a_group_stays_whole() -> None:
    looks: dict[str, Appraisal] = {"a": appraisal(face()), "b": appraisal(face())}
    times = {"a": metadata_with(wall_at(0)), "b": metadata_with(wall_at(60))}
    both = Candidates.of(group(photo("a"), photo("b")), looks, times)
    assert split_by_people(both, {}) == [both]


people = st.sampled_from(["", "Anna", "anna", "Ben", "Anna Ben", "Cleo", "Ben Cleo"])


@given(st.lists(people, min_size=2, max_size=8))
def test_every_photo_is_in_one_part_and_none_is_parted_from_another_of_the_same_person(shows: list[str]) -> None:
    photos = dict(zip("abcdefgh", shows, strict=False))
    found = parts(photos)
    assert sorted("".join(found)) == sorted(photos)
    for part, other in combinations(found, 2):
        some, others = ({name for one in names for name in photos[one].lower().split()} for names in (part, other))
        assert some.isdisjoint(others)


def _before_a_wall(person: Path) -> Image.Image:
    """A portrait on grey, pasted small before a wall of many bricks."""
    wall = np.random.default_rng(7).integers(90, 160, (15, 20, 3), dtype=np.uint8)
    scene = Image.fromarray(wall).resize((1600, 1200), Image.Resampling.NEAREST)
    with Image.open(person) as picture:
        scene.paste(picture.convert("RGB").resize((560, 560)), (520, 640))
    return scene


def test_three_people_before_one_wall_are_three_groups_of_two(shared: Path, tmp_path: Path) -> None:
    wanted: list[set[str]] = []
    for place, (person, mood) in enumerate((p, m) for p in ("001", "004", "005") for m in ("neutral", "smile")):
        name = f"IMG_{(NOON + timedelta(seconds=20 * place)):%Y%m%d_%H%M%S}.jpg"
        _before_a_wall(shared / "faces" / f"london{person}_{mood}.jpg").save(tmp_path / name, quality=90)
        wanted += [set()] if mood == "neutral" else []
        wanted[-1].add(name)

    def groups(settings: Settings) -> list[set[str]]:
        plan = PhotoOrganizer(LocalPhotoSource(tmp_path), settings).run().plan
        return [{one.photo.id for one in found.verdict.ranking} for found in plan.groups]

    assert groups(Settings(no_faces=True)) != wanted
    assert groups(Settings()) == wanted
