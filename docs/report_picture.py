"""docs/report.png, a report on photographs in the public domain; `python -m docs.report_picture` makes it anew.

The text of the page that it shows is kept in the file, so that a test can hold it against what a report says now.
"""

import shutil
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageChops, ImageEnhance, ImageFilter
from PIL.PngImagePlugin import PngInfo
from skimage import data

PICTURE = Path(__file__).with_name("report.png")
TEXT = "page"
"""Under what name the text is kept in the picture."""

_AT_HOME = """() => {
  document.querySelector(".where").textContent = "/home/anna/Photos";
  for (const link of document.querySelectorAll(".path a")) {
    link.textContent = `/home/anna/Photos/${link.textContent.split(" ")[0].split("/").pop()}`;
  }
}"""
_QUIET = frozenset({"style", "script", "details", "select", "form", "noscript"})
_TOLD = frozenset({"h1", "h2", "h3", "li", "p"})


def draw_photos(folder: Path) -> None:
    """Three shots of Eileen Collins (NASA), of which one is shaken and one too dark, and a cat with a copy of it."""
    portrait = _photograph("astronaut").resize((1024, 1024), Image.Resampling.LANCZOS).crop((0, 0, 1024, 683))
    cat = _photograph("chelsea")
    shots = {
        "IMG_2041.jpg": _shaken(portrait),
        "IMG_2042.jpg": portrait,
        "IMG_2043.jpg": ImageEnhance.Brightness(portrait).enhance(0.4),
        "IMG_2050.jpg": cat,
        "IMG-20240601-WA0007.jpg": cat.resize((300, 200), Image.Resampling.LANCZOS).filter(ImageFilter.BoxBlur(0.5)),
    }
    folder.mkdir(parents=True)
    for second, (name, shot) in enumerate(shots.items()):
        exif = Image.Exif()
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"2024:06:01 10:00:{second:02}"
        shot.save(folder / name, quality=90, exif=exif)


def page_of(home: Path) -> Path:
    """The report on these photos, made in a folder of its own."""
    from bestshot.cli.main import main

    draw_photos(home / "photos")
    report = home / "report.html"
    places = ("--cache-dir", str(home / "cache"), "--state-dir", str(home / "state"))
    code = main([str(home / "photos"), "--report", str(report), "--workers", "1", "--quiet", *places])
    assert code == 0, "the photos could not be read"
    return report


def text_of(page: Path) -> str:
    """What the page says of groups and photos, line by line, without measurements and places."""
    return "\n".join(_Text.of(page.read_text(encoding="utf-8")))


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, str]] = []
        self._lines: list[str] = []

    @classmethod
    def of(cls, page: str) -> Iterator[str]:
        parser = cls()
        parser.feed(page)
        yield from filter(None, parser._lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append((tag, dict(attrs).get("class") or ""))
        if tag in _TOLD:
            self._lines.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = {tag for tag, _ in self._open}
        classes = {name for _, name in self._open}
        is_told = inside & _TOLD and not inside & _QUIET and not classes & {"where", "facts", "path", "note", "unseen"}
        if is_told and "group" in classes and self._lines:
            self._lines[-1] = f"{self._lines[-1]} {data.strip()}".strip()


def text_in(picture: Path) -> str:
    """The text that is kept in a picture."""
    with Image.open(picture) as image:
        image.load()
        known: Mapping[str, str] = getattr(image, "text", {})
    return known.get(TEXT, "")


def _photograph(name: str) -> Image.Image:
    """One of those that come with scikit-image."""
    pixels: NDArray[np.uint8] = getattr(data, name)()
    return Image.fromarray(pixels)


def _shaken(portrait: Image.Image) -> Image.Image:
    moved = [ImageChops.offset(portrait, shift, shift // 3) for shift in range(-12, 13, 2)]
    blurred = moved[0]
    for number, one in enumerate(moved[1:], start=2):
        blurred = Image.blend(blurred, one, 1 / number)
    return blurred


def _screenshot(page: Path) -> Image.Image:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        window = browser.new_page(viewport={"width": 1200, "height": 1130}, color_scheme="light")
        window.goto(page.as_uri())
        window.evaluate(_AT_HOME)
        window.evaluate("Promise.all([...document.images].map((image) => image.decode()))")
        taken = window.screenshot()
        browser.close()
    return Image.open(BytesIO(taken))


def make() -> None:
    """Make the picture anew."""
    with TemporaryDirectory() as home:
        page = page_of(Path(home))
        kept = PngInfo()
        kept.add_text(TEXT, text_of(page))
        _screenshot(page).convert("RGB").quantize(200).save(PICTURE, optimize=True, pnginfo=kept)


if __name__ == "__main__":
    make()
