"""The crawler room: trying a source without keeping anything: what its seeds lead to, what its first articles say, each
field with its method, what the list says against what the page says, and what would be left out as boilerplate.

`check_source` looks, `weigh_check` judges; only the first asks the net.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from archive import KeptTemplate
from crawler.discovery import Page, read_seed
from crawler.explained import TemplateSaw, explain_kept, explain_tried, known_template, learn_tried, left_out
from crawler.extraction import Template, extract
from crawler.look import LOOK_LIMITS, Look, Seen
from crawler.source import Seed, Source
from crawler.stations import Discovered, Extraction, PageKind

ARTICLES = 3  # pages whose fields are shown
MISSES_MAX = 8  # pages that may turn out to be no article before we stop looking for one
INNER_MAX = 2  # sitemaps of an index that are looked into
SHOWN_MAX = 200  # characters of a value that are shown
FIELDS = ("title", "published", "modified", "author", "editor", "origin", "section", "language")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSaw:
    """One field of an article, as the page states it."""

    name: str
    value: str | None
    method: str | None  #: how it was found; None where it was not
    confidence: float | None
    listed: str | None = None  #: what the list says of it
    agrees: bool | None = None  #: whether the two agree; None where one of them is silent


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleSaw:
    """One page that a seed led to."""

    url: str
    via: str
    problem: str | None  #: why it could not be read; None when it could
    kind: str = ""  #: what the page is
    why: str = ""
    fields: tuple[FieldSaw, ...] = ()
    paragraphs: int = 0
    characters: int = 0
    opening: str = ""  #: the first words of the body
    images: int = 0
    attachments: int = 0
    boilerplate: tuple[str, ...] = ()  #: lines outside of the body that the site's template leaves out


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedSaw:
    """One seed, tried."""

    kind: str
    url: str
    problem: str | None
    found: int = 0
    titled: int = 0
    dated: int = 0
    newest: str | None = None
    outside: int = 0
    files: int = 0
    method: str = ""  #: how articles were told from other links
    pager: str = ""  #: how the next page was found
    next: str | None = None
    next_found: int | None = None  #: articles on the next page that the first one does not name; None: not looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What trying a source showed. `doubts` empty: nothing speaks against it."""

    source: str
    seeds: tuple[SeedSaw, ...]
    articles: tuple[ArticleSaw, ...]
    doubts: tuple[str, ...]
    asked: int  #: addresses asked for
    template: TemplateSaw  #: what is treated as boilerplate on this site, and why

    @property
    def good(self) -> bool:
        """Whether it can be crawled as it stands: some seed leads to an article that can be read."""
        return any(article.problem is None for article in self.articles)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    saw: ArticleSaw
    page: Extraction | None = None
    seen: Seen | None = None


def check_source(  # noqa: PLR0913 - each is asked for by its name
    source: Source,
    *,
    contact: str | None = None,
    proxy: str | None = None,
    articles: int = ARTICLES,
    delay: timedelta | None = None,
    now: datetime | None = None,
    kept: KeptTemplate | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> Check:
    """Try a source: every seed, its next page, its first articles. Keeps nothing; asks some ten addresses at its pace.

    `delay` is the operator's own least pause between two requests to one host, `now` the clock that dates are read by,
    `kept` what crawls have learned of the site (`Archive.template`): the articles are read with it, as a crawl would.

    Raises:
        NoContact: it is somebody else's site and `contact` is missing.

    """
    limits = LOOK_LIMITS if delay is None else replace(LOOK_LIMITS, delay=delay)
    with Look(source, contact=contact, proxy=proxy, limits=limits) as look:
        at = now or datetime.now(UTC)
        return try_source(source, look, articles=articles, at=at, kept=kept, on_progress=on_progress)


def try_source(
    source: Source,
    look: Look,
    *,
    at: datetime,
    articles: int = ARTICLES,
    kept: KeptTemplate | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> Check:
    """As `check_source`, with a `Look` that is already open."""
    on_progress = on_progress or (lambda _: None)
    seeds: list[SeedSaw] = []
    candidates: list[Discovered] = []
    for seed in source.discover:
        on_progress(seed.url)
        saw, found = _try_seed(source, seed, look, at)
        seeds.append(saw)
        candidates += found
    read = _read_articles(source, _mixed(candidates), look, at, articles, known_template(kept), on_progress)
    saw_articles, template = _with_template(read, kept)
    return Check(
        source=source.slug,
        seeds=tuple(seeds),
        articles=saw_articles,
        template=template,
        doubts=(*weigh_check(source, seeds, saw_articles), *template.doubts),
        asked=look.asked,
    )


def _with_template(read: Sequence[_Read], kept: KeptTemplate | None) -> tuple[tuple[ArticleSaw, ...], TemplateSaw]:
    """The articles, each with what is left out of it, and what is known of their site: the kept, or what they teach."""
    known = known_template(kept)
    template = known or learn_tried(
        [(one.seen.body, one.seen.final, dict(one.seen.headers)) for one in read if one.seen]
    )
    articles = tuple(
        replace(one.saw, boilerplate=left_out(template, one.seen.body, dict(one.seen.headers), one.page.paragraphs))
        if one.seen is not None and one.page is not None
        else one.saw
        for one in read
    )
    if kept is not None:
        fits = [one.page.fit for one in read if one.page is not None and one.page.kind is PageKind.ARTICLE]
        return articles, explain_kept(kept, fits)
    return articles, explain_tried(template)


def _read(source: Source, seed: Seed, seen: Seen, page: int, at: datetime) -> Page:
    headers = dict(seen.headers)
    return read_seed(
        seed, seen.body, seen.final, headers=headers, page=page, hosts=source.hosts, at=at, timezone=source.timezone
    )


def _try_seed(source: Source, seed: Seed, look: Look, at: datetime) -> tuple[SeedSaw, list[Discovered]]:
    seen = look.at(seed.url)
    if not seen.good:
        return SeedSaw(kind=seed.kind, url=seed.url, problem=seen.said), []
    page = _read(source, seed, seen, 1, at)
    found = [item for item in page.found if item.kind == "article"]
    for inner in [item for item in page.found if item.kind == "seed"][:INNER_MAX]:
        deeper = look.at(inner.url)
        if deeper.good:
            found += [item for item in _read(source, seed, deeper, 1, at).found if item.kind == "article"]
    following, fresh = None, None
    if page.next and seed.pages > 1:
        following, fresh = _next_page(source, seed, page, look, at)
    return SeedSaw(
        kind=seed.kind,
        url=seed.url,
        problem=page.problem or (None if found or page.files else "it leads to no article"),
        found=len(found),
        titled=sum(item.title is not None for item in found),
        dated=sum(item.date is not None for item in found),
        newest=max((item.date for item in found if item.date), default=None),
        outside=page.outside,
        files=len(page.files),
        method=page.method,
        pager=page.pager,
        next=following or (page.next[0] if page.next else None),
        next_found=fresh,
    ), found


def _next_page(source: Source, seed: Seed, page: Page, look: Look, at: datetime) -> tuple[str | None, int | None]:
    """The first of the named further pages that answers, and how many new articles it has."""
    known = {item.url for item in page.found}
    for url in page.next[:2]:
        seen = look.at(url)
        if seen.good:
            found = _read(source, seed, seen, 2, at).found
            return url, sum(item.url not in known for item in found)
    return None, None


def _mixed(candidates: Sequence[Discovered]) -> list[Discovered]:
    """The first of every seed, then the second of every seed, each address once: what is tried shows all of them."""
    by_seed: dict[str, list[Discovered]] = {}
    for item in candidates:
        by_seed.setdefault(item.via, []).append(item)
    longest = max((len(items) for items in by_seed.values()), default=0)
    mixed = [items[n] for n in range(longest) for items in by_seed.values() if n < len(items)]
    return list({item.url: item for item in reversed(mixed)}.values())[::-1]


def _read_articles(
    source: Source,
    candidates: list[Discovered],
    look: Look,
    at: datetime,
    wanted: int,
    template: Template | None,
    on_progress: Callable[[str], None],
) -> list[_Read]:
    read: list[_Read] = []
    good = 0
    for item in candidates:
        if good >= wanted or len(read) - good >= MISSES_MAX:
            break
        on_progress(item.url)
        seen = look.at(item.url)
        if not seen.good:
            read.append(_Read(saw=ArticleSaw(url=item.url, via=item.via, problem=seen.said)))
            continue
        hints = source.hints(item.title, item.date)
        page = extract(
            seen.body,
            seen.final,
            dict(seen.headers),
            at=at,
            selectors=source.extract.selectors(),
            template=template,
            hints=hints,
        )
        good += page.kind is PageKind.ARTICLE
        read.append(_Read(saw=_article(item, page), page=page, seen=seen))
    return read


def _article(item: Discovered, page: Extraction) -> ArticleSaw:
    problem = None if page.kind is PageKind.ARTICLE else f"it is no article but a {page.kind.value}: {page.why}"
    return ArticleSaw(
        url=item.url,
        via=item.via,
        problem=problem,
        kind=page.kind.value,
        why=page.why,
        fields=tuple(_field(name, item, page) for name in FIELDS),
        paragraphs=len(page.paragraphs),
        characters=len(page.body),
        opening=page.body[:SHOWN_MAX].replace("\n\n", " ¶ "),
        images=len(page.images),
        attachments=len(page.attachments),
    )


def _field(name: str, item: Discovered, page: Extraction) -> FieldSaw:
    value = getattr(page, name)
    found = page.found.get(name)
    listed = {"title": item.title, "published": item.date}.get(name)
    agrees = None
    if value is not None and listed is not None:
        agrees = _same_title(value, listed) if name == "title" else value[:10] == listed[:10]
    return FieldSaw(
        name=name,
        value=value[:SHOWN_MAX] if isinstance(value, str) else value,
        method=found.method if found else None,
        confidence=found.confidence if found else None,
        listed=listed,
        agrees=agrees,
    )


def _same_title(one: str, other: str) -> bool:
    """Whether two titles are the same but for blanks, case, punctuation and a cut end."""
    bare = [re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold() for text in (one, other)]
    short, long = sorted(bare, key=len)
    return bool(short) and long.startswith(short)


def weigh_check(source: Source, seeds: Sequence[SeedSaw], articles: Sequence[ArticleSaw]) -> tuple[str, ...]:
    """What a person should look at, in sentences; the worst first."""
    doubts: list[str] = []
    for seed in seeds:
        doubts += _doubts_of_seed(seed)
    good = [article for article in articles if article.problem is None]
    doubts += _unread(articles)
    if not articles:
        doubts.append("no article was found: look at the [[discover]] tables, or name the article links with `links`")
    for name, key in (("title", "title"), ("published", "date")):
        if good and not any(field.value for article in good for field in article.fields if field.name == name):
            doubts.append(f"no article states its {key}: if a person can see it, name its element in [extract] {key}")
    for article in good:
        for field in article.fields:
            if field.agrees is False:
                doubts.append(f"{article.url}: the page says {field.name} {field.value!r}, the list {field.listed!r}")
        if article.characters == 0:
            doubts.append(f"{article.url}: no body was found; name its element in [extract] body")
    if source.languages:
        said = {field.value for article in good for field in article.fields if field.name == "language" and field.value}
        if said and not {tag.split("-")[0] for tag in said} & {tag.split("-")[0] for tag in source.languages}:
            doubts.append(
                f"the articles are written in {', '.join(sorted(said))}, not in {', '.join(source.languages)}"
            )
    return tuple(doubts)


def _doubts_of_seed(seed: SeedSaw) -> list[str]:
    if seed.problem:
        return [f"{seed.url}: {seed.problem}"]
    doubts = []
    if seed.outside > seed.found:
        doubts.append(
            f"{seed.url}: {seed.outside} of its articles lie on other hosts; add those to `hosts` if they belong here"
        )
    if seed.kind == "listing" and seed.found and not seed.dated:
        doubts.append(f"{seed.url}: no date beside its links was read")
    if seed.next and seed.next_found == 0:
        doubts.append(f"{seed.url}: its next page {seed.next} brings nothing new")
    if seed.next and seed.next_found is None and seed.kind == "listing":
        doubts.append(f"{seed.url}: its next page {seed.next} could not be read")
    return doubts


def _unread(articles: Sequence[ArticleSaw]) -> list[str]:
    """The pages that are no articles, each once; many with the same problem as one sentence."""
    alike: dict[str, list[str]] = {}
    for article in articles:
        if article.problem:
            alike.setdefault(article.problem, []).append(article.url)
    return [
        f"{urls[0]}: {problem}"
        if len(urls) == 1
        else f"{len(urls)} of the {len(articles)} pages tried, {urls[0]} first: {problem}"
        for problem, urls in alike.items()
    ]
