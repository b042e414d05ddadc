"""The archive room: which texts are near a text that comes in. Finding candidates in the database for a whole batch.

Candidates are found by the keys of a text (`archive.fingerprint.keys`), and judged by their texts
(`archive.duplicates.judge`) without what recurs on their sites (`archive.forms`). What recurs is learned from the
candidates themselves, because pages that share a form share its keys; once it is known, its keys are used no more, and
what was linked by it is judged again. Texts of the batch that are not in the database yet are candidates as well.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain, combinations
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, delete, or_, select, text

from archive import schema
from archive.clusters import regroup
from archive.dialect import insert_many, insert_values, rows_among, rows_said
from archive.duplicates import RECURS, Candidate, Judgement, Likeness, judge
from archive.fingerprint import Print, Reading, heart_keys, keys, read_prints
from archive.forms import Forms
from archive.memory import chunks
from archive.splitting import Hashes, among

CANDIDATES_MAX = 8  # texts one text is compared with, those with the rarest common keys first
POSTINGS_MAX = 64  # articles under one key: a key that more of them share says nothing any more
# A single common key is chance. Heavily edited copies share four; what shares fewer must share rare ones: the score of a
# candidate is the sum over common keys of one part in the articles that have it.
SHARED_MIN, SHARED_ENOUGH, SCORE_MIN = 2, 4, 0.25
REBUILD_ROWS = 500
TOKENS_KEPT = 1 << 20  # of texts in memory, 25 MB: what is alike comes together, and much of it again and again

k = schema.links.c
_NO_KEYS = delete(schema.keys).where(schema.keys.c.key == bindparam("k"), schema.keys.c.article == bindparam("n"))
_SAME = (
    "WITH said(digest) AS (VALUES {said}) "
    "SELECT said.digest, (SELECT n FROM articles WHERE text_digest = said.digest ORDER BY n LIMIT 1) FROM said"
)
_POSTINGS = "SELECT key, article FROM keys WHERE key IN (SELECT value FROM {listed} AS wanted)"
_CANDIDATES = (
    "SELECT articles.n, articles.source, articles.newest, revisions.digest FROM articles JOIN revisions ON "
    "revisions.n = articles.newest WHERE articles.status <> 'removed' AND articles.n IN (SELECT value FROM {listed} AS wanted)"
)
_TEXTS = "SELECT digest, title, body FROM revisions WHERE n IN (SELECT value FROM {listed} AS wanted)"
_COUNTS = "SELECT key, count(*) FROM keys WHERE key IN (SELECT value FROM {listed} AS wanted) GROUP BY key"
_EVERY = text(
    "SELECT a.n, r.title, r.body FROM articles a JOIN revisions r ON r.n = a.newest "
    "WHERE a.n > :after AND a.status <> 'removed' ORDER BY a.n LIMIT :size"
)


class Company:
    """What is remembered between batches. One an opened archive, used under the one lock of `archive.store` alone."""

    def __init__(self) -> None:
        self.forms = Forms()
        self.prints: OrderedDict[str, Print] = (
            OrderedDict()
        )  # by the digest of what they are read from, the least used first
        self._tokens = 0  # of all of these

    def recall(self, digest: str) -> Print | None:
        print_ = self.prints.pop(digest, None)
        if print_ is not None:
            self._tokens -= len(print_)
        return print_

    def remember(self, digest: str, print_: Print) -> None:
        self.recall(digest)
        self.prints[digest] = print_
        self._tokens += len(print_)
        while self._tokens > TOKENS_KEPT:
            self._tokens -= len(self.prints.popitem(last=False)[1])


class Neighbours:
    """What a batch of texts is compared with. `flush` writes what `compare` found, once the articles are there."""

    def __init__(self, connection: Connection, company: Company, texts: Sequence[Reading]) -> None:
        self._connection = connection
        self._company = company
        self._forms = company.forms.begin(connection)
        self._same = _same_texts(connection, {text.text_digest for text in texts})
        self._postings: dict[int, list[int]] = defaultdict(list)  # of keys that articles have
        self._fetched: set[int] = set()
        self._wanted: dict[int, tuple[Reading, Hashes, Sequence[int]]] = {}
        self._plain(texts)
        wanted = [self._keys(text) for text in texts]
        self._fetch({key for keys_ in wanted for key in keys_})
        self._texts: dict[int, Candidate] = {}
        self._grown: set[int] = set()  # keys whose articles are others than when they were ranked first
        self._found = {id(keys_): (keys_, self._ranked(keys_, 0)) for keys_ in wanted}
        self._load({n for _, found in self._found.values() for n in found})
        self._new_keys: list[tuple[int, int]] = []
        self._new_links: dict[tuple[int, int], dict[str, Any]] = {}
        self._ties: list[set[int]] = []
        self._touched: set[int] = set()
        self._fresh: set[int] = set()

    def compare(self, n: int, source: str, reading: Reading, *, fresh: bool) -> bool:
        """Compare a text that is new to article `n` with all that may be near it. True when the very same text is known.
        `fresh`: the article itself is new.
        """
        same = self._same.setdefault(reading.text_digest, [])
        known = bool(same)
        if known:
            self._ties.append({n, same[0]})
        if fresh:
            self._fresh.add(n)
        new = Candidate(n=n, source=source, text=reading.text)
        wanted = self._keys(reading)
        others = self._load(self._nearest(wanted, n))
        if self._learn(new, others):
            wanted = self._keys(reading)
        self._judge(new, others)
        same.append(n)
        self._texts[n] = new
        self._fetch(wanted)
        for key in wanted:
            posting = self._postings[key]
            if len(posting) < POSTINGS_MAX:
                posting.append(n)
                self._new_keys.append((key, n))
        self._grown.update(wanted)
        self._company.remember(reading.revision_digest, reading.text)
        return known

    def alike(self, source: str, reading: Reading) -> dict[int, float]:
        """The articles of this source that say nearly the same as a text that is none's yet, and how much of it."""
        new = Candidate(n=0, source=source, text=reading.text)
        others = [other for other in self._load(self._ranked(self._keys(reading), 0)) if other.source == source]
        judged = {other.n: judge(new, other, self._forms.of(source, source)) for other in others}
        return {n: one.alike for n, one in judged.items() if one.likeness is Likeness.NEAR}

    def forget(self, n: int, before: Reading) -> None:
        """The text that was article `n`'s is so no more."""
        self.flush_keys()
        forget(self._connection, n, before.text, self._forms.everywhere)
        for posting in self._postings.values():
            if n in posting:
                posting.remove(n)
        self._found = {}
        others = [other for other in self._same.get(before.text_digest, ()) if other != n]
        found = _same_texts(self._connection, {before.text_digest})
        self._same[before.text_digest] = list(dict.fromkeys(found.get(before.text_digest, []) + others))
        self._texts.pop(n, None)
        self._new_links = {pair: row for pair, row in self._new_links.items() if n not in pair}
        self._ties = [tie - {n} for tie in self._ties]

    def touch(self, n: int) -> None:
        """Something by which the cluster of article `n` is ordered has changed."""
        self._touched.add(n)

    def flush_keys(self) -> None:
        _keep_keys(self._connection, self._new_keys)
        self._new_keys = []

    def flush(self) -> None:
        """Write what was found and learned, and put the clusters that changed in order."""
        self.flush_keys()
        self._forms.flush(self._connection)
        insert_many(self._connection, schema.links, list(self._new_links.values()))
        ties, touched, fresh = self._ties, self._touched, self._fresh
        self._new_links, self._ties, self._touched, self._fresh = {}, [], set(), set()
        regroup(self._connection, ties, touched, fresh)

    # --- finding --------------------------------------------------------------------------------------------------------

    def _plain(self, texts: Sequence[Reading]) -> None:
        """Most texts hold nothing that recurs: said of all of them at once."""
        everywhere = self._forms.everywhere
        if len(texts) < 2:
            return
        clauses = np.concatenate([text.text.clauses for text in texts])
        whose = np.repeat(np.arange(len(texts)), [len(text.text.clauses) for text in texts])
        some = set(whose[among(clauses, everywhere)].tolist())
        self._wanted = {
            id(text): (text, everywhere, text.keys) for number, text in enumerate(texts) if number not in some
        }

    def _keys(self, reading: Reading) -> Sequence[int]:
        everywhere = self._forms.everywhere
        known = self._wanted.get(id(reading))
        if known is None or known[1] is not everywhere:
            known = reading, everywhere, heart_keys(reading.text, everywhere) or reading.keys
            self._wanted[id(reading)] = known
        return known[2]

    def _fetch(self, wanted: Iterable[int]) -> None:
        """The articles under these keys."""
        unknown = set(wanted) - self._fetched
        if not unknown:
            return
        self._fetched |= unknown
        for key, article in rows_among(self._connection, _POSTINGS, sorted(unknown)):
            self._postings[key].append(article)

    def _nearest(self, wanted: Sequence[int], n: int) -> list[int]:
        """The same as `_ranked`, which most texts of a batch were already."""
        before = self._found.get(id(wanted))
        if before is None or not self._grown.isdisjoint(wanted) or n in before[1]:
            return self._ranked(wanted, n)
        return before[1]

    def _ranked(self, wanted: Sequence[int], n: int) -> list[int]:
        """The articles with the most and rarest common keys."""
        postings = [posting for key in wanted if (posting := self._postings.get(key))]
        shared = Counter(chain.from_iterable(postings))
        least = min(SHARED_MIN, len(wanted))
        scores = {article: 0.0 for article, count in shared.items() if count >= least and article != n}
        if not scores:
            return []
        for posting in postings:
            for article in posting:
                if article in scores:
                    scores[article] += 1 / len(posting)
        found = [n for n, score in scores.items() if score >= SCORE_MIN or shared[n] >= SHARED_ENOUGH]
        return sorted(found, key=lambda article: (-scores[article], article))[:CANDIDATES_MAX]

    def _load(self, numbers: Iterable[int]) -> list[Candidate]:
        numbers = sorted(numbers)
        if unknown := [n for n in numbers if n not in self._texts]:
            self._read(unknown)
        return [self._texts[n] for n in numbers if n in self._texts]

    def _read(self, numbers: Sequence[int]) -> None:
        rows = rows_among(self._connection, _CANDIDATES, numbers)
        found = {digest: print_ for *_, digest in rows if (print_ := self._company.recall(digest)) is not None}
        missing = {newest for _, _, newest, digest in rows if digest not in found}
        unread = {
            digest: (title, body) for digest, title, body in rows_among(self._connection, _TEXTS, sorted(missing))
        }
        found |= zip(unread, read_prints(unread.values()), strict=True)
        for digest, print_ in found.items():
            self._company.remember(digest, print_)
        self._texts |= {n: Candidate(n=n, source=source, text=found[digest]) for n, source, _, digest in rows}

    # --- judging --------------------------------------------------------------------------------------------------------

    def _judge(self, new: Candidate, others: Sequence[Candidate]) -> None:
        for other in others:
            judgement = judge(new, other, self._forms.of(new.source, other.source))
            if judgement.likeness is not Likeness.APART:
                self._link(new.n, other.n, judgement)
            if judgement.likeness is Likeness.NEAR:
                self._ties.append({new.n, other.n})

    def _link(self, n: int, other: int, judgement: Judgement) -> None:
        pair = min(n, other), max(n, other)
        self._new_links[pair] = {
            "one": pair[0],
            "other": pair[1],
            "likeness": judgement.likeness.value,
            "alike": judgement.alike,
            "why": judgement.why,
        }

    def _learn(self, new: Candidate, others: Sequence[Candidate]) -> bool:
        """What recurs on the sites of these; what was linked before that was known is judged again."""
        sites: dict[str, list[Print]] = {}
        for candidate in (new, *others):
            sites.setdefault(candidate.source, []).append(candidate.text)
        learned = [self._forms.learn(source, texts) for source, texts in sites.items() if len(texts) > RECURS]
        if any(learned):
            self._judge_again(others)
        return any(learned)

    def _judge_again(self, others: Sequence[Candidate]) -> None:
        known = {other.n: other for other in others}
        asked = select(k.one, k.other).where(k.one.in_(list(known)), k.other.in_(list(known)))
        kept = {(row.one, row.other) for row in self._connection.execute(asked)}
        for pair in combinations(sorted(known), 2):
            if pair not in kept and pair not in self._new_links:
                continue
            one, other = known[pair[0]], known[pair[1]]
            if judge(one, other, self._forms.of(one.source, other.source)).likeness is not Likeness.APART:
                continue
            self._new_links.pop(pair, None)
            # What is left of the tie no longer matters: a cluster is what hangs together by links.
            self._touched |= set(pair)
            if pair in kept:
                self._connection.execute(delete(schema.links).where(k.one == pair[0], k.other == pair[1]))


def forget(connection: Connection, n: int, text: Print, recurring: Hashes) -> None:
    """Take a text's keys and links out of the database."""
    found = [{"k": key, "n": n} for key in {*keys(text), *(heart_keys(text, recurring) or ())}]
    if found:
        connection.execute(_NO_KEYS, found)
    connection.execute(delete(schema.links).where(or_(k.one == n, k.other == n)))


def _keep_keys(connection: Connection, found: list[tuple[int, int]]) -> None:
    # In their order: neighbours in the table are written one after the other.
    insert_values(connection, schema.keys, ("key", "article"), sorted(found))


def _same_texts(connection: Connection, digests: set[bytes]) -> dict[bytes, list[int]]:
    """Of each text the first article that says it: its other copies are in one cluster with that."""
    found: dict[bytes, list[int]] = {}
    for chunk in chunks(sorted(digests)):
        for digest, n in rows_said(connection, _SAME, chunk):
            if n is not None:
                found[bytes(digest)] = [int(n)]
    return found


def rebuild(connection: Connection) -> None:
    """The keys of all articles anew, from their texts. Nothing is judged again. Hold the write lock meanwhile."""
    connection.execute(delete(schema.keys))
    after = 0
    while rows := connection.execute(_EVERY, {"after": after, "size": REBUILD_ROWS}).all():
        prints = read_prints((row.title, row.body) for row in rows)
        made = [(row.n, key) for row, print_ in zip(rows, prints, strict=True) for key in keys(print_)]
        held = dict(rows_among(connection, _COUNTS, sorted({key for _, key in made})))
        kept = []
        for n, key in made:
            held[key] = held.get(key, 0) + 1
            if held[key] <= POSTINGS_MAX:
                kept.append((key, n))
        _keep_keys(connection, kept)
        after = rows[-1].n
