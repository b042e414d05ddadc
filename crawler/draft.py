"""The crawler room: a source file as text, with the evidence it rests on and what is doubtful, for the next maintainer. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from textwrap import wrap
from urllib.parse import urlsplit

from crawler.check import Check
from crawler.evidence import NEWS_PATHS
from crawler.shapes import article_shape, family
from crawler.survey import Offer, Surveyed

WIDTH = 118  # characters of a comment line
MATCH_MIN = 0.9  # share of the listed articles that a pattern must fit before a sitemap is held to it
PAGES = 200  # list pages of a backfill


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a source file will say."""

    slug: str
    name: str
    home: str
    site: str  #: its scope
    surveyed: Surveyed
    country: str | None = None
    language: str | None = None
    timezone: str | None = None
    allow_private: tuple[str, ...] = ()
    render: bool = False
    render_hosts: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def pattern(self) -> str | None:
        """A regular expression that the addresses of the listed articles share; None where they share too little."""
        urls = [item.url for offer in (*self.surveyed.lists, *self.surveyed.feeds) for item in offer.page.found]
        return address_pattern(urls) if urls else self._folder_of_news()

    def _folder_of_news(self) -> str | None:
        """Where nothing but a sitemap is there: its folder that is called news, in whatever language."""
        urls = [item.url for offer in self.surveyed.sitemaps for item in offer.page.found if item.kind == "article"]
        folders = Counter(
            folder for url in urls if (folder := _folder(url)) and set(folder.strip("/").split("/")) & NEWS_PATHS
        )
        return f"^https?://[^/]+{re.escape(folders.most_common(1)[0][0])}." if folders else None

    @property
    def evidence(self) -> tuple[str, ...]:
        """What the file rests on, in sentences."""
        recognised = self.surveyed.recognised
        said = []
        if recognised.evidence:
            sure = "" if recognised.sure else " (one mark alone, so it is not set)"
            said.append(f"platform {recognised.platform.name}{sure}: {', '.join(recognised.evidence)}")
        if recognised.sure and recognised.platform.note:
            said.append(recognised.platform.note)
        if self.render:
            said.append("its pages are empty until JavaScript has run: a browser shows them (`render`)")
        if self.render_hosts:
            said.append(f"their scripts come from {', '.join(self.render_hosts)} as well")
        for kind, offers in (
            ("list", self.surveyed.lists),
            ("feed", self.surveyed.feeds),
            ("sitemap", self.surveyed.sitemaps),
        ):
            said += [f"{kind} {offer.seed.url}: {offer.evidence}" for offer in offers]
        urls = [item.url for offer in self.surveyed.lists for item in offer.page.found]
        if urls:
            common, count = Counter(map(family, urls)).most_common(1)[0]
            shape = Counter(article_shape(url) or "none known" for url in urls).most_common(1)[0][0]
            said.append(f"articles look like {common} ({count} of {len(urls)}; shape: {shape})")
        return tuple(said)


def address_pattern(urls: list[str]) -> str | None:
    """The folder that nine in ten of these addresses lie in, as a regular expression; None for the site's root or too few."""
    folders = Counter(folder for url in urls if (folder := _folder(url)))
    if len(urls) < 5 or not folders:
        return None
    for length in (3, 2, 1):
        cut = Counter(
            "/".join(folder.split("/")[: length + 1]) + "/"
            for folder in folders.elements()
            if folder.count("/") > length
        )
        if cut:
            best, count = cut.most_common(1)[0]
            if count >= MATCH_MIN * len(urls):
                return f"^https?://[^/]+{re.escape(best)}."
    return None


def _folder(url: str) -> str:
    """The folder of an address up to its first numbered part: "/news/2024/x.html" -> "/news/"."""
    parts = urlsplit(url).path.split("/")[:-1]
    plain = []
    for part in parts[1:]:
        if any(char.isdigit() for char in part):
            break
        plain.append(part)
    return "/" + "/".join(plain) + "/" if plain else ""


def write_draft(draft: Draft, check: Check | None = None) -> str:
    """The source file; with `check` also how it did when it was tried."""
    lines = _comment(
        f"{draft.name}. Written by `newsarchive sources new` from what the site shows, and tried: see the dry run."
    )
    lines += ["# What it rests on:"] + [line for said in draft.evidence for line in _comment(said, bullet=True)]
    doubts = list(dict.fromkeys([*draft.doubts, *_doubts_of_offers(draft)]))
    if doubts:
        lines += ["# Unsure, please look:"] + [line for said in doubts for line in _comment(said, bullet=True)]
    if check is not None:
        good = [article for article in check.articles if article.problem is None]
        lines += _comment(f"Dry run: {len(good)} of {len(check.articles)} pages tried are articles.")
        for article in good[:3]:
            title = next((field.value for field in article.fields if field.name == "title"), None)
            day = next((field.value for field in article.fields if field.name == "published"), None)
            lines += _comment(
                f"{article.url}: {title or 'no title'}, {day or 'no date'}, {article.characters} characters",
                bullet=True,
            )
    lines += _head(draft)
    for offer in draft.surveyed.lists:
        seed = offer.seed
        lines += ["", "[[discover]]", f"kind = {_text(seed.kind)}", f"url = {_text(seed.url)}"]
        keys = {key: getattr(seed, key) for key in ("items", "link", "title", "date", "next")}
        lines += [f"{key} = {_text(value)}" for key, value in keys.items() if value]
        lines.append(f"pages = {max(PAGES, 2 * (offer.page.pages or 0))}")
    for offer in draft.surveyed.feeds:
        lines += ["", "[[discover]]", 'kind = "feed"', f"url = {_text(offer.seed.url)}"]
    lines += _sitemaps(draft)
    return "\n".join(lines) + "\n"


def _head(draft: Draft) -> list[str]:
    platform = draft.surveyed.recognised
    lines = [f"name = {_text(draft.name)}", f"home = {_text(draft.home)}"]
    if draft.country:
        lines.append(f"country = {_text(draft.country)}")
    if draft.language:
        lines.append(f"languages = [{_text(draft.language)}]")
    if draft.timezone:
        lines.append(f"timezone = {_text(draft.timezone)}")
    if platform.sure:
        lines.append(f"platform = {_text(platform.platform.name)}")
    lines.append(f"hosts = [{_text(draft.site)}]")
    if draft.render:
        lines.append("render = true")
    if draft.render_hosts:
        lines.append(f"render_hosts = [{', '.join(map(_text, draft.render_hosts))}]")
    if draft.allow_private:
        lines.append(f"allow_private = [{', '.join(map(_text, draft.allow_private))}]")
    return lines


def _sitemaps(draft: Draft) -> list[str]:
    """A sitemap is read where there is no list, or where the addresses of articles can be told from the rest."""
    lines: list[str] = []
    for offer in draft.surveyed.sitemaps:
        pattern = draft.pattern
        seed = ["", "[[discover]]", 'kind = "sitemap"', f"url = {_text(offer.seed.url)}"]
        if pattern:
            lines += [*seed, f"match = {_text(pattern)}"]
        elif not (draft.surveyed.lists or draft.surveyed.feeds):
            lines += seed
        else:
            lines += [
                "",
                "# A sitemap is there too, but articles cannot be told from other pages by their addresses:",
                f"# {offer.seed.url}",
            ]
    return lines


def _doubts_of_offers(draft: Draft) -> list[str]:
    offers: list[Offer] = [*draft.surveyed.lists, *draft.surveyed.feeds, *draft.surveyed.sitemaps]
    return [f"{offer.seed.url}: {doubt}" for offer in offers for doubt in offer.doubts]


def _comment(said: str, *, bullet: bool = False) -> list[str]:
    """Text as comment lines; what a page says cannot end the comment."""
    plain = " ".join("".join(char if char.isprintable() else " " for char in said).split())
    first = "# - " if bullet else "# "
    return wrap(
        plain,
        WIDTH,
        initial_indent=first,
        subsequent_indent="#   " if bullet else "# ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _text(value: str) -> str:
    """A TOML string: JSON's escapes are TOML's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
