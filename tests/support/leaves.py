"""A drawn picture with the statistics of a photograph: dead leaves, which cover one another at all sizes."""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw


@cache
def leaves(width: int, height: int, number: int = 1) -> Image.Image:
    """A picture with detail down to its pixels that was never compressed; each number is another one."""
    random = np.random.default_rng(number)
    picture = Image.new("RGB", (width, height), "gray")
    draw = ImageDraw.Draw(picture)
    least = max(width, height) / 400
    sizes = np.sort(np.minimum(least * (1 + random.pareto(1.0, 9000)), width / 3))[::-1]
    for size in sizes.tolist():
        left, top = random.uniform(-size, width), random.uniform(-size, height)
        colour = tuple(random.integers(20, 236, 3).tolist())
        draw.ellipse((left, top, left + size, top + size * random.uniform(0.5, 1.5)), fill=colour)
    return picture
