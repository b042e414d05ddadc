"""The crawler room, discovery: what a list is called, as its page says it: the names of its column. Pure.

A column that moves keeps its name more often than its address, so the names are what it is looked for by.
"""

from __future__ import annotations

import re

from lxml import html

from crawler.discovery.items import fold, text_of

NAMES_MAX = 4
TITLE_MAX = 1_000  # characters of a title that are looked at
NAME_MAX = 60  # characters; what is longer is a sentence
_PARTED = re.compile(r"\s*[|｜_－]\s*|\s+[-–—·•»>:]\s+|--+|\s*[>»›]+\s*|(?<=[^\x00-\x7f])[-–—]|[-–—](?=[^\x00-\x7f])")
_CRUMBS = re.compile(
    r"(?:^|[-_\s])(?:crumbs?|breadcrumbs?|position|location|weizhi|dqwz|path|current|curr\w*)(?:$|[-_\s\d])",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"^(?:home|homepage|start(?:seite)?|accueil|inicio|首页|主页|网站首页|トップ|当前位置.*|您的?位置.*|the current position.*|you are here.*|位置.*|\W*|\d+)$",
    re.IGNORECASE,
)


def names_of(tree: html.HtmlElement) -> tuple[str, ...]:
    """What this list may be called: the end of its breadcrumb, its heading, the beginning of its title."""
    found: list[str] = []
    crumbs = [
        e
        for e in tree.iter()
        if isinstance(e.tag, str) and _CRUMBS.search(f"{e.get('class') or ''} {e.get('id') or ''}")
    ]
    links = [text_of(link) for box in crumbs for link in ([box] if box.tag == "a" else box.iter("a"))]
    found += links[-1:]
    found += [text_of(heading) for tag in ("h1", "h2") for heading in tree.iter(tag)][:2]
    title = next((fold(element.text) for element in tree.iter("title")), "")
    found += _PARTED.split(title[:TITLE_MAX], maxsplit=1)[:1]
    names = (fold(name).strip(" 　:：>»›") for name in found)
    kept = dict.fromkeys(name for name in names if 0 < len(name) <= NAME_MAX and not _NO_NAME.match(name))
    return tuple(kept)[:NAMES_MAX]
