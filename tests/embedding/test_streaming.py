"""A stream of posters through a network: in order, a few in memory, the unreadable left out."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from parts import info_of
from PIL import Image

from posters.embedding.backbone import Backbone
from posters.embedding.colour import COLOUR_SIZE
from posters.errors import PosterRefused

WORKERS = 2


def network(forward_calls: list[int] | None = None, batch_size: int = 1) -> Backbone:
    """Its one feature is the mean of the picture."""

    def forward(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        if forward_calls is not None:
            forward_calls.append(len(pictures))
        return pictures.mean(axis=(1, 2, 3))[:, None]

    return Backbone(forward, info_of(1 + COLOUR_SIZE, 0, 1), batch_size, WORKERS)


def poster(grey: int) -> Image.Image:
    return Image.new("RGB", (20, 30), (grey, grey, grey))


@pytest.mark.parametrize("batch_size", [1, 4])
def test_posters_that_can_not_be_read_stand_in_nobodys_way(batch_size: int) -> None:
    posters = [b"", poster(10), poster(20), b"no picture", b"", b"", poster(30), b"", poster(40)]
    found: list[float | str] = []
    for vectors, refusals in network(batch_size=batch_size).try_batches(posters):
        assert len(vectors) == refusals.count(None)
        greys = iter(vectors[:, 0])
        found += [refused.reason if refused else float(next(greys)) for refused in refusals]
    bad = "unreadable"
    assert found == [bad, 10.0, 20.0, bad, bad, bad, 30.0, bad, 40.0]


def test_the_network_is_not_asked_about_nothing() -> None:
    calls: list[int] = []
    ((vectors, refusals),) = network(calls, batch_size=4).try_batches([b"", b"no picture"])
    assert vectors.shape == (0, 1 + COLOUR_SIZE)
    assert all(isinstance(refused, PosterRefused) for refused in refusals)
    assert not calls


def test_a_stream_is_read_only_a_little_ahead() -> None:
    asked = 0

    def posters() -> Iterator[Image.Image]:
        nonlocal asked
        for number in range(10_000):
            asked += 1
            yield poster(number % 256)

    stream = network().batches(posters())
    for answered in range(1, 301):
        next(stream)
        assert asked - answered <= WORKERS + 2
    stream.close()
    assert asked <= 300 + WORKERS + 2
    assert not [one for one in threading.enumerate() if one.name.startswith("embed")]


def test_embedding_still_raises_what_can_not_be_read() -> None:
    with pytest.raises(PosterRefused, match="the file is empty"):
        network(batch_size=4).embed([poster(1), b"", poster(2)])
