"""The archive room: forms: the clauses that recur over the pages of a site, learned from what comes in.

A footer, the words of a notice, "the authors declare no competing interests": what stands on more than a few pages of
one site says nothing about one of them. It is learned from texts that are compared with each other (`archive.neighbours`)
and kept as hashes, one row a clause and site.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sqlalchemy import Connection

from archive import schema
from archive.dialect import insert_many, rows_said
from archive.duplicates import recurring
from archive.fingerprint import Print
from archive.splitting import NOTHING, Hashes

CLAUSES_MAX = 4096  # of one site; a site that repeats more than that has no form but many copies

_NEW = "SELECT n, clause, source FROM forms WHERE n > {said} ORDER BY n"


class Forms:
    """What is known of all sites. One an opened archive: it reads what was committed since, by whatever process, when a
    batch begins. Used under the one lock of `archive.store` alone.
    """

    def __init__(self) -> None:
        self._newest = 0
        self._of: dict[str, Hashes] = {}
        self._everywhere = NOTHING

    def begin(self, connection: Connection) -> Learning:
        """For one batch, which begins here."""
        rows = rows_said(connection, _NEW, [self._newest])
        if rows:
            found: dict[str, list[int]] = {}
            for row in rows:
                found.setdefault(row.source, []).append(row.clause)
            for source, clauses in found.items():
                self._of[source] = np.union1d(
                    self._of.get(source, NOTHING), np.array(clauses, np.int64).view(np.uint64)
                )
            self._everywhere = np.unique(np.concatenate(list(self._of.values())))
            self._newest = rows[-1].n
        return Learning(dict(self._of), self._everywhere)


class Learning:
    """The same with what the batch itself learns; kept by `flush`, forgotten when the transaction fails."""

    def __init__(self, of: dict[str, Hashes], everywhere: Hashes) -> None:
        self._of = of
        self.everywhere = everywhere
        self._together: dict[tuple[str, ...], Hashes] = {}
        self._rows: list[dict[str, Any]] = []

    def of(self, *sources: str) -> Hashes:
        """What recurs on one of these sites, sorted."""
        known = tuple(sorted({source for source in sources if source in self._of}))
        if len(known) < 2:
            return self._of[known[0]] if known else NOTHING
        if known not in self._together:
            self._together[known] = np.unique(np.concatenate([self._of[source] for source in known]))
        return self._together[known]

    def learn(self, source: str, texts: Iterable[Print]) -> bool:
        """Look for what recurs on these pages of a site; True when something of it was not known."""
        known = self._of.get(source, NOTHING)
        new = np.setdiff1d(recurring(texts), known)[: CLAUSES_MAX - len(known)]
        if not len(new):
            return False
        self._of[source] = np.union1d(known, new)
        self.everywhere = np.union1d(self.everywhere, new)
        self._together = {}
        self._rows += [{"clause": clause, "source": source} for clause in new.view(np.int64).tolist()]
        return True

    def flush(self, connection: Connection) -> None:
        insert_many(connection, schema.forms, self._rows)
        self._rows = []
