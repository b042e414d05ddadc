"""The doctor looks at what happens by itself."""

from datetime import UTC, datetime, timedelta

import pytest

from archive import Alarm, Archive, DeadLetter, Turn, Webhook
from newsarchive.alarm_settings import AlarmSettings
from newsarchive.config import Settings
from newsarchive.doctor_schedule import schedule_checks
from scheduler import new_holder

NOON = datetime(2031, 4, 2, 12, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path):
    with Archive(f"sqlite:///{tmp_path}/a.db") as opened:
        yield opened


def looked(archive, **settings):
    checks = schedule_checks(archive, Settings(**settings), NOON)
    return {check.name: (check.state, check.found) for check in checks}


def test_an_archive_that_nothing_crawls_by_itself_needs_no_clock(archive):
    assert looked(archive) == {"alarms": ("ok", "none is open")}


def test_turns_that_are_late_without_a_clock_are_bad(archive):
    archive.keep_turn(Turn(source="leaf", next_at=NOON + timedelta(hours=1)))
    assert looked(archive)["run"] == ("warn", "no clock is at work")
    archive.keep_turn(Turn(source="root", next_at=NOON - timedelta(hours=5)))
    archive.keep_turn(Turn(source="stem", next_at=NOON - timedelta(days=5), paused=True))
    state, found = looked(archive)["run"]
    assert (state, found) == ("bad", "no clock is at work, and 1 turns are late, the longest by 5 h")
    holder = new_holder()
    archive.take_lease("clock", holder, timedelta(minutes=1))
    assert looked(archive)["run"][0] == "ok"
    assert looked(archive)["turns"] == ("warn", "1 turns are late, the longest by 5 h")


def test_lost_crawls_alarms_and_webhooks_are_looked_at(archive):
    archive.keep_turn(Turn(source="leaf", next_at=NOON, running_since=NOON))
    archive.keep_turn(Turn(source="root", next_at=NOON, running_since=NOON))
    archive.take_lease("source:root", new_holder(), timedelta(minutes=1))
    archive.log_alarms([Alarm(source="leaf", kind="list", at=NOON, text="leaf: its list is lost")])
    failing = {"failures": 9, "failing_since": NOON - timedelta(hours=3), "error": "answers 500"}
    archive.add_webhook(Webhook(name="pipe", url="https://a.example/", secret="s", **failing))
    letter = DeadLetter(number=0, webhook="", at=NOON, change="{}", tries=9, error="400")
    archive.move_webhook("pipe", 0, lambda hook: hook, aside=[letter])
    found = looked(archive)
    assert found["crawls"] == ("warn", "1 crawls were lost with their process: leaf")
    assert found["alarms"] == ("warn", "1 open: leaf: its list is lost")
    assert found["webhook"] == ("warn", "1 changes were set aside for pipe")
    assert found["alarm channels"][0] == "warn"
    told = looked(archive, alarms=AlarmSettings(webhook="https://ops.example/"))
    assert told["alarm channels"] == ("ok", "webhook")
