"""Which issues were told, in as little text as can be kept in a cursor: `ABC:1-345,347 XY:2`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Keys:
    """A set of keys of issues that packs well, for numbers of issues mostly follow each other."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._projects: dict[str, set[int]] = {}
        for key in keys:
            self.add(key)

    def add(self, key: str) -> None:
        """Takes a key in; one that is no key is left out."""
        project, _, number = key.rpartition("-")
        if project and number.isascii() and number.isdecimal() and len(number) <= 12:
            self._projects.setdefault(project, set()).add(int(number))

    def discard(self, key: str) -> None:
        """Takes a key out, if it is in."""
        project, _, number = key.rpartition("-")
        if number.isascii() and number.isdecimal():
            self._projects.get(project, set()).discard(int(number))

    def __contains__(self, key: str) -> bool:
        project, _, number = key.rpartition("-")
        if not (number.isascii() and number.isdecimal()):
            return False
        return int(number) in self._projects.get(project, ())

    def __len__(self) -> int:
        return sum(len(numbers) for numbers in self._projects.values())

    def __iter__(self) -> Iterator[str]:
        for project, numbers in self._projects.items():
            for number in sorted(numbers):
                yield f"{project}-{number}"

    def pack(self) -> str:
        """All of it as text."""
        return " ".join(
            f"{project}:{','.join(_ranges(sorted(numbers)))}"
            for project, numbers in sorted(self._projects.items())
            if numbers
        )

    @classmethod
    def unpack(cls, text: str) -> Keys:
        """What `pack` made. Raises ValueError for what it did not make."""
        keys = cls()
        for part in text.split():
            project, _, ranges = part.partition(":")
            numbers = keys._projects.setdefault(project, set())
            for one in ranges.split(","):
                first, _, last = one.partition("-")
                numbers.update(range(int(first), int(last or first) + 1))
        return keys


def _ranges(numbers: list[int]) -> Iterable[str]:
    start = 0
    for index in range(1, len(numbers) + 1):
        if index == len(numbers) or numbers[index] != numbers[index - 1] + 1:
            first, last = numbers[start], numbers[index - 1]
            yield str(first) if first == last else f"{first}-{last}"
            start = index
