"""A template tells what recurs on a site from what its articles say."""

import pytest

from crawler.extraction import Template, extract, learn
from crawler.extraction.fitting import DRIFT, frame_fit
from crawler.extraction.learning import read_seen

SHARE = "Tell a friend about the moss of our institute by post or by pigeon, both are free of charge for members of the garden."
WORDS = ["Moss", "Fern", "Oak", "Lichen", "Ivy", "Reed"]


def paragraphs_about(word: str) -> list[str]:
    return [
        f"{word} was measured for three years on the north side of our oldest building, and the answer is that it grows slowly.",
        f"A camera took one picture an hour, and a small team of botanists counted every new leaf of {word.lower()} by hand.",
        f"The data on {word.lower()} are open to everybody who wants to compare them with other buildings in the town.",
    ]


def page(word: str, *paragraphs: str, style: str = "news-text", tail: str = SHARE) -> tuple[bytes, str]:
    """One article of a site that puts everything into plain paragraphs of one element."""
    body = "".join(f"<p>{text}</p>" for text in (*paragraphs, tail) if text)
    html = (
        f"<html><head><title>{word} grows slowly | Leaf Institute</title></head><body><div class='top'><a href='/'>Home</a></div>"
        f"<div class='{style}'><h1>{word} grows slowly</h1><p class='stamp'>Published: 2031-04-0{len(word)}</p>{body}"
        f"<p class='visits'>Visits: {len(word) * 7}</p></div></body></html>"
    )
    return html.encode(), f"https://leaf.example/news/{word.lower()}"


def site(*words: str) -> list[tuple[bytes, str]]:
    return [page(word, *paragraphs_about(word)) for word in words]


def test_a_paragraph_that_ends_every_article_is_no_part_of_the_next_one():
    template = learn(site(*WORDS[:4]))
    data, url = page("Ivy", *paragraphs_about("Ivy"))
    assert extract(data, url).paragraphs[-1] == SHARE
    assert list(extract(data, url, template=template).paragraphs) == paragraphs_about("Ivy")


def test_a_text_on_one_other_article_alone_is_not_boilerplate():
    template = learn([*site("Moss"), page("Fern", *paragraphs_about("Fern"), tail="")])
    data, url = page("Ivy", *paragraphs_about("Ivy"))
    assert extract(data, url, template=template).paragraphs == extract(data, url).paragraphs


def test_one_article_at_three_addresses_is_one_article():
    data, _ = page("Moss", *paragraphs_about("Moss"))
    template = learn([(data, f"https://leaf.example/{place}") for place in ("a", "b?x=1", "c")])
    assert template.articles == 1
    assert template.lines == ()


def test_form_letters_keep_their_bodies():
    """Notices that differ in name and day alone: what recurs is the text."""

    def letter(name: str) -> tuple[bytes, str]:
        return page(
            name,
            f"The committee for the protection of moss has received the application of {name} Garden Limited on the usual form.",
            "Anybody who has reasons to object may write to the committee within seven days from the day of this notice.",
            "Objections must carry the name, address and telephone number of the writer, or they cannot be considered.",
            tail="",
        )

    letters = [letter(word) for word in WORDS]
    template = learn(letters[:5])
    data, url = letters[5]
    assert extract(data, url, template=template).paragraphs == extract(data, url).paragraphs
    assert len(extract(data, url).paragraphs) == 3


def test_a_template_survives_being_kept():
    template = learn(site(*WORDS[:4]))
    assert Template.from_json(template.to_json()) == template


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 1}', "null", "x"])
def test_what_is_no_template_says_so(text):
    with pytest.raises(ValueError):
        Template.from_json(text)


def test_a_template_of_another_version_asks_to_be_learned_again():
    text = learn(site(*WORDS[:3])).to_json().replace('"version":2', '"version":0')
    with pytest.raises(ValueError, match="learn it again"):
        Template.from_json(text)


def test_a_rebuilt_site_no_longer_fits():
    template = learn(site(*WORDS[:4]))
    same = read_seen(*page("Ivy", *paragraphs_about("Ivy")))
    rebuilt = read_seen(
        b"<html><body><article><p>" + "</p><p>".join(paragraphs_about("Ivy")).encode() + b"</p></article>", ""
    )
    assert frame_fit(template, same.blocks) > DRIFT
    assert frame_fit(template, rebuilt.blocks) < DRIFT


def test_what_is_treated_as_boilerplate_is_explained():
    told = {reason.sample: reason.why for reason in learn(site(*WORDS[:4])).explain()}
    assert told[SHARE[:120]] == "stands on 4 of 4 articles, at the end of the text"
    assert "4 of 4" in told["Visits: 28"]


def test_the_name_of_the_site_is_learned_from_its_titles():
    template = learn(site(*WORDS[:4]))
    assert template.title_suffix == " | Leaf Institute"
    assert template.without_site_name("Reed bends | Leaf Institute") == "Reed bends"


def test_nothing_is_learned_from_nothing():
    template = learn([(b"", ""), (b"<html></html>", "")])
    assert template.articles == 0
    data, url = page("Ivy", *paragraphs_about("Ivy"))
    assert extract(data, url, template=template).paragraphs == extract(data, url).paragraphs
