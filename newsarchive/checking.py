"""The front door, checking: what trying a source showed, for people: its seeds, its articles, each field with its method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from newsarchive.terminal import inert, row, table, when

if TYPE_CHECKING:
    from crawler import Check, TemplateSaw

REASONS_SHOWN = 60  # of a template; --json has all


def check(seen: Check) -> RenderableType:
    """Seeds, then each article that was tried, then what speaks against the source."""
    parts: list[RenderableType] = [Text(seen.source, style="bold"), _seeds(seen)]
    for article in seen.articles:
        parts += [Text(), Text(inert(article.url))]
        if article.problem:
            parts.append(Text(f"  {inert(article.problem)}", style="red"))
            continue
        size = f"{article.paragraphs} paragraphs, {article.characters} characters"
        more = f"{article.images} images, {article.attachments} attachments"
        parts.append(Text(f"  {inert(article.kind)}: {size}, {more}", style="dim"))
        fields = table("  field", "value", "found by", "the list says")
        for field in article.fields:
            sure = "" if field.confidence is None else f" ({field.confidence:.2f})"
            listed = field.listed if field.agrees is not True else "the same"
            way = f"{field.method}{sure}" if field.method else "-"
            row(fields, f"  {field.name}", field.value or "-", way, listed)
        parts += [fields, Text(f"  {inert(article.opening)}", style="dim")]
        parts += [Text(f"  left out: {inert(line)}", style="dim") for line in article.boilerplate]
    parts += [Text(), *template(seen.template)]
    parts += [Text(f"doubt: {inert(doubt)}", style="yellow") for doubt in seen.doubts]
    return Group(*parts)


def template(saw: TemplateSaw) -> list[RenderableType]:
    """What is known of a site: what is treated as boilerplate there, and why, with counts of articles."""
    version = "not kept yet" if saw.version is None else f"version {saw.version}, learned {when(saw.learned)}"
    head = Text(f"template: {version}, from {saw.articles} articles: {inert(saw.why)}")
    shown = table("  what", "reads", "why")
    for reason in saw.reasons[:REASONS_SHOWN]:
        row(shown, f"  {reason.what}", reason.sample, reason.why)
    more = len(saw.reasons) - REASONS_SHOWN
    rest = [Text(f"  and {more} more: --json shows all", style="dim")] if more > 0 else []
    return [head, shown, *rest] if saw.reasons else [head]


def _seeds(seen: Check) -> RenderableType:
    shown = table("seed", "address", "articles", "dated", "newest", "next page", "problem", right=["articles", "dated"])
    for seed in seen.seeds:
        following = "" if seed.next is None else seed.pager or seed.next
        row(shown, seed.kind, seed.url, seed.found, seed.dated, seed.newest, following, seed.problem)
    return shown
