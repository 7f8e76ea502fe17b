"""The poster: chooses a manner for a film's year, has it drawn large, and finishes it."""

import numpy as np
from PIL import Image

from sample_posters.brief import make_brief
from sample_posters.eras import choose_palette, choose_style
from sample_posters.finishing import finish

POSTER_SIZE = (182, 268)
CANVAS_SIZE = (2 * POSTER_SIZE[0], 2 * POSTER_SIZE[1])


def draw_poster(title: str, year: int, seed: int) -> Image.Image:
    """Draw an invented film's poster in the manner of about its year.

    The same arguments give the same pixels in every process. Years outside 1888-2016 are
    clamped; letters that the typefaces lack are drawn as empty boxes.

    Args:
        title: The film's title, of any length and in any script.
        year: The year the film was made.
        seed: What settles every choice; one per film.

    Returns:
        An RGB image of `POSTER_SIZE` (width, height in pixels).
    """
    rng = np.random.default_rng(seed)
    brief = make_brief(title, year, rng)
    style = choose_style(rng, brief.style_year)
    colours = choose_palette(rng, style)
    canvas = Image.new("RGB", CANVAS_SIZE, colours.ground)
    style.draw(canvas, brief, colours)
    small = canvas.resize(POSTER_SIZE, Image.Resampling.LANCZOS)
    return finish(rng, small, brief.style_year)
