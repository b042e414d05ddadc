"""The front door, the command that finds articles by their words: search."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsarchive.cli.failures import Exit
from newsarchive.cli.front import Json, front_of
from newsarchive.terminal import console, inert, plain, put_json, row, say, table

if TYPE_CHECKING:
    from archive import Facet

HIT_START, HIT_END = "\x02", "\x03"  # how the archive marks matched words
SHOWN_MAX = 12  # values of one facet for people; --json gives all


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel="Read")(search)


def search(
    ctx: typer.Context,
    query: Annotated[list[str], typer.Argument(help="Words, in any language.", metavar="QUERY")],
    source: Annotated[str | None, typer.Option(help="Only this source.", metavar="SLUG")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Published on this day or later.", metavar="DAY")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Published on this day or before.", metavar="DAY")] = None,
    language: Annotated[str | None, typer.Option(help="Only this language, e.g. zh.", metavar="TAG")] = None,
    section: Annotated[
        str | None, typer.Option(help="Only this section, as the page writes it.", metavar="NAME")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Only articles, or only pages.", metavar="article|page")] = None,
    attachments: Annotated[
        bool | None,
        typer.Option("--attachments/--no-attachments", help="Only with files that they hand out, or without."),
    ] = None,
    newest: Annotated[bool, typer.Option("--newest", help="The newest published first, instead of the best.")] = False,
    facets: Annotated[bool, typer.Option("--facets", help="Count all hits by source, year and language.")] = False,
    limit: Annotated[int, typer.Option(help="Most hits.", min=1, max=1000)] = 20,
    json: Json = False,
) -> int:
    """Find articles by words in title and text, best first."""
    asked = " ".join(query)
    filters: dict[str, Any] = {
        "source": source, "since": _day("--from", since), "until": _day("--to", until), "language": language,
        "section": section, "kind": kind, "attachments": attachments,
    }  # fmt: skip
    with front_of(ctx).archive(read_only=True) as archive:
        hits = archive.search(asked, limit=limit, newest=newest, **filters)
        counted = archive.facets(asked, **filters) if facets else {}
    for number, hit in enumerate(hits, start=1):
        put_json(_hit(hit)) if json else _print_hit(number, hit)
    if facets:
        put_json({"facets": plain(counted)}) if json else _print_facets(counted)
    if not hits:
        say("nothing found")
    return Exit.DONE


def _day(option: str, text: str | None) -> str | None:
    """A day, month or year as written, checked."""
    if text is None:
        return None
    try:
        parts = [int(part) for part in text.split("-")]
        date(*[*parts, 1, 1][:3])
    except (ValueError, TypeError):
        raise typer.BadParameter(f"{option} {text!r} is no day; write 2031-04-02, 2031-04 or 2031") from None
    return text


def _hit(hit: Any) -> dict[str, object]:
    from archive import export_row

    highlight = {"title": hit.title, "snippet": hit.snippet}
    return {**export_row(hit.known), "score": hit.score, "highlight": highlight, "attachment": hit.attachment}


def _print_hit(number: int, hit: Any) -> None:
    from rich.text import Text

    item = hit.known.article
    title = Text(f"{number:>3}  ")
    title.append_text(_marked(hit.title, base="bold"))
    place = Text(f"     {inert(item.published or '-')}  {inert(item.source)}  {hit.known.id}  {inert(item.url)}", "dim")
    lines = [title, place]
    if hit.attachment:
        lines.append(Text(f"     in the attachment {inert(hit.attachment)}", "cyan"))
    console().print(*lines, Text("     ").append_text(_marked(hit.snippet)), sep="\n")


def _marked(text: str, base: str = "") -> Any:
    """The matched words between the archive's marks, in colour; in a pipe the marks are simply gone."""
    from rich.text import Text

    shown = Text(style=base)
    for index, part in enumerate(text.replace(HIT_END, HIT_START).split(HIT_START)):
        shown.append(inert(part.replace("\n", " "), lines=True), "bold yellow" if index % 2 else "")
    return shown


def _print_facets(counted: dict[str, list[Facet]]) -> None:
    for name, values in counted.items():
        shown = table(name, "articles", right=["articles"])
        for one in values[:SHOWN_MAX]:
            row(shown, one.value or "(not said)", one.count)
        if len(values) > SHOWN_MAX:
            row(shown, f"and {len(values) - SHOWN_MAX} more", sum(one.count for one in values[SHOWN_MAX:]))
        console().print(shown)
