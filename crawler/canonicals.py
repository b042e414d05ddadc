"""The crawler room: may a page's `rel=canonical` be believed? Decisions and the memory of one crawl. Pure.

Institutes' pages name all kinds of addresses there: the home page, the list, the first article for all of them, a host that
is long gone. So a claim counts only inside the scope, for one text alone, and when the named page shows the same article.
After PROOFS_ENOUGH proofs that addresses of one shape stand for those of another one, it is believed without asking.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from crawler.shapes import family, file_ending, looks_like_list
from crawler.urls import BadAddress, canonical, in_scope, join, same_page

PROOFS_ENOUGH = 3  # different articles
WRONG_MAX = 3  # claims of a site that proved wrong in one crawl; then none is believed any more


class Canonicals:
    """What the pages of one crawl claim."""

    def __init__(self, hosts: Iterable[str], *, home: str, seeds: Iterable[str]) -> None:
        self._hosts = tuple(hosts)
        self._fronts = (home, *seeds)  # addresses that are no article's
        self._claimed: dict[str, str] = {}  # address -> digest of the text that claimed it first
        self._proofs: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._wrong = 0

    def claim(self, url: str, said: str | None, digest: str) -> str | None:
        """The address that the page at `url` names as its own, in canonical form, when it is worth a look; None: there is
        none, or it cannot be this article's. `digest`: of its text.
        """
        if said is None or self._wrong >= WRONG_MAX:
            return None
        try:
            named = canonical(join(url, said) or "", self._hosts)
        except BadAddress:
            return None
        if same_page(named, url) or not in_scope(named, self._hosts) or self._is_front(named):
            return None
        if self._claimed.setdefault(named, digest) != digest:
            self.refute(url, named)
            return None
        return named

    def _is_front(self, url: str) -> bool:
        return file_ending(url) is not None or looks_like_list(url) or any(same_page(url, one) for one in self._fronts)

    def is_proven(self, url: str, named: str) -> bool:
        """Whether addresses of this shape were found to stand for those of that one."""
        return len(self._proofs[family(url), family(named)]) >= PROOFS_ENOUGH

    def prove(self, url: str, named: str) -> None:
        """The named page shows the same article."""
        self._proofs[family(url), family(named)].add(named)

    def refute(self, url: str, named: str) -> None:
        """It shows another one, or nothing."""
        self._wrong += 1
        self._proofs.pop((family(url), family(named)), None)
