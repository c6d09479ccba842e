"""The name of a rehearsal's data set, told without telling the story: a cache is named after it."""

from hashlib import blake2s
from importlib.resources import files
from pathlib import Path

from goliath_tui.rehearsal.weeks import day_name, wednesday

#: Part of every name; to be raised when the same scenario comes to tell another story, so that no
#: cache goes on with the one from which it was filled.
_EDITION = 2


def scenario_text(path: Path | None) -> str:
    """The scenario in the file at `path` (None: the packaged one). Raises OSError."""
    if path is not None:
        return path.read_text(encoding="utf-8")
    return files("goliath_tui.rehearsal").joinpath("scenario.yaml").read_text(encoding="utf-8")


def instance(text: str, seed: int, now: int) -> str:
    """All of a week, from Wednesday to Wednesday, a scenario's text and a seed tell one story."""
    digest = blake2s(f"{_EDITION}/{text}".encode(), digest_size=4).hexdigest()
    return f"rehearsal-{seed}-{day_name(wednesday(now))}-{digest}"
