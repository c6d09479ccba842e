"""A snapshot as `status --json`, as a few lines of text, and as an exit code. Pure."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from goliath_tui.domain import Snapshot, SourceHealth, SourceState
from goliath_tui.widgets.format import points as points_text
from goliath_tui.widgets.format import signed_points


def status_object(snapshot: Snapshot) -> dict[str, Any]:
    """The one JSON object of `status --json`. Moments are RFC 3339 in UTC; unknown is None.

    `resolution_ms` is the coarsest bucket that the figures beside it rest on: taken live, and
    looked up after buckets have been rolled up, they agree but for what lies within one of those.
    """
    points, fields, traffic = snapshot.points, snapshot.fields, snapshot.traffic
    retired, sprint, mismatches = snapshot.retired, snapshot.sprint, snapshot.mismatches
    return {
        "at": rfc3339(snapshot.at),
        "live": snapshot.live,
        "migration": snapshot.migration,
        "points": {
            "done": points and points.done,
            "total": points and points.total,
            "added": points and points.added,
        },
        "fields": {
            "total": fields and fields.total,
            "by_state": fields and {state.value: n for state, n in fields.by_state.items()},
        },
        "traffic": {
            "new_share": traffic and traffic.new_share,
            "intended_share": traffic and traffic.intended_share,
            "off_intended": traffic and traffic.off_intended,
            "requests": traffic and traffic.requests,
            "span_ms": traffic and traffic.span_ms,
            "resolution_ms": traffic and traffic.resolution_ms,
        },
        "retired": {"fields": retired and retired.fields, "share": retired and retired.share},
        "unmapped": {
            "done": snapshot.unmapped and snapshot.unmapped.done,
            "total": snapshot.unmapped and snapshot.unmapped.total,
        },
        "services": [
            {
                "name": row.name,
                "team": row.team,
                "points": {
                    "done": row.points and row.points.done,
                    "total": row.points and row.points.total,
                },
                "fields": {
                    "total": row.fields and row.fields.total,
                    "by_state": row.fields
                    and {state.value: n for state, n in row.fields.by_state.items()},
                },
                "new_share": row.traffic and row.traffic.new_share,
                "intended_share": row.traffic and row.traffic.intended_share,
                "off_intended": row.traffic and row.traffic.off_intended,
                "compared": row.compared,
                "mismatched": row.mismatched,
                "resolution_ms": row.resolution_ms,
            }
            for row in snapshot.services
        ],
        "sprint": {
            "name": sprint and sprint.name,
            "starts": sprint and rfc3339(sprint.starts),
            "ends": sprint and rfc3339(sprint.ends),
            "committed": sprint and sprint.committed,
            "added": sprint and sprint.added,
            "removed": sprint and sprint.removed,
            "done": sprint and sprint.done,
            "remaining": sprint and sprint.remaining,
        },
        "mismatches": {
            "groups": mismatches and mismatches.groups,
            "new_groups": mismatches and mismatches.new_groups,
            "per_minute": mismatches and mismatches.per_minute,
            "span_ms": mismatches and mismatches.span_ms,
            "resolution_ms": mismatches and mismatches.resolution_ms,
        },
        "sources": [_source_object(source, snapshot.at) for source in snapshot.sources],
    }


def _source_object(source: SourceHealth, at: int) -> dict[str, Any]:
    known = source.last_success is not None
    return {
        "name": source.name,
        "kind": source.kind,
        "state": source.state.value,
        "last_success": rfc3339(source.last_success) if source.last_success is not None else None,
        "age_s": max(0, at - (source.last_success or 0)) / 1000 if known else None,
        "error": source.error,
        "notes": list(source.notes),
    }


def rfc3339(moment: int) -> str:
    """UTC milliseconds as `2026-03-01T12:00:00.000Z`."""
    whole, thousandths = divmod(moment, 1000)
    text = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{thousandths:03d}Z"


def exit_code(snapshot: Snapshot, expected: Mapping[str, Collection[str]], latest: Snapshot) -> int:
    """0: every source is fine; 5: one refuses the credentials; 4: something is unknown or stale.

    `expected`: the measures that each source gives, without the sources that are switched off.
    `latest`: the live snapshot. A source that has answered since the moment of a past one has told
    all about that moment, whether or not it was asked then. A source that still has more to tell
    has not.
    """
    newest = {source.name: source for source in latest.sources}
    states = {
        source.state
        for source in snapshot.sources
        if source.name in expected and not _told_since(newest[source.name], snapshot)
    }
    if SourceState.REFUSED in states:
        return 5
    filling = any(newest[name].progress is not None for name in expected)
    parts = {"points": snapshot.points, "fields": snapshot.fields, "traffic": snapshot.traffic}
    given = {name for gives in expected.values() for name in gives}
    unknown = any(part is None for name, part in parts.items() if name in given)
    if states - {SourceState.OK} or not expected or filling or unknown:
        return 4
    return 0


def _told_since(newest: SourceHealth, snapshot: Snapshot) -> bool:
    answered = newest.last_success
    return not snapshot.live and answered is not None and answered >= snapshot.at


def status_text(snapshot: Snapshot, time_zone: tzinfo) -> str:
    """The snapshot for a person: one line a measure, one a source."""
    moment = datetime.fromtimestamp(snapshot.at / 1000, time_zone)
    title = f"{snapshot.migration}{'  REHEARSAL' if snapshot.rehearsal else ''}"
    when = moment.strftime("%Y-%m-%d %H:%M:%S %Z")
    lines = [f"{title}  {'live' if snapshot.live else 'as of'} {when}"]
    points, fields, traffic = snapshot.points, snapshot.fields, snapshot.traffic
    retired, sprint, mismatches = snapshot.retired, snapshot.sprint, snapshot.mismatches
    if points:
        added = f" ({signed_points(points.added)} added)" if points.added is not None else ""
        share = _percent(points.done / points.total if points.total else None)
        done = f"{points_text(points.done)} of {points_text(points.total)}"
        lines.append(f"points done      {share}  {done}{added}")
    else:
        lines.append("points done      –")
    if fields:
        share = _percent(fields.moved / fields.total if fields.total else None)
        lines.append(f"fields migrated  {share}  {fields.moved:,} of {fields.total:,}")
    else:
        lines.append("fields migrated  –")
    if traffic:
        off = ", off by more than chance" if traffic.off_intended else ""
        intended = f"{_percent(traffic.intended_share).strip()}{off}"
        lines.append(
            f"traffic on new   {_percent(traffic.new_share)}  intended {intended}, "
            f"{traffic.requests:,} requests"
        )
    else:
        lines.append("traffic on new   –")
    lines.append(
        f"legacy retired   {_percent(retired.share)}  {retired.fields:,} fields"
        if retired
        else "legacy retired   –"
    )
    if sprint is None:
        lines.append("sprint           –")
    else:
        lines.append(
            f"sprint           {sprint.name}: day {sprint.day} of {sprint.days}, "
            f"{points_text(sprint.remaining)} of {points_text(sprint.committed)} points left "
            f"({signed_points(sprint.added)} added, {points_text(sprint.removed)} removed)"
        )
    if mismatches is None:
        lines.append("mismatches       –")
    else:
        rate = "–" if mismatches.per_minute is None else f"{mismatches.per_minute:,.1f}"
        lines.append(
            f"mismatches       {rate} a minute, {mismatches.groups:,} groups, "
            f"{mismatches.new_groups:,} new"
        )
    lines.extend(_source_line(source, snapshot.at) for source in snapshot.sources)
    return "\n".join(lines)


def _source_line(source: SourceHealth, at: int) -> str:
    if source.last_success is None:
        age = "never answered"
    else:
        age = f"answered {max(0, at - source.last_success) // 1000:,} s ago"
    if source.progress is not None:
        age += f", {source.progress.rows:,} rows so far and more to come"
    error = f"  {source.error}" if source.error else ""
    unasked = source.enabled and source.last_poll is None and source.progress is None
    state = "unasked" if unasked and source.state is SourceState.OFF else source.state.value
    notes = "".join(f"\n                 {source.name}: {note}" for note in source.notes)
    return f"source           {source.name} {state}, {age}{error}{notes}"


def _percent(share: float | None) -> str:
    return "     –" if share is None else f"{share * 100:5.1f} %"
