"""The last hour that is kept added up says what its buckets say, however it got there."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import SideTraffic, Traffic
from goliath_tui.store.limits import Limits
from goliath_tui.store.writer import Writer
from tests.store import naive
from tests.store.test_pictures import check_figures
from tests.store.test_writer import query
from tests.store.worlds import DAY, HOUR, MINUTE, START, counts, picture, put, thorough

STEP = 10 * MINUTE
LIMITS = Limits(service_ages=((HOUR, 2 * HOUR), (DAY, 5 * DAY)))

sides = st.builds(SideTraffic, requests=counts, errors=counts)
buckets = st.builds(
    Traffic,
    at=st.integers(0, 30).map(lambda n: START + n * STEP),
    width_ms=st.sampled_from([MINUTE, STEP, STEP, 40 * MINUTE, 2 * HOUR]),
    service=st.sampled_from(["content", "users"]),
    legacy=sides,
    new=st.none() | sides,
)


def in_time(found: list[list[Traffic]]) -> list[list[Traffic]]:
    """Batches more or less in the order of their buckets, as sources send them."""
    return sorted(found, key=lambda batch: max((fact.at for fact in batch), default=0))


@thorough(60)
@given(
    st.lists(st.lists(buckets, max_size=4), min_size=2, max_size=8).map(in_time),
    st.lists(st.sampled_from([0, 0, -STEP, -1, 1, 6 * MINUTE, STEP]), min_size=1, max_size=3),
    st.sampled_from([None, 0, HOUR, 3 * HOUR]),
)
def test_after_every_commit_it_is_the_sum_of_its_buckets(
    batches: list[list[Traffic]], offsets: list[int], tidied_after: int | None
) -> None:
    account: naive.Account = {}
    known: list[Traffic] = []
    with TemporaryDirectory() as folder:
        path = Path(folder, "cache")
        writer = Writer(path, limits=LIMITS)
        for batch in batches:
            put(writer, batch)
            known += batch
            account = naive.traffic(known)
            newest = max((b.ends for b in account if b.width <= HOUR), default=START)
            for offset in offsets:
                check(path, account, newest + offset)
        if tidied_after is not None:
            now = newest + tidied_after
            assert writer.tidy(now)
            check(path, naive.rolled_up(account, now, LIMITS.service_ages), newest)
        writer.close()


def check(path: Path, account: naive.Account, at: int) -> None:
    snapshot = picture(path, at)
    span = naive.span([account], at, HOUR)
    within = {
        bucket: counts
        for bucket, counts in account.items()
        if at - span < bucket.ends <= at and bucket.width <= span
    }
    check_figures(snapshot.traffic, within, span)
    for row in snapshot.services:
        check_figures(row.traffic, {b: c for b, c in within.items() if b.service == row.name}, span)


def bucket(n: int, requests: int = 1) -> Traffic:
    side = SideTraffic(requests=requests)
    return Traffic(at=START + n * STEP, width_ms=STEP, service="users", legacy=side, new=side)


def test_of_buckets_that_end_together_the_narrowest_says_how_far_back_figures_reach(
    tmp_path: Path,
) -> None:
    path = tmp_path / "cache"
    side = SideTraffic(requests=1)
    wide = [
        Traffic(at=START, width_ms=2 * HOUR, service=service, legacy=side, new=side)
        for service in ("a", "c")
    ]
    narrow = Traffic(at=START + HOUR, width_ms=HOUR, service="b", legacy=side, new=side)
    writer = Writer(path)
    put(writer, [*wide, narrow])
    writer.close()
    traffic = picture(path, START + 2 * HOUR).traffic
    assert traffic is not None
    assert (traffic.span_ms, traffic.requests) == (HOUR, 2)


def test_it_holds_an_hour_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path)
    for n in range(20):
        put(writer, [bucket(n)])
        assert query(path, "SELECT side, buckets, requests FROM service_window") == [
            (side, min(n + 1, 6), min(n + 1, 6)) for side in (0, 1)
        ]
    put(writer, [bucket(19, requests=5), bucket(18, requests=0)])
    assert query(path, "SELECT buckets, requests FROM service_window") == [(6, 10)] * 2
    put(writer, [bucket(100)])
    assert query(path, "SELECT buckets, requests FROM service_window") == [(1, 1)] * 2
    writer.close()


def test_a_service_that_fell_silent_leaves_it(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path)
    other = Traffic(at=START, width_ms=STEP, service="content", legacy=SideTraffic(requests=1))
    fuller = Traffic(at=START, width_ms=STEP, service="content", legacy=SideTraffic(requests=2))
    for n in range(8):
        put(writer, [bucket(n), *([other] if n == 0 else [fuller] if n == 1 else [])])
    content, users = picture(path, START + 8 * STEP).services
    assert content.traffic is None
    assert users.traffic is not None
    assert query(path, "SELECT count(*) FROM service_window") == [(2,)]
    writer.close()


def test_buckets_rolled_up_while_no_data_came_are_not_taken_off_twice(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path, limits=LIMITS)
    put(writer, [bucket(n) for n in range(9)])
    assert writer.tidy(START + DAY)
    assert query(path, "SELECT count(*) FROM service_window") == [(0,)]
    put(writer, [bucket(12)])
    account = naive.rolled_up(
        naive.traffic([bucket(n) for n in range(9)]), START + DAY, LIMITS.service_ages
    )
    check(path, account | naive.traffic([bucket(12)]), START + 13 * STEP)
    writer.close()
