"""Some days of the demo's sites by a virtual clock, in real processes: the short form of benchmarks/month.py."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import month
import rehearsal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DAYS, MINUTES = 4, 0.15  # as fast as it goes: on a slow machine fewer crawls fit into the days, and each finds more


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
