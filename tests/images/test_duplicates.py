"""Pictures that look the same are found, and no others."""

import io
import random
from itertools import combinations

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from small_pictures import encoded, picture

from posters.images.perceptual_hash import HASH_BITS, HashIndex, difference_hash

MAX_DISTANCE = 12


def flipped(picture_hash: int, bits: int, generator: random.Random) -> int:
    """The hash with exactly so many of its bits flipped."""
    for bit in generator.sample(range(HASH_BITS), bits):
        picture_hash ^= 1 << bit
    return picture_hash


def test_copies_are_near_and_different_pictures_are_not() -> None:
    images = [picture(seed, (400, 600)) for seed in range(20)]
    hashes = [difference_hash(image) for image in images]
    for image, picture_hash in zip(images[:5], hashes, strict=False):
        darker = ImageEnhance.Brightness(image.resize((200, 300))).enhance(0.8)
        file = Image.open(io.BytesIO(encoded(darker, "JPEG", quality=60)))
        for copy in (image.resize((120, 180)), image.convert("L"), file):
            assert (difference_hash(copy) ^ picture_hash).bit_count() <= MAX_DISTANCE
    hashes.append(difference_hash(images[2].transpose(Image.Transpose.FLIP_LEFT_RIGHT)))
    distances = [(one ^ other).bit_count() for one, other in combinations(hashes, 2)]
    assert min(distances) > 2 * MAX_DISTANCE


def test_each_bit_of_the_hash_is_a_step_to_a_lighter_cell() -> None:
    ramp = Image.fromarray(np.tile(np.arange(0, 255, dtype=np.uint8), (300, 1)))
    assert difference_hash(ramp) == 2**HASH_BITS - 1
    assert difference_hash(ramp.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) == 0


@pytest.mark.parametrize("max_distance", [0, 12, 15])
def test_the_search_is_exact(max_distance: int) -> None:
    generator = random.Random(100 + max_distance)
    centres = [generator.getrandbits(HASH_BITS) for _ in range(40)]
    hashes = [flipped(centres[n % 40], n % 15, generator) for n in range(1500)]
    hashes += [generator.getrandbits(HASH_BITS) for _ in range(100)]
    known = {f"tt{number:07d}": value for number, value in enumerate(hashes)}
    queries = [flipped(centres[n % 40], n % 20, generator) for n in range(200)]
    # Exactly at the limit and just beyond it.
    for distance in (max_distance, max_distance + 1):
        queries += [flipped(value, distance, generator) for value in hashes[-100:]]

    def nearest(query: int) -> str | None:
        least, name = min(((value ^ query).bit_count(), name) for name, value in known.items())
        return name if least <= max_distance else None

    index = HashIndex(max_distance)
    assert index.find(0) is None
    for name, value in reversed(known.items()):
        index.add(value, name)
    found = [index.find(query) for query in queries]
    assert found == [nearest(query) for query in queries]
    assert None not in found[-200:-100]
    assert found[-100:] == [None] * 100
