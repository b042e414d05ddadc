"""The front door, commands of archivists: remove, backup, restore, migrate, events."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsarchive.cli.failures import Exit
from newsarchive.cli.front import Json, front_of
from newsarchive.terminal import console, counting, inert, put, put_json, row, say, table, when

if TYPE_CHECKING:
    from archive import Archive, Known, Removal

PANEL = "Custody"
SHOWN_MAX = 20  # ids named one by one


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(remove)
    app.command(rich_help_panel=PANEL)(backup)
    app.command(rich_help_panel=PANEL)(restore)
    app.command(rich_help_panel=PANEL)(migrate)
    app.command(rich_help_panel=PANEL)(events)


def remove(
    ctx: typer.Context,
    article: Annotated[str, typer.Argument(help="An id, the first 6 signs of one, or an address.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the tombstone and told in the change feed.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> int:
    """Take an article down: erase its text and captures for good; a tombstone with the reason stays."""
    if not reason.strip():
        raise typer.BadParameter("--reason is empty: say why, whoever reads the feed must know")
    with front_of(ctx).archive(existing=True) as archive:
        known = archive.known(article)
        if not yes and known.status != "removed" and not _agreed(archive, known):
            say("nothing was removed")
            return Exit.FAILED
        removal = archive.remove(known.id, reason=reason.strip())
    put_json(removal) if json else _tell(removal)
    return Exit.ALARMS if removal.waiting or removal.in_use else Exit.DONE


def _agreed(archive: Archive, known: Known) -> bool:
    item = known.article
    count = len(archive.revisions(known.id))
    if sys.stderr.isatty():
        say(f"{known.id}  {inert(item.title or '(no title)')}\n{inert(item.url)}\n{count} revisions and their captures")
    return _sure("erase them for good?", "erasing cannot be undone")


def _sure(question: str, why: str) -> bool:
    """A person's word; a program must have said --yes."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise typer.BadParameter(f"{why}: add --yes where no person can be asked")
    return typer.confirm(question, default=False, err=True)


def _tell(removal: Removal) -> None:
    known = removal.known
    if removal.change is None:
        put(f"{known.id} was removed before: {inert(known.reason or '')}; {removal.captures} captures erased now")
    else:
        put(f"{known.id} is removed: text erased, {removal.captures} captures erased, change {removal.change.seq}")
    if removal.waiting:
        say(
            f"{removal.waiting} captures wait: a running crawl still writes their file, or it cannot be written now; "
            "they are erased when the archive is next opened, or by the same command again"
        )
    if removal.in_use:
        say(
            "another program reads the database: what its log still holds of the text is erased when the archive is next "
            "opened, or by the same command again"
        )
    if removal.left:
        ids = ", ".join(removal.left[:SHOWN_MAX])
        say(f"the same or nearly the same text stays in {len(removal.left)} other articles: {ids}")


def backup(
    ctx: typer.Context,
    dest: Annotated[Path, typer.Argument(help="A folder that is empty or not there yet.", metavar="DEST")],
    json: Json = False,
) -> int:
    """Copy database and captures into a folder, as they are at one moment, while crawls go on."""
    with front_of(ctx).archive(existing=True) as archive, counting("copying captures") as progress:
        report = archive.backup(dest, progress=progress)
    if json:
        put_json(report)
    else:
        put(f"{report.place}: {report.files} files, {report.bytes / 1e6:.1f} MB, change feed up to {report.feed}")
    for name in report.missing:
        say(f"newsarchive: {name} is named by the database and missing from the captures: run `newsarchive verify`")
    return Exit.ALARMS if report.missing else Exit.DONE


def restore(
    ctx: typer.Context,
    src: Annotated[Path, typer.Argument(help="The folder of a backup.", metavar="SRC")],
    captures: Annotated[
        str | None, typer.Option(help="Where the WARC files go, above the settings.", metavar="FOLDER")
    ] = None,
    json: Json = False,
) -> int:
    """Put a backup into the empty place that the settings or --archive name, and prove it with verify."""
    from archive import restore as put_back

    settings = front_of(ctx).settings
    with counting("restoring") as progress:
        told = put_back(src, settings.archive, captures=captures or settings.captures, progress=progress)
    if json:
        put_json(told)
    else:
        put(
            f"{told.articles} articles, {told.files} files, change feed up to {told.feed}; the backup is of {told.made_at}"
        )
        for finding in told.findings:
            say(f"newsarchive: {finding.what} {finding.where}: {finding.problem}; {finding.mend}")
        say(f"{len(told.findings)} problems found" if told.findings else "verified: all of it is as it was written")
    return Exit.FAILED if told.findings else Exit.DONE


def migrate(
    ctx: typer.Context,
    to: Annotated[
        str | None, typer.Option(help="An older schema, for an older program; default: today's.", metavar="SCHEMA")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> int:
    """Change the archive's schema by hand, when nobody uses it. Opening an archive does what is safe by itself."""
    from archive import migrate_schema, migration_steps, schema_of

    front = front_of(ctx)
    front.refuse_without_archive()
    url = front.settings.archive
    before = schema_of(url)
    steps = migration_steps(before, to)
    back = bool(to and before and to < before)
    if not json:
        for step in steps:
            say(("goes back " if back else "goes on ") + step)
    if (
        back
        and not yes
        and not _sure("what only these keep is lost; go back?", "going back loses what only newer schemas keep")
    ):
        say("nothing was changed")
        return Exit.FAILED
    migrate_schema(url, to)
    after = schema_of(url)
    if json:
        put_json({"before": before, "after": after, "steps": steps})
    else:
        put(f"schema {before} -> {after}" if steps else f"schema {after}: there is nothing to do")
    return Exit.DONE


def events(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(help="Most events.", min=1, max=10_000)] = 50,
    json: Json = False,
) -> int:
    """What was done to the archive itself, newest first: migrations, imports, replays, removals, backups."""
    with front_of(ctx).archive(read_only=True) as archive:
        listed = archive.events(limit=limit)
    if json:
        for event in listed:
            put_json(event)
        return Exit.DONE
    shown = table("when", "what", "to what", "outcome", "by", "more")
    for event in listed:
        more = json_module.dumps(event.detail, ensure_ascii=False) if event.detail else ""
        row(shown, when(event.at), event.what, event.object, event.outcome, event.agent, more)
    console().print(shown)
    return Exit.DONE
