"""The crawler room: a source, an institute's news site as one TOML file says it. The file name is the slug.

Reading is strict: a key nobody knows, a value of the wrong kind, a host outside the scope is a `BadSource`, one sentence
that names the file, the line, the key and what to write instead. Nothing is fetched and no clock is read here.
"""

from __future__ import annotations

import re
import tomllib
from datetime import time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from lxml import etree
from lxml.cssselect import CSSSelector, SelectorError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    ValidationError,
    model_validator,
)

from crawler.complaints import BadSource, bad_source, line_of, nearest_words
from crawler.stations import FILE_BYTES_MAX, Hints, Selectors
from crawler.units import check_schedule, read_duration, read_size, read_window, write_duration, write_window
from crawler.urls import BadAddress, canonical, host_port, in_scope, site_of

BUILT_IN = Path(__file__).resolve().parent / "sources"
FILE_MAX = 256 * 1024  # bytes; a source file is a page of text
PLATFORMS = ("trs", "vsb", "webplus", "hanweb", "wordpress", "drupal", "typo3", "plone", "spip", "generic")
SEED_KINDS = ("feed", "sitemap", "listing", "json")
SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(days=7)  # that a source may ask for
PAGES = 100  # list pages walked in a backfill unless the source says otherwise
_SLUG = re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
_PAGE = re.compile(r"\{page(-1)?\}")
_FROM_FILE = ("slug", "path", "text")  # fields that come from the file itself, not from a key in it


def _address(value: str) -> str:
    try:
        canonical(value)
    except BadAddress as error:
        raise ValueError(f"is no address: {error}") from error
    return value.strip()


def _host(value: str) -> str:
    try:
        host, port = host_port(value)
    except BadAddress as error:
        raise ValueError(f"is no host: {error}") from error
    return host if port is None else f"{host}:{port}"


def _private(value: str) -> str:
    if host_port(_host(value))[1] is None:
        raise ValueError(f'names no port: write "{value}:80", or the port the site answers on')
    return _host(value)


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (OSError, ValueError) as error:  # ZoneInfoNotFoundError is a KeyError below
        raise ValueError('is no time zone: write its IANA name, as in "Asia/Shanghai" or "Europe/Berlin"') from error
    except KeyError as error:
        raise ValueError('is no time zone: write its IANA name, as in "Asia/Shanghai" or "Europe/Berlin"') from error
    return value


def _language(value: str) -> str:
    if not re.match(r"^[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8})*$", value):
        raise ValueError('is no language: write its tag, as in "en", "zh" or "pt-BR"')
    return value


def _country(value: str) -> str:
    if not re.match(r"^[A-Z]{2}$", value):
        raise ValueError('is no country: write the two capital letters of ISO 3166, as in "CN" or "DE"')
    return value


def _platform(value: str) -> str:
    if value not in PLATFORMS:
        raise ValueError(
            f"is no known platform{nearest_words(value, PLATFORMS)}: leave it out, or write one of {', '.join(PLATFORMS)}"
        )
    return value


def _css(value: str) -> str:
    try:
        CSSSelector(value, translator="html")
    except (SelectorError, etree.XPathError) as error:
        raise ValueError(f"is no CSS selector: {str(error).splitlines()[0]}") from error
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return value


def _file_size(value: int) -> int:
    if not 1 <= value <= FILE_BYTES_MAX:
        raise ValueError(f"is out of bounds: at most {FILE_BYTES_MAX // 10**6}MB of one file are taken in")
    return value


def _range(value: tuple[int, int]) -> tuple[int, int]:
    if value[0] < 0 or value[0] > value[1]:
        raise ValueError("is no range: write the smaller number first, as in [1, 60]")
    return value


_Text = Annotated[str, Field(min_length=1)]
_Address = Annotated[str, AfterValidator(_address)]
_Css = Annotated[str, Field(min_length=1), AfterValidator(_css)]
_Duration = Annotated[
    timedelta, BeforeValidator(read_duration), PlainSerializer(write_duration, when_used="json-unless-none")
]
_Window = Annotated[
    tuple[time, time], BeforeValidator(read_window), PlainSerializer(write_window, when_used="json-unless-none")
]
_Whole = Annotated[int, Strict()]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))


class Seed(_Table):
    """An address where discovery starts: one `[[discover]]` table."""

    kind: Literal["feed", "sitemap", "listing", "json"]
    url: _Address
    links: _Css | None = None  #: listing: CSS of the article links; everything it matches is an article
    match: Annotated[str, AfterValidator(_pattern)] | None = (
        None  #: regular expression that an article's address must hold
    )
    pages: Annotated[_Whole, Field(ge=1, le=100_000)] = PAGES  #: most pages of a backfill
    items: _Text | None = None  #: json: dotted path to the array of items, e.g. "data.list"; "." is the answer itself
    link: _Text | None = (
        None  #: json: path inside an item to its address, or an address with {name} for fields of the item
    )
    title: _Text | None = None  #: json: path inside an item
    date: _Text | None = None  #: json: path inside an item
    next: _Text | None = (
        None  #: json: path to the next page's address; json, listing: the address with {page} or {page-1}
    )

    @model_validator(mode="after")
    def _keys_of_their_kind(self) -> Seed:
        for key in ("items", "link", "title", "date", "next"):
            kinds = ("json", "listing") if key == "next" else ("json",)
            if self.kind not in kinds and getattr(self, key) is not None:
                raise ValueError(f'{key}: belongs to kind = "json", but this seed is kind = "{self.kind}"')
        if self.kind == "listing" and self.next is not None and not _PAGE.search(self.next):
            raise ValueError(
                "next: of a list it is the address of its further pages, with {page} (2, 3, …) or {page-1} (1, 2, …) in it"
            )
        if self.kind == "json" and (self.items is None or self.link is None):
            raise ValueError(
                'items: kind = "json" needs `items` and `link`: where the array of items is, and each item\'s address'
            )
        if self.kind != "listing" and self.links is not None:
            raise ValueError(f'links: belongs to kind = "listing", but this seed is kind = "{self.kind}"')
        return self

    def further(self, page: int) -> str | None:
        """The address of this page (from 2 on) by the `next` of the source file; None where that names none."""
        if self.next is None or not _PAGE.search(self.next):
            return None
        return _PAGE.sub(lambda match: str(page - 1 if match[1] else page), self.next)


class ExtractTable(_Table):
    """Selectors that override the generic extraction: the `[extract]` table."""

    title: _Css | None = None
    date: _Css | None = None
    author: _Css | None = None
    origin: _Css | None = None
    section: _Css | None = None
    body: _Css | None = None
    drop: tuple[_Css, ...] = ()

    def selectors(self) -> Selectors:
        """The same as the value that extraction takes."""
        return Selectors(**{name: getattr(self, name) for name in ExtractTable.model_fields})


class AttachmentsTable(_Table):
    """Files and pictures of articles: the `[attachments]` table. None: as the installation's settings say."""

    fetch: Annotated[bool, Strict()] | None = None  #: the files that articles hand out
    images: Annotated[bool, Strict()] | None = None  #: their pictures
    max_bytes: Annotated[int, BeforeValidator(read_size), AfterValidator(_file_size)] | None = None  #: of one of them
    hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = ()  #: where they may lie besides the scope


class ExpectTable(_Table):
    """Bounds outside of which a crawl raises an alarm: the `[expect]` table."""

    articles_per_month: Annotated[tuple[_Whole, _Whole], AfterValidator(_range)] | None = None
    body_words_min: Annotated[_Whole, Field(ge=0)] | None = None


class Source(_Table):
    """An institute's news site. `delay` is None where the file leaves it to the operator's settings."""

    slug: str
    name: _Text
    home: _Address
    country: Annotated[str, AfterValidator(_country)] | None = None
    languages: tuple[Annotated[str, AfterValidator(_language)], ...] = ()
    timezone: Annotated[str, AfterValidator(_zone)] | None = None  #: IANA name; None: schedule and window are in UTC
    platform: Annotated[str, AfterValidator(_platform)] | None = None
    hosts: tuple[
        Annotated[str, AfterValidator(_host)], ...
    ] = ()  #: the scope, "host" or "host:port"; never empty once loaded
    allow_private: tuple[
        Annotated[str, AfterValidator(_private)], ...
    ] = ()  #: "host:port" that may lie in a private network
    schedule: Annotated[str, BeforeValidator(check_schedule)] = "adaptive"  #: "adaptive", a duration, or a cron line
    window: _Window | None = None  #: crawl only then, in `timezone`
    shortest_wait: _Duration | None = None  #: between two crawls of an adaptive schedule
    longest_wait: _Duration | None = None  #: None: the operator's
    delay: _Duration | None = None  #: between two requests to one host
    render: Annotated[bool, Strict()] = False  #: its pages are empty until JavaScript has run: a browser shows them
    render_hosts: tuple[
        Annotated[str, AfterValidator(_host)], ...
    ] = ()  #: where scripts and data of its pages may lie besides the scope
    discover: tuple[Seed, ...]  #: at least one
    extract: ExtractTable = ExtractTable()
    attachments: AttachmentsTable = AttachmentsTable()
    expect: ExpectTable = ExpectTable()
    path: Path | None = None  #: the file it was read from
    text: str = Field(default="", repr=False)  #: that file's content

    def hints(self, title: str | None, date: str | None) -> Hints:
        """What this source knows of a page that its seeds led to: `title` and `date` as the seed said them."""
        return Hints(
            # A sitemap names standing pages as well as news, and gives no titles: then the page must speak for itself.
            linked=title is not None or all(seed.kind != "sitemap" for seed in self.discover),
            title=title,
            date=date,
            timezone=self.timezone,
            languages=self.languages,
            platform=self.platform,
        )

    @model_validator(mode="before")
    @classmethod
    def _scope(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("hosts") and isinstance(data.get("home"), str):
            try:
                return {**data, "hosts": (site_of(data["home"]),)}
            except BadAddress:
                return data  # the check of `home` says it better
        return data

    @model_validator(mode="after")
    def _waits(self) -> Source:
        for name in ("shortest_wait", "longest_wait"):
            wait = getattr(self, name)
            if wait is not None and not SHORTEST_WAIT <= wait <= LONGEST_WAIT:
                raise ValueError(f'{name}: is out of reach: write a duration from "1m" to "7d"')
        if self.shortest_wait and self.longest_wait and self.shortest_wait > self.longest_wait:
            raise ValueError("shortest_wait: is longer than longest_wait")
        return self

    @model_validator(mode="after")
    def _seeds_in_scope(self) -> Source:
        if not self.discover:
            raise ValueError("discover: needs at least one [[discover]] table with kind and url")
        for seed in self.discover:
            if not in_scope(seed.url.replace("{page}", "1"), self.hosts):
                raise ValueError(
                    f'hosts: the seed {seed.url} lies outside of the scope: add "{site_of(seed.url)}" to hosts = {list(self.hosts)}'
                )
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The clock that schedule and window are read on."""
        return ZoneInfo(self.timezone or "UTC")


#: The keys of each table, for complaints; "" is the top of the file.
_KEYS = {
    "": tuple(name for name in Source.model_fields if name not in _FROM_FILE),
    "discover": tuple(Seed.model_fields),
    "extract": tuple(ExtractTable.model_fields),
    "attachments": tuple(AttachmentsTable.model_fields),
    "expect": tuple(ExpectTable.model_fields),
}


def load_source(where: str | Path) -> Source:
    """The source in this file, or the built-in source of this slug.

    Raises:
        BadSource: there is no such file or slug, it cannot be read, or it does not say what a source must say.

    """
    path = Path(where)
    if isinstance(where, str) and _SLUG.match(where) and not path.exists():
        path = BUILT_IN / f"{where}.toml"
        if not path.is_file():
            known = sorted(entry.stem for entry in BUILT_IN.glob("*.toml"))
            raise BadSource(
                where,
                f"is neither a file nor a built-in source{nearest_words(where, known)}; `newsarchive sources list` names them",
            )
    try:
        if path.stat().st_size > FILE_MAX:
            raise BadSource(str(path), f"is larger than a source file can be ({FILE_MAX // 1024} KB)")
        data = path.read_bytes()
    except OSError as error:
        raise BadSource(str(path), f"cannot be read: {error.strerror or error}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadSource(str(path), "is not UTF-8: save the file in that encoding", line=line) from error
    return parse_source(text, slug=path.stem, path=path)


def parse_source(text: str, *, slug: str, path: Path | None = None) -> Source:
    """The source that this TOML text defines. Raises BadSource."""
    file = str(path) if path else f"{slug}.toml"
    if not _SLUG.match(slug):
        raise BadSource(
            file,
            "a source's file name is its slug: lower-case letters, digits and single hyphens, as in my-institute.toml",
        )
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line = int(match[1]) if match else text.count("\n") + 1
        raise BadSource(file, f"is no valid TOML: {str(error).split(' (at')[0].lower()}", line=line) from error
    for key in _FROM_FILE:
        if key in data:
            raise BadSource(
                file,
                f"unknown key `{key}`: the file itself says that; delete the line",
                key=key,
                line=line_of(text, (key,)),
            )
    try:
        return Source(**{**data, "slug": slug, "path": path, "text": text})
    except ValidationError as error:
        raise bad_source(file, text, error, _KEYS) from error


assert get_args(Seed.model_fields["kind"].annotation) == SEED_KINDS
