"""The clock: rings once for what is due, however late, and not for what was cancelled."""

import queue
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.clock import Clock, Watch

WAIT_S = 10  # for a thread of a loaded machine


@pytest.fixture
def rung():
    """(a running clock, the queue its rings fall into)."""
    bells = queue.SimpleQueue()
    clock = Clock(Watch(), bells.put)
    clock.start()
    yield clock, bells
    clock.stop()


def test_a_turn_long_missed_rings_once(rung):
    clock, bells = rung
    clock.set("leaf", datetime.now(UTC) - timedelta(days=400))
    assert bells.get(timeout=WAIT_S) == "leaf"
    clock.set("root", datetime.now(UTC))
    assert bells.get(timeout=WAIT_S) == "root"


def test_a_turn_set_anew_rings_at_the_new_time_alone(rung):
    clock, bells = rung
    clock.set("leaf", datetime.now(UTC) + timedelta(days=1))
    clock.set("leaf", datetime.now(UTC) + timedelta(milliseconds=50))
    assert bells.get(timeout=WAIT_S) == "leaf"
    assert bells.empty()


def test_a_cancelled_turn_does_not_ring(rung):
    clock, bells = rung
    clock.set("leaf", datetime.now(UTC) + timedelta(milliseconds=50))
    clock.cancel("leaf")
    clock.set("root", datetime.now(UTC) + timedelta(milliseconds=100))
    assert bells.get(timeout=WAIT_S) == "root"


def test_two_thousand_turns_at_once_all_ring(rung):
    clock, bells = rung
    at = datetime.now(UTC) + timedelta(milliseconds=200)
    for n in range(2000):
        clock.set(f"s{n}", at)
    assert {bells.get(timeout=WAIT_S * 3) for _ in range(2000)} == {f"s{n}" for n in range(2000)}


def test_a_virtual_watch_runs_faster_and_knows_the_real_time_of_a_turn():
    begin = datetime(2031, 4, 2, tzinfo=UTC)
    watch = Watch(start=begin, speed=3600)
    assert timedelta(0) <= watch.now() - begin < timedelta(hours=10)
    assert abs((watch.real(begin + timedelta(hours=1)) - datetime.now(UTC)).total_seconds()) < 10


def test_a_watch_that_stands_still_is_refused():
    with pytest.raises(ValueError, match="never rings"):
        Watch(speed=0)
