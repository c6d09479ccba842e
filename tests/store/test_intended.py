"""What is intended is known between two looks that agree, and nothing else is held against it."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import Fact, IntendedShare, SideTraffic, Traffic, TrafficFigures
from goliath_tui.store.limits import Limits
from goliath_tui.store.writer import Writer
from tests.store.test_writer import query, tables
from tests.store.worlds import (
    DAY,
    END,
    HOUR,
    MINUTE,
    SECOND,
    START,
    fill,
    picture,
    put,
    thorough,
)

TEN = 10 * SECOND
ACCOUNTS = ("service_traffic", "service_traffic_steps", "share_steps")


def look(at: int, share: float | None, service: str = "progress") -> IntendedShare:
    return IntendedShare(service=service, at=START + at, share=share)


def bucket(
    at: int, new: int, *, of: int = 1000, width: int = TEN, service: str = "progress"
) -> Traffic:
    return Traffic(
        at=START + at,
        width_ms=width,
        service=service,
        legacy=SideTraffic(requests=of - new),
        new=SideTraffic(requests=new),
    )


def figures(path: Path, at: int) -> TrafficFigures:
    traffic = picture(path, START + at).traffic
    assert traffic is not None
    return traffic


def test_a_bucket_takes_the_share_that_looks_around_it_agree_on(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = fill(path, [look(0, 0.1)], [bucket(TEN, 90)])
    assert figures(path, HOUR).intended_share is None  # nobody has looked since
    put(writer, [look(25 * SECOND, 0.1)], cursor="2")
    assert figures(path, HOUR).intended_share == pytest.approx(0.1)
    # What comes late takes it at once; what no look has confirmed, what may be older than the
    # first look, and what lies where looks differ, takes none.
    late, early = bucket(12 * SECOND, 80, width=5 * SECOND), bucket(5 * SECOND, 70)
    put(writer, [late, early, bucket(2 * TEN, 60)], cursor="3")
    put(writer, [look(35 * SECOND, 0.5), look(45 * SECOND, 0.5)], cursor="4")
    known = query(path, "SELECT ends FROM service_traffic WHERE intended_of > 0 AND side = 0")
    assert known == [(START + 17 * SECOND,), (START + 20 * SECOND,)]
    writer.close()


def test_a_change_of_weights_is_never_held_against_the_service(tmp_path: Path) -> None:
    """Live, at each commit, wherever the change falls between two looks."""
    for changed in range(60, 70):
        path = tmp_path / str(changed)
        writer = Writer(path)
        for second in range(1, 181):
            share = 0.1 if second < changed else 0.5
            rows: list[Fact] = []
            if second % 10 == 3:
                rows = [look(second * SECOND, share)]
            elif second % 10 == 0:
                begins = second - 10
                at_new = max(0, second - max(begins, changed - 1))
                rows = [bucket(begins * SECOND, 10 * (10 - at_new) + 50 * at_new)]
            if rows:
                put(writer, rows, cursor=str(second), at=START + second * SECOND)
            if second >= 10:
                assert not figures(path, second * SECOND).off_intended, (changed, second)
        writer.close()


def test_what_is_off_where_it_is_known_is_flagged_though_not_all_is_known(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = fill(path, [bucket(n * MINUTE, 500, width=MINUTE) for n in range(50)])
    for second in range(3000, 3060, 10):
        at = second * SECOND
        put(writer, [look(at + SECOND, 0.1), bucket(at, 60)], cursor=str(second))
    traffic = figures(path, HOUR)
    assert traffic.off_intended
    assert traffic.new_share is not None
    assert traffic.new_share > 0.4  # of the whole hour, most of which nobody judges
    writer.close()


def test_a_gateway_that_says_itself_what_was_intended_is_believed(tmp_path: Path) -> None:
    told = Traffic(
        at=START + MINUTE,
        width_ms=TEN,
        service="progress",
        legacy=SideTraffic(requests=50),
        new=SideTraffic(requests=50),
        intended=0.5,
    )
    path = tmp_path / "cache"
    fill(path, [look(0, 0.1)], [told], [look(2 * MINUTE, 0.1)]).close()
    assert figures(path, HOUR).intended_share == pytest.approx(0.5)


def test_looks_that_say_nothing_new_are_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = fill(path, *[[look(n * TEN, 0.1)] for n in range(50)])
    put(writer, [look(n * TEN, 0.1) for n in range(50)], cursor="again")
    put(writer, [look(-TEN, 0.2)], cursor="late")
    ends = query(path, "SELECT at, share FROM intended_shares")
    assert ends == [(START - TEN, 0.2), (START, 0.1), (START + 49 * TEN, 0.1)]
    writer.close()


def test_old_looks_go_but_for_the_two_newest_of_a_service(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path, limits=Limits(looks_age=HOUR))
    put(writer, [look(n, n / 100) for n in range(90)])
    put(writer, [look(n, 0.5, "content") for n in (0, HOUR)], cursor="2")
    assert writer.tidy(START + DAY)
    kept = query(path, "SELECT at, share FROM intended_shares ORDER BY service, at")
    assert kept == [(START + 88, 0.88), (START + 89, 0.89), (START, 0.5), (START + HOUR, 0.5)]
    writer.close()


def known(looks: Sequence[IntendedShare], row: Traffic) -> float | None:
    """In the plainest way: what all looks say from before a bucket to after it."""
    ends = row.at + row.width_ms
    since = row.at - min(row.width_ms, 10 * MINUTE)
    of = [one for one in looks if one.service == row.service]
    before = [one.at for one in of if one.at <= since]
    after = [one.at for one in of if one.at >= ends]
    if not before or not after:
        return None
    shares = {one.share for one in of if max(before) <= one.at <= min(after)}
    return shares.pop() if len(shares) == 1 else None


services = st.sampled_from(["progress", "content"])
some_looks = st.lists(
    st.builds(
        look,
        st.integers(0, 40).map(lambda n: n * 5 * SECOND),
        st.sampled_from([0.1, 0.1, 0.1, 0.5, None]),
        services,
    ),
    max_size=25,
    unique_by=lambda one: (one.at, one.service),
).map(lambda found: sorted(found, key=lambda one: one.at))
some_traffic = st.lists(
    st.builds(
        bucket,
        st.integers(0, 40).map(lambda n: n * 5 * SECOND),
        st.integers(0, 30),
        of=st.just(30),
        width=st.sampled_from([5 * SECOND, TEN, MINUTE]),
        service=services,
    ),
    max_size=12,
    unique_by=lambda row: (row.at, row.width_ms, row.service),
)


@thorough(150)
@given(some_looks, some_traffic, st.data())
def test_whatever_comes_first_the_same_is_known(
    looks: list[IntendedShare], traffic: list[Traffic], data: st.DataObject
) -> None:
    """Looks come in the order of time, traffic whenever it likes."""
    waiting: list[Fact] = list(data.draw(st.permutations(traffic)))
    batches: list[list[Fact]] = []
    for one in looks:
        come = data.draw(st.integers(0, len(waiting)))
        batches += [*([waiting.pop()] for _ in range(come)), [one]]
    batches += [[row] for row in waiting]
    with TemporaryDirectory() as folder:
        mixed, first = Path(folder) / "mixed", Path(folder) / "first"
        fill(mixed, *batches).close()
        fill(first, looks, traffic).close()
        said = {
            (ends, name, width): (intended, of, requests)
            for ends, name, width, intended, of, requests in query(
                first,
                "SELECT ends, name, width, sum(intended), sum(intended_of), sum(requests)"
                " FROM service_traffic JOIN services ON services.id = key GROUP BY 1, 2, 3",
            )
        }
        expected = {}
        for row in traffic:
            share = known(looks, row)
            counts = (0, 0, 30) if share is None else (round(share * 30_000_000), 30, 30)
            expected[row.at + row.width_ms, row.service, row.width_ms] = counts
        assert said == expected
        assert accounts(mixed) == accounts(first)
        assert picture(mixed, END).services == picture(first, END).services


def accounts(path: Path) -> dict[str, set[tuple[object, ...]]]:
    """Rows of the accounts of services, by the services' names."""
    names = {row[0]: row[1] for row in query(path, "SELECT id, name FROM services")}
    found = tables(path)
    return {
        table: {(*row[:2], names.get(row[2]), *row[3:]) for row in found[table]}
        for table in ACCOUNTS
    }
