"""Atlases: small pictures of all posters, as large as the page's size allows."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from posters.explore import atlases
from posters.explore.atlases import COLUMNS, draw_atlases, small_posters


def test_tiles_are_in_order(tmp_path: Path) -> None:
    colours = [(number % 5 * 50, number % 7 * 35, 90) for number in range(COLUMNS**2 + 3)]
    files = [tmp_path / f"{number}.png" for number in range(len(colours))]
    for file, colour in zip(files, colours, strict=True):
        Image.new("RGB", (200, 280), colour).save(file)
    pictures = draw_atlases(small_posters(files))
    first, last = (Image.open(io.BytesIO(picture)) for picture in pictures)
    assert first.size == (COLUMNS * 160, COLUMNS * 240)
    assert last.size == (COLUMNS * 160, 240)
    for number, colour in enumerate(colours):
        atlas, place = (first, number) if number < COLUMNS**2 else (last, number - COLUMNS**2)
        middle = (place % COLUMNS * 160 + 80, place // COLUMNS * 240 + 120)
        assert atlas.getpixel(middle) == pytest.approx(colour, abs=6)


def test_detailed_posters_stay_below_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atlases, "MAX_BYTES", 250_000)
    # As detailed as photographs: noise, a little blurred.
    noise = Image.effect_noise((200, 300), 90).filter(ImageFilter.GaussianBlur(0.7))
    noise.save(tmp_path / "poster.png")
    made = draw_atlases(small_posters([tmp_path / "poster.png"] * 300))
    assert 0.6 * 250_000 < sum(map(len, made)) < 1.05 * 250_000
