"""The crawler: turns a source into articles. Scrapy lives in this room and nowhere else.

Other rooms import from here and nothing deeper. Importing this room is cheap: each name below is looked up when it is first
used, and Scrapy is imported only in the process of a crawl.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crawler.browsers import NoBrowser, find_browser
    from crawler.catalog import Catalog, UnknownSource
    from crawler.check import Check, check_source
    from crawler.complaints import BadSource
    from crawler.explained import TemplateSaw, explain_kept
    from crawler.extraction import Template, TextPage, extract, read_text_pages
    from crawler.imports import import_paths
    from crawler.launch import CrawlProcess, crawl, start_crawl
    from crawler.onboarding import Onboarded, onboard
    from crawler.permission import NoContact, check_contact
    from crawler.replay import Difference, ReplayReport, replay_captures
    from crawler.safety import Guard, Refusal, guard_for
    from crawler.source import Source, load_source, parse_source
    from crawler.stations import Extraction, Hints, Limits, NotAnArticle, PageKind, Progress, Selectors
    from crawler.urls import BadAddress

_DOORS = {
    "BadSource": "complaints",
    "Catalog": "catalog",
    "CrawlProcess": "launch",
    "Extraction": "stations",
    "Guard": "safety",
    "Refusal": "safety",
    "guard_for": "safety",
    "BadAddress": "urls",
    "Hints": "stations",
    "Limits": "stations",
    "NoBrowser": "browsers",
    "find_browser": "browsers",
    "NoContact": "permission",
    "check_contact": "permission",
    "NotAnArticle": "stations",
    "PageKind": "stations",
    "Progress": "stations",
    "Selectors": "stations",
    "Source": "source",
    "Template": "extraction",
    "TemplateSaw": "explained",
    "TextPage": "extraction",
    "UnknownSource": "catalog",
    "Check": "check",
    "check_source": "check",
    "crawl": "launch",
    "explain_kept": "explained",
    "extract": "extraction",
    "import_paths": "imports",
    "Onboarded": "onboarding",
    "onboard": "onboarding",
    "Difference": "replay",
    "ReplayReport": "replay",
    "replay_captures": "replay",
    "load_source": "source",
    "parse_source": "source",
    "read_text_pages": "extraction",
    "start_crawl": "launch",
}


def __getattr__(name: str) -> Any:
    if name not in _DOORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_DOORS[name]}"), name)
    globals()[name] = value
    return value


__all__ = [
    "BadAddress",
    "BadSource",
    "Catalog",
    "Check",
    "CrawlProcess",
    "Difference",
    "Extraction",
    "Guard",
    "Hints",
    "Limits",
    "NoBrowser",
    "NoContact",
    "NotAnArticle",
    "Onboarded",
    "PageKind",
    "Progress",
    "Refusal",
    "ReplayReport",
    "Selectors",
    "Source",
    "Template",
    "TemplateSaw",
    "TextPage",
    "UnknownSource",
    "check_contact",
    "check_source",
    "crawl",
    "explain_kept",
    "extract",
    "find_browser",
    "guard_for",
    "import_paths",
    "load_source",
    "onboard",
    "parse_source",
    "read_text_pages",
    "replay_captures",
    "start_crawl",
]
