"""Health: an alarm once when something begins to be wrong, once when it is mended, and not in between."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive import CrawlReport, Outcome, Sign
from scheduler.health import Health, judge, read_health, write_health
from scheduler.silence import is_holiday, silence_of

NOON = datetime(2031, 4, 2, 12, tzinfo=UTC)
LIST, SEED = "http://leaf.example/news/", "http://leaf.example/feed"
OK = {
    "outcome": Outcome.OK,
    "new": 2,
    "seeds": {LIST: 20},
    "fields": {"articles": 2, "title": 2, "published": 2, "body": 2},
}
EMPTY = {"outcome": Outcome.EMPTY, "evidence": ("nothing new",)}
LOST = {"outcome": Outcome.DEGRADED, "alarms": ("seed finds nothing",), "signs": (Sign.LIST,), "seeds": {LIST: 0}}
WALL = {"outcome": Outcome.BLOCKED, "alarms": ("answers 403",), "signs": (Sign.BLOCKED,), "statuses": {"403": 6}}
DOWN = {"outcome": Outcome.FAILED, "alarms": ("timeout",), "signs": (Sign.UNREACHABLE,)}
DIED = {
    "outcome": Outcome.DEGRADED,
    "alarms": ("field published: 0% of 5 articles have it, 98% had it before",),
    "signs": (Sign.TEMPLATE,),
    "new": 1,
    "fields": {"articles": 1, "title": 1, "body": 1},
}


def reports(*kinds, every=timedelta(hours=6)):
    return [
        CrawlReport(source="leaf", crawl=n, started=NOON + every * n, ended=NOON + every * n, **kind)
        for n, kind in enumerate(kinds, 1)
    ]


def told(*kinds, **more):
    """(what rang, crawl by crawl; the health at the end), with the health written down and read again in between."""
    health, rang = Health(), []
    for report in reports(*kinds, **more):
        health, alarms = judge(read_health(write_health(health)), report)
        rang.append(" ".join(f"{'-' if alarm.mended else '+'}{alarm.kind}" for alarm in alarms))
    return rang, health


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        pytest.param([OK, EMPTY, OK], ["", "", ""], id="all is well"),
        pytest.param([OK, LOST, LOST, LOST, OK], ["", "+list", "", "", "-list"], id="a list is lost and found"),
        pytest.param([OK, WALL, WALL, EMPTY], ["", "+blocked", "", "-blocked"], id="blocked, and let in again"),
        pytest.param([OK, DOWN, OK, DOWN, OK], [""] * 5, id="one failure by itself is no news"),
        pytest.param([OK, DOWN, DOWN, DOWN, EMPTY], ["", "", "+unreachable", "", "-unreachable"], id="the second is"),
        pytest.param([LOST, DOWN, DOWN, LOST, OK], ["+list", "", "+unreachable", "-unreachable", "-list"], id="both"),
        pytest.param([OK, LOST, WALL, OK], ["", "+list", "+blocked", "-list -blocked"], id="one kind after the other"),
        pytest.param([OK, DIED, EMPTY, DIED, OK], ["", "+template", "", "", "-template"], id="a template"),
        pytest.param(
            [OK, LOST, OK, LOST, OK, LOST, LOST, OK],
            ["", "+list", "-list", "", "", "", "+list", "-list"],
            id="what flaps rings more slowly",
        ),
    ],
)
def test_what_rings_and_what_does_not(kinds, expected):
    assert told(*kinds)[0] == expected


def test_an_alarm_carries_what_a_person_needs():
    health, alarms = judge(Health(), reports(WALL)[0])
    assert alarms[0].text == "leaf: it refuses us: answers 403"
    assert "answers: 403 x 6" in alarms[0].evidence
    assert "crawl 1 ended as blocked" in alarms[0].evidence
    _, mended = judge(health, reports(WALL, OK)[1])
    assert mended[0].text == "leaf: mended after 6 h: it refuses us no more (2 new articles)"
    assert "it was: answers 403" in mended[0].evidence


@pytest.mark.parametrize(
    ("kinds", "state", "since"),
    [
        pytest.param([OK, EMPTY], Outcome.EMPTY, 1, id="ok and empty are one state"),
        pytest.param([OK, DOWN, DOWN], Outcome.FAILED, 2, id="failed since the first failure"),
        pytest.param([OK, DIED, EMPTY, EMPTY], Outcome.DEGRADED, 2, id="empty crawls do not mend a template"),
        pytest.param([DOWN, DOWN, OK], Outcome.OK, 3, id="well again"),
    ],
)
def test_how_a_source_is_and_since_when(kinds, state, since):
    health = told(*kinds)[1]
    assert (health.state, health.since) == (state, NOON + timedelta(hours=6) * since)
    assert bool(health.evidence) is (state not in (Outcome.OK, Outcome.EMPTY))


def test_a_report_of_an_older_program_rings_by_its_outcome():
    health, alarms = judge(Health(), replace(reports(WALL)[0], signs=()))
    assert [alarm.kind for alarm in alarms] == ["blocked"]
    assert judge(health, replace(reports(WALL)[0], alarms=(), signs=("news",)))[1] == []


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"state":"cheerful"}', '{"troubles":{"list":{}}}', "3"])
def test_a_health_that_cannot_be_read_is_none(text):
    assert read_health(text) == Health()


# --- silence ----------------------------------------------------------------------------------------------------------


def a_life(days, *, speaks=lambda n: n % 2 == 0, silent=0):
    """Reports of two crawls a day, newest first: news where `speaks`, then silence."""
    crawls = []
    for n in range((days + silent) * 2):
        new = 50 if n == 0 else int(n < days * 2 and speaks(n))
        at = NOON + timedelta(hours=12) * n
        crawls.append(CrawlReport(source="leaf", crawl=n + 1, started=at, ended=at, outcome=Outcome.OK, new=new))
    return crawls[::-1]


def test_a_source_that_usually_speaks_and_falls_silent():
    assert not silence_of(a_life(20, silent=5)).why
    silence = silence_of(a_life(20, silent=7))
    assert silence.why.startswith("nothing new for 8 days, since 2031-04-21T12:00")
    assert "every 24 h" in silence.why


def test_weekends_and_slow_sources_are_no_silence():
    working_days = lambda n: n % 2 == 0 and n // 2 % 7 < 5  # noqa: E731
    assert not silence_of(a_life(35, speaks=working_days, silent=5)).why
    assert silence_of(a_life(35, speaks=working_days, silent=10)).why
    assert not silence_of(a_life(90, speaks=lambda n: n % 60 == 0, silent=45)).why
    assert not silence_of(a_life(4, speaks=lambda n: n > 0, silent=3)).why


def test_crawls_that_could_not_read_the_list_are_no_silence():
    crawls = a_life(20, silent=9)
    failed = [replace(crawl, outcome=Outcome.FAILED) if n < 17 else crawl for n, crawl in enumerate(crawls)]
    assert not silence_of(failed).why


def test_what_never_spoke_cannot_fall_silent():
    assert silence_of(a_life(30, speaks=lambda n: False)).overdue is None
    assert silence_of([]).why == ""


def test_when_all_neighbours_are_quiet_it_is_a_holiday():
    assert is_holiday([3.0, 4.0, 2.5, 0.0, None, 6.0])
    assert not is_holiday([3.0, 0.1, 0.0, 0.0, 6.0, 0.2])
    assert not is_holiday([9.0, 9.0, None])


def test_silence_rings_and_the_first_news_mends_it():
    health, alarms = judge(Health(), reports(EMPTY)[0], silent="nothing new for 9 days", overdue=9.0)
    assert [alarm.text for alarm in alarms] == ["leaf: it has fallen silent: nothing new for 9 days"]
    assert (health.state, health.overdue) == (Outcome.DEGRADED, 9.0)
    health, alarms = judge(health, reports(EMPTY, EMPTY)[1], silent="nothing new for 10 days", overdue=10.0)
    assert alarms == []
    health, alarms = judge(health, reports(EMPTY, EMPTY, DOWN)[2], silent="nothing new for 10 days")
    assert (alarms, health.state) == ([], Outcome.FAILED)
    health, alarms = judge(health, reports(EMPTY, EMPTY, DOWN, OK)[3])
    assert [(alarm.kind, alarm.mended) for alarm in alarms] == [("silent", True)]
    assert (health.state, health.troubles) == (Outcome.OK, {})
