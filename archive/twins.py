"""The archive room: does a page that comes to a new address stand in the archive already, at another one?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from archive import schema
from archive.fingerprint import read_all, revision_digest
from archive.identity import address_key
from archive.memory import chunks
from archive.neighbours import Company, Neighbours
from archive.read import known_by_number
from archive.records import Article, Known, Status

a = schema.articles.c


def twins(connection: Connection, articles: Sequence[Article]) -> dict[str, Known]:
    """By address, the published article of the same source with the same title and text at another address."""
    readings = read_all((article.title, article.body) for article in articles)
    texts = {one.url: (one.source, reading.text_digest) for one, reading in zip(articles, readings, strict=True)}
    statement = select(a.n, a.url, a.source, a.text_digest).where(
        a.text_digest.in_({digest for _, digest in texts.values()}), a.status == Status.PUBLISHED.value
    )
    numbers: dict[tuple[str, bytes], list[int]] = {}
    for row in connection.execute(statement) if texts else ():
        numbers.setdefault((row.source, row.text_digest), []).append(row.n)
    if not numbers:
        return {}
    known = known_by_number(connection, [number for alike in numbers.values() for number in alike])
    found = {}
    for article in articles:
        key, digest = address_key(article.url), revision_digest(article.title, article.body)
        same = [
            one
            for one in (known[number] for number in numbers.get(texts[article.url], ()))
            if address_key(one.article.url) != key and revision_digest(one.article.title, one.article.body) == digest
        ]
        if same:
            found[article.url] = min(same, key=lambda one: (one.first_seen, one.id))
    return found


def near_twins(connection: Connection, articles: Sequence[Article]) -> dict[str, list[tuple[Known, float]]]:
    """By address, published articles of the same source at other addresses that say nearly the same, the most alike
    first, and how much of the text is in both.
    """
    readings = read_all((article.title, article.body) for article in articles)
    neighbours = Neighbours(connection, Company(), readings)
    near = {one.url: neighbours.alike(one.source, reading) for one, reading in zip(articles, readings, strict=True)}
    known = known_by_number(connection, {n for found in near.values() for n in found})
    return {
        url: sorted(
            (
                (known[n], alike)
                for n, alike in found.items()
                if known[n].status is Status.PUBLISHED and address_key(known[n].article.url) != address_key(url)
            ),
            key=lambda pair: (-pair[1], pair[0].id),
        )
        for url, found in near.items()
        if found
    }


def at_addresses(connection: Connection, source: str, urls: Iterable[str]) -> dict[str, Known]:
    """The articles that are at these addresses now."""
    at = schema.addresses.c
    wanted = {address_key(url): url for url in urls}
    numbers: dict[str, int] = {}
    for chunk in chunks(sorted(wanted)):
        rows = connection.execute(select(at.key, at.article).where(at.source == source, at.key.in_(chunk)))
        numbers |= {row.key: row.article for row in rows}
    known = known_by_number(connection, numbers.values())
    return {
        wanted[key]: known[n] for key, n in numbers.items() if n in known and address_key(known[n].article.url) == key
    }


def sample_addresses(connection: Connection, source: str, limit: int) -> list[str]:
    """The addresses of some articles of a source, from all over its years: ids say nothing of time."""
    statement = select(a.url).where(a.source == source).order_by(a.id).limit(limit)
    return list(connection.execute(statement).scalars())
