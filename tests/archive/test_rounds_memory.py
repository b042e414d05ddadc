"""What a scheduler must not forget: one clock by lease, turns that two may change, and its notes. On both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from archive import Archive, Turn

NOW = datetime(2031, 4, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_lease_has_one_holder_until_it_runs_out(archive):
    assert archive.lease("clock") is None
    assert archive.take_lease("clock", "a", now=NOW, until=NOW + MINUTE)
    assert not archive.take_lease("clock", "b", now=NOW, until=NOW + MINUTE)
    assert archive.take_lease("clock", "a", now=NOW + MINUTE / 2, until=NOW + 2 * MINUTE)
    assert not archive.take_lease("clock", "b", now=NOW + MINUTE, until=NOW + 9 * MINUTE)
    assert archive.lease("clock") == ("a", NOW + 2 * MINUTE)
    assert archive.take_lease("clock", "b", now=NOW + 2 * MINUTE, until=NOW + 3 * MINUTE)
    assert not archive.take_lease("clock", "a", now=NOW + 2 * MINUTE, until=NOW + 9 * MINUTE)


def test_a_lease_given_back_is_free_at_once_and_only_its_holder_gives_it(archive):
    archive.take_lease("clock", "a", now=NOW, until=NOW + MINUTE)
    archive.give_lease("clock", "b", now=NOW)
    assert not archive.take_lease("clock", "b", now=NOW, until=NOW + MINUTE)
    archive.give_lease("clock", "a", now=NOW)
    assert archive.take_lease("clock", "b", now=NOW, until=NOW + MINUTE)


def test_of_many_that_ask_at_once_one_gets_the_lease(url):
    with Archive(url) as archive, ThreadPoolExecutor(8) as crowd:
        asked = crowd.map(lambda n: archive.take_lease("clock", f"holder-{n}", now=NOW, until=NOW + MINUTE), range(24))
        assert sum(asked) == 1


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
