"""What a scheduler must not forget: one clock by lease, turns that two may change, and its notes. On both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive import Alarm, Archive, Turn

NOW = datetime(2031, 4, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_lease_has_one_holder_until_it_runs_out(archive):
    assert archive.lease("clock") is None
    assert archive.take_lease("clock", "a", MINUTE, now=NOW)
    assert not archive.take_lease("clock", "b", MINUTE, now=NOW)
    assert archive.take_lease("clock", "a", MINUTE * 1.5, now=NOW + MINUTE / 2)
    assert not archive.take_lease("clock", "b", 8 * MINUTE, now=NOW + MINUTE)
    assert archive.lease("clock") == ("a", NOW + 2 * MINUTE)
    assert archive.take_lease("clock", "b", MINUTE, now=NOW + 2 * MINUTE)
    assert not archive.take_lease("clock", "a", 7 * MINUTE, now=NOW + 2 * MINUTE)


def test_several_leases_are_taken_together_or_not_at_all(archive):
    assert archive.take_leases(["b", "c"], "one", MINUTE, now=NOW) is None
    assert archive.take_leases(["a", "b"], "two", MINUTE, now=NOW) == ("b", "one")
    assert archive.lease("a") is None
    assert archive.take_leases(["a", "b", "c"], "one", MINUTE, now=NOW) is None
    archive.give_leases(["a", "b"], "one", now=NOW)
    assert archive.take_leases(["a", "b"], "two", MINUTE, now=NOW) is None


def test_whose_clock_counts_is_the_databases(archive):
    assert archive.take_lease("clock", "a", MINUTE)
    assert not archive.take_lease("clock", "b", MINUTE)
    assert abs(archive.lease("clock")[1] - MINUTE - datetime.now(UTC)) < MINUTE


def test_a_lease_given_back_is_free_at_once_and_only_its_holder_gives_it(archive):
    archive.take_lease("clock", "a", MINUTE, now=NOW)
    archive.give_leases(["clock"], "b", now=NOW)
    assert not archive.take_lease("clock", "b", MINUTE, now=NOW)
    archive.give_leases(["clock"], "a", now=NOW)
    assert archive.take_lease("clock", "b", MINUTE, now=NOW)


def test_of_many_that_ask_at_once_one_gets_the_lease(url):
    with Archive(url) as archive, ThreadPoolExecutor(8) as crowd:
        asked = crowd.map(lambda n: archive.take_lease("clock", f"holder-{n}", MINUTE, now=NOW), range(24))
        assert sum(asked) == 1


def an_alarm(kind="list", *, source="leaf", mended=False):
    return Alarm(source=source, kind=kind, text=f"{kind} of {source}", at=NOW, mended=mended, evidence=("研究", "b"))


def test_an_alarm_rings_once_and_is_mended_once(archive):
    assert [alarm.number for alarm in archive.log_alarms([an_alarm(), an_alarm(), an_alarm("silent")])] == [1, 2]
    assert archive.log_alarms([an_alarm()]) == []
    assert [alarm.kind for alarm in archive.open_alarms("leaf")] == ["list", "silent"]
    assert [alarm.number for alarm in archive.log_alarms([an_alarm(mended=True), an_alarm(mended=True)])] == [3]
    assert archive.log_alarms([an_alarm("blocked", mended=True)]) == []
    assert [alarm.kind for alarm in archive.open_alarms()] == ["silent"]
    assert [alarm.number for alarm in archive.log_alarms([an_alarm()])] == [4]
    assert [(alarm.number, alarm.mended) for alarm in archive.alarms(1)] == [(2, False), (3, True), (4, False)]
    assert archive.alarm_log(limit=1)[0] == replace(an_alarm(), number=4)


def test_an_archive_with_alarms_is_sound(archive):
    archive.log_alarms([an_alarm(), an_alarm("silent")])
    assert list(archive.verify()) == []
    assert archive.latest() == 0


def test_alarms_of_many_are_numbered_without_holes(url):
    with Archive(url) as archive, ThreadPoolExecutor(6) as crowd:
        list(crowd.map(lambda n: archive.log_alarms([an_alarm(source=f"s{n % 12}")]), range(24)))
        assert [alarm.number for alarm in archive.alarms()] == list(range(1, 13))


def test_a_turn_and_what_it_rings_are_kept_together(archive):
    turn, rung = archive.settle_turn("leaf", lambda turn: (replace(turn, failures=2), [an_alarm()]))
    assert (turn.failures, [alarm.number for alarm in rung]) == (2, 1 * [1])
    again = archive.settle_turn("leaf", lambda turn: (turn, [an_alarm()]))
    assert again == (turn, [])

    def fails(turn):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        archive.settle_turn("leaf", fails)
    assert archive.turn("leaf").failures == 2


def test_progress_is_kept_beside_the_turn(archive):
    archive.keep_turn(Turn(source="leaf", why="soon"))
    archive.keep_progress({"leaf": "12 of 40", "nobody": "1"})
    assert archive.turn("leaf") == Turn(source="leaf", why="soon", progress="12 of 40")
    assert archive.turn("nobody") is None


def test_changes_of_a_turn_by_many_are_all_kept(url):
    with Archive(url) as archive, ThreadPoolExecutor(6) as crowd:
        add = lambda turn: replace(turn, failures=turn.failures + 1)  # noqa: E731
        list(crowd.map(lambda _: archive.change_turn("leaf", add), range(24)))
        assert archive.turn("leaf").failures == 24


def test_a_turn_that_was_not_there_begins_empty(archive):
    assert archive.change_turn("leaf", lambda turn: turn) == Turn(source="leaf")


def test_a_turn_remembers_what_was_told(archive):
    archive.keep_turn(Turn(source="leaf", told='{"state": "failed"}'))
    assert archive.turn("leaf").told == '{"state": "failed"}'


def test_notes_are_kept_by_name(archive):
    assert archive.memo("price") is None
    archive.keep_memo("price", "0.9")
    archive.keep_memo("price", "1.1")
    assert archive.memo("price") == "1.1"
