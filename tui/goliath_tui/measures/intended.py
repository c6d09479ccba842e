"""Whether a gateway does what it was told: the observed share of new against the intended one."""

from math import inf, log

#: How rarely chance alone may raise the flag, at one look: it is looked at every few seconds.
CHANCE = 1e-5
#: A share this close to what was intended is nobody's trouble, however sure it is.
CLOSE = 0.005


def is_off(legacy: int | None, new: int | None, intended: float | None) -> bool:
    """Whether new's part of the requests answered is off the intended share by more than chance.

    `legacy`, `new`: requests that each answered, of those for which it is known what was intended:
    what the others should have been, nobody can say. Where one side was not measured, the share is
    unknown and nothing is said. `intended`: 0 to 1, weighted by requests where it changed.

    Were each request sent to new with the chance q, a part of k / n or further off would come about
    with a chance of at most exp(-n D), where D is the divergence of the two,

        D = p ln(p / q) + (1 - p) ln((1 - p) / (1 - q)),   p = k / n

    (Chernoff 1952; Hoeffding, JASA 58, 1963, theorem 1). It holds for every n, and for requests of
    different q with their mean, so it needs neither a least number of requests nor a constant
    share. It is off when that chance is below 1 in 100,000 and p is half a point or more away: a
    canary meant to get 10 % and getting 6 % is off from 1,126 requests on.
    """
    if legacy is None or new is None or intended is None:
        return False
    answered = legacy + new
    if not answered:
        return False
    share = new / answered
    if abs(share - intended) < CLOSE:
        return False
    return answered * _divergence(share, intended) > -log(CHANCE)


def _divergence(p: float, q: float) -> float:
    return _term(p, q) + _term(1 - p, 1 - q)


def _term(p: float, q: float) -> float:
    if p <= 0:
        return 0.0
    return p * log(p / q) if q > 0 else inf
