"""Choices without chance: the same words give the same answer in every run and on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def share(*words: object) -> float:
    """A number in [0, 1) that depends on `words` alone."""
    digest = blake2b("|".join(map(str, words)).encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48


def pick(options: Sequence[T], *words: object) -> T:
    """One of `options`."""
    return options[int(share(*words) * len(options))]


def between(low: int, high: int, *words: object) -> int:
    """A whole number from `low` to `high`, both included."""
    return low + int(share(*words) * (high - low + 1))
