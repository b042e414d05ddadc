"""The archive room: a restore from beginning to end: put back, opened, verified, and noted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from archive import backup
from archive.archive import CAPTURES, Archive
from archive.depot import Depot, depot_of
from archive.dialect import database_file, parse_url
from archive.events import DONE, What
from archive.proceedings import Restored


def restore(
    src: Path, url: str, *, captures: Depot | str | None = None, progress: Callable[[int, int], None] | None = None
) -> Restored:
    """Put a backup into the empty place that `url` and `captures` name, and prove it with `verify`.

    Raises BadBackup (nothing stays of what was written), ArchiveUnavailable, ArchiveTooNew, OSError.
    """
    file = database_file(parse_url(url))
    depot = depot_of(captures if captures is not None else (file.parent if file else Path()) / CAPTURES)
    manifest = backup.restore(Path(src), url, depot, progress)
    with Archive(url, captures=depot) as archive:
        findings = tuple(archive.verify(progress=progress))
        outcome = f"{len(findings)} problems found" if findings else DONE
        archive.note(What.RESTORED, str(src), outcome=outcome, feed=manifest.feed, made_at=manifest.made_at)
        return Restored(
            made_at=manifest.made_at,
            feed=manifest.feed,
            files=len(manifest.files),
            articles=sum(archive.counts().values()),
            findings=findings,
        )
