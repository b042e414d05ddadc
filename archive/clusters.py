"""The archive room: which articles say nearly the same, kept in the database.

What was judged near is a link (`archive.neighbours`); a cluster is what hangs together by near links or by the very same
text. It has a representative, and each member says what it is a copy of.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, func, select, update

from archive import schema
from archive.duplicates import Likeness, Member, components, originals, rank
from archive.memory import chunks
from archive.schema import next_number

a = schema.articles.c
k = schema.links.c
_MOVE = update(schema.articles).where(a.cluster == bindparam("left")).values(cluster=bindparam("joined"))
_LEAVE = update(schema.articles).where(a.n == bindparam("number")).values(cluster=bindparam("joined"))
_COPY = update(schema.articles).where(a.n == bindparam("number")).values(copy_of=bindparam("original"))


def regroup(connection: Connection, ties: Iterable[set[int]], touched: set[int]) -> None:
    """Put in order the clusters of these articles: those tied become one, those touched are looked at again."""
    ties = [tie for tie in ties if len(tie) > 1]
    numbers = {*touched, *(n for tie in ties for n in tie)}
    cluster_of: dict[int, int] = {}
    for chunk in chunks(sorted(numbers)):
        rows = connection.execute(select(a.n, a.cluster).where(a.n.in_(chunk)))
        cluster_of |= {row.n: row.cluster for row in rows}
    groups: dict[int, set[int]] = {}
    for tie in [*ties, *({n} for n in touched)]:
        joined: set[int] = set()
        for cluster in {cluster_of[n] for n in tie if n in cluster_of}:
            joined |= groups.get(cluster, {cluster})
        groups |= dict.fromkeys(joined, joined)
    for group in {id(group): group for group in groups.values()}.values():
        settle(connection, group, group)


def settle(connection: Connection, touched: Iterable[int], together: Iterable[int] = ()) -> None:
    """Put these clusters in order: those in `together` become one, each falls into the parts that still hang together,
    each part gets its representative, and each member what it is a copy of.
    """
    first, *others = sorted(set(together)) or [0]
    for other in others:
        connection.execute(_MOVE, {"left": other, "joined": first})
        connection.execute(delete(schema.clusters).where(schema.clusters.c.n == other))
    for cluster in sorted((set(touched) | {first}) - set(others) - {0}):
        found = members(connection, cluster)
        numbers = [member.n for member in found]
        near = select(k.one, k.other).where(k.one.in_(numbers), k.likeness == Likeness.NEAR.value)
        parts = components(found, [(row.one, row.other) for row in connection.execute(near)])
        for number, part in enumerate(sorted(parts, key=lambda part: min(member.n for member in part))):
            if number:
                made = _make(connection, part[0].n)
                connection.execute(_LEAVE, [{"number": member.n, "joined": made} for member in part])
            _represent(connection, made if number else cluster, part)


def _make(connection: Connection, n: int) -> int:
    made = next_number(connection, schema.clusters)
    connection.execute(schema.clusters.insert(), {"n": made, "representative": n})
    return made


def members(connection: Connection, cluster: int) -> list[Member]:
    r = schema.revisions.c
    s = schema.sources.c
    rows = connection.execute(
        select(
            a.n, a.id, a.source, a.text_digest, r.origin, r.published, a.first_seen, a.copy_of,
            func.coalesce(s.name, a.source).label("source_name"),
        )
        .join(schema.revisions, r.n == a.newest)
        .outerjoin(schema.sources, s.slug == a.source)
        .where(a.cluster == cluster)
    ).mappings()  # fmt: skip
    return [Member(**row) for row in rows]


def _represent(connection: Connection, cluster: int, part: list[Member]) -> None:
    first = min(part, key=rank)
    c = schema.clusters.c
    connection.execute(
        update(schema.clusters).where(c.n == cluster, c.representative != first.n).values(representative=first.n)
    )
    copies = originals(part)
    changed = [{"number": m.n, "original": copies[m.n]} for m in part if m.copy_of != copies[m.n]]
    if changed:
        connection.execute(_COPY, changed)
