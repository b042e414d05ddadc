"""The archive room: which articles say nearly the same, kept in the database.

What was judged near is a link (`archive.neighbours`); a cluster is what hangs together by near links or by the very same
text. It has a representative, and each member says what it is a copy of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, text, update

from archive import schema
from archive.dialect import insert_many, listing
from archive.duplicates import Member, components, originals, rank
from archive.schema import next_number

a = schema.articles.c
c = schema.clusters.c
_MEMBERS = (
    "SELECT articles.n, articles.id, articles.source, articles.text_digest, articles.cluster, revisions.origin, "
    "revisions.published, articles.first_seen, articles.copy_of, coalesce(sources.name, articles.source) AS source_name "
    "FROM articles JOIN revisions ON revisions.n = articles.newest LEFT JOIN sources ON sources.slug = articles.source "
    "WHERE articles.{which} IN (SELECT value FROM {listed} AS wanted)"
)
_NEAR = "SELECT one, other FROM links WHERE likeness = 'near' AND one IN (SELECT value FROM {listed} AS wanted)"
_LEADS = "SELECT n, representative FROM clusters WHERE n IN (SELECT value FROM {listed} AS wanted)"
_PLACE = (
    update(schema.articles).where(a.n == bindparam("number")).values(cluster=bindparam("to"), copy_of=bindparam("of"))
)
_LEAD = update(schema.clusters).where(c.n == bindparam("number")).values(representative=bindparam("first"))
_END = delete(schema.clusters).where(c.n == bindparam("number"))


def regroup(connection: Connection, ties: Iterable[set[int]], touched: set[int], fresh: Collection[int]) -> None:
    """Put in order the clusters of these articles: those tied become one, those touched are looked at again.
    `fresh`: articles that are new and therefore alone.
    """
    ties = [tie for tie in ties if len(tie) > 1]
    numbers = {*touched, *(n for tie in ties for n in tie)}
    found = _members(connection, "n", numbers)
    clusters: dict[int, set[int]] = {}  # those that become one
    people: dict[int, set[int]] = {}  # articles by their cluster
    for n, member in found.items():
        people.setdefault(member.cluster, set()).add(n)
    for tie in [*ties, *({n} for n in touched)]:
        joined: set[int] = set()
        for cluster in {found[n].cluster for n in tie if n in found}:
            joined |= clusters.get(cluster, {cluster})
        clusters |= dict.fromkeys(joined, joined)
    groups = {id(group): group for group in clusters.values()}.values()
    alone = {found[n].cluster for n in fresh if n in found}
    usual = _Usual(connection, found, alone, {found[n].cluster for n in touched if n in found})
    settle(
        connection, [group for group in groups if not usual.join(group, set().union(*(people[one] for one in group)))]
    )
    usual.write()


class _Usual:
    """New articles come to a cluster that stays as it is: what most batches need, at the same cost for a cluster of any size."""

    def __init__(self, connection: Connection, found: dict[int, Member], alone: set[int], touched: set[int]) -> None:
        self._connection = connection
        self._alone = alone
        self._touched = touched
        homes = {member.cluster for member in found.values()} - alone
        self._leads: dict[int, int] = dict(_rows(connection, _LEADS, homes))
        others = {
            *self._leads.values(),
            *(member.copy_of for member in found.values() if member.copy_of),
        } - found.keys()
        self._members = found | _members(connection, "n", others)
        self._placed: list[dict[str, int | None]] = []
        self._left: list[dict[str, int]] = []

    def join(self, group: set[int], people: set[int]) -> bool:
        """False when it is not as simple as that."""
        homes = group - self._alone
        if len(homes) != 1 or len(group) == 1 or group & self._touched:
            return False
        home = homes.pop()
        members = [self._members[n] for n in people]
        comers = sorted((member for member in members if member.cluster != home), key=rank)
        known = [self._members[member.copy_of or member.n] for member in members if member.cluster == home]
        texts = {member.text_digest: member for member in known}
        ranks = [rank(comer) for comer in comers]
        if ranks[0] < rank(self._members[self._leads[home]]) or any(
            at < rank(texts[comer.text_digest])
            for at, comer in zip(ranks, comers, strict=True)
            if comer.text_digest in texts
        ):
            return False
        for comer in comers:
            original = texts.setdefault(comer.text_digest, comer)
            of = None if original is comer else original.n
            self._placed.append({"number": comer.n, "to": home, "of": of})
            self._left.append({"number": comer.cluster})
        return True

    def write(self) -> None:
        if self._placed:
            self._connection.execute(_PLACE, self._placed)
            self._connection.execute(_END, self._left)


def settle(connection: Connection, groups: Sequence[set[int]]) -> None:
    """Put whole clusters in order: those of a group become one, each falls into the parts that still hang together, each
    part gets its representative, and each member what it is a copy of.
    """
    clusters = {cluster for group in groups for cluster in group}
    found = _members(connection, "cluster", clusters)
    near = [(one, other) for one, other in _rows(connection, _NEAR, found) if other in found]
    leads: dict[int, int] = dict(_rows(connection, _LEADS, clusters))
    placed: list[dict[str, int | None]] = []
    ordered: dict[int, int] = {}  # cluster: its representative
    left: set[int] = set()
    free = 0
    for group in groups:
        parts = components([member for member in found.values() if member.cluster in group], near)
        names = sorted(group)[: len(parts)]
        while len(names) < len(parts):
            free = free + 1 if free else next_number(connection, schema.clusters)
            names.append(free)
        left |= group.difference(names)
        for name, part in zip(names, sorted(parts, key=lambda part: min(member.n for member in part)), strict=True):
            copies = originals(part)
            ordered[name] = min(part, key=rank).n
            placed += [
                {"number": m.n, "to": name, "of": copies[m.n]}
                for m in part
                if (m.cluster, m.copy_of) != (name, copies[m.n])
            ]
    if placed:
        connection.execute(_PLACE, placed)
    led = [{"number": name, "first": n} for name, n in ordered.items() if name in leads and leads[name] != n]
    if led:
        connection.execute(_LEAD, led)
    insert_many(
        connection,
        schema.clusters,
        [{"n": name, "representative": n} for name, n in ordered.items() if name not in leads],
    )
    if left:
        connection.execute(_END, [{"number": name} for name in left])


def _members(connection: Connection, which: str, numbers: Collection[int]) -> dict[int, Member]:
    """By their numbers; `which`: articles with these numbers ("n") or of these clusters ("cluster")."""
    rows = _rows(connection, _MEMBERS.replace("{which}", which), numbers)
    return {row.n: Member(**row._mapping) for row in rows}  # noqa: SLF001


def _rows(connection: Connection, statement: str, numbers: Collection[int]) -> Sequence[Any]:
    if not numbers:
        return ()
    listed, value = listing(connection, sorted(numbers))
    asked = text(statement.format(listed=listed)).columns(first_seen=schema.Utc)
    return connection.execute(asked, {"listed": value}).all()
