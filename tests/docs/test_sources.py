"""docs/sources/: every kind has a page with a config that works, and every setting is explained."""

import re
from pathlib import Path

import msgspec
import pytest

from goliath_tui.config import load
from goliath_tui.config_values import duration_ms
from goliath_tui.sources import KINDS, PARTS
from tests.docs.test_readme import in_code, named, rows

FOLDER = Path(__file__).parents[2] / "docs" / "sources"
INDEX = FOLDER / "README.md"
PAGES = sorted(FOLDER.glob("*.md"))


def kind_pages() -> dict[str, Path]:
    """Kind → its page, as the index has them."""
    found = {}
    for row in rows(INDEX, "# Sources", "kind"):
        match = re.fullmatch(r"\[`([\w-]+)`\]\(([\w-]+\.md)\)", row[0])
        assert match, row
        found[match[1]] = FOLDER / match[2]
    return found


def test_the_index_has_every_kind_and_part_and_what_each_gives() -> None:
    assert set(kind_pages()) == set(KINDS)
    assert {in_code(row[0])[0] for row in rows(INDEX, "# Sources", "part")} == set(PARTS)
    for row in rows(INDEX, "# Sources", "kind"):
        kind = KINDS[in_code(row[0])[0]]
        assert set(in_code(row[1])) == kind.gives, kind.kind


def test_how_often_a_kind_is_asked_is_told_beside_the_setting() -> None:
    guide = FOLDER.parent / "guide" / "configuration.md"
    (cell,) = (row[2] for row in rows(guide, "### A source", "setting") if row[0] == "`every`")
    told = [word for word in in_code(cell) if word not in KINDS]
    assert {duration_ms(word, 1) for word in told} == {k.default_every_ms for k in KINDS.values()}


def configs() -> list[tuple[str, str]]:
    """Every config that a page shows, with the page's name and its number."""
    return [
        (f"{named(page)}:{number}", block)
        for page in PAGES
        for number, block in enumerate(
            re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL), 1
        )
    ]


@pytest.mark.parametrize(("where", "text"), configs(), ids=[name for name, _ in configs()])
def test_configs_work_when_pasted(where: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    config = load(path, kinds=KINDS, trusted=True, cache_dir=tmp_path)
    assert config.sources
    assert not config.warnings, where


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_a_kind_shows_it_and_explains_every_setting(kind: str) -> None:
    page = kind_pages()[kind]
    text = page.read_text(encoding="utf-8")
    assert f"kind: {kind}\n" in text
    settings = {field.name for field in msgspec.structs.fields(KINDS[kind].options)}
    told = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert settings <= told, settings - told
