"""The crawler room: what is known of a source's site, for people: what is treated as boilerplate, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from archive import KeptTemplate, TemplateFit
from crawler import drift
from crawler.extraction import Reason, Template
from crawler.extraction.decode import decode
from crawler.extraction.learning import learn_seen, read_seen
from crawler.extraction.template import text_key
from crawler.extraction.walk import read_blocks
from crawler.parsing import understood

LINES_SHOWN = 40  # boilerplate lines of one page
LINE_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSaw:
    """A source's template, explained."""

    version: int | None  #: None: learned from the pages at hand, and not kept
    learned: datetime | None
    articles: int  #: distinct articles it was learned from
    why: str  #: it was learned
    reasons: tuple[Reason, ...] = ()
    fits: tuple[TemplateFit, ...] = ()  #: how the pages at hand fit the kept one

    @property
    def doubts(self) -> list[str]:
        """What speaks against it."""
        return drift.evidence(self.fits)


def known_template(kept: KeptTemplate | None) -> Template | None:
    """The template as it can be used; None where there is none, or of another version of this program."""
    return understood(kept.state) if kept is not None else None


def explain_kept(kept: KeptTemplate, fits: Sequence[Mapping[str, float]] = ()) -> TemplateSaw:
    """What the archive keeps; `fits` are those of the pages at hand."""
    template = known_template(kept)
    told = TemplateSaw(version=kept.version, learned=kept.learned, articles=kept.articles, why=kept.why)
    if template is None:
        return replace(told, why=f"{kept.why}; kept by another version of this program, the next crawl learns it again")
    return replace(
        told, reasons=tuple(template.explain()), fits=drift.compare(template.fits, [fit for fit in fits if fit])
    )


def learn_tried(pages: Sequence[tuple[bytes, str, Mapping[str, str]]]) -> Template:
    """What the pages at hand teach."""
    return learn_seen([seen for data, url, headers in pages if (seen := read_seen(data, url, headers)) is not None])


def explain_tried(template: Template) -> TemplateSaw:
    """What the pages at hand taught."""
    why = f"learned from the {template.articles} articles at hand; a crawl keeps what it learns"
    return TemplateSaw(
        version=None, learned=None, articles=template.articles, why=why, reasons=tuple(template.explain())
    )


def left_out(template: Template, data: bytes, headers: Mapping[str, str], paragraphs: Sequence[str]) -> tuple[str, ...]:
    """The lines of a page outside its body that are boilerplate by the site's template."""
    inside = set(paragraphs)
    texts = dict.fromkeys(read_blocks(decode(data, headers).text, whole=True).texts)
    lines = (template.by_line.get(text_key(text)) for text in texts if text not in inside)
    return tuple(line.sample[:LINE_CHARS] for line in lines if line is not None and line.is_boilerplate)[:LINES_SHOWN]
