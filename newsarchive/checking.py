"""The front door, checking: what trying a source showed, told to a person or as JSON. The trying is the crawler's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crawler import check_source
from newsarchive.cli.failures import Exit
from newsarchive.terminal import counting, put, put_json, say

if TYPE_CHECKING:
    from crawler import Check, Source
    from newsarchive.config import Settings

BOILERPLATE_SHOWN = 8  # lines a person is shown; --json gives all


def check_sources(settings: Settings, sources: Sequence[Source], *, json: bool) -> int:
    """Try each source and tell. 1 when one leads to no article that can be read, 3 when there are doubts, else 0."""
    code = Exit.DONE
    for source in sources:
        with counting(source.slug) as told:
            asked = 0

            def on_progress(url: str, told: Any = told) -> None:
                nonlocal asked
                asked += 1
                if told is not None:
                    told(asked, url)

            check = check_source(
                source,
                contact=settings.contact,
                proxy=settings.proxy,
                delay=settings.limits.delay,
                on_progress=on_progress,
            )
        put_json(check) if json else _tell(check)
        if not check.good:
            code = Exit.FAILED
        elif check.doubts and code is Exit.DONE:
            code = Exit.ALARMS
    return code


def _tell(check: Check) -> None:
    for seed in check.seeds:
        if seed.problem:
            put(f"{seed.kind}  {seed.url}: {seed.problem}")
            continue
        put(f"{seed.kind}  {seed.url}")
        put(
            f"    {seed.found} articles by {seed.method}; {seed.titled} with a title, {seed.dated} with a date, newest {seed.newest or '-'}"
        )
        if seed.outside or seed.files:
            put(f"    left out: {seed.outside} on other hosts, {seed.files} files")
        if seed.next:
            came = "not read" if seed.next_found is None else f"{seed.next_found} more"
            put(f"    goes on at {seed.next} by {seed.pager}: {came}")
    for article in check.articles:
        put("")
        put(f"{article.url}")
        if article.problem:
            put(f"    {article.problem}")
        for field in article.fields:
            if field.value is not None:
                differs = f"   [the list says: {field.listed}]" if field.agrees is False else ""
                put(f"    {field.name:<10} {field.value}   ({field.method}){differs}")
        if article.characters:
            put(f"    {'body':<10} {article.paragraphs} paragraphs, {article.characters} characters: {article.opening}")
        if article.boilerplate:
            lines = article.boilerplate[:BOILERPLATE_SHOWN]
            more = len(article.boilerplate) - len(lines)
            put(f"    {'left out':<10} {' | '.join(lines)}{f' | and {more} more' if more else ''}")
    for doubt in check.doubts:
        say(f"{check.source}: {doubt}")
