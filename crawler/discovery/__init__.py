"""The crawler room, discovery: how the addresses of new articles are found. Pure: bytes in, a `Page` out.

`read_seed` reads any page of any seed; what kind it is the source says. The caller fetches, follows `Page.next` and decides
when to stop; nothing here asks the net or remembers anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from crawler.discovery.feed import read_feed
from crawler.discovery.json_list import read_json
from crawler.discovery.listing import read_listing
from crawler.discovery.page import Page
from crawler.discovery.sitemap import read_sitemap
from crawler.source import Seed
from crawler.urls import with_scheme_of

__all__ = ["Page", "read_feed", "read_json", "read_listing", "read_seed", "read_sitemap"]


def read_seed(  # noqa: PLR0913 - what is known of a fetched page, each of it by name
    seed: Seed,
    data: bytes,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    page: int = 1,
    hosts: Sequence[str] | None = None,
    at: datetime | None = None,
    timezone: str | None = None,
) -> Page:
    """What one page of a seed says. Never raises on any bytes: `Page.problem` says what is wrong with them.

    Args:
        seed: the seed this walk began with; its kind decides how the page is read.
        data: the answer's body.
        url: where it came from, after redirects.
        headers: of the answer; Content-Type alone is looked at.
        page: number of this page in the walk, from 1.
        hosts: the source's scope; default: the seed's own host.
        at: moment of the fetch (aware), for dates like "3 hours ago".
        timezone: IANA name of the source's zone, for times that state none.

    """
    result = _read(seed, data, url, headers=headers, page=page, hosts=hosts, at=at, timezone=timezone)
    found, files = (
        tuple(replace(item, url=with_scheme_of(item.url, url)) for item in items)
        for items in (result.found, result.files)
    )
    further = tuple(with_scheme_of(address, url) for address in result.next)
    return replace(result, found=found, files=files, next=further)


def _read(  # noqa: PLR0913 - as `read_seed`
    seed: Seed,
    data: bytes,
    url: str,
    *,
    headers: Mapping[str, str] | None,
    page: int,
    hosts: Sequence[str] | None,
    at: datetime | None,
    timezone: str | None,
) -> Page:
    match seed.kind:
        case "feed":
            return read_feed(data, url, seed, headers=headers, hosts=hosts, timezone=timezone)
        case "sitemap":
            return read_sitemap(data, url, seed, hosts=hosts)
        case "json":
            return read_json(data, url, seed, hosts=hosts, page=page, timezone=timezone)
        case _:
            return read_listing(data, url, seed, headers=headers, page=page, hosts=hosts, at=at, timezone=timezone)
