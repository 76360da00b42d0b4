"""Labels of photos as programs write them, each named by its colour.

xmp:Label is a text, by custom the English name of a colour. digiKam reads numbers of its own before it: those of its
colours, and those of its flags, which it draws in red for rejected, yellow for pending and green for accepted. So a
label of such a colour is written as that number too, and one of these three as the flag. The properties of other
programs are never written: they tell that somebody labelled the photo.
"""

from collections.abc import Iterable, Mapping
from typing import Final

_DIGIKAM = "http://www.digikam.org/ns/1.0/"
_LABEL = ("http://ns.adobe.com/xap/1.0/", "Label")
_COLOR_LABEL = (_DIGIKAM, "ColorLabel")
_PICK_LABEL = (_DIGIKAM, "PickLabel")

_COLORS = ("Red", "Orange", "Yellow", "Green", "Blue", "Purple", "Gray", "Black", "White")
_FLAGS = ("Red", "Yellow", "Green")
_NUMBERED: Mapping[tuple[str, str], tuple[str, ...]] = {_COLOR_LABEL: _COLORS, _PICK_LABEL: _FLAGS}
"""What the numbers of digiKam mean, from 1 on; 0 is no label."""

LABEL_SIGNS: Final = (
    _LABEL,
    *_NUMBERED,
    ("http://darktable.sf.net/", "colorlabels"),
    ("http://ns.camerabits.com/photomechanic/1.0/", "ColorClass"),
    ("http://ns.adobe.com/xmp/1.0/DynamicMedia/", "pick"),
)
"""All properties by which programs label a photo."""


def proper_label(text: str) -> str:
    """A label as programs know it: the name of a colour with a capital, any other text as it is."""
    return next((color for color in _COLORS if color.casefold() == text.casefold()), text)


def written_label(label: str) -> dict[tuple[str, str], str]:
    """What the properties say of a photo with this label; "" is to be taken out, as all are for the label ""."""
    numbers = {key: str(names.index(label) + 1) if label in names else "" for key, names in _NUMBERED.items()}
    return {_LABEL: label} | numbers


def label_said(said: Iterable[tuple[tuple[str, str], str]]) -> str | None:
    """What properties and their texts come to: one name, or all of them where they contradict each other."""
    names = dict.fromkeys(_name(key, text.strip()) for key, text in said if text.strip() not in ("", "0"))
    return ", ".join(names) or None


def _name(key: tuple[str, str], text: str) -> str:
    if key == _LABEL:
        return text
    names = dict(enumerate(_NUMBERED.get(key, ()), start=1))
    return next((name for number, name in names.items() if str(number) == text), f"{key[1]} {text}")
