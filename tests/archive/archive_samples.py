"""Articles of an invented institute for leaf genetics, and the days on which it publishes them."""

from datetime import UTC, datetime, timedelta

from archive import Arrival, Article

DAY_1 = datetime(2031, 4, 2, 8, 0, tzinfo=UTC)


def day(number: int) -> datetime:
    return DAY_1 + timedelta(days=number - 1)


MOSS = (
    "Moss grows slowly on the north side of old walls, and nobody at the institute had asked why.\n\n"
    "Over four winters the team counted shoots on nine walls and found that the shade matters less than the wind."
)


def an_article(
    url="http://leaf.example/news/1.html", title="Moss grows", body=MOSS, source="leaf", **fields
) -> Article:
    return Article(source=source, url=url, title=title, body=body, **fields)


def an_arrival(*args, at=DAY_1, visit=None, capture=None, moved_from=None, cause=None, **fields) -> Arrival:
    more = {"cause": cause} if cause else {}
    return Arrival(
        article=an_article(*args, **fields), at=at, visit=visit, capture=capture, moved_from=moved_from, **more
    )
