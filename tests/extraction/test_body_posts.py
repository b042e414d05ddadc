"""The body ends where others begin to speak, and only there: stamps of posts are told from dates that are the article's."""

import pytest

from crawler.extraction.blocks import Blocks
from crawler.extraction.page import open_page
from crawler.extraction.posts import without_other_posts

PROSE = (
    "The keepers counted forty lamps along the coast of the bay before the autumn storms came in from the north.",
    "Two of them had gone out, and a third was burning low, so the boat went out again the same evening with oil.",
    "Nobody had expected the wind to turn so early, and the harbour stayed closed until the morning of the third day.",
    "A new lamp costs less than a year of oil for the old one, as the master of the harbour told the council.",
)


def blocks_of(html: str) -> Blocks:
    reading = open_page(f"<html><body>{html}</body></html>".encode(), "http://lamps.example/1")
    assert reading is not None
    return reading.blocks


def kept(html: str, *, long: int = 60) -> list[str]:
    """What stays of a page whose long blocks were all chosen."""
    blocks = blocks_of(html)
    chosen = [i for i, text in enumerate(blocks.texts) if len(text) >= long]
    return [blocks.texts[i] for i in without_other_posts(blocks, chosen)]


@pytest.mark.parametrize(
    "stamp",
    [
        pytest.param("Posted by keeper {n} @ 2031-03-1{n} 0{n}:20:44 (359)", id="numeric"),
        pytest.param("by lamp{n} on Friday December 1{n}, 2031 @08:0{n}PM", id="American"),
        pytest.param("1{n}. März 2031 um 10:0{n} Uhr", id="German"),
        pytest.param("〓 灯塔论坛 发布时间 2031/05/1{n} 22:11:4{n} by 守灯人 〓", id="Chinese board"),
        pytest.param("守灯人{n} 08-1{n} 14:12", id="day and hour alone"),
    ],
)
def test_the_older_posts_of_a_blog_are_left_out(stamp):
    posts = "".join(
        f"<div class='post'><p class='text'>{PROSE[n]}</p><p class='foot'>{stamp.format(n=n)}</p></div>"
        for n in range(4)
    )
    assert kept(posts) == [PROSE[0]]


def test_comments_are_left_out_with_their_numbered_elements():
    comments = "".join(
        f"<div id='comment-{n}'><div class='by c{n}'>reader {n}, May {n}, 2031 at 9:4{n} pm</div><p>{PROSE[n]}</p></div>"
        for n in (1, 2, 3)
    )
    assert kept(f"<article><p>{PROSE[0]}</p></article>{comments}") == [PROSE[0]]


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(
            "".join(
                f"<div class='card'><b>Lamp {n}</b><span class='t'>{n}.11.2031 10:0{n}</span></div>" for n in (1, 2, 3)
            ),
            id="cards within the article",
        ),
        pytest.param(
            "<p class='t'>Published 1.11.2031 10:00</p><p class='t'>Updated 2.11.2031 11:00</p>", id="two stamps"
        ),
        pytest.param(
            "<p class='t'>10:00 lamps</p><p class='t'>11:00 oil</p><p class='t'>12:00 boats</p>", id="a programme"
        ),
        pytest.param(
            f"<pre>2031-11-01 10:00 a</pre><p>{PROSE[3]}</p><pre>2031-11-02 10:00 b</pre><p>{PROSE[3]}</p>"
            "<pre>2031-11-03 10:00 c</pre>",
            id="a log",
        ),
    ],
)
def test_an_article_goes_on_behind_dates_that_are_its_own(between):
    assert kept(f"<p>{PROSE[0]}</p>{between}<p>{PROSE[1]}</p><p>{PROSE[2]}</p>")[-1] == PROSE[2]


def test_stamps_above_the_first_prose_are_the_articles_own():
    stamps = "".join(f"<p class='t'>seen 1{n}.11.2031 10:0{n}</p>" for n in range(4))
    assert kept(f"{stamps}<p>{PROSE[0]}</p><p>{PROSE[1]}</p>") == [PROSE[0], PROSE[1]]


def test_nothing_chosen_stays_nothing():
    assert without_other_posts(blocks_of(f"<p>{PROSE[0]}</p>"), []) == []
