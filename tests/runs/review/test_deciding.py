"""Deciding in the browser: every key, at once, in two windows, and never lost."""

import re
from pathlib import Path

from playwright.sync_api import expect

from bestshot.settings.settings import Settings
from tests.support.paths import ROOT
from tests.support.review_client import served_review
from tests.support.review_pages import PHOTOS, served_many
from tests.support.reviewer import (
    MANY,
    PHONE,
    Opener,
    is_place,
)

LEFT_AT_ONCE = """keys => {
    for (const key of keys) document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    location.reload();
}"""


class TestDeciding:
    def test_keys_pick_keep_take_out_and_skip_at_once_and_undo_takes_one_after_the_other_back(
        self, review: Opener, few: str
    ) -> None:
        reviewer = review(few)
        reviewer.press("j", "j", "ArrowRight", "b")
        expect(reviewer.tile(3, 2)).to_have_attribute("data-role", "best")
        reviewer.press("ArrowRight", "p", "ArrowRight", "x")
        reviewer.said("is taken out of the group")
        assert reviewer.roles(3) == ["", "best", "kept", "taken out"]
        reviewer.press("k", "s")
        expect(reviewer.card(2)).to_contain_text("Skipped")
        expect(reviewer.page.locator("#total-decided")).to_have_text("2 decided")
        assert reviewer.state(3) == {
            "best": 2, "keep": [3], "out": [4], "skip": False, "seen": False, "decided": True
        }  # fmt: skip
        assert reviewer.state(2)["skip"]
        for group in (2, 3, 3, 3):
            reviewer.press("u")
            reviewer.said(f"The last decision about group {group} is taken back.")
            reviewer.press("Escape")
        assert reviewer.roles(3) == ["best", "", "", ""]
        assert not reviewer.state(2)["decided"]
        reviewer.press("u")
        reviewer.said("There is no decision to take back.")
        reviewer.complaints.clear()  # the browser tells of each refusal

    def test_what_the_page_shows_at_once_is_what_the_program_then_says(self, review: Opener, few: str) -> None:
        reviewer = review(few)
        reviewer.page.route("**/api/changes*", lambda route: route.abort())  # nothing but the answers tells it better
        reviewer.press("End")
        for keys in ("b", "p", "x", "p", "sb", "s", "xx", "r", "x", "bp", "p", "x"):
            reviewer.press(*keys)
            shown = reviewer.roles(3)
            state = reviewer.state(3)
            told = (
                {state["best"]: "best"}
                | dict.fromkeys(state["keep"], "kept")
                | dict.fromkeys(state["out"], "taken out")
            )
            assert shown == [told.get(place, "") for place in range(1, 5)]
            reviewer.press(*(["ArrowRight"] if reviewer.current()[1] < 4 else ["ArrowLeft"] * 3))
        reviewer.complaints.clear()

    def test_where_only_one_photo_would_be_left_the_group_is_skipped(self, review: Opener, few: str) -> None:
        reviewer = review(few)
        reviewer.press("x")
        reviewer.said("are no group without each other: it is skipped.")
        expect(reviewer.card(1)).to_contain_text("Skipped")
        assert reviewer.state(1)["skip"]

    def test_a_decision_that_does_not_reach_the_program_is_put_back_with_a_sentence(
        self, review: Opener, few: str
    ) -> None:
        reviewer = review(few)
        reviewer.page.route("**/api/decisions", lambda route: route.abort())
        reviewer.press("ArrowRight", "b")
        reviewer.said("The program does not answer. Group 1 is as it was.")
        assert reviewer.roles(1) == ["best", ""]
        reviewer.page.unroute("**/api/decisions")
        reviewer.press("b")
        expect(reviewer.tile(1, 2)).to_have_attribute("data-role", "best")
        assert reviewer.state(1)["best"] == 2
        reviewer.complaints.clear()

    def test_a_window_is_not_closed_without_a_word_before_its_decisions_are_kept(
        self, review: Opener, few: str
    ) -> None:
        reviewer = review(few)
        page = reviewer.page
        page.on("dialog", lambda dialog: dialog.dismiss())
        page.route("**/api/decisions", lambda _route: None)  # held until it is routed no more
        reviewer.press("ArrowRight", "b", "j", "b")
        with page.expect_event("dialog") as asked:
            page.close(run_before_unload=True)
        assert asked.value.type == "beforeunload"
        page.unroute("**/api/decisions")
        reviewer.kept()
        assert reviewer.state(1)["best"] == 2

    def test_ten_decisions_and_the_place_are_kept_by_a_window_that_is_left_at_once(
        self, review: Opener, tmp_path: Path
    ) -> None:
        with served_many(tmp_path, 20) as address:
            reviewer = review(address)
            reviewer.page.on("dialog", lambda dialog: dialog.accept())
            reviewer.press("End")
            with reviewer.page.expect_navigation():
                reviewer.page.evaluate(LEFT_AT_ONCE, ["s", "k"] * 10)
            expect(reviewer.page.locator("#start")).to_be_hidden()
            assert reviewer.current()[0] == 10
            expect(reviewer.card(11)).to_contain_text("Skipped")
            assert [reviewer.state(number)["skip"] for number in range(11, 21)] == [True] * 10

    def test_when_the_program_is_gone_the_page_says_so_and_that_it_is_back(self, review: Opener, few: str) -> None:
        reviewer = review(few)
        reviewer.page.context.set_offline(True)
        expect(reviewer.page.locator("#gone")).to_contain_text("does not answer")
        reviewer.page.context.set_offline(False)
        expect(reviewer.page.locator("#gone")).to_be_hidden()
        reviewer.said("The program answers again.")
        reviewer.complaints.clear()

    def test_a_second_window_follows_and_a_reload_goes_on_where_it_was(self, review: Opener, few: str) -> None:
        first, second = review(few), review(few)
        first.press("j", "ArrowRight", "b")
        with first.page.expect_response(lambda answer: is_place(answer, 3)):
            first.press(" ")
        expect(second.tile(2, 2)).to_have_attribute("data-role", "best")
        expect(second.card(2)).to_contain_text("Seen")
        expect(second.page.locator("#total-seen")).to_have_text("1 seen")
        first.press("ArrowRight", "Enter")
        name = first.shown()
        first.page.reload()
        expect(first.page.locator("#viewer-group")).to_contain_text("Group 3")
        first.press("Escape")
        expect(first.tile(2, 2)).to_have_attribute("data-role", "best")
        assert name.startswith("burst3")

    def test_a_review_that_is_started_anew_goes_on_there(self, review: Opener, settings: Settings) -> None:
        with served_review(settings) as served:
            reviewer = review(served.served.address)
            with reviewer.page.expect_response(lambda answer: is_place(answer, 2)):
                reviewer.press("ArrowRight", "b", " ", "s")
            reviewer.said("Group 2 is skipped")
            reviewer.kept()
            reviewer.page.close()
        with served_review(settings) as served:
            again = review(served.served.address)
            assert again.current() == (2, 1)
            assert again.roles(1) == ["", "best"]
            expect(again.card(1)).to_contain_text("Seen")
            expect(again.card(2)).to_contain_text("Skipped")

    def test_what_only_shows_offers_neither_decisions_nor_deeds(self, review: Opener, settings: Settings) -> None:
        with served_review(settings, may_act=False) as served:
            reviewer = review(served.served.address)
            buttons = "".join(reviewer.page.locator("#bar button").all_inner_texts())
            assert "Group »" in buttons
            assert not any(name in buttons for name in ("Best", "Keep", "Take out", "Skip", "Seen", "Undo"))
            expect(reviewer.page.locator("#apply-open")).to_be_hidden()
            reviewer.press("ArrowRight", "b", "x", "s", " ", "u", "j")
            assert reviewer.current() == (2, 1)
            assert reviewer.state(1) == {
                "best": 1, "keep": [], "out": [], "skip": False, "seen": False, "decided": False
            }  # fmt: skip

    def test_without_the_token_the_page_says_what_to_open(self, review: Opener, few: str) -> None:
        reviewer = review(few)
        stranger = reviewer.page.context.browser.new_context().new_page()  # type: ignore[union-attr] # it has one
        stranger.goto(few.partition("#")[0])
        expect(stranger.locator("#start")).to_contain_text("Open the address that the program printed")
        stranger.context.close()
        assert "#" not in reviewer.page.url


class TestGoing:
    def test_keys_go_from_group_to_group_and_from_photo_to_photo(self, review: Opener, many: str) -> None:
        reviewer = review(many)
        reviewer.press("Home")
        for keys, place in (
            ("j", (2, 1)), ("PageDown", (3, 1)), ("k", (2, 1)), ("PageUp", (1, 1)),
            ("ArrowRight", (1, 2)), ("ArrowLeft", (1, 1)), ("End", (MANY, 1)), ("ArrowLeft", (MANY - 1, PHOTOS)),
            ("ArrowRight", (MANY, 1)), ("Home", (1, 1)),
        ):  # fmt: skip
            reviewer.press(keys)
            assert reviewer.current() == place
        reviewer.press("ArrowDown")
        below = reviewer.current()
        assert below[0] > 1
        reviewer.press("ArrowUp")
        assert reviewer.current() == (1, 1)

    def test_space_marks_a_group_as_seen_and_goes_on(self, review: Opener, many: str) -> None:
        reviewer = review(many)
        reviewer.press("Home", *["j"] * 9, " ")
        assert reviewer.current() == (11, 1)
        expect(reviewer.card(10)).to_contain_text("Seen")
        assert reviewer.state(10)["seen"]
        reviewer.press("k", "n")
        expect(reviewer.card(10)).not_to_contain_text("Seen")
        assert not reviewer.state(10)["seen"]

    def test_every_key_of_the_list_has_a_button_that_does_it(self, review: Opener, few: str) -> None:
        reviewer = review(few, PHONE, touch=True)
        page = reviewer.page

        def tap(*names: str) -> None:
            for name in names:
                page.get_by_role("button", name=re.compile(f"^{re.escape(name)}:")).tap()

        tap("Group »", "Group »", "Photo →", "Best", "Photo →", "Keep", "Photo →", "Take out")
        reviewer.said("taken out")
        assert reviewer.roles(3) == ["", "best", "kept", "taken out"]
        tap("Undo")
        reviewer.said("taken back")
        tap("« Group", "Skip", "Enlarge", "← Photo", "2")
        expect(page.locator(".pane")).to_have_count(2)
        tap("4")
        expect(page.locator(".pane")).to_have_count(3)
        tap("1", "100 %", "+", "\u2212", "Fit", "Info")
        expect(page.locator("#about")).to_be_visible()
        tap("Seen, next", "Grid")
        assert reviewer.state(2)["seen"]
        assert reviewer.state(2)["skip"]
        tap("Keys")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        listed = [line.split("\n") for line in page.locator("#keys-list div").all_inner_texts()]
        rows = re.findall(
            r"^\| (`.+`) \| (.+) \|$", (ROOT / "docs/review.md").read_text(encoding="utf-8"), re.MULTILINE
        )
        assert [(keys.replace("`", ""), about) for keys, about in rows] == [
            (keys.strip(), about[:1].lower() + about[1:]) for keys, about in listed
        ]

    def test_letters_can_be_turned_off_which_is_remembered_and_buttons_and_arrows_go_on(
        self, review: Opener, settings: Settings
    ) -> None:
        with served_review(settings) as served:
            reviewer = review(served.served.address)
            page = reviewer.page
            best = page.get_by_role("button", name="Best: ")
            assert best.get_attribute("title") == "Make this photo the best (b)"
            reviewer.press("?")
            page.get_by_label("Use letters, digits and signs as keys").uncheck()
            reviewer.press("Escape")
            reviewer.press("ArrowRight", "b", "x", "s", "?", "4", "j")
            assert reviewer.current() == (1, 2)
            assert reviewer.roles(1) == ["best", ""]
            assert (best.get_attribute("title"), best.inner_text()) == ("Make this photo the best", "Best")
            assert best.get_attribute("aria-keyshortcuts") is None
            best.click()
            page.locator("#groups .tile").nth(1).focus()
            reviewer.press(" ")
            assert reviewer.state(1)["best"] == 2
            page.goto("about:blank")
        reviewer.hosts.clear()
        with served_review(settings) as served:
            reviewer.open(served.served.address)
            reviewer.press("Home", "s")
            assert not reviewer.state(1)["skip"]
            page.get_by_role("button", name="Keys: ").click()
            page.get_by_label("Use letters, digits and signs as keys").check()
            reviewer.press("Escape", "s")
            assert reviewer.state(1)["skip"]
            page.goto("about:blank")

    def test_keys_that_a_field_or_a_button_needs_are_left_to_it(self, review: Opener, many: str) -> None:
        reviewer = review(many)
        reviewer.page.locator("#kind").focus()
        reviewer.press("b", "x", "s")
        assert reviewer.state(1)["skip"] is False
        reviewer.page.locator("#faces").focus()
        reviewer.press(" ")
        expect(reviewer.page.locator("#faces")).to_be_checked()
        assert reviewer.state(5)["seen"] is False
