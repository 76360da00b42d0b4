"""Claims about the report: what its pages hold, how large they are, and that they appear whole or not at all."""

import base64
import json
import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bestshot.cli.main import main
from bestshot.errors import PhotoError
from bestshot.model.faces import Face
from bestshot.model.photo import Metadata, Photo, Skipped, SourceType
from bestshot.model.reader import PhotoReader
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.plans.document import PlanSource, counts
from bestshot.plans.options import OutputOptions
from bestshot.plans.plan import Plan
from bestshot.report import paging
from bestshot.report.model import MissingPicture, Rendition, ReportContent
from bestshot.report.paging import page_name, paged, plan_of_page
from bestshot.report.pictures import MOST_BYTES, PhotoWithFaces, make_renditions
from bestshot.report.views import group_view, totals, when
from bestshot.settings.settings import Settings
from bestshot.sources.immich.source import ImmichPhotoSource
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.text import printable
from tests.fake_immich import FakeImmich
from tests.support.builders import (
    appraisal,
    face,
    guess_at,
    metadata_with,
    moment_at,
    photo,
    planned,
    wall_at,
    zoned_at,
)
from tests.support.drawn_library import add, add_burst, scene
from tests.support.drawn_pictures import difference
from tests.support.each import every
from tests.support.file_systems import small_disk
from tests.support.report_pages import HOSTILE_NAMES, ReportPage, decoded, draw_hostile

QUICK = ("--no-faces", "--workers", "1")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Three bursts of three, a photo apart, and a file that is no photo."""
    folder = tmp_path / "library"
    for number in (1, 2, 3):
        add_burst(folder, f"burst{number}", number, f"2024:06:0{number} 12:00:00")
    add(folder / "single.jpg", scene(9), "2024:06:09 12:00:00")
    return folder


def report_of(library: Path, *flags: str) -> ReportPage:
    report = library.parent / "report.html"
    main([str(library), "--report", str(report), *QUICK, *flags])
    return ReportPage.of(report)


def test_each_group_is_told_as_soon_as_it_is_made(library: Path) -> None:
    told: list[int] = []

    @contextmanager
    def progress(title: str, _total: int) -> Iterator[Callable[[int], object]]:
        yield told.append if title == "Making the report" else lambda _done: None

    settings = Settings(no_faces=True, report=str(library.parent / "report.html"))
    with ThreadPoolExecutor(1) as executor:
        PhotoOrganizer(LocalPhotoSource(library), settings, executor=executor, progress=progress).run()
    assert told == [3, 3, 3]


class Shots(PhotoReader):
    """A source of pictures that were drawn, one for each name; None is one that cannot be read."""

    def __init__(self, **pictures: Image.Image | None) -> None:
        self._pictures = pictures

    def origins(self) -> tuple[str, ...]:
        raise NotImplementedError

    def check_reachable(self) -> None:
        raise NotImplementedError

    def get_metadata(self, photo: Photo) -> Metadata:
        raise NotImplementedError

    def load_pixels(self, photo: Photo, longest_side: int, *, grey: bool = False) -> Image.Image:
        picture = self._pictures[photo.name]
        if picture is None:
            raise PhotoError("is cut off")
        shown = picture.convert("L" if grey else "RGB")
        shown.thumbnail((longest_side, longest_side))
        return shown

    def renditions(self, *faces: Face) -> list[Rendition | MissingPicture]:
        return make_renditions(self, [PhotoWithFaces(photo(name), faces) for name in self._pictures])


def noise(seed: int, size: tuple[int, int] = (2000, 1500)) -> Image.Image:
    """The picture that is hardest to make small."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


class TestPages:
    @given(st.lists(st.integers(1, 7_000_000), max_size=450), st.integers(0, 1_000_000))
    def test_every_group_is_on_one_page_in_order_and_no_page_is_too_large(self, sizes: list[int], frame: int) -> None:
        groups = [planned(number, photo("a.jpg"), text="x") for number, _ in enumerate(sizes)]
        found = paged(groups, sizes, "report.html", frame)
        assert [group for page in found for group in page.groups] == groups
        assert [page.number for page in found] == list(range(1, len(found) + 1))
        assert len({page.file_name for page in found}) == len(found)
        for page in found:
            assert len(page.groups) <= paging.MOST_GROUPS
            taken = frame + paging.LINKS + sum(sizes[group.number] for group in page.groups)
            assert len(page.groups) <= 1 or taken <= paging.MOST_BYTES
            assert page.first == (page.groups[0].number if page.groups else 0)

    def test_up_to_two_hundred_groups_are_one_page(self) -> None:
        groups = [planned(number, photo("a.jpg"), photo("b.jpg")) for number in range(201)]
        assert len(paged(groups[:200], [1] * 200, "report.html")) == 1
        assert [len(page.groups) for page in paged(groups, [1] * 201, "report.html")] == [200, 1]

    @every(
        "name, second",
        [("report.html", "report-2.html"), ("report", "report-2"), ("a.b.htm", "a.b-2.htm"), (".html", ".html-2")],
    )
    def test_later_pages_are_named_after_the_first(self, name: str, second: str) -> None:
        assert (page_name(name, 1), page_name(name, 2)) == (name, second)

    def test_the_plan_of_a_page_is_about_its_groups_alone(self) -> None:
        groups = tuple(planned(number, photo("a.jpg"), photo("b.jpg")) for number in range(201))
        plan = Plan(OutputOptions(), groups, (), (Skipped("x", "is empty"),), 500, 3, 2)
        part = plan_of_page(plan, groups[200:])
        numbers = {"photos": 2, "groups": 1, "grouped": 2, "singles": 0, "skipped": 0, "actions": 0}
        numbers |= {"rest": 1, "grouped_bytes": 2000, "rest_bytes": 1000}
        assert (part.groups, part.options, counts(part)) == (groups[200:], plan.options, numbers)


class TestPictures:
    def test_whatever_is_in_them_they_fit(self) -> None:
        faces = [replace(face(), left=x, right=x + 0.2) for x in (0.0, 0.2, 0.4, 0.6, 0.8)]
        for crowd in ([], faces[:1], faces):
            (shown,) = Shots(a=noise(1)).renditions(*crowd)
            assert isinstance(shown, Rendition)
            size = len(shown.uri) + sum(len(detail.uri) for detail in shown.details)
            assert size <= MOST_BYTES / 3 * 4 + 200
            assert decoded(shown.uri).size == (shown.width, shown.height)

    def test_all_of_a_group_are_of_one_size_so_that_none_looks_sharper_for_being_larger(self) -> None:
        grainy, smooth = noise(1), scene(1, size=(2000, 1500), blur=3)
        for best, other in ((grainy, smooth), (smooth, grainy)):
            shown = Shots(best=best, other=other).renditions()
            assert all(isinstance(one, Rendition) for one in shown)
            if best is grainy:
                assert len({one.width for one in shown if isinstance(one, Rendition)}) == 1

    def test_a_small_picture_is_not_enlarged(self) -> None:
        (shown,) = Shots(a=scene(1, size=(40, 30))).renditions()
        assert isinstance(shown, Rendition)
        assert (shown.width, shown.height) == (40, 30)

    def test_a_detail_shows_the_face_from_the_picture_and_not_from_its_thumbnail(self) -> None:
        picture = scene(1, size=(1280, 960))
        (shown,) = Shots(a=picture).renditions(replace(face(), left=0.4, right=0.5, top=0.4, bottom=0.54))
        assert isinstance(shown, Rendition)
        (detail,) = shown.details
        box = detail.box
        assert detail.is_face
        assert box.left < 0.4 < 0.5 < box.right
        assert box.top < 0.4 < 0.54 < box.bottom
        edges = (box.left * 1280, box.top * 960, box.right * 1280, box.bottom * 960)
        expected = picture.crop(tuple(round(edge) for edge in edges))  # type: ignore[arg-type] # four of them
        assert detail.width == expected.width > shown.width * (box.right - box.left)
        assert difference(decoded(detail.uri).convert("RGB"), expected) < 12

    def test_of_a_crowd_the_eight_largest_faces_are_shown_from_left_to_right(self) -> None:
        crowd = [replace(face(), left=x / 10, right=x / 10 + x / 100) for x in (8, 7, 9, 5, 1, 3, 2, 6, 4)]
        (shown,) = Shots(a=noise(1, (1280, 960))).renditions(*crowd)
        assert isinstance(shown, Rendition)
        middles = [(detail.box.left + detail.box.right) / 2 for detail in shown.details]
        assert middles == pytest.approx([0.21, 0.315, 0.42, 0.525, 0.63, 0.735, 0.84, 0.89], abs=0.01)
        assert len(shown.uri) + sum(len(detail.uri) for detail in shown.details) < 37_000

    def test_a_face_at_the_edge_is_shown_within_the_picture(self) -> None:
        at_edges = [
            Face(left=0.0, top=0.0, right=0.1, bottom=0.1),
            Face(left=0.8, top=0.7, right=1.0, bottom=1.0),
        ]
        (shown,) = Shots(a=scene(1, size=(640, 480))).renditions(*at_edges)
        assert isinstance(shown, Rendition)
        for detail in shown.details:
            assert 0 <= detail.box.left < detail.box.right <= 1.0000001
            assert 0 <= detail.box.top < detail.box.bottom <= 1.0000001

    def test_without_faces_all_show_the_spot_where_the_best_is_most_detailed(self) -> None:
        best = Image.new("RGB", (1280, 960), "grey")
        best.paste(noise(1, (240, 240)), (900, 600))
        shown = Shots(best=best, other=noise(2, (1280, 960))).renditions()
        boxes = {detail.box for one in shown if isinstance(one, Rendition) for detail in one.details}
        (box,) = boxes
        assert (box.left * 1280, box.top * 960) == (900, 600)

    def test_a_photo_that_cannot_be_read_says_why_and_the_others_are_shown(self) -> None:
        first, second = Shots(a=None, b=scene(1)).renditions()
        assert first == MissingPicture("is cut off")
        assert isinstance(second, Rendition)


class TestWords:
    A, B = photo("a.jpg", "a.cr2", size=2_000_000), photo("b.jpg", size=1_500_000)

    def content(self, **why: tuple[str, ...]) -> ReportContent:
        group = planned(7, self.A, self.B)
        ranking = tuple(
            replace(ranked, why=why.get(ranked.photo.name[0], ranked.why)) for ranked in group.verdict.ranking
        )
        group = replace(group, verdict=replace(group.verdict, ranking=ranking))
        plan = Plan(OutputOptions(), (group,), (), (Skipped("x\n.jpg", "is empty"),), 9)
        metadata = {one.id: metadata_with(wall_at(0.25), camera="Canon\x1b", iso=200) for one in (self.A, self.B)}
        appraisals = {self.A.id: appraisal(face()), self.B.id: appraisal()}
        return ReportContent(
            plan, metadata, appraisals, PlanSource(SourceType.LOCAL, ("/photos",), ("folder:/photos",))
        )

    def test_the_totals_count_what_could_be_set_free(self) -> None:
        plan = self.content().plan
        figures = totals(plan).figures
        assert figures == (
            ("9", "photos"),
            ("1", "groups"),
            ("2", "photos in groups"),
            ("1.5 MB", "in the 1 that is not the best"),
        )
        assert totals(plan).skipped == (("x\\n.jpg", "is empty"),)

    def test_a_photo_tells_time_size_camera_and_path(self) -> None:
        content = self.content()
        view = group_view(0, content.plan.groups[0], content, [MissingPicture("x")] * 2, ["file:///a", "file:///b"])
        first, _ = view.photos
        assert (view.number, view.about, view.has_faces) == (7, "2 photos, 2024-01-31 12:00:00.2", True)
        assert first.lines == ("2024-01-31 12:00:00.2", "2.0 MB, 4000 x 3000", "Canon\\x1b, ISO 200")
        assert (first.path, first.address, first.is_shown) == ("/photos/a.jpg", "file:///a", False)
        assert ("with", "a.cr2") in first.measured

    def test_each_photo_says_why_as_it_was_judged(self) -> None:
        content = self.content(a=("eyes open on 1 of 1 face",), b=("blinks\n(left face)", "is less sharp"))
        view = group_view(0, content.plan.groups[0], content, [MissingPicture("x")] * 2, ["", ""])
        assert [one.why for one in view.photos] == [
            ("eyes open on 1 of 1 face",),
            ("blinks\\n(left face)", "is less sharp"),
        ]

    @pytest.mark.parametrize(
        ("confidence", "words", "is_doubtful"),
        [(0.0, "toss-up", True), (0.25, "likely choice", False), (1.0, "clear choice", False)],
    )
    def test_a_verdict_says_how_clear_it_is(self, confidence: float, words: str, *, is_doubtful: bool) -> None:
        content = self.content()
        group = content.plan.groups[0]
        unsure = replace(group, verdict=replace(group.verdict, confidence=confidence))
        view = group_view(0, unsure, content, [MissingPicture("x")] * 2, ["", ""])
        assert (view.certainty, view.is_doubtful) == (words, is_doubtful)

    def test_times_are_those_of_the_camera_where_it_tells_them(self) -> None:
        assert when(zoned_at(0, 2)) == "2024-01-31 14:00:00"
        assert when(moment_at(0.9)) == "2024-01-31 12:00:00.9 UTC"
        assert when(guess_at(0)) == "2024-01-31 12:00:00 (a guess)"


class TestPage:
    def test_it_is_one_file_that_shows_all_groups_and_nothing_else(self, library: Path) -> None:
        page = report_of(library)
        assert sorted(path.name for path in library.parent.iterdir()) == ["library", "report.html"]
        assert [group["best"] for group in page.plan["groups"]] == ["burst1_2.jpg", "burst2_2.jpg", "burst3_2.jpg"]
        assert len(page.pictures()) == 2 * 9  # each photo and a detail of it
        assert "single.jpg" not in page.texts
        assert {"Group 1", "Group 2", "Group 3", "burst1_2.jpg", "sharpest picture"} <= set(page.texts)

    def test_the_plan_in_it_is_that_of_the_run_without_the_actions(self, library: Path, tmp_path: Path) -> None:
        plan = tmp_path / "plan.json"
        page = report_of(library, "--plan", str(plan), "-o", str(tmp_path / "out"))
        written = json.loads(plan.read_bytes())
        assert written["actions"]
        assert page.plan["actions"] == []
        for name in ("format", "version", "source", "wishes", "groups"):
            assert page.plan[name] == written[name]

    def test_a_photo_takes_forty_kilobytes_at_most_all_in_all(self, tmp_path: Path) -> None:
        full_of_detail = Image.blend(noise(1), scene(1, size=(2000, 1500)), 0.3)
        for shot in (1, 2, 3):
            add(tmp_path / "empty" / f"{shot}.jpg", scene(shot), f"2024:06:0{shot} 12:00:00")
            add(tmp_path / "full" / f"{shot}.jpg", full_of_detail, subsec=str(shot))
        empty, full = tmp_path / "empty.html", tmp_path / "full.html"
        main([str(tmp_path / "empty"), "--report", str(empty), *QUICK])
        main([str(tmp_path / "full"), "--report", str(full), *QUICK])
        assert len(ReportPage.of(full).plan["groups"][0]["photos"]) == 3
        assert 10_000 < (full.stat().st_size - empty.stat().st_size) / 3 < 40_000

    def test_it_names_what_was_skipped_and_why(self, library: Path) -> None:
        (library / "text.jpg").write_text("words")
        page = report_of(library)
        assert {"text.jpg", "is not a picture, whatever its name says"} <= set(page.texts)

    def test_a_photo_that_can_no_longer_be_shown_says_why(self, library: Path) -> None:
        report_of(library)
        lost = library / "burst1_1.jpg"
        seen = lost.stat()
        lost.write_bytes(bytes(seen.st_size))  # to all appearance unchanged, so only the report opens it
        os.utime(lost, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        page = report_of(library)
        assert "No picture: is not a picture, whatever its name says" in page.texts
        assert len(page.pictures()) == 2 * 8

    def test_a_library_without_groups_has_a_page_that_says_so(self, tmp_path: Path) -> None:
        add(tmp_path / "library" / "a.jpg", scene(1))
        assert "No photos belong together." in report_of(tmp_path / "library").texts

    def test_a_photo_leads_to_its_file(self, library: Path) -> None:
        links = [str(link["href"]) for link in report_of(library).all("a") if "target" in link]
        with urlopen(links[0]) as opened:
            assert opened.read() == (library / "burst1_2.jpg").read_bytes()

    def test_a_photo_of_a_server_leads_to_its_page_there(self) -> None:
        for url in ("nas:2283", "http://nas:2283/", "http://nas:2283/api"):
            source = ImmichPhotoSource(url, "key")
            assert source.web_address(photo("a.jpg")) == "http://nas:2283/photos/a.jpg"

    def test_the_report_of_a_server_shows_its_pictures_and_leads_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with FakeImmich("3.1.0") as server:
            shots = server.seeds.burst(2)
            monkeypatch.setenv("IMMICH_URL", server.url)
            monkeypatch.setenv("IMMICH_API_KEY", server.admin.secret)
            report = tmp_path / "report.html"
            assert main(["--source-type", "immich", "--report", str(report), *QUICK]) == 0
            assert server.writes == []
            assert f" --immich-url {server.url} --apply report-plan.json</code>" in report.read_text(encoding="utf-8")
            page = ReportPage.of(report)
            links = {str(link["href"]) for link in page.all("a") if "target" in link}
            assert links == {f"{server.url}/photos/{shot.id}" for shot in shots}
            assert len(page.pictures()) == 4

    def test_a_page_takes_what_was_measured_of_its_groups_and_no_more(
        self, library: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        report_of(library)
        whole = (library.parent / "report.html").stat().st_size
        monkeypatch.setattr(paging, "LINKS", 1_000)
        for most in (whole - 1, whole * 2 // 3):
            monkeypatch.setattr(paging, "MOST_BYTES", most)
            report_of(library)
            pages = sorted(library.parent.glob("report*.html"))
            assert len(pages) > 1
            assert all(page.stat().st_size <= most for page in pages)
            numbers = [group["number"] for page in pages for group in ReportPage.of(page).plan["groups"]]
            assert sorted(numbers) == [1, 2, 3]
            for page in pages[1:]:
                page.unlink()

    def test_past_its_room_it_goes_on_in_other_pages_that_are_linked(
        self, library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(paging, "MOST_GROUPS", 1)
        report_of(library)
        names = ["report.html", "report-2.html", "report-3.html"]
        for number, name in enumerate(names, start=1):
            page = ReportPage.of(library.parent / name)
            assert [group["number"] for group in page.plan["groups"]] == [number]
            links = {unquote(str(link["href"])) for link in page.all("a") if str(link["href"]).startswith("./")}
            assert links == {f"./{other}" for other in names}
        assert capsys.readouterr().out.endswith(f"{library.parent}/report.html, and 2 more pages beside it.\n")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> ReportPage:
    folder = tmp_path_factory.mktemp("hostile")
    draw_hostile(folder / "library")
    own = ("--cache-dir", str(folder / "cache"), "--state-dir", str(folder / "state"))
    return report_of(folder / "library", *own)


class TestUntrustedText:
    def test_no_name_becomes_markup(self, page: ReportPage) -> None:
        kinds = {name for name, _ in page.elements}
        assert not kinds & {"svg", "i", "b"}
        assert len(page.all("script")) == 4
        assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
        assert {str(attributes["src"]).partition(",")[0] for attributes in page.all("img")} == {
            "data:image/webp;base64"
        }

    def test_every_name_is_shown_as_it_is(self, page: ReportPage) -> None:
        assert {printable(Path(name).name) for name in HOSTILE_NAMES} <= set(page.texts)
        assert {"<i>no photo.jpg", "<script>hit()</script>"} <= set(page.texts)

    def test_the_plan_holds_every_name_as_it_is(self, page: ReportPage) -> None:
        (group,) = page.plan["groups"]
        assert {one["id"] for one in group["photos"]} == set(HOSTILE_NAMES)

    def test_its_policy_lets_its_own_scripts_and_styles_through_and_nothing_else(self, page: ReportPage) -> None:
        policy = str(next(one["content"] for one in page.all("meta") if "http-equiv" in one))
        rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}

        def hashed(text: str) -> str:
            return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"

        assert rules == {
            "default-src": ["'none'"],
            "img-src": ["data:"],
            "style-src": [hashed(page.style)],
            "script-src": [hashed(script) for script in page.scripts],
            "base-uri": ["'none'"],
            "form-action": ["'none'"],
        }

    def test_a_file_name_of_any_bytes_has_an_address(self, tmp_path: Path) -> None:
        for name in HOSTILE_NAMES[:4]:
            add(tmp_path / name, scene(1))
        source = LocalPhotoSource(tmp_path)
        for one in source.list_photos():
            path = urlsplit(source.web_address(one)).path
            assert unquote(path, errors="surrogateescape") == one.files[0].path


class TestWriting:
    def test_it_is_written_after_every_planning_and_told_in_one_line(
        self, library: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        report = library.parent / "report.html"
        for flags in ((), ("-o", str(library.parent / "out"), "--dry-run"), ("-o", str(library.parent / "out"))):
            assert main([str(library), "--report", str(report), *flags, *QUICK]) == 0
            assert capsys.readouterr().out.splitlines()[-1] == f"The report is {report}."
            report.unlink()
        assert main([str(library), "--report", str(report), "--quiet", *QUICK]) == 0
        assert capsys.readouterr() == ("", "")
        assert report.exists()

    def test_an_earlier_report_is_replaced_and_a_link_to_it_stays(self, library: Path) -> None:
        report_of(library)
        (library.parent / "report.html").rename(library.parent / "real.html")
        with (library.parent / "real.html").open("a") as stream:
            stream.write("of yesterday")
        (library.parent / "report.html").symlink_to("real.html")
        assert report_of(library).plan
        assert not (library.parent / "real.html").read_text().endswith("of yesterday")
        assert (library.parent / "report.html").is_symlink()
        assert ReportPage.of(library.parent / "real.html").plan

    def test_where_it_cannot_be_written_a_sentence_says_so_and_nothing_is_done(
        self, library: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = library.parent / "out"
        report = library.parent / f"{'r' * 300}.html"
        assert main([str(library), "--report", str(report), "-o", str(out), *QUICK]) == 1
        assert f"{report} cannot be written: File name too long." in capsys.readouterr().err
        assert list(out.glob("group_*")) == []

    @pytest.mark.parametrize("place", ["/dev/null", "a folder"])
    def test_what_is_no_file_is_not_replaced(
        self, library: Path, place: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (library.parent / "a folder").mkdir()
        path = library.parent / place
        assert main([str(library), "--report", str(path), *QUICK]) == 1
        assert f"The report {path} is not a file" in capsys.readouterr().err
        assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)

    def test_a_report_that_fails_halfway_leaves_the_earlier_one_and_nothing_else(
        self, library: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """There is no room for its second page."""
        report_of(library)
        monkeypatch.setattr(paging, "MOST_GROUPS", 1)
        earlier = (library.parent / "report.html").read_bytes()
        with small_disk(library.parent / "disk", f"size={2 * len(earlier) // 4096 * 4}k") as disk:
            (disk / "report.html").write_bytes(earlier)
            assert main([str(library), "--report", str(disk / "report.html"), *QUICK]) == 1
            assert {path.name: path.read_bytes() for path in disk.iterdir()} == {"report.html": earlier}
