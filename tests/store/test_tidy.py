"""Tidying: nothing is lost, nothing counts twice, whatever comes late or is cut short."""

from pathlib import Path

import msgspec
import pytest

from goliath_tui.domain import (
    Answers,
    Comparison,
    ComparisonCounts,
    Difference,
    DifferenceClass,
    Fact,
    SideTraffic,
    Traffic,
)
from goliath_tui.store.limits import Limits
from goliath_tui.store.writer import Writer
from tests.store import naive
from tests.store.test_pictures import check_accounts
from tests.store.test_writer import query, tables
from tests.store.worlds import DAY, HOUR, MINUTE, START, content, fill, picture, put

NOW = START + 40 * DAY
LEVELS = ("service_traffic", "field_traffic")


def buckets(first: int, count: int, width: int = 10_000) -> list[Fact]:
    """Equal buckets from `first` on: traffic and comparisons, of a service and of its field."""
    found: list[Fact] = []
    for n in range(count):
        at = first + n * width
        for field in (None, "User.id"):
            found += [
                Traffic(
                    at=at,
                    width_ms=width,
                    service="users",
                    field=field,
                    legacy=SideTraffic(requests=3, errors=1, latency=(0, 2, 1)),
                    new=SideTraffic(requests=1, latency=(1,)),
                    intended=0.25,
                ),
                ComparisonCounts(
                    at=at, width_ms=width, service="users", field=field, matched=2, mismatched=1
                ),
            ]
    return found


def widths(path: Path, table: str) -> list[tuple[object, ...]]:
    return query(path, f"SELECT width, count(*) FROM {table} WHERE side = 0 GROUP BY width")


def sums(path: Path, table: str) -> list[tuple[object, ...]]:
    return query(
        path,
        "SELECT side, sum(requests), sum(errors), sum(intended), sum(intended_of), sum(l0),"
        f" sum(l1), sum(l2) FROM {table} GROUP BY side",
    )


def test_buckets_grow_coarser_with_age_and_add_up_to_the_same(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    facts = [
        *buckets(NOW - 35 * DAY, 360),
        *buckets(NOW - 5 * DAY, 360),
        *buckets(NOW - 3 * HOUR, 60),
        *buckets(NOW - HOUR, 60),
    ]
    writer = fill(path, facts)
    before = [sums(path, table) for table in LEVELS]
    assert writer.tidy(NOW)
    writer.close()
    assert [sums(path, table) for table in LEVELS] == before
    assert widths(path, "service_traffic") == [(10_000, 60), (MINUTE, 10), (HOUR, 1), (DAY, 1)]
    assert widths(path, "field_traffic") == [(MINUTE, 20), (HOUR, 1), (DAY, 1)]
    assert query(path, "SELECT sum(matched), sum(mismatched) FROM service_comparisons") == [
        (1680, 840)
    ]


def test_a_period_that_is_not_over_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = fill(path, buckets(START, 360))
    assert writer.tidy(START + 2 * HOUR + 10 * MINUTE + 59_999)
    assert widths(path, "service_traffic") == [(10_000, 300), (MINUTE, 10)]
    assert writer.tidy(START + 2 * HOUR + 11 * MINUTE)
    assert widths(path, "service_traffic") == [(10_000, 294), (MINUTE, 11)]
    writer.close()


def test_widths_that_are_not_on_the_ladder_go_to_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = fill(path, buckets(START, 12, width=10 * MINUTE))
    assert writer.tidy(START + DAY)
    assert widths(path, "service_traffic") == [(10 * MINUTE, 12)]
    assert writer.tidy(START + 4 * DAY)
    assert widths(path, "service_traffic") == [(HOUR, 2)]
    writer.close()


def test_what_comes_late_is_added_to_the_coarse_row(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    facts = buckets(START, 360)
    late, punctual = facts[40:80], facts[:40] + facts[80:]
    writer = fill(path, punctual)
    assert writer.tidy(START + 4 * DAY)
    put(writer, late)
    at_once = picture(path, START + 3 * HOUR)
    assert writer.tidy(START + 4 * DAY)
    writer.close()
    whole = tmp_path / "whole"
    writer = fill(whole, facts)
    assert writer.tidy(START + 4 * DAY)
    writer.close()
    assert sums(path, "service_traffic") == sums(whole, "service_traffic")
    at = START + 3 * HOUR
    assert content(at_once) == content(picture(path, at)) == content(picture(whole, at))
    assert at_once.share_series is not None
    assert [point.new for point in at_once.share_series.points] == [360]


@pytest.mark.parametrize("now", [START + 3 * HOUR, START + 3 * DAY + HOUR, START + 4 * DAY])
def test_figures_of_any_moment_are_those_of_the_rolled_up_buckets(tmp_path: Path, now: int) -> None:
    path = tmp_path / "cache"
    facts = buckets(START, 1080)
    writer = fill(path, facts)
    assert writer.tidy(now)
    writer.close()
    traffic, comparisons = (
        naive.rolled_up(account, now, Limits().service_ages)
        for account in (naive.traffic(facts), naive.comparisons(facts))
    )
    for at in (
        *range(START + 5 * MINUTE, START + 4 * HOUR, 13 * MINUTE + 10_000),
        START + HOUR,
        START + 90 * MINUTE,
    ):
        check_accounts(picture(path, at), traffic, comparisons, HOUR)


def test_tidying_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = fill(path, buckets(NOW - 31 * DAY, 100), buckets(NOW - 4 * DAY, 100))
    assert writer.tidy(NOW)
    before = tables(path)
    assert writer.tidy(NOW)
    assert tables(path) == before
    writer.close()


@pytest.mark.parametrize("steps", [1, 2, 5, 11])
def test_tidying_cut_short_goes_on_where_it_ended(tmp_path: Path, steps: int) -> None:
    facts = [*buckets(NOW - 31 * DAY, 90), *buckets(NOW - 4 * DAY, 90), *buckets(NOW - HOUR, 90)]
    limits = Limits(rows_per_step=40)
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    for path in (cut, whole):
        fill(path, facts).close()
    turns = 0
    done = False
    while not done:
        assert turns < 100
        writer = Writer(cut, limits=limits)
        done = writer.tidy(NOW, steps=steps)
        writer.close()
        turns += 1
    assert turns > 1
    writer = Writer(whole)
    assert writer.tidy(NOW)
    writer.close()
    assert tables(cut) == tables(whole)


def test_pictures_on_the_hour_stay_what_they_were(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = fill(path, buckets(START, 8640))
    moment = START + 5 * HOUR
    before = picture(path, moment)
    assert writer.tidy(START + 10 * DAY)
    writer.close()
    after = picture(path, moment)
    assert before.traffic is not None
    assert after.traffic is not None
    assert (before.traffic.resolution_ms, after.traffic.resolution_ms) == (10_000, HOUR)
    assert after.traffic == msgspec.structs.replace(before.traffic, resolution_ms=HOUR)
    assert before.services[0].shares == after.services[0].shares
    assert before.share_series is not None
    assert after.share_series is not None
    assert (before.share_series.step_ms, after.share_series.step_ms) == (10 * MINUTE, HOUR)


def comparison(n: int, at: int, size: int = 10) -> Comparison:
    return Comparison(
        id=f"c{n}",
        at=at,
        field="User.id",
        differences=(Difference(path=f"$.a{n % 2}", kind=DifferenceClass.VALUE),),
        answers=Answers(legacy=msgspec.Raw(b"1" * size), new=msgspec.Raw(b"2" * size)),
    )


def test_counts_of_groups_outlive_their_thin_rows(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path, limits=Limits(mismatches=30, rows_per_step=7))
    put(writer, [comparison(n, START + n) for n in range(100)])
    before = picture(path, START + DAY).mismatches
    assert writer.tidy(START + DAY)
    assert query(path, "SELECT count(*), min(at) FROM mismatches") == [(30, START + 70)]
    assert picture(path, START + DAY).mismatches == before
    put(writer, [comparison(n, START + n) for n in range(100, 140)])
    assert writer.tidy(START + DAY)
    assert query(path, "SELECT count(*), min(at) FROM mismatches") == [(30, START + 110)]
    writer.close()


def test_the_oldest_answers_go_when_all_are_too_large(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path, limits=Limits(answers_bytes=10_000))
    put(writer, [comparison(n, START + n, size=1000) for n in range(10)])
    assert writer.tidy(START)
    assert query(path, "SELECT name FROM comparisons ORDER BY at") == [
        ("c6",),
        ("c7",),
        ("c8",),
        ("c9",),
    ]
    assert query(path, "SELECT count(*) FROM examples") == [(4,)]
    writer.close()


def test_counts_of_groups_over_time_grow_coarser_too(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = fill(path, [comparison(n, START + n * MINUTE) for n in range(2000)])
    before = picture(path, START + 2 * DAY).mismatches
    assert writer.tidy(START + 5 * DAY)
    assert {width for (width,) in query(path, "SELECT width FROM mismatch_buckets")} == {HOUR}
    assert picture(path, START + 2 * DAY).mismatches == before
    assert writer.tidy(START + 60 * DAY)
    writer.close()
    assert {width for (width,) in query(path, "SELECT width FROM mismatch_buckets")} == {DAY}
    after = picture(path, START + 2 * DAY).mismatches
    assert before is not None
    assert after is not None
    assert after.recent_step_ms == DAY
    assert [(row.id, row.count) for row in after.feed] == [
        (row.id, row.count) for row in before.feed
    ]
    assert [sum(row.recent) for row in after.feed] == [1000, 1000]
