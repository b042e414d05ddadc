"""A process that keeps articles for ever, to be killed: `python archive_writer.py URL CAPTURES NAME`.

It goes through its numbered articles again and again, as a crawl that is repeated does: what is there is unchanged,
the rest is new. After each batch it prints how many it knows to be kept.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from archive import Archive, Arrival, Article, CaptureWriter, Visit

AT = datetime(2031, 4, 2, tzinfo=UTC)
ARTICLES, BATCH = 36, 3


def arrival(source: str, number: int, writer: CaptureWriter | None = None) -> Arrival:
    url = f"http://{source}.example/{number}"
    body = f"What stands at {url} is about thing {number} of {source}, and about nothing else. " * 5
    capture = None
    if writer is not None:
        capture = writer.write(
            url=url, at=AT, request_headers=[], status=200, reason="OK", headers=[], body=body.encode()
        )
    article = Article(source=source, url=url, title=f"Thing {number} of {source}", body=body, published="2031-04-01")
    return Arrival(article=article, at=AT, visit=Visit(source=source, url=url, state="done"), capture=capture)


def main(url: str, captures: str, source: str) -> None:
    with (
        Archive(url, captures=captures) as archive,
        CaptureWriter(Path(captures), prefix=source, software="x") as writer,
    ):
        for start in range(0, ARTICLES, BATCH):
            batch = [arrival(source, number, writer) for number in range(start, start + BATCH)]
            writer.flush()
            archive.store_batch(batch)
            sys.stdout.write(f"{start + BATCH}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
