"""XML with the place of every element in its bytes, so that some can be changed and all others kept as they are.

A parser that writes XML anew keeps what it says and loses how it was laid out: line ends, padding, one attribute per
line. Where that is somebody's work, the parser only tells where things are, and the bytes are cut and joined.
"""

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, ParserCreate

from bestshot.errors import PhotoError

_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")


_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


_UNMARKED = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Document:
    """A document in UTF-8, with the byte order mark that stood before it and the encoding that it had."""

    xml: bytes
    mark: bytes
    encoding: str


def decoded(content: bytes) -> Document:
    """The document in UTF-8; raises PhotoError where it could not be written again as it was."""
    mark, encoding = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", ""))
    body = content[len(mark) :]
    encoding = encoding or _told(body)
    try:
        text = body.decode(encoding)
        if text.encode(encoding) == body:
            return Document(text.encode(), mark, encoding)
    except (LookupError, UnicodeError) as error:
        raise PhotoError("is in an encoding that cannot be read") from error
    raise PhotoError("is in an encoding that cannot be written again as it was")


def encoded(document: Document) -> bytes:
    """The document as it was encoded; what its encoding lacks becomes a character reference."""
    return document.mark + document.xml.decode().encode(document.encoding, "xmlcharrefreplace")


def _told(body: bytes) -> str:
    for start, encoding in _UNMARKED:
        if body.startswith(start):
            return encoding
    declared = _DECLARED.match(body)
    return declared[1].decode() if declared else "utf-8"


_BETWEEN = "\n"  # separates a namespace from a name; it can stand in neither
_TAG = re.compile(rb"<[^\"'>]*(?:\"[^\"]*\"[^\"'>]*|'[^']*'[^\"'>]*)*>")
_ATTRIBUTE = re.compile(rb"\s+([^\s=]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_SPACE_BEFORE = re.compile(rb"\s*\Z")


@dataclass(frozen=True, slots=True)
class Name:
    """The name of an element or attribute; the prefix is only how it is written there."""

    namespace: str
    local: str
    prefix: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from other names."""
        return self.namespace, self.local

    @property
    def written(self) -> str:
        """As it stands in the bytes."""
        return f"{self.prefix}:{self.local}" if self.prefix else self.local


@dataclass(slots=True, eq=False)
class Element:
    """One element; its places are offsets in the bytes.

    The start tag goes from `start` to `inner`, the end tag from `inner_end` to `end`. In `<a/>` the last three are one.
    """

    name: Name
    attributes: dict[Name, str]
    prefixes: dict[str, str]
    """The namespaces in scope, by prefix."""
    start: int
    inner: int
    inner_end: int = 0
    end: int = 0
    text: str = ""
    children: "list[Element]" = field(default_factory=list)

    def named(self, key: tuple[str, str]) -> "list[Element]":
        """The children of this name."""
        return [child for child in self.children if child.name.key == key]

    def written(self, namespace: str, local: str) -> str | None:
        """How an element of this name is written in here; None if its namespace has no prefix yet."""
        found = sorted((prefix for prefix, bound in self.prefixes.items() if bound == namespace), reverse=True)
        return Name(namespace, local, found[0]).written if found else None


def parse(xml: bytes) -> Element:
    """The root of an XML document in UTF-8, whatever it declares; raises PhotoError, also for one with a DTD.

    XMP has no DTD; without one there are no entities that could grow or name other files.
    """
    builder = _Builder(xml)
    try:
        builder.parser.Parse(xml, True)  # noqa: FBT003 - expat's own signature
    except ExpatError as error:
        raise PhotoError("is no sound XML") from error
    return builder.root


class _Builder:
    def __init__(self, xml: bytes) -> None:
        self._xml = xml
        self._open: list[Element] = []
        self._scope: dict[str, str] = {}
        self._roots: list[Element] = []
        self.parser = ParserCreate("utf-8", _BETWEEN)
        self.parser.namespace_prefixes = True
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartNamespaceDeclHandler = self._declare
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._add_text

    @property
    def root(self) -> Element:
        return self._roots[0]

    def _refuse(self, *_declared: object) -> None:
        raise PhotoError("has a document type declaration, as XMP never has")

    def _declare(self, prefix: str | None, namespace: str | None) -> None:
        self._scope = {**self._scope, prefix or "": namespace or ""}

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        start = self.parser.CurrentByteIndex
        tag = _TAG.match(self._xml, start)
        assert tag is not None  # the parser has seen it
        named = {_name(key): value for key, value in attributes.items()}
        element = Element(_name(name), named, self._scope, start, tag.end())
        (self._open[-1].children if self._open else self._roots).append(element)
        self._open.append(element)

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        if self._xml[element.inner - 2 : element.inner] == b"/>":
            element.inner_end = element.end = element.inner
        else:
            element.inner_end = self.parser.CurrentByteIndex
            element.end = self._xml.index(b">", element.inner_end) + 1
        self._scope = self._open[-1].prefixes if self._open else {}

    def _add_text(self, text: str) -> None:
        self._open[-1].text += text


def _name(joined: str) -> Name:
    parts = joined.split(_BETWEEN)
    return Name("", parts[0]) if len(parts) == 1 else Name(*parts)


def indentation(xml: bytes, element: Element) -> bytes:
    """The white space before an element."""
    space = _SPACE_BEFORE.search(xml, 0, element.start)
    return space[0] if space else b""


def inserted(xml: bytes, parent: Element, child: bytes) -> bytes:
    """Put an element behind all others of its parent, indented as they are; `cut` takes it out again."""
    if parent.children:
        last = parent.children[-1]
        return xml[: last.end] + indentation(xml, last) + child + xml[last.end :]
    space = child_indentation(xml, parent)
    if parent.inner != parent.end:
        return xml[: parent.inner] + space + child + xml[parent.inner :]
    opened = xml[parent.start : parent.inner - 2] + b">"
    closing = indentation(xml, parent) + f"</{parent.name.written}>".encode()
    return xml[: parent.start] + opened + space + child + closing + xml[parent.end :]


def child_indentation(xml: bytes, parent: Element) -> bytes:
    """The white space before the children of an element."""
    if parent.children:
        return indentation(xml, parent.children[-1])
    space = indentation(xml, parent)
    return space + b" " if b"\n" in space else b""


def cut(xml: bytes, parent: Element, children: Iterable[Element]) -> bytes:
    """Take elements out of their parent, each with the white space before it."""
    for child in sorted(children, key=lambda child: child.start, reverse=True):
        place = parent.children.index(child)
        before = parent.children[place - 1].end if place else parent.inner
        start = before if not xml[before : child.start].strip() else child.start
        xml = xml[:start] + xml[child.end :]
    return xml


def attribute_span(xml: bytes, element: Element, name: Name) -> tuple[int, int, int]:
    """Where an attribute begins with the white space before it, where its quoted value does, and where it ends."""
    for found in _ATTRIBUTE.finditer(xml, element.start, element.inner):
        if found[1] == name.written.encode():
            return found.start(), found.start(2), found.end()
    raise AssertionError("the parser has seen this attribute")
