"""Photos that were damaged after they were taken, in whole runs: told everywhere, and never best."""

import json
from pathlib import Path

from bestshot.cli.main import main
from tests.support.drawn_library import exif, organize
from tests.support.leaves import leaves

END = b"\xff\xd9"
SAID = "is damaged below line "


def library(folder: Path, *, damaged: int = 1, rating: str = "") -> Path:
    """A burst of three, of which some lost the lower half of their pixels and got an end marker."""
    folder.mkdir()
    for number in range(3):
        path = folder / f"IMG_{number}.jpg"
        leaves(640, 480, 1).save(path, quality=88 + number, exif=exif(subsec=f"{number}"))
        if number < damaged:
            data = path.read_bytes()
            path.write_bytes(data[: len(data) // 2] + END)
    if rating:
        sidecar = (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"/>'
            "</rdf:RDF></x:xmpmeta>"
        )
        (folder / f"{rating}.xmp").write_text(sidecar)
    return folder


def test_a_damaged_photo_is_last_even_with_five_stars_and_is_told_in_the_run(tmp_path: Path) -> None:
    outcome = organize(library(tmp_path / "photos", rating="IMG_0.jpg"))
    [group] = outcome.plan.groups
    assert group.verdict.ranking[-1].photo.id == "IMG_0.jpg"
    [told] = outcome.plan.skipped
    assert (told.id, told.error[: len(SAID)], told.is_new) == ("IMG_0.jpg", SAID, True)
    again = organize(tmp_path / "photos")
    assert [item.is_new for item in again.plan.skipped] == [False]
    assert again.plan.photo_count == 3, "it counts as a photo that was read"


def test_damage_is_in_everything_that_a_run_writes(tmp_path: Path) -> None:
    photos = library(tmp_path / "photos")
    files = {name: tmp_path / f"made.{name}" for name in ("plan", "csv", "report")}
    flags = [word for name, file in files.items() for word in (f"--{name}", str(file))]
    assert main([str(photos), "--no-faces", "-o", str(tmp_path / "out"), *flags]) == 1
    [group] = json.loads(files["plan"].read_text())["groups"]
    assert [photo["why"][0].startswith(SAID) for photo in group["photos"]] == [False, False, True]
    for written in (*files.values(), tmp_path / "out" / "group_0001" / "metadata.txt"):
        assert SAID in written.read_text(), written.name
    assert (tmp_path / "out" / "group_0001" / "originals" / "IMG_0.jpg").exists(), "it is laid out with the others"


def test_a_group_of_damaged_photos_says_that_all_are(tmp_path: Path) -> None:
    [group] = organize(library(tmp_path / "photos", damaged=3)).plan.groups
    for ranked in group.verdict.ranking:
        assert ranked.why[0].startswith(SAID)
        assert ranked.why[1] == "as are all photos of this group"
