"""The eight pictures that are worst to decode: time of each, and memory of all at once."""

import io
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.measuring import BenchmarkError, seconds
from posters.catalogue.gathering import Gatherer
from posters.catalogue.movie_table import Movie
from posters.catalogue.source_protocol import Picture
from posters.images.complexity import MAX_SCANS
from posters.images.perceptual_hash import difference_hash
from posters.images.pictures import MAX_PIXELS, open_image, to_rgb
from posters.params import load_params

SIDES = (3000, 4000)
JPEG_SIDES = (6000, 8000)


def measure(sides: tuple[int, int] = SIDES, jpeg_sides: tuple[int, int] = JPEG_SIDES) -> Any:
    """Seconds of each picture alone, and seconds and peak memory of all in the threads of `scrape`.

    Raises:
        BenchmarkError: a picture is refused.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # In another process, as making them takes more memory than decoding them.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            pool.submit(write_pictures, folder, sides, jpeg_sides).result()
        contents = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        started = time.perf_counter()
        gather(contents, folder)
        taken = time.perf_counter() - started
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    alone: dict[str, Callable[[], object]] = {
        name: partial(decode, content) for name, content in contents.items()
    }
    return {
        "seconds alone": {name: round(value, 2) for name, value in seconds(alone, 1).items()},
        "all at once": {"seconds": round(taken, 2), "megabytes": round(megabytes)},
    }


def decode(content: bytes) -> int:
    """What `scrape` does with a picture."""
    return difference_hash(to_rgb(open_image(content)))


def gather(contents: dict[str, bytes], folder: Path) -> None:
    """Have posters checked and accepted in as many threads as `scrape` uses by default."""
    params = load_params()
    movies = [Movie(f"tt{i:07d}", name, 1990, name) for i, name in enumerate(contents, 1)]
    source: Any = SimpleNamespace(
        name="memory",
        ledger=None,
        connections=2 * params.fetch.image_connections,
        poster=lambda movie: Picture(contents[movie.poster], movie.poster),
    )
    with Gatherer(source, params, {"initial": folder}, len(movies), folder) as gatherer:
        gatherer.prefetch(movies)
        for movie in movies:
            gatherer.gather(movie, "initial")
        if gatherer.refusals:
            raise BenchmarkError(f"a picture was refused: {gatherer.refusals[0]}")


def write_pictures(folder: Path, sides: tuple[int, int], jpeg_sides: tuple[int, int]) -> None:
    """Write the pictures; each one reaches a limit of `images.pictures` or `images.complexity`."""
    scans = MAX_SCANS * MAX_PIXELS // max(jpeg_sides[0] * jpeg_sides[1], MAX_PIXELS)
    grey = Image.fromarray(np.asarray(patches(0, "L", sides), np.uint16) * 257)
    progressive = partial(encoded, format_name="JPEG", progressive=True)
    large, cmyk = (progressive(patches(i, m, jpeg_sides)) for i, m in ((1, "RGB"), (2, "CMYK")))
    pictures = {
        "PNG, transparent": encoded(patches(3, "RGBA", sides), "PNG"),
        "PNG, 16-bit grey": encoded(grey, "PNG"),
        "WebP, transparent": encoded(patches(4, "RGBA", sides), "WEBP", lossless=True, method=0),
        "JPEG, many scans": with_scans(progressive(patches(5, "RGB", sides)), MAX_SCANS),
        "JPEG, large, many scans": with_scans(large, scans),
        "JPEG, large, CMYK, many scans": with_scans(cmyk, scans),
        "JPEG, noise": encoded(patches(6, "RGB", sides, patch=4), "JPEG", quality=90),
        "JPEG, Exif in many parts": with_exif(encoded(patches(7, "RGB", (200, 300)), "JPEG"), 240),
    }
    for name, content in pictures.items():
        (folder / name).write_bytes(content)


def patches(seed: int, mode: str, sides: tuple[int, int], patch: int = 0) -> Image.Image:
    """A picture of random patches, by default 8 x 12 of them."""
    width, height = (side // patch for side in sides) if patch else (8, 12)
    shape = (height, width, len(Image.new(mode, (1, 1)).getbands()))
    levels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    small = Image.frombytes(mode, (width, height), levels.tobytes())
    return small.resize(sides, Image.Resampling.NEAREST)


def encoded(image: Image.Image, format_name: str, **options: Any) -> bytes:
    """The content of a picture file."""
    file = io.BytesIO()
    image.save(file, format_name, **options)
    return file.getvalue()


def with_scans(jpeg: bytes, scans: int) -> bytes:
    """Repeat the last scan of a progressive JPEG without metadata until it has so many."""
    before = jpeg.count(b"\xff\xda")
    last = jpeg[jpeg.rindex(b"\xff\xc4") : -2]
    return jpeg[:-2] + last * (scans - before) + jpeg[-2:]


def with_exif(jpeg: bytes, segments: int, size: int = 40_000) -> bytes:
    """Add Exif data in so many segments of `size` bytes."""
    segment = b"\xff\xe1" + size.to_bytes(2, "big") + b"Exif\0\0".ljust(size - 2, b"x")
    return jpeg[:2] + segments * segment + jpeg[2:]
