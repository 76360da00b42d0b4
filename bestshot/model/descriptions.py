"""Which descriptions people wrote, and which cameras and programs write into every photo."""

import re
from typing import Final

_BRANDS: Final = (
    "aiptek|benq|canon|casio|epson|fujifilm|hp|kodak|konica|minolta|nikon|olympus|panasonic|pentax|polaroid"
)

_OF_CAMERAS: Final = (
    rf"(({_BRANDS}|praktica|ricoh|samsung|sanyo|sony|vivitar)( \w+)? )*(optical )?(digital (still )?camera|dsc)",
    r"samsung( camera pictures| digimax.*)?|<(digimax|samsung|kenox).*>",
    r"exif[_ ]jpeg[_ ](picture|t?422)|jpeg|default|untitled|image ?description",
    r"dcim[\\/].*|[\w\\/:.-]*\.(jpe?g|dng|tiff?|heic)",
    r"creator: gd-jpeg.*|lead technologies inc.*|created (by|with) dpe.*|processed with vsco.*|file written by adobe.*",
    r"(dav|sdr|hdr|mde|mdn|nor|oznor|cof|cofw?|rbt|rhdr|fbt|btf|edf|ptr|tpl|cavi?)([_-]\w+)*|ozno\w+",
)
"""What cameras, phones and converters put there when nobody wrote anything, in lower case."""

_NOT_WRITTEN: Final = re.compile("|".join(f"(?:{pattern})" for pattern in _OF_CAMERAS))


def is_users(description: str) -> bool:
    """Whether a description tells something of its photo: it is not empty, and not what a camera writes into each."""
    text = " ".join(description.replace("\0", " ").split()).lower()
    return bool(text) and _NOT_WRITTEN.fullmatch(text) is None
