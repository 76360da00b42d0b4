"""Acting in the browser: what would be done, doing it, and taking it back."""

import re
from pathlib import Path

from playwright.sync_api import expect

from bestshot.review.service import Access
from bestshot.settings.settings import Settings
from tests.fake_immich import VERSIONS, FakeImmich
from tests.support.immich.folder import impatient
from tests.support.marks.runs import Onlooker, settings_in
from tests.support.review_client import served_review
from tests.support.reviewer import Opener


class TestActing:
    def test_a_folder_is_looked_at_laid_out_and_taken_back_from_the_page(
        self, review: Opener, settings: Settings, tmp_path: Path
    ) -> None:
        output = tmp_path / "organized"
        with served_review(settings) as served:
            reviewer, other = review(served.served.address), review(served.served.address)
            page = reviewer.page
            reviewer.press("ArrowRight", "b")
            page.get_by_role("button", name="Apply…").click()
            panel = page.get_by_role("dialog", name="Apply")
            panel.get_by_label("Lay the groups out in").fill(str(output))
            panel.get_by_role("button", name="Look at what would be done").click()
            expect(panel.locator("#job-lines")).to_contain_text("9 copies, ")
            assert not output.exists()
            panel.get_by_role("button", name="Do this").click()
            expect(panel.locator("#history")).to_contain_text("organized")
            assert len(list(output.rglob("*.jpg"))) >= 9
            expect(panel.locator("#apply-said")).to_contain_text("Done")
            other.page.get_by_role("button", name="Apply…").click()
            panel = other.page.get_by_role("dialog", name="Apply")
            panel.locator("#history summary").first.click()
            expect(panel.locator("#history .changes li")).not_to_have_count(0)
            panel.get_by_role("button", name="Undo run 1").click()
            panel.get_by_role("button", name="Undo this").click()
            expect(panel.locator("#history")).to_contain_text("undone")
            assert list(output.rglob("*.jpg")) == []

    def test_the_panel_says_that_it_is_about_all_groups_and_gives_an_example_of_a_folder(
        self, review: Opener, few: str
    ) -> None:
        page = review(few).page
        page.locator("#unseen").check()
        page.get_by_role("button", name="Apply…").click()
        panel = page.get_by_role("dialog", name="Apply")
        expect(panel).to_contain_text("about all groups here, 3 in number, whatever the filters show")
        expect(panel.get_by_label("Lay the groups out in")).to_have_accessible_description(re.compile("such as ~/"))

    def test_marks_on_a_server_are_made_and_taken_back_from_the_page(self, review: Opener, tmp_path: Path) -> None:
        with FakeImmich(VERSIONS[-1]) as fake:
            burst = fake.seeds.burst(3)
            onlooker = Onlooker(fake)
            before = [onlooker.photo(asset) for asset in burst]
            access = Access(lambda _settings: impatient(fake), lambda _settings: impatient(fake).client)
            with served_review(settings_in(tmp_path, workers=1), access=access) as served:
                page = review(served.served.address).page
                page.get_by_role("button", name="Apply…").click()
                panel = page.get_by_role("dialog", name="Apply")
                panel.get_by_label("Tag them").check()
                panel.get_by_label("Stacks").check()
                panel.locator("#preview").click()
                expect(panel.locator("#do")).to_be_visible()
                assert [onlooker.photo(asset) for asset in burst] == before
                panel.locator("#do").click()
                expect(panel.locator("#apply-said")).to_contain_text("Done")
                marked = [onlooker.photo(asset) for asset in burst]
                assert all(len(photo.tags) > 0 and len(photo.stack) == 3 for photo in marked)
                panel.get_by_role("button", name="Undo run 1").click()
                panel.get_by_role("button", name="Undo this").click()
                expect(panel.locator("#history")).to_contain_text("undone")
                assert [onlooker.photo(asset) for asset in burst] == before

    def test_other_choices_are_looked_at_before_they_are_done(self, review: Opener, few: str, tmp_path: Path) -> None:
        reviewer = review(few)
        page = reviewer.page
        page.get_by_role("button", name="Apply…").click()
        page.get_by_label("Lay the groups out in").fill(str(tmp_path / "organized"))
        page.locator("#preview").click()
        expect(page.locator("#do")).to_be_visible()
        page.get_by_label("Lay the groups out in").fill(str(tmp_path / "elsewhere"))
        expect(page.locator("#do")).to_be_hidden()

    def test_no_window_does_what_another_one_looked_at(self, review: Opener, few: str, tmp_path: Path) -> None:
        first, second = review(few).page, review(few).page
        for page in (first, second):
            page.get_by_role("button", name="Apply…").click()
        first.get_by_label("Lay the groups out in").fill(str(tmp_path / "organized"))
        first.locator("#preview").click()
        expect(first.locator("#do")).to_be_visible()
        expect(second.locator("#job-lines")).to_contain_text("9 copies")
        expect(second.locator("#apply-said")).to_have_text("This is what would be done.")
        second.get_by_label("Tag them").check()
        second.locator("#preview").click()
        expect(first.locator("#job-lines")).to_contain_text("tagged")
        expect(first.locator("#do")).to_be_hidden()
        expect(second.locator("#do")).to_be_visible()

    def test_where_nothing_is_to_be_done_nothing_can_be(self, review: Opener, few: str, tmp_path: Path) -> None:
        page = review(few).page
        page.get_by_role("button", name="Apply…").click()
        page.get_by_label("Lay the groups out in").fill(str(tmp_path / "organized"))
        page.locator("#preview").click()
        page.locator("#do").click()
        expect(page.locator("#apply-said")).to_have_text("Done.")
        page.locator("#preview").click()
        expect(page.locator("#job-lines")).to_contain_text("There is nothing to do.")
        expect(page.locator("#do")).to_be_hidden()

    def test_what_an_undo_would_do_is_not_said_to_be_done(self, review: Opener, few: str, tmp_path: Path) -> None:
        page, other = review(few).page, review(few).page
        other.get_by_role("button", name="Apply…").click()
        page.get_by_role("button", name="Apply…").click()
        page.get_by_label("Lay the groups out in").fill(str(tmp_path / "organized"))
        page.locator("#preview").click()
        page.locator("#do").click()
        page.get_by_role("button", name="Undo run 1").click()
        expect(other.locator("#job-lines")).to_contain_text("to be removed")
        expect(other.locator("#apply-said")).to_have_text("This is what would be done.")
        expect(other.locator("#job-title")).to_have_text("What would be done")

    def test_what_the_program_refuses_is_said_in_its_words(self, review: Opener, few: str) -> None:
        reviewer = review(few)
        reviewer.page.get_by_role("button", name="Apply…").click()
        reviewer.page.locator("#preview").click()
        expect(reviewer.page.locator("#apply-said")).to_contain_text("Choose what is to be done")
        reviewer.complaints.clear()
