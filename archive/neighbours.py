"""The archive room: which texts are near a text that comes in. Finding candidates in the database for a whole batch.

Candidates are found by the keys of a text (`archive.fingerprint.keys`); what recurs on a site is learned from the
candidates themselves, because pages that share a form share its keys. Texts of the batch that are not in the database
yet are candidates as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, delete, or_, select

from archive import schema
from archive.clusters import regroup
from archive.dialect import insert_many
from archive.duplicates import Candidate, Judgement, Likeness, judge, recurring
from archive.fingerprint import Hashes, Print, Reading, keys, read_print
from archive.memory import chunks
from archive.records import Status

CANDIDATES_MAX = 24  # texts one text is compared with, those with the rarest common keys first
POSTINGS_MAX = 64  # articles under one key: a key that more of them share says nothing any more
SCORE_MIN = 0.05  # one rare key in common, or several frequent ones; a single frequent key is chance

a = schema.articles.c
k = schema.links.c
_NO_KEYS = delete(schema.keys).where(schema.keys.c.key == bindparam("k"), schema.keys.c.article == bindparam("n"))


class Neighbours:
    """What a batch of texts is compared with. `flush` writes what `compare` found, once the articles are there."""

    def __init__(self, connection: Connection, texts: Iterable[Reading]) -> None:
        self._connection = connection
        texts = list(texts)
        self._same = _same_texts(connection, {text.text_digest for text in texts})
        self._postings = _postings(connection, {key for text in texts for key in text.keys})
        self._texts: dict[int, Candidate] = {}
        self._load({n for text in texts for n in self._ranked(text.keys, 0)})
        self._new_keys: list[dict[str, int]] = []
        self._new_links: dict[tuple[int, int], dict[str, Any]] = {}
        self._ties: list[set[int]] = []
        self._touched: set[int] = set()

    def compare(self, n: int, source: str, reading: Reading) -> bool:
        """Compare a text that is new to article `n` with all that may be near it. True when the very same text is known."""
        same = self._same.setdefault(reading.text_digest, [])
        known = bool(same)
        if known:
            self._ties.append({n, *same})
        new = Candidate(n=n, source=source, text=reading.text)
        self._judge(new, self._load(self._ranked(reading.keys, n)))
        same.append(n)
        self._texts[n] = new
        for key in reading.keys:
            posting = self._postings.setdefault(key, [])
            if len(posting) < POSTINGS_MAX:
                posting.append(n)
                self._new_keys.append({"key": key, "article": n})
        return known

    def forget(self, n: int, text_digest: bytes, text: Print) -> None:
        """The text that was article `n`'s is so no more."""
        gone = set(keys(text))
        forget(self._connection, n, text)
        for key in gone:
            if n in self._postings.get(key, ()):
                self._postings[key].remove(n)
        if n in self._same.get(text_digest, ()):
            self._same[text_digest].remove(n)
        self._texts.pop(n, None)
        self._new_keys = [row for row in self._new_keys if row["article"] != n]
        self._new_links = {pair: row for pair, row in self._new_links.items() if n not in pair}
        self._ties = [tie - {n} for tie in self._ties]

    def touch(self, n: int) -> None:
        """Something by which the cluster of article `n` is ordered has changed."""
        self._touched.add(n)

    def flush(self) -> None:
        """Write keys and links, and put the clusters that changed in order."""
        insert_many(self._connection, schema.keys, self._new_keys)
        if self._new_links:
            self._connection.execute(schema.links.insert(), list(self._new_links.values()))
        ties, touched = self._ties, self._touched
        self._new_keys, self._new_links, self._ties, self._touched = [], {}, [], set()
        if ties or touched:
            regroup(self._connection, ties, touched)

    # --- finding --------------------------------------------------------------------------------------------------------

    def _ranked(self, wanted: Iterable[int], n: int) -> list[int]:
        """The articles with the most and rarest common keys."""
        scores: dict[int, float] = {}
        for key in wanted:
            posting = self._postings.get(key, ())
            for article in posting:
                scores[article] = scores.get(article, 0.0) + 1 / len(posting)
        scores.pop(n, None)
        found = [article for article, score in scores.items() if score >= SCORE_MIN]
        return sorted(found, key=lambda article: (-scores[article], article))[:CANDIDATES_MAX]

    def _load(self, numbers: Iterable[int]) -> list[Candidate]:
        numbers = sorted(numbers)
        missing = [n for n in numbers if n not in self._texts]
        r = schema.revisions.c
        for chunk in chunks(missing):
            rows = self._connection.execute(
                select(a.n, a.source, r.title, r.body)
                .join(schema.revisions, r.n == a.newest)
                .where(a.n.in_(chunk), a.status != Status.REMOVED.value)
            )
            for row in rows:
                self._texts[row.n] = Candidate(n=row.n, source=row.source, text=read_print(row.title, row.body))
        return [self._texts[n] for n in numbers if n in self._texts]

    # --- judging --------------------------------------------------------------------------------------------------------

    def _judge(self, new: Candidate, others: Sequence[Candidate]) -> None:
        if not others:
            return
        forms = _forms([new, *others])
        for other in others:
            judgement = judge(new, other, _dropped(forms, new, other))
            if judgement.likeness is not Likeness.APART:
                self._link(new.n, other.n, judgement)
            if judgement.likeness is Likeness.NEAR:
                self._ties.append({new.n, other.n})
        if any(len(form) for form in forms.values()):
            self._judge_again(others, forms)

    def _link(self, n: int, other: int, judgement: Judgement) -> None:
        pair = min(n, other), max(n, other)
        self._new_links[pair] = {
            "one": pair[0],
            "other": pair[1],
            "likeness": judgement.likeness.value,
            "alike": judgement.alike,
            "why": judgement.why,
        }

    def _judge_again(self, others: Sequence[Candidate], forms: dict[str, Hashes]) -> None:
        """Links among the candidates, now that more of their form is known."""
        known = {other.n: other for other in others}
        asked = select(k.one, k.other).where(k.one.in_(list(known)), k.other.in_(list(known)))
        kept = {(row.one, row.other) for row in self._connection.execute(asked)}
        for pair in combinations(sorted(known), 2):
            if pair not in kept and pair not in self._new_links:
                continue
            one, other = known[pair[0]], known[pair[1]]
            if judge(one, other, _dropped(forms, one, other)).likeness is not Likeness.APART:
                continue
            self._new_links.pop(pair, None)
            # What is left of the tie no longer matters: a cluster is what hangs together by links.
            self._touched |= set(pair)
            if pair in kept:
                self._connection.execute(delete(schema.links).where(k.one == pair[0], k.other == pair[1]))


def forget(connection: Connection, n: int, text: Print) -> None:
    """Take a text's keys and links out of the database."""
    found = [{"k": key, "n": n} for key in keys(text)]
    if found:
        connection.execute(_NO_KEYS, found)
    connection.execute(delete(schema.links).where(or_(k.one == n, k.other == n)))


def _same_texts(connection: Connection, digests: set[bytes]) -> dict[bytes, list[int]]:
    found: dict[bytes, list[int]] = {}
    for chunk in chunks(sorted(digests)):
        asked = select(a.text_digest, a.n).where(a.text_digest.in_(chunk), a.status != Status.REMOVED.value)
        for row in connection.execute(asked):
            found.setdefault(bytes(row.text_digest), []).append(row.n)
    return found


def _postings(connection: Connection, wanted: set[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for chunk in chunks(sorted(wanted)):
        asked = select(schema.keys.c.key, schema.keys.c.article).where(schema.keys.c.key.in_(chunk))
        for key, article in connection.execute(asked):
            found.setdefault(key, []).append(article)
    return found


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
