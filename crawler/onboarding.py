"""The crawler room: adding a source: from the address of a site or a list of news to a source file with its evidence.

`onboard` surveys the site, drafts the file, dry-runs it, writes it. Nothing is asked of a site that a crawl would not ask.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path

from tldextract import TLDExtract

from crawler.check import Check, try_source
from crawler.complaints import BadSource
from crawler.draft import Draft, write_draft
from crawler.look import LOOK_LIMITS, Look, Seen
from crawler.shells import TRIES, shell_among, with_browser
from crawler.source import Seed, Source, parse_source
from crawler.survey import Survey, Surveyed
from crawler.urls import BadAddress, canonical, host_port, site_of

MOVES_MAX = 3  # hosts a site may send us on to before we give up
_STAGES = frozenset(
    ("www", "www2", "web", "m", "en", "english", "news", "new", "old", "home", "portal")
)  # parts of a host that name no one
_ZONES_OF = {"CN": "Asia/Shanghai", "DE": "Europe/Berlin", "ES": "Europe/Madrid", "PT": "Europe/Lisbon", "NZ": "Pacific/Auckland", "CL": "America/Santiago", "UA": "Europe/Kyiv", "MY": "Asia/Kuala_Lumpur", "CY": "Asia/Nicosia"}  # fmt: skip
_COUNTRY_OF = {
    "uk": "GB",
    "edu": None,
    "gov": None,
    "mil": None,
    "eu": None,
    "io": None,
    "ai": None,
    "me": None,
    "tv": None,
    "co": None,
}


class CannotOnboard(BadSource):
    """No source can be made of this address; the message says why and what to do."""

    def __init__(self, url: str, problem: str) -> None:
        super().__init__(url, problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Onboarded:
    """A source file that was written, and how it did when it was tried."""

    path: Path
    source: Source
    check: Check
    evidence: tuple[str, ...]
    doubts: tuple[str, ...]

    def __str__(self) -> str:
        return str(self.path)


def onboard(  # noqa: PLR0913 - each is asked for by its name
    url: str,
    *,
    into: Path,
    name: str | None = None,
    allow_private: Sequence[str] = (),
    contact: str | None = None,
    proxy: str | None = None,
    delay: timedelta | None = None,
    now: datetime | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> Onboarded:
    """Write the source file of the site at this address into the folder `into`, and try it.

    `url` is a home page or, better, a list of news. `name` is the source's slug, or the institute's name, which then gives
    the slug. `allow_private` names "host:port" of a site on an intranet. An existing file is never overwritten.

    Raises:
        CannotOnboard: the address cannot be read, or nothing on it looks like news; nothing was written.
        NoContact: it is somebody else's site and `contact` is missing.
        NoBrowser: its pages are empty until JavaScript has run, and there is no browser to run it.

    """
    at, tell = now or datetime.now(UTC), on_progress or (lambda _: None)
    limits = LOOK_LIMITS if delay is None else replace(LOOK_LIMITS, delay=delay)
    wish = _passing(_address(url, allow_private), allow_private)
    for _ in range(MOVES_MAX + TRIES):
        with Look(wish, contact=contact, proxy=proxy, limits=limits) as look:
            tell(wish.discover[0].url)
            start = look.at(wish.discover[0].url)
            if elsewhere := _moved(start, wish):
                wish = _passing(elsewhere, allow_private)
                continue
            if not start.good:
                raise CannotOnboard(wish.discover[0].url, f"{start.said}; {_advice(start)}")
            start = _first_page(start, look)
            surveyed = Survey(look, wish.hosts, at=at, on_progress=tell).around(start)
            if sibling := _sibling(surveyed, start):
                wish = _passing(sibling, allow_private)
                continue
            if (bare := shell_among(surveyed, start, None, look)) and (shown := with_browser(wish, *bare)) is not None:
                wish = shown
                continue
            draft = _draft(surveyed, start, name, allow_private, wish)
            path = into / f"{draft.slug}.toml"
            if path.exists():
                raise CannotOnboard(str(path), "is there already: give another slug with --name, or delete that file")
            source = parse_source(write_draft(draft), slug=draft.slug, path=path)
            check = try_source(source, look, at=at, on_progress=tell)
            if (bare := shell_among(surveyed, start, check, look)) and (shown := with_browser(wish, *bare)) is not None:
                wish = shown
                continue
            if not check.good and all(offer.bare for offer in surveyed.offers):
                raise _nothing_found(surveyed, start)
            return _written(_learned(draft, check), source, check)
    raise CannotOnboard(url, "leads from host to host without end: give the address of the site itself")


def _address(url: str, allow_private: Sequence[str]) -> str:
    url = url.strip()
    if "://" not in url:
        url = f"http://{url}"
    try:
        canonical(url)
        for entry in allow_private:
            if host_port(entry)[1] is None:
                raise CannotOnboard(f"--allow-private {entry}", "names no port; write HOST:PORT")
    except BadAddress as error:
        raise CannotOnboard(url, f"is no address: {error}") from error
    return url.partition("#")[0]


def _passing(url: str, allow_private: Sequence[str]) -> Source:
    """A source for looking around: the site alone."""
    site = site_of(url)
    private = tuple(entry for entry in allow_private)
    return Source(
        slug="new", name=site, home=url, hosts=(site,), allow_private=private, discover=(Seed(kind="listing", url=url),)
    )


def _advice(start: Seen) -> str:
    if start.trouble == "private address":
        return f"if that is meant, allow it with --allow-private {site_of(start.final)}"
    if start.trouble == "robots":
        return "its owners do not want this page to be read by programs"
    return "give an address that opens in a browser"


def _first_page(start: Seen, look: Look) -> Seen:
    """Page 1 of the list whose later page was given, where there is one."""
    bare = re.sub(r"/page/\d+/?$", "/", start.final)
    bare = re.sub(r"/(index|list)_?\d+(\.\w+)$", r"/\1\2", bare)
    bare = re.sub(r"[?&](?:page|paged|seite)=\d+$", "", bare)
    if bare == start.final:
        return start
    first = look.at(bare)
    return first if first.good else start


def _moved(start: Seen, wish: Source) -> str | None:
    """Where the site lives really, if it sends us to another host of the same owner (http://x.org -> https://www.x.org)."""
    if start.trouble != "scope" or site_of(start.final) in wish.hosts:
        return None
    if _owner(start.final) != _owner(start.url):
        raise CannotOnboard(
            start.url, f"leads to {start.final}, somebody else's site: give that address if you mean it"
        )
    return start.final


def _sibling(surveyed: Surveyed, start: Seen) -> str | None:
    """Where nothing here is a list of news, but the same owner's news stand on a host of their own."""
    if surveyed.lists or surveyed.feeds:
        return None
    return next((url for url in surveyed.elsewhere if _owner(url) == _owner(start.final)), None)


@cache
def _suffixes() -> TLDExtract:
    return TLDExtract(suffix_list_urls=(), cache_dir=None)  # from the list it brings along; nothing is fetched


def _owner(url: str) -> str:
    parts = _suffixes()(url)
    return parts.top_domain_under_public_suffix or parts.ipv4 or parts.domain


def _draft(surveyed: Surveyed, start: Seen, name: str | None, allow_private: Sequence[str], wish: Source) -> Draft:
    if not surveyed.offers:
        raise _nothing_found(surveyed, start)
    site = site_of(start.final)
    is_slug = name is not None and re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name) is not None
    title = (None if is_slug else name) or surveyed.name or site
    country = _country(site)
    zone, zone_doubt = _zone(country)
    home = start.final.partition("://")[0] + f"://{site}/"
    return Draft(
        slug=name if is_slug and name else _slug(site, title),
        name=title,
        home=home,
        country=country,
        timezone=zone,
        site=site,
        allow_private=tuple(entry for entry in allow_private if entry in (site, *wish.render_hosts)),
        render=wish.render,
        render_hosts=wish.render_hosts,
        surveyed=surveyed,
        doubts=(*surveyed.doubts, *((zone_doubt,) if zone_doubt else ())),
    )


def _nothing_found(surveyed: Surveyed, start: Seen) -> CannotOnboard:
    said = "; ".join(surveyed.doubts) or "give the address of its list of news"
    return CannotOnboard(start.final, f"no feed, sitemap or list of news was found: {said}")


def _learned(draft: Draft, check: Check) -> Draft:
    """The draft with what its first articles showed: their language, and what a person should look at."""
    said = [
        field.value
        for article in check.articles
        for field in article.fields
        if field.name == "language" and field.value
    ]
    declared = (draft.surveyed.language or "").split("-")[0].lower()
    language = max(set(said), key=said.count) if said else declared or None
    return replace(draft, language=language, doubts=(*draft.doubts, *check.doubts))


def _written(draft: Draft, source: Source, check: Check) -> Onboarded:
    assert source.path is not None
    text = write_draft(draft, check)
    written = parse_source(text, slug=draft.slug, path=source.path)
    source.path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with source.path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise CannotOnboard(str(source.path), f"cannot be written: {error.strerror or error}") from error
    return Onboarded(path=source.path, source=written, check=check, evidence=draft.evidence, doubts=draft.doubts)


def _slug(site: str, title: str) -> str:
    """A short name: the owner's part of the host ("english.ciomp.cas.cn" -> "ciomp-english"), else of the title."""
    host = host_port(site)[0].strip("[]")
    parts = _suffixes()(host)
    if not parts.suffix or parts.ipv4 or parts.ipv6:
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
        return "-".join(re.findall(r"[a-z0-9]+", plain))[:40].strip("-") or re.sub(r"[^a-z0-9]+", "-", site).strip("-")
    labels = [label for label in [*parts.subdomain.split("."), parts.domain] if label]
    names = [label for label in labels if label not in _STAGES] or [parts.suffix]  # home.cern
    english = "-english" if {"en", "english"} & set(labels) else ""
    chosen = names[0] if names[0] == parts.domain or len(names) == 1 else f"{names[0]}-{parts.domain}"
    if parts.domain in ("cas", "edu", "gov", "ac"):  # a house of many institutes: its own name says nothing
        chosen = names[0]
    return re.sub(r"[^a-z0-9]+", "-", f"{chosen}{english}".lower()).strip("-")


def _country(site: str) -> str | None:
    ending = host_port(site)[0].rsplit(".", 1)[-1]
    if ending in _COUNTRY_OF:
        return _COUNTRY_OF[ending]
    return ending.upper() if len(ending) == 2 and ending.isalpha() and ending.upper() in _zones() else None


@cache
def _zones() -> dict[str, list[str]]:
    """Country to its time zones, from the table that the time zone data brings along."""
    table = resources.files("tzdata").joinpath("zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    zones: dict[str, list[str]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            zones.setdefault(country, []).append(zone)
    return zones


def _zone(country: str | None) -> tuple[str | None, str | None]:
    """The clock of a country, and a doubt where it has several or none is known."""
    if country is None:
        return None, "the address does not tell the country: times are read as UTC until `timezone` says otherwise"
    if country in _ZONES_OF:
        return _ZONES_OF[country], None
    zones = _zones().get(country, [])
    if len(zones) == 1:
        return zones[0], None
    return None, f"{country} has {len(zones)} time zones: times are read as UTC until `timezone` says which"


__all__ = ["CannotOnboard", "Onboarded", "onboard"]
