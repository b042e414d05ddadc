"""The front door, commands on sources: list, show, check, new."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsarchive.cli.failures import Exit
from newsarchive.cli.front import Front, Json, front_of
from newsarchive.terminal import console, on_terminal, plain, put, put_json, row, say, table, when, words

if TYPE_CHECKING:
    from archive import KeptTemplate
    from crawler import Source

group = typer.Typer(help="See, check and add sources.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="sources", rich_help_panel="Sources")


@group.command("list")
def list_(ctx: typer.Context, json: Json = False) -> int:
    """Every source, with what the archive has of it."""
    front = front_of(ctx)
    sources, broken = front.catalog.all()
    counts, crawls = front.standing(source.slug for source in sources)
    shown = table("source", "name", "country", "schedule", "articles", "last crawl", "outcome", right=["articles"])
    for source in sources:
        last = crawls.get(source.slug)
        if json:
            put_json(
                {**_row(source), "articles": counts.get(source.slug, 0), "outcome": last.outcome if last else None}
            )
            continue
        row(
            shown, source.slug, source.name, source.country, source.schedule,
            counts.get(source.slug, 0), when(last.ended if last else None), last.outcome if last else "-",
        )  # fmt: skip
    if not json:
        console().print(shown)
    for problem in broken:
        say(f"newsarchive: {problem}")
    return Exit.FAILED if broken else Exit.DONE


def _row(source: Source) -> dict[str, object]:
    """A source as JSON: the keys of its file, with what they mean when they are left out."""
    told = source.model_dump(mode="json", exclude={"text"})
    return {key: plain(value) for key, value in told.items()}


@group.command()
def show(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(help="A slug, or a source file.", metavar="SLUG")],
    json: Json = False,
) -> int:
    """One source: its file as it stands."""
    found = front_of(ctx).source(source)
    if json:
        put_json(_row(found))
    else:
        say(f"{found.path}")
        put(found.text.rstrip("\n"))
    return Exit.DONE


@group.command()
def check(
    ctx: typer.Context,
    slugs: Annotated[list[str] | None, typer.Argument(help="Slugs or files.", metavar="SLUG...")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Read the files alone; ask no site.")] = False,
    json: Json = False,
) -> int:
    """Try sources without keeping anything: what is found, and each field with its method."""
    front = front_of(ctx)
    chosen, broken = ([front.source(slug) for slug in slugs], []) if slugs else front.catalog.all()
    for problem in broken:
        say(f"newsarchive: {problem}")
    codes = {Exit.FAILED if broken else Exit.DONE}
    for source in chosen:
        if offline:
            _file_is_right(front, source, json=json)
        else:
            codes.add(_try(front, source, json=json))
    return next(code for code in (Exit.FAILED, Exit.ALARMS, Exit.DONE) if code in codes)


def _file_is_right(front: Front, source: Source, *, json: bool) -> None:
    """What can be said without asking the site: the file, and what crawls have learned."""
    from crawler import explain_kept
    from newsarchive.checking import template as shown

    kept = _kept_template(front, source)
    told = explain_kept(kept) if kept is not None else None
    if json:
        put_json({"source": source.slug, "good": True, "template": plain(told)})
        return
    put(f"{source.slug}: the file is right")
    if told is not None:
        for part in shown(told):
            console().print(part)


def _kept_template(front: Front, source: Source) -> KeptTemplate | None:
    with front.archive_if_there() as archive:
        return archive.template(source.slug) if archive is not None else None


def _try(front: Front, source: Source, *, json: bool) -> Exit:
    from crawler import check_source
    from newsarchive.checking import check as shown

    kept = _kept_template(front, source)
    settings = front.settings
    tell = (lambda url: say(f"asking {url}")) if on_terminal() else None
    seen = check_source(
        source, contact=settings.contact, proxy=settings.proxy, delay=settings.limits.delay, kept=kept, on_progress=tell
    )
    if json:
        put_json({**plain(seen), "good": seen.good})
    else:
        console().print(shown(seen))
    if not seen.good:
        return Exit.FAILED
    return Exit.ALARMS if seen.doubts else Exit.DONE


@group.command()
def new(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(help="The institute's site or news page.")],
    name: Annotated[
        str | None, typer.Option(help="The slug, or the institute's name; else what the site calls itself.")
    ] = None,
    allow_private: Annotated[
        list[str] | None, typer.Option("--allow-private", help="A site on an intranet.", metavar="HOST:PORT")
    ] = None,
    into: Annotated[Path | None, typer.Option(help="Folder for the source file.", metavar="FOLDER")] = None,
    json: Json = False,
) -> int:
    """Onboard a site: find its feeds, sitemaps, lists and pagers, write its source file, and try it."""
    from crawler import onboard
    from newsarchive.checking import check as shown

    settings = front_of(ctx).settings
    folder = into or settings.own_sources
    made = onboard(
        url, into=folder, name=name, allow_private=tuple(allow_private or ()), contact=settings.contact,
        proxy=settings.proxy, delay=settings.limits.delay,
        on_progress=(lambda asked: say(f"asking {asked}")) if on_terminal() else None,
    )  # fmt: skip
    seen = made.check
    if json:
        put_json(
            {"path": str(made.path), "source": _row(made.source), "evidence": made.evidence, "doubts": made.doubts,
             "check": {**plain(seen), "good": seen.good}}
        )  # fmt: skip
    else:
        put(str(made.path))
        for line in made.evidence:
            say(f"found: {line}")
        for line in made.doubts:
            say(f"unsure: {line}")
        words().print(shown(seen))
    if not seen.good:
        return Exit.FAILED
    return Exit.ALARMS if made.doubts else Exit.DONE
