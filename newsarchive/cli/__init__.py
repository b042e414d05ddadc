"""The front door, the command `newsarchive`: parses, calls one thing in a room, prints; it decides nothing.

Data on stdout, words on stderr; exit codes 0 done, 1 failed, 2 wrong usage, 3 done with alarms. The rooms are loaded
inside the commands: `newsarchive --help` must answer at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from newsarchive import __version__
from newsarchive.cli import (
    alarms,
    crawling,
    custody,
    exporting,
    feed,
    fixity,
    reading,
    replaying,
    running,
    schedule,
    searching,
    setup,
    sources,
    webhooks,
    working,
)
from newsarchive.cli.failures import guarded
from newsarchive.cli.front import Front
from newsarchive.terminal import prepare, put

app = typer.Typer(
    name="newsarchive",
    help="Watches the news pages of institutes and public bodies, and keeps every article for good.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,  # errors are words here, see failures
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        put(f"newsarchive {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(help="Settings file; else NEWSARCHIVE_CONFIG, else newsarchive.toml here.", metavar="FILE"),
    ] = None,
    archive: Annotated[
        str | None, typer.Option(help="The archive: sqlite:///file.db or postgresql://...", metavar="URL")
    ] = None,
    sources_: Annotated[
        list[Path] | None, typer.Option("--sources", help="One more folder of source files.", metavar="DIR")
    ] = None,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    ctx.obj = Front(config=config, archive_url=archive, source_folders=tuple(sources_ or ()))


for part in (
    setup,
    sources,
    crawling,
    searching,
    reading,
    exporting,
    running,
    working,
    schedule,
    alarms,
    webhooks,
    custody,
    fixity,
    replaying,
    feed,
):
    part.register(app)


# Options that stand before the command by rule, and that people write after it all the same.
_SHARED = ("--config", "--archive", "--sources")


def _shared_first(arguments: Sequence[str]) -> list[str]:
    """The shared options moved before the command; what follows `--` stays where it is."""
    first: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for item in waiting:
        if item == "--":
            rest += [item, *waiting]
        elif item in _SHARED:
            first += [item, *[value for value in [next(waiting, None)] if value is not None]]
        elif item.startswith(tuple(f"{name}=" for name in _SHARED)):
            first.append(item)
        else:
            rest.append(item)
    return first + rest


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. What `newsarchive` on the command line calls."""
    prepare()
    given = _shared_first(sys.argv[1:] if arguments is None else arguments)

    def run() -> int:
        code = app(args=given, prog_name="newsarchive", standalone_mode=False)
        return code if isinstance(code, int) else 0

    return guarded(run)
