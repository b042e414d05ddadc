"""The archive room: the files that articles name: which article names which address, and what it answered.

An address is asked by a crawl like any other (`visits`, by its role); the answer's bytes lie in the captures. Here is what
they are and what is written in them, once for the same bytes, and how that changed under one address.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, or_, select, update

from archive import file_index, memory, schema
from archive.captured import keep_captures
from archive.dialect import insert
from archive.identity import address_key
from archive.records import Cause, ChangeKind, Document, File, FileArrival, Status, Visit
from archive.rows import clean, read_visit
from archive.schema_files import file_links, files
from archive.standing import Line

ATTACHMENT, IMAGE = "attachment", "image"  # roles of visits
ROLES = (ATTACHMENT, IMAGE)

f, k, v, a, r = files.c, file_links.c, schema.visits.c, schema.articles.c, schema.revisions.c

# --- an article names them --------------------------------------------------------------------------------------------


def name_files(connection: Connection, named: Iterable[tuple[int, Visit]]) -> None:
    """These articles name these addresses: they are to be asked once, and what they answered already is the article's."""
    links = list(named)
    memory.keep_discovered(connection, [visit for _, visit in links])
    for source in {visit.source for _, visit in links}:
        own = [(n, visit) for n, visit in links if visit.source == source]
        known = _answers(connection, source, {address_key(visit.url) for _, visit in own})
        rows = {
            (n, address_key(visit.url)): {
                "article": n, "key": address_key(visit.url), "number": 1, "url": clean(visit.url), "role": visit.role,
                **known.get(address_key(visit.url), {"file": None, "at": None}),
            }
            for n, visit in own
        }  # fmt: skip
        connection.execute(insert(connection, file_links).on_conflict_do_nothing(), list(rows.values()))


def _answers(connection: Connection, source: str, keys: set[str]) -> dict[str, dict[str, Any]]:
    """The file that each of these addresses answered with last, and when."""
    found: dict[str, dict[str, Any]] = {}
    for chunk in memory.chunks(sorted(keys)):
        asked = (
            select(v.key, f.n, v.last_at)
            .join(files, f.digest == v.digest)
            .where(v.source == source, v.key.in_(chunk), v.role.in_(ROLES))
        )
        found |= {row.key: {"file": row.n, "at": row.last_at} for row in connection.execute(asked)}
    return found


# --- an address answers -----------------------------------------------------------------------------------------------


def pending(
    connection: Connection, source: str, roles: Sequence[str], at: datetime, limit: int, *, everything: bool
) -> list[Visit]:
    """Addresses of files whose turn has come, attachments before pictures, those never asked first, found last first."""
    turn = or_(and_(v.state == "todo", v.next_at.is_(None)), v.next_at <= at)
    if everything:
        turn = or_(turn, and_(v.state == "done", v.role == ATTACHMENT, v.last_at < at))
    statement = (
        select(schema.visits)
        .where(v.source == source, v.role.in_(roles), v.state.in_(("todo", "done")), turn)
        .order_by(v.role, v.state.desc(), v.n.desc())
        .limit(limit)
    )
    return [read_visit(row) for row in connection.execute(statement).mappings()]


def is_known(connection: Connection, digest: str) -> bool:
    """Whether these bytes were read before."""
    return connection.execute(select(f.n).where(f.digest == digest)).scalar() is not None


def keep_file(connection: Connection, arrival: FileArrival) -> list[Line] | None:
    """What an address answered. The lines it adds to the change log: `reextracted` for each article of which an attachment
    is read for the first time, `revised` where it is another file than it was. None, and nothing is kept, where no
    article names the address any more: it was taken down.
    """
    visit = arrival.visit
    states = (
        select(file_links, a.status)
        .join(schema.articles, a.n == k.article)
        .where(k.key == address_key(visit.url), a.source == visit.source)
        .order_by(k.article, k.number)
    )
    newest = {state["article"]: state for state in connection.execute(states).mappings()}
    if not newest:
        return None
    memory.keep_visits(connection, [visit])
    keep_captures(connection, [(visit.source, arrival.capture)])
    n = _number(connection, arrival)
    lines: list[Line] = []
    for state in newest.values():
        if state["file"] == n:
            continue
        row = {**{name: state[name] for name in file_links.c.keys()}, "file": n, "at": arrival.at}  # noqa: SIM118
        first = state["file"] is None
        if first:
            place = (k.article == row["article"], k.key == row["key"], k.number == row["number"])
            connection.execute(update(file_links).where(*place), {"file": n, "at": arrival.at})
        else:
            connection.execute(file_links.insert(), {**row, "number": row["number"] + 1})
        if row["role"] == ATTACHMENT and state["status"] != Status.REMOVED.value:
            lines.append((_line if first else _revise)(connection, row["article"], arrival))
    return lines


def _number(connection: Connection, arrival: FileArrival) -> int:
    digest = arrival.capture.digest
    known = connection.execute(select(f.n).where(f.digest == digest)).scalar()
    if known is not None:
        return int(known)
    document = arrival.document
    values: dict[str, Any] = {
        "digest": digest, "kind": document.kind, "media": document.media, "bytes": arrival.bytes, "pages": document.pages,
        "why": clean(document.why), "text": clean(document.text),
    }  # fmt: skip
    made = int(connection.execute(files.insert().returning(f.n), values).scalar_one())
    file_index.add(connection, made, values["text"])
    return made


def _line(connection: Connection, article: int, arrival: FileArrival) -> Line:
    """More is known of the article than before."""
    row = connection.execute(select(a.id, a.source, a.url, a.revision).where(a.n == article)).mappings().one()
    return {
        "at": arrival.at, "kind": ChangeKind.REEXTRACTED.value, "article": row["id"], "source": row["source"],
        "url": row["url"], "revision": row["revision"], "cause": Cause.ATTACHMENT.value,
    }  # fmt: skip


def _revise(connection: Connection, article: int, arrival: FileArrival) -> Line:
    """The article is the same text with another attachment: a revision of its own."""
    newest = select(schema.revisions).join(schema.articles, a.newest == r.n).where(a.n == article)
    state = dict(connection.execute(newest).mappings().one())
    number = connection.execute(select(a.revision).where(a.n == article)).scalar_one() + 1
    state |= {
        "n": schema.next_number(connection, schema.revisions), "number": number, "at": arrival.at,
        "cause": Cause.ATTACHMENT.value,
    }  # fmt: skip
    connection.execute(schema.revisions.insert(), state)
    connection.execute(update(schema.articles).where(a.n == article), {"revision": number, "newest": state["n"]})
    return {**_line(connection, article, arrival), "kind": ChangeKind.REVISED.value}


# --- reading ----------------------------------------------------------------------------------------------------------


def files_of(connection: Connection, ids: Iterable[str], *, texts: bool) -> dict[str, list[File]]:
    """By article, every state of every file it named, in the order of addresses and numbers."""
    found: dict[str, list[File]] = {}
    columns = [f.digest, f.kind, f.media, f.bytes, f.pages, f.why, *([f.text] if texts else [])]
    for chunk in memory.chunks(ids):
        statement = (
            select(a.id, k.url, k.role, k.number, k.at, v.why.label("trouble"), v.status, *columns)
            .join(file_links, k.article == a.n)
            .outerjoin(files, f.n == k.file)
            .outerjoin(schema.visits, and_(v.source == a.source, v.key == k.key))
            .where(a.id.in_(chunk))
            .order_by(a.id, k.role, k.key, k.number)
        )
        for row in connection.execute(statement).mappings():
            found.setdefault(row["id"], []).append(_file(row))
    return found


def _file(row: Any) -> File:
    document = None
    if row["digest"] is not None:
        document = Document(
            kind=row["kind"], media=row["media"], pages=row["pages"], why=row["why"], text=row.get("text")
        )
    return File(
        url=row["url"], role=row["role"], number=row["number"], at=row["at"], digest=row["digest"], bytes=row["bytes"],
        document=document, trouble=row["trouble"],
    )  # fmt: skip


# --- a take-down ------------------------------------------------------------------------------------------------------


def own_keys(connection: Connection, article: int, source: str) -> set[str]:
    """Addresses of files that this article names and no other one of its source that stands."""
    others = file_links.alias()
    shared = (
        select(others.c.key)
        .join(schema.articles, a.n == others.c.article)
        .where(
            others.c.key == k.key,
            others.c.article != article,
            a.source == source,
            a.status != Status.REMOVED.value,
        )
    )
    return set(connection.execute(select(k.key).where(k.article == article, ~shared.exists())).scalars())


def own_digests(connection: Connection, article: int) -> set[str]:
    """Of the files that only this article has: a redirect may have led to where their bytes were captured."""
    others = file_links.alias()
    shared = select(others.c.file).where(others.c.file == k.file, others.c.article != article)
    statement = select(f.digest).join(file_links, k.file == f.n).where(k.article == article, ~shared.exists())
    return set(connection.execute(statement).scalars())


def forget(connection: Connection, article: int) -> None:
    """Take an article's files away from it, and out of the archive where nobody else has them."""
    held = set(connection.execute(select(k.file).where(k.article == article, k.file.is_not(None))).scalars())
    connection.execute(delete(file_links).where(k.article == article))
    for chunk in memory.chunks(sorted(held)):
        used = set(connection.execute(select(k.file).where(k.file.in_(chunk))).scalars())
        gone = [n for n in chunk if n not in used]
        for row in connection.execute(select(f.n, f.text).where(f.n.in_(gone))).all():
            file_index.drop(connection, row.n, row.text)
        connection.execute(delete(files).where(f.n.in_(gone)))
