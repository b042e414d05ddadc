"""The archive room: which articles say nearly the same, kept in the database. The judgement itself is in duplicates.

Candidates are found by the keys of a text (`archive.fingerprint.keys`); what recurs on a site is learned from the
candidates themselves, because pages that share a form share its keys. What was judged near or an excerpt is a link;
a cluster is what hangs together by near links or by the very same text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
from sqlalchemy import Connection, bindparam, delete, func, or_, select, text, update

from archive import schema
from archive.duplicates import Candidate, Judgement, Likeness, Member, components, judge, originals, rank, recurring
from archive.fingerprint import KEYS, Hashes, Print, keys, read_print
from archive.records import Status

CANDIDATES_MAX = 24  # texts one text is compared with, those with the rarest common keys first
POSTINGS_MAX = 64  # articles under one key: a key that more of them share says nothing any more

a = schema.articles.c
k = schema.links.c
_ALIKE = select(a.n, a.cluster).where(
    a.text_digest == bindparam("text_digest"), a.status != Status.REMOVED.value, a.n != bindparam("n")
)
_FIND = text(f"SELECT key, article FROM keys WHERE key IN ({', '.join(f':k{i}' for i in range(KEYS))})")  # noqa: S608
_MOVE = update(schema.articles).where(a.cluster == bindparam("left")).values(cluster=bindparam("joined"))
_LEAVE = update(schema.articles).where(a.n == bindparam("number")).values(cluster=bindparam("joined"))
_COPY = update(schema.articles).where(a.n == bindparam("number")).values(copy_of=bindparam("original"))
_NO_KEYS = delete(schema.keys).where(schema.keys.c.key == bindparam("k"), schema.keys.c.article == bindparam("n"))


def same_text(connection: Connection, text_digest: bytes, n: int = 0) -> list[tuple[int, int]]:
    """(article, cluster) of the others with the very same text."""
    return [(row.n, row.cluster) for row in connection.execute(_ALIKE, {"text_digest": text_digest, "n": n})]


def make(connection: Connection, n: int) -> int:
    """A cluster of one."""
    made = connection.execute(schema.clusters.insert().returning(schema.clusters.c.n), {"representative": n})
    return int(made.scalar_one())


# --- keys and links ---------------------------------------------------------------------------------------------------


def compare(connection: Connection, n: int, source: str, cluster: int, print_: Print) -> set[int]:
    """Compare a text with all that may be near it, and note what was found: its keys, its links. Returns the clusters
    that have to be looked at again: those of near texts, and those in which a link turned out to be a form letter's.
    """
    found = _postings(connection, print_)
    new = Candidate(n=n, source=source, cluster=cluster, text=print_)
    others = _candidates(connection, _ranked(found, n))
    counts = Counter(key for key, _ in found)
    kept = [{"key": key, "article": n} for key in keys(print_) if counts[key] < POSTINGS_MAX]
    if kept:
        connection.execute(schema.keys.insert(), kept)
    if not others:
        return set()
    forms = _forms([new, *others])
    judged = [(other, judge(new, other, _dropped(forms, new, other))) for other in others]
    _keep_links(connection, n, [(other.n, judgement) for other, judgement in judged])
    near = {other.cluster for other, judgement in judged if judgement.likeness is Likeness.NEAR}
    return near | _judge_again(connection, others, forms)


def forget(connection: Connection, n: int, print_: Print) -> None:
    """Take a text's keys and links out again."""
    found = [{"k": key, "n": n} for key in keys(print_)]
    if found:
        connection.execute(_NO_KEYS, found)
    connection.execute(delete(schema.links).where(or_(k.one == n, k.other == n)))


def _postings(connection: Connection, print_: Print) -> list[tuple[int, int]]:
    wanted = keys(print_)
    if not wanted:
        return []
    padded = [*wanted, *[wanted[0]] * (KEYS - len(wanted))]
    rows = connection.execute(_FIND, {f"k{number}": key for number, key in enumerate(padded)})
    return [(key, article) for key, article in rows]


def _ranked(found: Sequence[tuple[int, int]], n: int) -> list[int]:
    """The articles with the most and rarest common keys."""
    counts = Counter(key for key, _ in found)
    scores: dict[int, float] = {}
    for key, article in found:
        scores[article] = scores.get(article, 0.0) + 1 / counts[key]
    scores.pop(n, None)
    return sorted(scores, key=lambda article: (-scores[article], article))[:CANDIDATES_MAX]


def _candidates(connection: Connection, numbers: list[int]) -> list[Candidate]:
    if not numbers:
        return []
    r = schema.revisions.c
    rows = connection.execute(
        select(a.n, a.source, a.cluster, r.title, r.body)
        .join(schema.revisions, r.n == a.newest)
        .where(a.n.in_(numbers), a.status != Status.REMOVED.value)
        .order_by(a.n)
    )
    return [
        Candidate(n=row.n, source=row.source, cluster=row.cluster, text=read_print(row.title, row.body)) for row in rows
    ]


def _forms(texts: Iterable[Candidate]) -> dict[str, Hashes]:
    """What recurs on the site of each, as far as these texts show."""
    sites: dict[str, list[Print]] = {}
    for candidate in texts:
        sites.setdefault(candidate.source, []).append(candidate.text)
    return {source: recurring(prints) for source, prints in sites.items()}


def _dropped(forms: dict[str, Hashes], one: Candidate, other: Candidate) -> Hashes:
    if one.source == other.source:
        return forms[one.source]
    return np.union1d(forms[one.source], forms[other.source])


def _keep_links(connection: Connection, n: int, judged: Iterable[tuple[int, Judgement]]) -> None:
    rows = [
        {
            "one": min(n, other),
            "other": max(n, other),
            "likeness": judgement.likeness.value,
            "alike": judgement.alike,
            "why": judgement.why,
        }
        for other, judgement in judged
        if judgement.likeness is not Likeness.APART
    ]
    if rows:
        connection.execute(schema.links.insert(), rows)


def _judge_again(connection: Connection, others: Sequence[Candidate], forms: dict[str, Hashes]) -> set[int]:
    """Links among the candidates, now that more of their form is known. Returns the clusters of those that broke."""
    if not any(len(form) for form in forms.values()):
        return set()
    known = {other.n: other for other in others}
    rows = connection.execute(select(k.one, k.other).where(k.one.in_(list(known)), k.other.in_(list(known))))
    linked = {(row.one, row.other) for row in rows}
    broken: set[int] = set()
    for one, other in combinations(sorted(known), 2):
        if (one, other) not in linked:
            continue
        pair = known[one], known[other]
        if judge(*pair, _dropped(forms, *pair)).likeness is Likeness.APART:
            connection.execute(delete(schema.links).where(k.one == one, k.other == other))
            broken |= {known[one].cluster, known[other].cluster}
    return broken


# --- clusters ---------------------------------------------------------------------------------------------------------


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
                made = make(connection, part[0].n)
                connection.execute(_LEAVE, [{"number": member.n, "joined": made} for member in part])
            _represent(connection, made if number else cluster, part)


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
