"""The crawler room: the running count of one crawl. The event loop and the writer thread write different fields of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from archive import Change, ChangeKind

DAYS_MOST = 60  # stated days in a report; a backfill of years has thousands


@dataclass(slots=True)
class Tally:
    """Counts for the report and for the bounds; see `archive.CrawlReport` for their meaning."""

    # by the event loop
    requests: int = 0
    bytes: int = 0
    discovered: int = 0
    tried: int = 0  #: article addresses asked for
    statuses: Counter[str] = field(default_factory=Counter)
    trouble_in_a_row: int = 0  #: requests without any answer
    # by the writer thread
    fetched: int = 0
    read: int = 0  #: of them: articles
    short: int = 0  #: of these: with fewer words than the source file expects
    unchanged: int = 0
    not_modified: int = 0
    gone: int = 0
    files: int = 0  #: attachments and pictures that came
    changes: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    days: Counter[str] = field(default_factory=Counter)  #: day stated -> articles not known before; "" where none is
    walled: int = 0
    walled_in_a_row: int = 0
    repeats_in_a_row: int = 0  #: new addresses whose text this source has at another address that still answers
    # by both: reasons never overlap
    skipped: Counter[str] = field(default_factory=Counter)

    def skip(self, reason: str, count: int = 1) -> None:
        """Something was left out, for this reason."""
        if count > 0:
            self.skipped[reason] += count

    def changed(self, changes: Sequence[Change], published: str | None = None) -> None:
        """What storing an article led to, and the day it states."""
        if not changes:
            self.unchanged += 1
        for change in changes:
            self.changes[change.kind.value] += 1
            if change.kind in (ChangeKind.NEW, ChangeKind.COPIED):
                self.days[(published or "")[:10]] += 1

    def newest_days(self) -> dict[str, int]:
        """The newest DAYS_MOST stated days with their counts; what states no day stands under ""."""
        return dict(sorted(self.days.items(), reverse=True)[:DAYS_MOST]) | (
            {"": self.days[""]} if self.days[""] else {}
        )

    @property
    def changes_total(self) -> int:
        """Lines written to the change log."""
        return sum(self.changes.values())
