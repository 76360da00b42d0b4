"""The report in a real browser: it opens from disk, is used by mouse, keys and touch, and saves what was decided."""

import html
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from bestshot.cli.main import main
from bestshot.report import paging
from tests.support.drawn_library import add_burst, run_program
from tests.support.report_pages import HOSTILE_NAMES, ReportPage, draw_hostile

PHONE, DESKTOP = (390, 844), (1280, 900)


@dataclass
class Reader:
    """Somebody who reads a report, and what the browser complained of or asked the world for meanwhile."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.add(urlsplit(request.url).scheme))

    def open(self, report: Path) -> None:
        self.page.goto(report.as_uri())

    def card(self, name: str) -> Locator:
        return self.page.locator(".photo", has=self.page.get_by_role("heading", name=name, exact=True))

    def group(self, number: int) -> Locator:
        return self.page.get_by_role("region", name=f"Group {number}", exact=True)

    def saved(self) -> Any:
        """The plan that is downloaded, with its file's name."""
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name="Save decisions").press("Enter")
        text = download.value.path().read_text(encoding="ascii")
        return download.value.suggested_filename, json.loads(text)

    def saved_keepers(self) -> set[str]:
        """The names of the photos that the saved plan keeps beside a best."""
        _, plan = self.saved()
        return {photo["name"] for group in plan["groups"] for photo in group["photos"] if photo["keep"]}

    def focused(self) -> str:
        """The name of what has the focus."""
        found = self.page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.id")
        assert isinstance(found, str)
        return found

    def place_of_picture(self) -> list[float]:
        found = self.page.evaluate("Object.values(document.getElementById('frame').getBoundingClientRect().toJSON())")
        assert isinstance(found, list)
        return found


@pytest.fixture
def read(browser: Browser) -> Iterator[Callable[..., Reader]]:
    """Opens a window; no reader of this test may have met an error, and none may have asked for more than files."""
    contexts: list[BrowserContext] = []
    readers: list[Reader] = []

    def opened(report: Path, size: tuple[int, int] = DESKTOP, scheme: Any = "light", *, touch: bool = False) -> Reader:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            has_touch=touch,
            reduced_motion="reduce",
            offline=True,
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        readers.append(Reader(context.new_page()))
        readers[-1].open(report)
        return readers[-1]

    yield opened
    for reader in readers:
        assert reader.complaints == []
        assert reader.requests <= {"file", "data", "blob"}
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three bursts of two, three and four photos, the second photo of each the best, on one page."""
    folder = tmp_path_factory.mktemp("report")
    for number, count in ((1, 2), (2, 3), (3, 4)):
        add_burst(folder / "library", f"burst{number}", number, f"2024:06:0{number} 12:00:00", count)
    return report_of(folder)


def report_of(folder: Path) -> Path:
    report = folder / "report.html"
    own = ("--cache-dir", str(folder / "cache"), "--state-dir", str(folder / "state"))
    main([str(folder / "library"), "--report", str(report), "--no-faces", "--workers", "1", *own])
    return report


class TestDeciding:
    def test_what_nobody_changed_is_saved_as_it_was_planned(self, read: Callable[..., Reader], report: Path) -> None:
        assert read(report).saved() == ("report-plan.json", ReportPage.of(report).plan)

    def test_another_best_a_photo_taken_out_and_a_skipped_group_are_in_the_saved_plan_and_nothing_else(
        self, read: Callable[..., Reader], report: Path
    ) -> None:
        reader = read(report)
        reader.card("burst1_1.jpg").get_by_role("radio").check()
        reader.card("burst3_4.jpg").get_by_label("Take out").check()
        reader.group(2).get_by_role("checkbox", name="Skip this group").check()
        expect(reader.page.locator("#decided")).to_contain_text("3 groups changed.")
        expected = ReportPage.of(report).plan
        first, second, third = expected["groups"]
        first["best"] = "burst1_1.jpg"
        second["skip"] = True
        next(photo for photo in third["photos"] if photo["id"] == "burst3_4.jpg")["out"] = True
        assert reader.saved() == ("report-plan.json", expected)

    def test_when_the_best_is_taken_out_the_next_in_rank_is_the_best(
        self, read: Callable[..., Reader], report: Path
    ) -> None:
        reader = read(report)
        ranking = [photo["id"] for photo in ReportPage.of(report).plan["groups"][2]["photos"]]
        reader.card(ranking[0]).get_by_label("Take out").check()
        expect(reader.card(ranking[1]).get_by_role("radio")).to_be_checked()
        assert reader.saved()[1]["groups"][2]["best"] == ranking[1]

    def test_the_last_photo_of_a_group_stays_and_the_page_says_what_that_means(
        self, read: Callable[..., Reader], report: Path
    ) -> None:
        reader = read(report)
        reader.card("burst1_2.jpg").get_by_label("Take out").check()
        expect(reader.card("burst1_1.jpg").get_by_label("Take out")).to_be_disabled()
        expect(reader.group(1).get_by_text("One photo left")).to_be_visible()

    def test_a_photo_taken_out_that_is_picked_as_the_best_is_back(
        self, read: Callable[..., Reader], report: Path
    ) -> None:
        reader = read(report)
        reader.card("burst2_1.jpg").get_by_label("Take out").check()
        reader.card("burst2_1.jpg").get_by_role("radio").check()
        expect(reader.card("burst2_1.jpg").get_by_label("Take out")).not_to_be_checked()
        group = reader.saved()[1]["groups"][1]
        assert (group["best"], [photo for photo in group["photos"] if photo["out"]]) == ("burst2_1.jpg", [])

    def test_decisions_survive_a_reload_until_all_is_started_over(
        self, read: Callable[..., Reader], report: Path
    ) -> None:
        reader = read(report)
        reader.card("burst1_1.jpg").get_by_role("radio").check()
        reader.group(3).get_by_role("checkbox", name="Skip this group").check()
        decided = reader.saved()
        reader.page.reload()
        assert reader.saved() == decided
        reader.page.get_by_role("button", name="Start over").click()
        assert reader.saved()[1] == ReportPage.of(report).plan
        reader.page.reload()
        assert reader.saved()[1] == ReportPage.of(report).plan

    def test_a_photo_is_kept_beside_the_best_by_key_and_by_box(self, read: Callable[..., Reader], report: Path) -> None:
        reader = read(report)
        reader.group(3).get_by_role("button", name="Enlarge burst3_2.jpg").click()
        expect(reader.page.locator("#keep")).to_be_disabled()
        reader.page.keyboard.press("ArrowRight")
        reader.page.keyboard.press("p")
        expect(reader.page.locator("#viewer-mark")).to_have_text("Kept")
        name = reader.page.locator("#viewer-name").inner_text()
        reader.page.keyboard.press("Escape")
        reader.page.reload()
        assert reader.saved_keepers() == {name}
        reader.card(name).get_by_role("radio").check()
        assert reader.saved_keepers() == set(), "it is the best now"
        reader.card("burst3_2.jpg").get_by_label("Keep burst3_2.jpg too").check()
        assert reader.saved_keepers() == {"burst3_2.jpg"}
        reader.card("burst3_2.jpg").get_by_label("Take out").check()
        assert reader.saved_keepers() == set()

    def test_a_page_that_is_reloaded_has_its_decisions_even_if_its_store_seems_empty(
        self, read: Callable[..., Reader], report: Path
    ) -> None:
        """As it does at times in Chromium, if the machine is busy."""
        reader = read(report)
        reader.card("burst1_1.jpg").get_by_role("radio").check()
        reader.group(2).get_by_role("checkbox", name="Seen").check()
        reader.page.add_init_script("Storage.prototype.getItem = () => null")
        reader.page.reload()
        expect(reader.page.locator("#shown")).to_have_text("3 groups, 1 seen")
        reader.card("burst3_4.jpg").get_by_label("Take out").check()
        first, _, third = reader.saved()[1]["groups"]
        assert (first["best"], [photo["out"] for photo in third["photos"]].count(True)) == ("burst1_1.jpg", 1)

    def test_a_key_that_is_held_decides_once(self, read: Callable[..., Reader], report: Path) -> None:
        reader = read(report)
        reader.group(3).get_by_role("button", name="Enlarge burst3_1.jpg").click()
        for key, name in (("p", "Keep"), ("x", "Take out")):
            for _ in range(2):
                reader.page.keyboard.down(key)
            reader.page.keyboard.up(key)
            expect(reader.page.locator("#viewer").get_by_role("button", name=name)).to_have_attribute(
                "aria-pressed", "true"
            )

    def test_where_the_browser_keeps_nothing_the_page_works_and_says_so(
        self, read: Callable[..., Reader], report: Path
    ) -> None:
        reader = read(report)
        reader.page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error(); } })")
        reader.page.reload()
        reader.card("burst1_1.jpg").get_by_role("radio").check()
        expect(reader.page.locator("#decided")).to_contain_text("save before you leave")
        assert reader.saved()[1]["groups"][0]["best"] == "burst1_1.jpg"


class TestLooking:
    def test_going_to_another_photo_keeps_zoom_and_place(self, read: Callable[..., Reader], report: Path) -> None:
        reader = read(report)
        reader.group(3).get_by_role("button", name="Enlarge burst3_2.jpg").click()
        for key in ("+", "+", "+", "ArrowDown", "Shift+ArrowRight"):
            reader.page.keyboard.press(key)
        place, name = reader.place_of_picture(), reader.page.locator("#viewer-name").inner_text()
        reader.page.keyboard.press("ArrowRight")
        assert reader.page.locator("#viewer-name").inner_text() != name
        assert reader.place_of_picture() == place
        reader.page.keyboard.press("0")
        assert reader.place_of_picture() != place

    def test_a_detail_opens_with_that_spot_in_the_middle(self, read: Callable[..., Reader], report: Path) -> None:
        reader = read(report)
        detail = reader.card("burst3_2.jpg").get_by_role("button", name="Enlarge detail 1")
        left, top, right, bottom = map(float, str(detail.get_attribute("data-box")).split())
        detail.click()
        frame, stage = reader.page.locator("#frame").bounding_box(), reader.page.locator("#stage").bounding_box()
        assert frame is not None
        assert stage is not None
        assert frame["x"] + frame["width"] * (left + right) / 2 == pytest.approx(stage["x"] + stage["width"] / 2, abs=2)
        assert frame["y"] + frame["height"] * (top + bottom) / 2 == pytest.approx(
            stage["y"] + stage["height"] / 2, abs=2
        )

    def test_the_wheel_zooms_at_the_pointer_and_dragging_moves(self, read: Callable[..., Reader], report: Path) -> None:
        reader = read(report)
        reader.group(1).get_by_role("button", name="Enlarge burst1_2.jpg").click()
        before = reader.place_of_picture()
        reader.page.mouse.move(640, 450)
        reader.page.mouse.wheel(0, -400)
        zoomed = reader.place_of_picture()
        assert zoomed[2] > 2 * before[2]
        reader.page.mouse.down()
        reader.page.mouse.move(600, 470)
        reader.page.mouse.up()
        moved = reader.place_of_picture()
        assert (moved[0] - zoomed[0], moved[1] - zoomed[1]) == pytest.approx((-40, 20), abs=1)

    def test_filters_and_orders_show_what_they_say(self, read: Callable[..., Reader], report: Path) -> None:
        reader = read(report)
        page = reader.page

        def shown() -> list[str]:
            return [one.text_content() or "" for one in page.get_by_role("heading", level=2).all() if one.is_visible()]

        page.get_by_label("Photos").select_option("3 or 4")
        assert shown() == ["Group 2", "Group 3"]
        page.get_by_label("Order").select_option("largest first")
        assert shown() == ["Group 3", "Group 2"]
        page.get_by_label("With faces").check()
        assert shown() == []
        page.get_by_role("button", name="Show all groups").click()
        assert shown() == ["Group 1", "Group 2", "Group 3"]
        assert page.locator("#shown").inner_text() == "3 groups"
        page.get_by_label("Order").select_option("doubtful first")
        confidences = [float(str(one.get_attribute("data-confidence"))) for one in page.locator(".group").all()]
        assert confidences == sorted(confidences)

    def test_a_decision_in_another_order_is_saved_for_its_own_group(
        self, read: Callable[..., Reader], report: Path
    ) -> None:
        reader = read(report)
        reader.page.get_by_label("Order").select_option("largest first")
        reader.card("burst1_1.jpg").get_by_role("radio").check()
        assert reader.saved()[1]["groups"][0]["best"] == "burst1_1.jpg"

    @pytest.mark.parametrize("width", [320, 390, 768, 1280])
    def test_nothing_is_wider_than_the_window(self, read: Callable[..., Reader], report: Path, width: int) -> None:
        reader = read(report, (width, 800))
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= width

    def test_a_dense_grid_shows_every_photo_small_and_opens_it(self, read: Callable[..., Reader], report: Path) -> None:
        reader = read(report)
        tall = reader.page.evaluate("document.documentElement.scrollHeight")
        reader.page.get_by_label("Dense grid").check()
        assert reader.page.evaluate("document.documentElement.scrollHeight") < tall / 2
        pictures = reader.page.locator("button.picture")
        assert [one.is_visible() for one in pictures.all()] == [True] * 9
        pictures.last.click()
        expect(reader.page.get_by_role("dialog")).to_be_visible()

    def test_after_saving_the_command_that_applies_the_plan_is_there_to_copy(
        self, read: Callable[..., Reader], report: Path
    ) -> None:
        reader = read(report)
        expect(reader.page.locator("#command")).to_be_hidden()
        name, _ = reader.saved()
        expect(reader.page.locator("#command")).to_have_text(f"python photo_organizer.py --apply {name}")
        reader.page.get_by_role("button", name="Copy").click()
        expect(reader.page.locator("#copy")).to_have_text(re.compile("Copied|Marked: now copy it"))
        assert reader.page.evaluate("getSelection().toString()") == f"python photo_organizer.py --apply {name}"


def test_the_command_works_where_the_browser_saved_the_plan(tmp_path: Path) -> None:
    """It is the folder for downloads, and not that of the program."""
    add_burst(tmp_path / "library")
    report, downloads = tmp_path / "report.html", tmp_path / "downloads"
    assert run_program(str(tmp_path / "library"), "--report", str(report), "--no-faces").returncode == 0
    command = re.search(r'<p id="apply" hidden>(.+?) <code id="command"[^>]*>(.+?)</code>', report.read_text())
    assert command is not None
    assert command[1] == "Every later run follows this once you run"
    plan = ReportPage.of(report).plan
    plan["groups"][0]["best"] = "burst_1.jpg"
    downloads.mkdir()
    (downloads / "report-plan.json").write_text(json.dumps(plan))
    done = subprocess.run(shlex.split(html.unescape(command[2])), cwd=downloads, capture_output=True, check=False)
    assert (done.returncode, b"1 decision remembered" in done.stdout + done.stderr) == (0, True)


class TestGoingThrough:
    """From group to group in the viewer, and which were seen."""

    @pytest.mark.parametrize(("forth", "back"), [("j", "k"), ("PageDown", "PageUp")])
    def test_a_key_goes_to_the_next_group_and_another_back(
        self, read: Callable[..., Reader], report: Path, forth: str, back: str
    ) -> None:
        reader = read(report)
        group = reader.page.locator("#viewer-group")
        reader.group(1).get_by_role("button", name="Enlarge burst1_1.jpg").click()
        reader.page.keyboard.press("+")
        for key, title in ((forth, 2), (forth, 3), (forth, 3), (back, 2), (back, 1), (back, 1)):
            reader.page.keyboard.press(key)
            expect(group).to_have_text(f"Group {title}")
        expect(reader.page.locator("#viewer-place")).to_have_text("1 of 2")
        expect(reader.page.get_by_role("button", name="Previous group")).to_be_disabled()
        reader.page.get_by_role("button", name="Next group").click()
        expect(group).to_have_text("Group 2")
        reader.page.keyboard.press("b")
        reader.page.keyboard.press("Escape")
        expect(reader.page.get_by_role("button", name="Enlarge burst2_2.jpg")).to_be_focused()

    def test_groups_are_gone_through_as_they_are_shown(self, read: Callable[..., Reader], report: Path) -> None:
        reader = read(report)
        reader.page.get_by_label("Photos").select_option("3 or 4")
        reader.page.get_by_label("Order").select_option("largest first")
        reader.group(3).get_by_role("button", name="Enlarge burst3_2.jpg").click()
        reader.page.keyboard.press("j")
        expect(reader.page.locator("#viewer-group")).to_have_text("Group 2")
        expect(reader.page.get_by_role("button", name="Next group")).to_be_disabled()

    def test_space_marks_a_group_as_seen_and_that_stays_and_is_no_decision(
        self, read: Callable[..., Reader], report: Path
    ) -> None:
        reader = read(report)
        reader.group(1).get_by_role("button", name="Enlarge burst1_2.jpg").click()
        reader.page.keyboard.press(" ")
        expect(reader.page.locator("#viewer-group")).to_have_text("Group 2")
        reader.page.get_by_role("button", name="Seen").click()
        reader.page.keyboard.press("Escape")
        reader.page.reload()
        boxes = [reader.group(number).get_by_role("checkbox", name="Seen") for number in (1, 2, 3)]
        assert [box.is_checked() for box in boxes] == [True, True, False]
        expect(reader.page.locator("#shown")).to_have_text("3 groups, 2 seen")
        assert reader.saved()[1] == ReportPage.of(report).plan
        boxes[0].uncheck()
        reader.page.get_by_label("Not seen yet").check()
        visible = [reader.group(number).is_visible() for number in (1, 2, 3)]
        assert visible == [True, False, True]
        reader.group(1).get_by_role("button", name="Enlarge burst1_2.jpg").click()
        for title in ("Group 3", "Group 3"):
            reader.page.keyboard.press(" ")
            expect(reader.page.locator("#viewer-group")).to_have_text(title)
        reader.page.keyboard.press("Escape")
        expect(reader.page.get_by_text("No group matches these filters.")).to_be_visible()


class TestWithoutMouse:
    def test_everything_can_be_done_with_the_keyboard(self, read: Callable[..., Reader], report: Path) -> None:
        reader = read(report)
        keyboard = reader.page.keyboard

        def tab_to(name: str) -> None:
            for _ in range(200):
                keyboard.press("Tab")
                if name in reader.focused() or name in reader.page.evaluate(
                    "document.activeElement.closest('label')?.textContent || document.activeElement.textContent"
                ):
                    return
            raise AssertionError(f"{name} is not reached")

        tab_to("Enlarge burst1_2.jpg")
        keyboard.press("Enter")
        expect(reader.page.get_by_role("dialog")).to_be_visible()
        keyboard.press("ArrowRight")
        keyboard.press("b")
        keyboard.press("Escape")
        # A dialog tells of its closing a moment later, and the focus moves then.
        expect(reader.page.get_by_role("button", name="Enlarge burst1_1.jpg")).to_be_focused()
        tab_to("Skip this group 2")
        keyboard.press("Space")
        tab_to("Take out burst3_2.jpg")
        keyboard.press("Space")
        tab_to("Save decisions")
        with reader.page.expect_download() as download:
            keyboard.press("Enter")
        first, second, third = json.loads(download.value.path().read_bytes())["groups"]
        assert (first["best"], second["skip"], third["photos"][0]["out"]) == ("burst1_1.jpg", True, True)
        assert third["best"] != "burst3_2.jpg"

    def test_on_a_telephone_a_swipe_goes_to_the_next_photo(self, read: Callable[..., Reader], report: Path) -> None:
        reader = read(report, PHONE, touch=True)
        reader.group(3).get_by_role("button", name="Enlarge burst3_2.jpg").tap()
        swipe = """([from, to]) => {
            const stage = document.getElementById("stage");
            stage.setPointerCapture = () => {};
            const at = (type, x) => stage.dispatchEvent(
                new PointerEvent(type, { pointerId: 1, clientX: x, clientY: 400, bubbles: true }));
            at("pointerdown", from); at("pointermove", (from + to) / 2); at("pointermove", to); at("pointerup", to);
        }"""
        reader.page.evaluate(swipe, [300, 100])
        expect(reader.page.locator("#viewer-place")).to_have_text("2 of 4")
        reader.page.evaluate(swipe, [100, 300])
        expect(reader.page.locator("#viewer-place")).to_have_text("1 of 4")

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("size", [PHONE, DESKTOP])
    def test_no_rule_for_accessible_pages_is_broken(
        self, read: Callable[..., Reader], report: Path, size: tuple[int, int], scheme: str
    ) -> None:
        """By the rules of axe-core: names, roles, contrast, order; also of a changed page and of the viewer."""
        reader = read(report, size, scheme)
        reader.card("burst3_4.jpg").get_by_label("Take out").check()
        reader.group(2).get_by_role("checkbox", name="Skip this group").check()
        reader.page.get_by_text("All measurements").first.click()
        changed = Axe().run(reader.page)
        assert changed.violations_count == 0, changed.generate_report()
        reader.group(1).get_by_role("button", name="Enlarge burst1_2.jpg").click()
        viewer = Axe().run(reader.page)
        assert viewer.violations_count == 0, viewer.generate_report()
        reader.page.keyboard.press("Escape")
        reader.saved()
        reader.page.get_by_label("Dense grid").check()
        dense = Axe().run(reader.page)
        assert dense.violations_count == 0, dense.generate_report()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    draw_hostile(folder / "library")
    return report_of(folder)


class TestSafety:
    def test_no_name_of_a_file_runs_or_becomes_part_of_the_page(
        self, read: Callable[..., Reader], hostile: Path
    ) -> None:
        reader = read(hostile)
        reader.page.locator("button.picture").first.click()
        for _ in HOSTILE_NAMES:
            reader.page.keyboard.press("ArrowRight")
            reader.page.keyboard.press("b")
        reader.page.keyboard.press("Escape")
        assert reader.page.locator("script").count() == 4
        assert reader.page.locator("svg, [onerror], [onload]").count() == 0
        kept = ReportPage.of(hostile).plan
        kept["groups"][0]["best"] = kept["groups"][0]["photos"][-1]["id"]
        assert reader.saved()[1] == kept

    def test_a_foreign_script_or_picture_that_got_in_would_be_refused(
        self, read: Callable[..., Reader], hostile: Path
    ) -> None:
        reader = read(hostile)
        reader.page.evaluate(
            """() => {
                const add = (tag, what) => document.body.append(Object.assign(document.createElement(tag), what));
                add("script", { textContent: "window.hit = 1" });
                add("img", { src: "http://127.0.0.1:9/x.png" });
                document.body.insertAdjacentHTML("beforeend", "<b onclick='window.hit = 1' id='foreign'>x</b>");
                document.getElementById("foreign").click();
            }"""
        )
        assert reader.page.evaluate("window.hit") is None
        assert len(reader.complaints) == 3
        assert all("Content Security Policy" in complaint for complaint in reader.complaints)
        reader.complaints.clear()
        reader.requests.discard("http")  # it was asked for, and refused before it left


def test_each_of_several_pages_leads_to_the_others_and_saves_its_own_part(
    read: Callable[..., Reader], report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MOST_GROUPS", 2)
    shutil.copytree(report.parent / "library", tmp_path / "library")
    reader = read(report_of(tmp_path))
    reader.page.get_by_role("link", name="Next page").first.click()
    expect(reader.page).to_have_url(re.compile(r"/report-2\.html$"))
    reader.card("burst3_1.jpg").get_by_role("radio").check()
    name, plan = reader.saved()
    assert name == "report-2-plan.json"
    assert [(group["number"], group["best"]) for group in plan["groups"]] == [(3, "burst3_1.jpg")]
    reader.page.get_by_role("link", name="1", exact=True).first.click()
    assert [group["best"] for group in reader.saved()[1]["groups"]] == ["burst1_2.jpg", "burst2_2.jpg"]
