"""Draw the generated posters of the `sample` source, in the style of each movie's year."""

from sample_posters.poster import POSTER_SIZE, draw_poster

__all__ = ["POSTER_SIZE", "draw_poster"]
