"""Faces in real pictures, found by the real dlib; and what happens where it cannot be had."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data
from PIL import Image, ImageFilter

from bestshot.analysis.face_models import face_detection_problem, hog_detector
from bestshot.analysis.faces import face_embeddings, find_faces
from bestshot.imaging.load import load_pixels
from bestshot.model.faces import CLEAR_DETECTION, Face, FaceBox, FaceModel
from bestshot.ranking.face_scores import eyes_open, smiles
from tests.support.drawn_library import add, add_burst, run_program, scene
from tests.support.each import every
from tests.support.paths import ROOT

samples: Any = skimage.data  # its functions have no types

OPEN = 0.2
"""Soukupova & Cech 2016 take an eye with a smaller aspect ratio for closed."""


def portrait() -> Image.Image:
    """The astronaut without her suit, whose badge is round enough to pass for a face."""
    return Image.fromarray(samples.astronaut()[:300])


def pixels(picture: Image.Image) -> npt.NDArray[np.uint8]:
    return np.asarray(picture)


@pytest.fixture(scope="module")
def face() -> Face:
    (found,) = find_faces(pixels(portrait()))
    return found


def test_faces_can_be_looked_for_where_the_requirements_are_installed() -> None:
    assert face_detection_problem() is None


def test_the_face_of_a_portrait_is_found_where_it_is(face: Face) -> None:
    assert 0.30 < face.left < 0.40 < 0.48 < face.right < 0.56
    assert 0.15 < face.top < 0.35 < 0.45 < face.bottom < 0.65


def test_open_eyes_and_a_smile_are_measured_as_such(face: Face) -> None:
    assert face.eye_aspect_ratio is not None
    assert OPEN < face.eye_aspect_ratio < 0.6
    assert face.smile is not None
    assert smiles(face)
    assert eyes_open(face) == 1
    assert face.sharpness is not None
    assert face.sharpness > 0


def test_a_blurred_face_is_less_sharp(face: Face) -> None:
    (blurred,) = find_faces(pixels(portrait().filter(ImageFilter.GaussianBlur(2))))
    assert blurred.sharpness is not None
    assert face.sharpness is not None
    assert blurred.sharpness < face.sharpness / 2


def test_several_faces_come_from_left_to_right(face: Face) -> None:
    twice = np.concatenate([pixels(portrait()), pixels(portrait())], axis=1)
    left, right = find_faces(twice)
    assert left.left == pytest.approx(face.left / 2, abs=0.01)
    assert right.left == pytest.approx(face.left / 2 + 0.5, abs=0.01)


def together(*heights: float) -> npt.NDArray[np.uint8]:
    """Copies of one face side by side, of these heights as fractions of the picture's."""
    picture, left = Image.new("RGB", (1280, 960), "gray"), 20
    for height in heights:
        side = round(height * 960)
        picture.paste(Image.fromarray(samples.astronaut()[56:176, 164:284]).resize((side, side)), (left, 300))
        left += side + 40
    return pixels(picture)


def test_a_large_face_is_found_just_where_it_is_in_all_of_the_picture() -> None:
    for height in (0.45, 0.5, 0.55, 0.6):
        alone = together(height)
        enlarged = Image.fromarray(alone).resize((1633, 1225), Image.Resampling.BILINEAR)
        places, scores, _ = hog_detector().run(np.asarray(enlarged), 0, CLEAR_DETECTION)
        (found,) = find_faces(alone)
        assert [found.detection_score] == [round(float(score), 4) for score in scores]
        edges = [found.left * 1633, found.top * 1225, found.right * 1633, found.bottom * 1225]
        assert [tuple(map(round, edges))] == [(at.left(), at.top(), at.right(), at.bottom()) for at in places]


def test_somebody_far_behind_a_large_face_is_a_passer_by() -> None:
    assert len(find_faces(together(0.7, 0.12))) == 1
    assert len(find_faces(together(0.12))) == 1


def test_a_group_behind_a_large_face_is_found_however_far_it_reaches() -> None:
    assert len(find_faces(together(0.7, 0.3, 0.12))) == 3


def test_a_badge_that_is_round_enough_is_not_taken_for_a_face() -> None:
    assert len(find_faces(pixels(Image.fromarray(samples.astronaut())))) == 1


def test_a_face_that_is_hardly_one_is_faint_and_found_only_if_asked_for() -> None:
    blurred = pixels(portrait().filter(ImageFilter.GaussianBlur(3)))
    assert find_faces(blurred) == ()
    (found,) = find_faces(blurred, faint=True)
    assert found.is_faint


@every("height, is_told", [(120, False), (300, True)])
def test_of_a_face_of_few_pixels_no_expression_is_told_however_much_it_is_enlarged(height: int, is_told: bool) -> None:
    (found,) = find_faces(pixels(portrait().resize((height * 512 // 300, height))))
    expression = found.eye_aspect_ratio, found.lid_height, found.eye_balance, found.iris, found.smile
    assert [value is not None for value in expression] == 5 * [is_told]
    assert found.turn is not None


def as_servers_know(face: Face) -> FaceBox:
    """From hair to chin, as other detectors draw a face, and of somebody."""
    return FaceBox(face.left + 0.01, face.top - 0.08, face.right - 0.01, face.bottom + 0.01, "Anna")


def test_a_face_that_is_known_is_measured_where_it_is(face: Face) -> None:
    (known,) = find_faces(pixels(portrait()), [as_servers_know(face)])
    assert known.left == pytest.approx(face.left, abs=0.03)
    assert known.lid_height == pytest.approx(face.lid_height, abs=0.05)
    assert known.smile == pytest.approx(face.smile, abs=0.1)
    assert known.turn == pytest.approx(face.turn, abs=0.05)
    assert known.name == "Anna"


def test_of_what_is_known_for_a_face_and_does_not_look_like_one_only_the_place_is_told() -> None:
    """Somebody seen from behind; the face beside is not taken for it, as no others are looked for."""
    away = FaceBox(0.75, 0.5, 0.95, 0.9, "Anna")
    (found,) = find_faces(pixels(portrait()), [away])
    assert found == Face(away.left, away.top, away.right, away.bottom, "Anna")


def test_a_face_at_the_border_is_cut_off_and_one_within_is_not(face: Face) -> None:
    assert not face.is_cut
    middle = round((face.top + face.bottom) / 2 * 300)
    for cut in find_faces(pixels(portrait().crop((60, middle - 30, 450, 300)))):
        assert cut.is_cut


def test_codes_tell_one_person_from_another(shared: Path) -> None:
    def code(name: str) -> npt.NDArray[np.float64]:
        with (shared / "faces" / name).open("rb") as stream:
            picture = pixels(load_pixels(stream, name, 1024))
        (only,) = face_embeddings(picture, find_faces(picture))
        return np.array(only)

    anna, anna_again, ben = map(code, ("lp_s20_00.jpg", "lp_s20_04.jpg", "lp_d0_00.jpg"))
    assert np.linalg.norm(anna - anna_again) < 0.5 < 0.6 < np.linalg.norm(anna - ben)


def test_threads_may_look_for_faces_at_the_same_time(face: Face) -> None:
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(find_faces, [pixels(portrait())] * 12)) == [(face,)] * 12


@pytest.mark.parametrize("picture", [scene(1), Image.new("RGB", (40, 30)), Image.fromarray(samples.chelsea())])
def test_a_picture_without_a_face_has_none(picture: Image.Image) -> None:
    assert find_faces(pixels(picture)) == ()


def test_a_face_cut_by_the_edge_stays_within_the_picture() -> None:
    for found in find_faces(pixels(portrait().crop((200, 0, 512, 300)))):
        assert 0 <= found.left < found.right <= 1
        assert 0 <= found.top < found.bottom <= 1


def test_looking_for_faces_does_not_make_cut_off_pictures_pass_for_whole() -> None:
    program = (
        "import numpy\n"
        "from PIL import ImageFile\n"
        "from bestshot.analysis.faces import find_faces\n"
        "find_faces(numpy.zeros((64, 64, 3), numpy.uint8))\n"
        "print(ImageFile.LOAD_TRUNCATED_IMAGES)\n"
    )
    told = subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, capture_output=True, check=True)
    assert told.stdout.strip() == b"False"


@every("series", ["lp_d0", "lp_d9", "lp_d14", "lp_s20"])
def test_open_eyes_of_a_real_series_measure_more_than_closed_ones(shared: Path, series: str) -> None:
    labels = json.loads((shared / "faces" / "labels.json").read_bytes())["images"]
    ratios: dict[str, list[float]] = {"open": [], "closed": [], "half": []}
    for name in sorted(name for name in labels if name.startswith(series)):
        with (shared / "faces" / name).open("rb") as stream:
            (found,) = find_faces(pixels(load_pixels(stream, name, 1024)))
        assert found.eye_aspect_ratio is not None
        ratios[labels[name]["eyes"]].append(found.eye_aspect_ratio)
    assert min(ratios["open"]) > OPEN > max(ratios["closed"])


@pytest.mark.parametrize(
    ("module", "content"),
    [
        ("dlib", "raise ImportError('no wheel for this machine')"),
        ("dlib", "raise OSError('no wheel for this machine')"),
        ("dlib", "raise RuntimeError('no wheel for this machine')"),
    ],
)
def test_without_working_face_detection_the_run_says_so_once_and_judges(
    tmp_path: Path, module: str, content: str
) -> None:
    library, broken = tmp_path / "library", tmp_path / "broken"
    add_burst(library, "one", number=1)
    add_burst(library, "two", number=2)
    broken.mkdir()
    (broken / f"{module}.py").write_text(content)
    done = run_program(str(library), "--workers", "1", environment={"PYTHONPATH": str(broken)})
    assert done.returncode == 0
    said = done.stderr.decode().splitlines()
    assert said == ["Faces cannot be detected: no wheel for this machine. Photos are judged by sharpness and exposure."]
    assert b"* one_2.jpg" in done.stdout
    assert b"* two_2.jpg" in done.stdout


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    add_burst(tmp_path / "library")
    program = (
        "import sys, importlib.util\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name: None if name == 'face_recognition_models' else found(name)\n"
        "from photo_organizer import main\n"
        f"sys.exit(main([{str(tmp_path / 'library')!r}, '--workers', '1']))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, b"face_recognition_models is not installed" in done.stderr) == (0, True)


def test_the_sharp_portrait_is_the_best_of_its_group(tmp_path: Path) -> None:
    sharp = portrait()
    add(tmp_path / "a_blurred.jpg", sharp.filter(ImageFilter.GaussianBlur(3)))
    add(tmp_path / "b_sharp.jpg", sharp)
    done = run_program(str(tmp_path), "--verbose", "--workers", "1")
    assert done.returncode == 0
    assert b"* b_sharp.jpg\n      sharpest face; sharpest picture; eyes open on 1 of 1 face" in done.stdout


def by_name(folder: Path, name: str) -> Image.Image:
    with (folder / name).open("rb") as stream:
        return load_pixels(stream, name, 1280)


@pytest.mark.parametrize("name", ["lp_d9_01.jpg", "lp_d9_04.jpg", "lp_s18_03.jpg"])
def test_closed_eyes_in_the_dark_are_closed(shared: Path, name: str) -> None:
    dark = by_name(shared / "faces", name).point(lambda value: round(value * 0.4))
    (found,) = find_faces(pixels(dark))
    opening = eyes_open(found)
    assert opening is not None
    assert opening < 0.5


@pytest.mark.parametrize("number", range(1, 11))
def test_a_face_that_moved_is_less_sharp_whatever_way_it_went(shared: Path, number: int) -> None:
    still = by_name(shared / "faces", f"london{number:03}_neutral.jpg")
    (before,) = find_faces(pixels(still))
    assert before.sharpness is not None
    for angle in (0, 90):
        turned = np.asarray(still.rotate(angle), np.float32)
        moved = np.mean([np.roll(turned, step, axis=1) for step in range(-4, 5)], axis=0)
        (after,) = find_faces(pixels(Image.fromarray(moved.astype(np.uint8)).rotate(-angle)))
        assert after.sharpness is not None
        assert after.sharpness < 0.65 * before.sharpness, angle


def test_the_slow_detector_measures_a_smile_as_the_quick_one_does(shared: Path) -> None:
    """Its own boxes are others than those that the landmarks were learnt with."""
    small = by_name(shared / "faces", "lp_d0_01.jpg").resize((256, 256))
    (quick,) = find_faces(pixels(small), working_pixels=150_000)
    (slow,) = find_faces(pixels(small), working_pixels=150_000, model=FaceModel.CNN)
    assert slow.smile == pytest.approx(quick.smile, abs=0.1)
    assert slow.lid_height == pytest.approx(quick.lid_height, abs=0.05)
    assert smiles(slow)


def test_closed_eyes_behind_glasses_are_closed_though_the_head_is_held_askew(shared: Path) -> None:
    """The landmarks of a face alone and of its mirror image err in different ways."""
    shut = by_name(shared / "faces", "lp_d9_04.jpg").rotate(8, Image.Resampling.BICUBIC, fillcolor=(120, 120, 120))
    (found,) = find_faces(pixels(shut))
    opening = eyes_open(found)
    assert opening is not None
    assert opening < 0.5
