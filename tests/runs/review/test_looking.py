"""Looking in the browser: one photo or several at one zoom, faces, filters and totals."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route, expect

from tests.support.drawn_library import exif, scene
from tests.support.review_client import served_review, settings_at
from tests.support.review_pages import PHOTOS, WIDE
from tests.support.reviewer import (
    PHONE,
    Opener,
    Reviewer,
    draw_bursts,
)


def give_sizes(reviewer: Reviewer, *sizes: tuple[int, int]) -> None:
    """Let the photos of the first group have these sizes, as the page is told."""

    def tell(route: Route) -> None:
        told = route.fetch().json()
        for photo, (width, height) in zip(told["groups"][0]["photos"], sizes, strict=True):
            photo |= {"width": width, "height": height}
        route.fulfill(json=told)

    reviewer.page.route("**/api/library", tell)
    reviewer.page.reload()
    expect(reviewer.page.locator("#start")).to_be_hidden()


class TestLooking:
    def test_arrows_keep_zoom_and_place_and_every_key_of_the_view_does_what_it_says(
        self, review: Opener, many: str
    ) -> None:
        reviewer = review(many)
        page = reviewer.page
        reviewer.press("Home", "j", "Enter")
        fit = reviewer.frame()
        reviewer.press("+", "+", "ArrowDown", "Shift+ArrowRight")
        enlarged, name = reviewer.frame(), reviewer.shown()
        assert enlarged[2] == pytest.approx(2.25 * fit[2], abs=1)
        reviewer.press("ArrowRight")
        assert reviewer.shown() != name
        assert reviewer.frame() == enlarged
        reviewer.press("ArrowUp")
        assert reviewer.frame() != enlarged
        reviewer.press("-")
        assert reviewer.frame()[2] == pytest.approx(1.5 * fit[2], abs=1)
        reviewer.press("z")
        assert reviewer.zoom() == 100
        assert reviewer.frame()[2] == WIDE
        reviewer.press("z")
        assert reviewer.frame() == fit
        reviewer.press("z", "0")
        assert reviewer.frame() == fit
        reviewer.press("i")
        expect(page.locator("#about")).to_be_hidden()
        reviewer.press("i")
        expect(page.locator("#about")).to_contain_text("sharpest picture")
        reviewer.press("j")
        expect(page.locator("#viewer-group")).to_contain_text("Group 3 ")
        reviewer.press("Escape")
        expect(page.locator("#viewer")).to_be_hidden()
        assert reviewer.current() == (3, 1)

    def test_f_goes_from_face_to_face(self, review: Opener, many: str) -> None:
        reviewer = review(many)
        reviewer.press("Home", *["j"] * 4, "f")
        reviewer.said("Face 1 of 2: Anna")
        stage, frame = reviewer.page.locator("#stage").bounding_box(), reviewer.frame()
        assert stage is not None
        assert frame[0] + 0.4 * frame[2] == pytest.approx(stage["x"] + stage["width"] / 2, abs=2)
        reviewer.press("f")
        reviewer.said("Face 2 of 2")
        reviewer.press("f")
        reviewer.said("Face 1 of 2: Anna")
        reviewer.press("j", "f")
        reviewer.said("No face was found in this group.")

    @pytest.mark.parametrize("count", [2, 4])
    def test_photos_side_by_side_have_one_zoom_by_wheel_by_hand_and_by_keys(
        self, review: Opener, many: str, count: int
    ) -> None:
        reviewer = review(many)
        mouse = reviewer.page.mouse
        reviewer.press("Home", "j", "Enter", f"{count}")
        panes = reviewer.page.locator(".pane")
        expect(panes).to_have_count(count)

        def within() -> list[list[float]]:
            script = """all => all.map(pane => {
                const [outer, inner] = [pane, pane.firstChild].map(one => one.getBoundingClientRect());
                return [inner.x - outer.x, inner.y - outer.y, inner.width, inner.height];
            })"""
            found: list[list[float]] = panes.evaluate_all(script)
            return found

        def check_together(before: list[float]) -> list[float]:
            first, *others = within()
            assert first != before
            assert all(other == pytest.approx(first, abs=1) for other in others)
            return first

        place = within()[0]
        box = panes.nth(1).bounding_box()
        assert box is not None
        mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        mouse.wheel(0, -500)
        reviewer.page.wait_for_function("width => document.querySelector('.frame').offsetWidth > width", arg=place[2])
        place = check_together(place)
        mouse.down()
        mouse.move(box["x"] + box["width"] / 2 + 40, box["y"] + box["height"] / 2 + 30)
        mouse.up()
        place = check_together(place)
        reviewer.press("+")
        place = check_together(place)
        reviewer.press("ArrowDown")
        check_together(place)

    def test_at_every_pixel_the_original_of_a_smaller_photo_is_shown_too(self, review: Opener, few: str) -> None:
        reviewer = review(few)
        asked: list[str] = []
        reviewer.page.on("request", lambda request: asked.append(request.url))
        give_sizes(reviewer, (1600, 1200), (1600, 1200))
        with reviewer.page.expect_response("**/picture?edge=1280*"):
            reviewer.press("Enter")
        assert not any("original" in address for address in asked)
        with reviewer.page.expect_response("**/original*"):
            reviewer.press("z")

    def test_photos_on_end_and_across_are_equally_large_side_by_side_and_are_seen_up_to_their_edges(
        self, review: Opener, few: str
    ) -> None:
        reviewer = review(few)
        page = reviewer.page
        give_sizes(reviewer, (6000, 4000), (4000, 6000))
        reviewer.press("Enter", "2")
        stage = page.locator(".pane").nth(1).bounding_box()
        assert stage is not None
        assert max(reviewer.frame(0)[2] / stage["width"], reviewer.frame(0)[3] / stage["height"]) == pytest.approx(
            1, abs=0.01
        )
        assert max(reviewer.frame(1)[2] / stage["width"], reviewer.frame(1)[3] / stage["height"]) == pytest.approx(
            1, abs=0.01
        )
        reviewer.press("+")
        reviewer.press(*["ArrowDown"] * 10)
        assert reviewer.frame(1)[1] + reviewer.frame(1)[3] == pytest.approx(stage["y"] + stage["height"], abs=1)
        reviewer.press("z")
        assert (reviewer.frame(0)[2:4], reviewer.frame(1)[2:4]) == ([6000, 4000], [4000, 6000])
        for keys, size in ((("1",), [6000, 4000]), (("ArrowRight",), [4000, 6000]), (("ArrowLeft", "2"), [6000, 4000])):
            reviewer.press(*keys)
            assert (reviewer.frame(0)[2:4], reviewer.zoom()) == (size, 100)
        before = reviewer.frame(1)
        x, y = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 60, y + 90, steps=3)
        page.mouse.up()
        assert reviewer.frame(1)[:2] == pytest.approx([before[0] + 60, before[1] + 90], abs=1)

    def test_the_best_is_held_beside_whatever_it_is_compared_with(self, review: Opener, many: str) -> None:
        reviewer = review(many)
        captions = reviewer.page.locator(".pane bdi")
        reviewer.press("Home", "j", "2")
        first = captions.nth(0).inner_text()
        others = set()
        for _ in range(1, PHOTOS):
            reviewer.press("ArrowRight")
            expect(captions.nth(0)).to_have_text(first)
            others.add(captions.nth(1).inner_text())
        assert len(others - {first}) == PHOTOS - 1

    def test_pictures_come_in_the_size_shown_the_next_one_ahead_and_the_original_only_for_every_pixel(
        self, review: Opener, tmp_path: Path
    ) -> None:
        for shot in (1, 2):
            marked = exif("2024:06:01 12:00:00", subsec=str(shot))
            path = tmp_path / "photos" / f"large_{shot}.jpg"
            path.parent.mkdir(exist_ok=True)
            scene(1, size=(3000, 2000), blur=shot).save(path, "JPEG", exif=marked)
        with served_review(settings_at(tmp_path, tmp_path / "photos")) as served:
            asked: list[str] = []
            reviewer = review(served.served.address)
            reviewer.page.on(
                "request", lambda request: asked.append(urlsplit(request.url).path + "?" + urlsplit(request.url).query)
            )
            with (
                reviewer.page.expect_response(re.compile("/photos/0/picture.edge=1280")),
                reviewer.page.expect_response(re.compile("/photos/1/picture.edge=1280")),
            ):
                reviewer.press("Enter")
            expect(reviewer.page.locator("#viewer-name")).to_contain_text("1 of 2")
            assert not any("original" in address or "2560" in address for address in asked)
            with reviewer.page.expect_response("**/original*"):
                reviewer.press("z")
            expect(reviewer.page.locator(".frame img")).to_have_attribute("src", re.compile("/original"))
            assert (
                reviewer.page.locator(".frame img").evaluate("one => one.decode().then(() => one.naturalWidth)") == 3000
            )

    def test_on_a_telephone_a_swipe_goes_to_the_next_photo(self, review: Opener, many: str) -> None:
        reviewer = review(many, PHONE, touch=True)
        reviewer.tile(1, 1).tap()
        swipe = """([from, to]) => {
            const stage = document.getElementById("stage");
            stage.setPointerCapture = () => {};
            const at = (type, x) => stage.dispatchEvent(
                new PointerEvent(type, { pointerId: 1, clientX: x, clientY: 300, bubbles: true }));
            at("pointerdown", from); at("pointermove", (from + to) / 2); at("pointermove", to); at("pointerup", to);
        }"""
        reviewer.page.evaluate(swipe, [300, 100])
        expect(reviewer.page.locator("#viewer-name")).to_contain_text("2 of 4")
        reviewer.page.evaluate(swipe, [100, 300])
        expect(reviewer.page.locator("#viewer-name")).to_contain_text("1 of 4")
        reviewer.page.go_back()
        expect(reviewer.page.locator("#viewer")).to_be_hidden()


class TestFilters:
    def test_filters_show_what_they_say_and_the_totals_follow(self, review: Opener, many: str) -> None:
        reviewer = review(many)
        page = reviewer.page
        groups = page.locator("#total-groups")

        def first() -> str:
            return str(page.locator(".card h2").first.inner_text().split()[-1])

        expect(groups).to_have_text("5,000 groups")
        page.get_by_label("Kind").select_option("copies")
        expect(groups).to_have_text("1,250 of 5,000 groups")
        expect(page.locator("#total-photos")).to_have_text("5,000 photos")
        expect(page.locator("#total-rest")).to_contain_text("3,750 not kept")
        page.get_by_label("With faces").check()
        expect(groups).to_have_text("250 of 5,000 groups")
        page.get_by_label("Toss-ups").check()
        assert first() == "5"
        page.get_by_role("button", name="Show all groups").click()
        expect(groups).to_have_text("5,000 groups")
        page.get_by_label("Person").select_option("Anna")
        expect(groups).to_have_text("1,000 of 5,000 groups")
        page.get_by_label("From").fill("2024-02-03")
        page.get_by_label("Until").fill("2024-02-12")
        expect(groups).to_have_text("2 of 5,000 groups")
        assert first() == "5"
        page.get_by_label("From").fill("2040-01-01")
        page.get_by_label("Until").fill("2039-01-01")
        expect(page.get_by_text("No group fits these filters.")).to_be_visible()
        page.locator("#all-too").click()
        page.get_by_label("Kind").select_option("panorama")
        expect(page.locator("#total-rest")).to_contain_text("0 not kept")

    def test_groups_that_were_seen_are_left_out_when_the_filter_is_set(self, review: Opener, many: str) -> None:
        reviewer = review(many)
        reviewer.press("Home", *["j"] * 19, " ")
        expect(reviewer.card(20)).to_contain_text("Seen")
        reviewer.page.get_by_role("checkbox", name="Not seen").check()
        expect(reviewer.card(20)).to_have_count(0)
        expect(reviewer.card(21)).to_have_count(1)

    def test_the_page_and_the_program_count_alike(self, review: Opener, few: str) -> None:
        reviewer = review(few)
        reviewer.press("j", "s", "j", "ArrowRight", "p", "ArrowRight", "x", " ")
        expect(reviewer.page.locator("#total-decided")).to_have_text("2 decided")
        assert reviewer.state(3)["seen"]
        summary = reviewer.page.request.get(f"{few.partition('#')[0]}api/summary").json()
        assert (summary["decided"], summary["seen"], summary["rest"]["photos"]) == (2, 1, 2)
        expect(reviewer.page.locator("#total-rest")).to_contain_text("2 not kept")
        expect(reviewer.page.locator("#total-seen")).to_have_text("1 seen")

    def test_a_photo_for_reference_is_shown_as_one_and_is_in_no_total(self, review: Opener, tmp_path: Path) -> None:
        shots, archive = draw_bursts(tmp_path / "photos"), tmp_path / "archive"
        archive.mkdir()
        (shots / "burst1_1.jpg").rename(archive / "burst1_1.jpg")
        with served_review(settings_at(tmp_path, shots, reference=(str(archive),))) as served:
            reviewer = review(served.served.address)
            expect(reviewer.card(1)).to_contain_text("Reference")
            expect(reviewer.page.locator("#total-rest")).to_contain_text("5 not kept")
