"""Some days of the demo's sites by a virtual clock, in real processes: the short form of benchmarks/month.py."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import month

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DAYS, MINUTES = 5, 1.0


def test_some_days_with_restarts_and_kills_lose_nothing_and_double_nothing(tmp_path):
    """Two restarts in the middle of a crawl, kill -9 of the clock and of a crawl; everything published is archived once."""
    with month.rehearsed(tmp_path, DAYS, MINUTES, {"yiao-english", "yunchuan-city", "hollin-lake"}) as rehearsal:
        wrong, turns = month.month(rehearsal, DAYS)
    assert wrong == []
    assert turns.had > 6
    assert turns.interrupted >= 1
    assert turns.outcomes["failed"] == 1  # the crawl that was killed
