"""Claims about large and hostile sidecars: work and memory grow with their size, and with nothing else."""

import sys
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import pytest

from bestshot.errors import PhotoError
from bestshot.metadata.sidecars import read_xmp_time
from bestshot.xmp.packet import CAPTURE_DATES, RATING, RDF, read
from bestshot.xmp.sidecar import XmpChange, merge, new_sidecar

CHANGE = XmpChange(add=("dup", "tidy/best"), remove=("x", "1"), rating=5)


def packet(inside: str = "", *, attributes: str = "", around: tuple[str, str] = ("", ""), behind: str = "") -> str:
    return (
        f'{around[0]}<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="{RDF}"><r:Description{attributes} r:about=""'
        f' xmlns:m="{RATING[0]}" xmlns:d="http://purl.org/dc/elements/1.1/" xmlns:e="{CAPTURE_DATES[0][0]}">{inside}'
        f"</r:Description>{behind}</r:RDF></x:xmpmeta>{around[1]}"
    )


def tags(items: str) -> str:
    return packet(f"<d:subject><r:Bag>{items}</r:Bag></d:subject>")


def each(count: int, text: str) -> str:
    """The text so many times, with the number in place of #."""
    return "".join(text.replace("#", str(number)) for number in range(count))


# Each kind holds so many parts of something.
LONG: dict[str, Callable[[int], str]] = {
    "white space between elements": lambda n: packet("<d:title>a</d:title>" + " \n" * n),
    "white space between tags": lambda n: tags("<r:li>x</r:li>" + " \n" * n + "<r:li>y</r:li>"),
    "white space in a start tag": lambda n: packet(attributes=' m:Rating="3"' + " \n" * n),
    "white space around an equals sign": lambda n: packet(attributes=" m:Rating" + " " * n + "=" + " " * n + '"3"'),
    "white space in a declaration": lambda n: f'<?xml version="1.0" encoding{"  " * n}="utf-8"?>{packet()}',
    "padding": lambda n: packet(around=("", " \0" * n)),
    "text around": lambda n: packet(around=("x " * n, " x" * n)),
    "a comment": lambda n: packet(f"<!--{' x' * n}-->"),
    "a processing instruction": lambda n: packet(f"<?p {'? ' * n}?>"),
    "a CDATA section": lambda n: tags(f"<r:li><![CDATA[{'x>' * n}]]></r:li>"),
    "an attribute": lambda n: packet(attributes=f' m:Rating="{"1 " * n}"'),
    "a rating": lambda n: packet(f"<m:Rating>{'11' * n}</m:Rating>"),
    "a date": lambda n: packet(f"<e:DateTimeOriginal>2024-01-31{' T' * n}</e:DateTimeOriginal>"),
    "angle brackets": lambda n: "<>" * n,
    "quotes": lambda n: packet("<d:subject " + "\"'" * n + ">"),
}
MANY: dict[str, Callable[[int], str]] = {
    "nested elements": lambda n: packet("<a>" * n + "</a>" * n),
    "nested namespaces": lambda n: packet(each(n, '<a xmlns:n#="u#">') + "</a>" * n),
    "namespaces around": lambda n: packet(around=(each(n, '<a xmlns:n#="u#">'), "</a>" * n)),
    "names in a long namespace": lambda n: packet(around=(f'<a xmlns="{"u" * n}">', "<b/>" * n + "</a>")),
    "attributes in a long namespace": lambda n: packet(attributes=f' xmlns:q="{"u" * n}"' + each(n, ' q:a#=""')),
    "prefixes for many blocks": lambda n: packet(
        around=("<a" + each(n, ' xmlns:n#="u"') + ">", "</a>"), behind="<r:Description/>" * n
    ),
    "attributes": lambda n: packet(attributes=each(n, ' a#="1"') + ' m:Rating="3"'),
    "blocks": lambda n: packet(behind="<r:Description/>" * n),
    "rated blocks": lambda n: packet(behind=f'<r:Description xmlns:m="{RATING[0]}" m:Rating="1"/>' * n),
    "ratings": lambda n: packet("<m:Rating>7</m:Rating>" * n),
    "pieces of a rating": lambda n: packet(f"<m:Rating>{'7<a/>' * n}</m:Rating>"),
    "different tags": lambda n: tags(each(n, "<r:li>#</r:li> ")),
    "equal tags": lambda n: tags("<r:li>x</r:li> " * n),
    "empty tags": lambda n: tags("<r:li/>" * n),
    "lists": lambda n: packet("<d:subject><r:Bag><r:li>x</r:li></r:Bag></d:subject>" * n),
    "empty lists": lambda n: packet("<d:subject/>" * n),
    "comments": lambda n: packet("<!---->" * n),
    "unclosed elements": lambda n: "<a>" * n,
}


def handled(content: bytes) -> None:
    """Everything that is ever done with a sidecar."""
    for call in (read, read_xmp_time, new_sidecar, lambda it: merge(it, CHANGE)):
        with suppress(PhotoError):
            call(content)


def calls(content: bytes) -> int:
    """How many functions are called, of Python's own and of ours."""
    count = 0

    def counted(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        handled(content)
    finally:
        sys.setprofile(before)
    return count


def peak(content: bytes) -> int:
    """How many bytes are held at most."""
    tracemalloc.start()
    try:
        handled(content)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", [*MANY, *LONG])
def test_twice_the_size_takes_twice_the_work_and_memory(kind: str) -> None:
    small, large = ((MANY | LONG)[kind](count).encode() for count in (400, 800))
    handled(small)  # what is made once, such as encodings, is not counted
    assert calls(large) <= 2.3 * calls(small)
    held = peak(large)
    assert held <= 2.5 * peak(small)
    assert held <= 200 * len(large)


@pytest.mark.parametrize("kind", LONG)
def test_no_search_looks_at_the_same_bytes_again_and_again(kind: str) -> None:
    """One call can look at a whole sidecar; if it began anew at each place, a megabyte would take hours."""
    handled(LONG[kind](500_000).encode())
