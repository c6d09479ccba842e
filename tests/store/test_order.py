"""Facts count by their own moments: neither the order nor the batches they came in ever show."""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import Fact
from tests.store.worlds import PLAN, content, facts, fill, known_at, moments_near, picture, thorough


def dealt(found: list[Fact], random: Random) -> list[list[Fact]]:
    """The facts in any order and any batches."""
    mixed = random.sample(found, len(found))
    batches: list[list[Fact]] = [[]]
    for fact in mixed:
        if random.random() < 0.2:
            batches.append([])
        batches[-1].append(fact)
    return batches


@thorough(30)
@given(st.data(), facts, st.randoms(use_true_random=False))
def test_any_order_and_any_batches_give_the_same_pictures(
    data: st.DataObject, found: list[Fact], random: Random
) -> None:
    asked = data.draw(st.lists(moments_near(found), min_size=1, max_size=4))
    with TemporaryDirectory() as folder:
        one, other = Path(folder, "one"), Path(folder, "other")
        fill(one, [*PLAN, *found]).close()
        fill(other, *dealt([*PLAN, *found], random)).close()
        for at in asked:
            assert content(picture(one, at)) == content(picture(other, at))


@thorough(15)
@given(st.data(), facts, st.randoms(use_true_random=False))
def test_a_batch_that_comes_again_changes_nothing(
    data: st.DataObject, found: list[Fact], random: Random
) -> None:
    at = data.draw(moments_near(found))
    with TemporaryDirectory() as folder:
        once, again = Path(folder, "once"), Path(folder, "again")
        batches = dealt([*PLAN, *found], random)
        fill(once, *batches).close()
        fill(again, *(batch for batch in batches for _ in range(2))).close()
        assert content(picture(once, at)) == content(picture(again, at))


@thorough(25)
@given(st.data(), facts)
def test_what_was_live_then_is_what_is_looked_up_later(
    data: st.DataObject, found: list[Fact]
) -> None:
    at = data.draw(moments_near(found))
    with TemporaryDirectory() as folder:
        then, later = Path(folder, "then"), Path(folder, "later")
        fill(then, [*PLAN, *(fact for fact in found if known_at(fact) <= at)]).close()
        fill(later, [*PLAN, *found]).close()
        live = picture(then, now=at)
        assert live.live
        assert content(live) == content(picture(later, at))
