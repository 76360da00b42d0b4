"""The picture in README shows what a report says now."""

from pathlib import Path

from docs.report_picture import PICTURE, page_of, text_in, text_of


def test_the_page_that_is_drawn_says_what_the_picture_shows(tmp_path: Path) -> None:
    """If not: `python -m docs.report_picture` makes it anew."""
    shown = text_of(page_of(tmp_path))
    assert "IMG_2042.jpg" in shown
    assert text_in(PICTURE) == shown


def test_the_picture_is_small_enough_to_be_loaded_with_the_page() -> None:
    assert PICTURE.stat().st_size < 250_000
