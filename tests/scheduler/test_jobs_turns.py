"""Turns as they are kept: what a crawl's end leads to, what somebody steers meanwhile, what a lost process leaves behind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from test_clock_worker import a_source

from archive import ARCHIVE_AWAY, Archive, CrawlReport, Outcome, Sign, Turn
from crawler import crawl
from scheduler.claims import Claims, Lead, new_holder
from scheduler.jobs import (
    ASKED,
    AWAY,
    LOST,
    STOPPED,
    ask_now,
    began,
    ended,
    forget_running,
    lines,
    pause,
    plan_all,
    replan,
    resume,
    retire,
)
from scheduler.late import Lateness, lateness, missed_without_a_clock
from scheduler.plan import BadSchedule

NOON = datetime(2031, 4, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def archive(tmp_path):
    with Archive(f"sqlite:///{tmp_path}/a.db") as opened:
        yield opened


def scheduled(schedule, slug="leaf"):
    return a_source(slug).model_copy(update={"schedule": schedule})


def a_report(archive, *, at=NOON, slug="leaf", outcome=Outcome.EMPTY, **more):
    report = CrawlReport(
        source=slug, crawl=archive.begin_crawl(slug, at), started=at, ended=at, outcome=outcome, **more
    )
    archive.end_crawl(report)
    return report


def test_a_crawl_that_began_a_hair_before_its_turn_does_not_have_it_twice(archive):
    archive.keep_turn(Turn(source="leaf", next_at=NOON, why="cron"))
    early = NOON - timedelta(milliseconds=5)
    began(archive, "leaf", early)
    settled = ended(archive, scheduled("0 12 * * *"), a_report(archive, at=early), NOON)
    assert settled.due.at == NOON + timedelta(days=1)


def test_a_crawl_that_found_no_archive_blames_no_source_and_its_turn_is_had_soon(archive):
    """Neither state nor failures nor the last outcome change, and nothing rings."""
    kept = Turn(source="leaf", next_at=NOON, why="every 6 h", last=a_report(archive, at=NOON - 6 * HOUR))
    archive.keep_turn(kept)
    began(archive, "leaf", NOON)
    error = "the archive cannot be reached"
    report = CrawlReport(
        source="leaf", crawl=0, started=NOON, ended=NOON, outcome=Outcome.FAILED, error=error, alarms=(error,),
        ended_early=ARCHIVE_AWAY,
    )  # fmt: skip
    settled = ended(archive, scheduled("6h"), report, NOON)
    assert settled.alarms == ()
    assert timedelta(0) < settled.due.at - NOON <= 2 * timedelta(minutes=1)
    assert archive.turn("leaf") == replace(kept, next_at=settled.due.at, why=AWAY)


def test_a_turn_that_is_asked_for_while_a_crawl_runs_is_had_after_it(archive):
    archive.keep_turn(Turn(source="leaf", next_at=NOON, why="every 6 h"))
    began(archive, "leaf", NOON)
    ask_now(archive, "leaf", NOON + timedelta(minutes=1))
    settled = ended(archive, scheduled("6h"), a_report(archive), NOON + timedelta(minutes=2))
    assert (settled.due.at, settled.due.why) == (NOON + timedelta(minutes=1), ASKED)
    began(archive, "leaf", NOON + timedelta(minutes=2))
    settled = ended(
        archive, scheduled("6h"), a_report(archive, at=NOON + timedelta(minutes=2)), NOON + timedelta(minutes=3)
    )
    assert settled.due.why == "every 6 h"


def test_a_source_that_is_paused_while_its_crawl_runs_has_no_further_turn(archive):
    began(archive, "leaf", NOON)
    pause(archive, "leaf")
    assert ended(archive, scheduled("6h"), a_report(archive), NOON).due is None
    assert resume(archive, "leaf").next_at > NOON


def test_a_crawl_that_was_stopped_is_due_again_and_proves_nothing(archive):
    report = a_report(
        archive, outcome=Outcome.DEGRADED, alarms=("x",), signs=(Sign.LIST,), ended_early="stopped (SIGTERM)"
    )
    settled = ended(archive, scheduled("6h"), report, NOON, stopped=True)
    assert (settled.due.at, settled.due.why, settled.alarms) == (NOON, STOPPED, ())


def test_a_crawl_that_was_ended_for_what_it_took_rests_like_one_that_failed(archive):
    report = replace(
        a_report(archive), outcome=Outcome.FAILED, error="held 2 GB", alarms=("held 2 GB",), signs=("broken",)
    )
    settled = ended(archive, scheduled("6h"), report, NOON, amended=True)
    assert settled.due.at == NOON + timedelta(minutes=15)
    assert archive.crawls("leaf")[0].error == "held 2 GB"
    assert settled.alarms == ()
    again = replace(
        a_report(archive), outcome=Outcome.FAILED, error="held 2 GB", alarms=("held 2 GB",), signs=("broken",)
    )
    assert [alarm.kind for alarm in ended(archive, scheduled("6h"), again, NOON, amended=True).alarms] == ["broken"]


def test_all_are_planned_and_one_bad_schedule_costs_its_source_alone(archive):
    archive.keep_turn(Turn(source="asked", next_at=NOON - HOUR, why=ASKED))
    archive.keep_turn(Turn(source="paused", paused=True))
    sources = [scheduled("6h"), scheduled("soon", "bad"), scheduled("6h", "asked"), scheduled("6h", "paused")]
    planned = plan_all(archive, sources, NOON)
    assert planned["leaf"].at == NOON
    assert isinstance(planned["bad"], BadSchedule)
    assert (planned["asked"].at, planned["asked"].why) == (NOON - HOUR, ASKED)
    assert planned["paused"] is None
    assert archive.turn("leaf").why == "never crawled"


def test_an_interval_that_was_made_shorter_while_nothing_ran_counts_from_the_last_crawl(archive):
    ended(archive, scheduled("30d"), a_report(archive), NOON)
    planned = plan_all(archive, [scheduled("1h")], NOON + HOUR)
    assert planned["leaf"].at < NOON + 2 * HOUR


def test_when_the_clock_was_set_back_turns_are_planned_anew_but_what_was_asked_for_stays(archive):
    ahead = NOON + timedelta(days=30)
    for slug in ("leaf", "asked"):
        ended(archive, scheduled("6h", slug), a_report(archive, at=ahead, slug=slug), ahead)
    ask_now(archive, "asked", ahead)
    for slug in ("leaf", "asked"):
        replan(archive, scheduled("6h", slug), NOON)
    assert NOON < archive.turn("leaf").next_at < NOON + 12 * HOUR
    assert archive.turn("asked").next_at == ahead


def test_what_a_lost_process_crawled_is_due_again_and_what_lives_goes_on(archive):
    for slug in ("lost", "lives"):
        archive.keep_turn(Turn(source=slug, next_at=NOON, why="every 6 h"))
        began(archive, slug, NOON + HOUR)
    claims = Claims(archive, new_holder())
    claims.take(a_source("lives"))
    numbers = {slug: archive.begin_crawl(slug, NOON + HOUR) for slug in ("lost", "lives")}
    assert forget_running(archive, NOON + 2 * HOUR) == 1
    (report,) = archive.crawls("lost")
    assert (report.crawl, report.outcome, report.ended_early) == (numbers["lost"], Outcome.FAILED, "lost")
    assert archive.crawls("lives") == []
    lost = archive.turn("lost")
    assert (lost.running_since, lost.why, lost.next_at) == (None, LOST, NOON + HOUR)
    assert archive.turn("lives").running_since == NOON + HOUR


def test_a_source_whose_file_is_gone_has_no_turn_until_it_is_back(archive):
    for slug in ("there", "gone"):
        archive.keep_turn(Turn(source=slug, next_at=NOON, why="every 6 h", failures=2))
    assert retire(archive, {"there", "new"}) == ["gone"]
    assert retire(archive, {"there", "new"}) == []
    assert (archive.turn("gone").next_at, archive.turn("gone").failures) == (None, 2)
    assert archive.turn("there").next_at == NOON
    assert plan_all(archive, [scheduled("6h", "gone")], NOON)["gone"].at == NOON


def test_the_schedule_is_shown_soonest_first_with_how_each_source_is(archive):
    ended(archive, scheduled("6h", "well"), a_report(archive, slug="well"), NOON)
    wrong = a_report(archive, slug="wrong", outcome=Outcome.BLOCKED, alarms=("403",), signs=(Sign.BLOCKED,))
    ended(archive, scheduled("6h", "wrong"), wrong, NOON)
    archive.keep_turn(Turn(source="paused", paused=True, next_at=NOON))
    sources = [scheduled("6h", slug) for slug in ("paused", "wrong", "well", "young")]
    shown = lines(archive, sources, NOON + 30 * HOUR)
    assert [line.source for line in shown][-1] == "paused"
    by = {line.source: line for line in shown}
    assert (by["well"].state, by["wrong"].state, by["young"].state) == (Outcome.EMPTY, Outcome.BLOCKED, None)
    assert by["wrong"].state_since == NOON
    assert "403" in by["wrong"].evidence
    assert by["well"].lag > HOUR
    assert lines(None, sources, NOON)[0].why == "never crawled"


def test_missed_turns_are_one_alarm_and_mended_when_they_were_had(archive):
    turns = [Turn(source=f"s{n}", next_at=NOON - n * HOUR) for n in range(5)]
    late = Lateness(archive, HOUR)
    assert late.begin(turns[:1], NOON) == []
    (alarm,) = Lateness(archive, HOUR).begin(turns, NOON + 2 * HOUR)
    assert alarm.text.startswith("5 turns were missed, the longest by 6 h: no clock was at work for 2.0 h") or (
        alarm.text.startswith("5 turns were missed, the longest by 6 h: no clock was at work for 2 h")
    )
    late = Lateness(archive, HOUR)
    assert late.look(turns, (), NOON + 2 * HOUR) == []
    assert late.look(turns, {turn.source for turn in turns[1:]}, NOON + 31 * HOUR / 60) == []
    (mended,) = late.look(turns, {turn.source for turn in turns[1:]}, NOON)
    assert mended.mended
    assert archive.open_alarms() == []


def test_a_clock_that_is_gone_is_missed_by_whoever_looks_in(archive):
    archive.keep_turn(Turn(source="leaf", next_at=NOON))
    assert missed_without_a_clock(archive, HOUR, NOON + 9 * HOUR) == []  # nobody ever ran a clock here
    lead = Lead(archive, new_holder())
    assert lead.ours(0.0)
    Lateness(archive, HOUR).begin(archive.turns(), NOON)
    assert missed_without_a_clock(archive, HOUR, NOON + 9 * HOUR) == []  # it is there, and watches itself
    lead.give()
    assert missed_without_a_clock(archive, HOUR, NOON + HOUR / 2) == []
    (alarm,) = missed_without_a_clock(archive, HOUR, NOON + 9 * HOUR)
    assert alarm.text.startswith("1 turn was missed, the longest by 9 h: no clock is at work since")
    assert missed_without_a_clock(archive, HOUR, NOON + 10 * HOUR) == []
    archive.keep_turn(Turn(source="leaf", next_at=NOON + 12 * HOUR))
    (mended,) = Lateness(archive, HOUR).begin(archive.turns(), NOON + 11 * HOUR)
    assert mended.mended


def test_lateness_without_a_gap_says_that_there_is_too_much_to_do():
    alarm = lateness([(2 * HOUR, "leaf"), (HOUR / 2, "root")], HOUR, "", NOON)
    assert alarm.text.startswith("1 turn was missed, the longest by 2 h: there is more to crawl")
    assert lateness([(HOUR * 0.7, "leaf")], HOUR, "", NOON) is None
    assert lateness([], HOUR, "", NOON).mended


def test_a_crawl_says_that_it_found_no_archive():
    """A database that nobody answers for; the address is one that nothing listens on."""
    report = crawl(a_source("leaf"), "postgresql://nobody@127.0.0.1:1/none", contact="a@b.example")
    assert (report.ended_early, report.outcome, report.signs) == (ARCHIVE_AWAY, Outcome.FAILED, ())
    assert report.error in report.alarms
