"""The archive room: what happens to a page on its way in: compared, kept, indexed, its changes noted.

Everything here runs on one open transaction; the changes it returns are numbered by the caller as the last act.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from archive import clusters, memory, schema, search, takedown
from archive.dialect import insert
from archive.fingerprint import read_print, revision_digest, text_digest
from archive.identity import address_key, article_id
from archive.records import Arrival, Article, Capture, Cause, ChangeKind, Status, Visit
from archive.rows import article_columns, capture_columns, clean, cleaned, read_article

Line = dict[str, object]  # a change without its number

a = schema.articles.c
r = schema.revisions.c
_AT = (
    select(
        *[column.label(f"a_{column.name}") for column in schema.articles.columns],
        *schema.revisions.columns,
    )
    .select_from(schema.addresses)
    .join(schema.articles, a.n == schema.addresses.c.article)
    .join(schema.revisions, r.n == a.newest)
    .where(schema.addresses.c.source == bindparam("of_source"), schema.addresses.c.key == bindparam("at_key"))
)
_ID_TAKEN = select(a.n).where(a.id == bindparam("id"))


@dataclass(slots=True)
class Standing:
    """The article at an address as it stands before this arrival."""

    row: dict[str, Any]
    n: int = field(init=False)

    def __post_init__(self) -> None:
        self.n = self.row["a_n"]

    @property
    def status(self) -> Status:
        return Status(self.row["a_status"])

    def owns(self, key: str) -> bool:
        """False when the address is only an old one of an article that moved on."""
        return address_key(self.row["a_url"]) == key

    def state(self) -> Article:
        return read_article(self.row, self.row["a_source"])

    def line(self, kind: ChangeKind, at: datetime, **values: object) -> Line:
        return {
            "at": at,
            "kind": kind.value,
            "article": self.row["a_id"],
            "source": self.row["a_source"],
            "url": self.row["a_url"],
            "revision": self.row["a_revision"],
            "cause": None,
            **values,
        }


def standing(connection: Connection, source: str, key: str) -> Standing | None:
    found = connection.execute(_AT, {"of_source": source, "at_key": key}).mappings().first()
    return None if found is None else Standing(dict(found))


def keep(connection: Connection, arrival: Arrival) -> list[Line]:
    """Keep one arrival; the lines it adds to the change log, none when it is unchanged."""
    if arrival.visit is not None:
        memory.keep_visits(connection, [arrival.visit])
    article = cleaned(arrival.article)
    arrival = replace(arrival, article=article)
    key = address_key(article.url)
    lines: list[Line] = []
    if arrival.moved_from is not None:
        lines += move(connection, article.source, arrival.moved_from, article.url, at=arrival.at)
    known = standing(connection, article.source, key)
    if known is not None and known.status is Status.REMOVED:
        takedown.bar(connection, arrival)
        return lines
    digest = revision_digest(article.title, article.body)
    if known is not None and not known.owns(key) and known.row["digest"] != digest:
        known = None  # the article moved on, and another one took its old address
    if known is None and takedown.barred(connection, article.source, text_digest(article.title, article.body)):
        takedown.bar(connection, arrival)
        return lines
    capture = _keep_capture(connection, article.source, arrival.capture)
    if known is None:
        return [*lines, _keep_new(connection, arrival, key, digest, capture)]
    return [*lines, *_keep_known(connection, arrival, known, digest, capture)]


def _keep_capture(connection: Connection, source: str, capture: Capture | None) -> int | None:
    if capture is None:
        return None
    c = schema.captures.c
    statement = insert(connection, schema.captures)
    # The same record again (a crawl repeated after a crash keeps what is already there).
    kept = connection.execute(
        statement.on_conflict_do_update(
            index_elements=["file", "start"], set_={"size": statement.excluded["size"]}
        ).returning(c.n),
        capture_columns(capture, source),
    )
    return int(kept.scalar_one())


# --- a text never seen at this address --------------------------------------------------------------------------------


def _keep_new(connection: Connection, arrival: Arrival, key: str, digest: str, capture: int | None) -> Line:
    article, at = arrival.article, arrival.at
    says = text_digest(article.title, article.body)
    alike = clusters.same_text(connection, says)
    values = {
        "id": _free_id(connection, article.source, key),
        "source": article.source,
        "url": article.url,
        "kind": article.kind.value,
        "status": Status.PUBLISHED.value,
        "revision": 1,
        "newest": 0,
        "text_digest": says,
        "day": article.published[:10] if article.published else None,
        "language": article.language,
        "cluster": 0,
        "first_seen": at,
        "last_seen": at,
    }
    n = int(connection.execute(schema.articles.insert().returning(a.n), values).scalar_one())
    newest = _keep_revision(connection, n, 1, arrival, digest, capture)
    cluster = clusters.make(connection, n)
    connection.execute(update(schema.articles).where(a.n == n), {"newest": newest, "cluster": cluster})
    _keep_address(connection, article.source, key, n, at)
    search.add(connection, [search.Text(n=n, title=article.title, body=article.body)])
    _cluster(connection, n, article, cluster, {c for _, c in alike})
    kind = ChangeKind.COPIED if alike else ChangeKind.NEW
    return {
        "at": at, "kind": kind.value, "article": values["id"], "source": article.source, "url": article.url,
        "revision": 1, "cause": None,
    }  # fmt: skip


def _cluster(connection: Connection, n: int, article: Article, cluster: int, same: set[int]) -> None:
    """Find the clusters that a text new to the archive belongs to, and put them in order."""
    near = clusters.compare(connection, n, article.source, cluster, read_print(article.title, article.body))
    together = same | near
    if together - {cluster}:
        clusters.settle(connection, {cluster}, together | {cluster})


def _free_id(connection: Connection, source: str, key: str) -> str:
    attempt = 0
    while connection.execute(_ID_TAKEN, {"id": (found := article_id(source, key, attempt))}).first() is not None:
        attempt += 1
    return found


def _keep_revision(
    connection: Connection, n: int, number: int, arrival: Arrival, digest: str, capture: int | None
) -> int:
    values = {
        "article": n,
        "number": number,
        "at": arrival.at,
        "cause": arrival.cause.value,
        "digest": digest,
        "capture": capture,
        **article_columns(arrival.article),
    }
    return int(connection.execute(schema.revisions.insert().returning(r.n), values).scalar_one())


def _keep_address(connection: Connection, source: str, key: str, n: int, at: datetime) -> None:
    statement = insert(connection, schema.addresses)
    new = statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["key", "source"], set_={"article": new.article, "since": new.since}
        ),
        {"source": source, "key": key, "article": n, "since": at},
    )


# --- a known article answers again ------------------------------------------------------------------------------------


def _keep_known(
    connection: Connection, arrival: Arrival, known: Standing, digest: str, capture: int | None
) -> list[Line]:
    at = max(arrival.at, known.row["a_first_seen"])
    state = _settled(known.state(), arrival.article)
    arrival = replace(arrival, article=state)
    lines = []
    touched: dict[str, Any] = {
        "last_seen": max(at, known.row["a_last_seen"]),
        "status": Status.PUBLISHED.value,
        "kind": state.kind.value,
        "day": state.published[:10] if state.published else None,
        "language": state.language,
    }
    if known.status is Status.GONE:
        lines.append(known.line(ChangeKind.RESTORED, arrival.at))
    if is_revision(known.state(), state, known.row["digest"], digest):
        number = known.row["a_revision"] + 1
        touched["newest"] = _keep_revision(connection, known.n, number, arrival, digest, capture)
        touched["revision"] = number
        kind = ChangeKind.REVISED if arrival.cause is Cause.CONTENT else ChangeKind.REEXTRACTED
        lines.append(known.line(kind, arrival.at, revision=number, cause=arrival.cause.value))
    else:
        _refresh(connection, known, state)
    connection.execute(update(schema.articles).where(a.n == known.n), touched)
    if "newest" in touched:
        _reconsider(connection, known, state, same=known.row["digest"] == digest)
    return lines


def _settled(old: Article, new: Article) -> Article:
    """A date that was read from "3 hours ago" moves with every visit: the first reading stays."""
    stays = _relative(new) if new.published is not None else _relative(old)
    if old.published is None or not stays:
        return new
    found = {name: how for name, how in new.found.items() if name != "published"}
    if "published" in old.found:
        found["published"] = old.found["published"]
    return replace(new, published=old.published, found=found)


def _relative(article: Article) -> bool:
    found = article.found.get("published")
    return found is not None and "relative" in found.method


def is_revision(old: Article, new: Article, old_digest: str, new_digest: str) -> bool:
    """Another text, or another date, author or origin, makes a revision; everything else is brought up to date in
    place. A relative date that became an absolute one is the same date, better read.
    """
    if old_digest != new_digest or old.author != new.author or old.origin != new.origin:
        return True
    return old.published != new.published and not _relative(old)


def _refresh(connection: Connection, known: Standing, state: Article) -> None:
    columns = article_columns(state)
    del columns["url"]
    if all(known.row[name] == value for name, value in columns.items()):
        return
    connection.execute(update(schema.revisions).where(r.n == known.row["n"]), columns)


def _reconsider(connection: Connection, known: Standing, state: Article, *, same: bool) -> None:
    """A revised text is indexed and compared anew; a revised date or origin may change who represents the cluster."""
    cluster, n = known.row["a_cluster"], known.n
    together: set[int] = set()
    if not same:
        before = search.Text(n=n, title=known.row["title"], body=known.row["body"])
        search.drop(connection, [before])
        search.add(connection, [search.Text(n=n, title=state.title, body=state.body)])
        says = text_digest(state.title, state.body)
        connection.execute(update(schema.articles).where(a.n == n), {"text_digest": says})
        clusters.forget(connection, n, read_print(before.title, before.body))
        near = clusters.compare(connection, n, state.source, cluster, read_print(state.title, state.body))
        together = near | {c for _, c in clusters.same_text(connection, says, n)}
    clusters.settle(connection, {cluster}, together | {cluster})


# --- gone and moved -----------------------------------------------------------------------------------------------------


def gone(connection: Connection, source: str, url: str, *, at: datetime) -> list[Line]:
    """The article at this address answers 404 or 410: kept, and marked. Nothing if unknown, moved on or gone already."""
    key = address_key(url)
    known = standing(connection, source, key)
    if known is None or known.status is not Status.PUBLISHED or not known.owns(key):
        return []
    connection.execute(update(schema.articles).where(a.n == known.n), {"status": Status.GONE.value})
    return [known.line(ChangeKind.GONE, at)]


def move(connection: Connection, source: str, old: str, new: str, *, at: datetime) -> list[Line]:
    """Re-address: what was at `old` is at `new` now. Where an article is at `new` already, `old` is one more address
    of it, and the article that was at `old` ends there.
    """
    new = clean(new) or ""
    old_key, new_key = address_key(old), address_key(new)
    known, there = standing(connection, source, old_key), standing(connection, source, new_key)
    if old_key == new_key or (known is None and there is None):
        return []
    if there is not None and (known is None or known.n == there.n):
        _keep_address(connection, source, old_key, there.n, at)
        return []
    if known is None or known.status is Status.REMOVED:
        return []
    _no_more_turns(connection, source, old_key)
    if there is not None:
        _keep_address(connection, source, old_key, there.n, at)
        if not known.owns(old_key):
            return []
        connection.execute(update(schema.articles).where(a.n == known.n), {"status": Status.GONE.value})
        return [known.line(ChangeKind.MOVED, at, url=new)]
    _keep_address(connection, source, new_key, known.n, at)
    if not known.owns(old_key):
        return []
    connection.execute(update(schema.articles).where(a.n == known.n), {"url": new})
    _expect(connection, source, new)
    return [known.line(ChangeKind.MOVED, at, url=new)]


def _no_more_turns(connection: Connection, source: str, key: str) -> None:
    v = schema.visits
    connection.execute(
        update(v).where(v.c.source == source, v.c.key == key, v.c.role == "article"), {"state": "done", "next_at": None}
    )


def _expect(connection: Connection, source: str, url: str) -> None:
    """The new address is fetched in its turn, unless it is known already."""
    memory.keep_discovered(connection, [Visit(source=source, url=url)])
