"""Pictures that are the same to the eye are found, and no others."""

import io
import random

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from posters.images.perceptual_hash import HASH_BITS, HashIndex, difference_hash

REACH = 12


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


def flipped(picture_hash: int, bits: int, dice: random.Random) -> int:
    """The hash with exactly so many of its bits turned."""
    for bit in dice.sample(range(HASH_BITS), bits):
        picture_hash ^= 1 << bit
    return picture_hash


def nearest_by_brute_force(known: dict[str, int], asked: int, reach: int) -> str | None:
    distance, name = min(((value ^ asked).bit_count(), name) for name, value in known.items())
    return name if distance <= reach else None


def index_of(known: dict[str, int], reach: int) -> HashIndex:
    index = HashIndex(reach)
    for name, value in known.items():
        index.add(value, name)
    return index


@pytest.mark.parametrize("seed", range(5))
def test_a_resized_copy_is_near(seed: int) -> None:
    image = picture(seed)
    for size in ((120, 180), (267, 400), (800, 1200)):
        assert distance(image, image.resize(size, Image.Resampling.LANCZOS)) <= REACH


@pytest.mark.parametrize("seed", range(5))
def test_a_recompressed_copy_is_near(seed: int) -> None:
    image = picture(seed)
    for quality in (20, 50, 90):
        assert distance(image, recompressed(image, quality)) <= REACH


@pytest.mark.parametrize("seed", range(5))
def test_a_copy_made_smaller_darker_and_recompressed_is_near(seed: int) -> None:
    image = picture(seed)
    darker = ImageEnhance.Brightness(image.resize((200, 300))).enhance(0.8)
    assert distance(image, recompressed(darker, 60)) <= REACH


def test_a_grey_copy_is_the_same() -> None:
    assert distance(picture(1), picture(1).convert("L").convert("RGB")) <= REACH


def test_different_pictures_are_far_apart() -> None:
    hashes = [difference_hash(picture(seed)) for seed in range(40)]
    nearest = min(
        (one ^ other).bit_count() for number, one in enumerate(hashes) for other in hashes[:number]
    )
    assert nearest > 2 * REACH


def test_a_mirrored_picture_is_another_picture() -> None:
    image = picture(2)
    assert distance(image, image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) > 2 * REACH


def test_the_hash_has_256_bits_that_say_where_it_grows_lighter() -> None:
    ramp = Image.fromarray(np.tile(np.arange(0, 255, dtype=np.uint8), (300, 1)))
    assert difference_hash(ramp) == 2**HASH_BITS - 1
    assert difference_hash(ramp.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) == 0


@pytest.mark.parametrize("reach", [0, 1, 7, 12, 15])
def test_every_hash_within_reach_is_found(reach: int) -> None:
    dice = random.Random(reach)
    known = {f"tt{number:07d}": dice.getrandbits(HASH_BITS) for number in range(300)}
    index = index_of(known, reach)
    for name, value in known.items():
        for bits in {dice.randint(0, reach), reach}:
            assert index.find(flipped(value, bits, dice)) == name


def test_flips_spread_over_every_band_but_one_are_found() -> None:
    # The worst case of the pigeonhole: 15 bits in 15 different bands of 16 bits.
    value = random.Random(0).getrandbits(HASH_BITS)
    index = index_of({"tt0000001": value}, 15)
    for spared in range(16):
        asked = value
        for band in range(16):
            if band != spared:
                asked ^= 1 << (16 * band + (band + spared) % 16)
        assert index.find(asked) == "tt0000001"


@pytest.mark.parametrize("reach", [0, 3, 12, 15])
def test_nothing_beyond_reach_is_found(reach: int) -> None:
    dice = random.Random(reach)
    value = dice.getrandbits(HASH_BITS)
    index = index_of({"tt0000001": value}, reach)
    for bits in [reach + 1] * 200 + [reach + 2, 20, 40, 128, 256]:
        assert index.find(flipped(value, bits, dice)) is None


def test_nothing_is_found_among_none() -> None:
    assert HashIndex(REACH).find(0) is None


def test_the_nearest_wins_whichever_came_first() -> None:
    dice = random.Random(3)
    value = dice.getrandbits(HASH_BITS)
    far, near = flipped(value, 9, dice), flipped(value, 2, dice)
    assert index_of({"tt0000001": far, "tt0000002": near}, REACH).find(value) == "tt0000002"
    assert index_of({"tt0000002": near, "tt0000001": far}, REACH).find(value) == "tt0000002"


def test_ties_are_broken_by_name() -> None:
    known = {"tt0000005": 0b01, "tt0000003": 0b10, "tt0000004": 0b11}
    assert index_of(known, REACH).find(0) == "tt0000003"
    assert index_of(dict(reversed(known.items())), REACH).find(0) == "tt0000003"


@pytest.mark.parametrize("reach", [5, 12, 15])
def test_answers_agree_with_comparing_with_all(reach: int) -> None:
    dice = random.Random(100 + reach)
    centres = [dice.getrandbits(HASH_BITS) for _ in range(40)]
    crowded = [flipped(dice.choice(centres), dice.randint(0, 14), dice) for _ in range(1500)]
    hashes = crowded + [dice.getrandbits(HASH_BITS) for _ in range(1500)]
    dice.shuffle(hashes)
    known = {f"tt{number:07d}": value for number, value in enumerate(hashes)}
    index = index_of(known, reach)
    asked = [flipped(dice.choice(hashes), dice.randint(0, 20), dice) for _ in range(200)]
    asked += [flipped(dice.choice(centres), dice.randint(0, 20), dice) for _ in range(100)]
    asked += [dice.getrandbits(HASH_BITS) for _ in range(50)]
    answers = [index.find(value) for value in asked]
    assert answers == [nearest_by_brute_force(known, value, reach) for value in asked]
    assert None in answers
    assert len(set(answers)) > 50


@pytest.mark.parametrize("reach", [-1, 16, 256])
def test_a_reach_the_bands_cannot_promise_is_refused(reach: int) -> None:
    with pytest.raises(ValueError, match=f"Received: {reach}"):
        HashIndex(reach)
