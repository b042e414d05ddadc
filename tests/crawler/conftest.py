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
    """An archive in a folder of its own, and crawls into it. The clock stands where the test puts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"sqlite:///{folder / 'newsarchive.db'}"
        self.now = DAY_1

    def crawl(self, institute, slug="leaf", *, extra="", seeds=None, **options):
        source = institute.source(self.folder, slug, extra=extra, seeds=seeds)
        return crawl(source, self.url, now=self.now, **options)

    @property
    def archive(self) -> Archive:
        return Archive(self.url)

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
    return Desk(tmp_path)
