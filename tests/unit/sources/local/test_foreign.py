"""Which folders of other programs are known, by what, and that a user's own folders are not taken for them."""

import os
from pathlib import Path

import pytest

from bestshot.errors import PhotoError, UsageError
from bestshot.marks.kinds.tags import AddTags, RemoveTags
from bestshot.settings.settings import Settings
from bestshot.sources.local.foreign import FOREIGN_FOLDERS, foreign_folder, foreign_owner
from bestshot.sources.local.marks import FolderMarks
from bestshot.sources.local.source import LocalPhotoSource
from tests.support.drawn_library import add, organize, scene
from tests.support.each import every

UUID = "0f5a2b1c-0000-4000-8000-00000000000"

LIBRARIES = {
    "Lightroom": ["2024/a.jpg", "Catalog Previews.lrdata/A/A0B2/A0B2-1-640", "Catalog Smart Previews.lrdata/B/b.dng"],
    "Lightroom, from phones": ["Mobile Downloads.lrdata/a.jpg"],
    "Lightroom of today": ["L.lrlibrary/abc/originals/2024/a.jpg", "L.lrlibrary/abc/previews/a.jpg"],
    "Apple Photos": ["My.photoslibrary/originals/0/a.jpg", "My.photoslibrary/etc/a.jpg", "My.photoslibrary/b.jpg"],
    "Aperture": ["Old.aplibrary/Masters/2012/a.jpg", "Old.aplibrary/Previews/2012/a.jpg"],
    "iPhoto": ["iPhoto Library/AlbumData.xml", "iPhoto Library/Originals/a.jpg", "iPhoto Library/Modified/a.jpg"],
    "migrated": ["iPhoto.migratedphotolibrary/Masters/a.jpg", "iPhoto.migratedphotolibrary/Thumbnails/a.jpg"],
    "Nextcloud": [
        "ann/files/a.jpg", "ann/files_trashbin/files/a.jpg.d1706000000", "ann/files_versions/a.jpg.v1706000000",
        "ann/thumbnails/1/32-32.png", "appdata_oc1abc2de3/preview/a/b/1/256-193.jpg",
    ],
    "Immich": ["library/ann/a.jpg", f"thumbs/u1/0f/5a/{UUID}1-preview.jpeg", f"encoded-video/u1/0f/5a/{UUID}1.mp4"],
    "Immich, marked": ["upload/a.jpg", "upload/.immich", "thumbs/.immich", "thumbs/x.webp"],
    "PhotoPrism": ["originals/a.jpg", "storage/cache/thumbnails/0/a/1/0a1b_fit_720.jpg", "storage/sidecar/a.heic.jpg"],
    "Capture One session": ["Capture/a.jpg", "Capture/CaptureOne/Cache/Proxies/a.cop", "x.cosessiondb", "Trash/a.jpg"],
    "Capture One catalog": ["C.cocatalog/Originals/a.jpg", "C.cocatalog/Cache/Thumbnails/a.cot"],
    "Piwigo": ["galleries/a.jpg", "_data/i/galleries/a-th.jpg", "galleries/pwg_representative/film.jpg"],
    "Lychee": ["uploads/big/a.jpg", "uploads/medium/a.jpg", "uploads/thumb2x/a.jpg"],
    "Synology": ["a.jpg", "@eaDir/a.jpg/SYNOPHOTO_THUMB_XL.jpg"],
    "darktable": ["a.jpg", "mipmaps-0a1b.d/3/1.jpg"],
    "a desktop": ["a.jpg", f"thumbnails/large/{'0a' * 16}.png", "Trash/info/b.jpg.trashinfo", "Trash/files/b.jpg"],
    "Takeout": ["Photos from 2024/a.jpg", "Trash/a.jpg"],
    "Shotwell": ["a.jpg", "thumbs/thumbs128/thumb0000000000000001.jpg"],
}  # fmt: skip


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"" if name.endswith("db") else b"\xff\xd8\xff\xe0")


@every("library", LIBRARIES)
def test_of_another_programs_library_only_the_originals_are_read(tmp_path: Path, library: str) -> None:
    make(tmp_path, *LIBRARIES[library])
    listing = LocalPhotoSource(tmp_path).scan()
    assert [photo.name for photo in listing.photos] == ["a.jpg"]
    assert listing.skipped == ()
    if len(LIBRARIES[library]) > 1:
        assert any(" is of " in name for name in listing.named)


def test_a_library_that_is_the_source_itself_or_is_linked_is_read_alike(tmp_path: Path) -> None:
    make(tmp_path, *LIBRARIES["Apple Photos"])
    library = tmp_path / "My.photoslibrary"
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "link").symlink_to(library)
    assert [photo.key for photo in LocalPhotoSource(library).scan().photos] == ["originals/0/a.jpg"]
    assert [photo.key for photo in LocalPhotoSource(tmp_path / "pictures").scan().photos] == ["link/originals/0/a.jpg"]


OWN = [
    "thumbs", "thumbs/2024", "Cache", "cache/proxies of mine", "previews", "library", "upload", "profile", "backups",
    "originals", "Masters", "thumbnails/large", "Trash", "bin", "uploads/small", "storage/cache", "metadata", "medium",
    "encoded-video", "Adjustments", "Settings", "files", "var/thumbs", "_data", "appdata_of_mine", "lrdata",
    "media_cache",
]  # fmt: skip


@every("folder", OWN)
def test_a_users_own_folder_of_such_a_name_is_read(tmp_path: Path, folder: str) -> None:
    make(tmp_path, f"{folder}/a.jpg", f"{folder}/0a/b.jpg")
    assert len(LocalPhotoSource(tmp_path).scan().photos) == 2
    assert foreign_owner(os.fspath(tmp_path / folder)) is None


def test_the_names_of_the_table_are_in_lower_case_and_each_row_can_be_met() -> None:
    for row in FOREIGN_FOLDERS:
        patterns = [*row.names, *row.beside, *row.inside, *row.reads]
        assert patterns == [pattern.lower() for pattern in patterns]
        if not row.beside and not row.inside:
            path = "/photos/" + row.names[0].replace("*", "x").replace("[0-9]", "1")
            met = foreign_folder(path, ())
            assert met is not None, path
            assert met.program == row.program


@pytest.mark.parametrize(
    ("library", "photo", "program"),
    [
        ("Apple Photos", "My.photoslibrary/originals/0/a.jpg", "Apple Photos"),
        ("Lightroom, from phones", "Mobile Downloads.lrdata/a.jpg", "Lightroom"),
        ("Nextcloud", "ann/files/a.jpg", "Nextcloud, ownCloud"),
        ("Immich", "library/ann/a.jpg", "Immich"),
        ("Immich, marked", "upload/a.jpg", "Immich"),
        ("Capture One catalog", "C.cocatalog/Originals/a.jpg", "Capture One"),
    ],
)
def test_no_sidecar_is_written_in_the_library_of_another_program(
    tmp_path: Path, library: str, photo: str, program: str
) -> None:
    make(tmp_path, *LIBRARIES[library])
    add(tmp_path / photo, scene(1))
    source = LocalPhotoSource(tmp_path)
    with pytest.raises(PhotoError, match=f"in the library of {program}"):
        source.tag_photo(source.scan().photos[0], ["trip"])
    assert [*tmp_path.rglob("*.xmp")] == []


@every("output", ["My.photoslibrary/originals/out", "My.photoslibrary", "@eaDir/out", "Cat Previews.lrdata/new/out"])
def test_no_output_is_made_in_a_folder_of_another_program(tmp_path: Path, output: str) -> None:
    add(tmp_path / "a.jpg", scene(1))
    with pytest.raises(UsageError, match="in a folder of"):
        organize(tmp_path, settings=Settings(no_faces=True, output=str(tmp_path / output)))
    assert not (tmp_path / output).exists()


def test_beside_the_previews_of_a_program_that_keeps_no_library_sidecars_are_written(tmp_path: Path) -> None:
    make(tmp_path, "@eaDir/a.jpg/SYNOPHOTO_THUMB_XL.jpg", "Catalog Previews.lrdata/A/x")
    add(tmp_path / "a.jpg", scene(1))
    [photo] = LocalPhotoSource(tmp_path).scan().photos
    LocalPhotoSource(tmp_path).tag_photo(photo, ["trip"])
    assert (tmp_path / "a.jpg.xmp").exists()


def test_what_an_earlier_version_wrote_there_can_be_taken_off(tmp_path: Path) -> None:
    photo = tmp_path / "My.photoslibrary" / "originals" / "a.jpg"
    add(photo, scene(1))
    undoing, running = FolderMarks(older=()), FolderMarks()
    assert undoing.mark(AddTags((str(photo),), ("trip",))).changed == (str(photo),)
    assert running.mark(RemoveTags((str(photo),), ("trip",))).changed == (str(photo),)
