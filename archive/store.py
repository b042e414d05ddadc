"""The archive room: what happens to pages on their way in: compared, kept, indexed, their changes noted.

A batch runs on one open transaction. What can be made of the texts alone is made before (`prepare`), so that the write
lock is held for as short as can be; what the batch needs to know is asked for in a few questions; new articles are
written together. The changes it returns are numbered by the caller as the transaction's last act.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select, update

from archive import index, memory, schema, takedown
from archive.captured import numbers_at
from archive.dialect import insert_many
from archive.files import name_files
from archive.fingerprint import Reading, read, read_all
from archive.identity import address_key, article_id, is_id
from archive.moves import keep_addresses, move
from archive.neighbours import Company, Neighbours
from archive.records import Arrival, Article, Capture, Cause, ChangeKind, Found, Status, Visit
from archive.rows import article_columns, capture_columns, cleaned
from archive.schema import next_number
from archive.shelves import Shelves, shelf_of
from archive.standing import Line, Place, Standing, standing, standings
from archive.words import entries

a = schema.articles.c
r = schema.revisions.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """An arrival with all that can be said of it without the database."""

    arrival: Arrival
    place: Place
    id: str  #: if it is new, and no other article has it
    reading: Reading
    words: str  #: for the search index

    @property
    def article(self) -> Article:
        return self.arrival.article

    def places(self) -> list[Place]:
        """Its own, and the one that led to it."""
        led_from = self.arrival.led_from
        return [self.place] if led_from is None else [self.place, (self.place[0], address_key(led_from))]


def prepare(arrivals: Sequence[Arrival]) -> list[Incoming]:
    """Pure and the larger part of the work: safe to do before, and beside, any transaction."""
    articles = [cleaned(arrival.article) for arrival in arrivals]
    readings = read_all((article.title, article.body) for article in articles)
    return [
        Incoming(
            arrival=arrival if article is arrival.article else replace(arrival, article=article),
            place=(place := (article.source, address_key(article.url))),
            id=article_id(*place),
            reading=reading,
            words=entries(article.source, article.title, article.body),
        )
        for arrival, article, reading in zip(arrivals, articles, readings, strict=True)
    ]


def keep_batch(connection: Connection, company: Company, batch: Sequence[Incoming]) -> list[list[Line]]:
    """Keep a batch in order; for each the lines it adds to the change log, none when it is unchanged."""
    memory.keep_visits(connection, [item.arrival.visit for item in batch if item.arrival.visit is not None])
    intake = _Intake(connection, company, batch)
    lines = [intake.take(item) for item in batch]
    intake.flush()
    return lines


class _Intake:
    """One batch at work. Rows of new articles wait in lists until `flush`."""

    def __init__(self, connection: Connection, company: Company, batch: Sequence[Incoming]) -> None:
        self._connection = connection
        self._standings: dict[Place, Standing | None] = dict.fromkeys(
            place for item in batch for place in item.places()
        )
        self._standings |= standings(connection, self._standings)
        texts = [item for item in batch if not self._says_the_same(item)]
        self._neighbours = Neighbours(connection, company, [item.reading for item in texts])
        self._barred = takedown.barred_texts(connection, {item.reading.text_digest for item in texts})
        self._captures = _Captures(connection, [item.arrival.capture for item in batch if item.arrival.capture])
        self._ids = _taken_ids(connection, {one for item in texts for one in (item.id, item.arrival.id) if one})
        self._next = next_number(connection, schema.articles)
        self._shelves = Shelves(connection, {_day(item.article) for item in texts})
        self._articles: list[dict[str, Any]] = []
        self._revisions: list[dict[str, Any]] = []
        self._addresses: dict[Place, dict[str, Any]] = {}
        self._entries: list[index.Entry] = []
        self._named: list[tuple[int, Visit]] = []  # files, with the articles that name them

    def _says_the_same(self, item: Incoming) -> bool:
        known = self._standings.get(item.place)
        return known is not None and known.row["digest"] == item.reading.revision_digest

    def take(self, item: Incoming) -> list[Line]:
        arrival, (source, key) = item.arrival, item.place
        lines: list[Line] = []
        if arrival.moved_from is not None:
            self.flush()
            lines += move(self._connection, source, arrival.moved_from, arrival.article.url, at=arrival.at)
            self._standings.clear()
        known = self._standing(item.place)
        if known is not None and known.status is Status.REMOVED:
            takedown.bar(self._connection, arrival)
            return lines
        if known is not None and not known.owns(key) and known.row["digest"] != item.reading.revision_digest:
            known = None  # the article moved on, and another one took its old address
        barred = (source, item.reading.text_digest) in self._barred
        if known is None and barred:
            takedown.bar(self._connection, arrival)
            return lines
        if known is not None and arrival.earlier:
            if barred:
                takedown.bar_capture(self._connection, arrival)
            else:
                self._captures.number(arrival, source)
            return lines
        if known is None:
            return [*lines, self._keep_new(item)]
        return [*lines, *self._keep_known(item, known)]

    def _standing(self, place: Place) -> Standing | None:
        if place in self._addresses:
            self.flush()
        if place not in self._standings:
            self._standings[place] = standing(self._connection, *place)
        return self._standings[place]

    # --- a text never seen at this address ------------------------------------------------------------------------------

    def _keep_new(self, item: Incoming) -> Line:
        article, at, (source, key) = item.article, item.arrival.at, item.place
        n, self._next = self._next, self._next + 1
        number = item.arrival.number or 1
        known = self._neighbours.compare(n, source, item.reading, fresh=True)
        row: dict[str, Any] = {
            "n": n,
            "id": self._free_id(item),
            "source": source,
            "url": article.url,
            "kind": article.kind.value,
            "status": Status.PUBLISHED.value,
            "revision": number,
            "text_digest": item.reading.text_digest,
            "day": _day(article),
            "shelf": self._shelves.take(_day(article)),
            "language": article.language,
            "first_seen": at,
            "last_seen": at,
        }
        self._articles.append(row)
        self._revisions.append(_revision_row(n, number, item, article, self._captures.number(item.arrival, source)))
        self._addresses[item.place] = {"source": source, "key": key, "article": n, "since": at}
        self._lead(item, n)
        self._standings.pop(item.place, None)
        self._entries.append((row["shelf"], item.words))
        self._named += [(n, visit) for visit in item.arrival.files]
        kind = ChangeKind.COPIED if known else ChangeKind.NEW
        return {
            "at": at, "kind": kind.value, "article": row["id"], "source": source, "url": article.url,
            "revision": number, "cause": None,
        }  # fmt: skip

    def _lead(self, item: Incoming, n: int) -> None:
        """The address that led here is one more of the article's, if it is nobody's."""
        if item.arrival.led_from is None:
            return
        place = (item.article.source, address_key(item.arrival.led_from))
        if place not in self._addresses and self._standing(place) is None:
            self._addresses[place] = {"source": place[0], "key": place[1], "article": n, "since": item.arrival.at}
            self._standings.pop(place, None)

    def _free_id(self, item: Incoming) -> str:
        wanted = item.arrival.id
        found = wanted if wanted is not None and is_id(wanted) and wanted not in self._ids else item.id
        attempt = 0
        while found in self._ids or (attempt and _taken_ids(self._connection, {found})):
            attempt += 1
            found = article_id(*item.place, attempt)
        self._ids.add(found)
        return found

    def flush(self) -> None:
        """Write what waits. Articles first, what refers to them after."""
        self._captures.flush()
        if self._articles:
            newest = next_number(self._connection, schema.revisions)
            cluster = next_number(self._connection, schema.clusters)
            for number, (article, revision) in enumerate(zip(self._articles, self._revisions, strict=True)):
                article |= {"newest": newest + number, "cluster": cluster + number}
                revision |= {"n": newest + number}
            alone = [{"n": article["cluster"], "representative": article["n"]} for article in self._articles]
            insert_many(self._connection, schema.clusters, alone)
            insert_many(self._connection, schema.articles, self._articles)
            insert_many(self._connection, schema.revisions, self._revisions)
            index.add(self._connection, self._entries)
            self._articles, self._revisions, self._entries = [], [], []
        if self._addresses:
            keep_addresses(self._connection, list(self._addresses.values()))
            self._addresses = {}
        name_files(self._connection, self._named)
        self._named = []
        self._neighbours.flush()

    # --- a known article answers again ----------------------------------------------------------------------------------

    def _keep_known(self, item: Incoming, known: Standing) -> list[Line]:
        arrival = item.arrival
        replayed = arrival.cause is Cause.EXTRACTION
        if replayed and known.row["capture"] != self._captures.number(arrival, item.article.source):
            return []  # a crawl brought something newer meanwhile
        self._named += [(known.n, visit) for visit in arrival.files]
        self._lead(item, known.n)
        old = known.state()
        state = settled(old, arrival.article)
        lines = []
        touched: dict[str, Any] = {
            "kind": state.kind.value,
            "day": _day(state),
            "language": state.language,
        }
        if not replayed:  # to read a capture again is not to see the page again
            touched |= {"last_seen": max(arrival.at, known.row["a_last_seen"]), "status": Status.PUBLISHED.value}
        if known.status is Status.GONE and not replayed:
            if not known.owns(
                item.place[1]
            ):  # it is back at an old address of its own; another article may be at its last
                touched["url"] = known.row["a_url"] = item.article.url
            lines.append(known.line(ChangeKind.RESTORED, arrival.at))
        same = known.row["digest"] == item.reading.revision_digest
        if is_revision(old, state, same=same):
            number = max(known.row["a_revision"] + 1, arrival.number or 0)
            touched |= {"newest": self._keep_revision(item, known, number, state), "revision": number}
            kind = ChangeKind.REVISED if arrival.cause is Cause.CONTENT else ChangeKind.REEXTRACTED
            lines.append(known.line(kind, arrival.at, revision=number, cause=arrival.cause.value))
            if not same:
                touched["text_digest"] = item.reading.text_digest
        else:
            capture = self._captures.number(arrival, state.source)
            if known.row["capture"] is None:
                self._captures.flush()
            _refresh(self._connection, known, state, capture)
        if shelf_of(touched["day"]) != shelf_of(known.row["a_day"]):
            touched["shelf"] = self._shelves.take(touched["day"])
        self._connection.execute(update(schema.articles).where(a.n == known.n), touched)
        if not same or "shelf" in touched:
            text = index.Text(shelf=known.row["a_shelf"], source=old.source, title=old.title, body=old.body)
            index.drop(self._connection, [text])
            index.add(self._connection, [(touched.get("shelf", text.shelf), item.words)])
        if "newest" in touched:
            self._reconsider(item, known, old, same=same)
        # What was read of it, at whatever address, is no longer so.
        self._standings = {place: s for place, s in self._standings.items() if s is None or s.n != known.n}
        return lines

    def _keep_revision(self, item: Incoming, known: Standing, number: int, state: Article) -> int:
        row = _revision_row(known.n, number, item, state, self._captures.number(item.arrival, state.source))
        self._captures.flush()
        row["n"] = next_number(self._connection, schema.revisions)
        self._connection.execute(schema.revisions.insert(), row)
        return int(row["n"])

    def _reconsider(self, item: Incoming, known: Standing, old: Article, *, same: bool) -> None:
        """A revised text is compared anew; a revised date or origin may change who represents the cluster."""
        self._neighbours.touch(known.n)
        if same:
            return
        self._neighbours.forget(known.n, read(old.title, old.body))
        self._neighbours.compare(known.n, old.source, item.reading, fresh=False)


def _revision_row(n: int, number: int, item: Incoming, state: Article, capture: int | None) -> dict[str, Any]:
    return {
        "article": n,
        "number": number,
        "at": item.arrival.at,
        "cause": item.arrival.cause.value,
        "digest": item.reading.revision_digest,
        "capture": capture,
        **article_columns(state),
    }


def _day(article: Article) -> str | None:
    return article.published[:10] if article.published else None


def _taken_ids(connection: Connection, ids: set[str]) -> set[str]:
    taken: set[str] = set()
    for chunk in memory.chunks(sorted(ids)):
        taken |= set(connection.execute(select(a.id).where(a.id.in_(chunk))).scalars())
    return taken


class _Captures:
    """Rows of captures. A record that is there already (a crawl repeated after a crash) keeps its row."""

    def __init__(self, connection: Connection, captures: Iterable[Capture]) -> None:
        self._connection = connection
        wanted = {(held.file, held.offset) for one in captures for held in (one, one.original) if held is not None}
        self._known = numbers_at(connection, wanted)
        self._next = next_number(connection, schema.captures) if wanted else 0
        self._rows: list[dict[str, Any]] = []
        self._lost: list[Visit] = []

    def number(self, arrival: Arrival, source: str) -> int | None:
        capture = arrival.capture
        if capture is None:
            return None
        place = (capture.file, capture.offset)
        if place in self._known:
            return self._known[place]
        original = None
        if capture.original is not None:
            original = self._known.get((capture.original.file, capture.original.offset))
            if original is None:  # taken down meanwhile: the page is to be asked for again, in full
                if arrival.visit is not None:
                    self._lost.append(arrival.visit)
                return None
        self._known[place] = self._next
        self._rows.append({"n": self._next, **capture_columns(capture, source), "original": original})
        self._next += 1
        return self._known[place]

    def flush(self) -> None:
        if self._rows:
            insert_many(self._connection, schema.captures, self._rows)
            self._rows = []
        memory.forget_bytes(self._connection, self._lost)
        self._lost = []


# --- what is a revision -------------------------------------------------------------------------------------------------


def settled(old: Article, new: Article) -> Article:
    """A date that was read from "3 hours ago" moves with every visit: the first reading stays."""
    stays = _relative(new) if new.published is not None else _relative(old)
    if old.published is None or not stays:
        return new
    found: dict[str, Found] = {name: how for name, how in new.found.items() if name != "published"}
    if "published" in old.found:
        found["published"] = old.found["published"]
    return replace(new, published=old.published, found=found)


def _relative(article: Article) -> bool:
    found = article.found.get("published")
    return found is not None and "relative" in found.method


def is_revision(old: Article, new: Article, *, same: bool) -> bool:
    """Another text, or another date, author or origin, makes a revision; everything else is brought up to date in
    place. A relative date that became an absolute one is the same date, better read. `same`: the text is the same.
    """
    if not same or old.author != new.author or old.origin != new.origin:
        return True
    return old.published != new.published and not _relative(old)


def _refresh(connection: Connection, known: Standing, state: Article, capture: int | None) -> None:
    columns = article_columns(state)
    del columns["url"]
    if known.row["capture"] is None:  # imported as a row, or its bytes were lost: these say the same
        columns["capture"] = capture
    if all(known.row[name] == value for name, value in columns.items()):
        return
    connection.execute(update(schema.revisions).where(r.n == known.row["n"]), columns)
