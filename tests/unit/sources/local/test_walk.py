"""What counts as a photo in a folder, and what is passed over."""

import os
import random
import tarfile
from pathlib import Path
from stat import S_ISDIR

import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from bestshot.model.photo import FileRole, Listing
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.sources.local.walk import FolderWalk
from tests.support.drawn_library import add, add_burst, organize, run_unprivileged, scene
from tests.support.each import every
from tests.support.films import film

JPEG = b"\xff\xd8\xff\xe0"


def walk(*folders: Path, exclude: tuple[str, ...] = ()) -> Listing:
    found = FolderWalk(exclude)
    for folder in folders:
        found.add(folder, f"folder:{folder}", "")
    return found.listing()


def ids(listing: Listing) -> list[str]:
    return [photo.id for photo in listing.photos]


def errors(listing: Listing) -> dict[str, str]:
    return {item.id: item.error for item in listing.skipped}


def make(folder: Path, *names: str, content: bytes = JPEG) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_photos_of_all_kinds_and_of_any_case_are_listed_by_id(tmp_path: Path) -> None:
    names = ["a.jpg", "B.JPEG", "c.png", "d.webp", "e.tif", "f.bmp", "g.gif", "h.heic", "i.avif", "j.dng", "sub/k.CR3"]
    make(tmp_path, *names)
    assert ids(walk(tmp_path)) == sorted(names)


@every(
    "name",
    [
        ".hidden.jpg",
        "._IMG_1.jpg",
        ".thumbnails/a.jpg",
        ".Trash/a.jpg",
        ".Trash-1000/files/a.jpg",
        ".dtrash/files/a.jpg",
        "@eaDir/IMG_1.jpg/SYNOPHOTO_THUMB_XL.jpg",
        "holiday/@EADIR/a.jpg",
        "#recycle/a.jpg",
        "@Recycle/a.jpg",
        "#snapshot/a.jpg",
        "$RECYCLE.BIN/S-1-5/a.jpg",
        "lost+found/a.jpg",
        "System Volume Information/a.jpg",
    ],
)
def test_hidden_files_and_thumbnails_and_bins_of_other_programs_are_passed_over(tmp_path: Path, name: str) -> None:
    make(tmp_path, name, "a.jpg")
    listing = walk(tmp_path)
    assert (ids(listing), listing.skipped) == (["a.jpg"], ())


def test_a_source_that_is_itself_hidden_is_listed(tmp_path: Path) -> None:
    make(tmp_path / ".photos", "a.jpg")
    assert ids(walk(tmp_path / ".photos")) == ["a.jpg"]


def test_the_tools_own_output_inside_the_source_is_passed_over_in_every_later_run(tmp_path: Path) -> None:
    add_burst(tmp_path)
    before = ids(walk(tmp_path))
    for name in ("organized", "elsewhere/again"):
        organize(tmp_path, settings=Settings(no_faces=True, output=str(tmp_path / name)))
        assert (tmp_path / name / "group_0001" / "best_burst_2.jpg").exists()
        assert ids(walk(tmp_path)) == before


def test_a_folder_that_is_merely_named_like_a_group_is_listed(tmp_path: Path) -> None:
    make(tmp_path, "group_0001/originals/a.jpg")
    assert ids(walk(tmp_path)) == ["group_0001/originals/a.jpg"]


@every(
    "pattern, left",
    [
        ("*.png", ["Scans/a.jpg", "Scans/deep/b.jpg", "c.jpg"]),
        ("Scans", ["c.jpg", "d.png"]),
        ("Scans/", ["c.jpg", "d.png"]),
        ("Scans/*", ["c.jpg", "d.png"]),
        ("*/deep", ["Scans/a.jpg", "c.jpg", "d.png"]),
        ("[cd].*", ["Scans/a.jpg", "Scans/deep/b.jpg"]),
        ("scans", ["c.jpg", "d.png"]),
        ("*.PNG", ["Scans/a.jpg", "Scans/deep/b.jpg", "c.jpg"]),
        ("./Scans/*", ["c.jpg", "d.png"]),
        ("./a.jpg", ["Scans/a.jpg", "Scans/deep/b.jpg", "c.jpg", "d.png"]),
    ],
)
def test_a_pattern_excludes_names_and_paths_if_it_holds_a_slash(tmp_path: Path, pattern: str, left: list[str]) -> None:
    make(tmp_path, "Scans/a.jpg", "Scans/deep/b.jpg", "c.jpg", "d.png")
    assert ids(walk(tmp_path, exclude=(pattern,))) == left


@pytest.mark.parametrize("sources", [["lib"], ["./lib/"], ["lib", "more"], ["link"]])
def test_a_pattern_may_have_the_source_before_it_as_it_was_given_or_is_printed_or_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sources: list[str]
) -> None:
    make(tmp_path, "lib/a/x.jpg", "lib/b.jpg", "more/a/y.jpg")
    (tmp_path / "link").symlink_to("lib")
    monkeypatch.chdir(tmp_path)
    first = sources[0].strip("./")
    for start in (first, f"./{first}", f"{sources[0].rstrip('/')}", f"{tmp_path}/{first}", f"{tmp_path}/lib"):
        for pattern in (f"{start}/a", f"{start}/a/", f"{start}/A/*"):
            names = [photo.name for photo in LocalPhotoSource(*sources, exclude=[pattern]).scan().photos]
            assert names == (["b.jpg", "y.jpg"] if sources[1:] else ["b.jpg"]), pattern


def test_a_folder_is_empty_without_photos_but_not_if_they_are_excluded_or_known_already(tmp_path: Path) -> None:
    make(tmp_path / "full", "a.jpg", "inner/b.jpg")
    make(tmp_path / "empty", "notes.txt")
    assert walk(tmp_path / "empty").empty_origins == (f"folder:{tmp_path / 'empty'}",)
    assert walk(tmp_path / "full", exclude=("*",)).empty_origins == ()
    assert walk(tmp_path / "full", tmp_path / "full" / "inner").empty_origins == ()


def test_of_several_names_of_one_file_the_first_real_one_stands_for_it(tmp_path: Path) -> None:
    make(tmp_path, "m.jpg")
    (tmp_path / "a.jpg").symlink_to("m.jpg")
    os.link(tmp_path / "m.jpg", tmp_path / "z.jpg")
    (tmp_path / "sub").mkdir()
    os.link(tmp_path / "m.jpg", tmp_path / "sub" / "again.jpg")
    assert ids(walk(tmp_path)) == ["m.jpg"]


def test_a_link_to_a_photo_elsewhere_is_a_photo(tmp_path: Path) -> None:
    make(tmp_path / "elsewhere", "m.jpg", "album/n.jpg")
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.jpg").symlink_to(tmp_path / "elsewhere" / "m.jpg")
    (tmp_path / "library" / "b.jpg").symlink_to(tmp_path / "elsewhere" / "m.jpg")
    (tmp_path / "library" / "album").symlink_to(tmp_path / "elsewhere" / "album")
    assert ids(walk(tmp_path / "library")) == ["a.jpg", "album/n.jpg"]


LEFT_ALONE = {
    "sidecar": "is a link",
    "sidecar of Apple": "is a link",
    "dangling sidecar": "is a link",
    "RAW": "is a link that leads out of the source",
    "video": "is a link that leads out of the source",
    "Takeout": "is a link that leads out of the source",
    "folder": "is a folder",
    "pipe": "is a pipe",
}


@every("what", LEFT_ALONE)
def test_what_is_no_file_of_the_source_does_not_travel_with_a_photo_and_is_told(tmp_path: Path, what: str) -> None:
    library, secret = tmp_path / what / "library", tmp_path / what / "elsewhere" / "secret"
    make(library, "a.jpg")
    make(secret.parent, secret.name)
    name = {"RAW": "a.dng", "video": "a.mov", "Takeout": "a.jpg.json", "sidecar of Apple": "a.aae"}.get(what, "a.xmp")
    match what:
        case "folder":
            (library / name).mkdir()
        case "pipe":
            os.mkfifo(library / name)
        case _:
            (library / name).symlink_to(secret.with_name("nothing") if what.startswith("dangling") else secret)
    listing = walk(library)
    assert [Path(file.path).name for photo in listing.photos for file in photo.files] == ["a.jpg"]
    assert errors(listing) == {"a.jpg": f"its {name} {LEFT_ALONE[what]}, and is left alone"}


def test_a_link_within_the_source_or_its_linked_folder_travels_with_its_photo(tmp_path: Path) -> None:
    for folder in (tmp_path / "library", tmp_path / "elsewhere"):
        make(folder, "a.jpg")
        make(folder / "store", "video.mov")
        (folder / "a.mov").symlink_to("store/video.mov")
    (tmp_path / "library" / "more").symlink_to(tmp_path / "elsewhere")
    listing = walk(tmp_path / "library")
    assert errors(listing) == {}
    assert [len(photo.files) for photo in listing.photos] == [2, 2]


def test_a_linked_folder_is_walked_once_and_under_its_real_place(tmp_path: Path) -> None:
    make(tmp_path, "real/a.jpg")
    (tmp_path / "alias").symlink_to("real")
    (tmp_path / "real" / "up").symlink_to("..")
    assert ids(walk(tmp_path)) == ["real/a.jpg"]


def test_links_in_circles_and_to_nothing_are_survived_and_told_if_they_claim_to_be_photos(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg")
    for name, target in (("loop.jpg", "loop.jpg"), ("loop", "loop"), ("gone.jpg", "nowhere.jpg"), ("gone", "nowhere")):
        (tmp_path / name).symlink_to(target)
    listing = walk(tmp_path)
    assert ids(listing) == ["a.jpg"]
    assert errors(listing).keys() == {"loop.jpg", "gone.jpg"}
    assert all(error.startswith("is a link to nothing") for error in errors(listing).values())


def test_a_pipe_is_not_waited_for_and_is_told_if_it_claims_to_be_a_photo(tmp_path: Path) -> None:
    for name in ("pipe.jpg", "pipe", "pipe.txt"):
        os.mkfifo(tmp_path / name)
    listing = walk(tmp_path)
    assert (ids(listing), errors(listing)) == ([], {"pipe.jpg": "is not a regular file"})


def test_a_picture_is_known_by_its_content_where_its_suffix_says_nothing(tmp_path: Path) -> None:
    make(tmp_path, "noext", "strange.dat", "IMG_1.jpg~")
    make(tmp_path, "README", "data.dat", content=b"some words")
    make(tmp_path, "notes.txt", "thumbs.db")
    listing = walk(tmp_path)
    assert (ids(listing), listing.skipped) == (["IMG_1.jpg~", "noext", "strange.dat"], ())


def test_what_claims_to_be_a_photo_is_listed_whatever_it_holds(tmp_path: Path) -> None:
    make(tmp_path, "zero.jpg", content=b"")
    make(tmp_path, "text.jpg", content=b"some words")
    assert ids(walk(tmp_path)) == ["text.jpg", "zero.jpg"]


@pytest.mark.parametrize("name", ["a.jp2", "a.JXL", "a.psd"])
def test_pictures_that_nothing_here_decodes_are_told(tmp_path: Path, name: str) -> None:
    make(tmp_path, name)
    kind = name[2:].upper()
    assert errors(walk(tmp_path)) == {name: f"{kind} pictures are not supported"}


def test_files_that_belong_together_are_one_photo(tmp_path: Path) -> None:
    make(tmp_path, "IMG_1.JPG", "IMG_1.DNG", "IMG_1.xmp", "IMG_2.HEIC", "IMG_2.MOV", "lone.mov", "lone.xmp")
    first, second = walk(tmp_path).photos
    assert [(Path(file.path).name, file.role) for file in first.files] == [
        ("IMG_1.JPG", FileRole.PICTURE),
        ("IMG_1.DNG", FileRole.RAW),
        ("IMG_1.xmp", FileRole.SIDECAR),
    ]
    assert [Path(file.path).name for file in second.files] == ["IMG_2.HEIC", "IMG_2.MOV"]


def test_names_that_are_no_text_or_hold_a_line_break_are_listed_faithfully(tmp_path: Path) -> None:
    names = [
        b"bad\xff\xfe.jpg",
        b"two\nlines.jpg",
        b"esc\x1b[31m.jpg",
        "ü中.jpg".encode(),
        b"-dash.jpg",
        b" space .jpg",
    ]
    for name in names:
        Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_bytes(JPEG)
    listing = walk(tmp_path)
    assert sorted(os.fsencode(photo.id) for photo in listing.photos) == sorted(names)
    assert all(os.path.exists(photo.files[0].path) for photo in listing.photos)  # noqa: PTH110 - names that are no text


def test_the_odd_names_of_the_shared_photos_are_all_listed(tmp_path: Path, shared: Path) -> None:
    with tarfile.open(shared / "hostile" / "odd_names.tar", errors="surrogateescape") as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        archive.extractall(tmp_path, filter="fully_trusted")
    assert members
    listing = walk(tmp_path)
    assert len(listing.photos) + len(listing.skipped) == len(members)


def test_the_listing_is_the_same_in_whatever_order_the_files_were_made(tmp_path: Path) -> None:
    names = [f"{folder}{letter}.jpg" for folder in ("", "x/", "y/z/") for letter in "abcdef"]
    listings = []
    for library in ("one", "two"):
        make(tmp_path / library, *names)
        random.Random(library).shuffle(names)
        listings.append(ids(walk(tmp_path / library)))
    assert listings[0] == listings[1] == sorted(names)


def test_what_may_not_be_read_is_told_and_the_rest_is_listed(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "locked/b.jpg", "noext", "locked_too/album/c.jpg")
    (tmp_path / "link").symlink_to("locked_too/album")
    tmp_path.chmod(0o755)
    for name in ("noext", "locked", "locked_too"):
        (tmp_path / name).chmod(0)
    told = run_unprivileged(
        "from pathlib import Path; from bestshot.sources.local.walk import FolderWalk",
        "walk = FolderWalk()\n"
        "walk.add(Path('.'), 'o', '')\n"
        "listing = walk.listing()\n"
        "print(*(photo.id for photo in listing.photos))\n"
        "print(*(f'{item.id}: {item.error}' for item in listing.skipped), sep='\\n')\n",
        tmp_path,
    )
    for name in ("locked", "locked_too"):
        (tmp_path / name).chmod(0o755)  # so that pytest can clear it away
    assert told.splitlines() == [
        "a.jpg",
        "locked: the folder cannot be read: Permission denied",
        "locked_too: the folder cannot be read: Permission denied",
        "noext: cannot be read: Permission denied",
    ]


def test_a_photo_whose_name_repeats_in_folders_keeps_both(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        add(tmp_path / folder / "same.jpg", scene(1))
    assert ids(walk(tmp_path)) == ["a/same.jpg", "b/same.jpg"]


@every("pattern", ["Entw\u00fcrfe", "Entwu\u0308rfe", "ENTW\u00dcRFE/", "*/Entw\u00fcrfe"])
def test_a_pattern_is_met_however_its_accents_are_composed(tmp_path: Path, pattern: str) -> None:
    make(tmp_path, "x/Entwu\u0308rfe/a.jpg", "x/Entw\u00fcrfe/b.jpg", "c.jpg")
    assert ids(walk(tmp_path, exclude=(pattern,))) == ["c.jpg"]


def test_what_is_passed_over_as_the_same_is_counted_and_named(tmp_path: Path) -> None:
    make(tmp_path, "m.jpg", "real/n.jpg")
    os.link(tmp_path / "m.jpg", tmp_path / "z.jpg")
    (tmp_path / "alias").symlink_to("real")
    listing = walk(tmp_path)
    assert ids(listing) == ["m.jpg", "real/n.jpg"]
    assert listing.passed_over == ("2 under another name",)
    assert listing.named == (
        f"alias: is the folder {tmp_path / 'real'} under another name",
        "z.jpg: is m.jpg under another name",
    )


@pytest.mark.parametrize("numbered_alike", ["folders", "all"])
def test_numbers_of_inodes_alone_make_nothing_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, numbered_alike: str
) -> None:
    """Some pools of disks and some servers give one number to many files; this stands for one of them."""
    make(tmp_path, "2023/a.jpg", "2023/b.jpg", "2024/a.jpg", content=JPEG)
    make(tmp_path, "2024/a.jpg", content=JPEG * 2)
    for path in tmp_path.rglob("*"):
        os.utime(path, ns=(10**18, 10**18))
    real_stat = os.stat

    def stat(path: str, **arguments: bool) -> os.stat_result:
        status = real_stat(path, **arguments)
        if numbered_alike == "folders" and not S_ISDIR(status.st_mode):
            return status
        return os.stat_result((status[0], 4242, *status[2:10]), {"st_mtime_ns": status.st_mtime_ns, "st_ctime_ns": 1})

    monkeypatch.setattr(os, "stat", stat)
    listing = walk(tmp_path)
    assert ids(listing) == ["2023/a.jpg", "2023/b.jpg", "2024/a.jpg"]
    assert listing.named == ()


def test_a_film_without_a_suffix_travels_with_its_photo_and_a_text_does_not(tmp_path: Path) -> None:
    make(tmp_path, "MVIMG_1.jpg", "MVIMG_2.jpg")
    make(tmp_path, "MVIMG_1", content=film())
    make(tmp_path, "MVIMG_2", content=b"some words")
    listing = walk(tmp_path)
    assert [len(photo.files) for photo in listing.photos] == [2, 1]
    assert listing.passed_over == ("1 without suffix",)


def test_namesakes_of_two_cameras_are_two_photos_and_a_long_film_stays_and_is_named(tmp_path: Path) -> None:
    for name, model, taken in (("A.jpg", "D850", "2024:05:01 12:00:00"), ("A.dng", "EOS R5", "2022:05:01 12:00:00")):
        exif = Image.Exif()
        exif[Base.Model] = model
        exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = taken
        scene(1).save(tmp_path / name, "JPEG", exif=exif)
    make(tmp_path, "A.mov", content=film(60.0))
    listing = LocalPhotoSource(tmp_path).scan()
    assert ids(listing) == ["A.dng", "A.jpg"]
    assert [len(photo.files) for photo in listing.photos] == [1, 1]
    assert listing.named == ("A.mov: is a film of its own, not of the photo of its name",)


def test_each_of_two_photos_of_a_name_has_a_sidecar_of_its_own(tmp_path: Path) -> None:
    for name, model in (("A.jpg", "D850"), ("A.dng", "EOS R5")):
        exif = Image.Exif()
        exif[Base.Model] = model
        scene(1).save(tmp_path / name, "JPEG", exif=exif)
    source = LocalPhotoSource(tmp_path)
    for photo in source.list_photos():
        source.tag_photo(photo, [f"tag of {photo.name}"])
    assert b"tag of A.dng" in (tmp_path / "A.xmp").read_bytes()
    assert b"tag of A.jpg" in (tmp_path / "A.jpg.xmp").read_bytes()
    assert [[Path(file.path).name for file in photo.files] for photo in source.list_photos()] == [
        ["A.dng", "A.xmp"],
        ["A.jpg", "A.jpg.xmp"],
    ]
