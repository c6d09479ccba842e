"""The settings of every kind that reads what a gateway is configured to send to new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from goliath_tui import sources
from goliath_tui.sources.presets import PRESETS
from goliath_tui.sources.sides import OwnWords, Patterns, pattern_problems


class IntendedOptions(sources.Options, frozen=True, kw_only=True):
    """The settings of every kind that reads what is intended: whose a backend is.

    They are those of the source that counts the gateway's traffic. `labels`: label → pattern;
    `sides`: the words for sides; `service`: the one service of all, where no label tells it.
    """

    labels: Mapping[str, str] | None = None
    sides: OwnWords = OwnWords()
    service: str | None = None

    def problems(self) -> Iterable[tuple[tuple[str, ...], str]]:
        """What is wrong with the settings: (the setting's place below the source, advice)."""
        known = self.known_labels()
        for label in self.labels or {}:
            if label not in known:
                yield ("labels", label), f"expected {' or '.join(known)}"
        if self.labels is not None:
            yield from pattern_problems(self.labels, self.service)
        elif self.service is not None:
            yield ("service",), "expected `labels:` too, with {side} alone"

    def preset(self) -> str:
        """The preset of the gateway that is read."""
        raise NotImplementedError

    def known_labels(self) -> tuple[str, ...]:
        """The labels that its backends have."""
        return tuple(PRESETS[self.preset()].labels)

    def patterns(self) -> Patterns:
        """What tells whose a backend is."""
        preset = PRESETS[self.preset()]
        labels = preset.labels if self.labels is None else self.labels
        return Patterns(labels, self.sides.over(preset.sides), self.service)
