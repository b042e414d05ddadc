"""The archive room: which of several articles with the same text is the first one. Pure decisions on values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from archive.fingerprint import tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An article in its cluster, with what its rank and its copies are judged by."""

    n: int
    id: str
    source: str
    source_name: str  #: as its source file says; the slug where there is none
    text_digest: bytes
    origin: str | None
    published: str | None
    first_seen: datetime
    copy_of: int | None = None


def is_reprint(member: Member) -> bool:
    """True when the page names somebody else than its own institute as the text's origin.

    Names are written in many ways: it is its own when one of the two holds all words of the other, or an acronym.
    """
    origin = set(tokens(member.origin or ""))
    if not origin:
        return False
    own = set(tokens(member.source_name)) | set(tokens(member.source))
    return not (origin <= own or set(tokens(member.source_name)) <= origin)


def rank(member: Member) -> tuple[object, ...]:
    """Sorts a cluster: the institute's own page before a reprint, then the earliest publication, then what we saw
    first. Pages that state no date come after those that do.
    """
    published = member.published or "9999"
    return (is_reprint(member), published[:10], member.first_seen, member.id)


def originals(members: list[Member]) -> dict[int, int | None]:
    """Article -> the one it is a copy of: the first-ranked article with the very same text, None for that one itself."""
    firsts: dict[bytes, int] = {}
    found: dict[int, int | None] = {}
    for member in sorted(members, key=rank):
        first = firsts.setdefault(member.text_digest, member.n)
        found[member.n] = None if first == member.n else first
    return found
