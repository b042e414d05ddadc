"""Opening: made, migrated, refused with a sentence that says what to do; nothing half-written when it goes wrong."""

import sqlite3
import threading
from pathlib import Path

import pytest
from archive_samples import an_arrival, day

from archive import Archive, ArchiveDamaged, ArchiveUnavailable


def execute(file: Path, sql: str) -> None:
    connection = sqlite3.connect(file)
    with connection:
        connection.executescript(sql)
    connection.close()


def test_an_archive_is_made_on_first_use_and_found_again(tmp_path):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with Archive(url) as archive:
        archive.store(an_arrival())
        assert archive.captures == tmp_path / "captures"
        assert archive.url == url
    with Archive(url) as archive:
        assert archive.latest() == 1


def test_a_path_may_have_any_characters(tmp_path):
    folder = tmp_path / "a b?c#d%20研"
    folder.mkdir()
    with Archive(f"sqlite:///{folder}/a.db") as archive:
        archive.store(an_arrival())
    assert (folder / "a.db").exists()


@pytest.mark.parametrize("content", [b"This is a letter, no database. " * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path, content):
    file = tmp_path / "letter.txt"
    file.write_bytes(content)
    with pytest.raises(ArchiveDamaged, match="no archive or is damaged"):
        Archive(f"sqlite:///{file}")
    assert file.read_bytes() == content


def test_a_database_of_somebody_else_is_refused_and_left_alone(tmp_path):
    file = tmp_path / "music.db"
    execute(file, "CREATE TABLE albums (title TEXT)")
    with pytest.raises(ArchiveDamaged, match="albums"):
        Archive(f"sqlite:///{file}")
    assert sqlite3.connect(file).execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "no address"), ("newsarchive.db", "no address"), ("mysql://x/y", "no address"), ("sqlite://", "no address"), ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "names no file"), ("sqlite:////nowhere/at/all/a.db", "no folder /nowhere"),
        ("sqlite:////", "is a folder"),
        ("postgresql://archive@127.0.0.1:1/none?connect_timeout=2", "cannot be used now"),
    ],
)  # fmt: skip
def test_an_address_that_leads_nowhere_is_explained(url, says):
    with pytest.raises(ArchiveUnavailable, match=says):
        Archive(url)


def test_a_password_never_stands_in_an_error():
    with pytest.raises(ArchiveUnavailable) as caught:
        Archive("postgresql://archive:s3cret@127.0.0.1:1/none?connect_timeout=2")
    assert "s3cret" not in str(caught.value)


def test_an_archive_opened_to_read_writes_nothing(archive, url):
    archive.store(an_arrival())
    with Archive(url, read_only=True) as reader:
        assert reader.latest() == 1
        assert len(reader.search("moss")) == 1
        assert list(reader.verify()) == []
        with pytest.raises(ArchiveUnavailable, match="nothing was kept"):
            reader.store(an_arrival(title="Moss grew", at=day(2)))
    assert archive.latest() == 1


def test_reading_what_is_not_there_is_explained(tmp_path):
    with pytest.raises(ArchiveUnavailable, match="no archive at"):
        Archive(f"sqlite:///{tmp_path / 'a.db'}", read_only=True)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a.db").touch()
    with pytest.raises(ArchiveUnavailable, match="holds no archive yet"):
        Archive(f"sqlite:///{tmp_path / 'a.db'}", read_only=True)


def test_a_writer_waits_its_turn(on_sqlite):
    holder = sqlite3.connect(on_sqlite.url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, lambda: holder.execute("ROLLBACK"))
    timer.start()
    assert on_sqlite.store(an_arrival()).seq == 1
    timer.join()
    holder.close()


def test_a_full_disk_keeps_nothing_and_the_next_try_succeeds(on_sqlite):
    """SQLite answers with its own "disk is full" when the file may not grow further."""
    on_sqlite.store(an_arrival())
    long = "\n\n".join(f"Paragraph {number} of a long text that needs room." for number in range(40_000))
    pool = on_sqlite._engine.pool
    connection = pool.connect()
    pages = connection.driver_connection.execute("PRAGMA page_count").fetchone()[0]
    connection.driver_connection.execute(f"PRAGMA max_page_count={pages + 8}")
    connection.close()
    with pytest.raises(ArchiveUnavailable, match="disk is full"):
        on_sqlite.store(an_arrival(url="http://leaf.example/2", body=long, title="Long"))
    assert on_sqlite.latest() == 1
    assert list(on_sqlite.verify()) == []
    connection = pool.connect()
    connection.driver_connection.execute("PRAGMA max_page_count=1073741823")
    connection.close()
    assert on_sqlite.store(an_arrival(url="http://leaf.example/2", body=long, title="Long")).seq == 2


def test_a_damaged_page_is_told(on_sqlite, tmp_path):
    for number in range(30):
        body = f"What stands on page {number} is unlike any other page, and it is long: " + f"word{number} " * 300
        on_sqlite.store(an_arrival(url=f"http://leaf.example/{number}", title=str(number), body=body))
    on_sqlite.close()
    file = tmp_path / "archive.db"
    execute(file, "PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(file.read_bytes())
    for page in range(40, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xaa" * 64
    file.write_bytes(data)
    with pytest.raises(ArchiveDamaged, match="restore a backup"), Archive(f"sqlite:///{file}") as archive:
        list(archive.articles())
        list(archive.verify())
