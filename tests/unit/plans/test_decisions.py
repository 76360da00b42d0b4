"""Claims about what people decided, and how groups and verdicts follow it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bestshot.model.groups import Group
from bestshot.model.photo import Photo
from bestshot.plans.decisions import DecidedPhoto, Decision, DecisionKind, Decisions
from tests.support.builders import group, photo, verdict

PHOTOS = tuple(photo(f"{name}.jpg", size=1000 + number) for number, name in enumerate("abcdefgh"))
A, B, C, D, *_ = PHOTOS


def decided(kind: DecisionKind, *photos: Photo) -> Decision:
    return Decision(kind, tuple(DecidedPhoto(one.origin, one.key, one.name, one.size) for one in photos))


def apart(*photos: Photo) -> Decision:
    return decided(DecisionKind.APART, *photos)


def out(*photos: Photo) -> Decision:
    return decided(DecisionKind.OUT, *photos)


def best(*photos: Photo) -> Decision:
    return decided(DecisionKind.BEST, *photos)


def together(*photos: Photo) -> Decision:
    return decided(DecisionKind.TOGETHER, *photos)


def keep(*photos: Photo) -> Decision:
    return decided(DecisionKind.KEEP, *photos)


def drop(*photos: Photo) -> Decision:
    return decided(DecisionKind.DROP, *photos)


def beside(*made: Decision, proposed: str = "") -> str:
    """Which of a, b and c are kept beside their best, where the program would keep those proposed."""
    judged = replace(verdict(A, B, C), keepers=tuple(f"{letter}.jpg" for letter in proposed))
    return "".join(id_[0] for id_ in Decisions.of(made, (A, B, C)).prefer(judged).keepers)


def parts(*made: Decision, of: tuple[Photo, ...] = PHOTOS[:4], least: int = 2) -> list[str]:
    """What becomes of a group of these photos, each part as the first letters of its names."""
    return ["".join(one.name[0] for one in part.photos) for part in Decisions.of(made, of).split([group(*of)], least)]


def top(*made: Decision, of: tuple[Photo, ...] = (A, B, C)) -> str:
    """The best of photos that are judged in this order."""
    return Decisions.of(made, of).prefer(verdict(*of)).best.name[0]


def elsewhere(one: Photo, key: str = "2024/new.jpg") -> Photo:
    """The same photo in another library, under another key."""
    return replace(one, id=key, origin="immich:somebody", key=key)


several = st.lists(st.sampled_from(PHOTOS), min_size=1, max_size=5, unique=True)
kinds = st.sampled_from(DecisionKind)
decisions = st.lists(st.builds(lambda kind, photos: decided(kind, *photos), kinds, several))
partings = decisions.map(lambda made: [one for one in made if one.kind is not DecisionKind.TOGETHER])
groups = st.lists(st.integers(0, 2), min_size=8, max_size=8).map(
    lambda homes: [
        group(*members)
        for home in range(3)
        if len(members := [one for one, at in zip(PHOTOS, homes, strict=True) if at == home]) > 1
    ]
)


class TestSplit:
    def test_a_group_taken_apart_is_none_any_more(self) -> None:
        assert parts(apart(A, B, C, D)) == []

    def test_a_photo_taken_out_leaves_the_others_together(self) -> None:
        assert parts(out(C, A, B, D)) == ["abd"]

    def test_a_new_photo_joins_what_is_left(self) -> None:
        assert parts(out(C, A, B)) == ["abd"]

    def test_too_few_are_no_group(self) -> None:
        assert parts(out(C, A, B, D), least=4) == []

    @given(groups, decisions)
    def test_it_never_joins_what_was_not_together(self, found: list[Group], made: list[Decision]) -> None:
        for part in Decisions.of(made, PHOTOS).split(found, 2):
            assert any(set(part.photos) <= set(whole.photos) for whole in found)

    @given(groups, decisions)
    def test_a_photo_is_in_one_group_at_most(self, found: list[Group], made: list[Decision]) -> None:
        members = [one for part in Decisions.of(made, PHOTOS).split(found, 2) for one in part.photos]
        assert len(members) == len(set(members))

    @given(groups, partings)
    def test_no_two_photos_that_are_apart_meet(self, found: list[Group], made: list[Decision]) -> None:
        """Said of the decisions themselves, not of what was made of them."""
        for part in Decisions.of(made, PHOTOS).split(found, 2):
            names = {one.key for one in part.photos}
            for decision in made:
                first, *others = (one.key for one in decision.photos)
                if decision.kind is DecisionKind.APART:
                    assert len(names.intersection([first, *others])) <= 1
                if decision.kind is DecisionKind.OUT and first in names:
                    assert names.isdisjoint(others)

    @given(groups, partings, st.randoms())
    def test_the_order_of_photos_groups_and_decisions_does_not_matter(
        self, found: list[Group], made: list[Decision], random: st.DrawFn
    ) -> None:
        shuffled = [list(PHOTOS), list(found), list(made)]
        for values in shuffled:
            random.shuffle(values)  # type: ignore[attr-defined] # a random.Random
        photos, others, again = shuffled
        once = Decisions.of(made, PHOTOS).split(found, 2)
        twice = Decisions.of(again, photos).split(others, 2)  # type: ignore[arg-type] # lists of several types
        assert {part.photos for part in once} == {part.photos for part in twice}

    @given(groups, decisions)
    def test_what_was_split_is_not_split_again(self, found: list[Group], made: list[Decision]) -> None:
        ours = Decisions.of(made, PHOTOS)
        once = ours.split(found, 2)
        assert ours.split(once, 2) == once

    @given(groups)
    def test_without_decisions_nothing_changes(self, found: list[Group]) -> None:
        ours = Decisions.of([], PHOTOS)
        assert ours.split(found, 2) == found
        assert [ours.prefer(verdict(*one.photos)) for one in found] == [verdict(*one.photos) for one in found]


class TestPrefer:
    def test_the_photo_that_was_chosen_is_the_best_and_says_so(self) -> None:
        found = Decisions.of([best(C, A, B)], PHOTOS).prefer(verdict(A, B, C))
        assert [one.photo for one in found.ranking] == [C, A, B]
        assert (found.ranking[0].reasons[0].text, found.confidence) == ("you chose it", 1.0)

    def test_why_the_former_best_was_best_is_not_told_as_why_it_lost(self) -> None:
        found = Decisions.of([best(C, A, B)], PHOTOS).prefer(verdict(A, B, C))
        whys = {one.photo.name: one.why for one in found.ranking}
        assert whys == {
            "c.jpg": ("you chose it",),
            "a.jpg": ("you chose another one",),
            "b.jpg": verdict(A, B, C).ranking[1].why,
        }

    def test_what_is_the_best_anyway_needs_no_such_reason(self) -> None:
        assert Decisions.of([best(A, B, C)], PHOTOS).prefer(verdict(A, B, C)) == verdict(A, B, C)

    def test_a_choice_among_others_says_nothing_of_this_group(self) -> None:
        assert top(best(C, D)) == "a"

    def test_a_choice_stands_when_photos_join_or_leave(self) -> None:
        assert top(best(C, A), of=(A, B, C)) == "c"
        assert top(best(C, A, B), of=(A, C)) == "c"

    def test_a_later_best_overrules_an_earlier_one(self) -> None:
        """Whatever order the photos are judged in."""
        for order in ((A, B, C), (B, A, C), (C, B, A)):
            assert top(best(B, A, C), best(A, B, C), of=order) == "a"
            assert top(best(A, B, C), best(B, A, C), of=order) == "b"

    def test_a_later_best_of_fewer_overrules_one_of_more(self) -> None:
        assert top(best(B, A, C), best(A, B), of=(B, A, C)) == "a"
        assert top(best(B, A, C), best(A, B), of=(C, B)) == "b"

    def test_of_choices_in_a_circle_the_last_counts(self) -> None:
        assert top(best(A, B), best(B, C), best(C, A)) == "c"

    @given(st.permutations(PHOTOS), decisions)
    def test_it_keeps_the_set_of_photos_and_the_order_of_the_rest(
        self, ranked: list[Photo], made: list[Decision]
    ) -> None:
        before = verdict(*ranked)
        after = Decisions.of(made, PHOTOS).prefer(before)
        assert after.group == before.group
        rest = [one.photo for one in before.ranking if one.photo != after.best]
        assert [one.photo for one in after.ranking] == [after.best, *rest]

    @given(st.permutations(PHOTOS), decisions, several)
    def test_the_last_choice_in_a_group_is_its_best(
        self, ranked: list[Photo], made: list[Decision], last: list[Photo]
    ) -> None:
        assert len(last) == 1 or Decisions.of([*made, best(*last)], PHOTOS).prefer(verdict(*ranked)).best == last[0]


class TestOverruling:
    def test_what_was_apart_is_together_when_it_is_wanted_together(self) -> None:
        assert parts(apart(A, B, C, D), together(A, B, C, D)) == ["abcd"]
        assert parts(out(A, B, C, D), together(A, B)) == ["ab", "cd"]

    @given(groups, decisions)
    def test_verdicts_that_were_wanted_stand_in_spite_of_all_earlier_decisions(
        self, found: list[Group], made: list[Decision]
    ) -> None:
        wanted = [verdict(*one.photos) for one in found]
        overruled = list(Decisions.of(made, PHOTOS).overruled_by(wanted))
        after = Decisions.of([*made, *overruled], PHOTOS)
        assert after.split(found, 2) == found
        assert [after.prefer(one) for one in wanted] == wanted
        assert list(after.overruled_by(wanted)) == []


class TestIdentity:
    def test_in_another_library_a_photo_is_known_by_its_name_and_size(self) -> None:
        there = tuple(elsewhere(one, f"{one.size}") for one in (A, B, C))
        assert parts(out(C, A, B), of=there) == ["ab"]
        assert top(best(C, A, B), of=there) == "c"

    def test_a_name_and_size_of_several_photos_are_nobodys(self) -> None:
        there = (elsewhere(A, "1"), elsewhere(B, "2"), elsewhere(B, "3"))
        assert parts(apart(A, B), of=there) == ["abb"]

    def test_the_path_tells_which_of_several_is_meant_where_a_folder_was_moved(self) -> None:
        moved = tuple(replace(one, origin="folder:/elsewhere") for one in (A, B))
        copy = replace(moved[1], id="copies/b.jpg", key="copies/b.jpg")
        (left,) = Decisions.of([out(B, A)], (*moved, copy)).split([group(*moved, copy)], 2)
        assert [one.key for one in left.photos] == ["a.jpg", "copies/b.jpg"]

    def test_a_photo_at_its_place_is_not_looked_for_elsewhere(self) -> None:
        assert parts(apart(A, B), of=(A, B, elsewhere(B))) == ["ba"]

    def test_without_a_size_nothing_is_known_elsewhere(self) -> None:
        empty = tuple(replace(one, size=0) for one in (A, B))
        there = tuple(elsewhere(one, one.name) for one in empty)
        assert parts(apart(*empty), of=there) == ["ab"]


def test_a_photo_stays_beside_the_best_as_a_person_said_last() -> None:
    assert beside() == ""
    assert beside(proposed="c") == "c"
    assert beside(keep(B, A, C), proposed="c") == "bc"
    assert beside(drop(C, A, B), proposed="c") == ""
    assert beside(keep(C, A, B), drop(C, A, B)) == ""
    assert beside(drop(C, A, B), keep(C, A, B)) == "c"
    assert beside(keep(C, D)) == "", "it was said about another group"


def test_the_best_is_never_beside_itself() -> None:
    assert beside(keep(A, B, C)) == ""
    assert beside(keep(B, A, C), best(B, A, C)) == ""


def test_what_a_plan_keeps_or_drops_stands_against_earlier_decisions() -> None:
    earlier = [keep(B, A, C)]
    planned = replace(verdict(A, B, C), keepers=("c.jpg",))
    made = [*earlier, *Decisions.of(earlier, (A, B, C)).overruled_by([planned])]
    assert made[1:] == [drop(B, A, C)]
    assert Decisions.of(made, (A, B, C)).prefer(planned).keepers == ("c.jpg",)


def proposed(*made: Decision) -> list[str]:
    """The groups as they are proposed to somebody who may take a decision back."""
    groups = Decisions.of(made, PHOTOS).split_into_groups([group(A, B, C, D)], 2)
    return ["".join(one.name[0] for one in part.photos) for part in groups]


def test_a_group_is_proposed_whole_whatever_was_taken_out_of_it() -> None:
    assert proposed() == proposed(out(A, B, C, D)) == proposed(apart(A, B, C, D)) == ["abcd"]


def test_a_group_that_came_to_several_is_proposed_as_those() -> None:
    assert proposed(apart(A, C), apart(A, D), apart(B, C), apart(B, D)) == ["ab", "cd"]
