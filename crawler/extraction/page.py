"""The crawler room, extraction: from the bytes of a page to everything that can be read off it.

`extract` composes the parts, one parse and one walk: decode, tree, declared, blocks, title, body, the lines around it,
moments, media, kind. It raises nothing, whatever the bytes.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from archive import Found
from crawler.extraction.blocks import Blocks
from crawler.extraction.body import Body, choose_body
from crawler.extraction.claims import Claim
from crawler.extraction.clean import body_html
from crawler.extraction.dateline import read_dateline
from crawler.extraction.dates import YEAR_MAX, YEAR_MIN
from crawler.extraction.declared import Declared, read_declared, type_signs
from crawler.extraction.decode import Decoded, decode
from crawler.extraction.fitting import doubt, fit_of
from crawler.extraction.kind import bytes_kind, judge, text_kind
from crawler.extraction.media import captions_apart, read_attachments, read_images
from crawler.extraction.mojibake import is_spoilt
from crawler.extraction.moments import choose_modified, choose_published
from crawler.extraction.people import choose_author, choose_editor, choose_origin
from crawler.extraction.places import choose_language, choose_section, read_crumbs
from crawler.extraction.selected import Selected, read_selected
from crawler.extraction.signs import Read
from crawler.extraction.template import Template, path_of
from crawler.extraction.tidy import tidy, tidy_line
from crawler.extraction.title import Headline, choose_title, headline_by_body, is_weak
from crawler.extraction.vicinity import Reading, read_times, read_vicinity
from crawler.extraction.walk import read_blocks
from crawler.extraction.walls import wall_of
from crawler.stations import Extraction, Hints, PageKind, Selectors

_NO_HINTS = Hints()
_NO_SELECTORS = Selectors()
STATED = ("published", "modified", "author", "editor", "origin")  # fields that a line of the page may state
_NO_FIELDS: dict[str, Claim | None] = dict.fromkeys(STATED)


def extract(
    data: bytes,
    url: str = "",
    headers: Mapping[str, str] | None = None,
    *,
    at: datetime | None = None,
    selectors: Selectors | None = None,
    template: Template | None = None,
    hints: Hints | None = None,
) -> Extraction:
    """What can be read off a page; never raises, whatever the bytes.

    `url` is its address (links are resolved against it), `headers` the response's, `at` (aware) the moment it was
    fetched: without it relative dates ("3 hours ago") stay unread. `selectors` are a source's own, `template` what was
    learned of its site, `hints` what the list that led here said. `kind` says what the page is and `why`; only what
    the page states becomes a field, each with its method in `found`.
    """
    # What a page is read into holds no cycles: looking for them would cost a twelfth of the reading.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _extract(data, url, headers, at, selectors, template, hints)
    finally:
        if collecting:
            gc.enable()


def _extract(
    data: bytes,
    url: str,
    headers: Mapping[str, str] | None,
    at: datetime | None,
    selectors: Selectors | None,
    template: Template | None,
    hints: Hints | None,
) -> Extraction:
    if at is not None and not YEAR_MIN <= at.year <= YEAR_MAX:
        at = None  # a clock gone wild must not lose a page
    content_type = _header(headers, "content-type").lower()
    if told := bytes_kind(data, content_type):
        return Extraction(url=url, kind=told[0], why=told[1])
    decoded = decode(data, headers, mend=False)
    if told := text_kind(decoded.text):
        return _bare(url, decoded, *told)
    try:
        page = PageReading(decoded, url, at, selectors or _NO_SELECTORS, template, hints or _NO_HINTS)
        read = page.read()
        # Looking at what was read costs a hundredth of looking at the whole source.
        if is_spoilt(f"{read.title}\n{read.body}") and (mended := decode(data, headers)).mended:
            read = PageReading(mended, url, at, selectors or _NO_SELECTORS, template, hints or _NO_HINTS).read()
    except (RecursionError, MemoryError) as error:
        return _bare(url, decoded, PageKind.BINARY, f"too deep or too large to read ({type(error).__name__})")
    return read


def open_page(
    data: bytes, url: str = "", headers: Mapping[str, str] | None = None, *, hints: Hints | None = None
) -> PageReading:
    """A page ready to be read, for those who want more of it than its fields."""
    return PageReading(decode(data, headers), url, None, _NO_SELECTORS, None, hints or _NO_HINTS)


def _bare(url: str, decoded: Decoded, kind: PageKind, why: str) -> Extraction:
    return Extraction(url=url, kind=kind, why=why, charset=decoded.charset, undecodable=decoded.undecodable)


def _header(headers: Mapping[str, str] | None, name: str) -> str:
    return next((str(value) for key, value in (headers or {}).items() if str(key).lower() == name), "")


class PageReading:
    """One page while it is read: the values the steps share."""

    def __init__(
        self,
        decoded: Decoded,
        url: str,
        at: datetime | None,
        selectors: Selectors,
        template: Template | None,
        hints: Hints,
    ) -> None:
        self.decoded, self.url, self.at = decoded, url, at
        self.template, self.hints = template, hints
        self.selected: Selected = read_selected(decoded.text, selectors)
        self.blocks: Blocks = read_blocks(self.selected.markup, whole=self.selected.has_body)
        self.declared: Declared = read_declared(self.blocks, decoded.text, url)
        self.title_tag = self.declared.title_tag  #: as the page has it
        if template is not None:
            doubt(template, self.declared)
        self.headline: Headline | None = None
        self.body = Body()
        self.shown: dict[str, list[Claim]] = {}  #: by field, what the page shows, each with its block
        self.result: Read | None = None  #: what the kind was judged by

    def read(self) -> Extraction:
        if wall := wall_of(self.decoded.text, self.blocks, self.declared):
            kind, why = wall
            title = tidy_line(self.declared.title_tag)
            return Extraction(
                url=self.url,
                kind=kind,
                why=why,
                title=title,
                charset=self.decoded.charset,
                undecodable=self.decoded.undecodable,
            )
        self._choose_text()
        return self._fields()

    def _choose_text(self) -> None:
        """Headline and body; each helps to find the other."""
        self.headline = choose_title(self.blocks, self.declared, self.url, self.hints.title, self.template)
        self.body = self._choose_body()
        if is_weak(self.headline, self.declared):
            better = headline_by_body(self.blocks, self.body, self.headline, self.declared, self.url)
            if better is not None and better.block is not None:
                self.headline = better
                self.body = self._choose_body()
        if title := self.selected.claims.best("title"):
            self.headline = Headline(claim=title, block=self.headline.block if self.headline else None)

    def _choose_body(self) -> Body:
        chosen = self.selected.body(self.blocks) or choose_body(
            self.blocks,
            title=self.headline.claim.value if self.headline else None,
            description=self.declared.claims.first("description"),
            url=self.url,
            template=self.template,
            linked=self.hints.linked,
            declared=type_signs(self.declared),
        )
        return captions_apart(self.blocks, self._without_headline(chosen))

    def _without_headline(self, body: Body) -> Body:
        """The headline is a field of its own and does not open the body too."""
        if self.headline is None or self.headline.block is None or len(body.paragraphs) < 2:
            return body
        own = range(self.headline.block, self.headline.block + self.headline.blocks)
        kept = tuple(p for p in body.paragraphs if p.index not in own)
        return replace(body, paragraphs=kept) if kept and len(kept) < len(body.paragraphs) else body

    def _fields(self) -> Extraction:
        body, declared, hints, picked = self.body, self.declared, self.hints, self.selected.claims
        tongue = choose_language(declared, body, self.url, hints)
        reading = Reading(at=self.at, language=tongue.regional if tongue else None, timezone=hints.timezone)
        visible = read_vicinity(self.blocks, self.headline, body, reading, self.template)
        times = read_times(self.blocks, self.headline, body, reading)
        self.shown = {name: [*visible.of(name), *times.of(name)] for name in STATED}
        crumbs = read_crumbs(self.blocks, declared, self.headline)
        title = self.headline.claim if self.headline else None
        published = self.selected.published(reading) or choose_published(
            declared, times, visible, self.decoded.text, self.url, hints, reading
        )
        published = published or read_dateline(body, reading)
        author = picked.best("author") or choose_author(declared, visible, self.blocks, body, self.url, self.headline)
        chosen: dict[str, Claim | None] = {
            "title": title,
            "published": published,
            "modified": choose_modified(declared, times, visible, reading),
            "author": author,
            "editor": choose_editor(declared, visible),
            "origin": picked.best("origin") or choose_origin(declared, visible),
            "language": tongue.claim if tongue else None,
            "section": picked.best("section") or choose_section(declared, visible, crumbs, title),
        }
        self.result = Read(
            blocks=self.blocks,
            body=body,
            declared=declared,
            published=published,
            modified=chosen["modified"],
            author=author,
            title=title,
            url=self.url,
            headed=self.headline is not None and self.headline.block is not None,
        )
        kind, why = judge(self.result, linked=hints.linked)
        return self._assemble(kind, why, chosen, crumbs)

    def _fit(self, template: Template) -> dict[str, float]:
        owners = self.blocks.owners
        stated = {
            name: {path_of(self.blocks, owners[claim.block]) for claim in claims if claim.block is not None}
            for name, claims in self.shown.items()
        }
        return fit_of(template, self.blocks, self.body, stated)

    def _assemble(
        self, kind: PageKind, why: str, chosen: dict[str, Claim | None], crumbs: tuple[str, ...]
    ) -> Extraction:
        images = read_images(self.blocks, self.body, self.url)
        if kind in (PageKind.LISTING, PageKind.EMPTY):  # a date or name there is that of one of its items
            chosen = {
                name: claim for name, claim in chosen.items() if name in ("title", "language", "section")
            } | _NO_FIELDS
        found = {name: claim.found for name, claim in chosen.items() if claim is not None}
        if self.body.paragraphs:
            found["body"] = Found(method=self.body.method, confidence=round(self.body.confidence, 2))
        value = {name: tidy_line(claim.value) if claim else None for name, claim in chosen.items()}
        html = body_html(self.blocks, self.body, images, self.url)
        return Extraction(
            url=self.url,
            kind=kind,
            why=why,
            title=value["title"],
            paragraphs=tuple(map(tidy, self.body.texts)),
            html=tidy(html) if html else None,
            published=value["published"],
            modified=value["modified"],
            author=value["author"],
            editor=value["editor"],
            origin=value["origin"],
            section=value["section"],
            breadcrumb=tuple(filter(None, map(tidy_line, crumbs))),
            language=value["language"],
            images=images,
            attachments=read_attachments(self.blocks, self.body, self.url),
            canonical=self.declared.canonical,
            alternates=dict(self.declared.alternates),
            charset=self.decoded.charset,
            undecodable=self.decoded.undecodable,
            found=found,
            fit=self._fit(self.template) if self.template is not None else {},
        )
