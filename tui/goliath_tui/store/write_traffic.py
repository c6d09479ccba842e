"""Buckets of time on their way in: traffic and comparison counts, and the step sums beside them."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from operator import add, sub

from goliath_tui.domain import (
    LATENCY_BINS,
    ComparisonCounts,
    IntendedShare,
    SideTraffic,
    Traffic,
)
from goliath_tui.store import write_window
from goliath_tui.store.schema import (
    ALL_SERVICES,
    FIELD_COMPARISONS,
    FIELD_TRAFFIC,
    GRAINS,
    MILLIONTHS,
    SERVICE_COMPARISONS,
    SERVICE_TRAFFIC,
    SHARE_PER_SERVICE,
    SHARE_WIDTHS,
    SIDES,
    STEP_WIDTHS,
    Account,
    ceil,
    grain,
    sums_from,
)
from goliath_tui.store.write_intended import Looks
from goliath_tui.store.write_names import Homes, Names

_LARGEST = 2**62
_SERVED = SIDES[:2]
_GRAINS = ", ".join(map(str, GRAINS))
_PADDING = (0,) * LATENCY_BINS

Counts = tuple[int, ...]
#: (grain, ends, who…, width)
Bucket = tuple[int, ...]
#: (end of step, who…)
Step = tuple[int, ...]
Changes = dict[Bucket, Counts]
Sums = dict[Step, Counts]


class Buckets:
    """Writes one account, and its steps.

    Of two different rows for one bucket the fuller one stands, whichever came first: a source that
    closes a bucket again has counted more by then.
    """

    def __init__(self, conn: sqlite3.Connection, account: Account) -> None:
        self._conn = conn
        self._steps = account.steps
        who, counts = ", ".join(account.who), account.counts
        places = ", ".join("?" * (len(account.who) + len(counts) + 3))
        # All of these are made of names of our own.
        self._known = f"SELECT * FROM {account.table} WHERE grain = ? AND ends = ?"  # noqa: S608
        self._split = 3 + len(account.who)
        self._insert = (
            f"INSERT INTO {account.table} VALUES ({places})"  # noqa: S608
            f" ON CONFLICT (grain, ends, {who}, width) DO UPDATE SET"
            f" {', '.join(f'{c} = excluded.{c}' for c in counts)}"
            f" WHERE ({', '.join(f'excluded.{c}' for c in counts)}) > ({', '.join(counts)})"
        )
        self._add_step = (
            f"INSERT INTO {account.steps} VALUES ({places})"  # noqa: S608
            f" ON CONFLICT (width, ends, {who}) DO UPDATE SET"
            " widest = max(widest, excluded.widest),"
            f" {', '.join(f'{c} = {c} + excluded.{c}' for c in counts)}"
        )

    def write(self, rows: Sequence[tuple[Bucket, Counts]]) -> None:
        """Stores counts per bucket."""
        self._conn.executemany(self._insert, [(*bucket, *counts) for bucket, counts in rows])

    def changes(self, rows: Sequence[tuple[Bucket, Counts]]) -> tuple[Changes, set[Bucket]]:
        """What rows hold beyond those that they will replace, and which buckets those are."""
        known: Changes = {}
        for period in {bucket[:2] for bucket, _ in rows}:
            for row in self._conn.execute(self._known, period):
                known[row[: self._split]] = row[self._split :]
        there = set(known)
        changes: Changes = {}
        for bucket, counts in rows:
            before = known.get(bucket)
            if before is None:
                known[bucket] = changes[bucket] = counts
            elif counts > before:
                known[bucket] = counts
                _add(changes, bucket, tuple(map(sub, counts, before)))
        return changes, there

    def add_to_steps(self, changes: Changes) -> None:
        """Brings the account's steps up to date; it must have some."""
        rows = [
            (width, *step, widest[step], *_storable(counts))
            for width, sums, widest in step_sums(changes)
            for step, counts in _from(self._conn, str(self._steps), width, sums)
        ]
        rows.sort()
        self._conn.executemany(self._add_step, rows)


def step_sums(changes: Changes) -> Iterator[tuple[int, Sums, dict[Step, int]]]:
    """(width, step → counts, step → widest bucket) for each width of step, finest first.

    Each width is added up from the one before it and the buckets that are too wide for that one.
    """
    sums: Sums = {}
    widest: dict[Step, int] = {}
    narrowest = 0
    for width in STEP_WIDTHS:
        sums, finer = {}, sums
        widest, finer_widest = {}, widest
        for (ends, *who), counts in finer.items():
            step = (ceil(ends, width), *who)
            _add(sums, step, counts)
            widest[step] = max(widest.get(step, 0), finer_widest[ends, *who])
        for bucket, counts in changes.items():
            if narrowest <= bucket[-1] < width:
                step = (ceil(bucket[1], width), *bucket[2:-1])
                _add(sums, step, counts)
                widest[step] = max(widest.get(step, 0), bucket[-1])
        narrowest = width
        yield width, sums, widest


class ShareSteps:
    """Keeps the share steps in step with the traffic of services."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def add(self, changes: Changes) -> None:
        """Adds what traffic buckets hold beyond those that they replaced."""
        rows = [
            (width, *step, *_shown(_storable(counts)))
            for width, sums in share_sums(changes)
            for step, counts in _from(self._conn, "share_steps", width, sums)
        ]
        rows.sort(key=lambda row: row[:3])
        self._conn.executemany(
            "INSERT INTO share_steps VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (width, ends, key) DO UPDATE SET"
            " legacy = coalesce(legacy + excluded.legacy, legacy, excluded.legacy),"
            " new = coalesce(new + excluded.new, new, excluded.new),"
            " intended = intended + excluded.intended,"
            " intended_of = intended_of + excluded.intended_of",
            rows,
        )


def share_sums(changes: Changes) -> Iterator[tuple[int, Sums]]:
    """(width, (end of step, key) → sums) for each width of share step, finest first.

    Sums: legacy rows, legacy requests, new rows, new requests, intended, intended_of.
    """
    sums: Sums = {}
    narrowest = 0
    for width in SHARE_WIDTHS:
        sums, finer = {}, sums
        for (ends, key), counts in finer.items():
            _add(sums, (ceil(ends, width), key), counts)
        for (_, ends, key, side, bucket_width), counts in changes.items():
            if narrowest < bucket_width <= width and side < len(_SERVED):
                answered = (1, counts[0], 0, 0) if side == 0 else (0, 0, 1, counts[0])
                _add(sums, (ceil(ends, width), key), (*answered, *counts[2:4]))
        narrowest = width
        everybody: Sums = {}
        for (ends, _), counts in sums.items():
            _add(everybody, (ends, ALL_SERVICES), counts)
        yield width, {**sums, **everybody} if width >= SHARE_PER_SERVICE else everybody


def _shown(sums: Counts) -> tuple[int | None, ...]:
    legacy_rows, legacy, new_rows, new, *intended = sums
    return (legacy if legacy_rows else None, new if new_rows else None, *intended)


def _storable(counts: Counts) -> Counts:
    """No real traffic has counts that SQLite cannot hold; a source may still send them."""
    return counts if max(counts) <= _LARGEST else tuple(min(c, _LARGEST) for c in counts)


def _from(
    conn: sqlite3.Connection, table: str, width: int, sums: Sums
) -> Iterator[tuple[Step, Counts]]:
    """Those sums that belong into the table: not the ones that have been rolled up."""
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (sums_from(table, width),))
    (gone,) = row.fetchone() or (-1,)
    return ((step, counts) for step, counts in sums.items() if step[0] > gone)


def _add(sums: dict[tuple[int, ...], Counts], key: tuple[int, ...], counts: Counts) -> None:
    before = sums.get(key)
    sums[key] = counts if before is None else tuple(map(add, before, counts))


class TrafficWriter:
    """Sorts traffic and comparison counts into the accounts of services and of fields."""

    def __init__(
        self, conn: sqlite3.Connection, services: Names, fields: Names, homes: Homes
    ) -> None:
        self._conn = conn
        self._services = services
        self._fields = fields
        self._homes = homes
        self._service_traffic = Buckets(conn, SERVICE_TRAFFIC)
        self._share_steps = ShareSteps(conn)
        self._looks = Looks(conn)
        self._field_traffic = Buckets(conn, FIELD_TRAFFIC)
        self._service_comparisons = Buckets(conn, SERVICE_COMPARISONS)
        self._field_comparisons = Buckets(conn, FIELD_COMPARISONS)

    def intended(self, facts: Sequence[IntendedShare]) -> None:
        """What is configured, for the traffic between this look and one before that agrees."""
        since: dict[int, int] = {}
        for fact in facts:
            service = self._services.key(fact.service)
            begins = self._looks.add(service, fact.at, fact.share)
            if begins is not None:
                since[service] = min(begins, since.get(service, begins))
        if since:
            self._store(list(self._confirmed(since, max(fact.at for fact in facts))))

    def _confirmed(self, since: Mapping[int, int], until: int) -> Iterator[tuple[Bucket, Counts]]:
        """The buckets that end in (since, until] of a service, with what is now known for them."""
        unsaid = self._conn.execute(
            f"SELECT * FROM {SERVICE_TRAFFIC.table} WHERE grain IN ({_GRAINS})"  # noqa: S608
            " AND ends > ? AND ends <= ? AND side < ? AND intended_of = 0 AND requests > 0",
            (min(since.values()), until, len(_SERVED)),
        )
        for grain_, ends, key, side, width, requests, errors, _, _, *latency in unsaid.fetchall():
            if key not in since or ends <= since[key]:
                continue
            share = self._looks.known(key, ends, width)
            if share is not None:
                bucket = (grain_, ends, key, side, width)
                yield bucket, (requests, errors, *_expected(requests, share), *latency)

    def traffic(self, facts: Sequence[Traffic]) -> None:
        """One row per side that was measured."""
        of_services: list[tuple[Bucket, Counts]] = []
        of_fields: list[tuple[Bucket, Counts]] = []
        for fact in facts:
            rows = of_services if fact.field is None else of_fields
            key = self._key(fact)
            width = fact.width_ms
            period = (grain(width), fact.at + width, key)
            configured = fact.intended
            if configured is None and fact.field is None:
                configured = self._looks.known(key, fact.at + width, width)
            for side, name in enumerate(SIDES):
                part: SideTraffic | None = getattr(fact, name.value)
                if part is not None:
                    intended = configured if name in _SERVED else None
                    rows.append(((*period, side, width), _counts(part, intended)))
        self._store(of_services)
        self._field_traffic.write(of_fields)

    def _store(self, of_services: Sequence[tuple[Bucket, Counts]]) -> None:
        """Buckets of services, and all that is added up from them."""
        if not of_services:
            return
        changes, replaced = self._service_traffic.changes(of_services)
        self._service_traffic.add_to_steps(changes)
        self._share_steps.add(changes)
        write_window.move(self._conn, changes, replaced)
        self._service_traffic.write(of_services)
        write_window.add_up_if_forgotten(self._conn)

    def comparisons(self, facts: Sequence[ComparisonCounts]) -> None:
        """One row per bucket."""
        of_services: list[tuple[Bucket, Counts]] = []
        of_fields: list[tuple[Bucket, Counts]] = []
        for fact in facts:
            rows = of_services if fact.field is None else of_fields
            width = fact.width_ms
            rows.append(
                (
                    (grain(width), fact.at + width, self._key(fact), width),
                    (fact.matched, fact.mismatched, fact.ignored, fact.failed),
                )
            )
        changes, _ = self._service_comparisons.changes(of_services)
        self._service_comparisons.add_to_steps(changes)
        self._service_comparisons.write(of_services)
        self._field_comparisons.write(of_fields)

    def _key(self, fact: Traffic | ComparisonCounts) -> int:
        service = self._services.key(fact.service)
        if fact.field is None:
            return service
        field = self._fields.key(fact.field)
        self._homes.mention(field, service, fact.at)
        return field


def _counts(part: SideTraffic, intended: float | None) -> Counts:
    latency = part.latency
    return (
        part.requests,
        part.errors,
        *((0, 0) if intended is None else _expected(part.requests, intended)),
        *latency,
        *_PADDING[len(latency) :],
    )


def _expected(requests: int, share: float) -> Counts:
    """What new was to get of the requests, in millionths, and of how many that is known."""
    return min(round(share * requests * MILLIONTHS), _LARGEST), requests
