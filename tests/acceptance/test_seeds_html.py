"""The five seed pages as web pages, in the dress of three families of sites, equal their gold exactly."""

import json
import re
from html import escape
from pathlib import Path

import pytest

from crawler import extract

SHARED = Path(__file__).resolve().parents[3] / "shared"
SEEDS = SHARED / "seeds"
SITE = "http://english.institute.example"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SEEDS.exists(), reason="the seed pages are not beside this checkout"),
]

MENU = "".join(
    f'<li><a href="/{name.lower()}/">{name}</a></li>' for name in ("Home", "About", "News", "Research", "Contact")
)
HEAD = '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}--Institute of Mosses</title></head><body>'
PICTURE = '<img src="./W020310402.jpg" alt="">'
# Where what stands: above the text, the title, its paragraphs, a picture with its caption, below the text.
DRESSES = {
    "trs": (
        f'<div class="nav"><ul>{MENU}</ul></div>',
        '<div class="info">{}</div>',
        '<div class="content"><h2 class="title">{}</h2>',
        '<div class="TRS_Editor">{}</div></div>',
        "<p>{}</p>",
        f'<p align="center">{PICTURE}</p><p align="center">{{}}</p>',
        '<div class="footer"><p>{}</p></div>',
    ),
    "tables": (
        f'<table width="960"><tr><td><ul class="menu">{MENU}</ul></td></tr></table><table><tr><td>',
        '<table><tr><td align="center">{}</td></tr></table>',
        '<table><tr><td class="bt" align="center"><b>{}</b></td></tr></table>',
        '<table><tr><td class="black14">{}</td></tr></table></td></tr></table>',
        "&nbsp;&nbsp;&nbsp;&nbsp;{}<br><br>",
        f'<center>{PICTURE}</center><p align="center">{{}}</p>',
        '<table class="foot"><tr><td align="center">{}</td></tr></table>',
    ),
    "html5": (
        f"<header><nav><ul>{MENU}</ul></nav></header><main><article>",
        '<div class="meta">{}</div>',
        "<h1>{}</h1>",
        '<div class="entry-content">{}</div></article></main>',
        "<p>{}</p>",
        f"<figure>{PICTURE}<figcaption>{{}}</figcaption></figure>",
        "<footer><p>{}</p></footer>",
    ),
}  # fmt: skip


def folded(text: str | None) -> str | None:
    return None if text is None else re.sub(r"\s+", " ", text.replace("\u00a0", " ")).strip()


def golds() -> list[dict]:
    lines = (SHARED / "reference" / "seeds-expected.jsonl").read_text("utf-8").splitlines() if SEEDS.exists() else []
    return [json.loads(line) for line in lines]


def dressed(gold: dict, dress: str) -> bytes:
    """The lines of the seed's text in their order, each in the element such a site would give it."""
    top, info, title, text, paragraph, figure, foot = DRESSES[dress]
    lines = (SEEDS / gold["file"]).read_text("utf-8").split("\n")
    written = {number: escape(line) for number, line in enumerate(lines)}
    first = gold["title_line"]
    made = [HEAD.format(title=escape(gold["title"])), top]
    furniture = gold.get("boilerplate_line_numbers", [])
    after = gold["body_lines"][0]
    made += [info.format(written[n]) for n in furniture if n < first]
    made.append(title.format(written[first]))
    made += [info.format(written[n]) for n in furniture if first < n < after]
    inner = [paragraph.format(written[n]) for n in gold["body_lines"]]
    inner += [figure.format(written[c["line"]]) for c in gold["captions"]]
    made.append(text.format("\n".join(inner)))
    made += [foot.format(written[n]) for n in furniture if n > after]
    return "".join([*made, "</body></html>"]).encode()


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("gold", golds(), ids=lambda gold: gold["file"][:3])
def test_a_seed_as_a_web_page_equals_its_gold(gold, dress):
    address = {"page": f"{SITE}/partner/"}.get(gold["kind"], f"{SITE}/ns/t20310402_1.html" if not gold["date"] else "")
    read = extract(dressed(gold, dress), address)
    assert read.kind == gold["kind"]
    assert folded(read.title) == folded(gold["title"])
    assert [folded(p) for p in read.paragraphs] == [folded(p) for p in gold["body"]]
    assert [(i.caption, i.credit) for i in read.images] == [(c["caption_text"], c["credit"]) for c in gold["captions"]]
    assert read.published == (gold["date"] or (None if gold["kind"] == "page" else "2031-04-02"))
    assert (read.origin or None) == gold["source"]
    assert read.language == gold["language"]
    assert list(read.breadcrumb) == gold["breadcrumb"]
    shown = folded(re.sub(r"<[^>]+>", " ", (read.html or "").replace("&amp;", "&")))
    assert all(folded(p) in shown for p in gold["body"])
    assert not [line for line in gold["boilerplate_lines"] if folded(line) in folded(read.body)]
