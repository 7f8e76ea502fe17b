"""Draws the embedded data: posters of films that never were, in the manner of their years."""

from sample_posters.poster import POSTER_SIZE, draw_poster

__all__ = ["POSTER_SIZE", "draw_poster"]
