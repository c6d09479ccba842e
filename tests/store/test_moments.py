"""What was live at a moment is what is looked up later, whatever has arrived since, and how.

`status --json` is held to it byte for byte, and every detail by value.
"""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import (
    Batch,
    EventKind,
    Fact,
    ItemEvent,
    Poll,
    SourceErrorKind,
    SourceSpec,
    Traffic,
)
from goliath_tui.domain.subjects import (
    Detail,
    FieldOf,
    GroupDetail,
    GroupOf,
    NamesOf,
    ServiceOf,
    SourcesOf,
    SprintOf,
    Subject,
)
from goliath_tui.status import status_object
from goliath_tui.store.limits import Limits
from goliath_tui.store.writer import Writer
from tests.store import naive
from tests.store.test_order import dealt
from tests.store.worlds import (
    FIELDS,
    HOUR,
    MINUTE,
    PLAN,
    SECOND,
    SERVICES,
    SPRINTS,
    comparisons,
    content,
    facts,
    known_at,
    look_into,
    moments,
    moments_near,
    picture,
    thorough,
)

#: What `status` tells of a service that rests on buckets.
_FROM_BUCKETS = (
    "new_share",
    "intended_share",
    "off_intended",
    "compared",
    "mismatched",
    "resolution_ms",
)
SPECS = tuple(
    SourceSpec(name=name, kind=f"goliath-{name}", every_ms=10_000)
    for name in ("gateway", "tracker")
)
AGES = ((MINUTE, 10 * MINUTE), (HOUR, 2 * HOUR))
LIMITS = Limits(service_ages=AGES, field_ages=AGES, mismatch_ages=((HOUR, 2 * HOUR),))


#: All kinds of facts together, or so many of one kind that they meet in a group, or in a sprint.
crowds = st.one_of(
    facts,
    st.lists(comparisons, min_size=4, max_size=12).map(list[Fact]),
    st.lists(
        st.builds(
            ItemEvent,
            id=st.uuids().map(str),
            item=st.sampled_from(["i0", "i1"]),
            at=moments,
            kind=st.sampled_from(EventKind) | st.just(EventKind.ENTERED),
            points=st.sampled_from([0.0, 1.0, 2.5]),
            service=st.sampled_from(SERVICES),
            sprint=st.sampled_from(["s0", "s1"]),
        ),
        min_size=4,
        max_size=12,
    ).map(list[Fact]),
)


@st.composite
def polls(draw: st.DrawFn, at: int, *, known: bool) -> list[Poll]:
    """Polls that had ended by `at`, or had not; no two of a source begin at once."""
    ends = st.integers(0, 2 * HOUR).map(lambda ago: at - ago)
    if not known:
        ends = st.integers(1, 2 * HOUR).map(lambda ahead: at + ahead)
    began = draw(
        st.lists(
            st.tuples(ends, st.integers(0, 20 * SECOND)).map(lambda one: (one[0] - one[1], one[1])),
            max_size=6,
            unique_by=lambda one: one[0],
        )
    )
    return [
        Poll(
            source=draw(st.sampled_from(SPECS)).name,
            at=moment,
            took_ms=took,
            rows=draw(st.integers(0, 9)),
            requests=1,
            error_kind=(kind := draw(st.none() | st.sampled_from(SourceErrorKind))),
            error=None if kind is None else "it did not answer",
        )
        for moment, took in began
    ]


def tell(path: Path, found: list[Fact], log: list[Poll], random: Random, limits: Limits) -> Writer:
    """Commits the facts in any order, brought by these polls and by one at the dawn of time."""
    writer = Writer(path, limits=limits)
    bringing = [poll for poll in log if poll.error_kind is None]
    batches = dealt(found, random)
    for n, batch in enumerate(batches):
        poll = bringing.pop() if bringing else Poll(source="loader", at=n, took_ms=0)
        writer.commit(Batch(rows=tuple(batch), cursor=str(n)), poll)
    for poll in random.sample(log, len(log)):
        if poll.error_kind is not None:
            writer.fail(poll)
        elif poll in bringing:
            writer.commit(Batch(rows=(), cursor="more"), poll)
    return writer


def status(path: Path, at: int | None = None, *, now: int | None = None) -> dict[str, Any]:
    found = status_object(picture(path, at, now=now, sources=SPECS))
    assert found.pop("live") == (at is None)
    return found


def details(path: Path, at: int | None = None, *, now: int | None = None) -> dict[Subject, Any]:
    """Every subject of the world, and each kept example of each group."""

    def ask(subject: Subject) -> Detail | None:
        return look_into(path, subject, at, now=now, sources=SPECS)

    asked: list[Subject] = [
        *map(ServiceOf, SERVICES),
        *map(FieldOf, FIELDS),
        SprintOf(),
        *(SprintOf(sprint.id) for sprint in SPRINTS),
        NamesOf(),
        SourcesOf(),
    ]
    found = {subject: ask(subject) for subject in asked}
    feed = picture(path, at, now=now).mismatches
    for group in feed.feed if feed else ():
        whole = ask(GroupOf(group.id))
        assert isinstance(whole, GroupDetail)
        assert whole.row == group
        for example in whole.examples:
            subject = GroupOf(group.id, example.key)
            found[subject] = ask(subject)
    return found


@thorough(60)
@given(st.data(), crowds, st.randoms(use_true_random=False))
def test_live_then_is_looked_up_later_byte_for_byte(
    data: st.DataObject, found: list[Fact], random: Random
) -> None:
    at = data.draw(moments_near(found))
    before = data.draw(polls(at, known=True))
    taken = {(poll.source, poll.at) for poll in before}
    after = [
        poll for poll in data.draw(polls(at, known=False)) if (poll.source, poll.at) not in taken
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder, "cache")
        known = [*PLAN, *(fact for fact in found if known_at(fact) <= at)]
        tell(path, known, before, random, Limits()).close()
        live, live_details = status(path, now=at), details(path, now=at)
        live_picture = content(picture(path, now=at, sources=SPECS))
        tell(path, [fact for fact in found if known_at(fact) > at], after, random, Limits()).close()
        assert msgspec.json.encode(status(path, at)) == msgspec.json.encode(live)
        assert content(picture(path, at, sources=SPECS)) == live_picture
        assert details(path, at) == live_details


@thorough(40)
@given(st.data(), facts, st.randoms(use_true_random=False), st.integers(0, 2 * HOUR))
def test_where_buckets_were_rolled_up_the_figures_say_so(
    data: st.DataObject, found: list[Fact], random: Random, ago: int
) -> None:
    at = data.draw(moments_near(found))
    with TemporaryDirectory() as folder:
        path = Path(folder, "cache")
        writer = tell(path, [*PLAN, *found], data.draw(polls(at, known=True)), random, LIMITS)
        live = status(path, at)
        assert writer.tidy(at + ago)
        assert writer.tidy(at + 4 * HOUR)
        writer.close()
        later = status(path, at)
    for one in (live, later):
        one["traffic_told"], one["mismatches_told"] = one.pop("traffic"), one.pop("mismatches")
        for service in one["services"]:
            for name in _FROM_BUCKETS:
                service.pop(name)
    traffic, mismatches = later.pop("traffic_told"), later.pop("mismatches_told")
    was, were = live.pop("traffic_told"), live.pop("mismatches_told")
    # What does not rest on buckets is the same to the byte.
    assert msgspec.json.encode(later) == msgspec.json.encode(live)
    check_traffic(found, at, was, traffic)
    if mismatches != were:
        assert mismatches["per_minute"] is None or mismatches["resolution_ms"] >= MINUTE


def check_traffic(found: list[Fact], at: int, was: dict[str, Any], traffic: dict[str, Any]) -> None:
    """Nothing is wrong by more than what lies within one bucket of the resolution."""
    account = {
        bucket: counts[0]
        for bucket, counts in naive.traffic(
            fact for fact in found if isinstance(fact, Traffic)
        ).items()
        if bucket.side != "shadow"
    }
    resolution = traffic["resolution_ms"] or HOUR
    span = traffic["span_ms"] or was["span_ms"] or HOUR

    def requests(after: int, until: int) -> float:
        return sum(
            count
            for bucket, count in account.items()
            if after < bucket.ends <= until and bucket.width <= span
        )

    counted = traffic["requests"] or 0
    assert requests(at - span, at - resolution) <= counted
    assert counted <= requests(at - span - resolution, at)
