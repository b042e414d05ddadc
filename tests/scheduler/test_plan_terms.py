"""The terms of adaptive schedules in the archive: renewed once a day, held to the budget, the same for every process."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from archive import Archive, CrawlReport, Outcome
from crawler.source import parse_source
from scheduler import renew
from scheduler.adaptive import Terms
from scheduler.terms import MEMO, terms_of

NOW = datetime(2031, 4, 2, 12, tzinfo=UTC)
LEAF = parse_source(
    'name = "Leaf"\nhome = "https://leaf.example/"\n[[discover]]\nkind = "feed"\nurl = "https://leaf.example/feed"\n',
    slug="leaf",
)


@pytest.fixture
def archive(tmp_path):
    with Archive(f"sqlite:///{tmp_path}/a.db") as opened:
        yield opened


def crawls(archive, count, until):
    for n in reversed(range(count)):
        at = until - timedelta(hours=6 * n)
        number = archive.begin_crawl("leaf", at)
        archive.end_crawl(CrawlReport(source="leaf", crawl=number, started=at, ended=at, outcome=Outcome.OK, new=n % 2))


def test_before_any_renewal_the_usual_terms_are_in_force(archive):
    assert terms_of(archive) == Terms()


def test_they_are_renewed_once_a_day_and_read_back(archive):
    crawls(archive, 30, NOW)
    asked = []

    def sources():
        asked.append(1)
        return [LEAF]

    first = renew(archive, sources, NOW)
    renew(archive, sources, NOW + timedelta(hours=23))
    assert len(asked) == 1
    kept = terms_of(archive)
    assert kept.pooled == pytest.approx(first.pooled, abs=1e-6)
    assert kept.pooled.sum() == pytest.approx(1, abs=1e-3)
    assert kept.shifts == pytest.approx(first.shifts, abs=1e-6)
    renew(archive, sources, NOW + timedelta(hours=25))
    assert len(asked) == 2


def test_a_changed_cap_is_in_force_at_once(archive):
    renew(archive, lambda: [LEAF], NOW)
    renew(archive, lambda: [LEAF], NOW + timedelta(minutes=1), cap=timedelta(hours=6))
    assert terms_of(archive).cap == timedelta(hours=6)


def test_the_price_moves_when_a_week_of_crawls_is_over_the_budget(archive):
    prices = []
    for day in range(12):
        crawls(archive, 4, NOW + timedelta(days=day))
        prices.append(renew(archive, lambda: [LEAF], NOW + timedelta(days=day), budget=2).price)
    assert prices[:7] == [Terms().price] * 7
    assert prices[7] > Terms().price
    assert prices[11] > prices[7]
    assert renew(archive, lambda: [LEAF], NOW + timedelta(days=13)).price == Terms().price  # no budget any more


def test_what_cannot_be_read_is_made_anew(archive):
    archive.keep_memo(MEMO, '{"price": 0}')
    assert terms_of(archive) == Terms()
    assert renew(archive, lambda: [LEAF], NOW).pooled is not None


def test_terms_of_before_clocks_were_kept_are_still_in_force(archive):
    renew(archive, lambda: [LEAF], NOW)
    kept = json.loads(archive.memo(MEMO))
    del kept["shifts"]
    archive.keep_memo(MEMO, json.dumps({**kept, "price": 0.5}))
    assert (terms_of(archive).price, terms_of(archive).shifts) == (0.5, None)
    assert renew(archive, lambda: [LEAF], NOW + timedelta(days=2)).shifts is not None
