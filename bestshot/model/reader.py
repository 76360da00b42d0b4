"""What reads single photos of a library: the part of a source that travels to the workers."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from bestshot.model.faces import FaceBox
from bestshot.model.photo import Metadata, Photo

if TYPE_CHECKING:
    from PIL import Image


class PhotoReader(ABC):
    """Reads photos one by one; picklable, since it travels to other processes and machines.

    A read that fails raises; nothing answers an empty value for "it failed".
    """

    @property
    def read_at_once(self) -> int:
        """How many photos may be read at once by all workers together, if that is more than there are workers."""
        return 1

    @abstractmethod
    def origins(self) -> tuple[str, ...]:
        """The names, for good, of the libraries that are read; raises SourceError."""

    @abstractmethod
    def get_metadata(self, photo: Photo) -> Metadata:
        """What a photo says of itself; raises PhotoError."""

    @abstractmethod
    def load_pixels(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "Image.Image":
        """The upright picture, no larger than asked for, from the smallest data that serve; raises PhotoError."""

    def known_faces(self, photo: Photo) -> tuple[FaceBox, ...]:  # noqa: ARG002 - for sources that know some
        """The faces that the library knows already, none unless a source says so; raises PhotoError."""
        return ()
