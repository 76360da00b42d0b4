"""Claims about reading XMP: what a packet says is found however it is written, and what is no XMP is refused."""

from xml.etree.ElementTree import Element, ParseError

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from bestshot.errors import PhotoError
from bestshot.xmp.packet import RATING, RDF, REJECTED, XmpMarks, parse, read
from tests.support.sidecar_samples import (
    BARE,
    DARKTABLE,
    DIGIKAM,
    EXIFTOOL,
    IMMICH,
    LIGHTROOM,
    RATINGS,
    SAMPLES,
    UNREADABLE,
    sidecar,
)

BLOCK = f"{{{RDF}}}Description"


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        (LIGHTROOM, XmpMarks(frozenset({"Berlin", "Trips", "Trips/Berlin"}), 3, "Red")),
        (DARKTABLE, XmpMarks(frozenset(), None)),
        (DIGIKAM, XmpMarks(frozenset({"People/Jos\xe9", "Jos\xe9"}), 4)),
        (EXIFTOOL, XmpMarks(frozenset(), 2)),
        (IMMICH, XmpMarks(frozenset({"trips/berlin"}), None)),
        (SAMPLES["old"], XmpMarks(frozenset({"old"}), REJECTED)),
        (BARE, XmpMarks()),
        (f'<r:RDF xmlns:r="{RDF}"/>', XmpMarks()),
        (f"<svg><metadata>{DIGIKAM.partition('?>')[2]}</metadata></svg>", read(DIGIKAM.encode())),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_marks_are_read_however_they_are_written(text: str, marks: XmpMarks, encoding: str) -> None:
    assert read(text.encode(encoding)) == marks


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("ISO-8859-1", "latin-1"),
        ("windows-1252", "cp1252"),
        ("nonsense", "utf-8"),
        ("UTF-16", "utf-8"),
        (None, "cp1252"),
    ],
)
def test_the_encoding_is_the_declared_one_or_a_guess(declared: str | None, encoding: str) -> None:
    text = ("" if declared is None else f'<?xml version="1.0" encoding="{declared}"?>') + DIGIKAM.partition("?>")[2]
    assert read(text.strip().encode(encoding)) == read(DIGIKAM.encode())


@pytest.mark.parametrize("content", UNREADABLE)
def test_what_is_no_xmp_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(PhotoError, match=r"^(is|has) "):
        read(content)


@pytest.mark.parametrize("content", [sidecar('d:subject="one"'), sidecar("", "<d:subject>one</d:subject>")])
def test_tags_in_no_list_are_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(PhotoError, match=r"^has a dc:subject that is not a list$"):
        read(content)


@pytest.mark.parametrize(("written", "rating"), RATINGS.items())
def test_a_rating_outside_the_specification_is_none(written: str, rating: int | None) -> None:
    assert read(sidecar(f'm:Rating="{written}"')).rating == rating
    assert read(sidecar("", f"<m:Rating>{written}</m:Rating>")).rating == rating


def test_the_first_rating_that_is_one_counts() -> None:
    content = sidecar('m:Rating="7"', "<m:Rating>five</m:Rating><m:Rating>2</m:Rating><m:Rating>4</m:Rating>")
    assert read(content).rating == 2


def test_what_is_said_of_another_picture_is_not_the_photos_own() -> None:
    """Composed pictures carry the whole XMP of their parts, one level further down."""
    other = '<r:Description m:Rating="5"><m:CreateDate>2001-01-01T00:00:00</m:CreateDate></r:Description>'
    packet = parse(sidecar("", f"<m:Part>{other}</m:Part><m:Rating><r:li><m:Rating>3</m:Rating></r:li></m:Rating>"))
    assert packet.rating is None
    assert list(packet.values(("http://ns.adobe.com/xap/1.0/", "CreateDate"))) == []


URIS = st.sampled_from([RATING[0], RDF, "http://example.com/", RATING[0] + "#"])
PREFIXES = st.sampled_from(["m", "n", "r"])
DECLARED = st.dictionaries(PREFIXES | st.just(""), URIS, max_size=3)


def opened(name: str, declared: dict[str, str], rest: str = "") -> str:
    return f"<{name}" + "".join(f' xmlns{":" * bool(p)}{p}="{uri}"' for p, uri in declared.items()) + rest + ">"


@st.composite
def blocks(draw: st.DrawFn) -> str:
    """A block of ratings and others, with prefixes that change their meaning on the way down."""
    rest = draw(st.sampled_from(["", ' m:Rating="1"', ' n:Rating="2"', ' Rating="3"', ' m:Note="n"']))
    parts = []
    for place in range(draw(st.integers(0, 4))):
        prefix = draw(PREFIXES | st.just(""))
        name = f"{prefix}:Rating".removeprefix(":")
        inside = draw(st.sampled_from(["", "<m:Rating>9</m:Rating>", "<!-- 1 -->", "<n:a><n:Rating/></n:a>"]))
        parts.append(f"{opened(name, draw(DECLARED))}{place}{inside}</{name}>")
    name = draw(st.sampled_from(["r:Description", "m:Description", "Description"]))
    return f"{opened(name, draw(DECLARED), rest)}{''.join(parts)}</{name}>"


def ratings_by_another_parser(root: Element) -> list[str]:
    rdf = next(element for element in root.iter() if element.tag == f"{{{RDF}}}RDF")
    rating = f"{{{RATING[0]}}}Rating"
    found = []
    for block in rdf.findall(BLOCK):
        found += [value for name, value in block.items() if name == rating]
        found += [
            "".join([element.text or "", *(part.tail or "" for part in element)]) for element in block.findall(rating)
        ]
    return found


@given(st.lists(blocks(), max_size=3), DECLARED)
def test_names_are_resolved_as_another_parser_resolves_them(found: list[str], declared: dict[str, str]) -> None:
    around = declared | {"m": RATING[0], "n": "http://example.com/", "r": RDF}
    xml = opened("r:RDF", around) + "".join(found) + "</r:RDF>"
    try:
        expected = ratings_by_another_parser(fromstring(xml))
    except ParseError:  # two prefixes of one attribute
        return
    assert list(parse(xml.encode()).values(RATING)) == expected
