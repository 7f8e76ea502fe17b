"""Pseudo-random numbers that depend on names alone, not on the order in which they are drawn."""

import hashlib


def unit_interval(*parts: object) -> float:
    """A pseudo-random number in [0, 1) that depends on `parts` only."""
    digest = hashlib.sha256(":".join(map(str, parts)).encode("utf-8")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
