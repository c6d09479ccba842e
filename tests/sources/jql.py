"""As much of Jira's search language as a test's Jira needs: comparisons, AND, OR, in, order."""

import re
from collections.abc import Callable
from typing import Any

MINUTE = 60_000
_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|>=|<=|!=|[()=,<>]|[\w-]+)')

Test = Callable[[Any], bool]


class JqlError(ValueError):
    """What Jira would refuse with 400."""


class Parsed:
    """A search. `known`: name → the values that it may be compared with, where those are known.

    `get(issue, name)` gives an issue's values, as a list.
    """

    def __init__(
        self,
        text: str,
        now: int,
        get: Callable[[Any, str], list[Any]],
        known: dict[str, set[str]],
    ) -> None:
        where, _, order = text.partition(" ORDER BY ")
        self.order = [
            (name, direction == "DESC")
            for name, direction in (part.split() for part in order.split(", ") if part)
        ]
        self._tokens = _TOKEN.findall(where)
        self._now, self._get, self._known = now, get, known
        self.matches = self._or()
        if self._tokens:
            raise JqlError(f"Error in the JQL Query: expecting end, got '{self._tokens[0]}'.")

    def _take(self) -> str:
        if not self._tokens:
            raise JqlError("Error in the JQL Query: it ends too soon.")
        return str(self._tokens.pop(0))

    def _next_is(self, word: str) -> bool:
        if self._tokens and self._tokens[0].upper() == word:
            self._tokens.pop(0)
            return True
        return False

    def _or(self) -> Test:
        tests = [self._and()]
        while self._next_is("OR"):
            tests.append(self._and())
        return lambda issue: any(test(issue) for test in tests)

    def _and(self) -> Test:
        tests = [self._one()]
        while self._next_is("AND"):
            tests.append(self._one())
        return lambda issue: all(test(issue) for test in tests)

    def _one(self) -> Test:
        if self._next_is("("):
            test = self._or()
            if not self._next_is(")"):
                raise JqlError("Error in the JQL Query: a parenthesis is missing.")
            return test
        name, sign = self._take().lower(), self._take().lower()
        if sign == "in":
            values = self._values(name)
            return lambda issue: any(str(value) in values for value in self._get(issue, name))
        value = self._value(name)
        if name in {"created", "updated"}:
            at = self._moment(value)
            return lambda issue: all(one >= at for one in self._get(issue, name)) is (sign == ">=")
        return lambda issue: (value in self._get(issue, name)) is (sign == "=")

    def _values(self, name: str) -> set[str]:
        values = set()
        assert self._next_is("(")
        while True:
            values.add(self._value(name))
            if self._next_is(")"):
                return values
            assert self._next_is(",")

    def _value(self, name: str) -> str:
        raw = self._take()
        value = re.sub(r"\\(.)", r"\1", raw[1:-1]) if raw.startswith('"') else raw
        if name in self._known and value not in self._known[name]:
            raise JqlError(f"The value '{value}' does not exist for the field '{name}'.")
        return value

    def _moment(self, value: str) -> int:
        """Minutes before now; as Jira's minutes are whole, the bound is the later one."""
        if match := re.fullmatch(r"-(\d+)m", value):
            return -(-(self._now - int(match[1]) * MINUTE) // MINUTE) * MINUTE
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            from datetime import UTC, datetime

            return round(datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp() * 1000)
        raise JqlError(f"Date value '{value}' for field 'updated' is invalid.")
