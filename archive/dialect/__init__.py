"""The archive room: everything in which SQLite and PostgreSQL differ, so that no other module asks which one it is.

opening       what an address means, and connections set up for this house
transactions  reading, writing, and the wall at which errors of drivers become ours
statements    SQL that each of the two spells in its own way
erasing       taking deleted text out of where databases keep it after deletion
waiting       sleeping until something was committed
dump          a whole database into one file and back (imported by who makes backups)

What is found by words differs as well: that is in `archive.index` and `archive.search`, which alone may ask `is_postgresql`.
"""

from archive.dialect.erasing import scrub, secure_deletion
from archive.dialect.opening import BUSY_S, database_file, make_engine, parse_url
from archive.dialect.statements import (
    broken_pages,
    create_file_search,
    create_search,
    insert,
    insert_many,
    insert_values,
    is_postgresql,
    listing,
    moment,
    rows_among,
    rows_said,
)
from archive.dialect.transactions import lock_for_migration, reading, standing_still, translated, writing
from archive.dialect.waiting import announce, watching

__all__ = [
    "BUSY_S",
    "announce",
    "broken_pages",
    "create_file_search",
    "create_search",
    "database_file",
    "insert",
    "insert_many",
    "insert_values",
    "is_postgresql",
    "listing",
    "lock_for_migration",
    "make_engine",
    "moment",
    "parse_url",
    "reading",
    "rows_among",
    "rows_said",
    "scrub",
    "secure_deletion",
    "standing_still",
    "translated",
    "watching",
    "writing",
]
