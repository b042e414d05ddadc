"""The crawler room: the running count of one crawl. The event loop and the writer thread write different fields of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from archive import Change


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
    unchanged: int = 0
    not_modified: int = 0
    gone: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    walled: int = 0
    walled_in_a_row: int = 0
    # by both: reasons never overlap
    skipped: Counter[str] = field(default_factory=Counter)

    def skip(self, reason: str, count: int = 1) -> None:
        """Something was left out, for this reason."""
        if count > 0:
            self.skipped[reason] += count

    def changed(self, change: Change | None) -> None:
        """What storing an article led to."""
        if change is None:
            self.unchanged += 1
        else:
            self.changes[change.kind.value] += 1

    @property
    def changes_total(self) -> int:
        """Lines written to the change log."""
        return sum(self.changes.values())
