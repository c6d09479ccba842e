"""How high a rate may be, given how often something was seen to happen."""

from collections.abc import Callable
from functools import lru_cache
from itertools import count
from math import exp, expm1, lgamma, log, log1p, sqrt

#: One minus the confidence of the bound, and so many standard deviations leave that.
_ALPHA, _Z = 0.05, 1.6448536269514722
#: How far a first guess may be off.
_NEAR = 0.004
#: From here on both parameters make a density that is smooth enough to be integrated.
_LARGE = 3000
#: A chance this close to the wanted one, as a logarithm, is it: the sum is known no better.
_CLOSE = 1e-12
#: How close two floats near one another can be told apart, about.
_PRECISION = 1e-15
_TINY = 1e-300
#: Nodes and weights of the Gauss-Legendre rule of eight points, of which the other half mirror.
_NODES = (
    (0.1834346424956498, 0.3626837833783620),
    (0.5255324099163290, 0.3137066458778873),
    (0.7966664774136267, 0.2223810344533745),
    (0.9602898564975363, 0.1012285362903763),
)


@lru_cache(16_384)
def upper_bound(events: int, trials: int) -> float | None:
    """The rate that the true one exceeds in 5 of 100 cases at most, after `events` in `trials`.

    The upper end of the one-sided 95 % interval of Clopper and Pearson (Biometrika 26, 1934): the p
    at which so few events, or fewer, have a chance of 5 % left,

        sum over i <= events of C(trials, i) p^i (1 - p)^(trials - i) = 0.05

    The sum is I_q(trials - events, events + 1) with q = 1 - p, I being the regularised incomplete
    beta function (NIST DLMF 8.17.5); the p is found from a guess. 0 of n gives 1 - 0.05^(1/n), n of
    n gives 1. None without trials. Raises ValueError unless 0 <= events <= trials.
    """
    if not 0 <= events <= trials:
        raise ValueError(f"{events} events in {trials} trials")
    if trials == 0:
        return None
    if events == trials:
        return 1.0
    if events == 0:
        return -expm1(log(_ALPHA) / trials)
    tail = _tail(events, trials)

    def excess(p: float) -> float:
        """How far the chance at p is above that of the bound, as a logarithm; falls with p."""
        return log(max(tail(p), _TINY) / _ALPHA)

    # Two ends so close that a few steps are left; where they are not around it, the loops widen.
    near = _guess(events + 1, trials - events)
    off = min(_NEAR * near, 0.1 * sqrt(near * (1 - near) / trials))
    low, high = near - off, min(1.0, near + off)
    while (above := excess(low)) < 0:
        low -= (high - low) * 2
    while high < 1 and (below := excess(high)) > 0:
        low, above, high = high, below, min(1.0, high + (high - low) * 2)
    return _root(excess, (low, above), (high, below))


def _guess(a: int, b: int) -> float:
    """About where 1 - I_p(a, b) is 5 %: Wilson and Hilferty's cube roots as Paulson used them for
    the ratio of two chi-squares (Ann. Math. Stat. 13, 1942). From two events on within 0.4 %.
    """
    x, y = 1 / (9 * a), 1 / (9 * b)
    spread = _Z * sqrt((1 - x) ** 2 * y + (1 - y) ** 2 * x - _Z**2 * x * y)
    ratio = (((1 - x) * (1 - y) + spread) / ((1 - y) ** 2 - _Z**2 * y)) ** 3
    return a * ratio / (b + a * ratio)


def _root(
    falls: Callable[[float], float], left: tuple[float, float], right: tuple[float, float]
) -> float:
    """Where a falling function is 0, between two points (place, value) on its two sides.

    False position in Illinois' way (Dowell and Jarratt, BIT 11, 1971): an end that stays twice
    counts half, so that both close in; a tenth of the steps that bisection takes.
    """
    (low, above), (high, below) = left, right
    last = 0
    while high - low > _PRECISION * high:
        p = high - below * (high - low) / (below - above)
        if not low < p < high:
            p = (low + high) / 2
            if not low < p < high:
                break
        value = falls(p)
        if abs(value) < _CLOSE:
            return p
        if value > 0:
            low, above = p, value
            below /= 2 if last > 0 else 1
            last = 1
        else:
            high, below = p, value
            above /= 2 if last < 0 else 1
            last = -1
    return high


def _tail(events: int, trials: int) -> Callable[[float], float]:
    """The chance of at most `events` in `trials` as a function of p, for p above their rate."""
    a, b = events + 1, trials - events
    return _integrated(a, b) if min(a, b) > _LARGE else lambda p: _fraction(a, b, p)


def _fraction(a: int, b: int, p: float) -> float:
    """1 - I_p(a, b) for p above a / (a + b), by the continued fraction of DLMF 8.17.22.

    Evaluated from the front (Lentz), with the roles of the parameters exchanged (DLMF 8.17.4), so
    that it converges quickly.
    """
    q = 1 - p
    front = exp(a * log(p) + b * log1p(-p) - _log_beta(a, b)) / b
    above, below = 1.0, 1 / (1 - (a + b) * q / (b + 1))
    value = below
    for m in count(1):
        for d in (
            m * (a - m) * q / ((b + 2 * m - 1) * (b + 2 * m)),
            -(b + m) * (a + b + m) * q / ((b + 2 * m) * (b + 2 * m + 1)),
        ):
            below = 1 / ((1 + d * below) or _TINY)
            above = (1 + d / above) or _TINY
            value *= above * below
        if abs(above * below - 1) < _PRECISION:
            break
    return front * value


def _log_beta(a: int, b: int) -> float:
    """ln B(a, b). Of two large logarithms only the difference is built, where it can be."""
    few, many = sorted((a, b))
    if many < 32:
        return lgamma(a) + lgamma(b) - lgamma(a + b)
    grown = (many - 0.5) * log1p(few / many) + few * log(few + many) - few
    return lgamma(few) - grown - _stirling(few + many) + _stirling(many)


def _stirling(z: int) -> float:
    """What Stirling's formula for ln Γ(z) leaves out, for z from 32 on (DLMF 5.11.1)."""
    return (1 / 12 - (1 / 360 - 1 / (1260 * z * z)) / (z * z)) / z


def _integrated(a: int, b: int) -> Callable[[float], float]:
    """1 - I_p(a, b) for large parameters, as the ratio of two integrals of the beta density.

    Both go over twelve standard deviations from the mode, in pieces of two at most; what is beyond
    is less than floats can tell.
    """
    mode = (a - 1) / (a + b - 2)
    deviation = sqrt(mode * (1 - mode) / (a + b))

    def density(t: float) -> float:
        off = t - mode
        return exp((a - 1) * log1p(off / mode) + (b - 1) * log1p(-off / (1 - mode)))

    def integral(begins: float, ends: float) -> float:
        pieces = max(1, round((ends - begins) / (2 * deviation) + 0.5))
        half = (ends - begins) / pieces / 2
        return half * sum(
            weight * (density(middle - half * node) + density(middle + half * node))
            for middle in (begins + (2 * n + 1) * half for n in range(pieces))
            for node, weight in _NODES
        )

    last = mode + 12 * deviation
    whole = integral(mode - 12 * deviation, last)
    return lambda p: integral(p, last) / whole if p < last else 0.0
