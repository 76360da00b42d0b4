"""What a picture file tells of where it came from, by which an original is known from what was made of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provenance:
    """Traces in one picture file; what is None or empty is unknown, and never counts as little.

    `software` is the program that wrote it, if it says so. `capture_tags` counts the tags in EXIF, of which converters
    drop some. `stated_size` is the size that EXIF gives, which stays behind when a picture is resized. `library_signs`
    counts the marks of programming libraries in a JPEG, which most cameras do without. `jpeg_step` is the quantisation
    step of a JPEG at middle frequencies. `was_jpeg` is whether the pixels remember an earlier and coarser JPEG
    compression. `spectrum` is the logarithm of the power of their frequencies, up to the highest that they can hold.
    """

    software: str | None = None
    capture_tags: int | None = None
    has_maker_note: bool | None = None
    stated_size: tuple[int, int] | None = None
    library_signs: int | None = None
    jpeg_step: float | None = None
    was_jpeg: bool | None = None
    spectrum: tuple[float, ...] = ()
