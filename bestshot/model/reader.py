"""Reading single photos of a library: the part of a source that is sent to the workers."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from bestshot.model.faces import FaceBox
from bestshot.model.file_facts import FileFacts
from bestshot.model.photo import Metadata, Photo
from bestshot.model.provenance import Provenance

if TYPE_CHECKING:
    from PIL import Image


PREVIEW_SIZE = 1280
"""Longest side, in pixels, of previews, and so of the pictures that are appraised and shown in reports."""


class PhotoReader(ABC):
    """Reads photos one by one; picklable, since it is sent to other processes and machines.

    Reading that fails raises an error; it never returns an empty value.
    """

    @property
    def read_at_once(self) -> int:
        """How many photos all workers together may read at once, if that is more than one per worker."""
        return 1

    @property
    def detail(self) -> str:
        """What pictures are taken from, where that can be said: what was measured on another is not used for it."""
        return ""

    @abstractmethod
    def origins(self) -> tuple[str, ...]:
        """The permanent names of the libraries that are read; raises SourceError."""

    @abstractmethod
    def check_reachable(self) -> None:
        """Raise SourceError if the library has gone since it was listed, or is not seen from here."""

    @abstractmethod
    def get_metadata(self, photo: Photo) -> Metadata:
        """Read what a photo states about itself; raises PhotoError."""

    @abstractmethod
    def load_pixels(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "Image.Image":
        """Load the upright picture, no larger than asked for, from the smallest sufficient data; raises PhotoError."""

    def load_from_preview(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "Image.Image":
        """Load the picture from what serves for previews too, where they are fetched: they are wanted next."""
        return self.load_pixels(photo, longest_side, grey=grey)

    def known_faces(self, photo: Photo) -> tuple[FaceBox, ...]:  # noqa: ARG002 - for sources that know some
        """The faces that the library already knows, by default none; raises PhotoError."""
        return ()

    def load_checked(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "tuple[Image.Image, str | None]":
        """Load the picture, and say what is wrong with its file, where the source holds the file; raises PhotoError."""
        return self.load_pixels(photo, longest_side, grey=grey), None

    def get_provenance(
        self,
        photo: Photo,  # noqa: ARG002 - for sources that hold the files
        *,
        pixels: bool,  # noqa: ARG002
    ) -> Provenance:
        """What the picture's file tells of where it came from, by default nothing; raises PhotoError.

        What its `pixels` tell takes a hundred times as long as what its header says.
        """
        return Provenance()

    def get_file_facts(self, photo: Photo) -> FileFacts:  # noqa: ARG002 - for sources that hold the files
        """What a single file says of its shot, by default nothing; raises PhotoError."""
        return FileFacts()
