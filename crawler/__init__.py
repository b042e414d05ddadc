"""The crawler: turns a source into articles. Scrapy lives in this room and nowhere else.

Importing this room is cheap: each name is loaded with its module when it is first asked for, Scrapy only by a crawl.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from crawler.stations import (
    Discovered,
    Extraction,
    Fetch,
    Hints,
    Limits,
    NotAnArticle,
    PageKind,
    Progress,
    Selectors,
)

if TYPE_CHECKING:
    from crawler.catalog import Catalog, SourceLoader, UnknownSource
    from crawler.complaints import BadSource
    from crawler.source import Seed, Source, load_source, parse_source

__all__ = [
    "BadSource",
    "Catalog",
    "Discovered",
    "Extraction",
    "Fetch",
    "Hints",
    "Limits",
    "NotAnArticle",
    "PageKind",
    "Progress",
    "Seed",
    "Selectors",
    "Source",
    "SourceLoader",
    "UnknownSource",
    "load_source",
    "parse_source",
]

_WHERE = {
    "BadSource": "complaints",
    "Catalog": "catalog",
    "Seed": "source",
    "Source": "source",
    "SourceLoader": "catalog",
    "UnknownSource": "catalog",
    "load_source": "source",
    "parse_source": "source",
}


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
