"""The front door, commands that hold the archive against what was written: verify, reindex."""

from __future__ import annotations

from typing import Annotated

import typer

from newsarchive.cli.failures import Exit
from newsarchive.cli.front import Json, front_of
from newsarchive.terminal import console, counting, put, put_json, row, say, table

PANEL = "Custody"


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(verify)
    app.command(rich_help_panel=PANEL)(reindex)


def verify(
    ctx: typer.Context,
    new: Annotated[
        bool, typer.Option("--new", help="Only what came since the last one that found nothing wrong.")
    ] = False,
    json: Json = False,
) -> int:
    """Check every capture, revision and row, the change feed and the search index against what was written."""
    wrong = harmless = 0
    shown = table("what", "where", "problem", "to do")
    with front_of(ctx).archive_to_check() as archive, counting("verifying") as progress:
        for finding in archive.verify(new=new, orphans=not new, progress=progress):
            wrong += not finding.harmless
            harmless += finding.harmless
            if json:
                put_json(finding)
            else:
                row(shown, finding.what, finding.where, finding.problem, finding.mend)
    if (wrong or harmless) and not json:
        console().print(shown)
    if harmless:
        say(f"{harmless} harmless: worth knowing, and nothing to mend")
    whole = "what came since is" if new else "all captures, revisions and rows, the feed and the index are"
    say(
        f"{wrong} problems found" if wrong else f"{whole} as it was written" if new else f"{whole} as they were written"
    )
    return Exit.FAILED if wrong else Exit.DONE


def reindex(ctx: typer.Context, json: Json = False) -> int:
    """Build the search index anew from the texts, when `verify` says so. Writers wait meanwhile."""
    with front_of(ctx).archive(existing=True) as archive:
        count = archive.rebuild_search()
    if json:
        put_json({"articles": count})
    else:
        put(f"{count} articles are in the new index")
    return Exit.DONE
