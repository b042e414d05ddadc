"""Invented pages in the true templates of their families, each read exactly as its article.json says.

A case is a folder <source>/<case> with page.html (bytes as a server would send them), about.toml (address, headers,
what is odd about the page) and article.json. `pytest tests/golden --update-golden` rewrites the last.
"""

import json
import tomllib
from datetime import datetime
from pathlib import Path

import pytest

from crawler.extraction import extract
from crawler.stations import Hints, Selectors

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/*/page.html"))
FIELDS = (
    "kind", "title", "paragraphs", "published", "modified", "author", "editor", "origin", "section", "breadcrumb",
    "language", "charset", "canonical",
)  # fmt: skip


def reading(case: Path) -> dict:
    about = tomllib.loads((case / "about.toml").read_text(encoding="utf-8"))
    at = about.get("at")
    read = extract(
        (case / "page.html").read_bytes(),
        about["url"],
        about.get("headers"),
        at=datetime.fromisoformat(at) if at else None,
        hints=Hints(**about["hints"]) if "hints" in about else None,
        selectors=Selectors(**{**about["extract"], "drop": tuple(about["extract"].get("drop", ()))})
        if "extract" in about
        else None,
    )
    if read.kind not in ("article", "page"):  # what such a page says is nobody's field
        return {"kind": read.kind, "title": read.title, "charset": read.charset}
    row = {name: getattr(read, name) for name in FIELDS}
    row["images"] = [{"url": i.url, "caption": i.caption, "credit": i.credit, "alt": i.alt} for i in read.images]
    row["attachments"] = [{"url": a.url, "label": a.label, "type": a.type} for a in read.attachments]
    return json.loads(json.dumps(row))


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_golden_page_reads_as_it_did(case, request):
    row, file = reading(case), case / "article.json"
    if request.config.getoption("--update-golden", default=False):
        file.write_text(json.dumps(row, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    assert row == json.loads(file.read_text(encoding="utf-8"))


def test_there_are_cases_of_every_kind():
    kinds = {json.loads((case / "article.json").read_text(encoding="utf-8"))["kind"] for case in CASES}
    assert kinds >= {"article", "page", "listing", "login", "soft-404", "challenge", "shell"}
