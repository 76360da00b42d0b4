"""Claims about the photos that are kept beside the best."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bestshot.model.appraisal import MINIATURE_SIZE
from bestshot.model.burst_names import BurstFrame
from bestshot.model.faces import Face
from bestshot.model.groups import Group, Verdict
from bestshot.ranking.candidates import Candidate, Candidates
from bestshot.ranking.rank import judge
from bestshot.ranking.rules import JudgingRules
from tests.support.builders import appraisal, face, metadata_with, photo, wall_at

MIA, TOM = 0.1, 0.6
"""Where they stand."""


def shot(name: str, seconds: float, *faces: Face, sharpness: float = 1.0, grey: int | None = None) -> Candidate:
    # Half of the picture has another brightness in each shot: nobody's copy.
    half = MINIATURE_SIZE**2 // 2
    picture = bytes([100] * half + [100 + int(seconds) * 7 if grey is None else grey] * half)
    return Candidate(
        photo(name), appraisal(*faces, sharpness=sharpness, miniature=picture), metadata_with(wall_at(seconds))
    )


def judged(*shots: Candidate, keep: int) -> Verdict:
    ordered = sorted(shots, key=lambda one: one.id)
    candidates = Candidates.of(
        Group(tuple(one.photo for one in ordered)),
        {one.id: one.appraisal for one in ordered},
        {one.id: one.metadata for one in ordered},
    )
    return judge(candidates, JudgingRules(keep=keep))


SMILES = shot("smiles", 0, face(left=MIA, smile=1.1))
EARNEST = shot("earnest", 1, face(left=MIA, smile=0.75))
SMILES_AGAIN = shot("again", 2, face(left=MIA, smile=1.09))
BLINKS = shot("blinks", 3, face(left=MIA, smile=0.7, eyes=0.05))


def test_unless_asked_for_more_the_best_alone_is_kept() -> None:
    assert judged(SMILES, EARNEST, keep=1).keepers == ()


def test_another_expression_is_kept_beside_the_best_and_the_same_once_more_is_not() -> None:
    found = judged(SMILES, EARNEST, SMILES_AGAIN, keep=3)
    assert (found.best.id, found.keepers) == ("smiles", ("earnest",))
    assert [one.id for one in found.rest] == ["again"]


def test_what_is_much_worse_is_not_kept_for_being_different() -> None:
    assert judged(SMILES, SMILES_AGAIN, BLINKS, keep=3).keepers == ()


def test_the_photo_in_which_another_person_looks_best_is_kept() -> None:
    mia = shot("mia", 0, face(left=MIA, smile=1.2), face(left=TOM, smile=0.85, turn=0.1))
    tom = shot("tom", 1, face(left=MIA, smile=0.9, turn=0.1), face(left=TOM, smile=1.2))
    assert len(judged(mia, tom, keep=2).keepers) == 1


def test_without_faces_a_picture_of_other_content_is_kept() -> None:
    one, alike, other = shot("a", 0, grey=100), shot("b", 1, grey=110), shot("c", 2, grey=230)
    assert judged(one, alike, other, keep=2).keepers == ("c",)


def test_what_the_user_rejected_is_never_kept() -> None:
    rejected = replace(EARNEST, metadata=replace(EARNEST.metadata, rating=-1))
    assert judged(SMILES, rejected, keep=2).keepers == ()


@given(st.integers(1, 6), st.lists(st.floats(0.6, 1.3), min_size=2, max_size=6))
def test_no_more_are_kept_than_asked_for_and_never_the_best_twice(keep: int, smiles: list[float]) -> None:
    shots = [shot(f"{n}", n, face(left=MIA, smile=smile)) for n, smile in enumerate(smiles)]
    found = judged(*shots, keep=keep)
    assert len(found.keepers) <= keep - 1
    assert found.best.id not in found.keepers
    assert {found.best.id, *found.keepers} | {one.id for one in found.rest} == {one.id for one in shots}
    assert judged(*shots[::-1], keep=keep) == found


def cover_of(shots: list[Candidate]) -> Verdict:
    names = ["IMG_20171207_063654_BURST001.jpg", "IMG_20171207_063654_BURST002_COVER.jpg"]
    named = [replace(one, photo=photo(name)) for one, name in zip(shots, names, strict=True)]
    return judged(*named, keep=1)


def test_the_cameras_cover_of_a_burst_is_a_wish_that_decides_a_toss_up() -> None:
    found = cover_of([shot("a", 0), shot("b", 1)])
    assert found.best.id == "IMG_20171207_063654_BURST002_COVER.jpg"
    assert found.ranking[0].why == ("as good as any, and the camera's cover of its burst",)
    assert found.confidence == 0.0


def test_the_frame_that_the_file_calls_the_primary_one_decides_a_toss_up_too() -> None:
    shots = [shot("a", 0), shot("b", 1)]
    burst = BurstFrame("U1", is_cover=True, is_stated=True)
    found = judged(shots[0], replace(shots[1], metadata=replace(shots[1].metadata, burst=burst)), keep=1)
    assert found.best.id == "b"


def test_a_cover_in_which_somebody_blinks_is_no_best() -> None:
    found = cover_of([shot("a", 0, face(left=MIA)), shot("b", 1, face(left=MIA, eyes=0.05))])
    assert found.best.id == "IMG_20171207_063654_BURST001.jpg"
