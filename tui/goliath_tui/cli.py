"""The commands. Nothing heavy is imported at module scope: `--help` and the first paint stay quick.

Exit codes: 0 fine, 1 fault, 2 wrong usage, 3 a condition that was asked for does not hold,
4 unknown or stale, 5 a source refuses the credentials, 6 the config is wrong. Results go to
stdout, everything else to stderr.
"""

import gc
import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from goliath_tui import __version__

if TYPE_CHECKING:
    from goliath_tui.config import Config

FAULT, USAGE, BAD_CONFIG = 1, 2, 6
_LONGEST_LINE = 2000
#: Clocks of two machines may differ by so much before a moment counts as still to come.
_SOON_MS = 60_000
_PUBLIC = (
    "whoever reaches this machine over the network sees all that the wall shows, as it is sent: "
    "no login, no encryption (TLS)"
)
_NEEDS_WEB = (
    "serve needs the extra `web`, which is not installed: in a checkout, pip install '.[web]'; "
    "elsewhere, pip install textual-serve"
)


def _name_config(context: click.Context, _parameter: click.Parameter, named: Path | None) -> None:
    if named is not None:
        context.obj = named


#: Of every command that takes a config, before its name and behind it, where the nearer one counts.
_config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    callback=_name_config,
    expose_value=False,
    help="The config to use, and to trust. Default: ./config.yaml, else the one in your "
    "config directory, else the rehearsal.",
)

#: When a rehearsal began, for the processes that we start: they belong to its week, not to theirs.
_began_option = click.option("--began", type=int, metavar="MS", hidden=True)


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@_config_option
@click.version_option(__version__, prog_name="goliath-tui")
@click.pass_context
def main(context: click.Context) -> None:
    """Mission control for a backend migration in flight.

    Without a command: the live overview. Exit codes: 0 fine, 1 fault, 2 wrong usage, 3 condition
    not met, 4 unknown or stale, 5 credentials refused, 6 config wrong.
    """
    sys.path[:] = _without_working_directory(sys.path)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows no dash gets a question mark, not a traceback.
        sys.stdout.reconfigure(errors="replace")
    if context.invoked_subcommand is None:
        _mission_control(context.obj)


def _mission_control(
    config_path: Path | None,
    *,
    on_wall: bool = False,
    viewer: bool = False,
    began: int | None = None,
) -> NoReturn:
    # A viewer draws into a pipe of the server's.
    if not viewer:
        _needs_a_terminal()
    # All that is made up to the first frame stays: the sweeper begins with that.
    gc.disable()
    from goliath_tui.start import load_config, mission_control

    with _faults():
        app = mission_control(load_config(config_path, began), on_wall=on_wall, viewer=viewer)
    app.run()
    sys.exit(app.return_code or 0)


def _needs_a_terminal() -> None:
    # Keys are read from stdin, and what is drawn goes to stderr.
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        _stop("mission control needs a terminal; `goliath-tui status` works without one", USAGE)
    if (encoding := sys.stderr.encoding.lower()) not in {"utf-8", "utf8"}:
        _stop(
            f"mission control is drawn in UTF-8, but the locale here says {encoding}: "
            "export LC_ALL=C.UTF-8 and start again",
            USAGE,
        )


@main.command()
@_config_option
@click.option("--viewer", is_flag=True, hidden=True)
@_began_option
@click.pass_obj
def wall(config_path: Path | None, viewer: bool, began: int | None) -> None:
    """The wall display: big figures, pages that turn by themselves, no hands needed."""
    _mission_control(config_path, on_wall=True, viewer=viewer, began=began)


@main.command()
@_config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object; unknown is null.")
@click.option("--at", "at_text", metavar="TIME", help="As it stood then, such as 2026-03-01T12:00.")
@click.pass_obj
def status(config_path: Path | None, as_json: bool, at_text: str | None) -> None:
    """Print the summary from the cache, asking nobody. Exit code 4: unknown or stale."""
    import msgspec

    from goliath_tui.clock import now_ms
    from goliath_tui.start import measures_expected, open_store
    from goliath_tui.status import exit_code, status_object, status_text
    from goliath_tui.travel import parse_moment

    with _faults():
        config = _load(config_path)
        try:
            at = parse_moment(at_text, config.time_zone) if at_text is not None else None
            if at is not None and at > now_ms() + _SOON_MS:
                raise ValueError("that moment is still to come: nothing is known of it")
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--at") from None
        with closing(open_store(config)) as store:
            snapshot = store.snapshot(at)
            latest = snapshot if at is None else store.snapshot()
    if as_json:
        _tell(msgspec.json.format(msgspec.json.encode(status_object(snapshot)), indent=2))
    else:
        _tell(status_text(snapshot, config.time_zone))
    sys.exit(exit_code(snapshot, measures_expected(config), latest))


@main.command()
@_config_option
@click.option("--strict", is_flag=True, help="Unknown settings are errors.")
@click.pass_obj
def check(config_path: Path | None, strict: bool) -> None:
    """Validate the config, ask every source once, say what was found and what polling will cost."""
    from goliath_tui.check import check_sources, doubts
    from goliath_tui.clean import clean_text
    from goliath_tui.start import cache_file, load_config

    with _faults():
        config = load_config(config_path)
        found = f"config: {config.path or 'built in'}, cache: {cache_file(config)}"
        _tell(clean_text(found, _LONGEST_LINE))
        complaints = doubts(config)
        _warn(complaints, "error" if strict else "warning")
        if strict and complaints:
            sys.exit(BAD_CONFIG)
        sys.exit(check_sources(config, say=_tell, complain=lambda line: click.echo(line, err=True)))


@main.command()
@_config_option
@click.option("--child", is_flag=True, hidden=True)
@_began_option
@click.pass_obj
def poll(config_path: Path | None, child: bool, began: int | None) -> None:
    """Poll the sources into the cache until interrupted; screens on the same cache only read."""
    from goliath_tui.poll_process import run

    with _faults():
        # A screen shows the warnings itself.
        sys.exit(run(_load(config_path, warn=not child, began=began), child=child))


@main.command()
@_config_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free."
)
@click.option("--public", is_flag=True, help="Let others in, without login or encryption.")
@click.pass_obj
def serve(config_path: Path | None, host: str, port: int, public: bool) -> None:
    """Show the wall in a browser, read-only; needs the extra `web`."""
    from goliath_tui.web.gate import AddressError, OutsideError, gate, listening_sockets, url

    try:
        from goliath_tui.serve import House
        from goliath_tui.serve import serve as serve_on
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"aiohttp", "textual_serve"}:
            raise
        _stop(_NEEDS_WEB, USAGE)
    import asyncio

    from goliath_tui.start import poll_command, viewer_command

    with _faults():
        config = _load(config_path)
        try:
            sockets = listening_sockets(host, port, public=public)
        except AddressError as error:
            _stop(str(error), USAGE if isinstance(error, OutsideError) else FAULT)
        address = url(host, sockets[0].getsockname()[1], public=public)
        if public:
            _warn([_PUBLIC], "warning")
        asyncio.run(
            serve_on(
                House(gate(host, public=public), viewer_command(config)),
                sockets,
                poll_command(config),
                _say,
                f"the wall is at {address}; ctrl-c ends it",
            )
        )


@main.command()
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same history.")
@click.option("--scenario", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--child", is_flag=True, hidden=True)
@_began_option
def rehearse(seed: int, scenario: Path | None, child: bool, began: int | None) -> None:
    """Serve the rehearsal alone; print its two addresses and a config that uses them."""
    from goliath_tui.rehearsal.server import ScenarioError, serve

    try:
        serve(scenario, seed, child=child, began=began)
    except ScenarioError as error:
        _stop(str(error), BAD_CONFIG)


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for a shell, to be evaluated by it."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - the three shells of the choice are click's own
    _tell(kind(main, {}, "goliath-tui", "_GOLIATH_TUI_COMPLETE").source())


@contextmanager
def _faults() -> Iterator[None]:
    """What a user can mend becomes a clear line and an exit code instead of a traceback."""
    try:
        yield
    except Exception as error:
        from goliath_tui.config import ConfigError
        from goliath_tui.store.errors import CacheError

        if isinstance(error, ConfigError):
            _stop(str(error), BAD_CONFIG)
        if isinstance(error, CacheError):
            _stop(str(error), FAULT)
        raise


def _load(path: Path | None, *, warn: bool = True, began: int | None = None) -> "Config":
    """The config, after saying what in it is not understood. Raises ConfigError."""
    from goliath_tui.start import load_config

    config = load_config(path, began)
    if warn:
        _warn(config.warnings, "warning")
    return config


def _tell(result: str | bytes) -> None:
    try:
        click.echo(result)
    except BrokenPipeError:
        # Whoever read it has enough.
        raise
    except OSError as error:
        # What is left of it is written once more at the end, and must not fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _stop(f"the result cannot be written: {error.strerror or error}", FAULT)


def _say(line: str) -> None:
    from goliath_tui.clean import clean_text

    click.echo(f"goliath-tui: {clean_text(line, _LONGEST_LINE)}", err=True)


def _warn(complaints: Sequence[str], word: str) -> None:
    for complaint in complaints:
        click.echo(f"goliath-tui: {word}: {complaint}", err=True)


def _stop(message: str, code: int) -> NoReturn:
    # A path in it may be what somebody else's config says.
    for line in message.splitlines():
        _say(line)
    sys.exit(code)


def _without_working_directory(entries: Sequence[str]) -> list[str]:
    """The import path without the working directory, whoever put it there.

    An empty entry in PYTHONPATH is enough. Where this program itself lies stays.
    """
    home = Path(__file__).resolve().parents[1]
    try:
        here = Path.cwd()
    except FileNotFoundError:
        return [entry for entry in entries if entry]
    return [
        entry
        for entry in entries
        if entry and (Path(entry).resolve() != here or Path(entry).resolve() == home)
    ]
