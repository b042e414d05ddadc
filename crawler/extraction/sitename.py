"""The crawler room, extraction: what a site calls itself, and cutting that off a page's title."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from crawler.extraction.declared import Declared
from crawler.extraction.folding import fold

# Blanks around the weak separators are part of them: "Covid-19" and "1914-1918" are words.
_SEPARATOR = re.compile(
    r"\s*[|｜_＿]+\s*|\s+(?:[-–—−·•»«›‹~:/@]+|::|>+|<+)\s+|\s*(?:－|——|::|--+)\s*|(?<=[^\x00-\x7f])\s*[-–—]\s*(?=[^\x00-\x7f])"
)
_HOST_STOP = frozenset(
    ("www", "com", "org", "net", "edu", "gov", "ac", "co", "news", "blog", "en", "de", "english", "m", "web", "cn")
)
_BODY_SUFFIX = re.compile(
    r"(?:网|網|网站|官网|门户|门户网站|新闻网|信息网|政府网|研究所|研究院|大学|学院|委员会|人民政府|办公室|中心|学会|协会|医院|频道|博客|部|局|厅|院|馆|社)$"
)


def site_names(declared: Declared, url: str) -> frozenset[str]:
    """Folded names by which the site may sign its titles: declared names and the labels of its host."""
    names = {fold(value) for value in declared.claims.values("site", "organisation")}
    host = (urlsplit(url).hostname or "") if _sound(url) else ""
    labels = [label for label in host.split(".") if label not in _HOST_STOP]
    names |= {fold(label) for label in labels if len(label) > 2}
    names |= {fold(host.removeprefix("www."))} if host else set()
    return frozenset(name for name in names if len(name) > 1)


def _sound(url: str) -> bool:
    try:
        return urlsplit(url).hostname is not None
    except ValueError:
        return False


def is_site(segment: str, names: Iterable[str]) -> bool:
    """Whether a piece of a title is the site's own name (or the name a part of it)."""
    folded = fold(segment)
    if not folded:
        return True
    return any(
        folded == name
        or (len(name) > 3 and name in folded and len(folded) < 3 * len(name))
        or (len(folded) > 3 and folded in name)
        for name in names
    )


def split_title(title: str) -> list[str]:
    """The pieces between separators, in order."""
    return [piece.strip() for piece in _SEPARATOR.split(title) if piece and piece.strip()]


def cut_site(title: str, names: Iterable[str]) -> str:
    """The title without the site's name at its end or start, brackets around the whole undone; never empty."""
    names = frozenset(names)
    kept = title.strip()
    while len(split_title(kept)) > 1:
        matches = list(_SEPARATOR.finditer(kept))
        last, first = matches[-1], matches[0]
        if is_site(kept[last.end() :], names) and kept[: last.start()].strip():
            kept = kept[: last.start()].strip()
        elif is_site(kept[: first.start()], names) and kept[first.end() :].strip():
            kept = kept[first.end() :].strip()
        else:
            break
    return unbracket(kept)


def cut_tail(title: str) -> str:
    """The title without a last piece that looks like a name though nobody declares it: shorter than what is before it."""
    matches = list(_SEPARATOR.finditer(title))
    for match in matches:
        head, tail = title[: match.start()].strip(), title[match.end() :].strip()
        if (
            (len(head) >= len(tail) or ends_like_a_body(tail))
            and (len(head) >= 12 or len(fold(head)) >= 4)
            and len(tail) <= 60
        ):
            return unbracket(head)
    return unbracket(title)


def unbracket(title: str) -> str:
    """【标题】 means 标题, when nothing else is in it."""
    title = title.strip()
    if title.startswith("【") and title.endswith("】") and title.count("【") == 1 and len(title) > 2:
        return title[1:-1].strip()
    return title


def ends_like_a_body(segment: str) -> bool:
    """Whether a Chinese piece of a title ends as names of offices and sites do."""
    return bool(_BODY_SUFFIX.search(segment.strip()))
