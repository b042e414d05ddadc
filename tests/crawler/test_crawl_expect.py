"""How a crawl is weighed: "no news" is not "broken"."""

from datetime import UTC, datetime, timedelta

import pytest

from archive import CrawlReport, Outcome, Sign
from crawler.expect import Saw, SeedSaw, weigh

NOW = datetime(2031, 4, 2, 12, tzinfo=UTC)
SEED = "http://leaf.example/news/"


def a_report(days_ago=1, **values):
    at = NOW - timedelta(days=days_ago)
    return CrawlReport(**{"source": "leaf", "crawl": 1, "started": at, "ended": at, "outcome": Outcome.OK, **values})


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
        pytest.param(saw(SeedSaw(url=SEED, problem="404", status=404, lost=True)), Sign.LIST, id="the list is gone"),
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


def a_habit(*, every_days=1.0, crawls=30, new=2, ago_days=1.0):
    """A backfill, then crawls with news at this pace; the last was so many days ago. Newest first."""
    backfill = a_report(days_ago=ago_days + crawls * every_days, new=500, crawl=1, seeds={SEED: 20})
    settled = [
        a_report(days_ago=ago_days + n * every_days, new=new, crawl=100 - n, seeds={SEED: 20}) for n in range(crawls)
    ]
    return [*settled, backfill]


def signs(case, history=(), **options):
    return weigh(case, history, now=NOW, **options).signs


@pytest.mark.parametrize(
    ("days", "every_days", "silent"),
    [
        pytest.param(1, 1, False, id="yesterday"),
        pytest.param(10, 1, False, id="ten days where something comes every day: the scheduler's to notice"),
        pytest.param(20, 1, True, id="twenty days where something comes every day"),
        pytest.param(60, 7, False, id="two months where something comes every week"),
        pytest.param(140, 7, True, id="five months where something comes every week"),
    ],
)
def test_silence_is_measured_by_the_source_s_own_habits(days, every_days, silent):
    history = a_habit(ago_days=days, every_days=every_days)
    assert (Sign.SILENT in signs(saw(), history)) is silent
    assert Sign.SILENT not in signs(saw(new=1, articles=1), history)


def test_crawls_with_news_that_lie_far_back_count_too():
    """A source that is asked every hour: its last two hundred crawls brought nothing."""
    recent = [a_report(days_ago=n / 24, new=0) for n in range(200)]
    assert signs(saw(), recent) == ()
    assert signs(saw(), recent, fruitful=a_habit(ago_days=40)) == (Sign.SILENT,)


@pytest.mark.parametrize(("new", "flood"), [(10, False), (29, False), (60, True), (500, True)])
def test_a_flood_is_far_more_than_ever_came_at_once(new, flood):
    assert (Sign.FLOOD in signs(saw(new=new, articles=new), a_habit())) is flood


def test_a_backfill_and_a_seed_that_was_added_are_no_floods():
    assert signs(saw(new=900, articles=900)) == ()
    added = saw(SeedSaw(url=SEED, found=20), SeedSaw(url=SEED + "more/", found=20), new=900, articles=900)
    assert signs(added, a_habit()) == ()


@pytest.mark.parametrize(("found", "shrunk"), [(20, False), (7, False), (5, True), (1, True)])
def test_a_list_that_lost_most_of_its_articles_is_named(found, shrunk):
    history = [a_report(days_ago=n, seeds={SEED: 20}) for n in range(5)]
    assert (signs(saw(SeedSaw(url=SEED, found=found)), history) == (Sign.LIST,)) is shrunk


def test_a_list_that_was_always_short_may_be():
    history = [a_report(days_ago=n, seeds={SEED: 5}) for n in range(5)]
    assert signs(saw(SeedSaw(url=SEED, found=1)), history) == ()


def test_an_author_that_half_of_the_articles_had_may_be_missing_and_one_that_all_had_may_not():
    half = [a_report(fields={"articles": 40, "title": 40, "author": 20})]
    every = [a_report(fields={"articles": 40, "title": 40, "author": 40})]
    now = saw(articles=12, read=12, fields={"title": 12, "author": 0})
    assert signs(now, half) == ()
    weighed = weigh(now, every, now=NOW)
    assert weighed.signs == (Sign.TEMPLATE,)
    assert "field author: 0% of 12 articles" in weighed.alarms[0]


def test_bodies_shorter_than_the_source_file_expects_are_a_sign_of_a_changed_template():
    assert signs(saw(articles=9, read=9, body_words_min=40, short=8)) == (Sign.TEMPLATE,)
    assert signs(saw(articles=9, read=9, body_words_min=40, short=2)) == ()


def test_a_lost_list_says_where_it_may_be_now():
    seed = SeedSaw(url=SEED, problem="answers 404 Not Found", status=404, lost=True)
    weighed = weigh(saw(seed, proposals={SEED: (SEED + "new/", "linked as “News”")}), now=NOW)
    assert (weighed.outcome, weighed.signs) == (Outcome.FAILED, (Sign.LIST,))
    assert f"probably {SEED}new/ now" in weighed.alarms[0]


def test_a_seed_that_leads_elsewhere_for_good_still_works_and_is_said():
    weighed = weigh(saw(SeedSaw(url=SEED, found=20, leads_to=SEED + "new/"), new=1, articles=1), now=NOW)
    assert (weighed.outcome, weighed.alarms) == (Outcome.OK, ())
    assert f"leads for good to {SEED}new/" in weighed.evidence[0]


def test_too_many_requests_is_a_wall_only_where_nothing_else_came():
    refused = SeedSaw(url=SEED, problem="answers 429 Too Many Requests", status=429)
    assert weigh(saw(refused), now=NOW).outcome is Outcome.BLOCKED
    assert weigh(saw(refused, SeedSaw(url=SEED + "2", found=3), articles=3), now=NOW).outcome is Outcome.DEGRADED


def test_articles_that_robots_forbids_are_a_block():
    weighed = weigh(saw(tried=12, skipped={"robots": 12}), now=NOW)
    assert weighed.outcome is Outcome.BLOCKED
    assert "robots.txt forbids 12 of 12" in weighed.alarms[0]
