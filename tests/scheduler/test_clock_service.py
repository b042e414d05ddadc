"""The service: many turns at once, fair and once each; a bad schedule, a lost lead and a locked archive cost no more than they must."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from test_clock_worker import Child, a_source

from archive import Archive, ArchiveUnavailable, CrawlReport, Outcome, Turn
from scheduler import service as module
from scheduler.claims import Claims, new_holder
from scheduler.errands import Errand
from scheduler.service import Service
from scheduler.worker import Worker

PATIENCE_S = 60
HOUR = timedelta(hours=1)


class Log:
    def __init__(self):
        self.events = []

    def info(self, event, **fields):
        self.events.append((event, fields))

    warning = error = debug = info

    def named(self, name):
        return [fields for event, fields in self.events if event == name]


class Done(Child):
    """A crawl that ended at once, with nothing new."""

    def poll(self):
        return 0

    def wait(self, timeout=None):
        now = datetime.now(UTC)
        return CrawlReport(source=self.slug, crawl=0, started=now, ended=now, outcome=Outcome.EMPTY)


@pytest.fixture
def archive(tmp_path):
    with Archive(f"sqlite:///{tmp_path}/a.db") as opened:
        yield opened


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Look all the time: what is tested is what happens, not how soon."""
    for name in ("TEND_S", "STEER_S", "PROGRESS_S", "STANDBY_S", "REST_S"):
        monkeypatch.setattr(module, name, 0.01)


class House:
    """A service in a thread, with children whose end the test decides."""

    def __init__(self, archive, slugs, *, schedule="30d", child=Done, **more):
        self.archive, self.log, self.stop, self.had = archive, Log(), threading.Event(), []
        self.sources = {slug: a_source(slug).model_copy(update={"schedule": schedule}) for slug in slugs}
        self.enough, self.most = threading.Event(), len(slugs)
        self.children = {}
        self.holder = new_holder()

        def start(source, hear):
            self.children[source.slug] = child(source.slug, hear)
            return self.children[source.slug]

        self.worker = Worker(start, most=2, crawl_s=60, claims=Claims(archive, self.holder))
        self.service = Service(
            archive, lambda: self.sources, self.worker, log=self.log, holder=self.holder, on_ended=self.ended, **more
        )
        self.thread = threading.Thread(target=self.service.run, args=(self.stop,))

    def ended(self, over, settled):
        self.had.append(over.source.slug)
        if len(self.had) >= self.most:
            self.enough.set()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()


def until(condition):
    """What another thread does."""
    deadline = datetime.now(UTC) + timedelta(seconds=PATIENCE_S)
    while not condition():
        assert datetime.now(UTC) < deadline, "it never came"
        threading.Event().wait(0.01)


def test_many_sources_due_at_once_have_one_turn_each_in_the_order_they_were_due(archive):
    now = datetime.now(UTC)
    slugs = [f"s{n:03d}" for n in range(80)]
    for n, slug in enumerate(slugs):
        archive.keep_turn(Turn(source=slug, next_at=now - timedelta(hours=n), why="missed"))
    with House(archive, slugs) as house:
        assert house.enough.wait(PATIENCE_S)
    assert sorted(house.had) == slugs
    assert house.had[:20] == slugs[::-1][:20]  # the longest overdue first
    turns = archive.turns()
    assert all(turn.running_since is None and turn.next_at > now for turn in turns)


def test_a_schedule_that_cannot_be_read_costs_its_source_alone_and_is_said_once(archive):
    with House(archive, ["good", "bad"]) as house:
        house.sources["bad"] = house.sources["bad"].model_copy(update={"schedule": "soon"})
        until(lambda: "good" in house.had)
        until(lambda: len(archive.turns()) >= 1)
    assert len(house.log.named("bad schedule")) <= 1


def test_pause_resume_and_now_reach_the_running_scheduler(archive, leaf, call):
    archive.keep_turn(Turn(source="leaf", next_at=datetime.now(UTC) - HOUR, why="missed", paused=True))
    with House(archive, ["leaf", "root"]) as house:
        until(lambda: "root" in house.had)

        def steer(what):
            code, out, _ = call("--archive", archive.url, "--sources", "mine", "schedule", what, "leaf", "--json")
            assert code == 0
            return json.loads(out)

        assert house.had == ["root"]
        assert steer("resume")["paused"] is False
        until(lambda: house.had == ["root", "leaf"])
        until(lambda: archive.turn("leaf").why == "every 30 days")
        assert steer("pause")["paused"] is True
        asked = call("--archive", archive.url, "--sources", "mine", "schedule", "now", "leaf")[2]
        assert "leaf is paused: its turn waits for" in asked
        assert steer("now")["why"] == "asked for"
        assert steer("resume")["paused"] is False
        until(lambda: house.had == ["root", "leaf", "leaf"])


def test_a_crawl_by_hand_takes_the_turn_of_a_source_that_waits(archive):
    """While it waited in the queue somebody crawled it: it has no second turn."""
    with House(archive, ["a", "b", "leaf"], child=Child) as house:
        until(lambda: len(house.children) == 2)
        waiting = next(slug for slug in ("a", "b", "leaf") if slug not in house.children)
        until(lambda: house.worker.has(waiting))
        later = datetime.now(UTC) + timedelta(days=3)
        archive.keep_turn(Turn(source=waiting, next_at=later, why="every 30 days"))
        until(lambda: not house.worker.has(waiting))
        for child in house.children.values():
            child.status = 0
        until(lambda: len(house.had) == 2)
        assert waiting not in house.children
        assert archive.turn(waiting).next_at == later


def test_who_loses_the_lead_ends_its_crawls_and_stands_by(archive, monkeypatch):
    with House(archive, ["leaf"], child=Child) as house:
        until(lambda: house.children)
        until(lambda: archive.give_leases(["clock"], house.holder) or archive.take_lease("clock", "another", HOUR))
        house.service._lead._ask_s = 0.0  # not only in some seconds
        until(lambda: house.log.named("lead lost"))
        until(lambda: house.log.named("standing by"))
        assert house.children["leaf"].asked == ["term"]
        assert not house.service.leads
        archive.give_leases(["clock"], "another")
        until(lambda: house.service.leads)


def test_a_locked_archive_costs_a_later_try(archive, monkeypatch):
    """What could not be written down when a crawl ended is written down later."""
    settle, failed = archive.settle_turn, []

    def settled(source, change):
        if not failed:
            failed.append(source)
            raise ArchiveUnavailable("another process holds the archive's write lock")
        return settle(source, change)

    monkeypatch.setattr(archive, "settle_turn", settled)
    with House(archive, ["leaf"]) as house:
        assert house.enough.wait(PATIENCE_S)
        until(lambda: archive.turn("leaf").running_since is None)
    assert house.had == ["leaf"]
    assert house.log.named("archive unavailable")


def test_an_archive_that_is_away_for_long_ends_no_crawl_and_is_complained_of_once(archive, monkeypatch):
    take, away = archive.take_leases, threading.Event()

    def taken(*args, **how):
        if away.is_set():
            raise ArchiveUnavailable("another process holds the archive's write lock")
        return take(*args, **how)

    monkeypatch.setattr(archive, "take_leases", taken)
    with House(archive, ["leaf"], child=Child) as house:
        until(lambda: house.children)
        away.set()
        house.service._lead._ask_s = house.service._lead._sure_until_s = 0.0  # as if its lease had run out meanwhile
        until(lambda: house.log.named("archive unavailable"))
        threading.Event().wait(0.3)
        assert house.children["leaf"].asked == []
        assert len(house.log.named("archive unavailable")) == 1
        away.clear()
        house.children["leaf"].status = 0
        assert house.enough.wait(PATIENCE_S)


def test_errands_run_while_it_leads_and_one_that_breaks_is_said(archive):
    acted = threading.Event()

    def broken(quit_):
        raise ZeroDivisionError("our own mistake")

    errands = [
        Errand(name="good", act=lambda quit_: acted.set(), every_s=0.01),
        Errand(name="bad", act=broken, every_s=9),
    ]
    with House(archive, ["leaf"], errands=errands) as house:
        assert acted.wait(PATIENCE_S)
        until(lambda: house.log.named("errand broke"))
    assert "our own mistake" in house.log.named("errand broke")[0]["error"]


def test_a_clock_that_was_set_back_is_noticed_and_turns_are_planned_anew(archive, monkeypatch):
    ahead = datetime.now(UTC) + timedelta(days=40)
    with House(archive, ["leaf"]) as house:
        assert house.enough.wait(PATIENCE_S)
        until(lambda: archive.turn("leaf").running_since is None)
        archive.keep_turn(Turn(source="leaf", next_at=ahead, why="every 30 days", last=archive.turn("leaf").last))
        offset = module._offset
        monkeypatch.setattr(module, "_offset", lambda: offset() - timedelta(hours=9))
        until(lambda: house.log.named("clock set"))
        until(lambda: archive.turn("leaf").next_at < ahead)
    assert house.log.named("clock set")[0]["say"] == "this machine's clock was set back by 9 h"
