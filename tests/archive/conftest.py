"""Archives to test: every test that takes `archive` runs on SQLite and on PostgreSQL."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

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


class Disk:
    """A file system of its own, as small as a test wants it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self, *options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(self.folder)]
        subprocess.run(command, check=True, capture_output=True)

    def holds(self, kib: int) -> None:
        self.mount("remount", "rw", f"size={kib}k")

    def read_only(self) -> None:
        self.mount("remount", "ro")


@pytest.fixture
def disk() -> Iterator[Disk]:
    """Only root may mount one, and not in every container: skipped elsewhere. Not in `tmp_path`, which no other user enters."""
    made = Disk(Path(tempfile.mkdtemp(prefix="na-disk-", dir="/tmp")))
    try:
        made.mount("size=16m", "mode=777")
    except (OSError, subprocess.CalledProcessError):
        made.folder.rmdir()
        pytest.skip("no file system can be mounted here")
    try:
        yield made
    finally:
        subprocess.run(["umount", "--lazy", str(made.folder)], check=True)
        made.folder.rmdir()
