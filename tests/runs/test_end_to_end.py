"""The main job on a folder, from the files to the folders of the output."""

import json
import os
import shutil
import tarfile
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from bestshot.cli.main import main
from bestshot.cli.wording import group_lines, summary
from bestshot.layout.names import fitted
from bestshot.settings.settings import Settings
from bestshot.text import printable
from tests.support.drawn_library import NOON, add, add_burst, exif, groups, organize, scene, skipped
from tests.support.drawn_pictures import saved

FAR = "2024:06:02 12:00:00"
"""A day after noon: nobody's neighbour."""


def lay_out(*folders: Path, output: Path) -> None:
    organize(*folders, settings=Settings(no_faces=True, output=str(output)))


def originals(output: Path) -> dict[bytes, bytes]:
    """The content of every file among the originals, by the bytes of its name."""
    return {os.fsencode(path.name): path.read_bytes() for path in output.glob("group_*/originals/*")}


def cut_off(path: Path) -> None:
    """Leave the header and its EXIF whole, and take half of the pixels away."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])


class TestCompanions:
    def test_all_files_of_a_photo_travel_with_it(self, tmp_path: Path) -> None:
        library = tmp_path / "library"
        add_burst(library, "IMG", count=2)
        companions = {
            "IMG_1.DNG": b"raw", "IMG_1.mov": b"video", "IMG_1.jpg.xmp": b"sidecar", "IMG_1.xmp": b"sidecar",
            "IMG_1.AAE": b"edits", "IMG_2.jpg.supplemental-metadata.json": b"{}",
        }  # fmt: skip
        strangers = {"IMG_3.MOV": b"video", "other.xmp": b"sidecar", "notes.txt": b"words"}
        for name, content in (companions | strangers).items():
            (library / name).write_bytes(content)
        lay_out(library, output=tmp_path / "out")
        expected = {name: (library / name).read_bytes() for name in ("IMG_1.jpg", "IMG_2.jpg", *companions)}
        assert originals(tmp_path / "out") == {os.fsencode(name): content for name, content in expected.items()}

    def test_takeout_tells_the_time_also_by_cut_and_numbered_names(self, tmp_path: Path) -> None:
        long = "A very long name that nobody would type but a phone"
        takeout = json.dumps({"photoTakenTime": {"timestamp": "1717243200"}}).encode()
        for name, told_by in (
            ("a.jpg", "a.jpg.json"),
            ("a(1).jpg", "a.jpg(1).json"),
            (f"{long}.jpg", f"{long}"[:46] + ".json"),
        ):
            add(tmp_path / name, scene(1), None)
            (tmp_path / told_by).write_bytes(takeout)
        lone = add(tmp_path / "lone.jpg", scene(2), "2024:06:02 12:00:00")
        cut_off(lone)
        outcome = organize(tmp_path)
        assert groups(outcome) == [sorted(["a.jpg", "a(1).jpg", f"{long}.jpg"])]
        assert skipped(outcome) == {}  # no time is a guess, so the photo apart was left alone

    def test_real_pairs_are_one_photo_each_and_travel_together(self, tmp_path: Path, shared: Path) -> None:
        library = tmp_path / "library"
        shutil.copytree(shared / "formats" / "pairs", library)
        for name in ("IMG_6001.JPG", "IMG_6002.HEIC"):
            shutil.copy2(library / name, library / f"copy of {name}")
        lay_out(library, output=tmp_path / "out")
        assert {os.fsencode(path.name) for path in library.iterdir()} == originals(tmp_path / "out").keys()


class TestTime:
    def test_a_photo_without_a_neighbour_is_never_decoded_until_one_with_a_guessed_time_may_be_its_twin(
        self, tmp_path: Path
    ) -> None:
        add_burst(tmp_path)
        cut_off(add(tmp_path / "far.jpg", scene(5), FAR))
        assert skipped(organize(tmp_path)) == {}
        add(tmp_path / "IMG-20240601-WA0001.jpg", scene(6), None)
        assert "cut off" in skipped(organize(tmp_path))["far.jpg"]

    def test_a_messengers_copy_joins_its_burst_and_brings_no_other_along(self, tmp_path: Path) -> None:
        add_burst(tmp_path, "first", number=1, taken=NOON)
        add_burst(tmp_path, "again", number=1, taken=FAR)
        add(tmp_path / "IMG-20200101-WA0001.jpg", scene(1, size=(80, 60)), None)
        found = groups(organize(tmp_path))
        assert sorted(map(len, found)) == [3, 4]
        assert not any({"first_1.jpg", "again_1.jpg"} <= set(group) for group in found)

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (("2024:06:01 11:59:59", "9"), ("2024:06:01 12:00:00", "2")),
            (("2023:12:31 23:59:59", "85"), ("2024:01:01 00:00:00", "15")),
        ],
    )
    def test_two_shots_three_tenths_apart_are_neighbours_whatever_ends_between_them(
        self, tmp_path: Path, first: tuple[str, str], second: tuple[str, str]
    ) -> None:
        add(tmp_path / "a.jpg", scene(1), *first)
        add(tmp_path / "b.jpg", scene(1), *second)
        window = Settings(no_faces=True, time_window=0.3 + 1e-6)
        assert groups(organize(tmp_path, settings=window)) == [["a.jpg", "b.jpg"]]
        assert groups(organize(tmp_path, settings=Settings(no_faces=True, time_window=0.25))) == []

    def test_offsets_gps_and_none_at_all_do_not_tear_a_burst_apart(self, tmp_path: Path) -> None:
        add(tmp_path / "none.jpg", scene(1), "2024:06:01 12:00:00")
        add(tmp_path / "stated.jpg", scene(1), "2024:06:01 12:00:01", offset="+02:00")
        for name, tag, value in (
            ("of_change.jpg", ExifTags.Base.OffsetTime, "+02:00"),
            ("digitized.jpg", ExifTags.Base.OffsetTimeDigitized, "+02:00"),
        ):
            made = exif("2024:06:01 12:00:02")
            made.get_ifd(ExifTags.IFD.Exif)[tag] = value
            scene(1).save(tmp_path / name, exif=made)
        made = exif("2024:06:01 12:00:03")
        made.get_ifd(ExifTags.IFD.GPSInfo).update(
            {ExifTags.GPS.GPSDateStamp: "2024:06:01", ExifTags.GPS.GPSTimeStamp: (10.0, 0.0, 3.0)}
        )
        scene(1).save(tmp_path / "gps.jpg", exif=made)
        (found,) = groups(organize(tmp_path))
        assert found == ["digitized.jpg", "gps.jpg", "none.jpg", "of_change.jpg", "stated.jpg"]

    def test_the_same_wall_clock_in_two_stated_zones_is_two_moments(self, tmp_path: Path) -> None:
        add(tmp_path / "paris.jpg", scene(1), NOON, offset="+02:00")
        add(tmp_path / "london.jpg", scene(1), NOON, offset="+01:00")
        add(tmp_path / "twin.jpg", scene(1), "2024:06:01 11:00:00", offset="+01:00")
        assert groups(organize(tmp_path)) == [["paris.jpg", "twin.jpg"]]


class TestFormats:
    def test_one_scene_in_every_format_is_one_group(self, tmp_path: Path) -> None:
        for kind, name in (
            ("PNG", "a.png"), ("PNG", "png named.jpg"), ("JPEG", "noext"), ("WEBP", "b.webp"), ("TIFF", "c.tif"),
            ("BMP", "d.bmp"), ("GIF", "e.gif"), ("HEIF", "f.heic"), ("AVIF", "g.avif"),
        ):  # fmt: skip
            (tmp_path / name).write_bytes(saved(scene(1), kind).getvalue())
        scene(1).convert("CMYK").save(tmp_path / "cmyk.jpg")
        scene(1).convert("P").save(tmp_path / "palette.png")
        scene(1).convert("RGBA").save(tmp_path / "alpha.png")
        outcome = organize(tmp_path)
        assert groups(outcome) == [sorted(path.name for path in tmp_path.iterdir())]
        assert outcome.exit_code == 0

    def test_all_eight_orientations_of_a_drawn_picture_are_one_group(self, tmp_path: Path) -> None:
        undone = (
            None, Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM,
            Image.Transpose.TRANSPOSE, Image.Transpose.ROTATE_90, Image.Transpose.TRANSVERSE,
            Image.Transpose.ROTATE_270,
        )  # fmt: skip
        for orientation, turn in enumerate(undone, start=1):
            made = exif()
            made[ExifTags.Base.Orientation] = orientation
            picture = scene(1) if turn is None else scene(1).transpose(turn)
            picture.save(tmp_path / f"{orientation}.jpg", exif=made)
        assert groups(organize(tmp_path)) == [[f"{number}.jpg" for number in range(1, 9)]]


class TestRealPhotos:
    @pytest.mark.parametrize("flags", [[], ["--no-time-window"]])
    def test_a_landscape_in_all_orientations_is_one_group(
        self, shared: Path, capsys: pytest.CaptureFixture[str], flags: list[str]
    ) -> None:
        assert main([str(shared / "formats" / "orient"), "--no-faces", "--workers", "1", "--plan", "-", *flags]) == 0
        (group,) = json.loads(capsys.readouterr().out)["groups"]
        assert sorted(photo["id"] for photo in group["photos"]) == [f"Landscape_{number}.jpg" for number in range(9)]

    def test_hostile_files_stop_nothing_and_are_told_with_a_reason(self, shared: Path) -> None:
        outcome = organize(shared / "hostile")
        told = skipped(outcome)
        for name in ("zero.jpg", "text.jpg", "truncated_30.jpg", "bomb_20000x20000_gray.png", "date_month13.jpg"):
            assert told[f"gen/{name}"]
        assert all(reason and "Traceback" not in reason for reason in told.values())
        assert outcome.plan.grouped_count > 10

    def test_files_of_every_format_are_read_or_told(self, shared: Path) -> None:
        outcome = organize(shared / "formats")
        assert outcome.plan.photo_count > 150
        assert all("pillow/" in name for name in skipped(outcome))  # Pillow's own broken samples

    def test_photos_of_odd_names_are_copied_faithfully_into_an_output_under_names_that_any_disk_takes(
        self, tmp_path: Path, shared: Path
    ) -> None:
        with tarfile.open(shared / "hostile" / "odd_names.tar", errors="surrogateescape") as archive:
            archive.extractall(tmp_path / "library", filter="fully_trusted")
        library = tmp_path / "library"
        files = [path for path in library.rglob("*") if path.is_file()]
        for number, path in enumerate(files):
            shutil.copy2(path, library / f"twin {number}.jpg")
        lay_out(library, output=tmp_path / "out")
        laid_out = originals(tmp_path / "out")
        assert len(laid_out) == 2 * len(files)
        assert all(laid_out[fitted(path.name, path.name).encode()] == path.read_bytes() for path in files)
        texts = "".join(path.read_text() for path in (tmp_path / "out").rglob("metadata.txt"))
        renamed = [path.name for path in files if fitted(path.name, path.name) != path.name]
        assert len(renamed) > 1
        assert all(f"{fitted(name, name)} is {printable(name)}" in texts for name in renamed)

    def test_real_bursts_are_grouped_and_never_with_a_stranger(self, shared: Path) -> None:
        labels = json.loads((shared / "bursts" / "labels.json").read_bytes())
        occasion = {name: number for number, group in enumerate(labels["groups"]) for name in group}
        outcome = organize(shared / "bursts")
        found = groups(outcome)
        assert len(found) > 10
        assert all(len({occasion.get(name, name) for name in group}) == 1 for group in found)


def test_metadata_txt_tells_all_that_is_known_of_each_photo_and_why_it_ranked_there(tmp_path: Path) -> None:
    made = exif("2024:06:01 12:00:00", subsec="5", offset="+02:00")
    made[ExifTags.Base.Make], made[ExifTags.Base.Model] = "Maker", "Camera 1"
    made.get_ifd(ExifTags.IFD.Exif).update(
        {
            ExifTags.Base.ExposureTime: 1 / 250,
            ExifTags.Base.FNumber: 2.8,
            ExifTags.Base.ISOSpeedRatings: 400,
            ExifTags.Base.FocalLength: 35.0,
            ExifTags.Base.LensModel: "Lens 2",
        }
    )
    made.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (48.0, 30.0, 0.0),
            ExifTags.GPS.GPSLongitudeRef: "W",
            ExifTags.GPS.GPSLongitude: (2.0, 15.0, 0.0),
        }
    )
    scene(1).save(tmp_path / "best.jpg", exif=made)
    (tmp_path / "best.xmp").write_bytes(b"<x/>")
    copy = add(tmp_path / "copy.jpg", scene(1, blur=2), None)
    os.utime(copy, (0, 1717236000))
    (group,) = organize(tmp_path).plan.groups
    size = (tmp_path / "best.jpg").stat().st_size / 1000
    assert group.text.splitlines()[:17] == [
        "Group 1: 2 photos of one shot (retakes), best first.",
        "Best: best.jpg",
        "",
        "1. best.jpg",
        f"   path:        {tmp_path}/best.jpg",
        "   with:        best.xmp",
        f"   size:        {size:.1f} kB",
        "   dimensions:  160 x 120",
        "   time:        2024-06-01T12:00:00.500000+02:00",
        "   camera:      Maker Camera 1, Lens 2",
        "   exposure:    1/250 s, f/2.8, ISO 400, 35 mm",
        "   GPS:         48.500000, -2.250000",
        "   why:         sharpest picture; copy.jpg is out of focus",
        f"   score:       {group.verdict.ranking[0].score:.3f}",
        "                sharpness: sharpest picture",
        *(f"                {reason.name}: {reason.text}" for reason in group.verdict.ranking[0].reasons[1:]),
    ]
    assert "   time:        2024-06-01T10:00:00Z (a guess: date of the file)" in group.text


def test_a_line_break_in_a_name_makes_no_line_of_its_own(tmp_path: Path) -> None:
    for name in ("one\nBest: other.jpg", "two\x1b[2J.jpg"):
        add(tmp_path / "plain.jpg", scene(1)).rename(tmp_path / name)
    (group,) = organize(tmp_path).plan.groups
    told = [*group.text.splitlines(), *group_lines(group, with_reasons=True)]
    assert all(line.isprintable() for line in told)
    assert sum(line.startswith("Best: ") for line in told) == 1


@pytest.mark.parametrize(
    ("known", "said"),
    [(0, "2 skipped or in doubt."), (1, "(1 of them known from earlier)."), (2, "(known from earlier).")],
)
def test_what_was_skipped_is_counted_apart_from_what_is_known(tmp_path: Path, known: int, said: str) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "b.jp2").touch()
    told = summary(organize(tmp_path).plan, (), known_skipped=known, acted=False)
    assert told.startswith("No usable photos found; 2 could not be read; 2 skipped or in doubt")
    assert told.endswith(said)


def test_a_library_of_groups_alone_has_no_single_photo_to_be_warned_of(tmp_path: Path) -> None:
    add_burst(tmp_path / "library")
    settings = Settings(no_faces=True, output=str(tmp_path / "out"))
    outcome = organize(tmp_path / "library", settings=settings)
    told = summary(outcome.plan, outcome.receipts, known_skipped=0, acted=True)
    assert told.startswith("3 photos: 1 group with 3 photos, ")
    assert " in the 2 that are not the best; no single photos; 3 files (" in told


def test_a_metadata_txt_alone_that_was_written_anew_is_a_change(tmp_path: Path) -> None:
    add_burst(tmp_path / "library")
    settings = Settings(no_faces=True, output=str(tmp_path / "out"))
    organize(tmp_path / "library", settings=settings)
    (tmp_path / "out" / "group_0001" / "metadata.txt").unlink()
    outcome = organize(tmp_path / "library", settings=settings)
    told = summary(outcome.plan, outcome.receipts, known_skipped=0, acted=True)
    assert told.endswith(f"1 change made in {tmp_path / 'out'}.")
