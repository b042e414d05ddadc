"""What the tests of crawls stand on: an institute that is served, an archive, and a crawl of the one into the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from institute import DAY_1, Institute

from archive import Archive
from crawler import crawl


@pytest.fixture
def leaf():
    """An institute that is answered for on loopback."""
    institute = Institute()
    with institute.served():
        yield institute


class Desk:
    """An archive, and crawls into it. The clock stands where the test puts it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.captures = folder / "captures"
        self.now = DAY_1

    def crawl(self, institute, slug="leaf", *, extra="", seeds=None, private=(), **options):
        source = institute.source(self.folder, slug, extra=extra, seeds=seeds, private=private)
        return crawl(source, self.url, now=self.now, captures=self.captures, **options)

    @property
    def archive(self) -> Archive:
        return Archive(self.url, captures=self.captures)

    def changes(self):
        with self.archive as archive:
            return [(change.kind.value, change.url.rpartition("/")[2]) for change in archive.changes()]

    def kinds(self):
        return [kind for kind, _ in self.changes()]

    def known(self, url):
        with self.archive as archive:
            return archive.known(url)


@pytest.fixture
def desk(tmp_path):
    """An empty archive."""
    return Desk(tmp_path, f"sqlite:///{tmp_path / 'newsarchive.db'}")


@pytest.fixture
def desk_on_both(tmp_path, url):
    """The same on SQLite and on PostgreSQL: for what depends on the database."""
    return Desk(tmp_path, url)
