"""Claims about how the exposure, the sharpness and the lines of photos of one scene are compared."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bestshot.model.appraisal import Appraisal
from bestshot.model.groups import Verdict
from bestshot.ranking.candidates import Candidates
from bestshot.ranking.rank import judge
from tests.support.builders import appraisal, group, metadata_with, photo, wall_at


def judged(looks: Sequence[Appraisal]) -> Verdict:
    """The verdict on photos called p0, p1 and so on, one a second, each of another moment."""
    photos = [photo(f"p{place}") for place in range(len(looks))]
    known = {one.id: metadata_with(wall_at(place)) for place, one in enumerate(photos)}
    return judge(Candidates.of(group(*photos), {one.id: look for one, look in zip(photos, looks, strict=True)}, known))


def why(verdict: Verdict) -> dict[str, str]:
    return {one.photo.id: "; ".join(one.why) for one in verdict.ranking}


def exposures(*pairs: tuple[float, float]) -> list[Appraisal]:
    return [appraisal(looked=False, brightness=brightness, clipped=clipped) for brightness, clipped in pairs]


def test_snow_is_bright_in_all_its_photos_and_the_grey_one_is_the_fault() -> None:
    """Nearer to middle grey, it is two stops and more off what is usual here."""
    found = judged(exposures((0.33, 0.0), (0.71, 0.0), (0.74, 0.0)))
    assert found.best.id == "p1"
    assert why(found)["p0"] == "is much darker"


def test_a_night_is_dark_in_all_its_photos_and_none_is_blamed_for_it() -> None:
    found = judged(exposures((0.12, 0.0), (0.13, 0.0), (0.11, 0.0)))
    assert all(one.score > 0.95 for one in found.ranking)
    assert not any("dark" in words or "exposed" in words for words in why(found).values())


def test_of_two_photos_the_one_nearer_to_middle_grey_is_exposed_better() -> None:
    assert judged(exposures((0.1, 0.0), (0.4, 0.0))).best.id == "p1"
    assert judged(exposures((0.9, 0.0), (0.5, 0.0))).best.id == "p1"


def test_a_lamp_that_is_white_in_all_photos_costs_none_of_them_anything() -> None:
    found = judged(exposures((0.4, 0.25), (0.41, 0.25), (0.4, 0.26)))
    assert all(one.score > 0.98 for one in found.ranking)


def test_what_is_clipped_outweighs_the_hard_edges_that_clipping_makes() -> None:
    clipped = appraisal(looked=False, sharpness=1.2, brightness=0.6, clipped=0.14)
    sound = [appraisal(looked=False, sharpness=sharp, brightness=0.5) for sharp in (0.95, 0.9)]
    found = judged([clipped, *sound])
    assert found.best.id == "p1"
    assert "has 14% clipped" in why(found)["p0"]


@given(st.lists(st.floats(0.02, 0.98), min_size=2, max_size=6))
def test_the_best_is_called_best_exposed_only_if_every_other_is_visibly_off(lights: list[float]) -> None:
    """By half a stop, which is a sixth of the luma."""
    found = judged(exposures(*((light, 0.0) for light in lights)))
    if "best exposed" in why(found)[found.best.id]:
        best = lights[int(found.best.id[1:])]
        others = [light for place, light in enumerate(lights) if f"p{place}" != found.best.id]
        assert all(max(best, light) / min(best, light) >= 2 ** (0.5 / 2.2) - 1e-9 for light in others)


@given(st.lists(st.floats(0.02, 0.98), min_size=2, max_size=6))
def test_a_photo_said_to_be_darker_is_darker_than_the_best(lights: list[float]) -> None:
    found = judged(exposures(*((light, 0.0) for light in lights)))
    best = lights[int(found.best.id[1:])]
    for one in found.ranking[1:]:
        light = lights[int(one.photo.id[1:])]
        assert "darker" not in why(found)[one.photo.id] or light < 0.9 * best
        assert "brighter" not in why(found)[one.photo.id] or light > 1.1 * best


def test_the_streaks_of_a_shaken_photo_are_not_lines_that_are_off_level() -> None:
    shaken, sharp = appraisal(looked=False, tilt=-6.0, sharpness=0.5), appraisal(looked=False)
    found = judged([shaken, sharp, sharp])
    assert not any(reason.name == "composition" for one in found.ranking for reason in one.reasons)
