"""Files of what is seen: nothing in them runs, nothing is lost, nothing is written over."""

import csv
import io
import json
import os
import stat
import threading
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.exports import (
    Caption,
    ExportError,
    csv_bytes,
    disarmed,
    file_stem,
    json_bytes,
    save,
    svg_bytes,
)
from goliath_tui.widgets.sheet import MOMENT, SHARE, Sheet, SheetColumn, Value

AT = 1_787_148_207_000
CAPTION = Caption(as_of=AT, live=False, migration="Ours", rehearsal=False)


def sheet(*rows: tuple[Value, ...], names: tuple[str, ...] = ("name",)) -> Sheet:
    return Sheet("things", tuple(SheetColumn(name) for name in names), rows)


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


WHOLE = Sheet(
    "things",
    (
        SheetColumn("name"),
        SheetColumn("at", MOMENT),
        SheetColumn("share", SHARE),
        SheetColumn("change"),
        SheetColumn("new"),
        SheetColumn("needs"),
    ),
    [
        ('Zoë, "the" 1st', AT, 0.25, -3, True, ("a", None, "b")),
        ("-", None, None, -0.5, False, ()),
    ],
    filtered="!x",
    sorted_by=("share", True),
)


def test_csv_has_units_raw_values_and_empty_for_unknown() -> None:
    content = csv_bytes(WHOLE)
    assert content.startswith(b"\xef\xbb\xbfname,at (moment),share (0 to 1),change,new,needs\r\n")
    assert cells(content)[1:] == [
        ['Zoë, "the" 1st', "2026-08-19T14:03:27.000Z", "0.25", "-3", "true", "a; ; b"],
        ["'-", "", "", "-0.5", "false", ""],
    ]


def test_what_belongs_to_all_rows_stands_beside_them_and_texts_of_others_stay_as_they_are() -> None:
    texts = {
        "good": b'{"n": 1.10, "big": 123456789012345678901234567890, "n": 2}',
        "cut": b'{"n": ',
        "half": b'"\\ud800"',
        "bytes": b'"\xff"',
    }
    named = [(SheetColumn(name), text) for name, text in texts.items()]
    beside: list[tuple[SheetColumn, Value | bytes]] = [*named]
    beside += [(SheetColumn("at", MOMENT), AT), (SheetColumn("none"), None)]
    whole = Sheet("things", WHOLE.columns, WHOLE.rows, beside=beside)
    written = json_bytes(whole, CAPTION)
    assert b'"n": 1.10,' in written
    assert b'"big": 123456789012345678901234567890,' in written
    read = json.loads(written)
    assert read["rows"] == json.loads(json_bytes(WHOLE, CAPTION))["rows"]
    assert read["good"] == {"n": 2, "big": 123456789012345678901234567890}
    assert read["cut"] == '{"n": '
    assert read["half"] == '"\\ud800"'
    assert read["bytes"] == '"\ufffd"'
    assert read["at"] == "2026-08-19T14:03:27.000Z"
    assert read["none"] is None
    assert csv_bytes(whole) == csv_bytes(WHOLE)


def test_json_has_null_for_unknown_and_the_whole_story() -> None:
    assert json.loads(json_bytes(WHOLE, CAPTION)) == {
        "as_of": "2026-08-19T14:03:27.000Z",
        "live": False,
        "migration": "Ours",
        "rehearsal": False,
        "pane": "things",
        "filter": "!x",
        "sorted_by": {"column": "share", "falling": True},
        "units": {"at": "moment", "share": "0 to 1"},
        "rows": [
            {
                "name": 'Zoë, "the" 1st',
                "at": "2026-08-19T14:03:27.000Z",
                "share": 0.25,
                "change": -3,
                "new": True,
                "needs": ["a", None, "b"],
            },
            {"name": "-", "at": None, "share": None, "change": -0.5, "new": False, "needs": []},
        ],
    }


@pytest.mark.parametrize("figure", [float("nan"), float("inf"), float("-inf")])
def test_a_figure_that_is_none_is_unknown(figure: float) -> None:
    assert cells(csv_bytes(sheet((figure, 1), names=("a", "b"))))[1] == ["", "1"]
    (row,) = json.loads(json_bytes(sheet((figure,)), CAPTION))["rows"]
    assert row == {"name": None}


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ('"=1', "'\"=1"),
        ("'=1", "''=1"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        ("\t=1", "'·=1"),
        ("\r=1", "'·=1"),
        ("\n=1", "'·=1"),
        ("a;=1", "a;'=1"),
        ("a; -1;b", "a;' -1;b"),
        ("a\t=1", "a·'=1"),
        ("\u200b=1", "·=1"),
        ("a=1", "a=1"),
        ("a-b+c@d", "a-b+c@d"),
        ("User.lastSeen", "User.lastSeen"),
        ("", ""),
    ],
)
def test_formulas_are_disarmed_and_other_text_is_left_alone(text: str, safe: str) -> None:
    assert disarmed(text) == safe


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5), st.text(max_size=8))
def test_no_cell_of_any_text_is_a_formula_nor_breaks_a_line(texts: list[str], title: str) -> None:
    content = csv_bytes(sheet(*((text,) for text in texts), names=(title,)))
    rows = content.decode("utf-8-sig").split("\r\n")
    assert len(rows) == len(texts) + 2
    for (cell,) in (row or [""] for row in cells(content)):
        assert not cell.lstrip(' "`\xa0').startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
        assert cell.isprintable()


def test_half_of_a_pair_is_written_as_something_else() -> None:
    (row,) = json.loads(json_bytes(sheet(("a\ud800b",)), CAPTION))["rows"]
    assert row == {"name": "a?b"}
    assert cells(csv_bytes(sheet(("a\ud800b",))))[1] == ["a?b"]
    assert svg_bytes("<svg>\ud800</svg>") == b"<svg>?</svg>"


@given(st.text(max_size=40))
def test_json_gives_any_text_back(text: str) -> None:
    (row,) = json.loads(json_bytes(sheet((text,)), CAPTION))["rows"]
    assert row == {"name": text}


def test_a_drawing_keeps_no_font_from_elsewhere() -> None:
    drawing = """<svg xmlns="http://www.w3.org/2000/svg"><style>
    @font-face { font-family: "X"; src: local("X"), url("https://cdn.example/x.woff2"); }
    @font-face { font-family: "X"; src: url("https://cdn.example/y.woff2"); }
    .m { font-family: X, monospace; }
    </style><text>@font-face</text></svg>"""
    drawn = svg_bytes(drawing).decode()
    assert "cdn.example" not in drawn
    assert ".m { font-family: X, monospace; }" in drawn
    assert ET.fromstring(drawn).findtext("{http://www.w3.org/2000/svg}text") == "@font-face"


@pytest.mark.parametrize(
    ("names", "stem"),
    [
        (["services"], "services-2026-08-19T14-03-27Z"),
        (["progress", "fields"], "progress-fields-2026-08-19T14-03-27Z"),
        (["../../etc/passwd", "x"], "etc-passwd-x-2026-08-19T14-03-27Z"),
        (["User.lastSeen", ""], "user-lastseen-2026-08-19T14-03-27Z"),
        (["\x00", "…"], "export-2026-08-19T14-03-27Z"),
        (["a" * 5000], f"{'a' * 80}-2026-08-19T14-03-27Z"),
    ],
)
def test_names_of_files(names: list[str], stem: str) -> None:
    assert file_stem(names, AT) == stem


def test_a_file_is_the_users_alone_and_so_is_its_folder(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = save(tmp_path / "a" / "exports", "x", "csv", b"1")
    finally:
        os.umask(before)
    assert path == tmp_path / "a" / "exports" / "x.csv"
    assert path.read_bytes() == b"1"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_nothing_that_has_the_name_is_written_over(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    (tmp_path / "x.csv").symlink_to(target)
    (tmp_path / "x-2.csv").write_text("mine")
    (tmp_path / "x-3.csv").mkdir()
    assert save(tmp_path, "x", "csv", b"1").name == "x-4.csv"
    assert not target.exists()
    assert (tmp_path / "x-2.csv").read_text() == "mine"


def test_many_at_once_each_get_a_name(tmp_path: Path) -> None:
    paths: list[Path] = []
    threads = [
        threading.Thread(target=lambda n=n: paths.append(save(tmp_path, "x", "csv", b"%d" % n)))
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(path.read_bytes()) for path in paths) == list(range(12))
    assert len(list(tmp_path.iterdir())) == 12


def test_a_link_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "exports").symlink_to(tmp_path / "other")
    with pytest.raises(ExportError, match="is a link"):
        save(tmp_path / "exports", "x", "csv", b"1")
    assert not list((tmp_path / "other").iterdir())


def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ExportError, match=r"x\.csv: cannot be written: No space left on device"):
        save(tmp_path, "x", "csv", b"1")
    assert not list(tmp_path.iterdir())
