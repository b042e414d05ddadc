"""The rhythm, the look-ahead and the adaptive turn: what polls teach, and when the cheapest next one falls."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import CrawlReport, Outcome
from scheduler.adaptive import Adaptive, Terms, Wishes, adapt, polls_of, turn_after
from scheduler.lookahead import STEPS_A_DAY, next_price, polls_a_day, steps_ahead, waits
from scheduler.plan import Timetable, next_turn
from scheduler.rhythm import SHIFTS, UNSHIFTED, Poll, Rhythm, learn, office, pool, pool_shifts
from scheduler.terms import settled

MONDAY = datetime(2031, 3, 31, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def a_week(hours, per_week=3.0):
    """336 half-hours with everything in these hours of working days."""
    week = np.full((7, 48), 1e-4)
    for hour in hours:
        week[:5, hour * 2 : hour * 2 + 2] = 1.0
    return week.ravel() / week.sum() * per_week


def knowing(week, *, wishes=None, **terms):
    rhythm = Rhythm(
        per_week=float(week.sum()),
        week=week,
        shift=timedelta(0),
        sure=1.0,
        quiet=1.0,
        own=np.zeros((2, 48)),
        finds=99,
        polls=99,
    )
    return Adaptive(rhythm=rhythm, wishes=wishes or Wishes(), terms=Terms(**terms))


def turns_of(adaptive, begin, days):
    """Every turn of so many days, each poll made when it is due."""
    turns, at = [], begin
    while at < begin + timedelta(days=days):
        at, _ = turn_after(adaptive, at)
        turns.append(at)
    return turns


def test_a_poll_falls_just_after_the_hours_it_waits_for():
    turns = turns_of(knowing(a_week([14, 15], per_week=5)), MONDAY, 3)
    assert MONDAY + timedelta(days=2, hours=16) in turns


def test_the_expected_items_of_the_steps_ahead_are_those_of_the_week():
    week = a_week([9, 22], per_week=7)
    assert steps_ahead(week, 17.3, 2 * 7 * STEPS_A_DAY).sum() == pytest.approx(14)


def test_a_source_that_says_much_is_asked_more_often():
    rates = [polls_a_day(a_week(range(9, 18), per_week=rate)) for rate in (0.2, 1, 5, 20)]
    assert rates == sorted(rates)
    assert rates[0] < 1.2
    assert rates[-1] > 3


def test_no_wait_is_longer_than_the_cap_or_shorter_than_the_least():
    best = waits(steps_ahead(a_week([10], per_week=50), 0, 960), most=48, least=6, price=0.01)
    assert best.max() <= 48
    assert best.min() >= 6


def test_a_window_holds_every_poll():
    wishes = Wishes(window=(time(22), time(2)), share=0.4)
    turns = turns_of(knowing(a_week(range(9, 18), per_week=20), wishes=wishes), MONDAY, 7)
    assert all(turn.hour >= 22 or turn.hour < 2 for turn in turns)


def test_a_turn_is_on_the_wall_clock_also_when_summer_begins():
    adaptive = knowing(a_week([17], per_week=1), wishes=Wishes(zone=BERLIN))
    at, _ = turn_after(adaptive, datetime(2031, 3, 29, 18, 5, tzinfo=BERLIN))
    assert at.astimezone(BERLIN).utcoffset() == timedelta(hours=2)
    assert (at.astimezone(BERLIN).minute % 15, at.second) == (0, 0)


@pytest.mark.parametrize("fold", [0, 1])
def test_in_the_hour_that_comes_twice_the_next_turn_is_later(fold):
    adaptive = knowing(np.full(336, 6.0), wishes=Wishes(zone=BERLIN))
    last = datetime(2031, 10, 26, 2, 40, fold=fold, tzinfo=BERLIN).astimezone(UTC)
    at, _ = turn_after(adaptive, last)
    assert timedelta(minutes=15) <= at - last <= timedelta(minutes=90)


def test_sources_of_one_rhythm_do_not_fall_on_the_same_minute():
    turns = set()
    for n in range(100):
        adaptive = knowing(a_week([14, 15], per_week=5), wishes=Wishes(share=n / 100))
        turns.add(turn_after(adaptive, MONDAY + timedelta(hours=10))[0])
    assert len(turns) == 100
    assert max(turns) - min(turns) < timedelta(minutes=30)


@pytest.mark.parametrize(("planned", "budget", "grows"), [(100, 60, True), (40, 60, False)])
def test_the_price_follows_the_budget(planned, budget, grows):
    assert (next_price(0.9, planned, budget) > 0.9) is grows


def test_terms_hold_the_budget_by_the_week_behind_and_pool_what_sources_taught():
    night = np.zeros((2, 48))
    night[0, 44:] = 25.0
    rhythm = replace(knowing(a_week([22])).rhythm, own=night)
    assert settled(Terms(), [rhythm], made=None, budget=40).price == Terms().price  # no week yet
    terms = settled(Terms(), [rhythm], made=50, budget=40)
    assert terms.price > Terms().price
    assert terms.pooled[0, 44:].sum() > 0.5


def test_the_profiles_are_distributions():
    assert office().sum() == pytest.approx(1)
    assert pool([]).sum() == pytest.approx(1)
    assert pool([np.full((2, 48), 30.0)]).sum() == pytest.approx(1)


def polls_for(weeks, hour, *, zone=UTC, every=6, items=1):
    """Polls every few hours of a source that publishes some items at this hour of each working day."""
    polls, at = [], MONDAY
    while at < MONDAY + timedelta(weeks=weeks):
        before = at - timedelta(hours=every)
        found = sum(
            before < (moment := datetime.combine((at + timedelta(days=d)).date(), time(hour), tzinfo=zone)) <= at
            and moment.weekday() < 5
            for d in (-1, 0, 1)
        )
        polls.append(Poll(at=at, found=found * items if polls else 0))
        at += timedelta(hours=every)
    return polls


def test_rate_and_hours_are_learnt_from_finds():
    polls = polls_for(10, 22)
    rhythm = learn(polls, polls[-1].at, UTC)
    assert 4 < rhythm.per_week < 6
    wednesday = rhythm.week.reshape(7, 48)[2]
    assert wednesday[36:48].sum() > 0.6 * wednesday.sum()


def test_a_source_that_keeps_another_clock_than_its_file_says_is_found_out():
    """Its file says UTC; it publishes at 15:00 in Shanghai, which is 7:00."""
    polls = polls_for(12, 15, zone=SHANGHAI, every=2)
    rhythm = learn(polls, polls[-1].at, UTC)
    assert timedelta(hours=-10) <= rhythm.shift <= timedelta(hours=-2)
    tuesday = rhythm.week.reshape(7, 48)[1]
    assert tuesday[12:15].sum() > 0.5 * tuesday.sum()
    assert learn(polls, polls[-1].at, SHANGHAI).shift == timedelta(0)


def neighbours(*hours):
    """The shares of clocks where others keep these shifts."""
    known = knowing(a_week([10])).rhythm
    return pool_shifts([replace(known, shift=timedelta(hours=hour)) for hour in hours])


def test_where_others_keep_another_clock_a_slow_source_is_believed_sooner():
    """One find before the day begins: alone it may be chance, among sources of another zone it is its zone."""
    polls = polls_for(1, 15, zone=SHANGHAI, every=2)[:10]
    now = polls[-1].at
    alone, among = (
        learn(polls, now, UTC, shifts=shifts) for shifts in (neighbours(*[0] * 20), neighbours(*[0] * 10, *[-8] * 10))
    )
    assert alone.shift == timedelta(0)
    assert timedelta(hours=-9) <= among.shift <= timedelta(hours=-6)


def test_while_its_clock_is_not_known_a_source_is_asked_twice_a_day_by_all_clocks_it_may_keep():
    """And says so; where nobody keeps another clock nothing is asked more often."""
    polls = [Poll(at=MONDAY + timedelta(days=n), found=0) for n in range(20)]
    usual, torn = (
        learn(polls, polls[-1].at, UTC, shifts=shifts)
        for shifts in (neighbours(*[0] * 20), neighbours(*[0] * 8, *[-10] * 20))
    )
    assert usual.sure == 1
    assert torn.sure < 0.7
    night = slice(0, 8)  # half-hours of a Tuesday
    assert torn.week.reshape(7, 48)[1, night].sum() > 2 * usual.week.reshape(7, 48)[1, night].sum()
    adaptive = Adaptive(rhythm=torn, wishes=Wishes(), terms=Terms())
    turns = turns_of(adaptive, MONDAY, 5)
    assert max(later - earlier for earlier, later in pairwise(turns)) <= timedelta(hours=12)
    assert "by which clock is not known yet" in turn_after(adaptive, MONDAY)[1]
    patient = replace(adaptive, wishes=Wishes(most=timedelta(days=2)))  # what its file asks for counts
    assert turn_after(patient, MONDAY)[0] - MONDAY > timedelta(hours=12)


def test_clocks_are_shared_out_by_sources_that_are_known_well():
    known = knowing(a_week([10])).rhythm
    shares = pool_shifts(
        [known, replace(known, shift=timedelta(hours=16)), replace(known, shift=timedelta(hours=3), finds=2)]
    )
    assert shares.sum() == pytest.approx(1)
    assert (shares[UNSHIFTED], shares[UNSHIFTED + 6]) == (pytest.approx(0.8), 0)
    assert shares[SHIFTS - 3 :].sum() == pytest.approx(0.2)


def test_a_silent_source_keeps_a_rate_above_zero():
    polls = [Poll(at=MONDAY + timedelta(days=n), found=0) for n in range(365)]
    rhythm = learn(polls, polls[-1].at, UTC)
    assert 0 < rhythm.per_week < 0.5
    assert rhythm.week.min() > 0


def test_in_quiet_days_a_busy_source_is_asked_less_and_its_usual_rate_is_kept():
    polls = polls_for(10, 15, every=3, items=4)
    usual = learn(polls, polls[-1].at, UTC)
    holiday = [Poll(at=polls[-1].at + timedelta(hours=3 * n), found=0) for n in range(1, 5 * 8)]
    quiet = learn([*polls, *holiday], holiday[-1].at, UTC)
    assert usual.quiet > 0.8
    assert quiet.quiet < 0.6
    assert quiet.per_week > 0.75 * usual.per_week


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
    adaptive = adapt([a_crawl(1, MONDAY, 5)], MONDAY, Wishes(zone=SHANGHAI, share=0.99), Terms())
    at, why = turn_after(adaptive, MONDAY)
    assert MONDAY < at <= MONDAY + timedelta(hours=24)
    assert "not known yet" in why
    assert "expected" in why


crawl_gaps = st.lists(
    st.tuples(
        st.integers(0, 30 * 24 * 60),  # minutes since the crawl before
        st.integers(0, 40),  # new
        st.sampled_from([None, 0, 1, 400, -3]),  # days between the stated day and the crawl's
        st.sampled_from([Outcome.OK, Outcome.EMPTY, Outcome.DEGRADED]),
    ),
    min_size=1,
    max_size=30,
)


@settings(deadline=None, max_examples=60)
@given(
    crawl_gaps,
    st.sampled_from([UTC, SHANGHAI, BERLIN, ZoneInfo("America/St_Johns"), ZoneInfo("Australia/Lord_Howe")]),
    st.timedeltas(timedelta(0), timedelta(days=3650)),
    st.none() | st.tuples(st.times(), st.times()).filter(lambda w: w[0].replace(second=0) != w[1].replace(second=0)),
    st.tuples(
        st.timedeltas(timedelta(minutes=1), timedelta(hours=30)), st.timedeltas(timedelta(minutes=1), timedelta(days=9))
    ),
    st.floats(1e-4, 1e4),
    st.text(max_size=9),
)
def test_whatever_was_seen_the_next_turn_is_later_within_its_bounds_and_the_same_again(
    gaps, zone, begin, window, bounds, price, slug
):
    at, crawls, (least, most) = MONDAY - begin, [], bounds
    for number, (minutes, new, back, outcome) in enumerate(gaps):
        at += timedelta(minutes=minutes)
        days = {} if back is None or not new else {(at - timedelta(days=back)).date().isoformat(): new}
        crawls.insert(0, a_crawl(number, at, new, days, outcome))
    timetable = Timetable(slug=slug, schedule="adaptive", zone=zone, window=window, least=least, most=most)
    due = next_turn(timetable, None, crawls, at, terms=Terms(price=price))
    assert due == next_turn(timetable, None, list(crawls), at, terms=Terms(price=price))
    longest = max(least, most) + timedelta(minutes=30) + timedelta(hours=1)  # a step; an hour that comes twice
    assert least <= due.at - at <= longest + (timedelta(hours=25) if window else timedelta(0))
    if window:
        local = due.at.astimezone(zone).time()
        opens, closes = window
        assert opens <= local < closes if opens < closes else not closes <= local < opens
