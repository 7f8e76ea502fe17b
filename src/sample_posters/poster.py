"""Draw a generated poster: choose a style for the year, draw it at twice the size, add wear."""

import numpy as np
from PIL import Image

from sample_posters.finishing import finish
from sample_posters.poster_spec import random_spec
from sample_posters.poster_styles import choose_palette, choose_style

POSTER_SIZE = (182, 268)
CANVAS_SIZE = (2 * POSTER_SIZE[0], 2 * POSTER_SIZE[1])


def draw_poster(title: str, year: int, seed: int) -> Image.Image:
    """Draw the poster of a generated movie in a style of about its year.

    The same arguments give the same pixels in every process. Years outside 1888-2016 are
    clamped; letters that the typefaces lack are drawn as empty boxes.

    Args:
        title: The movie's title, of any length and in any script.
        year: The movie's year.
        seed: Seed of all random choices; one per movie.

    Returns:
        An RGB image of `POSTER_SIZE` (width, height in pixels).
    """
    rng = np.random.default_rng(seed)
    spec = random_spec(title, year, rng)
    style = choose_style(rng, spec.style_year)
    colours = choose_palette(rng, style)
    canvas = Image.new("RGB", CANVAS_SIZE, colours.ground)
    style.draw(canvas, spec, colours)
    small = canvas.resize(POSTER_SIZE, Image.Resampling.LANCZOS)
    return finish(rng, small, spec.style_year)
