"""The crawler room: what a site asks of those who visit it. robots.txt (RFC 9309), Crawl-delay, Retry-After.

Values only: fetching robots.txt and waiting are `crawler.fetch` and `crawler.pace`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from protego import Protego

AGENT = "newsarchive"  # the product token that robots.txt addresses
ROBOTS_MAX_BYTES = 500 * 1024  # RFC 9309, section 2.5: at least 500 KiB are parsed; more is cut off
ROBOTS_HOPS = 5  # RFC 9309, section 2.3.1.2: redirects followed at least
CRAWL_DELAY_MAX_S = (
    24 * 3600.0
)  # a larger number is no delay but a way to say no; the crawl's own time bounds it earlier
RETRY_AFTER_MAX = timedelta(hours=6)  # a host that asks for more is visited at its next regular turn
RETRY_AFTER_UNSAID = timedelta(seconds=60)  # 429 and 503 that name no time


@dataclass(frozen=True, slots=True)
class Robots:
    """What one authority (scheme, host, port) allows."""

    rules: Protego | None = None
    all_of_it: bool = True  #: without rules: everything allowed, or nothing
    why: str = ""
    unreachable: bool = False  #: not even an error was answered

    def allows(self, url: str) -> bool:
        """May this address be fetched by us?"""
        if self.rules is None:
            return self.all_of_it
        return bool(self.rules.can_fetch(url, AGENT))

    @property
    def delay_s(self) -> float:
        """Crawl-delay, or what Request-rate comes to; 0 where neither is said."""
        if self.rules is None:
            return 0.0
        rate = self.rules.request_rate(AGENT)
        spaced = rate.seconds / rate.requests if rate is not None and rate.requests else 0.0
        return min(max(float(self.rules.crawl_delay(AGENT) or 0.0), spaced, 0.0), CRAWL_DELAY_MAX_S)

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """Addresses of sitemaps it names."""
        return tuple(self.rules.sitemaps) if self.rules is not None else ()


def read_robots(status: int | None, body: bytes, *, trouble: str = "") -> Robots:
    """The rules that an answer to robots.txt gives. RFC 9309, section 2.3.1: 2xx is parsed; 4xx means there are no rules;
    5xx, no answer, and 429 (which says "not now") mean: nothing may be fetched. `status` None: no answer at all.
    """
    if status is None:
        return Robots(
            all_of_it=False,
            why=f"robots.txt cannot be reached ({trouble or 'no answer'}): nothing is fetched",
            unreachable=True,
        )
    if status >= 500 or status == 429:
        return Robots(all_of_it=False, why=f"robots.txt answers {status}: nothing is fetched")
    if status >= 300:
        return Robots(why=f"robots.txt answers {status}: no rules")
    if len(body) > ROBOTS_MAX_BYTES:  # half a rule is another rule
        body = body[:ROBOTS_MAX_BYTES]
        body = body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
    text = body.decode("utf-8-sig", errors="replace").replace("\x00", "")
    return Robots(rules=Protego.parse(text), why="robots.txt")


def read_retry_after(value: str | None, *, now: datetime) -> datetime | None:
    """The time before which the host wants no further request: seconds or an HTTP date (RFC 9110, section 10.2.3),
    never further off than RETRY_AFTER_MAX; None where the value says nothing that can be read.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return now + min(timedelta(seconds=int(text[:9])), RETRY_AFTER_MAX)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at.astimezone(UTC), now), now + RETRY_AFTER_MAX)


def user_agent(version: str, contact: str | None) -> str:
    """Who we are, and whom to write to.

    Raises:
        ValueError: the contact holds what cannot stand in a header.

    """
    if not contact:
        return f"{AGENT}/{version}"
    if len(contact) > 200 or not contact.isascii() or not contact.isprintable() or "(" in contact or ")" in contact:
        raise ValueError(
            f"contact: {contact[:60]!r} must be an address or a link in plain ASCII, at most 200 characters"
        )
    return f"{AGENT}/{version} (+{contact})"
