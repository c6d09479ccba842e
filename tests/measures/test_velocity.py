"""Velocity: three sprints on end."""

from goliath_tui.measures.velocity import velocities


def test_without_three_sprints_there_is_none() -> None:
    assert velocities([]) == ()
    assert velocities([5.0]) == (None,)
    assert velocities([5.0, 7.0]) == (None, None)


def test_each_sprint_with_the_two_before_it() -> None:
    assert velocities([3.0, 6.0, 9.0, 0.0, 30.0]) == (None, None, 6.0, 5.0, 13.0)
