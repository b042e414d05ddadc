"""What the frontier remembers: visits, crawls, turns, and the slots of hosts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from archive_samples import an_arrival, day

from archive import Archive, CrawlReport, Outcome, Turn, Visit

HOME = "http://leaf.example/news/"


def a_visit(path="1.html", **values) -> Visit:
    return Visit(source="leaf", url=HOME + path, **values)


def a_report(crawl=1, **values) -> CrawlReport:
    usual = {"source": "leaf", "started": day(1), "ended": day(1) + timedelta(minutes=3), "outcome": Outcome.OK}
    return CrawlReport(crawl=crawl, **{**usual, **values})


def test_a_visit_comes_back_as_it_was_kept(archive):
    visit = a_visit(
        role="seed", state="done", status=200, etag='"abc"', last_modified="Tue, 01 Apr 2031", digest="sha256:00",
        failures=2, found_in=3, walked_in=4, title="News", date="2031-04", why="", last_at=day(1), next_at=day(2),
    )  # fmt: skip
    archive.keep_visit(visit)
    assert archive.visits("leaf", [visit.url, HOME + "other"]) == {visit.url: visit}
    assert archive.visits("moss", [visit.url]) == {}


def test_visits_are_known_by_both_schemes_and_keyed_as_asked(archive):
    archive.keep_visit(a_visit())
    asked = [HOME + "1.html", (HOME + "1.html").replace("http", "https")]
    assert list(archive.visits("leaf", asked)) == asked


def test_thousands_of_visits_can_be_asked_for_at_once(archive):
    found = [a_visit(f"{number}.html") for number in range(3000)]
    assert archive.keep_seed(a_visit("", role="seed"), found) == 3000
    assert len(archive.visits("leaf", [visit.url for visit in found])) == 3000


def test_what_a_seed_said_survives_a_visit_that_does_not_say_it(archive):
    archive.keep_seed(a_visit("", role="seed"), [a_visit(found_in=7, title="Moss", date="2031-04-01")])
    archive.keep_visit(a_visit(state="done", status=200))
    kept = archive.visits("leaf", [HOME + "1.html"])[HOME + "1.html"]
    assert (kept.state, kept.found_in, kept.title, kept.date) == ("done", 7, "Moss", "2031-04-01")


def test_a_completed_walk_is_not_forgotten_by_a_later_visit(archive):
    archive.keep_visit(a_visit("", role="seed", walked_in=5))
    archive.keep_visit(a_visit("", role="seed", walked_in=0, status=304))
    assert archive.visits("leaf", [HOME])[HOME].walked_in == 5


def test_known_addresses_keep_their_state_when_discovered_again(archive):
    archive.keep_visit(a_visit(state="done", status=200, found_in=1, next_at=day(9)))
    new = archive.keep_seed(
        a_visit("", role="seed"), [a_visit(found_in=2, title="Moss"), a_visit("2.html", found_in=2), a_visit("2.html")]
    )
    assert new == 1
    kept = archive.visits("leaf", [HOME + "1.html"])[HOME + "1.html"]
    assert (kept.state, kept.found_in, kept.title, kept.next_at) == ("done", 1, "Moss", day(9))


def test_pending_are_discovered_articles_whose_turn_has_come_oldest_first(archive):
    archive.keep_seed(a_visit("", role="seed"), [a_visit(f"{n}.html", found_in=2) for n in range(3)])
    archive.keep_seed(a_visit("", role="seed"), [a_visit("page2", role="seed", found_in=2), a_visit("x", found_in=3)])
    archive.keep_visit(a_visit("1.html", failures=1, status=503, next_at=day(3)))
    archive.keep_visit(a_visit("2.html", state="refused", why="login"))
    assert [v.url for v in archive.pending("leaf", at=day(2), limit=10)] == [HOME + "0.html", HOME + "x"]
    assert len(archive.pending("leaf", at=day(3), limit=10)) == 3
    assert len(archive.pending("leaf", at=day(3), limit=1)) == 1
    assert archive.pending("moss", limit=10) == []


def test_due_are_fetched_articles_whose_turn_has_come(archive):
    for number, next_at in enumerate([day(3), day(2), day(9), None]):
        archive.keep_visit(a_visit(f"{number}.html", state="done", next_at=next_at, last_at=day(1)))
    archive.keep_visit(a_visit("todo"))
    archive.keep_visit(a_visit("", role="seed", state="done", next_at=day(1)))
    assert [v.url for v in archive.due("leaf", day(3), limit=9)] == [HOME + "1.html", HOME + "0.html"]
    assert len(archive.due("leaf", day(3), limit=9, everything=True)) == 4
    archive.keep_visit(a_visit("0.html", state="done", next_at=day(9), last_at=day(3)))
    assert len(archive.due("leaf", day(3), limit=9, everything=True)) == 3


def test_an_arrival_keeps_its_visit_with_it(archive):
    visit = a_visit(state="done", status=200, next_at=day(2))
    archive.store(an_arrival(visit=visit))
    archive.store(an_arrival(visit=replace(visit, next_at=day(4))))
    assert archive.visits("leaf", [visit.url])[visit.url].next_at == day(4)


def test_crawls_are_numbered_and_their_reports_come_back(archive):
    numbers = [
        archive.begin_crawl("leaf", day(1)),
        archive.begin_crawl("moss", day(1)),
        archive.begin_crawl("leaf", day(2)),
    ]
    assert numbers == sorted(set(numbers))
    report = a_report(numbers[0], evidence=("3 articles",), skipped={"robots": 2}, statuses={"200": 5}, new=3)
    archive.end_crawl(report)
    archive.end_crawl(a_report(numbers[1], source="moss", outcome=Outcome.FAILED, error="boom"))
    assert archive.crawls("leaf") == [report]
    assert [r.crawl for r in archive.crawls()] == [numbers[1], numbers[0]]
    assert len(archive.crawls(limit=1)) == 1


def test_turns_come_back_as_they_were_kept(archive):
    turn = Turn(
        source="leaf", next_at=day(2), why="hourly", paused=True, failures=2, running_since=day(1), last=a_report()
    )
    archive.keep_turn(Turn(source="leaf"))
    archive.keep_turn(turn)
    archive.keep_turn(Turn(source="moss"))
    assert archive.turns() == [turn, Turn(source="moss")]
    assert archive.turn("leaf") == turn
    assert archive.turn("fern") is None


def test_a_time_without_a_zone_is_refused(archive):
    with pytest.raises(ValueError, match="no time zone"):
        archive.keep_visit(a_visit(last_at=datetime(2031, 4, 2)))  # noqa: DTZ001
    assert archive.visits("leaf", [HOME + "1.html"]) == {}


def test_slots_of_a_host_are_spaced_across_processes(archive, url):
    now = datetime.now(UTC)
    with Archive(url) as other:
        waits = [opened.host_turn("leaf.example", 2.0, now) for opened in (archive, other, archive)]
    assert waits == pytest.approx([0.0, 2.0, 4.0], abs=0.01)
    assert archive.host_turn("moss.example", 2.0, now) == 0.0
    assert archive.host_turn("leaf.example", 2.0, now + timedelta(seconds=60)) == 0.0


def test_a_host_that_asked_for_rest_gets_it(archive):
    now = datetime.now(UTC)
    archive.host_rest("leaf.example", now + timedelta(seconds=90))
    archive.host_rest("leaf.example", now + timedelta(seconds=10))
    assert archive.host_turn("leaf.example", 1.0, now) == pytest.approx(90, abs=0.01)


def test_a_clock_that_was_set_back_does_not_stop_a_host_for_days(archive):
    now = datetime.now(UTC)
    archive.host_turn("leaf.example", 1.0, now + timedelta(days=30))
    assert archive.host_turn("leaf.example", 1.0, now) == 1.0


def test_a_clock_that_is_set_back_keeps_nobody_waiting(archive):
    """What was left to wait is left, whatever time it is now: a delay, or what a host asked for."""
    now = datetime(2031, 4, 3, 8, tzinfo=UTC)
    for back in (timedelta(hours=1), timedelta(hours=23), timedelta(days=1), timedelta(days=400)):
        host = f"{back.days}-{back.seconds}.example"
        archive.host_turn(host, 2.0, now)
        assert archive.host_turn(host, 2.0, now - back) == pytest.approx(2.0, abs=0.01)
        assert archive.host_turn(host, 2.0, now - back) == pytest.approx(4.0, abs=0.01)
        archive.host_rest(host, now + timedelta(hours=6), now)
        assert archive.host_turn(host, 2.0, now - back) == pytest.approx(6 * 3600, abs=0.01)
    archive.host_turn("skewed.example", 2.0, now)
    assert archive.host_turn("skewed.example", 2.0, now - timedelta(seconds=5)) == pytest.approx(7.0, abs=0.01)


def test_the_order_of_a_query_makes_no_other_address(archive):
    """Kept is the order in which it was first met; not every server finds a page under another one."""
    first, other = "http://leaf.example/show.asp?id=7&Type=3", "https://leaf.example/show.asp?Type=3&id=7"
    archive.keep_seed(Visit(source="leaf", url="http://leaf.example/", role="seed"), [Visit(source="leaf", url=first)])
    archive.keep_seed(Visit(source="leaf", url="http://leaf.example/", role="seed"), [Visit(source="leaf", url=other)])
    assert {visit.url for visit in archive.visits("leaf", [first, other]).values()} == {first}
