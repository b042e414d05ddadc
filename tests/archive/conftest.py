"""Archives to test: every test that takes `archive` runs on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Iterator

import pytest

from archive import Archive


@pytest.fixture
def archive(url, tmp_path) -> Iterator[Archive]:
    with Archive(url, captures=tmp_path / "captures") as opened:
        yield opened


@pytest.fixture
def on_sqlite(empty_sqlite, tmp_path) -> Iterator[Archive]:
    """For what is a matter of files."""
    file = tmp_path / "archive.db"
    shutil.copy(empty_sqlite, file)
    with Archive(f"sqlite:///{file}") as opened:
        yield opened
