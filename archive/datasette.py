"""The archive room: what Datasette may be told of a SQLite archive: words for columns, facets, and a search in any language.

The file is served as it is, with facets and search, by `datasette newsarchive.db`: its search finds words and any two
Chinese characters. With `--metadata examples/datasette.yaml`, which is made of this module
(`python -m archive.datasette > examples/datasette.yaml`), the tables that are nobody's business are hidden, columns are
explained, and the query `find` takes what people type.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import archive.schema_files
import archive.schema_notices
import archive.schema_sites  # noqa: F401 - the tables of all of them are to be hidden
from archive.contract import ARTICLE, CHANGE, VIEW_ONLY, Field
from archive.schema import metadata

# What was typed, cut into words where letters and digits end, and into the pairs of neighbouring CJK characters that the
# index holds; a single one is the head of a pair. Then every run of CJK characters must stand in the text as it was typed.
FIND = """\
WITH RECURSIVE
  typed(at, sign) AS (
    SELECT 1, substr(:words, 1, 1)
    UNION ALL SELECT at + 1, substr(:words, at + 1, 1) FROM typed WHERE at < length(:words)
  ),
  kinds(at, sign, kind) AS (
    SELECT at, sign, CASE
      WHEN unicode(sign) BETWEEN 0x3005 AND 0x3FFFF AND unicode(sign) NOT BETWEEN 0x3008 AND 0x3040
        AND unicode(sign) NOT BETWEEN 0xE000 AND 0xF8FF AND unicode(sign) NOT BETWEEN 0xFB00 AND 0xFFFF THEN 'pair'
      WHEN sign GLOB '[0-9A-Za-z]' OR unicode(sign) BETWEEN 0xC0 AND 0x1FFF THEN 'word'
      ELSE '' END
    FROM typed
  ),
  begins(at, sign, kind, run) AS (
    SELECT at, sign, kind, sum(start) OVER (ORDER BY at) FROM (
      SELECT at, sign, kind, kind <> lag(kind, 1, '') OVER (ORDER BY at) AS start FROM kinds
    )
  ),
  runs(run, kind, said) AS (
    SELECT run, kind, group_concat(sign, '') FROM (SELECT * FROM begins WHERE kind <> '' ORDER BY at) GROUP BY run, kind
  ),
  terms(term) AS (
    SELECT '"' || said || '"' FROM runs WHERE kind = 'word'
    UNION SELECT '"' || said || '" *' FROM runs WHERE kind = 'pair' AND length(said) = 1
    UNION SELECT '"' || one.sign || two.sign || '"' FROM begins AS one
      JOIN begins AS two ON two.at = one.at + 1 AND two.run = one.run WHERE one.kind = 'pair'
  )
SELECT published, source, title, url, id FROM articles_v1
WHERE number IN (SELECT rowid FROM search WHERE search MATCH (
    SELECT coalesce(group_concat(term, ' AND '), '"' || char(0xE003) || '"') FROM terms -- where no word is: what nobody wrote
  ))
  AND NOT EXISTS (SELECT 1 FROM runs WHERE kind = 'pair' AND instr(coalesce(title, '') || char(10) || body, said) = 0)
ORDER BY number DESC LIMIT 100
"""


def told() -> str:
    """The file, as YAML. Strings are JSON, which YAML reads."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Made by `python -m archive.datasette > examples/datasette.yaml`; a test holds this file to the code."
    yield "# datasette newsarchive.db --metadata datasette.yaml"
    yield "databases:"
    yield "  newsarchive:"
    yield "    queries:"
    yield "      find:"
    yield f"        title: {_quoted('Find articles by words, in any language')}"
    yield "        params: [words]"
    yield "        sql: |"
    yield from (f"          {line}" for line in FIND.splitlines())
    yield "    tables:"
    yield from _view(
        "articles_v1", "Articles", (*ARTICLE, *VIEW_ONLY), ["source", "language", "status"], "number", "desc"
    )
    yield from _view("changes_v1", "Change feed", CHANGE, ["kind", "source"], "seq", "desc")
    for name in sorted((*metadata.tables, "alembic_version")):
        yield f"      {name}: {{hidden: true}}"


def _view(name: str, title: str, fields: tuple[Field, ...], facets: list[str], key: str, order: str) -> Iterator[str]:
    yield f"      {name}:"
    yield f"        title: {title}"
    yield f"        facets: {_quoted(facets)}"
    yield f"        sort_{order}: {key}"
    yield "        columns:"
    yield from (f"          {field.name}: {_quoted(field.means)}" for field in fields)


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    sys.stdout.write(told())
