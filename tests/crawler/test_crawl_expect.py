"""How a crawl is weighed: "no news" is not "broken"."""

from datetime import UTC, datetime, timedelta

import pytest

from archive import CrawlReport, Outcome, Sign
from crawler.expect import Saw, SeedSaw, weigh

NOW = datetime(2031, 4, 2, 12, tzinfo=UTC)
SEED = "http://leaf.example/news/"


def a_report(days_ago=1, **values):
    at = NOW - timedelta(days=days_ago)
    return CrawlReport(source="leaf", crawl=1, started=at, ended=at, outcome=Outcome.OK, **values)


def saw(*seeds, **values):
    return Saw(seeds=seeds or (SeedSaw(url=SEED, found=20),), **values)


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        pytest.param(saw(articles=3, new=3, read=3), Outcome.OK, id="news"),
        pytest.param(saw(SeedSaw(url=SEED, status=304)), Outcome.EMPTY, id="304 on the seed"),
        pytest.param(saw(), Outcome.EMPTY, id="nothing new on the list"),
        pytest.param(saw(SeedSaw(url=SEED, problem="timeout")), Outcome.FAILED, id="the only seed cannot be read"),
        pytest.param(saw(SeedSaw(url=SEED, problem="answers 412", blocked=True)), Outcome.BLOCKED, id="a wall"),
        pytest.param(
            saw(SeedSaw(url=SEED, problem="timeout"), SeedSaw(url=SEED + "2", found=3), articles=3),
            Outcome.DEGRADED,
            id="one of two seeds cannot be read",
        ),
        pytest.param(saw(SeedSaw(url=SEED, found=0)), Outcome.DEGRADED, id="a list without a single article"),
        pytest.param(saw(tried=6, walled=5), Outcome.BLOCKED, id="articles answer with a wall"),
        pytest.param(saw(articles=1, error="disk full"), Outcome.FAILED, id="the archive could not be written"),
        pytest.param(saw(skipped={"not an article: listing": 9}), Outcome.DEGRADED, id="no page is an article"),
        pytest.param(saw(skipped={"page cannot be processed": 1}, articles=3), Outcome.DEGRADED, id="a page broke us"),
    ],
)
def test_the_outcome_follows_from_what_was_seen(case, outcome):
    weighed = weigh(case, now=NOW)
    assert weighed.outcome is outcome
    if outcome not in (Outcome.OK, Outcome.EMPTY):
        assert weighed.evidence
        assert weighed.alarms


def test_a_seed_that_finds_nothing_now_is_told_from_one_that_never_did():
    before = [a_report(seeds={SEED: 20})]
    weighed = weigh(saw(SeedSaw(url=SEED, found=0)), before, now=NOW)
    assert weighed.outcome is Outcome.DEGRADED
    assert any("used to find 20" in line for line in weighed.alarms)


def test_a_field_that_died_is_named():
    history = [a_report(fields={"articles": 50, "published": 50, "title": 50})]
    now = saw(articles=10, read=10, fields={"articles": 10, "published": 0, "title": 10})
    weighed = weigh(now, history, now=NOW)
    assert weighed.outcome is Outcome.DEGRADED
    assert any("published" in line for line in weighed.alarms)
    assert not any("title" in line for line in weighed.alarms)


def test_a_template_that_changed_shows_at_a_source_that_brings_one_article_a_crawl():
    one = {"articles": 1, "title": 1, "published": 1}
    history = [a_report(fields={**one, "published": 0}, new=1)] * 4 + [a_report()] * 9 + [a_report(fields=one)] * 9
    now = saw(articles=1, read=1, fields={**one, "published": 0})
    assert weigh(now, history, now=NOW).signs == (Sign.TEMPLATE,)
    assert weigh(now, history[3:], now=NOW).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("case", "sign"),
    [
        pytest.param(saw(SeedSaw(url=SEED, problem="404", status=404)), Sign.LIST, id="the list is gone"),
        pytest.param(saw(SeedSaw(url=SEED, problem="no feed", status=200)), Sign.LIST, id="the feed is none any more"),
        pytest.param(saw(SeedSaw(url=SEED, found=0)), Sign.LIST, id="the list is empty"),
        pytest.param(saw(SeedSaw(url=SEED, problem="timeout")), Sign.UNREACHABLE, id="nobody answers"),
        pytest.param(saw(SeedSaw(url=SEED, problem="503", status=503)), Sign.UNREACHABLE, id="an error of the server"),
        pytest.param(saw(SeedSaw(url=SEED, problem="403", blocked=True)), Sign.BLOCKED, id="a wall"),
        pytest.param(saw(tried=6, walled=5), Sign.BLOCKED, id="articles answer with a wall"),
        pytest.param(saw(error="disk full"), Sign.BROKEN, id="the crawl broke"),
        pytest.param(saw(SeedSaw(url=SEED, found=9), SeedSaw(url="x", problem="timeout")), Sign.SEED, id="one of two"),
        pytest.param(saw(skipped={"not an article: listing": 9}), Sign.TEMPLATE, id="no page is an article"),
    ],
)
def test_every_alarm_says_what_it_is_a_sign_of(case, sign):
    weighed = weigh(case, now=NOW)
    assert weighed.signs == (sign,)
    assert len(weighed.alarms) == 1


def test_pages_that_are_no_articles_any_more_show_at_a_source_that_has_few_news():
    unread = {"not an article: empty": 1}
    read = a_report(fields={"articles": 3}, skipped=unread)
    now = saw(skipped=unread)
    history = [a_report(skipped=unread), a_report(), a_report(skipped=unread), a_report(skipped=unread)]
    assert weigh(now, [*history, read], now=NOW).outcome is Outcome.EMPTY
    assert weigh(now, [a_report(skipped=unread), *history, read], now=NOW).signs == (Sign.TEMPLATE,)


def test_a_list_that_lost_its_articles_and_answers_304_is_still_empty():
    history = [a_report(seeds={SEED: 0}), a_report(seeds={SEED: 20})]
    assert weigh(saw(SeedSaw(url=SEED, status=304)), history, now=NOW).signs == (Sign.LIST,)
    assert weigh(saw(SeedSaw(url=SEED, status=304)), history[1:], now=NOW).outcome is Outcome.EMPTY


def test_a_site_that_never_stated_dates_raises_no_alarm():
    history = [a_report(fields={"articles": 50, "title": 50})]
    assert weigh(saw(articles=10, read=10, fields={"title": 10}), history, now=NOW).outcome is Outcome.OK


@pytest.mark.parametrize(("new", "outcome"), [(0, Outcome.DEGRADED), (5, Outcome.OK), (100, Outcome.DEGRADED)])
def test_a_month_outside_the_source_s_expectation_is_an_alarm(new, outcome):
    history = [a_report(days_ago=60, new=40)]
    now = saw(articles=new, new=new, articles_per_month=(1, 60))
    assert weigh(now, history, now=NOW).outcome is outcome


def test_the_first_month_holds_the_backfill_and_is_not_judged():
    assert weigh(saw(articles=500, new=500, articles_per_month=(1, 60)), now=NOW).outcome is Outcome.OK


def test_a_crawl_that_was_stopped_is_judged_by_what_it_did_and_says_so():
    weighed = weigh(saw(articles=3, new=3, ended_early="stopped (SIGTERM)"), now=NOW)
    assert weighed.outcome is Outcome.OK
    assert "ended early: stopped (SIGTERM)" in weighed.evidence
