"""Which heading is the headline, where heading and head disagree, and how it is spelled."""

import json

import pytest

from crawler.extraction import extract
from tests.extraction.test_page_fields import PROSE


def title_of(heading, *, title="", head="", url="https://www.leaf.example/news/17"):
    markup = (
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>'
        f'<nav><a href="/">Home</a></nav><main>{heading}<div class="text">{PROSE}</div></main></body></html>'
    )
    return extract(markup.encode(), url).title


def news(headline):
    told = {"@type": "NewsArticle", "headline": headline, "datePublished": "2031-04-02"}
    return f'<script type="application/ld+json">{json.dumps(told)}</script>'


def shared(title):
    return f'<meta property="og:title" content="{title}">'


@pytest.mark.parametrize(
    ("heading", "title", "expected"),
    [
        pytest.param("<h1>Dec 18 2031 Moss grows by night</h1>", "Moss grows by night | Leaf", "Moss grows by night", id="a date before it"),
        pytest.param("<h1>Greenhouse – Moss grows by night</h1>", "Moss grows by night | Leaf", "Moss grows by night", id="a kicker with its dash"),
        pytest.param("<h1>Moss grows by night¶</h1>", "Moss grows by night | Leaf", "Moss grows by night", id="a link to itself"),
        pytest.param("<h1><div>Greenhouse</div><div>Moss grows by night</div></h1>", "Greenhouse: Moss grows by night | Leaf", "Greenhouse: Moss grows by night", id="two elements"),
        pytest.param("<h1><span>Greenhouse</span>Moss grows by night</h1>", "Greenhouse / Moss grows by night | Leaf", "Greenhouse / Moss grows by night", id="glued"),
        pytest.param("<h1>Moss grows by night ⋆</h1>", "Moss grows by night ⋆ | Leaf", "Moss grows by night ⋆", id="as it stands"),
        pytest.param("<h1>MOSS GROWS BY NIGHT</h1>", "Moss grows by night | Leaf", "MOSS GROWS BY NIGHT", id="capitals are the page's own"),
        pytest.param("<h1>Covid-19 and moss</h1>", "Covid-19 and moss", "Covid-19 and moss", id="a hyphen in a word"),
    ],
)  # fmt: skip
def test_a_heading_is_spelled_without_what_does_not_belong_to_it(heading, title, expected):
    assert title_of(heading, title=title, head=shared(title.removesuffix(" | Leaf"))) == expected


def test_the_site_behind_a_heading_is_cut_where_the_head_has_it_without():
    head = shared("Best exhibitions of 2031") + '<meta property="og:site_name" content="Leaflet">'
    assert title_of("<h1>Best exhibitions of 2031 – Leaflet</h1>", head=head) == "Best exhibitions of 2031"


def test_a_page_may_be_called_nearly_as_its_site():
    """Its `<title>` opens with the heading, so the heading is its own, though the site's host says the same words."""
    heading = '<div class="site-title">Leaf Gardening</div><h1>Gardening in spring</h1>'
    said = title_of(heading, title="Gardening in spring | Leaf Gardening", url="https://gardening.leaf.example/spring/")
    assert said == "Gardening in spring"


def test_what_a_publisher_declares_is_the_headline_with_the_kicker_that_the_page_sets_apart():
    heading = "<p>Greenhouse</p><h1>Moss grows by night</h1>"
    assert title_of(heading, head=news("Greenhouse: Moss grows by night")) == "Greenhouse: Moss grows by night"


def test_the_signs_of_a_declared_headline_are_those_that_most_of_the_head_gives_it():
    head = news("Greenhouse - Moss grows by night") + shared("Greenhouse: Moss grows by night")
    assert title_of("", title="Greenhouse: Moss grows by night", head=head) == "Greenhouse: Moss grows by night"


def test_readers_see_another_headline_than_the_declared_one():
    head = news("Moss: all that we know") + shared("Why moss grows by night")
    assert title_of("<h1>Why moss grows by night</h1>", head=head) == "Why moss grows by night"


def test_a_headline_in_the_way_to_the_article_is_not_the_one_above_it():
    """An h1 in the breadcrumb repeats the address's title; the headline above the text is the declared one."""
    heading = '<nav><a href="/n">News</a><h1>Why moss grows by night</h1></nav><h2>Moss does not sleep at all</h2>'
    head = news("Moss does not sleep at all") + shared("Why moss grows by night")
    assert title_of(heading, head=head) == "Moss does not sleep at all"


def test_a_column_above_the_text_is_not_what_the_head_calls_the_page():
    heading = '<ul><li><a href="/n">News</a></li><li><a href="/e">Events</a></li></ul><h1>News</h1>'
    head = shared("Moss grows by night")
    assert title_of(heading, title="Moss grows by night » Leaf", head=head) == "Moss grows by night"


def test_a_day_is_no_headline():
    heading = '<table><tr><td class="post-title">Moss grows by night</td><td class="post-title">2031-04-02 03:25</td></tr></table>'
    assert title_of(heading, title="Leaf | blog.leaf.example") == "Moss grows by night"


def test_references_that_were_escaped_twice_are_undone():
    assert title_of("", head=shared("And finally&amp;#8230; moss")) == "And finally… moss"


@pytest.mark.parametrize("title", ["--", " | ", "—", "&nbsp;-&nbsp;", "::"])
def test_a_title_of_separators_says_nothing_and_breaks_nothing(title):
    assert title_of("<h1>Moss grows by night</h1>", title=title) == "Moss grows by night"
