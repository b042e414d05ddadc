"""A consumer of the change feed: keeps a table of today's articles in a SQLite file of its own, and stays up to date.

Run it as often as you like, or kill it at any moment: `python consumer.py sqlite:///newsarchive.db mine.db`.
The cursor lies in the same file as the results and is kept in the same transaction, so no change is ever lost or half done.
"""

import sqlite3
import sys
from contextlib import closing

from archive import Archive, Status

BATCH = 500  # changes in one transaction


def main(archive_url: str, file: str) -> None:
    with Archive(archive_url, read_only=True) as archive, closing(sqlite3.connect(file)) as mine:
        mine.execute("CREATE TABLE IF NOT EXISTS article (id TEXT PRIMARY KEY, published TEXT, title TEXT, body TEXT)")
        mine.execute("CREATE TABLE IF NOT EXISTS place (seq INTEGER NOT NULL)")
        row = mine.execute("SELECT seq FROM place").fetchone()
        cursor = row[0] if row else 0
        while batch := archive.changes(cursor, BATCH):
            with mine:  # one transaction: the results and the place reached
                for change in batch:
                    known = archive.known(change.article)
                    mine.execute("DELETE FROM article WHERE id = ?", [known.id])
                    if known.status is Status.PUBLISHED:
                        item = known.article
                        values = [known.id, item.published, item.title, item.body]
                        mine.execute("INSERT INTO article VALUES (?, ?, ?, ?)", values)
                cursor = batch[-1].seq
                mine.execute("DELETE FROM place")
                mine.execute("INSERT INTO place VALUES (?)", [cursor])
            sys.stdout.write(f"{len(batch)} changes, up to {cursor}\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: consumer.py ARCHIVE_URL FILE, e.g. consumer.py sqlite:///newsarchive.db mine.db")
    main(sys.argv[1], sys.argv[2])
