"""README.md and docs/guide/: what they name exists, and what they show as a config loads."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from goliath_tui.cli import main
from goliath_tui.config import _ConfigShape, _RehearsalShape, load
from goliath_tui.config_sources import _SourceShape
from goliath_tui.measures.health import FRESH_PERIODS
from goliath_tui.rehearsal.scenario import Scenario
from goliath_tui.sources import KINDS
from goliath_tui.widgets.keys import (
    ANSWERS_KEYS,
    APP_KEYS,
    EXAMPLE_KEYS,
    SCREEN_KEYS,
    TABLE_KEYS,
    key_name,
)

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
GUIDE = sorted((ROOT / "docs" / "guide").glob("*.md"))
SOURCES = sorted((ROOT / "docs" / "sources").glob("*.md"))
PAGES = [
    README,
    *GUIDE,
    *SOURCES,
    ROOT / "docs" / "decisions.md",
    ROOT / "docs" / "api" / "README.md",
]
SCENARIO = ROOT / "tui" / "goliath_tui" / "rehearsal" / "scenario.yaml"


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """What a link can point at: headings as sites make anchors of them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def rows(page: Path, heading: str, first: str) -> list[list[str]]:
    """The cells of the first table under `heading` whose first column is titled `first`."""
    text = page.read_text(encoding="utf-8")
    section = text.split(f"{heading}\n", 1)[1]
    lines = iter(section.splitlines())
    for line in lines:
        if line.startswith(f"| {first} |"):
            break
    next(lines)
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    assert found, f"no table under {heading}"
    return found


def in_code(text: str) -> list[str]:
    """What stands between backticks; a backtick itself stands between two of them."""
    return [one or two for two, one in re.findall(r"`` (`) ``|`([^`]+)`", text)]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_and_pictures_exist(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


def test_every_picture_is_shown_and_says_what_it_is() -> None:
    shown: set[Path] = set()
    for page in (README, *GUIDE, *SOURCES):
        for words, path in re.findall(r"!\[([^]]*)\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            assert words, path
            shown.add((page.parent / path).resolve())
    assert shown == set((ROOT / "docs" / "pictures").glob("*.svg"))


def test_the_keys_are_those_of_the_program() -> None:
    keys = {
        key_name(pressed)
        for key in (*APP_KEYS, *SCREEN_KEYS, *TABLE_KEYS)
        for pressed in key.keys.split(",")
    }
    told = {key for row in rows(README, "## Keys", "key") for key in in_code(row[0])}
    assert told <= keys
    assert keys - told <= {str(n) for n in range(2, 10)}  # "1 to 5" tells those that have a pane


def test_the_keys_of_the_answers_are_those_of_the_program() -> None:
    keys = {
        key_name(pressed)
        for key in (*ANSWERS_KEYS, *EXAMPLE_KEYS)
        for pressed in key.keys.split(",")
    }
    everywhere = {key_name(pressed) for key in TABLE_KEYS for pressed in key.keys.split(",")}
    page = ROOT / "docs" / "guide" / "drill-down.md"
    told = {
        key
        for row in rows(page, "## Two answers side by side", "key")
        for cell in row
        for key in in_code(cell)
    }
    assert told <= keys
    assert keys - told <= everywhere


def test_the_commands_are_those_of_the_program() -> None:
    table = rows(README, "## Commands", "command")
    told = {in_code(row[0])[0].removeprefix("goliath-tui").strip() for row in table}
    assert told == {"", *main.commands}
    for row in table[1:]:
        name = in_code(row[0])[0].split()[-1]
        options = {option for param in main.commands[name].params for option in param.opts}
        for option in re.findall(r"--[a-z]+", row[1]):
            assert option in options, f"{name} {option}"
    assert "--config" in {option for param in main.params for option in param.opts}


@pytest.mark.parametrize("page", [README, *GUIDE], ids=named)
def test_commands_in_text_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for line in re.findall(r"(?:^    |`)goliath-tui([^`\n#]*)", text, re.MULTILINE):
        words = re.sub(r"--config \S+", "", line).split()
        assert not words or words[0] in main.commands, line
        if words:
            options = {o for param in main.commands[words[0]].params for o in param.opts}
            assert {word for word in words if word.startswith("--")} <= options, line


@pytest.mark.parametrize("page", [README, *GUIDE], ids=named)
def test_make_targets_in_text_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    told = re.findall(r"(?:^    |`)(?:\w+=\S+ )?make ([a-z]+)", text, re.MULTILINE)
    assert set(told) <= targets
    if page == README:
        assert set(told) == targets - {"help"}


def test_exit_codes_are_the_same_everywhere() -> None:
    troubles = ROOT / "docs" / "guide" / "troubleshooting.md"
    codes = [str(code) for code in range(7)]
    assert [row[0] for row in rows(README, "## Commands", "exit code")] == codes
    assert [row[0] for row in rows(troubles, "## Exit codes", "code")] == codes


def configs() -> Iterator[tuple[str, str]]:
    for page in (README, *GUIDE):
        blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        for number, block in enumerate(blocks, 1):
            yield f"{named(page)}:{number}", block


@pytest.mark.parametrize(("where", "text"), list(configs()), ids=[name for name, _ in configs()])
def test_configs_load_without_a_complaint(where: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "my-scenario.yaml").write_bytes(SCENARIO.read_bytes())
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    config = load(path, kinds=KINDS, trusted=True, cache_dir=tmp_path)
    assert not config.warnings, where


@pytest.mark.parametrize(
    ("heading", "shape"),
    [
        ("## Settings", _ConfigShape),
        ("### A source", _SourceShape),
        ("### The rehearsal", _RehearsalShape),
    ],
)
def test_every_setting_is_explained_and_no_other(heading: str, shape: type) -> None:
    page = ROOT / "docs" / "guide" / "configuration.md"
    told = [in_code(row[0])[0] for row in rows(page, heading, "setting")]
    fields = [field.name for field in msgspec.structs.fields(shape)]
    assert sorted(told) == sorted(fields)


def test_the_scenario_file_is_where_the_guide_says() -> None:
    page = ROOT / "docs" / "guide" / "rehearsal.md"
    text = page.read_text(encoding="utf-8")
    (path,) = re.findall(r"^    cp (\S+) my-scenario.yaml$", text, re.MULTILINE)
    assert (ROOT / path).samefile(SCENARIO)
    told = {part for row in rows(page, "own", "part") for part in in_code(row[0])}
    assert told == {field.name for field in msgspec.structs.fields(Scenario)}


def test_figures_in_the_guide_are_those_of_the_program() -> None:
    overview = (ROOT / "docs" / "guide" / "overview.md").read_text(encoding="utf-8")
    assert FRESH_PERIODS == 3
    assert "within three of its periods" in overview
    for kind, every in (("gateway", 10_000), ("tracker", 60_000)):
        assert KINDS[f"goliath-{kind}"].default_every_ms == every


def test_help_names_every_exit_code() -> None:
    help_text = main.get_help(click.Context(main))
    for code in range(7):
        assert re.search(rf"\b{code}\s", help_text), code
