"""Damaged answers: cut short, or with one value replaced or missing."""

import contextlib
import copy
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FORMATS = Path(__file__).parent / "formats"  # invented answers in the shapes of the real ones
WRONG_VALUES: tuple[Any, ...] = (None, "", "nonsense", -1, 10**30, True, [], {}, [None], {"x": 1})


@contextlib.contextmanager
def little_memory() -> Iterator[None]:
    """Check that the block never holds more than 20 MB."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def cut_short(content: str, pieces: int = 60) -> Iterator[str]:
    """The content cut at many places."""
    for end in range(0, len(content), max(1, len(content) // pieces)):
        yield content[:end]


def altered(value: Any) -> Iterator[Any]:
    """Copies of nested lists and objects, in each one value replaced or one key missing."""
    for path in _paths(value):
        for wrong in WRONG_VALUES:
            changed = copy.deepcopy(value)
            _parent(changed, path)[path[-1]] = wrong
            yield changed
        changed = copy.deepcopy(value)
        del _parent(changed, path)[path[-1]]
        yield changed
    yield from WRONG_VALUES


def damaged_json(answer: str) -> Iterator[bytes]:
    """A JSON answer with every kind of damage, and answers that aren't JSON."""
    yield from (cut.encode() for cut in cut_short(answer))
    yield from (json.dumps(value).encode() for value in altered(json.loads(answer)))
    yield from (b"\xff\xfe\x00", b"<html>", b"[" * 100_000, b'{"a":' * 100_000, b"1" * 5000)
    yield answer.replace("9", "\\ud800").encode()


def _paths(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*before, key)
        if isinstance(inner, dict | list):
            yield from _paths(inner, (*before, key))


def _parent(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        value = value[key]
    return value
