"""Claims about the characters of XML documents."""

import sys

from bestshot.xmp.document import NOT_IN_XML

ALLOWED = (range(0x9, 0xB), range(0xD, 0xE), range(0x20, 0xD800), range(0xE000, 0xFFFE), range(0x10000, 0x110000))
"""XML 1.0, section 2.2."""


def test_the_characters_that_no_document_may_hold_are_all_but_those_that_the_standard_allows() -> None:
    every_character = "".join(map(chr, range(sys.maxunicode + 1)))
    assert NOT_IN_XML.sub("", every_character) == "".join(chr(code) for codes in ALLOWED for code in codes)
