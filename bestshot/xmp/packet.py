"""Tags and ratings in XMP sidecars: read, and merged into what is there without touching any other byte.

A tag stands in three lists, because programs read the first of them that they find and none of the others:
digiKam:TagsList (digiKam, Immich), lr:hierarchicalSubject with `|` between the levels (darktable; digiKam and Immich
where there is no TagsList; Lightroom) and dc:subject (Lightroom, PhotoPrism, XnView; the others where nothing else is).
So a tag that is added goes into all three, and a list that was missing starts with the tags of the one that was read
in its place: otherwise it would hide them. The rating is xmp:Rating, as an attribute or an element.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from xml.sax.saxutils import escape

from bestshot.errors import PhotoError, UsageError
from bestshot.xmp.spans import Element, attribute_span, child_indentation, cut, decoded, encoded, inserted, parse

REJECTED: Final = -1
"""The rating of a photo that the user rejected."""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RATING = ("http://ns.adobe.com/xap/1.0/", "Rating")
_HIGHEST = 5
_TOOLKIT = "Photo Organizer"
_EMPTY = f"""<?xpacket begin="\N{ZERO WIDTH NO-BREAK SPACE}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{_TOOLKIT}">
 <rdf:RDF xmlns:rdf="{_RDF}">
  <rdf:Description rdf:about=""
    xmlns:xmp="{_RATING[0]}"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:digiKam="http://www.digikam.org/ns/1.0/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/">
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
""".encode()
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class XmpMarks:
    """What a sidecar says: tags as full paths such as "trips/berlin"; a rating of 1 to 5 or REJECTED, None without."""

    tags: frozenset[str] = frozenset()
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class XmpChange:
    """What is to be changed. A rating of 0 takes it away, None leaves it as it is."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class _List:
    """One of the lists that hold tags; `array` is what it is made as, while any that stands there is kept."""

    namespace: str
    local: str
    prefix: str
    array: str
    is_piped: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.namespace, self.local

    def spelled(self, tag: str) -> str:
        """A tag as it stands in this list, and back again."""
        return tag.translate({ord("/"): "|", ord("|"): "/"}) if self.is_piped else tag


_LISTS = (
    _List("http://www.digikam.org/ns/1.0/", "TagsList", "digiKam", "Seq"),
    _List("http://ns.adobe.com/lightroom/1.0/", "hierarchicalSubject", "lr", "Bag", is_piped=True),
    _List("http://purl.org/dc/elements/1.1/", "subject", "dc", "Bag"),
)


def read(content: bytes) -> XmpMarks:
    """What a sidecar or a picture's own packet says; raises PhotoError if it is no XMP; the sentence lacks the name."""
    return _read(decoded(content).xml)


def new_sidecar(packet: bytes | None = None) -> bytes:
    """A sidecar without marks of ours: with the tags of the picture's own packet, which it would hide otherwise."""
    xml = _EMPTY
    descriptions = [] if packet is None else _descriptions(decoded(packet).xml)
    first = _first_tags(descriptions)
    for one in _LISTS:
        xml = _with_tags(xml, one, _tags(descriptions, one) or first)
    return xml


def is_ours(content: bytes) -> bool:
    """Whether a sidecar may still be one that we made and nobody else has written."""
    return _TOOLKIT.encode() in content


def merge(content: bytes | None, change: XmpChange) -> bytes:
    """The sidecar with a change made in it, a new one if there is none; where nothing changes, the very same bytes.

    All bytes but those of the tags and the rating are kept. Adding tags to a sidecar without any, and removing them,
    leaves what was there; an empty list counts as none, and a rating of 0 as no rating.

    Raises:
        PhotoError: it is no XMP, or its tags are in no list; the sentence lacks the name.
        UsageError: a tag cannot be written in XML.
    """
    content = new_sidecar() if content is None else content
    document = decoded(content)
    before = _read(document.xml)
    merged = _merged(document.xml, before, change)
    if merged == document.xml:
        return content
    removed = before.tags.difference(change.remove)
    rating = before.rating if change.rating is None else change.rating or None
    if _read(merged) != XmpMarks(removed.union(change.add), rating):
        raise PhotoError("is made in a way that cannot be changed safely")
    return encoded(replace(document, xml=merged))


def _merged(xml: bytes, before: XmpMarks, change: XmpChange) -> bytes:
    for one in _LISTS:
        xml = _without_tags(xml, one, change.remove)
    missing = [tag for tag in dict.fromkeys(change.add) if tag not in before.tags.difference(change.remove)]
    for tag in missing:
        if not tag.strip() or _NOT_IN_XML.search(tag):
            raise UsageError("A tag must be text without control characters.")
    if missing:
        descriptions = _descriptions(xml)
        first = _first_tags(descriptions)
        for one in _LISTS:
            xml = _with_tags(xml, one, missing if _tags(descriptions, one) else [*first, *missing])
    return xml if change.rating is None or change.rating == (before.rating or 0) else _with_rating(xml, change.rating)


def _read(xml: bytes) -> XmpMarks:
    descriptions = _descriptions(xml)
    tags = frozenset(tag for one in _LISTS for tag in _tags(descriptions, one))
    ratings = [_stars(text) for text in _rating_texts(descriptions)]
    return XmpMarks(tags, next((rating for rating in ratings if rating is not None), None))


def _descriptions(xml: bytes) -> list[Element]:
    """The blocks of properties that are the photo's own, and not part of a property."""
    root = parse(xml)
    rdf = root if root.name.key == (_RDF, "RDF") else next(iter(root.named((_RDF, "RDF"))), None)
    found = [] if rdf is None else rdf.named((_RDF, "Description"))
    if not found:
        raise PhotoError("is no XMP")
    return found


# Tags


def _tags(descriptions: Iterable[Element], one: _List) -> list[str]:
    found = [_properties(description, one) for description in descriptions]
    texts = [item.text.strip() for properties in found for element in properties for item in _items(element)]
    return [one.spelled(text) for text in dict.fromkeys(texts) if text]


def _first_tags(descriptions: Sequence[Element]) -> list[str]:
    """The tags that a program sees which reads the first list that it finds."""
    return next((tags for one in _LISTS if (tags := _tags(descriptions, one))), [])


def _properties(description: Element, one: _List) -> list[Element]:
    found = description.named(one.key)
    is_attribute = any(name.key == one.key for name in description.attributes)
    if is_attribute or any(not element.children and element.text.strip() for element in found):
        raise PhotoError(f"has a {one.prefix}:{one.local} that is no list")
    return found


def _arrays(element: Element) -> list[Element]:
    return [child for child in element.children if child.name.namespace == _RDF]


def _items(element: Element) -> list[Element]:
    return [item for array in _arrays(element) for item in array.named((_RDF, "li"))]


def _without_tags(xml: bytes, one: _List, tags: Iterable[str]) -> bytes:
    """Take tags out of a list, and the list out of the sidecar where nothing else is in it."""
    over = frozenset(one.spelled(tag) for tag in tags)
    for description in reversed(_descriptions(xml)):
        for element in reversed(_properties(description, one)):
            items = _items(element)
            gone = [item for item in items if item.text.strip() in over]
            if gone and len(gone) == len(items):
                xml = cut(xml, description, [element])
            elif gone:
                for array in reversed(_arrays(element)):
                    xml = cut(xml, array, [item for item in array.children if item in gone])
    return xml


def _with_tags(xml: bytes, one: _List, tags: Iterable[str]) -> bytes:
    """Put tags that are not there at the end of a list."""
    for tag in tags:
        descriptions = _descriptions(xml)
        holders = [(parent, element) for parent in descriptions for element in _properties(parent, one)]
        arrays = [array for _, element in holders for array in _arrays(element)]
        if arrays:
            item = arrays[0].written(_RDF, "li")
            xml = inserted(xml, arrays[0], f"<{item}>{_escaped(one.spelled(tag))}</{item}>".encode())
            continue
        for parent, element in reversed(holders):
            xml = cut(xml, parent, [element])
        xml = _with_list(xml, _descriptions(xml)[0], one, one.spelled(tag))
    return xml


def _with_list(xml: bytes, description: Element, one: _List, text: str) -> bytes:
    start, end = _tags_around(description, one.key, one.prefix)
    array, item = description.written(_RDF, one.array), description.written(_RDF, "li")
    outer = child_indentation(xml, description).decode()
    middle, inner = (outer + " ", outer + "  ") if "\n" in outer else ("", "")
    lines = f"{start}{middle}<{array}>{inner}<{item}>{_escaped(text)}</{item}>{middle}</{array}>{outer}{end}"
    return inserted(xml, description, lines.encode())


def _tags_around(description: Element, key: tuple[str, str], prefix: str) -> tuple[str, str]:
    """The start and the end tag of a property, with its namespace if that is not declared yet."""
    namespace, local = key
    written = description.written(namespace, local)
    if written is not None:
        return f"<{written}>", f"</{written}>"
    return f'<{prefix}:{local} xmlns:{prefix}="{namespace}">', f"</{prefix}:{local}>"


def _escaped(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


# The rating


def _rating_texts(descriptions: Iterable[Element]) -> Iterable[str]:
    for description in descriptions:
        yield from (value for name, value in description.attributes.items() if name.key == _RATING)
        yield from (element.text for element in description.named(_RATING))


def _stars(text: str) -> int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return REJECTED if value < 0 else min(round(value), _HIGHEST) or None


def _with_rating(xml: bytes, rating: int) -> bytes:
    """Write a rating wherever one stands, or take it out there; where none stands, as an element."""
    is_there = False
    for description in reversed(_descriptions(xml)):
        for element in reversed(description.named(_RATING)):
            is_there = True
            xml = _with_element(xml, description, element, rating)
        for name in description.attributes:
            if name.key == _RATING:
                is_there = True
                start, value, end = attribute_span(xml, description, name)
                xml = xml[:value] + f'"{rating}"'.encode() + xml[end:] if rating else xml[:start] + xml[end:]
    if is_there or not rating:
        return xml
    description = _descriptions(xml)[0]
    start_tag, end_tag = _tags_around(description, _RATING, "xmp")
    return inserted(xml, description, f"{start_tag}{rating}{end_tag}".encode())


def _with_element(xml: bytes, description: Element, element: Element, rating: int) -> bytes:
    if not rating:
        return cut(xml, description, [element])
    if element.inner == element.end:
        opened = xml[element.start : element.inner - 2] + f">{rating}</{element.name.written}>".encode()
        return xml[: element.start] + opened + xml[element.end :]
    return xml[: element.inner] + str(rating).encode() + xml[element.inner_end :]
