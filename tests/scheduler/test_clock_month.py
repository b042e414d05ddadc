"""Some days of the demo's sites by a virtual clock, in real processes: the short form of benchmarks/month.py."""

import json
import sys
from datetime import datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import month
import rehearsal

from scheduler.jobs import LOST

DAYS, MINUTES = 4, 0.15  # as fast as it goes: on a slow machine fewer crawls fit into the days, and each finds more
PLANNED, BEGAN, LATER = (f"2031-03-03T{hour}:00:00+00:00" for hour in ("10", "11", "15"))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_some_days_with_kills_of_the_clock_and_of_a_crawl_lose_nothing_and_double_nothing(tmp_path):
    """Everything published is archived once, each turn is had once."""
    with rehearsal.rehearsed(tmp_path, DAYS, MINUTES, {"yiao-english", "yunchuan-city"}) as rehearsed:
        wrong, turns = month.month(rehearsed, DAYS, month.SHORT)
    assert wrong == []
    assert (
        turns.had >= 3
    )  # the one that was killed, and one of each source after the last day; how many more, speed decides
    assert turns.interrupted >= 1
    assert turns.outcomes["failed"] >= 1  # the crawl that was killed


def began(turn, why="adaptive"):
    return {"event": "crawl began", "source": "leaf", "turn": turn, "clock": turn, "why": why}


def ended(following):
    return {"event": "crawl ended", "source": "leaf", "outcome": "ok", "next": following, "stopped": False}


def told(folder, *events):
    """What is read off a log: a turn at 9 that was had, and these."""
    log = folder / "run.jsonl"
    before = (began("2031-03-03T09:00:00+00:00"), ended(PLANNED))
    log.write_text("".join(f"{json.dumps(event)}\n" for event in (*before, *events)), encoding="utf-8")
    return month.turns_of(log, {"leaf": datetime.fromisoformat(LATER)})


KILLED = {"event": "mark", "what": "the clock had SIGKILL"}
COUNTED = {"event": "crawls lost", "crawls": 1}


@pytest.mark.parametrize(
    ("events", "lost", "interrupted"),
    [
        pytest.param((began(PLANNED), ended(LATER)), 0, 0, id="had"),
        pytest.param((began(PLANNED), KILLED, COUNTED, began(BEGAN, LOST), ended(LATER)), 0, 1, id="killed in it"),
        pytest.param((KILLED, COUNTED, began(BEGAN, LOST), ended(LATER)), 0, 1, id="killed before it was written"),
        pytest.param((KILLED, began(BEGAN, LOST), ended(LATER)), 1, 0, id="nobody counted it as lost"),
        pytest.param((KILLED, COUNTED, began(BEGAN), ended(LATER)), 1, 0, id="another turn came instead"),
        pytest.param((began(BEGAN), ended(LATER)), 1, 0, id="passed over"),
        pytest.param((), 1, 0, id="forgotten"),
    ],
)
def test_a_turn_is_followed_through_the_log(tmp_path, events, lost, interrupted):
    """A crawl that was killed before its beginning was written was interrupted; a turn that never came was lost."""
    turns = told(tmp_path, *events)
    assert (len(turns.lost), turns.interrupted) == (lost, interrupted)
    assert turns.doubled == turns.overlapping == []


def test_a_turn_that_was_had_and_comes_again_is_doubled(tmp_path):
    """Whatever the log says of lost crawls."""
    again = (began(PLANNED), ended(LATER), KILLED, COUNTED, began(PLANNED, LOST), ended(LATER))
    assert told(tmp_path, *again).doubled == [f"leaf at {PLANNED}"]
