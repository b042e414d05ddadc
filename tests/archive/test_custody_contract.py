"""What others rely on stays as it is: fields of the export and the feed, views, schema and data dictionary agree."""

import io
import json
import re
from dataclasses import fields
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy
from archive_samples import an_arrival, day

from archive import Attachment, Change, Found, Image, change_schema, export_row, export_schema, write_export
from archive.contract import ARTICLE, ATTACHMENT, CHANGE, IMAGE, REVISION, VIEW_ONLY, data_dictionary
from archive.export import ATTACHMENT_FILE, FIELDS, IMAGE_FILE, REVISION_FIELDS

DOCS = Path(__file__).resolve().parents[2] / "docs"

CONTRACT = (
    "id", "source", "url", "kind", "title", "body", "published", "modified", "author", "origin", "section", "breadcrumb",
    "language", "images", "attachments", "status", "revision", "cluster", "copy_of", "first_seen", "last_seen",
)  # fmt: skip


@pytest.fixture
def filled(archive):
    full = an_arrival(
        title="Moss 研究所", published="2031-04-02T03:11+08:00", modified="2031", author="A; B", origin="Daily",
        section="News", breadcrumb=("Home", "News"), language="en",
        images=(Image(url=None, caption="A wall"), Image(url="http://leaf.example/a.png", alt="moss")),
        attachments=(Attachment(url="http://leaf.example/a.pdf", label="Report", type="pdf"),),
    )  # fmt: skip
    archive.store(full)
    archive.store(an_arrival("http://leaf.example/bare", title=None, body="Nothing is said here but this."))
    archive.store(an_arrival("http://leaf.example/copy", title=None, body="Nothing is said here but this.", at=day(2)))
    archive.remove("http://leaf.example/copy", reason="r", at=day(3))
    return archive


def test_the_fields_are_those_of_the_contract_and_in_its_order():
    assert tuple(one.name for one in ARTICLE) == CONTRACT == FIELDS
    assert [one.name for one in CHANGE] == [one.name for one in fields(Change)]
    assert [one.name for one in IMAGE] == [*(one.name for one in fields(Image)), *IMAGE_FILE]
    assert [one.name for one in ATTACHMENT] == [*(one.name for one in fields(Attachment)), *ATTACHMENT_FILE]


def test_every_exported_row_and_change_is_what_the_schema_says(filled):
    for known in filled.articles():
        row = json.loads(json.dumps(export_row(known)))
        assert list(row) == list(CONTRACT)
        assert faults(row, export_schema()) == []
    filled.store(an_arrival(title="Moss grew", at=day(4), found={"title": Found(method="selector", confidence=1.0)}))
    out = io.StringIO()
    write_export(filled, out, revisions=True)
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(rows) == 4
    for row in rows:
        assert list(row) == [one.name for one in (*ARTICLE, *REVISION)] == list(REVISION_FIELDS)
        assert faults(row, export_schema(revisions=True)) == []
    for change in filled.changes():
        row = {one.name: getattr(change, one.name) for one in fields(change)}
        assert faults({**row, "at": change.at.isoformat()}, change_schema()) == []


def faults(value, schema, at="row"):
    """What of this part of JSON Schema the value breaks."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    python = {
        "string": str,
        "integer": int,
        "array": list,
        "object": dict,
        "null": type(None),
        "boolean": bool,
        "number": (int, float),
    }
    if not any(isinstance(value, python[kind]) for kind in kinds):
        return [f"{at} is {value!r}"]
    found = []
    if value is not None and "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{at} is {value!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at} is {value!r}")
    if schema.get("format") == "date-time" and datetime.fromisoformat(value).tzinfo is None:
        found.append(f"{at} has no time zone")
    if isinstance(value, list):
        found += [fault for item in value for fault in faults(item, schema["items"], f"{at}[]")]
    if isinstance(value, dict) and "properties" not in schema:
        found += [
            fault for name, inner in value.items() for fault in faults(inner, schema["additionalProperties"], name)
        ]
    elif isinstance(value, dict):
        found += [f"{at} lacks {name}" for name in schema["required"] if name not in value]
        for name, inner in schema["properties"].items():
            found += faults(value[name], inner, f"{at}.{name}") if name in value else []
    return found


def test_the_views_have_the_fields_of_the_contract_and_the_rows_of_the_export(filled):
    with filled._engine.connect() as connection:
        articles = connection.execute(sqlalchemy.text("SELECT * FROM articles_v1 ORDER BY id")).mappings().all()
        changes = connection.execute(sqlalchemy.text("SELECT * FROM changes_v1 ORDER BY seq")).mappings().all()
    assert tuple(articles[0]) == (*CONTRACT, *(one.name for one in VIEW_ONLY))
    assert tuple(changes[0]) == tuple(one.name for one in CHANGE)
    assert [row["seq"] for row in changes] == [change.seq for change in filled.changes()]
    simple = [
        name for name in CONTRACT if name not in {"images", "attachments", "breadcrumb", "first_seen", "last_seen"}
    ]
    for row, known in zip(articles, filled.articles(), strict=True):
        exported = export_row(known)
        assert {name: row[name] for name in simple} == {name: exported[name] for name in simple}
        assert json.loads(row["breadcrumb"]) == exported["breadcrumb"]
        assert [image.get("caption") for image in json.loads(row["images"])] == [
            image["caption"] for image in exported["images"]
        ]


def test_the_data_dictionary_is_made_of_the_code():
    written = (DOCS / "data-dictionary.md").read_text(encoding="utf-8")
    assert written == data_dictionary(), "run: python -m archive.contract > docs/data-dictionary.md"
