"""The front door, commands to begin with: init, doctor, demo."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from newsarchive.cli.failures import Exit, Refused
from newsarchive.cli.front import Json, front_of
from newsarchive.config import FILE_NAME, OWN_SOURCES
from newsarchive.terminal import console, put_json, row, say, table

TEMPLATE = """\
# Settings of this newsarchive. Every key is also an environment variable (NEWSARCHIVE_ARCHIVE, NEWSARCHIVE_CONTACT,
# NEWSARCHIVE_LIMITS_DELAY, ...); the command line is above both. Paths are relative to this file.

archive  = "sqlite:///newsarchive.db"   # or postgresql://user@host/name
captures = "captures"                   # folder of the WARC files: every page as it came; or "s3://bucket/prefix"
sources  = ["{sources}"]              # folders of your own source files, besides the built-in ones

# An address or a page of yours. It goes into the User-Agent, so that a webmaster can reach you;
# without it only loopback is crawled.
{contact}

# proxy = "http://proxy.example.org:3128"   # else the variables http_proxy and https_proxy

[limits]
delay   = "2s"     # least time between two requests to one host
crawl   = "20m"    # most time of one crawl
workers = 2        # crawls at a time
memory  = "1GB"    # most memory of one crawl's processes

# [alarms]                 # how you are told that something is wrong; try them with: newsarchive alarms test
# email   = ["ops@example.org"]
# smtp    = "smtp+starttls://user:password@mail.example.org:587"
# webhook = "https://ops.example.org/alarms"
# command = ["/usr/local/bin/page-me"]
# digest  = "08:00"        # every morning: what was crawled and found, and what is wrong

# [attachments]            # of every article, unless its source says otherwise
# fetch     = true         # the files it hands out
# images    = true         # its pictures
# max_bytes = "32MB"       # of one of them
"""


def register(app: typer.Typer) -> None:
    panel = "Begin"
    app.command(rich_help_panel=panel)(init)
    app.command(rich_help_panel=panel)(doctor)
    app.command(rich_help_panel=panel)(demo)


def init(
    ctx: typer.Context,
    contact: Annotated[str | None, typer.Option(help="Your address for the User-Agent.", metavar="ADDRESS")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a settings file that is there.")] = False,
) -> int:
    """Write a commented newsarchive.toml, and a folder for your own sources."""
    file = (front_of(ctx).config or Path(FILE_NAME)).absolute()
    if file.exists() and not force:
        raise Refused(f"{file} is there already; --force writes a new one over it")
    if contact and any(sign in contact for sign in '"\\\r\n'):
        raise Refused(f"--contact {contact!r}: an e-mail address or the URL of a page is needed")
    line = f'contact  = "{contact}"' if contact else '# contact  = "archive@example.org"'
    file.write_text(TEMPLATE.format(contact=line, sources=OWN_SOURCES), encoding="utf-8")
    (file.parent / OWN_SOURCES).mkdir(exist_ok=True)
    say(f"wrote {file} and the folder {OWN_SOURCES}/ for your own sources")
    if not contact:
        say("set `contact` in it, then: newsarchive doctor")
    return Exit.DONE


def doctor(ctx: typer.Context, json: Json = False) -> int:
    """Check this installation, and say what is wrong and how to mend it."""
    from newsarchive.doctor import examine

    checks = examine(lambda: front_of(ctx).settings, datetime.now(UTC))
    if json:
        for check in checks:
            put_json(check)
    else:
        shown = table("", "checked", "found", "to do")
        for check in checks:
            row(shown, check.state, check.name, check.found, check.mend)
        console().print(shown)
    states = {check.state for check in checks}
    return Exit.FAILED if "bad" in states else Exit.DONE


def demo(
    into: Annotated[Path, typer.Option(help="Folder for the demo's archive.", metavar="FOLDER")] = Path("demo"),
) -> int:
    """Crawl bundled replicas of institute sites on loopback, two virtual days, and show what happened."""
    from newsarchive.demo import run_demo

    return run_demo(into, console())
