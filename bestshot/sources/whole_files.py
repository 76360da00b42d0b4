"""A source that can open the whole file of each photo: all that is read of photos follows from that."""

from typing import TYPE_CHECKING

from bestshot.model.file_facts import FileFacts
from bestshot.model.photo import Metadata, Photo
from bestshot.model.provenance import Provenance
from bestshot.sources.interface import PhotoSource

if TYPE_CHECKING:
    from PIL import Image

    from bestshot.marks.actions import MarkOptions
    from bestshot.marks.library import MarkableLibrary


class WholeFileSource(PhotoSource):
    """Reads metadata, pixels, damage and traces out of what `open_photo` gives; its photos cannot be marked.

    What is left to say: how it is listed (`scan`, `origins`, `locations`, `check_reachable`), how a file is opened and
    fetched (`open_photo`, `fetch_file`), and what a browser shows (`web_address`).
    """

    def get_metadata(self, photo: Photo) -> Metadata:
        """EXIF, or else what sidecars, the name and the file's date say."""
        from bestshot.metadata.read import read_metadata

        with self.open_photo(photo) as stream:
            return read_metadata(stream, photo)

    def get_file_facts(self, photo: Photo) -> FileFacts:
        """Camera, time and length, out of the header."""
        from bestshot.metadata.file_facts import read_file_facts

        with self.open_photo(photo) as stream:
            return read_file_facts(stream, photo.name)

    def get_provenance(self, photo: Photo, *, pixels: bool) -> Provenance:
        """The traces in the picture's file, which is decoded in full for those in its pixels."""
        from bestshot.metadata.provenance import read_provenance

        with self.open_photo(photo) as stream:
            return read_provenance(stream, photo, pixels=pixels)

    def load_pixels(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "Image.Image":
        """Decode the picture, scaled down while decoding where its format can."""
        from bestshot.imaging.load import load_pixels

        with self.open_photo(photo) as stream:
            return load_pixels(stream, photo.name, longest_side, grey=grey)

    def load_checked(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "tuple[Image.Image, str | None]":
        """Decode the picture, and look at its file strictly, in one decode where both can be had from one."""
        from bestshot.imaging.damage import load_checked

        with self.open_photo(photo) as stream:
            return load_checked(stream, photo.name, longest_side, grey=grey)

    def mark_target(self) -> str:
        """The first library."""
        return self.origins()[0]

    def mark_keys(self, photo: Photo) -> tuple[str, ...]:
        """The key of the photo."""
        return (photo.key,)

    def markable(self, options: "MarkOptions") -> "MarkableLibrary":
        """A library that refuses to be marked; raises UsageError if that is wanted."""
        from bestshot.marks.library import Unmarkable

        return Unmarkable(options)
