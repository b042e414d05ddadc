"""The crawler room: adding a source whose pages are empty until JavaScript has run: first a browser is tried, then one that may
load scripts from the hosts that the pages name.
"""

from __future__ import annotations

from urllib.parse import urljoin

from crawler.browsers import NoBrowser, find_browser
from crawler.check import Check
from crawler.evidence import is_shell
from crawler.extraction import extract
from crawler.extraction.decode import decode
from crawler.extraction.tree import parse
from crawler.look import Look, Seen
from crawler.source import Source
from crawler.stations import PageKind
from crawler.survey import Surveyed
from crawler.urls import BadAddress, canonical, in_scope, site_of

TRIES = 2  # a browser, and one with further hosts
HOSTS_MAX = 8
# They count visitors and bring nothing to read.
_COUNTERS = (
    "google-analytics.com", "googletagmanager.com", "doubleclick.net", "hm.baidu.com", "cnzz.com", "umeng.com",
    "matomo.cloud", "hotjar.com", "clarity.ms", "facebook.net", "mc.yandex.ru", "cloudflareinsights.com",
)  # fmt: skip


def shell_among(surveyed: Surveyed, start: Seen, check: Check | None, look: Look) -> tuple[Seen, str] | None:
    """A page that is an empty shell, and why we think so, where that is why nothing was found."""
    if check is None:
        if surveyed.lists or surveyed.feeds or surveyed.sitemaps:
            return None
        tree = parse(decode(start.body, dict(start.headers)).text)
        page = extract(start.body, start.final, dict(start.headers))
        if page.kind is PageKind.SHELL:
            return start, page.why
        return (start, "scripts and hardly a word") if tree is not None and is_shell(tree) else None
    shells = [article for article in check.articles if article.kind == PageKind.SHELL.value]
    if check.good or not shells:
        return None
    return look.at(shells[0].url), shells[0].why


def with_browser(wish: Source, page: Seen, why: str) -> Source | None:
    """What to try next; None when all was tried. Raises NoBrowser."""
    if not wish.render:
        try:
            find_browser()
        except NoBrowser as error:
            raise NoBrowser(f"{page.final} is {why}, and only a browser shows it, but {error}") from error
        return wish.model_copy(update={"render": True})
    hosts = _script_hosts(page, wish)
    return wish.model_copy(update={"render_hosts": hosts}) if hosts and not wish.render_hosts else None


def _script_hosts(page: Seen, wish: Source) -> tuple[str, ...]:
    """Hosts out of scope that the page loads scripts from, the first first."""
    tree = parse(decode(page.body, dict(page.headers)).text)
    found: dict[str, None] = {}
    for script in tree.iter("script") if tree is not None else ():
        try:
            url = canonical(urljoin(page.final, script.get("src") or ""))
        except BadAddress:
            continue
        host = site_of(url)
        if not in_scope(url, wish.hosts) and not host.endswith(_COUNTERS):
            found[host] = None
    return tuple(found)[:HOSTS_MAX]
