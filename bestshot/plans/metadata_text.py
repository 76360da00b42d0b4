"""The text of metadata.txt, which describes a group."""

from collections.abc import Iterator, Mapping
from typing import Final

from bestshot.model.groups import RankedPhoto, Verdict
from bestshot.model.photo import Metadata, Photo
from bestshot.ranking.preferences import choice_in_words
from bestshot.text import base_name, count, format_size, printable

_REFERENCE: Final = " (for reference: compared, and left where it is)"


def metadata_text(number: int, verdict: Verdict, metadata: Mapping[str, Metadata]) -> str:
    """The text of metadata.txt, which depends on the group alone and not on the run."""
    photos = f"Group {number}: {count(len(verdict.ranking), 'photo')}"
    best = printable(verdict.best.name) + (_REFERENCE if verdict.best.is_reference else "")
    if verdict.kind.is_set:
        head = [f"{photos} of one {verdict.kind.value}, kept whole.", f"Representative: {best}"]
    else:
        head = [f"{photos} of one shot ({verdict.kind.value}), best first.", f"Best: {best}"]
    if verdict.keepers:
        names = {ranked.photo.id: printable(ranked.photo.name) for ranked in verdict.ranking}
        head.append(f"Kept beside it: {', '.join(names[id_] for id_ in verdict.keepers)}")
    lines = [*head, ""]
    for place, ranked in enumerate(verdict.ranking, start=1):
        lines += _photo_lines(place, ranked, metadata[ranked.photo.id])
    return "\n".join(lines).rstrip("\n") + "\n"


def _photo_lines(place: int, ranked: RankedPhoto, metadata: Metadata) -> list[str]:
    photo = ranked.photo
    return [
        f"{place}. {printable(photo.name)}{_REFERENCE if photo.is_reference else ''}",
        *[f"   {label + ':':<12} {value}" for label, value in metadata_in_words(photo, metadata)],
        *([f"   {'why:':<12} {'; '.join(ranked.why)}"] if ranked.why else ()),
        f"   {'score:':<12} {ranked.score:.3f}",
        *[f"   {'':<12} {reason.name}: {reason.text}" for reason in ranked.reasons],
        "",
    ]


def metadata_in_words(photo: Photo, metadata: Metadata) -> Iterator[tuple[str, str]]:
    """What is known of a photo, item by item with its label."""
    path = photo.files[0].path if photo.files else photo.id
    yield "path", printable(path)
    if photo.files[1:]:
        yield "with", ", ".join(printable(base_name(file.path)) for file in photo.files[1:])
    yield "size", format_size(photo.size)
    if metadata.width and metadata.height:
        yield "dimensions", f"{metadata.width} x {metadata.height}"
    doubt = metadata.taken.in_doubt_because
    yield "time", metadata.taken.isoformat() + (f" (a guess: {doubt})" if doubt else "")
    if camera := ", ".join(part for part in (metadata.camera, metadata.lens) if part):
        yield "camera", camera
    if exposure := ", ".join(_exposure(metadata)):
        yield "exposure", exposure
    if metadata.is_favorite or metadata.rating:
        yield "rating", choice_in_words(metadata)
    if metadata.latitude is not None and metadata.longitude is not None:
        yield "GPS", f"{metadata.latitude:.6f}, {metadata.longitude:.6f}"


def _exposure(metadata: Metadata) -> Iterator[str]:
    seconds = metadata.exposure_seconds
    if seconds:
        yield f"1/{round(1 / seconds)} s" if seconds < 0.4 else f"{seconds:g} s"
    if metadata.f_number:
        yield f"f/{metadata.f_number:g}"
    if metadata.iso:
        yield f"ISO {metadata.iso}"
    if metadata.focal_length_mm:
        yield f"{metadata.focal_length_mm:g} mm"
