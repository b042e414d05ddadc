"""The rhythm and the week plan: what polls teach, and when the cheapest ones fall."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from archive import CrawlReport, Outcome
from scheduler.adaptive import OFFSET_MOST, adapt, polls_of, turn_after
from scheduler.rhythm import Poll, learn, office, pool
from scheduler.weekplan import DAY_SLOTS, WEEK_SLOTS, next_poll, next_price, plan_week

MONDAY = datetime(2031, 3, 31, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def a_week(hours, per_week=3.0):
    """336 half-hours with everything in these hours of working days."""
    week = np.full((7, 48), 1e-4)
    for hour in hours:
        week[:5, hour * 2 : hour * 2 + 2] = 1.0
    return week.ravel() / week.sum() * per_week


def polls_on(plan, day):
    """The hours of the plan's polls on a day of its second week."""
    slot, hours = 0, []
    while slot < WEEK_SLOTS * 2:
        slot += int(plan.wait[slot % WEEK_SLOTS])
        if WEEK_SLOTS + day * DAY_SLOTS <= slot < WEEK_SLOTS + (day + 1) * DAY_SLOTS:
            hours.append(slot % DAY_SLOTS / 4)
    return hours


def test_a_poll_falls_just_after_the_hours_it_waits_for():
    plan = plan_week(a_week([14, 15], per_week=5))
    assert 16.0 in polls_on(plan, day=2)


def test_a_source_that_says_much_is_asked_more_often():
    rates = [plan_week(a_week(range(9, 18), per_week=rate)).polls_per_day for rate in (0.2, 1, 5, 20)]
    assert rates == sorted(rates)
    assert rates[0] < 1.2
    assert rates[-1] > 3


def test_no_wait_is_longer_than_the_cap():
    plan = plan_week(a_week([10], per_week=0.1), cap=timedelta(hours=12))
    assert plan.wait.max() <= 48


def test_a_window_holds_every_poll():
    from scheduler.weekplan import windows

    plan = plan_week(a_week(range(9, 18), per_week=20), open_=windows(22 * 60, 2 * 60))
    hours = [hour for day in range(7) for hour in polls_on(plan, day)]
    assert hours
    assert all(hour >= 22 or hour < 2 for hour in hours)


def test_a_plan_is_on_the_wall_clock_also_when_summer_begins():
    plan = plan_week(a_week([17], per_week=1))
    saturday = datetime(2031, 3, 29, 18, 5, tzinfo=BERLIN)
    assert next_poll(plan, saturday, BERLIN).utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize(("planned", "budget", "grows"), [(100, 60, True), (40, 60, False)])
def test_the_price_follows_the_budget(planned, budget, grows):
    assert (next_price(0.9, planned, budget) > 0.9) is grows


def test_the_office_profile_is_a_distribution():
    assert office().sum() == pytest.approx(1)
    assert pool([]).sum() == pytest.approx(1)


def polls_for(weeks, hour, *, zone=UTC, every=6):
    """Polls every few hours of a source that publishes at this hour of each working day."""
    polls, at = [], MONDAY
    while at < MONDAY + timedelta(weeks=weeks):
        before = at - timedelta(hours=every)
        found = sum(
            before < (moment := datetime.combine((at + timedelta(days=d)).date(), time(hour), tzinfo=zone)) <= at
            and moment.weekday() < 5
            for d in (-1, 0, 1)
        )
        polls.append(Poll(at=at, found=found if polls else 0))
        at += timedelta(hours=every)
    return polls


def test_rate_and_hours_are_learnt_from_finds():
    polls = polls_for(10, 22)
    rhythm = learn(polls, polls[-1].at, UTC)
    assert 4 < rhythm.per_week < 6
    wednesday = rhythm.week.reshape(7, 48)[2]
    assert wednesday[36:48].sum() > 0.6 * wednesday.sum()


def test_a_silent_source_keeps_a_rate_above_zero():
    polls = [Poll(at=MONDAY + timedelta(days=n), found=0) for n in range(365)]
    rhythm = learn(polls, polls[-1].at, UTC)
    assert 0 < rhythm.per_week < 0.5
    assert rhythm.week.min() > 0


def test_a_day_that_the_list_states_narrows_a_find():
    polls = [Poll(at=MONDAY, found=0)]
    tuesday = MONDAY + timedelta(days=1)
    polls.append(Poll(at=MONDAY + timedelta(days=3), found=8, days={tuesday.date(): 8}))
    by_day = learn(polls, polls[-1].at, UTC).week.reshape(7, 48).sum(axis=1)
    assert by_day[1] == max(by_day)


def test_a_find_that_states_an_older_day_teaches_no_hour():
    polls = [Poll(at=MONDAY, found=0)]
    old = (MONDAY - timedelta(days=9)).date()
    polls.append(Poll(at=MONDAY + timedelta(days=1), found=5, days={old: 5}))
    assert learn(polls, polls[-1].at, UTC).finds == 0


def test_the_first_list_tells_the_rate_before_we_ever_came():
    many = {(MONDAY - timedelta(days=n)).date(): 2 for n in range(1, 20)}
    few = {(MONDAY - timedelta(days=40 * n)).date(): 1 for n in range(1, 9)}
    first = [Poll(at=MONDAY, found=0)]
    busy, calm = (learn(first, MONDAY, UTC, listed=listed).per_week for listed in (many, few))
    assert busy > 6
    assert calm < 1


def a_crawl(number, at, new, days=None, outcome=Outcome.OK):
    return CrawlReport(source="leaf", crawl=number, started=at, ended=at, outcome=outcome, new=new, days=days or {})


def test_crawls_become_polls_backlog_and_failures_apart():
    crawls = [
        a_crawl(4, MONDAY + timedelta(days=2), 3, {"2031-04-01": 2, "2019-01-01": 1}),
        a_crawl(3, MONDAY + timedelta(days=1), 0, outcome=Outcome.FAILED),
        a_crawl(2, MONDAY + timedelta(hours=12), 0, outcome=Outcome.EMPTY),
        a_crawl(1, MONDAY, 50, {"2031-03-30": 50}),
    ]
    polls, listed = polls_of(crawls, UTC)
    assert [poll.found for poll in polls] == [0, 0, 2]
    assert sum(listed.values()) == 51


def test_an_adaptive_turn_says_why():
    adaptive = adapt([a_crawl(1, MONDAY, 5)], MONDAY, SHANGHAI)
    at, why = turn_after(adaptive, MONDAY, SHANGHAI, share=0.99)
    assert MONDAY < at <= MONDAY + timedelta(hours=24) + OFFSET_MOST
    assert "not known yet" in why
    assert "expected" in why
