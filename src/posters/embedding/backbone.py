"""The frozen pre-trained network: turns posters into vectors."""

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from posters.embedding.colour import colour_statistics
from posters.errors import PosterRefused
from posters.images.pictures import PosterLike, large_in_turn, read_poster_file, to_rgb


@dataclass(frozen=True)
class BackboneInfo:
    """Identifies a network: vectors can be compared if their infos are equal.

    A vector consists of year features, retrieval features and colour statistics, in this order.
    If `pooling` is not `layers`, year features and retrieval features are the same.

    Attributes:
        name: as in `keras.applications`.
        weights: the weights in use: `imagenet`, `random` or `file`.
        pooling: `layers` (see `feature_layers`), or `avg`, `max` or `flatten` of the last layer.
        year_layers, retrieval_layers: layers behind these features, separated by spaces.
        precision: of the arithmetic, `float32`, `bfloat16` or `int8`.
        width, height: size in pixels that posters are resized to.
        seed: of random weights.
        retrieval_from, colour_from: index of the first retrieval feature and colour statistic.
    """

    name: str
    weights: str
    weights_digest: str
    pooling: str
    year_layers: str
    retrieval_layers: str
    precision: str
    width: int
    height: int
    seed: int
    embedding_size: int
    retrieval_from: int
    colour_from: int

    @property
    def fingerprint(self) -> str:
        """A digest of all attributes, for the key of the embedding cache."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()

    @property
    def features(self) -> slice:
        """The part of a vector that is the network's output."""
        return slice(0, self.colour_from)

    @property
    def year_features(self) -> slice:
        """The part of a vector that the year model uses."""
        return slice(0, self.retrieval_from or self.colour_from)

    @property
    def colour(self) -> slice:
        """The part of a vector that holds the colour statistics."""
        return slice(self.colour_from, self.embedding_size)

    @property
    def retrieval_features(self) -> slice:
        """The part of a vector that neighbours are searched by."""
        return slice(self.retrieval_from, self.colour_from)

    @property
    def caveat(self) -> str | None:
        """A warning to show with every result of this network, if there is one."""
        return f"random {self.name} weights" if self.weights == "random" else None


VectorBatches = Generator[NDArray[np.float32], None, None]
"""Batches of vectors of shape (n_posters, embedding_size)."""

BatchResult = tuple[NDArray[np.float32], list[PosterRefused | list[str]]]
"""Vectors of the readable posters, and for each poster its warnings or its refusal."""

Outcomes = Generator[BatchResult, None, None]
Examine = Callable[[Image.Image], list[str]]
"""Gives the warnings for a poster, or raises its refusal."""


class Backbone:
    """A network without its classifier.

    Args:
        forward: maps pictures of shape (n, height, width, 3), 0-255, to features of shape
            (n, colour_from); it may overwrite the pictures.
        batch_size, workers: pictures per call of `forward`, and calls at the same time.
        examine: what `try_batches` does with each poster first; by default there are no warnings.
    """

    def __init__(
        self,
        forward: Callable[[NDArray[np.float32]], NDArray[np.float32]],
        info: BackboneInfo,
        batch_size: int,
        workers: int = 1,
        examine: Examine = lambda image: [],
    ) -> None:
        self.info = info
        self._examine = examine
        self._forward = forward
        self._batch_size = batch_size
        self._workers = workers

    def probe(self) -> str:
        """A digest of the vectors of fixed pictures: of what code, packages and processor do."""
        return hashlib.sha256(self.embed(_probe_pictures()).tobytes()).hexdigest()

    def embed(self, posters: Sequence[PosterLike]) -> NDArray[np.float32]:
        """Turn posters into vectors of shape (n_posters, embedding_size), float32.

        A poster's vector is bit-identical whatever other posters come with it. Raises the
        `PosterRefused` of a poster that can't be read.
        """
        no_vectors = np.empty((0, self.info.embedding_size), np.float32)
        return np.concatenate([no_vectors, *self.batches(posters)])

    def batches(self, posters: Iterable[PosterLike]) -> VectorBatches:
        """As `embed`, batch by batch; only a few posters are in memory at a time."""
        for vectors, outcomes in self._outcomes(posters, lambda image: []):
            for outcome in outcomes:
                if isinstance(outcome, PosterRefused):
                    raise outcome
            yield vectors

    def try_batches(self, posters: Iterable[PosterLike]) -> Outcomes:
        """As `batches`, but posters are examined, and refusals are reported instead of raised."""
        return self._outcomes(posters, self._examine)

    def _outcomes(self, posters: Iterable[PosterLike], examine: Examine) -> Outcomes:
        remaining = iter(posters)
        # One thread more than workers, so that posters are decoded while the network works.
        with ThreadPoolExecutor(self._workers + 1, thread_name_prefix="embed") as pool:
            pending: deque[Future[BatchResult]] = deque()
            try:
                while True:
                    while len(pending) <= self._workers + 1 and (
                        batch := list(islice(remaining, self._batch_size))
                    ):
                        pending.append(pool.submit(self._embed_batch, batch, examine))
                    if not pending:
                        return
                    yield pending.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _embed_batch(self, posters: Sequence[PosterLike], examine: Examine) -> BatchResult:
        pictures: list[NDArray[np.float32]] = []
        outcomes: list[PosterRefused | list[str]] = []
        for poster in posters:
            try:
                if isinstance(poster, str | Path):
                    poster = read_poster_file(Path(poster))
                pixels, warnings = large_in_turn(poster, partial(self._examined, poster, examine))
                pictures.append(pixels)
                outcomes.append(warnings)
            except PosterRefused as refusal:
                outcomes.append(refusal)
        vectors = np.empty((len(pictures), self.info.embedding_size), dtype=np.float32)
        if pictures:
            stacked = np.stack(pictures)
            vectors[:, self.info.colour] = colour_statistics(stacked)
            # (B, H, W, 3) -> (B, colour_from); last, because it may overwrite the pictures.
            vectors[:, self.info.features] = self._forward(stacked)
        return vectors, outcomes

    def _examined(
        self, poster: PosterLike, examine: Examine
    ) -> tuple[NDArray[np.float32], list[str]]:
        image = to_rgb(poster)
        warnings = examine(image)
        return resize(image, (self.info.width, self.info.height)), warnings


def _probe_pictures() -> list[Image.Image]:
    """One noise picture in each colour mode that posters have."""
    pixels = np.random.default_rng(0).integers(0, 256, (90, 60, 3)).astype(np.uint8)
    picture = Image.fromarray(pixels)
    transparent = picture.convert("RGBA")
    transparent.putalpha(picture.convert("L"))
    return [picture, *(picture.convert(mode) for mode in ("L", "CMYK", "P")), transparent]


def resize(image: Image.Image, size: tuple[int, int]) -> NDArray[np.float32]:
    """Resize an RGB image to (width, height) without cropping; shape (height, width, 3), 0-255."""
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC), dtype=np.float32)
