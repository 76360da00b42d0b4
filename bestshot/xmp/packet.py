"""The one reader of XMP, for judging and for marking: the properties of a photo and their places in the bytes.

Only the properties that are asked for are kept; all others are passed over while their depth is counted. Namespaces are
resolved here and not by expat, which copies the whole namespace for each name in it. So time and memory grow with the
size of the input, whatever it holds.

What is kept has the place of its tags in the bytes, so that `sidecar` can change it and leave all else as it is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

from bestshot.errors import PhotoError
from bestshot.xmp.document import cleaned, decoded
from bestshot.xmp.labels import LABEL_SIGNS, label_said

Key = tuple[str, str]
"""The namespace and the local name of an element or attribute."""

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RATING: Final = ("http://ns.adobe.com/xap/1.0/", "Rating")
# ISO 16684-1 and Adobe's XMP specification part 2, from the moment of the shot to that of the file.
CAPTURE_DATES: Final = (
    ("http://ns.adobe.com/exif/1.0/", "DateTimeOriginal"),
    ("http://ns.adobe.com/photoshop/1.0/", "DateCreated"),
    ("http://ns.adobe.com/xap/1.0/", "CreateDate"),
)
# Of Google's cameras, which write both; programs may keep only one of them.
BURST_IDS: Final = (
    ("http://ns.google.com/photos/1.0/camera/", "BurstID"),
    ("http://ns.google.com/photos/1.0/creations/", "CameraBurstID"),
)
BURST_PRIMARY: Final = ("http://ns.google.com/photos/1.0/camera/", "BurstPrimary")
REJECTED: Final = -1
"""The rating of a photo that the user rejected."""

_MOST_STARS = 5
_MALFORMED = "is not well-formed XML"


@dataclass(frozen=True, slots=True)
class TagList:
    """One of the lists that hold tags; `array` is what it is made as, while any that stands there is kept."""

    namespace: str
    local: str
    prefix: str
    array: str
    is_piped: bool = False

    @property
    def key(self) -> Key:
        """Its name, whatever the prefix."""
        return self.namespace, self.local

    def spelled(self, tag: str) -> str:
        """A tag as it stands in this list, and back again."""
        return tag.translate({ord("/"): "|", ord("|"): "/"}) if self.is_piped else tag


TAG_LISTS: Final = (
    TagList("http://www.digikam.org/ns/1.0/", "TagsList", "digiKam", "Seq"),
    TagList("http://ns.adobe.com/lightroom/1.0/", "hierarchicalSubject", "lr", "Bag", is_piped=True),
    TagList("http://purl.org/dc/elements/1.1/", "subject", "dc", "Bag"),
)
"""In the order in which programs look for them."""

_LISTS = frozenset(one.key for one in TAG_LISTS)
_PROPERTIES = frozenset((*_LISTS, *CAPTURE_DATES, RATING, *LABEL_SIGNS, *BURST_IDS, BURST_PRIMARY))
_LOCALS = frozenset(local for _, local in _PROPERTIES)


@dataclass(frozen=True, slots=True)
class XmpMarks:
    """The marks in a sidecar: tags as full paths such as "trips/berlin"; a rating of 1 to 5, REJECTED or None.

    The label is what all programs say together that labelled the photo.
    """

    tags: frozenset[str] = frozenset()
    rating: int | None = None
    label: str | None = None


@dataclass(slots=True, eq=False)
class Element:
    """One element that is kept; its places are offsets in the bytes.

    The start tag goes from `start` to `inner`, the end tag from `inner_end` to `end`. In `<a/>` the last three are one.
    """

    name: str
    """As it is written, with its prefix."""
    key: Key
    start: int
    inner: int
    attributes: Mapping[Key, tuple[str, str]]
    """How each attribute that is a property is written, and its value."""
    inner_end: int = 0
    end: int = 0
    last_child: int | None = None
    """Where its last child begins, be it kept or not."""
    text: str = ""
    children: "list[Element]" = field(default_factory=list)

    def named(self, key: Key) -> "list[Element]":
        """The children of this name."""
        return [child for child in self.children if child.key == key]


@dataclass(frozen=True, slots=True)
class Packet:
    """The properties of one photo: the top-level blocks of the first rdf:RDF."""

    xml: bytes
    descriptions: Sequence[Element]
    prefixes: Mapping[str, str]
    """The prefix of each namespace that is declared for the first block."""

    @property
    def rating(self) -> int | None:
        """The first valid rating."""
        return next((rating for text in self.values(RATING) if (rating := _rating(text)) is not None), None)

    @property
    def marks(self) -> XmpMarks:
        """The tags, the rating and the label; raises PhotoError if a list of tags is something else."""
        return XmpMarks(frozenset(tag for one in TAG_LISTS for tag in self.tags(one)), self.rating, self.label)

    @property
    def label(self) -> str | None:
        """What all properties say that label a photo; one that holds a list, as darktable's, says so."""
        return label_said((key, text) for key in LABEL_SIGNS for text in (*self.values(key), *self._lists(key)))

    def _lists(self, key: Key) -> Iterator[str]:
        for description in self.descriptions:
            yield from ("list" for element in description.named(key) if element.last_child is not None)

    def values(self, key: Key) -> Iterator[str]:
        """What is written for a simple property, as an attribute or as an element, in order."""
        for description in self.descriptions:
            if key in description.attributes:
                yield description.attributes[key][1]
            yield from (element.text for element in description.named(key))

    def tags(self, one: TagList) -> list[str]:
        """The tags in one of the lists; raises PhotoError if it is not a list."""
        texts = [item.text.strip() for array in self.arrays(one) for item in array.children]
        return [one.spelled(text) for text in dict.fromkeys(texts) if text]

    def first_tags(self) -> list[str]:
        """The tags that a program sees which reads the first list that it finds."""
        return next((tags for one in TAG_LISTS if (tags := self.tags(one))), [])

    def holders(self, one: TagList) -> list[Element]:
        """The elements of a list of tags, with or without arrays; raises PhotoError if one holds something else."""
        found = [element for description in self.descriptions for element in description.named(one.key)]
        is_attribute = any(one.key in description.attributes for description in self.descriptions)
        if is_attribute or any(element.last_child is None and element.text.strip() for element in found):
            raise PhotoError(f"has a {one.prefix}:{one.local} that is not a list")
        return found

    def arrays(self, one: TagList) -> list[Element]:
        """The rdf:Bag, rdf:Seq or rdf:Alt in a list of tags; their children are its items."""
        return [array for element in self.holders(one) for array in element.children]


def read(content: bytes) -> XmpMarks:
    """The marks in a sidecar or in the packet of a picture; raises PhotoError, whose message leaves out the name."""
    return parse(content).marks


def parse(content: bytes) -> Packet:
    """Read a packet or sidecar, also one with control characters in it, or with padding or text around it.

    Raises PhotoError if it is not XMP; the message leaves out the name.
    """
    xml = decoded(content).xml
    try:
        return parse_strictly(xml)
    except PhotoError:
        clean = cleaned(xml)
        if clean == xml:
            raise
        return parse_strictly(clean)


def parse_strictly(xml: bytes) -> Packet:
    """Read a well-formed document in UTF-8, whatever it declares; raises PhotoError, also for one with a DTD.

    XMP has no DTD; without one there are no entities that could grow or name other files.
    """
    return _Parser(xml).packet()


def stars(value: float) -> int | None:
    """The rating that a number stands for, as cameras and programs write it; None for 0 and for an invalid one.

    ISO 16684-2 (annex C) allows -1 and all numbers from 0 to 5, and nothing else. What lies outside is not a rating, as
    in Immich: it means neither "best" nor "rejected", but a scale that is not known.
    """
    if value == REJECTED:
        return REJECTED
    return round(value) or None if 0 <= value <= _MOST_STARS else None


def _rating(text: str) -> int | None:
    try:
        return stars(float(text))
    except ValueError:
        return None


# The start tag of an element that the parser has seen. No part is tried twice, so it takes a linear time.
_TAG = re.compile(rb"<[^\"'>]*+(?:\"[^\"]*+\"[^\"'>]*+|'[^']*+'[^\"'>]*+)*+>")
_NO_ATTRIBUTES: Mapping[Key, tuple[str, str]] = {}


class _Parser:
    def __init__(self, xml: bytes) -> None:
        self._xml = xml
        self._rdf: Element | None = None
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._skipped = 0  # how deep the parser is in an element that is not kept
        self._scope: dict[str, str] = {"xml": "http://www.w3.org/XML/1998/namespace"}
        # For each open element that is not skipped: the prefixes it declares, and what they meant outside.
        self._shadowed: list[list[tuple[str, str | None]]] = []
        self._prefixes: dict[str, str] = {}
        self._keys: dict[Key, Key] = {}  # of what is kept, so that a million items share one
        self._expat = ParserCreate("utf-8")
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = self._refuse
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._add_text

    def packet(self) -> Packet:
        try:
            self._expat.Parse(self._xml, True)  # noqa: FBT003 - expat's own signature
        except ExpatError as error:
            raise PhotoError(_MALFORMED) from error
        finally:
            del self._expat  # it holds this object, and both would wait for the garbage collector
        if self._rdf is None:
            raise PhotoError("is not XMP")
        return Packet(self._xml, self._rdf.children, self._prefixes)

    def _refuse(self, *_declared: object) -> None:
        raise PhotoError("has a document type declaration, which XMP never has")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._skipped:
            self._skipped += 1
            return
        start = self._expat.CurrentByteIndex
        if self._open:
            self._open[-1].last_child = start
        shadowed = self._declare(attributes)
        key = self._key(name)
        if self._is_kept(key):
            self._keep(name, key, start, attributes)
        elif self._rdf is not None:
            self._restore(shadowed)
            self._skipped = 1
            return
        self._shadowed.append(shadowed)

    def _is_kept(self, key: Key) -> bool:
        match len(self._open):
            case 0:
                return self._rdf is None and key == (RDF, "RDF")
            case 1:
                return key == (RDF, "Description")
            case 2:
                return key in _PROPERTIES
            case 3:
                return key[0] == RDF and self._open[-1].key in _LISTS
            case 4:
                return key == (RDF, "li")
        return False

    def _keep(self, name: str, key: Key, start: int, attributes: dict[str, str]) -> None:
        tag = _TAG.match(self._xml, start)
        assert tag is not None  # the parser has seen it
        is_block = len(self._open) == 1
        properties = self._properties(attributes) if is_block else _NO_ATTRIBUTES
        element = Element(name, self._keys.setdefault(key, key), start, tag.end(), properties)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._rdf = element
        if is_block and not self._prefixes:
            self._prefixes = {namespace: prefix for prefix, namespace in sorted(self._scope.items())}
        self._open.append(element)
        self._texts.append([])

    def _end(self, _name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        self._restore(self._shadowed.pop())
        if not self._open:
            return
        element = self._open.pop()
        element.text = "".join(self._texts.pop())
        if self._xml.endswith(b"/>", element.start, element.inner):
            element.inner_end = element.end = element.inner
        else:
            element.inner_end = self._expat.CurrentByteIndex
            element.end = self._xml.index(b">", element.inner_end) + 1

    def _add_text(self, text: str) -> None:
        if self._texts and not self._skipped:
            self._texts[-1].append(text)

    def _declare(self, attributes: dict[str, str]) -> list[tuple[str, str | None]]:
        shadowed: list[tuple[str, str | None]] = []
        for name, namespace in attributes.items():
            if name == "xmlns" or name.startswith("xmlns:"):
                prefix = name[len("xmlns:") :]
                shadowed.append((prefix, self._scope.get(prefix)))
                self._scope[prefix] = namespace
        return shadowed

    def _restore(self, shadowed: Iterable[tuple[str, str | None]]) -> None:
        for prefix, namespace in shadowed:
            if namespace is None:
                del self._scope[prefix]
            else:
                self._scope[prefix] = namespace

    def _key(self, name: str) -> Key:
        prefix, colon, local = name.rpartition(":")
        namespace = self._scope.get(prefix, "")
        if colon and not namespace:
            raise PhotoError(_MALFORMED)
        return namespace, local

    def _properties(self, attributes: dict[str, str]) -> Mapping[Key, tuple[str, str]]:
        found: dict[Key, tuple[str, str]] = {}
        for name, value in attributes.items():
            prefix, colon, local = name.rpartition(":")
            if not colon or prefix == "xmlns" or local not in _LOCALS:
                continue
            key = self._key(name)
            if key in found:  # by two prefixes of one namespace
                raise PhotoError(_MALFORMED)
            found[key] = name, value
        return {key: written for key, written in found.items() if key in _PROPERTIES}
