"""Atlases: small pictures of all posters, as large as the page's size allows."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from posters.explore.atlases import COLUMNS, MAX_BYTES, draw_atlases, small_posters


def test_tiles_are_in_order(tmp_path: Path) -> None:
    colours = [(number % 5 * 50, number % 7 * 35, 90) for number in range(COLUMNS**2 + 3)]
    files = [tmp_path / f"{number}.png" for number in range(len(colours))]
    for file, colour in zip(files, colours, strict=True):
        Image.new("RGB", (200, 280), colour).save(file)
    atlases = draw_atlases(small_posters(files))
    assert (atlases.width, atlases.height) == (160, 240)
    first, last = (Image.open(io.BytesIO(picture)) for picture in atlases.pictures)
    assert first.size == (COLUMNS * 160, COLUMNS * 240)
    assert last.size == (COLUMNS * 160, 240)
    for number, colour in enumerate(colours):
        atlas, place = (first, number) if number < COLUMNS**2 else (last, number - COLUMNS**2)
        middle = (place % COLUMNS * 160 + 80, place // COLUMNS * 240 + 120)
        assert atlas.getpixel(middle) == pytest.approx(colour, abs=6)


@pytest.mark.slow
def test_4000_detailed_posters_stay_below_the_limit(
    draw: Callable[[str, int], Path], tmp_path: Path
) -> None:
    files = []
    for number in range(40):
        poster = Image.open(draw(f"Detailed {number}", 1900 + 3 * number)).resize((200, 300))
        # As detailed as photographs: noise, a little blurred.
        noise = Image.effect_noise(poster.size, 90).filter(ImageFilter.GaussianBlur(0.7))
        files.append(tmp_path / f"{number}.jpg")
        Image.blend(poster.convert("RGB"), noise.convert("RGB"), 0.3).save(files[-1])
    atlases = draw_atlases(small_posters(files * 100))
    size = sum(map(len, atlases.pictures))
    assert 0.6 * MAX_BYTES < size < 1.05 * MAX_BYTES
    assert 48 <= atlases.width < 160
