"""What stands beside an article and reads like it, on pages that name nothing: seen by where it stands."""

import pytest

from crawler.extraction import extract

ONE = "The observatory reported on Tuesday that the new mirror had reached its final shape after eleven months of polishing."
TWO = "Engineers measured the surface with an interferometer and found deviations below nine nanometres across the whole aperture."
THREE = "The work was funded by the national research council and will continue until the instrument is shipped to the mountain."
TITLE = "Mirror reaches final shape"
OTHER = "The dome of the telescope was painted green last week by volunteers from the village, the director said to the paper."

CONSENT = "We use cookies and similar technologies to process personal data and to show you content. You can accept or reject them at any time."
NEWSLETTER = "<div><h4>Sign up for our newsletter</h4><p>Get the latest news from the observatory every Friday morning.</p></div>"
CARDS = "<section><h3>More news</h3>{}</section>".format(
    "".join(
        f"<div><a href=/n{n}><h4>Another discovery number {n} at the observatory</h4></a><p>3 October 2026</p>"
        f"<p>The discovery number {n} was announced by the observatory in a short statement this week.</p></div>"
        for n in range(3)
    )
)
ARTICLE = f"<h1>{TITLE}</h1><p>5 November 2026</p><p>{ONE}</p>{{middle}}<p>{TWO}</p><p>{THREE}</p>"
PAGE = f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{TITLE} | Leaf</title></head><body><nav><a href=/>Home</a></nav>{{}}<footer>© 2026 Leaf</footer></body></html>"


def paragraphs(body):
    return extract(PAGE.format(body).encode(), "https://www.leaf.example/news/mirror-reaches-final-shape").paragraphs


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"<main>{ARTICLE.format(middle=NEWSLETTER)}</main>", id="a newsletter's box in mid-text"),
        pytest.param(f"<main>{ARTICLE.format(middle='')}{CARDS}</main>", id="cards below more news"),
        pytest.param(
            f"<article>{ARTICLE.format(middle='')}</article><article><h1>Telescope dome painted green</h1><p>2 November 2026</p><p>{OTHER}</p></article>",
            id="the next article of an endless page",
        ),
        pytest.param(
            f"<div><h2>We value your privacy</h2><p>{CONSENT}</p></div><div>{ARTICLE.format(middle='')}</div>",
            id="what asks for cookies",
        ),
    ],
)
def test_it_is_no_part_of_the_body(body):
    assert paragraphs(body) == (ONE, TWO, THREE)


@pytest.mark.parametrize(
    "middle",
    [
        pytest.param("<p><b>Read also:</b> <a href=/x>The second mirror was ordered</a></p>", id="a link in mid-text"),
        pytest.param(f"<h2>Further reading</h2><p>{OTHER}</p>", id="a chapter that is called so"),
        pytest.param(f"<p>{OTHER} It asks its guests to accept cookies at the counter.</p>", id="cookies to eat"),
    ],
)
def test_an_article_that_only_looks_so_is_kept_whole(middle):
    found = paragraphs(f"<main>{ARTICLE.format(middle=middle)}</main>")
    assert (found[0], found[-2:]) == (ONE, (TWO, THREE))
    assert OTHER not in middle or any(text.startswith(OTHER[:40]) for text in found)
