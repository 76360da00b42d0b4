"""The one writer of XMP: tags, ratings and labels merged into a sidecar without touching any other byte.

A tag stands in three lists, because programs read the first of them that they find and none of the others:
digiKam:TagsList (digiKam, Immich), lr:hierarchicalSubject with `|` between the levels (darktable; digiKam and Immich
where there is no TagsList; Lightroom) and dc:subject (Lightroom, PhotoPrism, XnView; the others where nothing else is).
So a tag that is added goes into all three, and a list that was missing starts with the tags of the one that was read
in its place: otherwise it would hide them. The rating is xmp:Rating, as an attribute or an element; a label is written
as `labels` says, in the same two ways.

Bytes are cut and put in at the places that the reader found, because a library that writes XML anew keeps what it says
and loses how it was laid out: the declaration, line ends, quotes, one attribute per line. Each change is a list of
edits that are made in one go, so that many tags do not copy the document many times.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from bestshot.errors import PhotoError, UsageError
from bestshot.xmp.document import NOT_IN_XML, decoded, encoded
from bestshot.xmp.labels import written_label
from bestshot.xmp.packet import RATING, RDF, TAG_LISTS, Element, Key, Packet, TagList, XmpMarks, parse, parse_strictly

_TOOLKIT = "Photo Organizer"
_EMPTY = f"""<?xpacket begin="\N{ZERO WIDTH NO-BREAK SPACE}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{_TOOLKIT}">
 <rdf:RDF xmlns:rdf="{RDF}">
  <rdf:Description rdf:about=""
    xmlns:xmp="{RATING[0]}"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:digiKam="http://www.digikam.org/ns/1.0/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/">
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
""".encode()
_PREFIXES = {RATING[0]: "xmp", **{one.namespace: one.prefix for one in TAG_LISTS}}
_ATTRIBUTE = re.compile(rb"\s++([^\s=/>]++)\s*+=\s*+(\"[^\"]*+\"|'[^']*+')")


@dataclass(frozen=True, slots=True)
class XmpChange:
    """What is to be changed. A rating of 0 and a label of "" remove it, None leaves it as it is."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    rating: int | None = None
    label: str | None = None

    @property
    def values(self) -> Mapping[Key, str]:
        """What is to be written for simple properties; "" is to be taken out."""
        rating = {} if self.rating is None else {RATING: str(self.rating or "")}
        return rating | ({} if self.label is None else written_label(self.label))


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    """Bytes that come in place of those from `start` to `end`."""

    start: int
    end: int
    new: bytes = b""


def new_sidecar(packet: bytes | None = None) -> bytes:
    """A sidecar without marks of ours: with the tags of the picture's own packet, which it would hide otherwise."""
    found = Packet(b"", (), {}) if packet is None else parse(packet)
    first = found.first_tags()
    tags = {one: found.tags(one) or first for one in TAG_LISTS}
    return _edited(_EMPTY, _additions(parse_strictly(_EMPTY), tags, {}))


def is_ours(content: bytes) -> bool:
    """Whether a sidecar may still be one that we made and nobody else has written."""
    return _TOOLKIT.encode() in content


def merge(content: bytes | None, change: XmpChange) -> bytes:
    """The sidecar with a change made in it, a new one if there is none; where nothing changes, the very same bytes.

    All bytes but those of the tags, the rating and the label are kept. Adding tags to a sidecar without any, and
    removing them, leaves what was there; an empty list counts as no list, and a rating or label of 0 as none.

    Raises:
        PhotoError: it is not well-formed XMP, or its tags are not in a list; the message leaves out the name.
        UsageError: a tag cannot be written in XML.
    """
    content = new_sidecar() if content is None else content
    document = decoded(content)
    packet = parse_strictly(document.xml)
    before = packet.marks
    tags = before.tags.difference(change.remove)
    added = [tag for tag in dict.fromkeys(change.add) if tag not in tags]
    if any(not tag.strip() or NOT_IN_XML.search(tag) for tag in added):
        raise UsageError("A tag must be text without control characters.")
    rating = before.rating if change.rating is None else change.rating or None
    label = before.label if change.label is None else change.label or None
    new_rating = None if rating == before.rating else rating or 0
    new_label = None if label == before.label else label or ""
    merged = _merged(packet, XmpChange(tuple(added), change.remove, new_rating, new_label))
    if merged == document.xml:
        return content
    if parse_strictly(merged).marks != XmpMarks(tags.union(added), rating, label):
        raise PhotoError("is written in a way that cannot be changed safely")
    return encoded(replace(document, xml=merged))


def _merged(packet: Packet, change: XmpChange) -> bytes:
    edits = [edit for one in TAG_LISTS for edit in _removals(packet, one, change.remove)]
    edits += [edit for key, value in change.values.items() for edit in _value_edits(packet, key, value)]
    values = {key: value for key, value in change.values.items() if value and not any(True for _ in packet.values(key))}
    if edits:
        packet = parse_strictly(_edited(packet.xml, edits))
    first = packet.first_tags()
    missing = {one: change.add if packet.tags(one) else (*first, *change.add) for one in TAG_LISTS}
    return _edited(packet.xml, _additions(packet, missing if change.add else {}, values))


def _edited(xml: bytes, edits: Iterable[_Edit]) -> bytes:
    parts: list[bytes] = []
    place = 0
    for edit in sorted(edits):
        parts += (xml[place : edit.start], edit.new)
        place = edit.end
    return b"".join((*parts, xml[place:]))


# What is there already


def _removals(packet: Packet, one: TagList, tags: Iterable[str]) -> Iterator[_Edit]:
    """Take tags out of a list, and the list out of the sidecar where nothing else is in it."""
    over = frozenset(one.spelled(tag) for tag in tags)
    for holder in packet.holders(one):
        items = [item for array in holder.children for item in array.children]
        gone = [item for item in items if item.text.strip() in over]
        whole = [holder] if gone and len(gone) == len(items) else gone
        yield from (_cut(packet.xml, element) for element in whole)


def _value_edits(packet: Packet, key: Key, value: str) -> Iterator[_Edit]:
    """Write a simple property wherever it stands, or take it out there."""
    for description in packet.descriptions:
        if key in description.attributes:
            yield _written_attribute(packet.xml, description, key, value)
        for element in description.named(key):
            yield _written_element(packet.xml, element, value)


def _written_element(xml: bytes, element: Element, value: str) -> _Edit:
    if not value:
        return _cut(xml, element)
    text = escape(value, quote=False).encode()
    if element.inner == element.end:
        return _Edit(element.inner - 2, element.end, b">" + text + f"</{element.name}>".encode())
    return _Edit(element.inner, element.inner_end, text)


def _written_attribute(xml: bytes, description: Element, key: Key, value: str) -> _Edit:
    name = description.attributes[key][0].encode()
    place = description.start + 1 + len(description.name.encode())
    while found := _ATTRIBUTE.match(xml, place):
        if found[1] == name:
            return _Edit(found.start(2), found.end(), f'"{escape(value)}"'.encode()) if value else _Edit(*found.span())
        place = found.end()
    raise AssertionError("the parser has seen this attribute")


# What is new


def _additions(packet: Packet, tags: Mapping[TagList, Sequence[str]], values: Mapping[Key, str]) -> Iterator[_Edit]:
    """Put tags at the end of the lists, each missing list into the first block, and simple properties behind them."""
    if (tags or values) and not packet.descriptions:
        raise PhotoError("has no rdf:Description to hold tags and ratings")
    lines: list[str] = []
    for one, new in tags.items():
        texts = [escape(one.spelled(tag), quote=False).replace("\r", "&#13;") for tag in new]
        if arrays := packet.arrays(one):
            item = _named_alike(arrays[0], "li")
            yield from _insertion(packet.xml, arrays[0], [f"<{item}>{text}</{item}>" for text in texts])
        elif texts:
            yield from (_cut(packet.xml, empty) for empty in packet.holders(one))
            lines.append(_written_list(packet, one, texts))
    for key, value in values.items():
        start, end = _tags_around(packet, key, _PREFIXES[key[0]])
        lines.append(f"{start}{escape(value, quote=False)}{end}")
    for block in packet.descriptions[:1]:
        yield from _insertion(packet.xml, block, lines)


def _written_list(packet: Packet, one: TagList, texts: Sequence[str]) -> str:
    start, end = _tags_around(packet, one.key, one.prefix)
    array, item = (_written(packet, RDF, local) for local in (one.array, "li"))
    outer = _child_space(packet.xml, packet.descriptions[0]).decode()
    middle, inner = (outer + " ", outer + "  ") if "\n" in outer else ("", "")
    items = "".join(f"{inner}<{item}>{text}</{item}>" for text in texts)
    return f"{start}{middle}<{array}>{items}{middle}</{array}>{outer}{end}"


def _tags_around(packet: Packet, key: Key, prefix: str) -> tuple[str, str]:
    """The start and the end tag of a property, with its namespace if that is not declared yet."""
    namespace, local = key
    if namespace in packet.prefixes:
        written = _written(packet, namespace, local)
        return f"<{written}>", f"</{written}>"
    return f'<{prefix}:{local} xmlns:{prefix}="{namespace}">', f"</{prefix}:{local}>"


def _written(packet: Packet, namespace: str, local: str) -> str:
    return f"{packet.prefixes[namespace]}:{local}".removeprefix(":")


def _named_alike(element: Element, local: str) -> str:
    """The name of another element of the same namespace."""
    prefix, colon, _ = element.name.rpartition(":")
    return prefix + colon + local


def _insertion(xml: bytes, parent: Element, children: Sequence[str]) -> Iterator[_Edit]:
    """Put elements behind all others of their parent, indented as they are; `_cut` takes them out again."""
    space = _child_space(xml, parent)
    new = b"".join(space + child.encode() for child in children)
    if new and parent.inner != parent.end:
        place = _space_start(xml, parent.inner_end)
        yield _Edit(place, place, new)
    elif new:
        closing = _space(xml, parent.start) + f"</{parent.name}>".encode()
        yield _Edit(parent.inner - 2, parent.end, b">" + new + closing)


# The white space around


def _cut(xml: bytes, element: Element) -> _Edit:
    return _Edit(_space_start(xml, element.start), element.end)


def _child_space(xml: bytes, parent: Element) -> bytes:
    """The white space before the children of an element."""
    if parent.last_child is not None:
        return _space(xml, parent.last_child)
    space = _space(xml, parent.start)
    return space + b" " if b"\n" in space else b""


def _space(xml: bytes, place: int) -> bytes:
    return xml[_space_start(xml, place) : place]


def _space_start(xml: bytes, place: int) -> int:
    """Where the white space before a place begins; looked for no further back than the markup before it."""
    floor = xml.rfind(b">", 0, place) + 1
    return floor + len(xml[floor:place].rstrip())
