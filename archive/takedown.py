"""The archive room: take-downs. A text is erased from the database, its index and its captures, and never taken in again.

What stays is the tombstone (id, addresses, when, why, the digests of the texts: one cannot read a text off a digest)
and a `removed` change. First one transaction erases the text and writes down which records of which WARC files are to
go (`erasures`); then the files are rewritten, and the notes struck out. Killed between the two, the next process that
opens the archive for writing goes on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, select, update

from archive import changes, clusters, events, files, forms, index, memory, neighbours, read, schema, sites
from archive.depot import Depot, finished, in_work, open_file, recover
from archive.dialect import insert, reading, scrub, secure_deletion, writing
from archive.erase import custody, erase_in
from archive.errors import ArchiveError, CaptureMissing
from archive.fingerprint import read_print, text_digest
from archive.heirs import inherit
from archive.identity import address_key
from archive.members import strays
from archive.proceedings import Removal
from archive.records import Arrival, Change, ChangeKind, FileArrival, Status
from archive.rows import clean
from archive.schema_files import file_links

DATABASE = ""  # the `file` of the note that the database's free pages are to be cleaned
REFUSED = "taken down here: never taken in again"

a, r, c, v = schema.articles.c, schema.revisions.c, schema.captures.c, schema.visits.c
e = schema.erasures
_EMPTY = {
    **dict.fromkeys(("published", "modified", "author", "editor", "origin", "section", "language", "title", "html")),
    "breadcrumb": "[]", "images": "[]", "attachments": "[]", "found": "{}", "body": "", "capture": None,
}  # fmt: skip

Place = tuple[str, int]  # a WARC file and where in it a capture begins


# --- on the way in ----------------------------------------------------------------------------------------------------


def barred_texts(connection: Connection, digests: Iterable[bytes]) -> set[tuple[str, bytes]]:
    """(source, text) of those of these texts that were taken down, at whatever address they come now."""
    d = schema.removals.c
    found: set[tuple[str, bytes]] = set()
    for chunk in memory.chunks(sorted(digests)):
        rows = connection.execute(select(d.source, d.text_digest).where(d.text_digest.in_(chunk)))
        found |= {(row.source, bytes(row.text_digest)) for row in rows}
    return found


def bar(connection: Connection, arrival: Arrival) -> None:
    """What came is taken down: its bytes are to be erased, its address is not asked again."""
    bar_capture(connection, arrival)
    _refuse(connection, arrival.article.source, [address_key(arrival.article.url)])


def bar_capture(connection: Connection, arrival: Arrival) -> None:
    """Its bytes alone: something else is at its address today."""
    if arrival.capture is not None:
        _erase_later(connection, [(arrival.capture.file, arrival.capture.offset)], arrival.at)


def bar_file(connection: Connection, arrival: FileArrival) -> None:
    """The same of a file whose article is taken down."""
    _erase_later(connection, [(arrival.capture.file, arrival.capture.offset)], arrival.at)
    _refuse(connection, arrival.visit.source, [address_key(arrival.visit.url)])


def _refuse(connection: Connection, source: str, keys: Iterable[str]) -> None:
    # An empty title and date, not NULL: lists would fill that in again.
    values = {"state": "refused", "why": REFUSED, "next_at": None, "title": "", "date": "", "digest": None}
    for chunk in memory.chunks(keys):
        connection.execute(update(schema.visits).where(v.source == source, v.key.in_(chunk)), values)


def _erase_later(connection: Connection, places: Iterable[Place], at: datetime) -> None:
    rows = [{"file": file, "start": start, "at": at} for file, start in places]
    if rows:
        connection.execute(insert(connection, e).on_conflict_do_nothing(), rows)


# --- the transaction --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Target:
    n: int
    id: str
    source: str
    cluster: int
    status: Status
    row: Any

    @property
    def gone_already(self) -> bool:
        return self.status is Status.REMOVED


def remove(engine: Engine, depot: Depot, ref: str, *, reason: str, at: datetime) -> Removal:
    """Take an article down. Removing it again erases what was left over, and changes nothing else."""
    reason = clean(reason) or ""
    stray = _strays(engine, depot, ref)
    with writing(engine, serial=True) as connection:
        secure_deletion(connection)
        target = _target(connection, ref)
        keys = _keys(connection, target)
        named = files.own_keys(connection, target.n, target.source)
        places = _captures(connection, depot, target, [*keys, *named])
        _erase_later(connection, [*places, *stray], at)
        logged: list[Change] = []
        left: tuple[str, ...] = ()
        if not target.gone_already:
            left = _alike(connection, target)
            _bar_texts(connection, target, at)
            _erase_text(connection, target, reason)
            files.forget(connection, target.n)
            sites.forget(connection, target.source)
            _refuse(connection, target.source, [*keys, *named])
            _erase_later(connection, [(DATABASE, 0)], at)
            detail = {"reason": reason, "captures": len({*places, *stray})}
            events.note(connection, what=events.What.REMOVED, object_=target.id, detail=detail, at=at)
            logged = changes.log(connection, [_line(target, reason, at)])
    erased = finish(engine, depot)
    with reading(engine) as connection:
        tombstone = read.known(connection, target.id)
        waiting = len(_waiting(connection))
        in_use = connection.execute(select(e.c.start).where(e.c.file == DATABASE)).first() is not None
    change = logged[0] if logged else None
    return Removal(known=tombstone, change=change, captures=erased, waiting=waiting, left=left, in_use=in_use)


def _target(connection: Connection, ref: str) -> _Target:
    n = read.find(connection, ref)
    row = connection.execute(select(schema.articles).where(a.n == n)).mappings().one()
    return _Target(n, row["id"], row["source"], row["cluster"], Status(row["status"]), row)


def _keys(connection: Connection, target: _Target) -> list[str]:
    """The addresses at which the article is or was, and no other one is now."""
    at = schema.addresses.c
    own = set(connection.execute(select(at.key).where(at.article == target.n)).scalars())
    return sorted(own | (_old_keys(connection, target) - _since(connection, target).keys()))


def _old_keys(connection: Connection, target: _Target) -> set[str]:
    return {address_key(url) for url in connection.execute(select(r.url).where(r.article == target.n)).scalars()}


def _since(connection: Connection, target: _Target) -> dict[str, datetime]:
    """By those of its old addresses at which another article is now, since when that is there."""
    at = schema.addresses.c
    found: dict[str, datetime] = {}
    for chunk in memory.chunks(sorted(_old_keys(connection, target))):
        asked = select(at.key, at.since).where(at.source == target.source, at.key.in_(chunk), at.article != target.n)
        found |= {row.key: row.since for row in connection.execute(asked)}
    return found


def _line(target: _Target, reason: str, at: datetime) -> dict[str, object]:
    return {
        "at": at, "kind": ChangeKind.REMOVED.value, "article": target.id, "source": target.source,
        "url": target.row["url"], "revision": target.row["revision"], "cause": reason,
    }  # fmt: skip


def _alike(connection: Connection, target: _Target) -> tuple[str, ...]:
    """Whoever asks for a take-down wants to know where else the text stands."""
    others = read.copies(connection, target.id)
    return tuple(known.id for known, _ in others if known.status is not Status.REMOVED)


def _captures(connection: Connection, depot: Depot, target: _Target, keys: list[str]) -> list[Place]:
    """The captures of the article, of all its revisions and addresses, out of the tables; where they lie. Captures of
    others that refer to their bytes get these first.
    """
    own = set(connection.execute(select(r.capture).where(r.article == target.n, r.capture.is_not(None))).scalars())
    found = _numbered(connection, c.n.in_(own)) | _at(connection, target, keys)
    digests = sorted({row.digest for row in found.values()} | files.own_digests(connection, target.n))
    # Where another article is now: what came before it, or has the same bytes.
    since = _since(connection, target)
    found |= {
        n: row
        for n, row in _at(connection, target, since).items()
        if row.digest in digests or row.at < since.get(address_key(row.url), row.at)
    }
    # The same bytes that came from another spelling of the address, unless they are another article's.
    spelled: dict[int, Any] = {}
    for chunk in memory.chunks(digests):
        spelled |= _numbered(connection, c.source == target.source, c.digest.in_(chunk))
    others = _keys_of_others(connection, target, {address_key(row.url) for row in spelled.values()})
    found |= {n: row for n, row in spelled.items() if address_key(row.url) not in others}
    for n in _read_by_others(connection, target, found.keys() - own):
        del found[n]
    left = inherit(connection, depot, found)
    for numbers in memory.chunks(found):
        connection.execute(update(schema.revisions).where(r.capture.in_(numbers)), {"capture": None})
        connection.execute(delete(schema.captures).where(c.n.in_(numbers)))
    return sorted({*left, *((row.file, row.start) for row in found.values())})


def _numbered(connection: Connection, *which: Any) -> dict[int, Any]:
    return {row.n: row for row in connection.execute(select(schema.captures).where(*which))}


def _at(connection: Connection, target: _Target, keys: Iterable[str]) -> dict[int, Any]:
    """The captures of these addresses."""
    found: dict[int, Any] = {}
    for chunk in memory.chunks([prefix + key for key in keys for prefix in ("", "http://", "https://")]):
        found |= _numbered(connection, c.source == target.source, c.url.in_(chunk))
    return found


def _read_by_others(connection: Connection, target: _Target, numbers: Iterable[int]) -> set[int]:
    """Those of these captures from which a revision of another article was read."""
    found: set[int] = set()
    for chunk in memory.chunks(sorted(numbers)):
        asked = select(r.capture).where(r.capture.in_(chunk), r.article != target.n)
        found |= set(connection.execute(asked).scalars())
    return found


def _keys_of_others(connection: Connection, target: _Target, keys: set[str]) -> set[str]:
    """Those of these addresses that belong to another article of the source, or to a file that one names."""
    at, link = schema.addresses.c, file_links.c
    found: set[str] = set()
    for chunk in memory.chunks(sorted(keys)):
        asked = select(at.key).where(at.source == target.source, at.key.in_(chunk), at.article != target.n)
        named = select(link.key).join(schema.articles, a.n == link.article)
        named = named.where(a.source == target.source, link.key.in_(chunk), link.article != target.n)
        found |= set(connection.execute(asked.union(named)).scalars())
    return found


def _bar_texts(connection: Connection, target: _Target, at: datetime) -> None:
    texts = connection.execute(select(r.title, r.body).where(r.article == target.n))
    says = {text_digest(row.title, row.body) for row in texts if row.body}
    rows = [{"source": target.source, "text_digest": one, "article": target.n, "at": at} for one in says]
    if rows:
        connection.execute(insert(connection, schema.removals).on_conflict_do_nothing(), rows)


def _erase_text(connection: Connection, target: _Target, reason: str) -> None:
    n = target.n
    newest = connection.execute(select(r.title, r.body).where(r.n == target.row["newest"])).one()
    index.drop(
        connection, [index.Text(shelf=target.row["shelf"], source=target.source, title=newest.title, body=newest.body)]
    )
    neighbours.forget(connection, n, read_print(newest.title, newest.body), forms.Forms().begin(connection).everywhere)
    connection.execute(update(schema.revisions).where(r.article == n), _EMPTY)
    values = {
        "status": Status.REMOVED.value,
        "reason": reason,
        "day": None,
        "language": None,
        # No other text has this digest: the article leaves its cluster.
        "text_digest": f"removed {target.id}".encode(),
    }
    connection.execute(update(schema.articles).where(a.n == n), values)
    clusters.settle(connection, [{target.cluster}])


# --- the files --------------------------------------------------------------------------------------------------------


def _strays(engine: Engine, depot: Depot, ref: str) -> list[Place]:
    """Captures of the article in the files of its source that no row names (a crawl was killed before it kept them)."""
    with reading(engine) as connection:
        target = _target(connection, ref)
        keys = {*_keys(connection, target), *files.own_keys(connection, target.n, target.source)}
    found: list[Place] = []
    prefixes = (f"{target.source}-", "import-")
    for file in sorted({name for prefix in prefixes for kind in (finished, in_work) for name in kind(depot, prefix)}):
        with reading(engine) as connection:
            rows = connection.execute(select(c.start, c.size).where(c.file == file))
            known = {row.start: row.size for row in rows}
        try:
            with open_file(depot, file) as stream:
                found += [(file, start) for start, url in strays(stream, known) if address_key(url) in keys]
        except CaptureMissing:
            continue
    return found


def _waiting(connection: Connection) -> list[Place]:
    rows = connection.execute(select(e.c.file, e.c.start).where(e.c.file != DATABASE).order_by(e.c.file, e.c.start))
    return [(row.file, row.start) for row in rows]


def finish(engine: Engine, depot: Depot) -> int:
    """Erase what take-downs noted; how many captures. What a crawl still writes, or cannot be written, waits."""
    with reading(engine) as connection:
        noted = connection.execute(select(e.c.file, e.c.start).order_by(e.c.file, e.c.start)).all()
    if not noted:
        return 0
    places: dict[str, list[int]] = {}
    for row in noted:
        places.setdefault(row.file, []).append(row.start)
    if DATABASE in places:
        starts = places.pop(DATABASE)
        if scrub(engine):  # else the note stays: whoever opens the archive next tries again
            _strike(engine, DATABASE, starts, 0)
    if not places:
        return 0
    erased = 0
    with custody(engine, depot, wait=False) as ours:
        if ours:
            recover(depot)
            erased = sum(_erase_file(engine, depot, file, starts) for file, starts in places.items())
    return erased


def _erase_file(engine: Engine, depot: Depot, file: str, starts: list[int]) -> int:
    if Path(file).name != file:
        return 0
    try:
        count = erase_in(depot, file, starts, datetime.now(UTC))
    except (OSError, ArchiveError):
        count = None
    if count is None:  # open still, or on another machine
        return 0  # the note stays: the next one who opens the archive tries again
    _strike(engine, file, starts, count)
    return count


def _strike(engine: Engine, file: str, starts: list[int], count: int) -> None:
    with writing(engine) as connection:
        for chunk in memory.chunks(starts):
            connection.execute(delete(e).where(e.c.file == file, e.c.start.in_(chunk)))
        if count:
            events.note(connection, what=events.What.ERASED, object_=file, detail={"captures": count})
