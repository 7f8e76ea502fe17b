"""Pictures that look the same are found, and no others."""

import io
import random

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from posters.images.perceptual_hash import HASH_BITS, HashIndex, difference_hash

MAX_DISTANCE = 12


def picture(seed: int) -> Image.Image:
    """A picture with large shapes and a texture, as posters have."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256, (9, 6, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((400, 600), Image.Resampling.BICUBIC)
    drawing = ImageDraw.Draw(image)
    for _ in range(8):
        left, top, width, height = generator.integers(0, 300, 4).tolist()
        colour = tuple(generator.integers(0, 256, 3).tolist())
        drawing.ellipse((left, top, left + width, top + height), fill=colour)
    return image


def recompressed(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)


def distance(one: Image.Image, other: Image.Image) -> int:
    return (difference_hash(one) ^ difference_hash(other)).bit_count()


def flipped(picture_hash: int, bits: int, generator: random.Random) -> int:
    """The hash with exactly so many of its bits flipped."""
    for bit in generator.sample(range(HASH_BITS), bits):
        picture_hash ^= 1 << bit
    return picture_hash


def index_of(known: dict[str, int], max_distance: int = MAX_DISTANCE) -> HashIndex:
    index = HashIndex(max_distance)
    for name, value in known.items():
        index.add(value, name)
    return index


@pytest.mark.parametrize("seed", range(5))
def test_copies_are_near(seed: int) -> None:
    image = picture(seed)
    sizes = [image.resize(size) for size in ((120, 180), (267, 400), (800, 1200))]
    qualities = [recompressed(image, quality) for quality in (20, 50, 90)]
    darker = ImageEnhance.Brightness(image.resize((200, 300))).enhance(0.8)
    grey = image.convert("L").convert("RGB")
    for copy in (*sizes, *qualities, recompressed(darker, 60), grey):
        assert distance(image, copy) <= MAX_DISTANCE


def test_different_pictures_are_far_apart() -> None:
    images = [picture(seed) for seed in range(40)]
    hashes = [difference_hash(image) for image in images]
    hashes.append(difference_hash(images[2].transpose(Image.Transpose.FLIP_LEFT_RIGHT)))
    nearest = min(
        (one ^ other).bit_count() for number, one in enumerate(hashes) for other in hashes[:number]
    )
    assert nearest > 2 * MAX_DISTANCE


def test_each_bit_of_the_hash_is_a_step_to_a_lighter_cell() -> None:
    ramp = Image.fromarray(np.tile(np.arange(0, 255, dtype=np.uint8), (300, 1)))
    assert difference_hash(ramp) == 2**HASH_BITS - 1
    assert difference_hash(ramp.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) == 0


def test_nothing_is_found_in_an_empty_index() -> None:
    assert HashIndex(MAX_DISTANCE).find(0) is None


def test_the_nearest_is_found_and_ties_are_broken_by_name() -> None:
    known = {"tt0000005": 0b01, "tt0000003": 0b10, "tt0000004": 0b11, "tt0000001": 0b111}
    assert index_of(known).find(0) == "tt0000003"
    assert index_of(dict(reversed(known.items()))).find(0) == "tt0000003"


@pytest.mark.parametrize("max_distance", [0, 5, 12, 15])
def test_the_search_is_exact(max_distance: int) -> None:
    generator = random.Random(100 + max_distance)
    centres = [generator.getrandbits(HASH_BITS) for _ in range(40)]
    crowded = [
        flipped(generator.choice(centres), generator.randint(0, 14), generator) for _ in range(1500)
    ]
    hashes = crowded + [generator.getrandbits(HASH_BITS) for _ in range(1500)]
    known = {f"tt{number:07d}": value for number, value in enumerate(hashes)}
    queries = [
        flipped(generator.choice(hashes + centres * 30), generator.randint(0, 20), generator)
        for _ in range(300)
    ]
    # Exactly at the limit and just beyond it.
    queries += [flipped(value, max_distance, generator) for value in hashes[-100:]]
    queries += [flipped(value, max_distance + 1, generator) for value in hashes[-100:]]

    def nearest(query: int) -> str | None:
        least, name = min(((value ^ query).bit_count(), name) for name, value in known.items())
        return name if least <= max_distance else None

    index = index_of(known, max_distance)
    found = [index.find(query) for query in queries]
    assert found == [nearest(query) for query in queries]
    assert None not in found[-200:-100]
    assert found[-100:] == [None] * 100
