"""The frontier's decisions, as tables of values."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive import Visit
from crawler.frontier import (
    BACKOFF_LAST,
    MISSING_MAX,
    RECHECK_LAST,
    UNREAD_MAX,
    after_article,
    after_doubt,
    after_gone,
    after_missing,
    after_move,
    after_refusal,
    after_trouble,
    after_unchanged,
    backoff,
    choose,
    conditions,
    ends_walk,
    recheck_at,
)

NOW = datetime(2031, 4, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def a_visit(url="http://leaf.example/1", **values):
    return Visit(source="leaf", url=url, **values)


def known(**found_in):
    return {url: a_visit(url, found_in=crawl) for url, crawl in found_in.items()}


@pytest.mark.parametrize(
    ("found", "visits", "walked_in", "ends"),
    [
        pytest.param(["a", "b"], known(a=1, b=2), 2, True, id="all known from completed walks"),
        pytest.param(["a", "b"], known(a=1), 2, False, id="one is new"),
        pytest.param(["a", "b"], known(a=1, b=3), 2, False, id="one was found by a walk that was cut off"),
        pytest.param(["a"], known(a=1), 0, False, id="no walk was ever completed"),
        pytest.param([], {}, 2, False, id="an empty page says nothing"),
        pytest.param(["a"], known(a=0), 2, False, id="known, but not from a walk"),
    ],
)
def test_a_daily_walk_ends_at_a_page_known_from_completed_walks(found, visits, walked_in, ends):
    assert ends_walk(found, visits, walked_in) is ends


def test_a_seed_is_asked_with_validators_only_after_a_completed_walk():
    seed = a_visit(role="seed", etag='"x"', last_modified="then")
    assert conditions(seed, full=False) == (None, None)
    assert conditions(replace(seed, walked_in=3), full=False) == ('"x"', "then")
    assert conditions(replace(seed, walked_in=3), full=True) == (None, None)
    assert conditions(None, full=False) == (None, None)


def test_rechecks_come_first_but_leave_room_for_news():
    due = [a_visit(f"http://leaf.example/old/{n}", state="done", etag=f'"{n}"') for n in range(50)]
    waiting = [a_visit(f"http://leaf.example/new/{n}") for n in range(50)]
    chosen = choose(due, waiting, requests=40)
    assert [fetch.why for fetch in chosen] == ["recheck"] * 10 + ["new"] * 30
    assert chosen[0].etag == '"0"'


def test_without_news_all_requests_go_to_rechecks():
    due = [a_visit(f"http://leaf.example/old/{n}", state="done") for n in range(50)]
    assert len(choose(due, [], requests=40)) == 40
    assert choose(due, [], requests=0) == []


def test_what_rechecks_do_not_need_goes_to_news_and_the_other_way_round():
    due = [a_visit(f"http://leaf.example/old/{n}", state="done") for n in range(50)]
    waiting = [a_visit("http://leaf.example/new")]
    assert [f.why for f in choose(due, waiting, requests=11)] == ["recheck"] * 10 + ["new"]


@pytest.mark.parametrize(
    ("age", "least", "most"),
    [(0, 0.8, 1), (1, 0.8, 1), (4, 3.2, 4), (30, 24, 30), (4000, 72, 90)],
)
def test_an_article_is_asked_again_after_as_long_as_it_is_old(age, least, most):
    visit = a_visit(state="done", date=(NOW.replace(hour=0) - age * DAY).date().isoformat())
    wait = (recheck_at(visit, NOW.replace(hour=0)) - NOW.replace(hour=0)) / DAY
    assert least <= wait <= most


def test_without_a_date_the_interval_doubles():
    visit = a_visit(state="done")
    waits = []
    now = NOW
    for _ in range(10):
        visit = after_unchanged(visit, now, status=304)
        waits.append(visit.next_at - now)
        now = visit.next_at
    assert waits[0] <= DAY
    assert all(later >= earlier for earlier, later in itertools.pairwise(waits))
    assert waits[-1] <= RECHECK_LAST


def test_an_edited_article_is_asked_again_sooner():
    visit = a_visit(state="done", date="2030-04-02", digest="sha256:a")
    quiet = after_article(visit, NOW, etag=None, last_modified=None, digest="sha256:a", published="2030-04-02")
    edited = after_article(visit, NOW, etag=None, last_modified=None, digest="sha256:b", published="2030-04-02")
    assert edited.next_at < quiet.next_at
    assert edited.next_at - NOW <= 7 * DAY


def test_rechecks_of_a_backfill_are_spread():
    turns = {
        recheck_at(a_visit(f"http://leaf.example/{n}", state="done", date="2020-01-01"), NOW).date() for n in range(200)
    }
    assert len(turns) > 10


def test_trouble_waits_longer_each_time_and_keeps_the_state():
    visit = a_visit()
    waits = []
    for _ in range(20):
        visit = after_trouble(visit, NOW, why="timeout", status=None)
        waits.append(visit.next_at - NOW)
    assert visit.state == "todo"
    assert waits[:3] == [timedelta(hours=1), timedelta(hours=2), timedelta(hours=4)]
    assert waits[-1] == BACKOFF_LAST == backoff(10_000)


def test_410_is_never_asked_again_and_404_after_some_tries():
    assert after_gone(a_visit(), NOW).state == "gone"
    assert after_gone(a_visit(), NOW).next_at is None
    visit = a_visit(state="done")
    for n in range(MISSING_MAX - 1):
        visit = after_missing(visit, NOW)
        assert visit.state == "done"
        assert visit.next_at == NOW + DAY * 2**n
    assert after_missing(visit, NOW).state == "gone"


def test_a_wall_in_the_page_s_place_is_tried_again_for_a_while():
    visit = a_visit()
    for _ in range(UNREAD_MAX - 1):
        visit = after_doubt(visit, NOW, why="challenge", status=200)
        assert visit.state == "todo"
    assert after_doubt(visit, NOW, why="challenge", status=200).state == "refused"


def test_what_is_an_article_already_is_never_refused():
    kept = after_refusal(a_visit(state="done", digest="sha256:a"), NOW, why="soft-404", status=200)
    assert kept.state == "done"
    assert kept.next_at > NOW


def test_an_address_that_moved_has_no_turn_of_its_own():
    moved = after_move(a_visit(state="done", etag='"x"'), NOW, to="http://leaf.example/2", status=301)
    assert (moved.state, moved.next_at, moved.etag) == ("done", None, None)
    assert "leaf.example/2" in moved.why
