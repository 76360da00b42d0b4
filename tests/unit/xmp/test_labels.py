"""Claims about labels: what any program wrote is seen, and what is written is read by each and can be taken out."""

from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from bestshot.errors import PhotoError
from bestshot.xmp.labels import proper_label
from bestshot.xmp.packet import read
from bestshot.xmp.sidecar import XmpChange, merge, new_sidecar
from tests.support.sidecar_samples import DIGIKAM, ENCODED

DIGIKAM_SPACE = "http://www.digikam.org/ns/1.0/"
SIGNS = {
    "Label": "{http://ns.adobe.com/xap/1.0/}Label",
    "ColorLabel": f"{{{DIGIKAM_SPACE}}}ColorLabel",
    "PickLabel": f"{{{DIGIKAM_SPACE}}}PickLabel",
}
WRITTEN = {
    "Red": {"Label": "Red", "ColorLabel": "1", "PickLabel": "1"},
    "Yellow": {"Label": "Yellow", "ColorLabel": "3", "PickLabel": "2"},
    "Green": {"Label": "Green", "ColorLabel": "4", "PickLabel": "3"},
    "Blue": {"Label": "Blue", "ColorLabel": "5"},
    "Purple": {"Label": "Purple", "ColorLabel": "6"},
    "To Do": {"Label": "To Do"},
    'R&D <"x">': {"Label": 'R&D <"x">'},
}
labels = st.sampled_from(list(WRITTEN))
contents = st.sampled_from(list(ENCODED.values()))


def labelled(attributes: str = "", elements: str = "") -> bytes:
    """A sidecar with these properties and no other label."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<r:Description xmlns:m="{SIGNS["Label"][1:-6]}" xmlns:k="{DIGIKAM_SPACE}" xmlns:t="http://darktable.sf.net/"'
        ' xmlns:p="http://ns.camerabits.com/photomechanic/1.0/" xmlns:y="http://ns.adobe.com/xmp/1.0/DynamicMedia/"'
        f" {attributes}>{elements}</r:Description></r:RDF></x:xmpmeta>"
    ).encode()


def signs(content: bytes) -> dict[str, str]:
    """What the properties of a label say, as another parser reads them."""

    def said(element: Element) -> dict[str, str]:
        attributes = {name: element.attrib[sign] for name, sign in SIGNS.items() if sign in element.attrib}
        own = {name: element.text or "" for name, sign in SIGNS.items() if element.tag == sign}
        return attributes | own | {name: text for child in element for name, text in said(child).items()}

    return said(fromstring(content))


@pytest.mark.parametrize(
    ("attributes", "elements", "label"),
    [
        ('m:Label="Green"', "", "Green"),
        ("", "<m:Label> Select </m:Label>", "Select"),
        ('k:ColorLabel="4"', "", "Green"),
        ('k:ColorLabel="6" m:Label="Purple"', "", "Purple"),
        ('k:PickLabel="1"', "", "Red"),
        ('k:PickLabel="0" k:ColorLabel="0" m:Label=""', "", None),
        ('k:ColorLabel="4" k:PickLabel="1"', "", "Green, Red"),
        ('m:Label="Blue" k:PickLabel="3"', "", "Blue, Green"),
        ('k:ColorLabel="12"', "", "ColorLabel 12"),
        ('p:ColorClass="2"', "", "ColorClass 2"),
        ('p:ColorClass="0" y:pick="0"', "", None),
        ('y:pick="-1"', "", "pick -1"),
        ("", "<t:colorlabels><r:Seq><r:li>2</r:li></r:Seq></t:colorlabels>", "colorlabels list"),
        (
            'm:Label="Green"',
            "<t:colorlabels>\n<r:Seq><r:li>2</r:li></r:Seq></t:colorlabels>",
            "Green, colorlabels list",
        ),
        ("", "<r:Label>Red</r:Label>", None),
    ],
)
def test_a_label_of_any_program_is_seen(attributes: str, elements: str, label: str | None) -> None:
    assert read(labelled(attributes, elements)).label == label


@pytest.mark.parametrize(("label", "written"), WRITTEN.items())
def test_a_label_is_written_where_each_program_looks_for_it(label: str, written: dict[str, str]) -> None:
    made = merge(None, XmpChange(label=label))
    assert signs(made) == written
    assert read(made).label == label


@given(content=contents, label=labels, other=labels)
def test_a_label_is_set_changed_and_taken_out_wherever_it_stands(content: bytes, label: str, other: str) -> None:
    for one in (label, other):
        content = merge(content, XmpChange(label=one))
        assert read(content).label == one
    gone = merge(content, XmpChange(label=""))
    assert read(gone) == replace(read(content), label=None)
    assert signs(gone) == {}


@given(label=labels, content=st.sampled_from([new_sidecar(), labelled('m:Rating="3"', "<k:x/>")]))
def test_a_new_label_can_be_taken_out_to_the_byte(label: str, content: bytes) -> None:
    assert merge(merge(content, XmpChange(label=label)), XmpChange(label="")) == content


def test_what_digikam_writes_for_none_is_changed_in_its_place() -> None:
    made = merge(DIGIKAM.encode(), XmpChange(label="Green"))
    assert made.count(b"PickLabel") == 1
    assert b'digiKam:PickLabel="3"' in made


def test_a_label_that_another_program_goes_on_saying_is_not_taken_out_by_half() -> None:
    with pytest.raises(PhotoError, match="cannot be changed safely"):
        merge(labelled('m:Label="Green" p:ColorClass="2"'), XmpChange(label=""))


def test_the_names_of_colors_are_known_however_they_are_spelled() -> None:
    assert [proper_label(text) for text in ("green", "RED", "to do")] == ["Green", "Red", "to do"]
