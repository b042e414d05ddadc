"""Trying a source: what is shown, what is doubted, and that nothing is kept and nothing forbidden asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler import BadSource, NoContact, check_source, parse_source
from crawler.look import Look

NO_PAUSE = timedelta(0)
DAY = datetime(2031, 4, 3, 8, tzinfo=UTC)


def test_a_check_shows_seeds_pager_fields_and_what_is_left_out(leaf, tmp_path):
    leaf.articles(25)
    leaf.listing("/news/")
    check = check_source(leaf.source(tmp_path), delay=NO_PAUSE, now=DAY)
    [seed] = check.seeds
    assert (seed.found, seed.titled, seed.dated, seed.problem) == (20, 20, 20, None)
    assert (seed.pager, seed.next, seed.next_found) == ("rel", leaf.url("/news/?page=2"), 5)
    assert len(check.articles) == 3
    fields = {field.name: field for field in check.articles[0].fields}
    assert fields["title"].value == fields["title"].listed == "Finding number 25 of the moss garden"
    assert fields["published"].value.startswith("2031-04-02")
    assert fields["title"].agrees
    assert fields["published"].agrees
    assert fields["title"].method
    assert any("All rights reserved" in line for line in check.articles[0].boilerplate)
    assert check.good
    assert leaf.asked() <= 7


def test_a_list_that_contradicts_its_pages_is_doubted(leaf, tmp_path):
    for path in leaf.articles(3):
        leaf.entries[path] = (f"Something else {path[-6]}", "2030-01-01")
    leaf.listing("/news/")
    check = check_source(leaf.source(tmp_path), delay=NO_PAUSE, now=DAY)
    assert any("the page says title" in doubt for doubt in check.doubts)
    assert any("the page says published" in doubt for doubt in check.doubts)


def test_a_seed_that_is_not_there_is_said(leaf, tmp_path):
    check = check_source(leaf.source(tmp_path), delay=NO_PAUSE, now=DAY)
    assert not check.good
    assert check.seeds[0].problem == "answers 404"
    assert any("no article was found" in doubt for doubt in check.doubts)


def test_what_robots_forbid_is_not_asked(leaf, tmp_path):
    leaf.articles(2)
    leaf.listing("/news/").robots("User-agent: *\nDisallow: /news/")
    check = check_source(leaf.source(tmp_path), delay=NO_PAUSE, now=DAY)
    assert "robots.txt" in check.seeds[0].problem
    assert leaf.asked("/news/") == 0


def test_a_strangers_site_is_not_tried_without_a_contact():
    source = parse_source(
        'name = "x"\nhome = "http://leaf.example/"\n[[discover]]\nkind = "feed"\nurl = "http://leaf.example/feed"\n',
        slug="x",
    )
    with pytest.raises(NoContact, match="whom to write to"):
        check_source(source)


def test_a_look_asks_each_address_once_and_stays_in_scope(leaf, tmp_path):
    leaf.articles(1)
    with Look(leaf.source(tmp_path), contact=None) as look:
        path = next(iter(leaf.entries))
        assert look.at(leaf.url(path)).good
        assert look.at(leaf.url(path)).good
        assert look.at("http://other.example/").trouble == "scope"
        assert look.at("http://127.0.0.1:1/").trouble == "scope"
    assert leaf.asked(path) == 1


def test_a_bad_file_is_a_bad_source(tmp_path):
    with pytest.raises(BadSource):
        parse_source("name =", slug="x")


def test_a_check_explains_what_the_site_is_known_to_repeat(leaf, tmp_path, desk):
    """Learned from the pages tried while nothing is kept; then what crawls have learned, and how today's pages fit."""
    leaf.articles(8)
    leaf.listing("/news/")
    source = leaf.source(tmp_path)
    tried = check_source(source, delay=NO_PAUSE, now=DAY).template
    assert (tried.version, tried.learned, tried.articles) == (None, None, 3)
    footer = next(reason for reason in tried.reasons if "All rights reserved" in reason.sample)
    assert (footer.what, footer.articles, footer.inside) == ("line", 3, 0)
    assert footer.why == "stands on 3 of 3 articles, outside the text"
    desk.crawl(leaf)
    with desk.archive as archive:
        kept = archive.template("leaf")
    known = check_source(source, delay=NO_PAUSE, now=DAY, kept=kept)
    assert (known.template.version, known.template.articles) == (kept.version, kept.articles)
    assert {fit.field: fit.share_now for fit in known.template.fits}["frame"] > 0.9
    assert {"line", "element", "title", "place"} <= {reason.what for reason in known.template.reasons}
    assert not known.doubts


def test_a_check_says_when_the_site_no_longer_fits(leaf, tmp_path, desk):
    leaf.articles(8)
    leaf.listing("/news/")
    desk.crawl(leaf)
    with desk.archive as archive:
        kept = archive.template("leaf")
    for path, page in list(leaf.pages.items()):
        if path.startswith("/news/2"):
            text = page.body.decode().replace('class="meta"', 'class="when"').replace('class="content"', "")
            leaf.pages[path] = replace(page, body=text.replace('class="main"', 'class="page"').encode())
    check = check_source(leaf.source(tmp_path), delay=NO_PAUSE, now=DAY, kept=kept, articles=6)
    assert any("no longer fits: the place of the field published" in doubt for doubt in check.doubts)
