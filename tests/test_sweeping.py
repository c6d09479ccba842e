"""Memory is looked through while hands rest, and at the latest after a while."""

import gc
from collections.abc import Iterator

import pytest

from goliath_tui.sweeping import LONGEST_S, PAUSE_S, REST_S, Sweeper


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def sweeps(seconds: Seconds, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When memory was looked through."""
    found: list[float] = []

    def collect() -> int:
        found.append(seconds.now)
        return 0

    monkeypatch.setattr(gc, "collect", collect)
    return found


@pytest.fixture
def untouched() -> Iterator[None]:
    """What is set for the whole process is put back."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.enable()
    gc.unfreeze()


def run(sweeper: Sweeper, seconds: Seconds, until: float, *, hands: bool) -> None:
    """Tick once a second up to `until` seconds from the first start."""
    while seconds.now < 1000 + until:
        seconds.now += 1
        if hands:
            sweeper.moved()
        sweeper.tick()


def test_hands_at_rest_are_waited_for(seconds: Seconds, sweeps: list[float]) -> None:
    sweeper = Sweeper(seconds)
    run(sweeper, seconds, PAUSE_S + 10, hands=True)
    assert sweeps == []
    run(sweeper, seconds, PAUSE_S + 30, hands=False)
    assert sweeps == [1000 + PAUSE_S + 10 + REST_S]


def test_between_two_sweeps_there_is_a_pause(seconds: Seconds, sweeps: list[float]) -> None:
    sweeper = Sweeper(seconds)
    run(sweeper, seconds, 3 * PAUSE_S, hands=False)
    assert sweeps == [1000 + PAUSE_S, 1000 + 2 * PAUSE_S, 1000 + 3 * PAUSE_S]


def test_hands_that_never_rest_do_not_fill_the_memory(
    seconds: Seconds, sweeps: list[float]
) -> None:
    sweeper = Sweeper(seconds)
    run(sweeper, seconds, 2 * LONGEST_S, hands=True)
    assert sweeps == [1000 + LONGEST_S, 1000 + 2 * LONGEST_S]


def test_what_is_there_at_the_beginning_is_looked_through_no_more(
    seconds: Seconds, untouched: None
) -> None:
    kept = [object() for _ in range(3)]
    before, often = gc.get_freeze_count(), gc.get_threshold()
    gc.disable()
    Sweeper(seconds).begin()
    assert gc.isenabled()
    assert gc.get_freeze_count() > before
    assert all(one is not kept for one in gc.get_objects())
    assert gc.get_threshold()[:2] == often[:2]
    assert gc.get_threshold()[2] > often[2]


def test_what_nobody_refers_to_goes_also_after_the_beginning(
    seconds: Seconds, untouched: None
) -> None:
    class Ring:
        gone = 0

        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            Ring.gone += 1

    sweeper = Sweeper(seconds)
    sweeper.begin()
    gc.disable()
    try:
        Ring()
        assert Ring.gone == 0
        seconds.now += PAUSE_S
        sweeper.tick()
        assert Ring.gone == 1
    finally:
        gc.enable()
