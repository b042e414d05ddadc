"""What `verify` finds when something in the archive contradicts the rest, and how it is mended."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from archive_samples import MOSS, an_arrival, day
from sqlalchemy import text

from archive import Archive, ArchiveDamaged, CaptureWriter


@pytest.fixture
def filled(archive):
    with CaptureWriter(archive.captures, prefix="leaf", software="x") as writer:
        for number in range(4):
            url = f"http://leaf.example/{number}"
            capture = writer.write(
                url=url, at=day(1), request_headers=[], status=200, reason="OK", headers=[], body=b"page " * 400
            )
            writer.flush()
            body = MOSS.replace("nine", f"{number} hundred")
            archive.store(an_arrival(url=url, title=f"Thing number {number}", body=body, capture=capture))
    return archive


def execute(archive, sql):
    with archive._engine.begin() as connection:
        connection.execute(text(sql))


def found(archive):
    return {finding.what for finding in archive.verify()}


def test_an_archive_in_order_has_no_findings_and_tells_its_progress(filled):
    told = []
    assert list(filled.verify(progress=lambda done, total: told.append((done, total)))) == []
    assert told == [(number, 16) for number in range(1, 17)]  # texts in the index, changes, revisions, captures


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("DELETE FROM changes WHERE seq = 2", "feed"),
        ("DELETE FROM changes WHERE seq = 4", "feed"),
        ("UPDATE changes SET article = 'nobody' WHERE seq = 3", "feed"),
        ("UPDATE revisions SET digest = 'sha256:00' WHERE number = 1", "revision"),
        ("UPDATE changes SET kind = 'rumoured' WHERE seq = 3", "feed"),
        ("UPDATE changes SET source = 'moss' WHERE seq = 3", "feed"),
        ("UPDATE changes SET url = 'http://leaf.example/elsewhere' WHERE seq = 3", "feed"),
        ("UPDATE changes SET revision = 2 WHERE seq = 3", "feed"),
        ("UPDATE changes SET at = '2019-01-01T00:00:00.000000Z' WHERE seq = 3", "feed"),
        ("UPDATE revisions SET at = '2019-01-01T00:00:00.000000Z' WHERE n = 3", "feed"),
        ("UPDATE revisions SET published = '2019-01-01' WHERE n = 3", "article"),
        ("UPDATE revisions SET images = 'none' WHERE n = 3", "revision"),
        ("UPDATE revisions SET kind = 'rumour' WHERE n = 3", "revision"),
        ("UPDATE articles SET url = 'http://leaf.example/elsewhere' WHERE n = 2", "article"),
        ("UPDATE articles SET kind = 'page' WHERE n = 2", "article"),
        ("UPDATE articles SET language = 'xx' WHERE n = 2", "article"),
        ("UPDATE articles SET day = '2019-01-01' WHERE n = 2", "article"),
        ("UPDATE articles SET shelf = 9223372036854775000 WHERE n = 2", "article"),
        (
            "UPDATE articles SET text_digest = (SELECT text_digest FROM articles AS other WHERE other.n = 3) WHERE n = 2",
            "article",
        ),
        ("UPDATE articles SET status = 'gone' WHERE n = 2", "article"),
        ("UPDATE articles SET first_seen = '2019-01-01T00:00:00.000000Z' WHERE n = 2", "article"),
        ("UPDATE articles SET last_seen = '2019-01-01T00:00:00.000000Z' WHERE n = 2", "article"),
        ("UPDATE captures SET url = 'http://leaf.example/elsewhere' WHERE n = 2", "capture"),
        ("UPDATE captures SET at = '2019-01-01T00:00:00.000000Z' WHERE n = 2", "capture"),
        ("UPDATE captures SET status = 206 WHERE n = 2", "capture"),
        ("UPDATE captures SET original = 3 WHERE n = 2", "capture"),
        ("UPDATE captures SET original = 999 WHERE n = 2", "capture"),
        ("UPDATE clusters SET representative = 999", "cluster"),
        ("UPDATE articles SET newest = 3 WHERE n = 2", "article"),
        ("UPDATE articles SET revision = 7 WHERE n = 2", "article"),
        ("UPDATE articles SET copy_of = 999 WHERE n = 2", "article"),
        ("DELETE FROM addresses WHERE article = 2", "article"),
        ("UPDATE articles SET status = 'removed' WHERE n = 2", "removal"),
        ("INSERT INTO keys (key, article) VALUES (5, 999)", "orphan"),
        ("INSERT INTO clusters (n, representative) VALUES (99, 1)", "orphan"),
        (
            "INSERT INTO files (n, digest, kind, media, bytes) VALUES (1, 'sha256:0', 'pdf', 'application/pdf', 1)",
            "orphan",
        ),
        ("INSERT INTO consumers (name, cursor, at) VALUES ('x', 99, '2031-04-02T00:00:00.000000Z')", "consumer"),
    ],
)
def test_what_was_changed_behind_its_back_is_found(filled, sql, what):
    execute(filled, sql)
    assert what in found(filled)


def test_a_lost_counter_is_told_in_words(filled):
    execute(filled, "DELETE FROM counters")
    with pytest.raises(ArchiveDamaged, match="counter of the change feed"):
        list(filled.verify())


def test_what_lives_long_is_in_order(filled):
    """Moved, moved to where another one is, gone, back, gone for good, taken down: each leaves rows that agree."""
    url = "http://leaf.example/%s".__mod__
    filled.moved("leaf", url("0"), url("new"), at=day(2))
    filled.moved("leaf", url("1"), url("2"), at=day(2))
    filled.gone("leaf", url("2"), at=day(3))
    filled.store(an_arrival(url=url("2"), title="Back", body="The second thing is back and longer.", at=day(4)))
    filled.store(an_arrival(url=url("0"), title="Other", body="What is at the old address is not moss.", at=day(4)))
    filled.gone("leaf", url("3"), at=day(5))
    filled.remove(url("new"), reason="r", at=day(6))
    assert list(filled.verify()) == []
    filled.compact(8)
    assert list(filled.verify()) == []
    execute(filled, "UPDATE changes SET cause = 'extraction' WHERE kind = 'revised'")
    execute(filled, "UPDATE changes SET cause = 'another reason' WHERE kind = 'removed'")
    assert [finding.problem.partition(";")[0] for finding in filled.verify()] == [
        "gives the cause extraction", "gives another reason than the article's tombstone",
    ]  # fmt: skip


def test_an_article_that_was_back_and_then_moved_onto_another_is_in_order(filled):
    first = filled.known("http://leaf.example/0").article
    filled.gone("leaf", first.url, at=day(2))
    filled.store(an_arrival(url=first.url, title=first.title, body=first.body, at=day(3)))
    filled.moved("leaf", first.url, "http://leaf.example/1", at=day(4))
    assert list(filled.verify()) == []
    execute(filled, "UPDATE articles SET status = 'removed', reason = 'r' WHERE n = 1")
    assert "it is removed, and the feed last said that it moved" in {finding.problem for finding in filled.verify()}


def test_an_article_that_comes_back_at_an_old_address_is_there_again(filled):
    """Its last one is another article's by then."""
    first = filled.known("http://leaf.example/0").article
    filled.moved("leaf", first.url, "http://leaf.example/new", at=day(2))
    filled.moved("leaf", "http://leaf.example/new", "http://leaf.example/1", at=day(3))
    (change,) = filled.store_batch([an_arrival(url=first.url, title=first.title, body=first.body, at=day(4))])[0]
    assert (change.kind.value, change.url) == ("restored", first.url)
    assert filled.known(change.article).article.url == first.url
    assert filled.known("http://leaf.example/new").article.url == "http://leaf.example/1"
    assert list(filled.verify()) == []


@pytest.mark.parametrize(
    "at",
    [
        datetime(1, 1, 1, tzinfo=UTC), datetime(999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), datetime(1969, 12, 31, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 1, tzinfo=UTC), datetime(2031, 1, 1, 0, 0, 0, 5, tzinfo=timezone(timedelta(hours=14))),
    ],
)  # fmt: skip
def test_a_capture_of_any_year_is_in_order(archive, at):
    url = "http://leaf.example/1"
    with CaptureWriter(archive.captures, prefix="leaf", software="x") as writer:
        capture = writer.write(
            url=url, at=at, request_headers=[], status=200, reason="OK", headers=[], body=b"page " * 400
        )
    archive.store(an_arrival(url=url, at=at, capture=capture))
    assert list(archive.verify()) == []
    assert archive.known(url).first_seen == at
    archive.remove(url, reason="a letter with \0 and \ud800")
    assert archive.known(url).reason == "a letter with \ufffd and \ufffd"
    assert list(archive.verify()) == []


def test_a_word_that_the_index_alone_has_is_found(filled):
    """On both databases, though the number of articles in the index is right."""
    execute(filled, "UPDATE revisions SET body = body || ' lichen', digest = digest WHERE number = 1")
    assert found(filled) == {"search", "revision"}


def test_only_what_came_since_is_looked_at_where_that_is_asked(filled):
    """An error that was there before stays unseen until all is verified; what was verified with an error does not count."""
    assert list(filled.verify(new=True)) == []
    last = filled.events(limit=1)[0]
    assert (last.what, last.object, last.outcome) == ("verified", "all", "done")
    assert dict(last.detail) == {"change": 4, "revision": 4, "capture": 4}
    execute(filled, "UPDATE revisions SET digest = 'sha256:00' WHERE n = 2")
    told = []
    assert list(filled.verify(new=True, progress=lambda *count: told.append(count))) == []
    assert told == []
    filled.store(an_arrival(url="http://leaf.example/5", title="Fern", body="Ferns are not moss."))
    assert list(filled.verify(new=True, progress=lambda *count: told.append(count))) == []
    assert told == [(1, 2), (2, 2)]
    assert filled.events(limit=1)[0].object == "what came after change 4"
    execute(filled, "UPDATE revisions SET digest = 'sha256:00' WHERE n = 5")
    assert {finding.where[-10:] for finding in filled.verify()} == {"revision 1"}
    assert filled.events(limit=1)[0].outcome == "2 problems found"
    filled.store(an_arrival(url="http://leaf.example/6", title="Six", body="Six ferns are not moss either."))
    assert found_new(filled) == set()
    execute(filled, "DELETE FROM changes WHERE seq = 6")
    assert found_new(filled) == {"feed"}


def found_new(archive):
    return {finding.what for finding in archive.verify(new=True)}


def test_captures_that_belong_to_nothing_are_told_where_asked_and_do_no_harm(filled):
    with CaptureWriter(filled.captures, prefix="leaf", software="x") as writer:
        for number in range(2):
            writer.write(
                url=f"http://leaf.example/lost{number}", at=day(1), request_headers=[("Host", "x")], status=200, reason="OK",
                headers=[], body=b"lost",
            )  # fmt: skip
    assert list(filled.verify()) == []
    (orphan,) = filled.verify(orphans=True)
    assert (orphan.what, orphan.harmless) == ("orphan", True)
    assert orphan.problem == "the database names none of its 2 captures, the first of http://leaf.example/lost0"


def test_captures_of_pages_that_were_no_articles_are_told_together(archive):
    for number in (1, 2):
        with CaptureWriter(archive.captures, prefix="leaf", software="x") as writer:
            captures = [
                writer.write(
                    url=f"http://leaf.example/{name}{number}", at=day(1), request_headers=[], status=200, reason="OK",
                    headers=[], body=f"{name}{number}".encode(),
                )
                for name in ("page", "other", "wall")
            ]  # fmt: skip
            writer.flush()
        archive.store(an_arrival(url=captures[0].url, capture=captures[0], title=str(number), body=MOSS * number))
    (orphan,) = archive.verify(orphans=True)
    assert (orphan.where, orphan.harmless) == ("4 captures", True)
    assert "http://leaf.example/other" in orphan.problem


def test_a_capture_that_is_taken_down_meanwhile_is_no_finding(filled):
    """Its row is read, then it goes, then its file is looked at."""
    findings = filled.verify(
        progress=lambda done, _: filled.remove("http://leaf.example/3", reason="r") if done == 13 else 0
    )
    assert list(findings) == []


def test_a_page_of_the_file_that_is_broken_is_found(on_sqlite):
    for number in range(40):
        on_sqlite.store(an_arrival(f"http://leaf.example/{number}", str(number), f"Text {number}. " * 200))
    on_sqlite.close()
    path = on_sqlite.url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_articles_1'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with Path(path).open("r+b") as file:  # two entries of an index change their places: nobody would notice
        file.seek((page - 1) * size + 8)
        one, other = file.read(2), file.read(2)
        file.seek((page - 1) * size + 8)
        file.write(other + one)
    with Archive(on_sqlite.url) as archive:
        assert "database" in found(archive)


def test_a_text_that_the_index_does_not_know_is_found_and_mended(filled):
    """An edit of the table alone: the revision no longer has its digest; rebuilding brings the index back in step."""
    number = filled._engine.dialect.name
    execute(
        filled, "DELETE FROM search" if number == "postgresql" else "INSERT INTO search (search) VALUES ('delete-all')"
    )
    assert found(filled) == {"search"}
    assert filled.search("winters") == []
    assert filled.rebuild_search() == 4
    assert found(filled) == set()
    assert len(filled.search("winters")) == 4


def test_a_flipped_byte_of_a_capture_is_found(filled):
    (path,) = filled.captures.glob("*.warc.gz")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    (finding, *_) = filled.verify()
    assert finding.what == "capture"
    assert path.name in finding.where
    assert "backup" in finding.mend
