"""Claims about following the same face through a group."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bestshot.model.faces import Face
from bestshot.ranking.people import doubted_faces, is_doubtful, track_people
from tests.support.builders import face
from tests.support.each import every

places = st.floats(0, 0.8)
groups = st.dictionaries(
    st.sampled_from("abcde"), st.lists(st.builds(face, left=places), max_size=4).map(tuple), min_size=1
)


def lefts(
    faces: Mapping[str, Sequence[Face]], **more: Mapping[str, Sequence[Sequence[float]]]
) -> list[dict[str, float]]:
    """Where each person is in each photo."""
    return [{photo: found.left for photo, found in person.faces.items()} for person in track_people(faces, **more)]


@given(groups)
def test_every_face_is_one_persons_and_nobody_is_twice_in_a_photo(faces: dict[str, tuple[Face, ...]]) -> None:
    people = track_people(faces)
    followed = sorted((photo, found.left) for person in people for photo, found in person.faces.items())
    assert followed == sorted((photo, found.left) for photo, all_found in faces.items() for found in all_found)
    assert len(people) >= max(map(len, faces.values()))


@given(groups, st.randoms(use_true_random=False))
def test_the_order_of_the_photos_changes_nothing(faces: dict[str, tuple[Face, ...]], chance: Random) -> None:
    shuffled = list(faces.items())
    chance.shuffle(shuffled)
    assert track_people(dict(shuffled)) == track_people(faces)


def test_faces_are_followed_by_their_places_though_everybody_moves_a_little() -> None:
    faces = {"a": [face(left=0.1), face(left=0.6)], "b": [face(left=0.15), face(left=0.55)], "c": [face(left=0.62)]}
    assert sorted(map(len, lefts(faces))) == [2, 3]
    assert {"a": 0.1, "b": 0.15} in lefts(faces)


def test_a_face_far_off_or_of_another_size_is_somebody_else() -> None:
    small = replace(face(left=0.1), right=0.15, top=0.4, bottom=0.5)
    assert len(track_people({"a": [face(left=0.1)], "b": [face(left=0.5)]})) == 2
    assert len(track_people({"a": [face(left=0.1)], "b": [small]})) == 2


def test_somebody_who_walked_on_is_doubtful_by_place_and_known_by_the_code() -> None:
    faces = {"a": [face(left=0.1)], "b": [face(left=0.7)]}
    assert is_doubtful(faces, track_people(faces))
    embeddings = {"a": [(0.0, 1.0)], "b": [(0.1, 1.0)]}
    assert lefts(faces, embeddings=embeddings) == [{"a": 0.1, "b": 0.7}]


def test_two_that_changed_places_are_told_by_their_codes() -> None:
    faces = {"a": [face(left=0.1), face(left=0.6)], "b": [face(left=0.1), face(left=0.6)]}
    embeddings = {"a": [(0.0, 1.0), (1.0, 0.0)], "b": [(1.0, 0.0), (0.0, 1.0)]}
    assert sorted(map(str, lefts(faces, embeddings=embeddings))) == sorted(
        map(str, [{"a": 0.1, "b": 0.6}, {"a": 0.6, "b": 0.1}])
    )


@every("faces", [{}, {"a": ()}, {"a": (face(),)}, {"a": (face(),), "b": (face(left=0.45),), "c": ()}])
def test_where_nobody_changes_place_nothing_is_doubtful(faces: dict[str, tuple[Face, ...]]) -> None:
    """Somebody who is missing in a photo raises no doubt: there is no face left that could be theirs."""
    assert not is_doubtful(faces, track_people(faces))


def test_the_largest_person_comes_first() -> None:
    large = replace(face(left=0.1), top=0.2, bottom=0.8)
    assert track_people({"a": [face(left=0.6), large]})[0].faces == {"a": large}


# Whether what was found is a face


def sighted(score: float | None, left: float = 0.4) -> Face:
    return face(left=left, detection_score=score)


def test_a_faint_face_is_one_where_another_photo_shows_a_clear_one() -> None:
    faint, elsewhere = sighted(0.1), sighted(0.1, left=0.8)
    assert doubted_faces({"a": [sighted(0.5)], "b": [faint, elsewhere], "c": [faint]}, {}) == {"b": (elsewhere,)}


def test_two_faint_faces_do_not_bear_each_other_out() -> None:
    assert set(doubted_faces({"a": [sighted(0.1)], "b": [sighted(0.1)]}, {})) == {"a", "b"}


@every("photos, score, is_doubted", [(4, 0.5, True), (2, 0.5, False), (4, 1.2, False), (4, None, False)])
def test_what_one_of_many_photos_shows_is_doubted_unless_it_is_certain(
    photos: int, score: float | None, is_doubted: bool
) -> None:
    faces = {"a": [sighted(score)], **{other: [] for other in "bcd"[: photos - 1]}}
    assert bool(doubted_faces(faces, {})) == is_doubted


def test_a_copy_of_the_one_photo_bears_nothing_out() -> None:
    faces = {"a": [sighted(0.5)], "copy": [sighted(0.5)], "b": [], "c": []}
    alike = {"a": frozenset({"copy"}), "copy": frozenset({"a"})}
    assert set(doubted_faces(faces, alike)) == {"a", "copy"}
    assert doubted_faces(faces, {}) == {}


def test_somebody_who_walks_through_the_picture_is_not_doubted() -> None:
    walking = {"a": [sighted(0.5, left=0.0)], "b": [sighted(0.5)], "c": [sighted(0.5, left=0.8)]}
    assert doubted_faces(walking, {}) == {}
