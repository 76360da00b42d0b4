"""Claims about small wordings."""

import os
import unicodedata
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.text import after_colon, count, format_size, hide, printable
from tests.support.each import every

anything = st.text(st.characters(codec=None, categories=None), max_size=40)


@given(anything)
def test_nothing_is_shown_that_a_terminal_would_act_on(text: str) -> None:
    """No control characters, no marks that turn the direction of writing, no surrogates, no line ends."""
    shown = printable(text)
    assert shown.isprintable()
    assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & {unicodedata.category(char) for char in shown}
    shown.encode()


@given(anything)
def test_what_can_be_shown_stays_as_it_is(text: str) -> None:
    assert printable(printable(text)) == printable(text)
    assert not text.isprintable() or printable(text) == text


@given(st.text("abcXYZ0189-_+/", min_size=8, max_size=50), st.binary(max_size=8), st.binary(max_size=8))
def test_a_secret_is_shown_in_no_spelling_and_no_neighbourhood(secret: str, before: bytes, after: bytes) -> None:
    hide(secret)
    whole = before + secret.encode() + after
    for spelt in (secret, secret.upper(), quote(secret, safe=""), f"x-api-key: {secret}"):
        assert spelt not in printable(f"{spelt} is wrong")
        assert "[hidden]" in printable(f"{spelt} is wrong")
    for packed in (b64encode(whole), urlsafe_b64encode(whole)):
        assert "[hidden]" in printable(f"Basic {packed.decode()}")


@pytest.fixture(autouse=True)
def nothing_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has secrets of its own."""
    monkeypatch.setattr("bestshot.text._hidden", {})


@every(
    "raw, shown",
    [
        (b"a\nb.jpg", r"a\nb.jpg"),
        (b"\x1b[31mred", r"\x1b[31mred"),
        (b"caf\xe9.jpg", r"caf\xe9.jpg"),
        (b"\x80\xff", r"\x80\xff"),
        ("évil\u202egpj.exe".encode(), "évil\\u202egpj.exe"),
        ("写真 📷.jpg".encode(), "写真 📷.jpg"),
    ],
)
def test_a_name_is_shown_so_that_it_can_be_recognised(raw: bytes, shown: str) -> None:
    assert printable(os.fsdecode(raw)) == shown


@every(
    "size, words",
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (3_400_000, "3.4 MB"),
        (99_900, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (123_456_789, "123 MB"),
        (5_000_000_000, "5.0 GB"),
        (7 * 10**12, "7.0 TB"),
        (12 * 10**15, "12000 TB"),
    ],
)
def test_a_size_is_told_in_the_unit_a_person_would_choose(size: int, words: str) -> None:
    assert format_size(size) == words


@given(st.integers(0, 10**15))
def test_a_size_in_words_is_never_far_from_the_size(size: int) -> None:
    number, unit = format_size(size).split(" ")
    scale = {"byte": 1, "bytes": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}[unit]
    assert float(number) * scale == pytest.approx(size, rel=0.051)
    assert len(number) <= 5


def test_a_noun_agrees_with_its_number() -> None:
    assert [count(number, "photo") for number in (0, 1, 2, 12_345)] == [
        "0 photos",
        "1 photo",
        "2 photos",
        "12,345 photos",
    ]
    assert count(2, "copy", "copies") == "2 copies"


@every(
    "sentence, goes_on",
    [
        ("Its sidecar cannot be written.", "its sidecar cannot be written."),
        ("The folder a is gone. Look for it.", "the folder a is gone. Look for it."),
        ("Immich 1.90 does not know stacks.", "Immich 1.90 does not know stacks."),
        ("Photos/a.jpg is gone.", "Photos/a.jpg is gone."),
        ("is cut off", "is cut off"),
        ("", ""),
    ],
)
def test_a_sentence_goes_on_after_a_colon_without_its_capital_unless_it_begins_with_a_name(
    sentence: str, goes_on: str
) -> None:
    assert after_colon(sentence) == goes_on
