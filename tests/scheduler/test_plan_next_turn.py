"""The plan: one table a rule."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import CrawlReport, Outcome, Turn
from scheduler.plan import BadSchedule, Timetable, next_turn, read_schedule, share

NOW = datetime(2031, 4, 2, 12, tzinfo=UTC)  # a Wednesday
BERLIN = ZoneInfo("Europe/Berlin")


def a_source(schedule="6h", **more):
    return Timetable(slug="leaf", schedule=schedule, **more)


def a_crawl(started=NOW, outcome=Outcome.OK, minutes=1):
    return CrawlReport(
        source="leaf", crawl=1, started=started, ended=started + timedelta(minutes=minutes), outcome=outcome
    )


def test_a_source_that_was_never_crawled_has_its_turn_now():
    due = next_turn(a_source(), None, [], NOW)
    assert (due.at, due.why) == (NOW, "never crawled")


def test_a_cron_source_that_was_never_crawled_waits_for_its_line():
    assert next_turn(a_source("30 6 * * *"), None, [], NOW).at == datetime(2031, 4, 3, 6, 30, tzinfo=UTC)


def test_a_paused_source_has_no_turn():
    assert next_turn(a_source(), Turn(source="leaf", paused=True, next_at=NOW), [], NOW) is None


@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=30)), st.text(max_size=20))
def test_intervals_neither_drift_nor_crowd(every, slug):
    """From one slot to the next is exactly one interval, and a crawl that began late does not move the slots."""
    seconds = max(1, round(every.total_seconds()))
    timetable = Timetable(slug=slug, schedule=f"{seconds}s")
    first = next_turn(timetable, None, [a_crawl(NOW)], NOW).at
    late = first + timedelta(seconds=seconds) / 4
    second = next_turn(timetable, None, [a_crawl(late)], late).at
    assert timedelta(seconds=seconds) / 2 <= first - NOW <= timedelta(seconds=seconds) * 1.5
    assert second - first == timedelta(seconds=seconds)


def test_sources_with_one_interval_do_not_fall_on_the_same_minute():
    turns = {next_turn(Timetable(slug=f"s{n}", schedule="6h"), None, [a_crawl()], NOW).at for n in range(100)}
    assert len({turn.replace(second=0, microsecond=0) for turn in turns}) > 70


def test_the_spread_is_even():
    shares = sorted(share(f"source-{n}") for n in range(1000))
    assert shares[0] < 0.01
    assert 0.45 < shares[500] < 0.55
    assert shares[-1] > 0.99


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("0 8 * * 0", datetime(2031, 4, 6, 8, tzinfo=BERLIN), id="Sunday is 0"),
        pytest.param("0 8 * * 7", datetime(2031, 4, 6, 8, tzinfo=BERLIN), id="and 7"),
        pytest.param("0 8 13 * 5", datetime(2031, 4, 4, 8, tzinfo=BERLIN), id="day of month or day of week"),
        pytest.param("0 8 * * fri,SUN", datetime(2031, 4, 4, 8, tzinfo=BERLIN), id="names"),
        pytest.param("0 8 * * 6-7", datetime(2031, 4, 5, 8, tzinfo=BERLIN), id="a range up to 7"),
        pytest.param("0 0 29 2 *", datetime(2032, 2, 29, tzinfo=BERLIN), id="a leap day"),
        pytest.param("*/20 9-17 * * 1-5", datetime(2031, 4, 2, 14, 20, tzinfo=BERLIN), id="local time"),
    ],
)
def test_cron_is_what_operators_know(line, expected):
    assert next_turn(a_source(line, zone=BERLIN), None, [a_crawl()], NOW).at == expected


def test_a_cron_time_that_summer_skips_comes_right_after():
    before = datetime(2031, 3, 29, 20, tzinfo=UTC)  # the clocks go from 2:00 to 3:00 on the 30th
    due = next_turn(a_source("30 2 * * *", zone=BERLIN), None, [a_crawl(before)], before)
    assert due.at == datetime(2031, 3, 30, 3, 0, tzinfo=BERLIN)


def test_a_cron_hour_that_comes_twice_is_used_once():
    night = datetime(2031, 10, 25, 20, tzinfo=UTC)
    first = next_turn(a_source("30 2 * * *", zone=BERLIN), None, [a_crawl(night)], night).at
    second = next_turn(a_source("30 2 * * *", zone=BERLIN), None, [a_crawl(first)], first).at
    assert second - first == timedelta(hours=25)


def test_an_hourly_cron_is_had_every_hour_of_the_night_that_has_one_twice():
    at, turns = datetime(2031, 10, 25, 23, 30, tzinfo=UTC), []
    for _ in range(4):
        at = next_turn(a_source("0 * * * *", zone=BERLIN), None, [a_crawl(at)], at).at
        turns.append(at)
    assert [later - earlier for earlier, later in pairwise(turns)] == [timedelta(hours=1)] * 3


@given(
    st.sampled_from(["30 2 * * *", "0 */3 * * *", "15 8 13 * 5", "6h", "90m"]),
    st.sampled_from(["Europe/Berlin", "America/Chicago", "Asia/Shanghai", "Australia/Lord_Howe", "America/Santiago"]),
    st.datetimes(datetime(2030, 1, 1), datetime(2032, 1, 1)),  # noqa: DTZ001
    st.sampled_from([None, (time(8), time(20)), (time(22), time(3))]),
)
def test_turns_go_forward_whatever_the_clocks_of_a_zone_do(schedule, name, moment, window):
    """From turn to turn: always later, never further than the schedule and its window allow, always inside the window."""
    zone, at = ZoneInfo(name), moment.replace(tzinfo=UTC)
    timetable = a_source(schedule, zone=zone, window=window)
    for _ in range(5):
        due = next_turn(timetable, None, [a_crawl(at)], at)
        assert at < due.at <= at + timedelta(days=32)
        if window is not None:
            local = due.at.astimezone(zone).time()
            opens, closes = window
            assert opens <= local < closes if opens < closes else local >= opens or local < closes
        at = due.at


def test_a_missed_turn_is_in_the_past_and_there_is_one():
    week_ago = a_crawl(NOW - timedelta(days=7))
    due = next_turn(a_source("0 8 * * *"), None, [week_ago], NOW)
    assert due.at < NOW


def test_an_earlier_turn_that_was_kept_wins():
    asked = Turn(source="leaf", next_at=NOW, why="asked for")
    assert next_turn(a_source(), asked, [a_crawl()], NOW).why == "asked for"


def test_a_later_turn_that_was_kept_gives_way_to_a_changed_schedule():
    kept = Turn(source="leaf", next_at=NOW + timedelta(days=7), why="every 7 days")
    assert next_turn(a_source("1h"), kept, [a_crawl()], NOW).at < NOW + timedelta(hours=2)


@pytest.mark.parametrize(
    ("streak", "wait"),
    [(1, timedelta(minutes=15)), (2, timedelta(minutes=30)), (3, timedelta(hours=1)), (60, timedelta(hours=24))],
)
def test_a_failing_source_is_probed_ever_more_rarely(streak, wait):
    crawls = [a_crawl(outcome=Outcome.FAILED)] * streak
    due = next_turn(a_source("7d"), None, crawls, NOW + timedelta(minutes=1))
    assert due.at == NOW + timedelta(minutes=1) + wait
    assert "failed" in due.why


def test_a_failing_source_with_a_short_interval_rests_longer_than_its_interval():
    due = next_turn(a_source("1m"), None, [a_crawl(outcome=Outcome.FAILED)], NOW + timedelta(minutes=1))
    assert timedelta(minutes=15) <= due.at - NOW - timedelta(minutes=1) <= timedelta(minutes=16)


def test_a_blocked_source_is_not_asked_sooner_than_its_schedule():
    regular = next_turn(a_source("7d"), None, [a_crawl()], NOW)
    blocked = next_turn(a_source("7d"), None, [a_crawl(outcome=Outcome.BLOCKED)], NOW)
    assert blocked.at == regular.at
    assert "blocked" in blocked.why


def test_one_success_ends_the_backoff():
    crawls = [a_crawl(), *[a_crawl(outcome=Outcome.FAILED)] * 9]
    assert next_turn(a_source("1h"), None, crawls, NOW).why == "every 1 h"


def test_a_crawl_that_ran_out_of_time_goes_on_soon():
    long = CrawlReport(
        source="leaf", crawl=1, started=NOW - timedelta(minutes=20), ended=NOW, outcome=Outcome.OK, fetched=500,
        ended_early="the crawl's time is over",
    )  # fmt: skip
    due = next_turn(a_source("7d"), None, [long], NOW)
    assert due.at == NOW + timedelta(minutes=10)
    assert "work is left" in due.why


@pytest.mark.parametrize(
    ("window", "hour", "opens"),
    [
        pytest.param((time(8), time(20)), 9, None, id="inside"),
        pytest.param((time(8), time(20)), 21, 8, id="after it closed: tomorrow"),
        pytest.param((time(8), time(20)), 3, 8, id="before it opens"),
        pytest.param((time(22), time(6)), 23, None, id="inside, over midnight"),
        pytest.param((time(22), time(6)), 7, 22, id="outside, over midnight"),
    ],
)
def test_a_turn_falls_into_the_window(window, hour, opens):
    asked = datetime(2031, 4, 2, hour, tzinfo=BERLIN)
    due = next_turn(a_source(zone=BERLIN, window=window), None, [], asked.astimezone(UTC))
    local = due.at.astimezone(BERLIN)
    if opens is None:
        assert local == asked
    else:
        assert local.hour == opens
        assert local.minute < 15
        assert timedelta(0) < due.at - asked < timedelta(hours=24)


def test_a_clock_that_was_set_back_does_not_hold_a_source():
    future = a_crawl(NOW + timedelta(days=400))
    assert next_turn(a_source("1h"), None, [future], NOW).at <= NOW + timedelta(hours=2)


@pytest.mark.parametrize("text", ["", "soon", "6", "0s", "61 * * * *", "* * * *", "-1h"])
def test_a_schedule_that_means_nothing_is_refused(text):
    with pytest.raises(BadSchedule):
        read_schedule(text)
