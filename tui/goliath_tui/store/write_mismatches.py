"""Comparisons that differed, on their way in: groups, counts over time, thin rows, examples.

Every difference is counted, for ever. A thin row (comparison, group) says that it was, and lets a
comparison that arrives again pass unnoticed. The newest comparisons of each group are kept in full;
to find out which ones those are costs more than to write them, so a group is let grow to twice its
size before its oldest go (tidying brings all groups to size).
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby
from zlib import crc32

import msgspec

from goliath_tui.domain import Comparison, DifferenceClass
from goliath_tui.measures.fingerprint import fingerprint, normalise_path
from goliath_tui.store.limits import Limits
from goliath_tui.store.schema import DIFFERENCE_CLASSES, MISMATCH_BUCKET
from goliath_tui.store.write_names import Names

_CLASS = {kind: code for code, kind in enumerate(DIFFERENCE_CLASSES)}
#: There is no end to paths with indexes, nor to groups: what is remembered starts again when it is
#: this much.
_REMEMBERED = 100_000

#: (at, number): what tells a comparison from all others.
Moment = tuple[int, int]
_LONG_AGO: Moment = (-1, -1)


class MismatchWriter:
    """Writes comparisons that differed. `forget()` after a rollback."""

    def __init__(self, conn: sqlite3.Connection, fields: Names, limits: Limits) -> None:
        self._conn = conn
        self._fields = fields
        self._limits = limits
        self._paths: dict[str, str] = {}
        self._groups: dict[tuple[str, str, DifferenceClass], int] = {}
        self._examples: dict[int, int] = {}
        self._oldest: dict[int, Moment] = {}

    def forget(self) -> None:
        """Keys of groups given since the commit are void."""
        for remembered in (self._groups, self._examples, self._oldest):
            remembered.clear()

    def write(self, comparisons: Sequence[Comparison]) -> None:
        """Stores those that are not known yet."""
        if not comparisons:
            return
        if max(len(self._paths), len(self._groups), len(self._examples)) > _REMEMBERED:
            self._paths.clear()
            self.forget()
        fresh = self._fresh(comparisons)
        paths, groups = self._paths, self._groups
        found: defaultdict[int, list[Moment]] = defaultdict(list)
        for moment, comparison in fresh.items():
            field = comparison.field
            for difference in comparison.differences:
                path = paths.get(difference.path)
                if path is None:
                    path = paths[difference.path] = normalise_path(difference.path)
                place = (field, path, difference.kind)
                group = groups.get(place)
                if group is None:
                    group = groups[place] = self._group(place, moment[0])
                found[group].append(moment)
        for moments in found.values():
            moments.sort()
        self._count(found)
        self._keep(found, fresh)

    def _fresh(self, comparisons: Sequence[Comparison]) -> dict[Moment, Comparison]:
        """The comparisons that are not in the file, by (at, number), each once."""
        newest = self._conn.execute("SELECT max(at) FROM mismatches").fetchone()[0]
        fresh: dict[Moment, Comparison] = {}
        for comparison in comparisons:
            at = comparison.at
            number = crc32(comparison.id.encode())
            if newest is not None and at <= newest and self._is_known(at, number):
                continue
            fresh[at, number] = comparison
        return fresh

    def _is_known(self, at: int, number: int) -> bool:
        row = self._conn.execute(
            "SELECT 1 FROM mismatches WHERE at = ? AND comparison = ?", (at, number)
        ).fetchone()
        return row is not None

    def _group(self, place: tuple[str, str, DifferenceClass], at: int) -> int:
        """The key of the group, made if it has none; its counts come later in the commit."""
        field, path, kind = place
        name = fingerprint(field, path, kind)
        known = self._conn.execute(
            "SELECT id FROM mismatch_groups WHERE fingerprint = ?", (name,)
        ).fetchone()
        if known is not None:
            return int(known[0])
        cursor = self._conn.execute(
            "INSERT INTO mismatch_groups"
            " (fingerprint, field, path, kind, count, first_seen, last_seen)"
            " VALUES (?, ?, ?, ?, 0, ?, ?)",
            (name, self._fields.key(field), path, _CLASS[kind], at, at),
        )
        return int(cursor.lastrowid or 0)

    def _count(self, found: Mapping[int, Sequence[Moment]]) -> None:
        """Writes thin rows, and adds to the groups and to their buckets of time."""
        rows: list[tuple[int, int, int, int]] = []
        groups: list[tuple[int, int, int, int]] = []
        buckets: list[tuple[int, int, int, int, int]] = []
        for group, moments in found.items():
            rows += [(*moment, group, times) for moment, times in Counter(moments).items()]
            groups.append((len(moments), moments[0][0], moments[-1][0], group))
            for step, same_step in groupby(moments, key=_step):
                within = list(same_step)
                ends = (step + 1) * MISMATCH_BUCKET
                buckets.append((group, ends, MISMATCH_BUCKET, len(within), within[-1][0]))
        # In the order of the key: rows that lie together are written together.
        rows.sort()
        self._conn.executemany("INSERT INTO mismatches VALUES (?, ?, ?, ?)", rows)
        self._conn.executemany(
            "UPDATE mismatch_groups SET count = count + ?, first_seen = min(first_seen, ?),"
            " last_seen = max(last_seen, ?) WHERE id = ?",
            groups,
        )
        self._conn.executemany(
            "INSERT INTO mismatch_buckets (grp, ends, width, count, last) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (grp, ends, width) DO UPDATE SET count = count + excluded.count,"
            " last = max(last, excluded.last)",
            buckets,
        )
        self._conn.execute(
            "INSERT INTO meta VALUES ('mismatches', ?)"
            " ON CONFLICT (key) DO UPDATE SET value = value + excluded.value",
            (len(rows),),
        )

    def _keep(
        self, found: Mapping[int, Sequence[Moment]], fresh: Mapping[Moment, Comparison]
    ) -> None:
        """Keeps the newest comparisons of each group in full."""
        most = self._limits.examples_per_group
        kept: set[Moment] = set()
        examples: list[tuple[int, int, int]] = []
        crowded: list[int] = []
        for group, moments in found.items():
            oldest = self._oldest.get(group, _LONG_AGO)
            newest = list(dict.fromkeys(moments))[-most:]
            wanted = [moment for moment in newest if moment > oldest]
            kept.update(wanted)
            examples += [(group, *moment) for moment in wanted]
            size = self._examples.get(group)
            if size is None:
                size = self._count_examples(group)
            self._examples[group] = size + len(wanted)
            if size + len(wanted) > 2 * most:
                crowded.append(group)
        self._conn.executemany("INSERT OR IGNORE INTO examples VALUES (?, ?, ?)", examples)
        self._conn.executemany(
            "INSERT INTO comparisons (at, comparison, size, name, field, operation, trace_id,"
            " differences, legacy, new) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(*moment, *self._in_full(fresh[moment])) for moment in sorted(kept)],
        )
        for group in crowded:
            self._oldest[group] = let_go(self._conn, group, most)
            self._examples[group] = most

    def _count_examples(self, group: int) -> int:
        row = self._conn.execute("SELECT count(*) FROM examples WHERE grp = ?", (group,)).fetchone()
        return int(row[0])

    def _in_full(self, comparison: Comparison) -> tuple[object, ...]:
        """The columns of `comparisons` from `size` on; answers that are too long are left out."""
        legacy = new = None
        if comparison.answers is not None:
            legacy, new = bytes(comparison.answers.legacy), bytes(comparison.answers.new)
            if len(legacy) + len(new) > self._limits.answers_bytes_each:
                legacy = new = None
        differences = msgspec.json.encode(comparison.differences)
        if len(differences) > self._limits.differences_bytes_each:
            differences = b"[]"
        size = len(differences) + len(legacy or b"") + len(new or b"")
        return (
            size,
            comparison.id,
            self._fields.key(comparison.field),
            comparison.operation,
            comparison.trace_id,
            differences.decode(),
            legacy,
            new,
        )


def let_go(conn: sqlite3.Connection, group: int, most: int) -> Moment:
    """Brings a group to its `most` newest examples; returns the oldest of those."""
    found = conn.execute(
        "SELECT at, comparison FROM examples WHERE grp = ? ORDER BY at DESC, comparison DESC",
        (group,),
    ).fetchall()
    gone = found[most:]
    conn.executemany(
        "DELETE FROM examples WHERE grp = ? AND at = ? AND comparison = ?",
        [(group, *moment) for moment in gone],
    )
    conn.executemany(
        "DELETE FROM comparisons WHERE at = ?1 AND comparison = ?2 AND NOT EXISTS"
        " (SELECT 1 FROM examples WHERE at = ?1 AND comparison = ?2)",
        gone,
    )
    at, comparison = found[:most][-1]
    return at, comparison


def _step(moment: Moment) -> int:
    return moment[0] // MISMATCH_BUCKET
