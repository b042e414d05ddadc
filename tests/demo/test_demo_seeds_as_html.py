"""The five seed texts, set into their sites' templates, served and crawled over HTTP, equal their gold exactly."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from archive import Archive
from crawler import crawl, load_source
from newsarchive.demo import Item, load_sites, serve
from newsarchive.demo.run import source_file
from newsarchive.demo.story import moment

SHARED = Path(__file__).resolve().parents[3] / "shared"
SEEDS = SHARED / "seeds"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(not SEEDS.exists(), reason="the seed pages are not beside this checkout"),
]


def gold_rows() -> list[dict]:
    if not SEEDS.exists():
        return []
    return [json.loads(line) for line in (SHARED / "reference/seeds-expected.jsonl").read_text("utf-8").splitlines()]


GOLD = {row["file"][:3]: row for row in gold_rows()}

#: Where each seed stands: the demo site whose template it takes, and an address as that site family makes them.
PLACES = {
    "000": ("meridian-press", "/about/seed-partner.html"),
    "001": ("yiao-english", "/ns/201907/t20190716_212871.html"),
    "002": ("yiao-english", "/ns/202101/t20210104_258866.html"),
    "003": ("yunchuan-city", "/news/c_90021.html"),
    "004": ("lipp-english", "/news/ue/201602/t20160218_159712.html"),
}
DATE_IN_ADDRESS = {"001": "2019-07-16", "002": "2021-01-04"}  # TRS writes the day into it; the pages print none


def folded(text):
    return None if text is None else re.sub(r"\s+", " ", text.replace("\u00a0", " ")).strip()


def seed_item(number: str, path: str) -> Item:
    """The seed as its site would have set it: the raw lines, no-break spaces and all."""
    gold = GOLD[number]
    lines = (SEEDS / gold["file"]).read_text("utf-8").split("\n")
    caption = lines[gold["captions"][0]["line"]] if gold["captions"] else None
    return Item(
        path=path,
        title=lines[gold["title_line"]],
        paragraphs=tuple(lines[i] for i in gold["body_lines"]),
        date=gold["date"],
        origin=gold["source"] or "",
        section=gold["section"],
        breadcrumb=tuple(gold["breadcrumb"]),
        image="W020190716001.jpg" if caption else None,
        caption=caption,
        news=gold["kind"] == "article",
    )


def seed_sites(*, alone: bool):
    """The demo's sites with the seeds' footers and names; `alone`: nothing of the demo's own beside the seeds."""
    for site in load_sites():
        numbers = [number for number, (slug, _) in PLACES.items() if slug == site.slug]
        if not numbers:
            continue
        items = tuple(seed_item(number, PLACES[number][1]) for number in numbers)
        own = () if alone else tuple(item for item in site.on(1) if not item.reprint_of)
        footer = [line for number in numbers for line in GOLD[number]["boilerplate_lines"]] or list(site.footer)
        if "003" in numbers:
            footer = list(site.footer)  # its two lines are the meta line and the widget, which the template makes
        if "004" in numbers:
            footer = footer[-1:]  # the others are the template's as well
        yield replace(site, items=items + own, footer=tuple(dict.fromkeys(footer)), edits=(), withdrawals=(), moves=())


def crawl_seeds(folder: Path, *, alone: bool):
    """What the archive holds of the seeds after a crawl of every site, by number of the seed; None: not kept."""
    url = f"sqlite:///{folder}/newsarchive.db"
    sites = tuple(seed_sites(alone=alone))
    with serve(sites) as town:
        for site in sites:
            file = folder / f"{site.slug}.toml"
            file.write_text(source_file(site, town.bases[site.slug]), encoding="utf-8")
            crawl(load_source(file), url, captures=folder / "captures", now=moment(1))
        with Archive(url, captures=folder / "captures") as archive:
            there = {known.article.url.split("/", 3)[-1]: known.article for known in archive.articles()}
    return {number: there.get(path.removeprefix("/")) for number, (_, path) in PLACES.items()}


def assert_equals_gold(number, article):
    gold = GOLD[number]
    assert folded(article.title) == folded(gold["title"])
    assert [folded(paragraph) for paragraph in article.body.split("\n\n")] == [folded(p) for p in gold["body"]]
    captions = [(folded(image.caption), folded(image.credit)) for image in article.images if image.caption]
    assert captions == [(folded(c["caption_text"]), folded(c["credit"])) for c in gold["captions"]]
    assert article.published == (gold["date"] or DATE_IN_ADDRESS[number])
    assert (article.origin or None) == gold["source"]
    assert article.section == gold["section"]
    assert list(article.breadcrumb) == gold["breadcrumb"]
    assert article.language == gold["language"]
    assert not [line for line in gold["boilerplate_lines"] if folded(line) in folded(article.body)]


@pytest.mark.parametrize("alone", [False, True], ids=["among other news", "alone on their sites"])
def test_the_seeds_read_from_html_equal_their_gold(alone, tmp_path):
    """The articles exactly; the about page is no article; a date that no page prints comes from the address and says so."""
    crawled = crawl_seeds(tmp_path, alone=alone)
    for number in ("001", "002", "003", "004"):
        assert crawled[number] is not None, f"the crawl did not keep {number}"
        assert_equals_gold(number, crawled[number])
    for number in DATE_IN_ADDRESS:
        assert crawled[number].found["published"].method.startswith("address")
    assert crawled["000"] is None
