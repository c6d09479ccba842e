"""config.yaml → Config: what is read, what is refused, and how well the refusal explains itself."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.config import Config, ConfigError, RehearsalConfig, load
from goliath_tui.domain.wall import PAGES, WallSettings
from goliath_tui.secrets import Secret
from goliath_tui.sources import KINDS
from goliath_tui.start import link_hosts
from goliath_tui.yaml_lines import YamlError, parse

NATIVE = ("goliath-gateway", "goliath-tracker")
REPOSITORY = Path(__file__).parents[1]


def read(folder: Path, text: str, *, trusted: bool = True) -> Config:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, kinds=KINDS, trusted=trusted, cache_dir=folder / "data")


def problems(folder: Path, text: str, *, trusted: bool = True) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text, trusted=trusted)
    return [line.removeprefix(str(folder) + os.sep) for line in caught.value.problems]


GATEWAY = """\
migration: Moving house
sources:
  gateway:
    kind: goliath-gateway
    url: https://gateway.example/api/
    every: 2.5s
    token: {env: GOLIATH_TOKEN}
"""


def test_a_source_is_read_with_its_units(tmp_path: Path) -> None:
    config = read(tmp_path, GATEWAY)
    (source,) = config.sources
    assert config.migration == "Moving house"
    assert source.url == "https://gateway.example/api"
    assert source.every_ms == 2500
    assert source.token == Secret(env="GOLIATH_TOKEN")
    assert source.spec(KINDS[source.kind]).every_ms == 2500
    assert config.cache_dir == tmp_path / "data"
    assert not config.warnings


@pytest.mark.parametrize("cache", ["taken", "taken/below"])
def test_a_cache_in_the_place_of_a_file_is_refused_with_its_line(
    tmp_path: Path, cache: str
) -> None:
    (tmp_path / "taken").touch()
    (problem,) = problems(tmp_path, f"{GATEWAY}cache: {cache}\n")
    assert problem.startswith("config.yaml:8: cache: expected a folder, but ")
    assert problem.endswith(f"{tmp_path / 'taken'} is a file")


def test_the_config_at_the_top_is_a_working_example() -> None:
    config = load(
        REPOSITORY / "config.yaml", kinds=KINDS, trusted=False, cache_dir=REPOSITORY / "data"
    )
    assert config.rehearsal == RehearsalConfig(seed=1)
    assert not config.warnings


def test_the_commented_sources_of_the_example_work_once_uncommented(tmp_path: Path) -> None:
    lines = (REPOSITORY / "config.yaml").read_text(encoding="utf-8").splitlines()
    begin = lines.index("# sources:")
    end = lines.index("", begin)
    config = read(tmp_path, "\n".join(line.removeprefix("# ") for line in lines[begin:end]))
    assert [source.kind for source in config.sources] == list(NATIVE)
    assert not config.warnings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("migration: [1]\nrehearsal: {}\n", "config.yaml:1: migration: expected text, not a list"),
        (
            "\nrehearsal: {seed: x}\n",
            "config.yaml:2: rehearsal.seed: expected a whole number, not text",
        ),
        ("a: 1\na: 2\n", "config.yaml:2: a stands here twice"),
        ("a: !!python/object:os.system x\n", "config.yaml:1: tags (!…) are not"),
        ("a: !x y\n", "config.yaml:1: tags (!…) are not read"),
        ("a: [\n", "config.yaml:2: "),
        ("sources:\n\tg:\n\t\tkind: x\n", "config.yaml:2: is indented with a tab"),
        ("sources:\n  g:\n\tkind: x\n", "config.yaml:3: is indented with a tab"),
        ("a: 1\n---\na: 2\n", "config.yaml:2: a second document begins here"),
        ("a: &a {b: 1}\nc:\n  <<: *a\n", "config.yaml:3: << is not read: write the settings out"),
        ("a: &a\n  b: *a\n", "is nested more than 32 deep"),
        ("a: &a [*a]\n", "is nested more than 32 deep"),
        ("sources: {g: {url: http://x}}", "sources.g: `kind:` is missing"),
        (
            GATEWAY.replace("https://gateway.example/api/", "5"),
            "expected text, not a whole number: put it in quotes",
        ),
        (f"#{'x' * 4_000_000}\nrehearsal: {{}}\n", "config.yaml:1: is larger than 4 MB"),
        ("migration: X\nsorces: {}\n", "config.yaml:2: sorces: unknown setting, ignored; did you"),
        ("{}", "config.yaml:1: expected `sources:` with at least one entry"),
        ("- a\n", "config.yaml:1: expected `name: value` lines"),
        ("sources: {g: {kind: goliath-gatway, url: 'http://x'}}", "did you mean goliath-gateway?"),
        ("sources: {g: {kind: goliath-gateway}}", "sources.g: expected `url:`"),
        ("sources: {'a b': {}}", "sources.a b: a source's name has letters"),
        (GATEWAY.replace("2.5s", "10"), "config.yaml:6: sources.gateway.every: expected a dur"),
        (GATEWAY.replace("2.5s", "9" * 400 + "s"), "expected a duration from 1s to 7d"),
        ("rehearsal: {}\ncache: ~nobody-at-all/x\n", "there is no such user"),
        (GATEWAY.replace("2.5s", "1ms"), "expected a duration from 1s to 7d"),
        (GATEWAY.replace("https://", "ftp://"), "config.yaml:5: sources.gateway.url: expected an"),
        (GATEWAY.replace("gateway.example", "gate way"), "config.yaml:5: sources.gateway.url: exp"),
        (GATEWAY.replace("https://", "http://"), "a token is sent over https only"),
        (GATEWAY.replace("https://", "https://u:p@"), "credentials do not belong in the address"),
        (GATEWAY.replace("{env: GOLIATH_TOKEN}", "{env: A, file: b}"), "expected {env: NAME}"),
        (GATEWAY.replace("{env: GOLIATH_TOKEN}", "{command: []}"), "expected {env: NAME}"),
        (GATEWAY + "rehearsal: {}\n", "the rehearsal brings its own sources"),
        ("rehearsal: {}\ntime_zone: Mars/Olympus\n", "config.yaml:2: time_zone: unknown time zone"),
        ("rehearsal: {scenario: nowhere.yaml}\n", "rehearsal.scenario: there is no file"),
        ("rehearsal: {}\nwall: [four]\n", "config.yaml:2: wall: expected `name: value` lines"),
        (
            "rehearsal: {}\nwall:\n  pages: [four, trafic]\n",
            "config.yaml:3: wall.pages: there is no page trafic; known are four, traffic, services",
        ),
        ("rehearsal: {}\nwall: {pages: [sprit]}\n", "did you mean sprint?"),
        ("rehearsal: {}\nwall: {pages: []}\n", "wall.pages: expected at least one of four, "),
        ("rehearsal: {}\nwall: {pages: four}\n", "wall.pages: expected a list, not text"),
        (
            "rehearsal: {}\nwall:\n  pages: [four]\n  seconds: 1\n",
            "config.yaml:4: wall.seconds: expected seconds from 5 to 3600",
        ),
        (
            "rehearsal: {}\nwall: {seconds: 20s}\n",
            "wall.seconds: expected a whole number, not text",
        ),
    ],
)
def test_an_error_says_file_line_place_and_what_to_do(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert any(expected in line for line in problems(tmp_path, text)), problems(tmp_path, text)


def test_the_wall_turns_what_the_config_names_in_its_order(tmp_path: Path) -> None:
    text = "rehearsal: {}\nwall: {pages: [sprint, four], seconds: 45}\n"
    assert read(tmp_path, text).wall == WallSettings(pages=("sprint", "four"), seconds=45)
    assert read(tmp_path, "rehearsal: {}\nwall: {seconds: 9}\n").wall == WallSettings(PAGES, 9)
    assert read(tmp_path, "rehearsal: {}\n").wall == WallSettings()
    (warning,) = read(tmp_path, "rehearsal: {}\nwall: {second: 9}\n").warnings
    assert "wall.second: unknown setting, ignored; did you mean seconds?" in warning


def test_the_commented_wall_of_the_example_is_the_default(tmp_path: Path) -> None:
    lines = (REPOSITORY / "config.yaml").read_text(encoding="utf-8").splitlines()
    begin = lines.index("# wall:")
    commented = [line.removeprefix("# ") for line in lines[begin : begin + 3]]
    config = read(tmp_path, "\n".join(["rehearsal: {}", *commented]))
    assert config.wall == WallSettings()
    assert not config.warnings


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    sources = "{g: {kind: x, url: y}, h: {kind: goliath-gateway, url: y}}"
    text = f"window: soon\ntime_zone: Mars\nsources: {sources}\n"
    assert len(problems(tmp_path, text)) == 4


def test_an_unknown_setting_warns_with_the_nearest_known_name(tmp_path: Path) -> None:
    config = read(tmp_path, "rehearsal: {sed: 3}\ntime_zon: UTC\n")
    assert [warning.removeprefix(str(tmp_path) + os.sep) for warning in config.warnings] == [
        "config.yaml:2: time_zon: unknown setting, ignored; did you mean time_zone?",
        "config.yaml:1: rehearsal.sed: unknown setting, ignored; did you mean seed?",
    ]


def test_a_token_written_into_the_config_is_refused_and_not_repeated(tmp_path: Path) -> None:
    text = GATEWAY.replace("{env: GOLIATH_TOKEN}", "hunter2-hunter2")
    (line,) = problems(tmp_path, text)
    assert "never written into the config" in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    "token", ["{command: [touch, evil]}", "{file: /etc/passwd}", "{env: GOLIATH_GATEWAY_TOKEN}"]
)
def test_a_config_that_was_only_found_may_not_reach_for_secrets(tmp_path: Path, token: str) -> None:
    text = GATEWAY.replace("{env: GOLIATH_TOKEN}", token)
    (line,) = problems(tmp_path, text, trusted=False)
    assert "--config config.yaml" in line
    assert read(tmp_path, text).sources[0].token is not None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("sources: {g: {kind: jsonl, path: %s}}", "sources.g.path"),
        ("sources: {g: {kind: metrics, preset: envoy, url: https://x, ca_file: %s}}", "ca_file"),
        ("rehearsal: {scenario: %s}", "rehearsal.scenario"),
    ],
)
def test_a_config_that_was_only_found_reads_files_below_it(
    tmp_path: Path, text: str, place: str
) -> None:
    folder = tmp_path / "clone"
    folder.mkdir()
    for file in (tmp_path / "file", folder / "file"):
        file.touch()
    (line,) = problems(folder, text % "../file", trusted=False)
    assert place in line
    assert "reads files below it: start with --config config.yaml" in line
    assert read(folder, text % "../file")
    assert read(folder, text % "file", trusted=False)


@pytest.mark.parametrize("cache", ["/tmp", "../elsewhere", "'~'"])
def test_a_config_that_was_only_found_keeps_its_cache_below_it(tmp_path: Path, cache: str) -> None:
    text = f"rehearsal: {{}}\ncache: {cache}\n"
    (line,) = problems(tmp_path, text, trusted=False)
    assert "keeps its cache below it" in line
    assert read(tmp_path, text).cache_dir


def test_a_config_that_was_only_found_keeps_its_cache_below_it_also_through_links(
    tmp_path: Path,
) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    (here / "data").symlink_to(elsewhere)
    path = here / "config.yaml"
    path.write_text("rehearsal: {}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="keeps its cache below it"):
        load(path, kinds={}, trusted=False, cache_dir=here / "data")
    assert load(path, kinds={}, trusted=True, cache_dir=here / "data").cache_dir


def test_control_characters_in_a_config_do_not_reach_the_terminal(tmp_path: Path) -> None:
    config = read(tmp_path, 'migration: "a\\eb"\nrehearsal: {}\n"\\e[2J": 1\n')
    assert "\x1b" not in config.migration
    assert all("\x1b" not in warning for warning in config.warnings)


def test_a_document_that_grows_by_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(YamlError, match="values"):
        parse("\n".join(lines))


def test_a_document_that_is_nested_without_end_is_refused() -> None:
    with pytest.raises(YamlError):
        parse("[" * 100_000 + "]" * 100_000)


@given(st.text())
def test_any_text_is_a_document_or_a_yaml_error(text: str) -> None:
    try:
        line = parse(text).line(())
    except YamlError as error:
        line = error.line
    assert line >= 1


def test_hosts_for_the_browser_are_read_and_are_nothing_but_hosts(tmp_path: Path) -> None:
    config = read(tmp_path, f"{GATEWAY}links: {{hosts: [Issues.Example, 10.0.0.7, '::1']}}\n")
    assert config.link_hosts == {"issues.example", "10.0.0.7", "::1"}
    assert link_hosts(config) == {"gateway.example", "issues.example", "10.0.0.7", "::1"}
    for wrong in ("https://issues.example", "issues.example/x", "a b", "user@issues.example", ""):
        (problem,) = problems(tmp_path, f"{GATEWAY}links: {{hosts: ['{wrong}']}}\n")
        assert problem == (
            "config.yaml:8: links.hosts: expected names of hosts, such as [tracker.example]"
        )


def test_a_found_config_sends_the_browser_to_its_sources_alone(tmp_path: Path) -> None:
    plain = GATEWAY.replace("    token: {env: GOLIATH_TOKEN}\n", "")
    assert link_hosts(read(tmp_path, plain, trusted=False)) == {"gateway.example"}
    (problem,) = problems(tmp_path, f"{plain}links: {{hosts: [evil.example]}}\n", trusted=False)
    assert "links.hosts: a config that was only found in the working directory may send" in problem


PARTS_CASES = [
    ("traffic: {kind: goliath-gateway, url: https://a}", {"traffic"}),
    ("fields: {kind: goliath-gateway, url: https://a}", {"fields"}),
    ("other: {kind: goliath-gateway, url: https://a}", {"traffic", "fields", "mismatches"}),
    ("a: {kind: goliath-gateway, url: https://a, gives: [traffic, fields]}", {"traffic", "fields"}),
    ("traffic: {kind: goliath-gateway, url: https://a, gives: [fields]}", {"fields"}),
]


@pytest.mark.parametrize(("source", "parts"), PARTS_CASES)
def test_a_source_gives_what_it_is_told_else_what_its_name_says_else_all(
    tmp_path: Path, source: str, parts: set[str]
) -> None:
    (read_source,) = read(tmp_path, f"sources:\n  {source}\n").sources
    assert read_source.parts == parts


def test_a_part_that_a_kind_does_not_give_is_refused(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, "sources:\n  tracker: {kind: goliath-gateway, url: https://a}\n")
    assert line == (
        "config.yaml:2: sources.tracker: goliath-gateway does not give tracker: "
        "it gives fields, mismatches, traffic"
    )
    text = "sources:\n  a: {kind: goliath-gateway, url: https://a, gives: []}\n"
    assert "expected some of" in problems(tmp_path, text)[0]


def test_a_server_is_named_by_its_url_and_by_nothing_else(tmp_path: Path) -> None:
    text = "sources:\n  a: {kind: goliath-gateway, path: here}\n"
    assert "asks a server: name it with `url:`" in problems(tmp_path, text)[0]
    text = "sources:\n  a: {kind: goliath-gateway, url: https://a, user: me}\n"
    assert "takes a token alone" in problems(tmp_path, text)[0]


@pytest.mark.parametrize("kind", ["envoy", "traefik", "haproxy", "metrics", "prometheus"])
def test_a_page_behind_a_user_and_a_password_can_be_asked(tmp_path: Path, kind: str) -> None:
    preset = "preset: envoy, " if KINDS[kind].gives == {"traffic"} else ""
    text = f"sources:\n  a: {{kind: {kind}, url: https://a, {preset}user: me, token: {{env: T}}}}\n"
    (source,) = read(tmp_path, text).sources
    assert source.user == "me"
