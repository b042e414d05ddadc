"""The change feed: in commit order, without holes, by cursor."""

import json
import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from archive_samples import an_arrival, day

from archive import Archive, BadCursor, Change, ChangeKind, UnknownConsumer, change_line, change_row


def several(archive, count, source="leaf"):
    for number in range(count):
        url = f"http://{source}.example/{number}"
        archive.store(an_arrival(url=url, source=source, title=url, body=f"What stands at {url} is unlike the others."))


def test_an_empty_archive_has_an_empty_feed(archive):
    assert archive.changes() == []
    assert archive.latest() == 0


def test_changes_are_read_after_a_cursor_up_to_a_limit(archive):
    several(archive, 5)
    assert [change.seq for change in archive.changes(2, limit=2)] == [3, 4]
    assert [change.seq for change in archive.changes(4)] == [5]
    assert archive.changes(5) == []
    assert archive.latest() == 5


@pytest.mark.parametrize("cursor", [-1, 6, 10**12])
def test_a_cursor_that_is_no_position_is_refused(archive, cursor):
    several(archive, 5)
    with pytest.raises(BadCursor, match="0 to 5"):
        archive.changes(cursor)
    with pytest.raises(BadCursor):
        archive.commit("pipeline", cursor)


def test_consumers_are_named_cursors(archive):
    several(archive, 3)
    with pytest.raises(UnknownConsumer, match="nobody"):
        archive.consumer("nobody")
    made = archive.commit("pipeline", 1)
    assert (made.name, made.cursor, made.lag) == ("pipeline", 1, 2)
    assert archive.commit("pipeline", 3).lag == 0
    assert archive.commit("pipeline", 2).lag == 1
    assert [consumer.name for consumer in archive.consumers()] == ["pipeline"]
    assert archive.consumer("pipeline").cursor == 2


def test_a_change_says_where_the_article_was_then(archive):
    archive.store(an_arrival())
    archive.moved("leaf", "http://leaf.example/news/1.html", "http://leaf.example/news/2.html", at=day(2))
    assert [change.url for change in archive.changes()] == [
        "http://leaf.example/news/1.html",
        "http://leaf.example/news/2.html",
    ]


def test_a_line_of_the_feed_is_json_whatever_an_address_holds():
    at = datetime(2031, 4, 2, 8, 0, 0, 120, tzinfo=timezone(timedelta(hours=8)))
    url = 'http://leaf.example/"\\}, {"seq": 1}\n\x1f\x7f/苔藓?q=</script>\u2028'
    change = Change(
        seq=3, at=at, kind=ChangeKind.REVISED, article="a" * 16, source="叶", url=url, revision=2, cause="content"
    )
    line = change_line(change)
    assert "\n" not in line
    assert json.loads(line) == change_row(change) == {
        "seq": 3, "at": "2031-04-02T00:00:00.000120Z", "kind": "revised", "article": "a" * 16, "source": "叶", "url": url,
        "revision": 2, "cause": "content",
    }  # fmt: skip
    assert json.loads(change_line(replace(change, cause=None, at=at.replace(microsecond=0)))) | {"url": ""} == {
        **change_row(change), "at": "2031-04-02T00:00:00Z", "url": "", "cause": None,
    }  # fmt: skip


def test_readers_beside_writers_see_every_change_once_and_in_order(archive, url):
    """Several writers with connections of their own; a reader follows by cursor and never meets a gap."""
    writers, each = 3, 15
    seen: list[int] = []
    done = threading.Event()

    def follow():
        with Archive(url, read_only=True) as reader:
            while not (done.is_set() and len(seen) == reader.latest()):
                seen.extend(change.seq for change in reader.changes(seen[-1] if seen else 0, limit=7))

    def write(number):
        with Archive(url) as writer:
            several(writer, each, source=f"source{number}")

    follower = threading.Thread(target=follow)
    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    follower.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    follower.join()
    assert seen == list(range(1, writers * each + 1))
    assert list(archive.verify()) == []


def test_two_writers_with_the_same_text_at_the_same_time_make_one_copy(archive, url):
    """Neither may miss the other: one is new, the other one is a copy."""
    barrier = threading.Barrier(2)
    kinds = []

    def write(source):
        with Archive(url) as writer:
            barrier.wait()
            kinds.append(writer.store(an_arrival(source=source, url=f"http://{source}.example/1")).kind.value)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("leaf", "moss")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kinds) == ["copied", "new"]
