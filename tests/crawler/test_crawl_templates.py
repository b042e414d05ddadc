"""Crawls learn what recurs on a site, read with it, notice when the site was rebuilt, and learn it again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from institute import LAYOUT, Institute, Reply

from archive import Outcome
from crawler import replay_captures

APPEAL = (
    "Tell a friend about the moss of our institute by post or by pigeon, both are free of charge for all members of it."
)
PLANTS = ["Moss", "Fern", "Oak", "Lichen", "Ivy", "Reed", "Alder", "Birch", "Clover", "Daisy", "Elder", "Flax", "Gorse"]


def text_about(plant: str) -> list[str]:
    return [
        f"{plant} was measured for three years on the north side of our oldest building, and it turns out to grow slowly.",
        f"A camera took one picture of {plant} an hour, and a small team of botanists counted every new leaf by hand.",
        f"The data on {plant} are open to everybody who wants to compare them with other buildings in the same town.",
    ]


def old_look(plant: str, day: int = 2) -> str:
    """Everything stands in one element, the appeal too."""
    body = "".join(f"<p>{text}</p>" for text in [*text_about(plant), APPEAL])
    return f"<h1>{plant} on old walls</h1><div class='stamp'>Published: 2031-04-{day:02}</div><div class='text'>{body}</div>"


def new_look(plant: str, day: int = 2) -> str:
    body = "".join(f"<section><p>{text}</p></section>" for text in [*text_about(plant), APPEAL])
    return (
        f"<article class='story'><h2 class='story-title'>{plant} on old walls</h2><div class='story-text'>{body}</div>"
        f"<p class='story-foot'>Published: 2031-04-{day:02}</p></article>"
    )


def publish(leaf: Institute, plants, look=old_look, layout=LAYOUT) -> None:
    for plant in plants:
        path = f"/news/203104/t20310402_{PLANTS.index(plant.split()[0])}{plant.partition(' ')[2]}.html"
        leaf.entries[path] = (f"{plant} on old walls", "2031-04-02")
        page = layout.format(title=f"{plant} on old walls", main=look(plant))
        leaf.pages[path] = Reply(page.encode())
    leaf.listing("/news/")


def bodies(desk) -> dict[str, list[str]]:
    with desk.archive as archive:
        return {known.article.title.split()[0]: known.article.body.split("\n\n") for known in archive.articles()}


def versions(desk):
    with desk.archive as archive:
        return [(kept.version, kept.articles, kept.why) for kept in archive.templates("leaf")][::-1]


def test_what_ends_every_article_is_kept_of_none_of_them(leaf, desk):
    """Not even of the first pages of a new source: they are read together."""
    publish(leaf, PLANTS[:8])
    report = desk.crawl(leaf)
    assert (report.outcome, report.new) == (Outcome.OK, 8)
    assert bodies(desk) == {plant: text_about(plant) for plant in PLANTS[:8]}
    assert versions(desk)[0][2] == "first pages of the site"
    assert desk.kinds() == ["new"] * 8


def test_what_was_learned_serves_the_next_crawl_and_is_learned_better_with_more_pages(leaf, desk):
    publish(leaf, PLANTS[:5])
    desk.crawl(leaf)
    assert [(version, articles) for version, articles, _ in versions(desk)] == [(1, 5)]
    desk.now += timedelta(days=1)
    publish(leaf, PLANTS[5:6])
    desk.crawl(leaf)
    assert bodies(desk)["Reed"] == text_about("Reed")
    assert len(versions(desk)) == 1
    desk.now += timedelta(days=1)
    publish(leaf, PLANTS[6:12])
    desk.crawl(leaf)
    assert versions(desk)[1:] == [(2, 12, "more pages")]
    assert bodies(desk) == {plant: text_about(plant) for plant in PLANTS[:12]}


def test_two_articles_teach_nothing_and_are_kept(leaf, desk):
    publish(leaf, PLANTS[:2])
    report = desk.crawl(leaf)
    assert (report.new, report.template) == (2, ())
    assert versions(desk) == []


def test_a_source_that_grew_slowly_is_learned_from_what_was_kept_before(leaf, desk):
    for plant in PLANTS[:6]:
        publish(leaf, [plant])
        desk.crawl(leaf)
        desk.now += timedelta(days=1)
    assert [articles for _, articles, _ in versions(desk)] == [5]
    assert bodies(desk)["Reed"] == text_about("Reed")


def test_a_rebuilt_site_is_noticed_named_and_learned_again(leaf, desk):
    publish(leaf, PLANTS[:6])
    first = desk.crawl(leaf)
    assert first.template == () or all(fit.share_now > 0.7 for fit in first.template)
    desk.now += timedelta(days=30)
    publish(
        leaf,
        PLANTS[6:12],
        look=new_look,
    )
    report = desk.crawl(leaf)
    died = {fit.field for fit in report.template if fit.share_before >= 0.7 and fit.share_now < 0.3}
    assert {"published", "body"} <= died
    assert any("the place of the field published" in text for text in report.evidence)
    assert report.outcome is Outcome.OK  # everything could be read all the same
    newest = versions(desk)[-1]
    assert newest[2].startswith("the site was rebuilt (")
    assert bodies(desk) == {plant: text_about(plant) for plant in PLANTS[:12]}
    with desk.archive as archive:
        told = replay_captures(archive, lambda _: leaf.source(desk.folder), now=desk.now)
    assert (told.read, told.changed) == (12, 0)  # each look with the template of its own time


def test_a_site_that_brings_one_article_a_crawl_is_noticed_too(leaf, desk):
    publish(leaf, PLANTS[:6])
    desk.crawl(leaf)
    for plant in PLANTS[6:12]:
        desk.now += timedelta(days=1)
        publish(leaf, [plant], look=new_look)
        desk.crawl(leaf)
    assert versions(desk)[-1][2].startswith("the site was rebuilt (")


def test_one_odd_page_is_no_rebuilt_site(leaf, desk):
    publish(leaf, PLANTS[:6])
    desk.crawl(leaf)
    desk.now += timedelta(days=1)
    publish(leaf, PLANTS[6:7], look=new_look)
    publish(leaf, PLANTS[7:12])
    report = desk.crawl(leaf)
    assert not any("template" in text for text in report.evidence)
    assert not any("rebuilt" in why for _, _, why in versions(desk))


def test_a_site_of_several_looks_is_not_rebuilt_again_and_again(leaf, desk):
    """News look one way and events another; first the one comes, then the other, then the first again."""
    turns = [(PLANTS[:6], old_look), (PLANTS[6:12], new_look)] * 3
    reports = []
    for number, (plants, look) in enumerate(turns):
        desk.now += timedelta(days=1)
        publish(leaf, [f"{plant} {number}" if number else plant for plant in plants], look=look)
        reports.append(desk.crawl(leaf))
    whys = [why for _, _, why in versions(desk)]
    assert sum(why.startswith("the site was rebuilt") for why in whys) == 1
    assert "the site has several looks" in whys
    assert not any("template" in text for report in reports[3:] for text in report.evidence)


def test_form_letters_keep_their_bodies(leaf, desk):
    """Notices that differ in name alone: what recurs is the text, in a crawl too."""

    def letter(plant: str) -> str:
        texts = [
            f"The committee for the protection of moss has received the application of {plant} Garden Limited on its usual form.",
            "Anybody who has reasons to object may write to the committee within seven days from the day of this notice.",
            "Objections must carry the name, address and telephone number of the writer, or they cannot be considered.",
        ]
        return f"<h1>{plant} on old walls</h1><div class='text'>{''.join(f'<p>{text}</p>' for text in texts)}</div>"

    publish(leaf, PLANTS[:12], look=letter)
    desk.crawl(leaf)
    assert {len(paragraphs) for paragraphs in bodies(desk).values()} == {3}


@pytest.mark.parametrize("state", ["", "{}", '{"version": 1}'])
def test_a_template_that_another_program_kept_is_learned_again(leaf, desk, state):
    publish(leaf, PLANTS[:6])
    with desk.archive as archive:
        archive.keep_template("leaf", state, articles=9, since=desk.now, at=desk.now, why="first pages of the site")
    desk.crawl(leaf)
    assert bodies(desk)["Moss"] == text_about("Moss")
    assert [version for version, _, _ in versions(desk)] == [1, 2]
