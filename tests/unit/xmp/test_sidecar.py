"""Claims about merging tags and ratings into XMP: all else is kept to the byte, and what was added can be taken out."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from bestshot.errors import PhotoError, UsageError
from bestshot.xmp.packet import XmpMarks, read
from bestshot.xmp.sidecar import XmpChange, is_ours, merge, new_sidecar
from tests.support.sidecar_samples import BARE, DIGIKAM, ENCODED, EXIFTOOL, LIGHTROOM, SAMPLES, UNREADABLE, sidecar

TAGS = XmpChange(add=("dup", "tidy/best"))
UNTAGGED = {name: content for name, content in ENCODED.items() if not read(content).tags}
LISTS = {
    "TagsList": "{http://www.digikam.org/ns/1.0/}TagsList",
    "hierarchicalSubject": "{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject",
    "subject": "{http://purl.org/dc/elements/1.1/}subject",
}

letters = st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zs", "Zl", "Zp"], exclude_characters="\ufeff")
names = st.text(letters, min_size=1, max_size=8)
tag_paths = st.lists(names, min_size=1, max_size=3).map("/".join)
tag_lists = st.lists(tag_paths, min_size=1, max_size=3, unique=True).map(tuple)
contents = st.sampled_from(list(ENCODED.values()))


def texts(content: bytes, local: str) -> list[str]:
    """What one list holds, as another parser reads it."""
    root = fromstring(content)
    return [item.text or "" for found in root.iter(LISTS[local]) for array in found for item in array]


def foreign(content: bytes) -> Counter[tuple[str, str | None, tuple[tuple[str, str], ...]]]:
    """Every element that is neither a tag nor a rating, with its attributes, as another parser reads it."""

    def walk(element: Element) -> None:
        attributes = tuple(sorted(item for item in element.items() if not item[0].endswith("}Rating")))
        text = (element.text or "").strip()
        found[element.tag, text, attributes] += 1
        for child in element:
            if child.tag not in LISTS.values() and not child.tag.endswith("xap/1.0/}Rating"):
                walk(child)

    found: Counter[tuple[str, str | None, tuple[tuple[str, str], ...]]] = Counter()
    walk(fromstring(content))
    return found


@pytest.mark.parametrize("content", ENCODED.values(), ids=ENCODED)
def test_a_merge_changes_the_marks_and_nothing_else(content: bytes) -> None:
    merged = merge(content, TAGS)
    before = read(content)
    assert read(merged) == replace(before, tags=before.tags | {"dup", "tidy/best"})
    assert foreign(merged) == foreign(content)


@pytest.mark.parametrize("content", ENCODED.values(), ids=ENCODED)
def test_a_merge_only_puts_bytes_in(content: bytes) -> None:
    """Line ends, padding, prefixes, comments and processing instructions stay where they are."""
    codec = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    before = content.decode(codec).replace("/>", ">")  # an empty element may have to be opened
    after = iter(merge(content, TAGS).decode(codec).replace("/>", ">"))
    assert all(char in after for char in before)


@given(content=contents, tags=tag_lists, rating=st.sampled_from([None, 1, 5]))
def test_the_same_change_twice_is_the_same_as_once(content: bytes, tags: tuple[str, ...], rating: int | None) -> None:
    change = XmpChange(add=tags, rating=rating)
    once = merge(content, change)
    assert merge(once, change) == once
    assert read(content).tags | set(tags) == read(once).tags


@given(content=st.sampled_from(list(UNTAGGED.values())), tags=tag_lists)
def test_removing_what_was_added_leaves_what_was_there(content: bytes, tags: tuple[str, ...]) -> None:
    back = merge(merge(content, XmpChange(add=tags)), XmpChange(remove=tags))
    if b"r:about" in content.replace(b"\0", b""):  # the empty element of one sample was opened, and stays so
        assert foreign(back) == foreign(content)
    else:
        assert back == content


@given(content=contents, tags=tag_lists)
def test_the_users_own_tags_stay_when_ours_are_removed(content: bytes, tags: tuple[str, ...]) -> None:
    users = read(content).tags
    ours = tuple(tag for tag in tags if tag not in users)
    back = merge(merge(content, XmpChange(add=ours)), XmpChange(remove=ours))
    assert read(back) == read(content)
    assert foreign(back) == foreign(content)


@given(content=contents, stars=st.integers(1, 5))
def test_a_rating_is_set_where_it_stands_and_taken_away(content: bytes, stars: int) -> None:
    rated = merge(content, XmpChange(rating=stars))
    assert read(rated) == replace(read(content), rating=stars)
    gone = merge(rated, XmpChange(rating=0))
    assert read(gone) == replace(read(content), rating=None)
    assert foreign(gone) == foreign(rated) == foreign(content)


def test_a_new_rating_can_be_taken_out_to_the_byte() -> None:
    unrated = sidecar()
    assert merge(merge(unrated, XmpChange(rating=5)), XmpChange(rating=0)) == unrated


def test_a_rating_keeps_the_form_it_has() -> None:
    assert b'xmp:Rating="5"' in merge(LIGHTROOM.encode(), XmpChange(rating=5))
    assert b"<xap:Rating>5</xap:Rating>" in merge(EXIFTOOL.encode(), XmpChange(rating=5))


@pytest.mark.parametrize(
    "elements", ["<m:Rating/>", "<m:Rating> 2 </m:Rating>", "<m:Rating>1</m:Rating><m:Rating>2</m:Rating>"]
)
def test_every_rating_that_stands_is_changed(elements: str) -> None:
    content = sidecar("m:Rating='1' d:note=\"m:Rating='7'\"", elements)
    rated = merge(content, XmpChange(rating=4))
    assert Counter(re.findall(rb"Rating>\s*(\d)|Rating=\"(\d)\"", rated))[b"", b"4"] == 1
    assert read(rated).rating == 4
    assert b"m:Rating='7'" in rated
    assert b"4" not in merge(rated, XmpChange(rating=0))


def test_a_tag_stands_in_all_lists_that_programs_read() -> None:
    merged = merge(None, XmpChange(add=("a/b|c", "plain")))
    assert texts(merged, "TagsList") == texts(merged, "subject") == ["a/b|c", "plain"]
    assert texts(merged, "hierarchicalSubject") == ["a|b/c", "plain"]


def test_a_list_that_is_new_does_not_hide_the_users_tags() -> None:
    """Programs read the first list that they find, so that one must have what the next one told them before."""
    merged = merge(LIGHTROOM.encode(), XmpChange(add=("dup",)))
    assert texts(merged, "TagsList") == ["Trips/Berlin", "dup"]
    assert texts(merged, "hierarchicalSubject") == ["Trips|Berlin", "dup"]
    assert texts(merged, "subject") == ["Berlin", "Trips", "dup"]


def test_a_tag_is_removed_from_all_lists_and_no_other_one_is() -> None:
    tagged = merge(DIGIKAM.encode(), XmpChange(add=("dup", "dup-best")))
    back = merge(tagged, XmpChange(remove=("dup",)))
    assert texts(back, "TagsList") == ["People/Jos\xe9", "dup-best"]
    assert texts(back, "subject") == ["Jos\xe9", "dup-best"]


def test_empty_and_repeated_lists_are_filled_and_not_made_twice() -> None:
    for elements in ("<d:subject/>", "<d:subject><r:Bag/></d:subject>", "<d:subject><r:Alt></r:Alt></d:subject>"):
        assert texts(merge(sidecar("", elements), TAGS), "subject") == ["dup", "tidy/best"]
    twice = sidecar("", "<d:subject><r:Bag><r:li>a</r:li></r:Bag></d:subject>" * 2)
    assert texts(merge(twice, TAGS), "subject").count("dup") == 1
    assert read(merge(twice, XmpChange(remove=("a",)))).tags == frozenset()


def test_what_nobody_asked_to_change_is_the_same_object() -> None:
    content = LIGHTROOM.encode()
    assert merge(content, XmpChange()) is content
    assert merge(content, XmpChange(add=("Berlin",), remove=("missing",), rating=3)) is content


def test_a_new_sidecar_carries_the_tags_of_the_picture_and_is_told_as_ours() -> None:
    empty, seeded = new_sidecar(), new_sidecar(LIGHTROOM.encode())
    assert read(empty) == XmpMarks()
    assert read(seeded) == XmpMarks(read(LIGHTROOM.encode()).tags, None)
    assert is_ours(empty)
    assert is_ours(seeded)
    assert not any(is_ours(content) for content in ENCODED.values())
    for start in (empty, seeded):
        assert merge(merge(start, TAGS), XmpChange(remove=TAGS.add)) == start


def test_a_character_that_an_encoding_lacks_is_written_as_a_reference() -> None:
    latin = f'<?xml version="1.0" encoding="ISO-8859-1"?>{BARE}'.encode("latin-1")
    merged = merge(latin, XmpChange(add=("M\xfcnchen \N{SNOWMAN}",)))
    assert b"M\xfcnchen &#9731;" in merged
    assert read(merged).tags == {"M\xfcnchen \N{SNOWMAN}"}


@pytest.mark.parametrize("tag", ["", " ", "nul\0", "bell\a", "half\ud800", "byte\udcff"])
def test_a_tag_that_no_xml_can_hold_is_refused(tag: str) -> None:
    with pytest.raises(UsageError):
        merge(LIGHTROOM.encode(), XmpChange(add=(tag,)))


@pytest.mark.parametrize(
    "content",
    [
        *UNREADABLE,
        LIGHTROOM.encode() + b"\0\0",
        b'<?xml version="1.0" encoding="nonsense"?>' + BARE.encode(),
        b'<?xml version="1.0" encoding="UTF-16"?>' + BARE.encode(),
        b'<?xml version="1.0" encoding="punycode"?>' + BARE.encode(),
        sidecar("", "<m:Note>Gr\xf6\xdfe</m:Note>").decode().encode("latin-1"),
        b"<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>",
    ],
)
def test_what_could_not_be_written_back_as_it_was_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(PhotoError, match=r"^(is|has) "):
        merge(content, TAGS)


@given(
    st.binary(max_size=200)
    | st.builds(lambda text, cut: text.encode()[:cut], st.sampled_from([*SAMPLES.values()]), st.integers(0, 2000))
)
def test_anything_is_either_merged_or_refused(content: bytes) -> None:
    try:
        merged = merge(content, TAGS)
    except PhotoError:
        return
    assert read(merged).tags >= {"dup", "tidy/best"}


def test_real_sidecars_take_a_tag_and_give_it_back(shared: Path) -> None:
    """All else in them stays, and where no tags were before, so does every byte."""
    found = sorted(path for path in shared.rglob("*") if path.suffix.lower() == ".xmp")
    assert len(found) >= 5
    for path in found:
        content = path.read_bytes()
        merged = merge(content, TAGS)
        assert foreign(merged) == foreign(content), path.name
        if not read(content).tags:
            assert merge(merged, XmpChange(remove=TAGS.add)) == content, path.name
