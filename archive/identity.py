"""The archive room: what makes an article the same article. Pure.

An article is known by its source and its address, whatever its scheme (http and https are the same place) and the order of
its query. The address itself is kept as it was written: not every server finds a page under another order. Its id is made
from both, so that it does not depend on the order in which articles came: a crawl that was killed and repeated gives the
ids of an undisturbed one.
"""

from __future__ import annotations

import hashlib
import re

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32: no i, l, o, u
_PAIRS = [one + other for one in ALPHABET for other in ALPHABET]  # by the ten bits that two characters stand for
_PAIR = len(_PAIRS) - 1
ID_CHARS = 16  # 80 bits: one accidental collision in a million articles has a chance below 1e-12
PREFIX_CHARS = 6  # shortest prefix that names an article

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ID = re.compile(rf"^[{ALPHABET}]{{{PREFIX_CHARS},{ID_CHARS}}}$")


def address_key(url: str) -> str:
    """What all spellings of an address share: no scheme, its query's parameters in the order of their names."""
    key = _SCHEME.sub("", url.strip(), count=1)
    return key if "&" not in key else _in_order(key)


def _in_order(key: str) -> str:
    place, mark, rest = key.partition("?")
    query, hash_, fragment = rest.partition("#")
    pairs = query.split("&")
    if all("=" in pair for pair in pairs):  # without "=" the place may carry the meaning: leave the order alone
        pairs.sort(key=lambda pair: pair.partition("=")[0])
    return f"{place}{mark}{'&'.join(pairs)}{hash_}{fragment}"


def article_id(source: str, key: str, attempt: int = 0) -> str:
    """The id of the article first met at this address. `attempt` counts up where an id is taken already
    (an address that was given to another article after the first one moved away).
    """
    text = f"{source}\n{key}" if attempt == 0 else f"{source}\n{key}\n{attempt}"
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    bits = int.from_bytes(digest[: 5 * ID_CHARS // 8], "big")
    return "".join([_PAIRS[bits >> at & _PAIR] for at in range(5 * ID_CHARS - 10, -1, -10)])


def may_be_id(ref: str) -> bool:
    """True when `ref` can be an article's id or a prefix of one."""
    return bool(_ID.match(ref))


def is_id(ref: str) -> bool:
    """True when `ref` can be a whole id."""
    return len(ref) == ID_CHARS and may_be_id(ref)
