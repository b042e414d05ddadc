"""The real pages kept beside the checkout, as far as they are lists: what can be reached from each by links alone.

Read without our own code on purpose: hrefs by a regular expression, joined, nothing judged.
"""

from __future__ import annotations

import gzip
import html
import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

_HREF = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*["']?\s*([^"'\s>]+)""", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class SavedList:
    """One saved list and the saved articles of its host that it leads to, at once or over other saved lists."""

    host: str
    url: str
    articles: set[str]


def _bare(url: str) -> str:
    """An address as the replaying proxy looks it up: without scheme and fragment, index pages folded."""
    bare = url.partition("#")[0].partition("://")[2]
    return re.sub(r"/index\.(?:html?|php)$", "/", bare)


def saved_lists(pages: Path) -> list[SavedList]:
    """Every saved list that has an address, in the order of the index."""
    rows = [json.loads(line) for line in (pages / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["url"]]
    lists = {_bare(row["url"]): row for row in rows if row["kind"] == "listing"}
    articles = {_bare(row["url"]): row["url"] for row in rows if row["kind"] == "article"}
    links = {key: _links(pages / row["file"], row["url"]) for key, row in lists.items()}
    found = []
    for key, row in lists.items():
        host = urlsplit(row["url"]).hostname or ""
        met, waiting = set(), [key]
        while waiting:
            here = waiting.pop()
            if here in met:
                continue
            met.add(here)
            waiting += [link for link in links[here] if link in lists and link.startswith(f"{host}/")]
        named = {
            articles[link] for here in met for link in links[here] if link in articles and link.startswith(f"{host}/")
        }
        found.append(SavedList(host=host, url=row["url"].replace("https://", "http://"), articles=named))
    return found


def _links(file: Path, url: str) -> set[str]:
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    text = data.decode("utf-8", "replace")
    return {_bare(urljoin(url, html.unescape(href))) for href in _HREF.findall(text)}
