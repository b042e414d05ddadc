"""The feed over years: compacted, waited for, and read by consumers who come late."""

import re
import threading
import time
from pathlib import Path

import pytest
from archive_samples import an_arrival, day

from archive import Archive, BadCursor, CursorExpired, UnknownArticle, UnknownConsumer

FEED = Path(__file__).resolve().parents[2] / "docs" / "archive-and-feed.md"


def several(archive, count, first=1):
    for number in range(first, first + count):
        url = f"http://leaf.example/{number}"
        body = f"What stands at {url} is unlike the others."
        archive.store(an_arrival(url=url, title=url, body=body, at=day(number)))


def test_a_compacted_feed_goes_on_from_its_cut(archive):
    several(archive, 6)
    assert archive.compact(4) == 4
    assert archive.oldest() == 4
    assert [change.seq for change in archive.changes(4)] == [5, 6]
    for cursor in (0, 3):
        with pytest.raises(CursorExpired, match=r"up to 4 .*snapshot"):
            archive.changes(cursor)
    with pytest.raises(CursorExpired):
        archive.commit("late", 2)
    assert archive.events(limit=1)[0].what == "compacted"
    several(archive, 1, first=7)
    assert [change.seq for change in archive.changes(6)] == [7]
    assert list(archive.verify()) == []


def test_the_newest_change_always_stays_so_that_numbers_go_on(archive):
    several(archive, 3)
    assert archive.compact(3) == 2
    assert [change.seq for change in archive.changes(2)] == [3]
    assert list(archive.verify()) == []


def test_an_empty_feed_is_compacted_to_an_empty_feed(archive):
    assert archive.compact(0) == 0
    assert archive.changes() == []


def test_a_day_is_a_place_to_cut(archive):
    several(archive, 5)
    assert archive.compact(day(3)) == 2
    assert archive.oldest() == 2
    assert archive.compact(day(99)) == 2


def test_consumers_that_are_behind_are_not_cut_off_without_force(archive):
    several(archive, 5)
    archive.commit("slow", 1)
    archive.commit("fast", 5)
    with pytest.raises(BadCursor, match="slow at 1"):
        archive.compact(3)
    assert archive.oldest() == 0
    assert archive.compact(3, force=True) == 3
    assert archive.consumer("slow").lag == 4
    assert archive.forget_consumer("slow")
    assert not archive.forget_consumer("slow")
    assert archive.compact(4) == 1


@pytest.mark.parametrize("name", ["", " ", "a b", "x" * 101, "a\0b", "\ud800", "a\n", "<b>"])
def test_a_name_that_is_none_is_refused(archive, name):
    with pytest.raises(BadCursor, match="no name for a consumer"):
        archive.commit(name, 0)
    with pytest.raises(UnknownConsumer):
        archive.consumer(name)


def test_names_of_any_script_are_names(archive):
    for name in ("search-index", "团队/索引:2", "ö" * 100):
        assert archive.commit(name, 0).name == name


@pytest.mark.parametrize(("limit", "count"), [(-1, 0), (0, 0), (1, 1), (10**12, 3)])
def test_a_limit_is_a_limit(archive, limit, count):
    several(archive, 3)
    assert len(archive.changes(limit=limit)) == count


@pytest.mark.parametrize("ref", ["", "\0", "\ud800", "http://[", "x" * 10_000, "%", "_", "' OR 1=1 --"])
def test_what_names_no_article_is_refused_with_a_word(archive, ref):
    several(archive, 2)
    with pytest.raises(UnknownArticle):
        archive.known(ref)


def test_the_consumer_of_the_documentation_reads_all_there_is(on_sqlite, tmp_path, monkeypatch, capsys):
    """The ten lines as they stand in docs/archive-and-feed.md."""
    several(on_sqlite, 600)
    on_sqlite.close()
    Path(on_sqlite.url.removeprefix("sqlite:///")).rename(tmp_path / "newsarchive.db")
    (code,) = re.findall(r"```python\n(from archive import Archive.*?)```", FEED.read_text(encoding="utf-8"), re.DOTALL)
    assert len(code.strip().splitlines()) <= 10
    monkeypatch.chdir(tmp_path)
    exec(compile(code, FEED.name, "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert [int(line.split()[0]) for line in lines] == list(range(1, 601))


def test_a_consumer_is_put_back_by_hand_and_the_event_log_says_so(archive):
    several(archive, 5)
    archive.commit("index", 5)
    assert archive.reset_consumer("index", 2).lag == 3
    archive.commit("index", 5)
    archive.compact(3)
    assert archive.reset_consumer("index").cursor == 3
    with pytest.raises(CursorExpired):
        archive.reset_consumer("index", 1)
    with pytest.raises(UnknownConsumer):
        archive.reset_consumer("nobody")
    archive.forget_consumer("index")
    told = [(event.object, dict(event.detail)) for event in archive.events() if event.what == "reset"]
    assert told == [
        ("consumer index", {"from": 3, "to": None}),
        ("consumer index", {"from": 5, "to": 3}),
        ("consumer index", {"from": 5, "to": 2}),
    ]


def test_who_waits_is_woken_by_a_commit_of_another_process(archive, url):
    with archive.watch() as wait, Archive(url, captures=archive.captures) as other:
        writer = threading.Timer(0.2, several, (other, 1))
        began = time.monotonic()
        writer.start()
        while not archive.changes():
            wait(20.0)
        assert time.monotonic() - began < 15
        writer.join()


def test_nothing_is_missed_between_reading_and_waiting(archive, url):
    with archive.watch() as wait, Archive(url, captures=archive.captures) as other:
        assert archive.changes() == []
        several(other, 1)
        began = time.monotonic()
        wait(20.0)
        assert time.monotonic() - began < 15
        assert len(archive.changes()) == 1


def test_who_waits_in_vain_waits_as_long_as_said(archive):
    with archive.watch() as wait:
        began = time.monotonic()
        wait(0.3)
        assert time.monotonic() - began > 0.25
