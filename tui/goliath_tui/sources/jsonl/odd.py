"""What was odd about lines: counted, with an example each, and told for a day after the last."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from goliath_tui.sources.jsonl.seen import Fault

TOLD_MS = 86_400_000
#: Lines that are counted all the same, and what is said of them; `{n}` of them, the last: `{last}`.
_COUNTED = {
    Fault.LATE: "lines more than two minutes late, counted a little later than they were: {n}",
    Fault.AHEAD: "lines from the future by this machine's clock, counted as of now: {n} ({last})",
    Fault.BARE: "mismatches without answers or differences, shown at $: {n} (the last: {last})",
    Fault.FAILED: "comparisons that failed: {n} (the last: {last})",
}


class Oddities(Struct, omit_defaults=True):
    """Fault → (how many, when the last was, an example)."""

    found: dict[Fault, tuple[int, int, str]] = field(default_factory=dict)

    def add(self, fault: Fault, example: str, now: int) -> None:
        """Counts one."""
        count, at, _ = self.found.get(fault, (0, now, ""))
        if now - at > TOLD_MS:
            count = 0
        self.found[fault] = (count + 1, now, example)

    def notes(self, now: int) -> Iterator[str]:
        """One line for each kind."""
        for fault, (count, at, last) in list(self.found.items()):
            if now - at > TOLD_MS:
                del self.found[fault]
                continue
            template = _COUNTED.get(fault)
            if template is None:
                yield f"lines not counted, {fault}: {count:,} (the last: {last})"
            else:
                yield template.format(n=f"{count:,}", last=last)
