"""The feed over years: compacted, waited for, and read by consumers who come late."""

import threading
import time

import pytest
from archive_samples import an_arrival, day

from archive import Archive, BadCursor, CursorExpired, UnknownConsumer


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
