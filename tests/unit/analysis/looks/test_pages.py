"""Claims about written pages: what one template has in common makes no copies of two forms."""

import random

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bestshot.analysis.looks.comparison import Comparable, similarity
from bestshot.analysis.looks.pages import letters
from bestshot.grouping.group import Grouping
from bestshot.grouping.rules import GroupingRules
from bestshot.model.appraisal import Fingerprint
from bestshot.model.groups import Similarity
from bestshot.model.times import CaptureTime
from tests.support.builders import guess_at, metadata_with, photo, wall_at
from tests.support.each import every

ALPHABET = "ABCDEFGHIKLMNOPRSTUVW 0123456789"
YEARS = float("inf")


def words(chance: random.Random, count: int) -> str:
    return "".join(chance.choice(ALPHABET) for _ in range(count))


def receipt(bought: int, *, shop: int = 1, lines: int = 8) -> Image.Image:
    """What a shop prints on all of its receipts, and in the middle what was bought, and for how much."""
    printed, sold = random.Random(shop), random.Random(bought)
    page = Image.new("L", (600, 1100), 245)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(28)
    texts = [words(printed, 24) for _ in range(6)]
    texts += [f"{words(sold, 14)}  {sold.randint(1, 99)}.{sold.randint(10, 99)}" for _ in range(lines)]
    texts += [words(printed, 26) for _ in range(8)]
    for place, text in enumerate(texts):
        pen.text((60, 40 + 44 * place), text, font=font, fill=30)
    return page


def photographed(page: Image.Image, degrees: float) -> Image.Image:
    turned = page.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=230).crop((8, 12, 592, 1080))
    return turned.point(lambda level: int(level * 0.9)).resize((490, 896))


def found(left: Image.Image, right: Image.Image) -> Similarity:
    return similarity(Comparable(left), Comparable(right))


@every("bought", range(2, 8))
def test_receipts_of_one_shop_are_no_copies_and_those_of_one_receipt_are(bought: int) -> None:
    rules = GroupingRules()
    one, other = receipt(1), receipt(bought)
    assert not rules.confirmed_by(found(one, other), YEARS)
    assert not rules.confirmed_by(found(photographed(one, 1), photographed(other, -1)), YEARS)
    assert rules.confirmed_by(found(receipt(bought), photographed(receipt(bought), 1.5)), YEARS)
    assert rules.confirmed_by(found(receipt(bought), receipt(bought).resize((300, 550))), YEARS)


def test_what_is_no_page_has_no_letters() -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (400, 480), dtype=np.uint8))
    assert letters(np.asarray(noise)) == 0
    assert letters(np.full((400, 480), 240, np.uint8)) == 0
    assert letters(np.asarray(receipt(1).resize((262, 480)))) > 100


@every("later, is_looked_at", [(wall_at(7), True), (guess_at(0), True), (wall_at(2), False)])
def test_pages_whose_hashes_are_alike_are_looked_at_unless_they_are_of_one_moment(
    later: CaptureTime, is_looked_at: bool
) -> None:
    paper = Fingerprint(0, sketch=bytes([240] * 200 + [170] * 56))
    metadata = {"a": metadata_with(wall_at(0)), "b": metadata_with(later)}
    grouping = Grouping([photo("a"), photo("b")], metadata, {"a": paper, "b": paper}, GroupingRules())
    assert bool(grouping.candidate_pairs()) == is_looked_at
