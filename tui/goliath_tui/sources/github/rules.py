"""What an issue's labels, state and title mean: its points, its service, how it stands."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

import msgspec

from goliath_tui.sources.github import Options
from goliath_tui.sources.github.shapes import Issue, Iteration
from goliath_tui.sources.patterns import starred
from goliath_tui.sources.work import Status

_DROPPED = {"not_planned", "duplicate"}


class Rules:
    """The config's rules, put to what GitHub says."""

    def __init__(self, options: Options) -> None:
        self.options = options
        named = [rule.label for rule in options.services if rule.label is not None]
        self._patterns = [starred(pattern, any_case=True) for pattern in named]
        self._points: re.Pattern[str] | None = None
        if options.point_labels is not None:
            self._points = starred(options.point_labels, any_case=True)
            self._patterns.append(self._points)
        self._states = {name.lower() for name in options.started + options.done + options.dropped}

    def fingerprint(self) -> str:
        """Tells settings apart under which the same answers mean something else."""
        raw = msgspec.json.encode(msgspec.structs.replace(self.options, repositories=()))
        return hashlib.blake2b(raw, digest_size=6).hexdigest()

    def relevant(self, label: str) -> bool:
        """Whether a label means anything to us."""
        named = any(pattern.fullmatch(label) for pattern in self._patterns)
        return named or label.lower() in self._states

    def is_points(self, label: str) -> bool:
        """Whether a label holds an estimate."""
        return self._points is not None and self._points.fullmatch(label) is not None

    def points(self, labels: Iterable[str]) -> tuple[float | None, str | None]:
        """The estimate that labels hold, and the label that looks like one but holds none.

        Of several the largest counts: whoever forgot to take one away meant no less.
        """
        if self._points is None:
            return None, None
        best, odd = None, None
        for label in sorted(labels):
            if (found := self._points.fullmatch(label)) is None:
                continue
            try:
                points = self.options.points_of(found[1].strip())
            except ValueError:
                points = None
            if points is None:
                odd = label
            else:
                best = points if best is None else max(best, points)
        return best, odd

    def service(self, repository: str, issue: Issue, labels: Sequence[str]) -> str | None:
        """The service of an issue while it has these labels."""
        found = self.options.service_of(
            {
                "label": labels,
                "project": [repository, repository.partition("/")[2]],
                "title": [issue.title],
                "type": [issue.type.name] if issue.type else [],
                "epic": [issue.milestone.title] if issue.milestone else [],
            }
        )
        return found or None

    def status(self, state: str | None, reason: str | None, names: Iterable[str]) -> Status:
        """How an issue stands, by GitHub's own state and by names that the config gives a meaning.

        `names`: its labels, and its status in the project. A closed issue is never open.
        """
        closed = state == "closed"
        said = {self.options.status_of(name, Status.OPEN) for name in names}
        if Status.DROPPED in said or (closed and reason in _DROPPED):
            return Status.DROPPED
        if closed or Status.DONE in said:
            return Status.DONE
        return Status.STARTED if Status.STARTED in said else Status.OPEN

    def estimate(self, value: object) -> tuple[float | None, str | None]:
        """The estimate in a field of a project, and what stands there if that is none."""
        word = value_text(value)
        try:
            return self.options.points_of(word), None
        except ValueError:
            return None, str(word)


def value_text(value: object) -> object:
    """A field's value without its wrapping: a number stays one, everything else is its text."""
    if isinstance(value, dict):
        inner = value.get("name", value.get("title", value.get("raw")))
        return inner.get("raw") if isinstance(inner, dict) else inner
    return value


def iteration_of(value: object) -> Iteration | str | None:
    """The iteration in a field's value: as a whole, or its id where the rest is not as agreed."""
    if not isinstance(value, dict):
        return None
    try:
        return msgspec.convert(value, Iteration)
    except (msgspec.ValidationError, RecursionError):
        found = value.get("id", value.get("iteration_id"))
        return found if isinstance(found, str) and found else None
