"""Metrics: what was counted, how things stand, and where they are shown."""

import socket
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import generate_latest

from archive import Alarm, Archive, CrawlReport, Outcome, Turn, Webhook
from scheduler.delivery import Served
from scheduler.health import Health, write_health
from scheduler.metrics import Meter, Standing

NOON = datetime(2031, 4, 2, 12, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path):
    with Archive(f"sqlite:///{tmp_path}/a.db") as opened:
        yield opened


def shown(meter):
    lines = generate_latest(meter.registry).decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_crawls_alarms_and_deliveries_are_counted():
    meter = Meter()
    report = CrawlReport(
        source="leaf", crawl=1, started=NOON, ended=NOON, outcome=Outcome.OK, requests=7, bytes=900, new=3, revised=1
    )
    meter.crawl(report, 4.0)
    meter.crawl(report, 40.0)
    meter.alarm(Alarm(source="", kind="webhook:pipe", at=NOON, text=""))
    meter.served("pipe", Served(deliveries=2, changes=20, aside=1, error="500"))
    found = shown(meter)
    assert found['newsarchive_crawls_total{outcome="ok"}'] == 2
    assert found['newsarchive_crawls_total{outcome="failed"}'] == 0
    assert found["newsarchive_requests_total"] == 14
    assert found["newsarchive_bytes_total"] == 1800
    assert found['newsarchive_changes_total{kind="new"}'] == 6
    assert found['newsarchive_changes_total{kind="revised"}'] == 2
    assert found['newsarchive_crawl_seconds_bucket{le="5.0"}'] == 1
    assert found['newsarchive_alarms_total{kind="webhook"}'] == 1
    assert found['newsarchive_delivered_changes_total{webhook="pipe"}'] == 20
    assert found['newsarchive_deliveries_total{result="refused",webhook="pipe"}'] == 1


def test_how_things_stand_is_read_when_it_is_asked_for(archive):
    archive.keep_turn(
        Turn(source="leaf", next_at=NOON - timedelta(hours=2), told=write_health(Health(state=Outcome.OK)))
    )
    archive.keep_turn(Turn(source="root", paused=True, next_at=NOON - timedelta(days=9)))
    archive.keep_turn(Turn(source="stem", next_at=NOON + timedelta(hours=2)))
    archive.log_alarms([Alarm(source="leaf", kind="list", at=NOON, text="")])
    archive.add_webhook(Webhook(name="pipe", url="https://a.example/", secret="s"))
    meter = Meter()
    meter.watch(archive, lambda: Standing(leads=True, running=2, waiting=31), lambda: NOON)
    found = shown(meter)
    assert found["newsarchive_clock_leads"] == 1
    assert found["newsarchive_crawls_waiting"] == 31
    assert found["newsarchive_turn_lag_seconds"] == 7200
    assert found["newsarchive_turns_due"] == 1
    assert found["newsarchive_sources"] == 3
    assert found["newsarchive_sources_paused"] == 1
    assert found['newsarchive_sources_state{state="ok"}'] == 1
    assert found['newsarchive_sources_state{state="new"}'] == 2
    assert found['newsarchive_alarms_open{kind="list"}'] == 1
    assert found['newsarchive_consumer_lag{consumer="webhook:pipe"}'] == 0
    assert found["newsarchive_archive_up"] == 1


def test_an_archive_that_cannot_be_read_is_a_metric_and_no_error(archive, tmp_path):
    meter = Meter()
    meter.watch(archive, Standing, lambda: NOON)
    archive.close()
    (tmp_path / "a.db").unlink()
    (tmp_path / "a.db").mkdir()
    assert shown(meter)["newsarchive_archive_up"] == 0


def test_they_are_shown_on_a_place_and_a_place_that_is_taken_is_said():
    meter = Meter()
    port, end = meter.serve("127.0.0.1", 0)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            assert b"newsarchive_crawls_total" in answer.read()
        with pytest.raises(OSError, match="in use"):
            Meter().serve("127.0.0.1", port)
    finally:
        end()
    with socket.create_server(("127.0.0.1", port)):
        pass  # it is free again
