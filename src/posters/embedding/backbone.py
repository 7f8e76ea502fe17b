"""The frozen pre-trained network: posters in, vectors out, whatever it is run by."""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from posters.embedding.colour import colour_statistics
from posters.errors import PosterRefused
from posters.images.pictures import PosterLike, to_rgb


@dataclass(frozen=True)
class BackboneInfo:
    """What a vector came out of; two vectors can be compared when this is equal.

    Attributes:
        name: as in `keras.applications`.
        weights: `imagenet`, `random`, or `file`: what the network really runs with.
        weights_digest: SHA-256 over all weights, so that a changed file can't go unnoticed.
        pooling: `depths` (moments and layout of several layers, see `taps`), or `avg`, `max`,
            `flatten` of the last one.
        moments, layout: the layers that are tapped for each (see `taps`), between spaces.
        mirrored: whether a vector is the mean of the poster's and of its mirror image's.
        precision: what the network calculates in, `float32` or `bfloat16`.
        width, height: in pixels, what posters are scaled to.
        seed: of random weights.
        embedding_size: length of a vector.
        retrieval_from: where the part of a vector begins by which neighbours are found.
        colour_from: where it ends, and the colours begin (see `colour`).
    """

    name: str
    weights: str
    weights_digest: str
    pooling: str
    moments: str
    layout: str
    mirrored: bool
    precision: str
    width: int
    height: int
    seed: int
    embedding_size: int
    retrieval_from: int
    colour_from: int

    @property
    def fingerprint(self) -> str:
        """A digest of everything the vectors depend on: the key of the embeddings' cache."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()

    @property
    def features(self) -> slice:
        """The part of a vector that came out of the network."""
        return slice(0, self.colour_from)

    @property
    def year_features(self) -> slice:
        """The part of a vector from which years are learned: its moments, if it has any."""
        return slice(0, self.retrieval_from or self.colour_from)

    @property
    def colour(self) -> slice:
        """The part of a vector that says what colours a poster has, and nothing else."""
        return slice(self.colour_from, self.embedding_size)

    @property
    def retrieval_features(self) -> slice:
        """The part of a vector by which neighbours are found."""
        return slice(self.retrieval_from, self.colour_from)

    @property
    def caveat(self) -> str | None:
        """What must be said wherever results of this network are shown, if anything."""
        return f"random {self.name} weights" if self.weights == "random" else None


Forward = Callable[[NDArray[np.float32]], NDArray[np.float32]]

Tried = tuple[NDArray[np.float32], list[PosterRefused | None]]
"""What became of a batch of posters: the vectors of those that could be read, shape (n_read,
embedding_size), and for each poster None, or why it could not."""


class Backbone:
    """A network without its classifier, ready to turn posters into vectors.

    Args:
        forward: turns pictures of shape (n, height, width, 3), 0-255, which it may overwrite, into
            features of shape (n, colour_from).
        info: what it is.
        batch_size: how many pictures `forward` is given at once.
        workers: how many threads may call `forward` at a time.

    Attributes:
        info: what it is.
    """

    def __init__(
        self, forward: Forward, info: BackboneInfo, batch_size: int, workers: int = 1
    ) -> None:
        self.info = info
        self._forward = forward
        self._batch_size = batch_size
        self._workers = workers

    def probe(self) -> str:
        """A digest of the vectors that this network gives known pictures, here and now.

        It changes with whatever the vectors depend on and `info` does not tell: the code that
        converts and scales pictures, the versions of the packages, the processor.
        """
        return hashlib.sha256(self.embed(_probes()).tobytes()).hexdigest()

    def embed(self, posters: Sequence[PosterLike]) -> NDArray[np.float32]:
        """Turn posters into vectors of shape (n_posters, embedding_size), float32.

        On one machine the vector of a poster is the same to the bit, however many others come
        with it and in whatever order (a test holds it to that).

        Raises:
            PosterRefused: a poster can't be read.
        """
        pieces = list(self.batches(posters))
        return (
            np.concatenate(pieces)
            if pieces
            else np.empty((0, self.info.embedding_size), np.float32)
        )

    def batches(self, posters: Iterable[PosterLike]) -> Iterator[NDArray[np.float32]]:
        """As `embed`, batch by batch; only a few of the posters are in memory at a time.

        One thread more than may use the network works at it: while it looks at some posters, the
        next ones are read, decoded and scaled.
        """
        for vectors, refusals in self.try_batches(posters):
            for refused in refusals:
                if refused:
                    raise refused
            yield vectors

    def try_batches(self, posters: Iterable[PosterLike]) -> Iterator[Tried]:
        """As `batches`, but a poster that can't be read stands in nobody's way."""
        coming = iter(posters)
        with ThreadPoolExecutor(self._workers + 1, thread_name_prefix="embed") as pool:
            waiting: deque[Future[Tried]] = deque()
            try:
                while True:
                    while len(waiting) <= self._workers + 1 and (
                        batch := list(islice(coming, self._batch_size))
                    ):
                        waiting.append(pool.submit(self._try, batch))
                    if not waiting:
                        return
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _try(self, posters: Sequence[PosterLike]) -> Tried:
        size = (self.info.width, self.info.height)
        pictures: list[NDArray[np.float32]] = []
        refusals: list[PosterRefused | None] = []
        for poster in posters:
            try:
                pictures.append(resize(to_rgb(poster), size))
                refusals.append(None)
            except PosterRefused as refused:
                refusals.append(refused)
        vectors = np.empty((len(pictures), self.info.embedding_size), dtype=np.float32)
        if pictures:
            stacked = np.stack(pictures)
            vectors[:, self.info.colour] = colour_statistics(stacked)
            # (B, H, W, 3) -> (B, colour_from); last, as it may overwrite the pictures.
            vectors[:, self.info.features] = self._forward(stacked)
        return vectors, refusals


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _probes() -> list[Image.Image]:
    """Known pictures of every kind that posters come as."""
    pixels = np.random.default_rng(0).integers(0, 256, (90, 60, 3)).astype(np.uint8)
    picture = Image.fromarray(pixels)
    clear = picture.convert("RGBA")
    clear.putalpha(picture.convert("L"))
    return [picture, picture.convert("L"), picture.convert("CMYK"), picture.convert("P"), clear]


def resize(image: Image.Image, size: tuple[int, int]) -> NDArray[np.float32]:
    """Scale an RGB image to a width and a height: squeezed, not cropped, to lose no edge.

    Returns:
        Shape (height, width, 3), 0-255.
    """
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC), dtype=np.float32)
