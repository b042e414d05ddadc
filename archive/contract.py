"""The archive room: what others may rely on: the fields of an exported article and of a change, as JSON Schema and in words.

The document docs/data-dictionary.md is made of this (`python -m archive.contract`); tests hold it, `export` and the
views `articles_v1` and `changes_v1` to it. Fields are added at the end and never change their meaning; what would
break a reader becomes version 2 beside version 1.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

from archive.records import Cause, ChangeKind, Kind, Status

HEAD = (
    "`newsarchive export --schema` prints the JSON Schema of an exported line (with `--revisions` that of a revision). Fields are added at the end and never change\n"
    "their meaning. `null` means that the page does not say; an empty text that it says nothing there."
)
DIALECT = "https://json-schema.org/draft/2020-12/schema"
VERSION = 1
STATED = (
    r"^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$"  # a date as precise as a page says it
)
ID = r"^[0-9a-hjkmnp-tv-z]{16}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a row."""

    name: str
    means: str
    type: str = "string"
    null: bool = False  #: "the page does not say", or what `means` says
    rules: dict[str, Any] = field(default_factory=dict)  #: further keywords of JSON Schema

    def schema(self) -> dict[str, Any]:
        kind: Any = [self.type, "null"] if self.null else self.type
        rules = self.rules
        if self.null and "enum" in rules:
            rules = {**rules, "enum": [*rules["enum"], None]}
        return {"description": self.means, "type": kind, **rules}


def _object(*fields: Field) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {one.name: one.schema() for one in fields},
        "required": [one.name for one in fields],
        "additionalProperties": True,
    }


IMAGE = (
    Field(name="url", null=True, means="its address; null where a text page gives the caption alone"),
    Field(name="caption", null=True, means="what stands below it"),
    Field(name="credit", null=True, means="who made it"),
    Field(name="alt", null=True, means="what the page says instead of it"),
    Field(name="digest", null=True, means="of the picture as it is kept in the captures, `sha256:` and 64 digits"),
    Field(name="bytes", type="integer", null=True, means="how long it is"),
    Field(name="kind", null=True, means="told from its bytes: jpeg, png, ...; null where it is not kept"),
)
ATTACHMENT = (
    Field(name="url", means="its address"),
    Field(name="label", null=True, means="the words of its link"),
    Field(name="type", null=True, means="the file name's ending in lower case, e.g. pdf"),
    Field(name="digest", null=True, means="of the file as it is kept in the captures, `sha256:` and 64 digits"),
    Field(name="bytes", type="integer", null=True, means="how long it is"),
    Field(name="kind", null=True, means="told from its bytes: pdf, docx, zip, ...; null where it is not kept"),
    Field(name="pages", type="integer", null=True, means="its pages, slides, sheets, or the files in a zip"),
    Field(name="text", null=True, means="what is written in it; of a zip the names of its files"),
    Field(name="why", null=True, means="why it is not kept, or why there is no text, or not all of it"),
)
MOMENT = {"format": "date-time"}

ARTICLE = (
    Field(name="id", means="stable for good", rules={"pattern": ID}),
    Field(name="source", means="slug of its source"),
    Field(name="url", means="its address today, canonical"),
    Field(
        name="kind", means="an article, or a standing page that was imported", rules={"enum": [k.value for k in Kind]}
    ),
    Field(name="title", null=True, means="its headline"),
    Field(name="body", means="the text: paragraphs parted by one empty line; empty where it was removed"),
    Field(name="published", null=True, means="ISO 8601, as precise as the page says", rules={"pattern": STATED}),
    Field(name="modified", null=True, means="ISO 8601, as precise as the page says", rules={"pattern": STATED}),
    Field(name="author", null=True, means="names parted by `; `"),
    Field(name="origin", null=True, means="whom the page names as the text's source"),
    Field(name="section", null=True, means="the section of its site"),
    Field(name="breadcrumb", type="array", means="the way to it on its site", rules={"items": {"type": "string"}}),
    Field(name="language", null=True, means="BCP 47 tag, e.g. en, zh"),
    Field(name="images", type="array", means="its pictures", rules={"items": _object(*IMAGE)}),
    Field(name="attachments", type="array", means="the files it hands out", rules={"items": _object(*ATTACHMENT)}),
    Field(
        name="status",
        means="published; gone (its address answered 404 or 410; kept); removed (taken down here; erased)",
        rules={"enum": [s.value for s in Status]},
    ),
    Field(name="revision", type="integer", means="number of its newest revision", rules={"minimum": 1}),
    Field(
        name="cluster", means="id of the article that represents those that say nearly the same", rules={"pattern": ID}
    ),
    Field(name="copy_of", null=True, means="id of the article it is a copy of; null: of none", rules={"pattern": ID}),
    Field(name="first_seen", means="when we saw it first, UTC", rules=MOMENT),
    Field(name="last_seen", means="when we saw it last, UTC", rules=MOMENT),
)
FOUND = (
    Field(name="method", means="e.g. `meta:ArticleTitle`, `json-ld:headline`, `selector`"),
    Field(name="confidence", type="number", means="0 to 1; below 0.5 a person should look"),
)
CAPTURE = (
    Field(name="url", means="as asked for"),
    Field(name="at", means="when, UTC", rules=MOMENT),
    Field(name="status", type="integer", means="HTTP status"),
    Field(name="digest", means="`sha256:` and the hex of the body as it was read"),
    Field(name="file", means="its WARC file"),
    Field(name="offset", type="integer", means="where in it the record begins, in bytes"),
    Field(name="length", type="integer", means="of the record, in bytes"),
)
#: What a row of `export --revisions` has beside the fields of an article, which are as they were in that revision.
REVISION = (
    Field(name="seen", means="when we saw this state first, UTC", rules=MOMENT),
    Field(
        name="cause", means="why it exists: the page changed, or was read better", rules={"enum": [c.value for c in Cause]}
    ),
    Field(name="newest", type="boolean", means="whether it is how the article reads today"),
    Field(name="editor", null=True, means="who edited it"),
    Field(name="html", null=True, means="the body as clean HTML"),
    Field(
        name="found", type="object", means="how each field was found", rules={"additionalProperties": _object(*FOUND)}
    ),
    Field(
        name="capture", type="object", null=True, means="the bytes it was read from; null: none are kept",
        rules={
            "properties": {
                **(own := {one.name: one.schema() for one in CAPTURE}),
                "original": {"type": "object", "properties": own},
            },
            "required": list(own),
        },
    ),
)  # fmt: skip
CHANGE = (
    Field(name="seq", type="integer", means="its number: in commit order, without holes", rules={"minimum": 1}),
    Field(name="at", means="when it was seen, UTC", rules=MOMENT),
    Field(name="kind", means="what happened", rules={"enum": [k.value for k in ChangeKind]}),
    Field(name="article", means="id of the article", rules={"pattern": ID}),
    Field(name="source", means="slug of its source"),
    Field(name="url", means="its address; of `moved` the new one"),
    Field(name="revision", type="integer", means="number of its newest revision then", rules={"minimum": 1}),
    Field(
        name="cause",
        null=True,
        means="of `revised` and `reextracted`: content, extraction or attachment; of a removal: the reason; else null",
    ),
)
#: Columns that the views have and exports have not.
VIEW_ONLY = (
    Field(name="reason", null=True, means="of a removal"),
    Field(name="number", type="integer", means="its row in the search index (`search`)"),
    Field(name="rowid", type="integer", means="the same, by the name that Datasette looks for"),
)


def export_schema(*, revisions: bool = False) -> dict[str, Any]:
    """JSON Schema of one line of `export --format jsonl`, or of `export --revisions`."""
    what, command = ("revision", "export --revisions") if revisions else ("article", "export")
    return {
        "$schema": DIALECT,
        "title": f"newsarchive {what}, version {VERSION}",
        "description": f"One line of `newsarchive {command}`. null: the page does not say; empty: it says nothing there.",
        **_object(*ARTICLE, *(REVISION if revisions else ())),
    }


def change_schema() -> dict[str, Any]:
    """JSON Schema of one line of `changes`."""
    return {
        "$schema": DIALECT,
        "title": f"newsarchive change, version {VERSION}",
        "description": "One line of `newsarchive changes`.",
        **_object(*CHANGE),
    }


def data_dictionary() -> str:
    """The same for people, as Markdown."""
    parts = [
        "# Data dictionary",
        "Made by `python -m archive.contract > docs/data-dictionary.md`; a test holds this page to the code.",
        HEAD,
        *_section(
            "An article", "`newsarchive export` (`jsonl`, `csv`, `parquet`), and the view `articles_v1`.", ARTICLE
        ),
        *_section("An image", "Each of `images`.", IMAGE),
        *_section("An attachment", "Each of `attachments`.", ATTACHMENT),
        *_section(
            "A revision",
            "`newsarchive export --revisions` writes a row a revision: the fields of an article, as they were in it (`revision` is its\n"
            "own number; `status`, `cluster`, `copy_of`, `first_seen` and `last_seen` are today's; the newest has today's `url`), and:",
            REVISION,
        ),
        *_section("How a field was found", "Each of `found`, under the field's name.", FOUND),
        *_section(
            "A capture",
            "`capture` of a revision. Where the same bytes had come before, `original` is the capture that has them.",
            CAPTURE,
        ),
        *_section("A change", "`newsarchive changes`, and the view `changes_v1`.", CHANGE),
        *_section(
            "The views",
            "`articles_v1` and `changes_v1` are read-only and stable by contract, on SQLite and PostgreSQL; all other tables may\n"
            "change with any version. `breadcrumb`, `images` and `attachments` are JSON texts there (keys that are null are left\n"
            "out), times of ours are texts on SQLite and `timestamptz` on PostgreSQL. `articles_v1` has these columns more:",
            VIEW_ONLY,
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, says: str, fields: tuple[Field, ...]) -> list[str]:
    rows = "\n".join(f"| `{one.name}` | {one.type}{' or null' if one.null else ''} | {_means(one)} |" for one in fields)
    return [f"## {title}", says, f"| field | type | means |\n|---|---|---|\n{rows}"]


def _means(one: Field) -> str:
    allowed = ", ".join(f"`{value}`" for value in one.rules.get("enum", ()))
    return f"{one.means} ({allowed})" if allowed else one.means


if __name__ == "__main__":
    sys.stdout.write(data_dictionary())
