"""Erased is erased: not one byte of a text is left in the files, wherever the database had put it before."""

import sqlite3
from pathlib import Path

import pytest
from archive_samples import MOSS, an_arrival, day

from archive import Archive, Found

SECRET = "Zanzibarwort grows where the old well was, says Dr Umbelliferus of the drawer with the seeds. " * 60
URL = "http://leaf.example/news/1.html"
WORDS = (b"anzibarwort", b"mbelliferus")


def free_pages(archive) -> int:
    with sqlite3.connect(archive.url.removeprefix("sqlite:///")) as connection:
        (count,) = connection.execute("PRAGMA freelist_count").fetchone()
    connection.close()
    return count


def left(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("archive.db*") for word in WORDS if word in path.read_bytes()]


@pytest.fixture
def worn(on_sqlite):
    """An archive in use for long: texts were read better in place, moved to larger pages, index segments merged."""
    on_sqlite.store(an_arrival(URL, "Zanzibarwort", SECRET, html=f"<p>{SECRET}</p>"))
    for number in range(40):
        body = f"{MOSS} Wall {number}. " * 20
        on_sqlite.store(an_arrival(f"http://leaf.example/{number}", f"Wall {number}", body, at=day(2)))
    for number in range(3):  # the page's text stays, what was read of it beside grows and shrinks
        found = {"title": Found(method=f"method {number}", confidence=0.5)}
        html = f"<div>{SECRET}</div>" * (30, 3, 0)[number] or None
        on_sqlite.store(an_arrival(URL, "Zanzibarwort", SECRET, html=html, found=found, at=day(3 + number)))
    on_sqlite.store(an_arrival(URL, "Umbelliferus", "Of a drawer. " + SECRET[:900], at=day(9)))
    on_sqlite.close()
    with sqlite3.connect(on_sqlite.url.removeprefix("sqlite:///")) as connection:
        connection.execute("PRAGMA secure_delete=FAST")  # as every connection of an archive has it
        connection.execute("INSERT INTO search (search) VALUES ('optimize')")
    connection.close()
    with Archive(on_sqlite.url, patience_s=0.5) as archive:  # for who waits in vain
        yield archive


def test_no_page_of_the_file_holds_what_was_taken_down(worn, tmp_path):
    assert left(tmp_path)
    assert free_pages(worn) > 20
    worn.remove(URL, reason="r")
    worn.close()
    assert left(tmp_path) == []


def test_while_somebody_reads_the_log_waits_and_the_next_one_empties_it(worn, tmp_path):
    """A reader's snapshot is what it is; the take-down says so, and whoever opens the archive next ends it."""
    reader = sqlite3.connect(worn.url.removeprefix("sqlite:///"), isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM articles").fetchone()
    assert worn.remove(URL, reason="r").in_use
    assert worn.search("Zanzibarwort") == []
    worn.close()
    reader.execute("ROLLBACK")
    reader.close()
    Archive(worn.url).close()
    assert left(tmp_path) == []


def test_a_scrubbing_that_was_cut_off_is_no_part_of_the_archive(worn, tmp_path):
    with sqlite3.connect(worn.url.removeprefix("sqlite:///")) as connection:
        connection.execute("CREATE TABLE scrubbing (zeros BLOB)")
        connection.execute("INSERT INTO scrubbing VALUES (zeroblob(100000))")
    connection.close()
    with Archive(worn.url) as archive:
        archive.remove(URL, reason="r")
        assert list(archive.verify()) == []
    with sqlite3.connect(worn.url.removeprefix("sqlite:///")) as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'scrubbing'").fetchall() == []
    connection.close()
