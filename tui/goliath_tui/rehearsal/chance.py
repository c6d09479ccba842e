"""Chance that repeats itself: the same names give the same numbers, in every process and release.

Python's own `hash` differs between processes, so nothing here uses it.
"""

from hashlib import blake2s
from random import Random

#: How many numbers the two tables hold; a power of two, so that a key is cut to it by a mask.
_SIZE = 4096
_MASK = _SIZE - 1

_table = Random("goliath-tui rehearsal")
_UNITS = tuple(
    (_table.random(), _table.random(), _table.random(), _table.random()) for _ in range(_SIZE)
)
_NORMALS = tuple(_table.gauss(0.0, 1.0) for _ in range(_SIZE))


def dice(seed: int, *names: object) -> Random:
    """A generator of its own for whatever has these names."""
    return Random("/".join(map(str, (seed, *names))))


def unit(*names: object) -> float:
    """A number in [0, 1), spread evenly over names."""
    digest = blake2s("/".join(map(str, names)).encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48


def salted(b: int, c: int) -> int:
    """Two whole numbers → a salt for `mixed`."""
    return b * 0x85EBCA77 ^ c * 0xC2B2AE3D


def mixed(a: int, salt: int) -> int:
    """A whole number and a salt → a key for the tables below, quickly."""
    key = (a * 0x9E3779B1 ^ salt) & 0xFFFFFFFF
    key = (key ^ key >> 15) * 0x2C1B3C6D & 0xFFFFFFFF
    return key ^ key >> 13


def units(key: int) -> tuple[float, float, float, float]:
    """Four numbers in [0, 1) for a key."""
    return _UNITS[key & _MASK]


def counted(mean: float, key: int) -> int:
    """How many came, when `mean` were to be expected: a Poisson count, near enough.

    Below 12 the mean is rounded up or down by chance, so that the mean of many is right.
    """
    if mean < 12.0:
        return int(mean + _UNITS[key >> 8 & _MASK][3])
    return max(0, int(mean + mean**0.5 * _NORMALS[key & _MASK] + 0.5))
