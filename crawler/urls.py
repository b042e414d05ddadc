"""The crawler room: addresses: their canonical form, joining, and the scope of a source. Pure.

An article is known by its canonical address, so this module decides what counts as the same page: `canonical` is
idempotent, and never builds an address whose answer could be another page than that of the address given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

import idna
from w3lib.url import safe_url_string

from archive import address_key
from crawler.shapes import article_shape, looks_like_article, words

__all__ = [
    "BadAddress",
    "canonical",
    "fold_host",
    "head_of",
    "host_port",
    "in_scope",
    "join",
    "looks_like_article",
    "same_page",
    "site_of",
    "with_scheme_of",
]

DEFAULT_PORTS = {"http": 80, "https": 443}
ADDRESS_MAX = (
    2048  # characters; longer ones are refused: nothing an institute publishes needs them, traps grow without end
)
HREF_MAX = 8192  # characters of an href that are looked at

# Parameters that name who came from where, never which page. Prefixes first, then whole names; all in lower case.
_TRACKING_PREFIXES = ("utm_", "pk_", "piwik_", "mtm_", "matomo_", "hsa_", "__hs", "_hs", "ga_", "wt.", "vero_", "trk_")
_TRACKING = words(
    "_branch_match_id _branch_referrer _ga _gl _openstat at_campaign at_medium cmpid dclid dm_i ef_id epik "
    "fb_action_ids fb_action_types fb_ref fb_source fbclid ftag gad_campaignid gad_source gbraid gclid gclsrc "
    "guccounter guce_referrer guce_referrer_sig hsctatracking icid igsh igshid ir_clickid irclickid irgwc "
    "isappinstalled li_fat_id mc_cid mc_eid mkt_tok msclkid ncid oly_anon_id oly_enc_id rb_clickid rdt_cid ref_src "
    "ref_url replytocom s_cid s_kwcid sc_cid scid share_token sharer_shareid spm srsltid ttclid twclid wbraid wt_mc "
    "wt_zmc wtmc xtor yclid ymclid ysclid zanpid"
)
_SESSION = re.compile(
    r"^(?:phpsessid|jsessionid|aspsessionid\w*|asp\.net_sessionid|aspxautodetectcookiesupport|cfid|cftoken|sessid|sessionid|session_id|oscsid|zenid)$"
)
_SESSION_IF_HEX = frozenset(("sid", "s", "sess", "session"))  # a session only where the value is a long random number
_HEX = re.compile(r"^[0-9a-f]{20,}$", re.IGNORECASE)
_MIXED = re.compile(r"^(?=.*\d)(?=.*[a-z])[a-z0-9_-]{16,}$", re.IGNORECASE)
# Parameters that keep caches from answering: by their name, or by a value that is the moment or a random number.
_BUSTERS = words("_ cachebuster cache_buster nocache no_cache no-cache rand random rnd")
_BUSTERS_BY_VALUE = words("_dc _t cb r t time timestamp ts v")
_MOMENT = re.compile(r"^\d{10,20}$|^0\.\d{6,}$")
# A parameter with one of these values shows the same page in another dress.
_DRESS = {
    "amp": {"", "1", "true"}, "output": {"amp", "print"}, "outputtype": {"amp"}, "print": {"", "1", "true", "yes", "y", "print"},
    "printable": {"", "1", "true", "yes"}, "printer": {"1"}, "printview": {"1", "true"}, "print_view": {"1", "true"},
    "view": {"print", "mobile", "amp"}, "mobile": {"", "1", "true"}, "from": {"singlemessage", "timeline", "groupmessage"},
    "action": {"print"}, "display": {"print", "mobile"}, "format": {"print", "amp"}, "isprint": {"1", "true"},
    "layout": {"print", "mobile"}, "mode": {"print"}, "noamp": {"mobile", "available"}, "style": {"print"},
    "tmpl": {"component", "print"}, "version": {"print", "mobile", "amp"},
    "share": {"facebook", "twitter", "linkedin", "email", "print", "reddit", "tumblr", "pinterest", "pocket", "telegram",
              "jetpack-whatsapp", "mastodon", "x", "bluesky", "threads"},
}  # fmt: skip
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?;]*", re.IGNORECASE)
_ASP_SESSION = re.compile(r"/\((?:[AFSX]\([\w.-]{8,}\))+\)(?=/)", re.IGNORECASE)
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_BLANKS = re.compile(r"[\t\r\n\f\v]+\s*")
_HEAD = re.compile(r"\s*[a-zA-Z][a-zA-Z0-9+.-]*:(?:[/\\]{2})?[^/\\?#]*")
_TWIN_HOSTS = ("www.", "m.", "mobile.", "amp.", "wap.", "3g.")


class BadAddress(ValueError):
    """A text that is no http(s) address; the message says why."""


def canonical(url: str, hosts: Iterable[str] = ()) -> str:
    """The one spelling under which a page is known. The scheme stays as given; the archive ignores it.

    Host in lower case and IDNA, default port, user name and fragment dropped; escapes and dot segments normalised
    (RFC 3986, section 6.2.2); tracking and session parameters dropped; print, mobile and AMP dress taken off. The order of the
    query stays, because some servers find a page under one order alone: `same_page` and the archive's keys do not see it. With `hosts` (a source's scope), the mobile twin of one of them becomes that host.

    Raises:
        BadAddress: not an absolute http(s) address with a host, or longer than ADDRESS_MAX.

    """
    return _canonical(url, tuple(hosts))


@lru_cache(maxsize=2048)  # one page's address is looked at at several stations
def _canonical(url: str, hosts: tuple[str, ...]) -> str:
    parts = _split(url)
    host, port = _host(parts), _port(parts)
    netloc = host if port is None else f"{host}:{port}"
    path, query = _fold(_path(parts.path), _query(parts.query))
    result = urlunsplit((parts.scheme.lower(), netloc, path, query, ""))
    if len(result) > ADDRESS_MAX:
        raise BadAddress(f"the address {result[:60]}… has {len(result)} characters; at most {ADDRESS_MAX} are followed")
    return fold_host(result, hosts) if hosts else result


def join(base: str, href: str, *, encoding: str = "utf-8") -> str | None:
    """The absolute address a link leads to, as a browser reads it: line breaks and tabs inside are dropped, blanks around
    are stripped, backslashes are slashes, characters are escaped (the query in the page's `encoding`, the path as UTF-8).
    The fragment stays out. None for what is no http(s) address (mailto:, javascript:, tel:, broken ones).
    """
    text = _BLANKS.sub("", href[:HREF_MAX]).strip().strip("\x00\x01\x1f \u3000\ufeff\u200b")
    head, mark, tail = text.partition("?")
    text = head.replace("\\", "/") + mark + tail
    if re.fullmatch(r"https?:/*", text, re.IGNORECASE) or re.match(
        r"^(?!https?:)[a-zA-Z][a-zA-Z0-9+.-]*:(?!\d)", text, re.IGNORECASE
    ):
        return None
    text = re.sub(r"^(https?):/*(?=[^/])", r"\1://", text, flags=re.IGNORECASE)
    try:
        joined = urljoin(base, text)
        safe: str = safe_url_string(joined, encoding=encoding, path_encoding="utf-8")
        parts = _split(safe)
        _host(parts), _port(parts)
    except (ValueError, LookupError):  # LookupError: a page may declare an encoding that nobody knows
        return None
    path = _dots(parts.path) or "/"
    return urlunsplit((parts.scheme.lower(), parts.netloc.rpartition("@")[2], path, parts.query, ""))


def in_scope(url: str, hosts: Iterable[str]) -> bool:
    """Whether the address belongs to the source: its host and port are one of `hosts`, each "host" (meaning the scheme's
    default port) or "host:port". Never true for what is not http(s).
    """
    return _in_scope(head_of(url), tuple(hosts))


def head_of(url: str) -> str:
    """An address up to its path, as a browser sees it: a backslash is a slash, blanks in front count."""
    found = _HEAD.match(url)
    return found[0] if found else ""


@lru_cache(maxsize=2048)
def _in_scope(head: str, hosts: tuple[str, ...]) -> bool:
    try:
        parts = _split(head)
        host, port = _host(parts), _port(parts)
    except BadAddress:
        return False
    default = DEFAULT_PORTS[parts.scheme.lower()]
    wanted = (host, default if port is None else port)
    for entry in hosts:
        try:
            name, number = host_port(entry)
        except BadAddress:
            continue
        if wanted == (name, default if number is None else number):
            return True
    return False


def host_port(entry: str) -> tuple[str, int | None]:
    """Read "host" or "host:port" as (host in lower-case IDNA, port or None). Raises BadAddress for anything else."""
    if not entry or re.search(r"[/?#@\s*]", entry):
        raise BadAddress(f'{entry!r} is no host: write it as "www.example.org" or "www.example.org:8080"')
    parts = _split(f"http://{entry}/")
    try:
        return _host(parts), parts.port
    except ValueError as error:
        raise BadAddress(f"{entry!r} is no host with a port: {error}") from error


def site_of(url: str) -> str:
    """The host of an address, with its port where that is not the scheme's own: an entry for a source's `hosts`."""
    parts = _split(url)
    host, port = _host(parts), _port(parts)
    return host if port is None else f"{host}:{port}"


def fold_host(url: str, hosts: Iterable[str]) -> str:
    """The address with a twin of a host in scope replaced by that host: its mobile dress ("m.opt.cas.cn"), and the same name
    with or without "www.". A host that is itself in scope, or whose twin is not, stays: nobody knows whether it is the same.
    """
    hosts = tuple(hosts)
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.port is not None or in_scope(url, hosts):
        return url
    bare = next((host.removeprefix(prefix) for prefix in _TWIN_HOSTS if host.startswith(prefix)), host)
    for twin in (bare, f"www.{bare}"):
        if in_scope(f"{parts.scheme}://{twin}/", hosts):
            return urlunsplit(parts._replace(netloc=twin))
    return url


def same_page(one: str, other: str) -> bool:
    """Whether two addresses are the same page by their canonical form, whatever their scheme and the order of their query."""
    try:
        return address_key(canonical(one)) == address_key(canonical(other))
    except BadAddress:
        return False


def with_scheme_of(url: str, base: str) -> str:
    """The address with the scheme of `base` where both name the same host on its usual port: what answered there over
    http will answer its own absolute https:// links too, and the scheme makes no other page.
    """
    try:
        one, other = _split(url), _split(base)
        same = _host(one) == _host(other) and _port(one) is None and _port(other) is None
    except BadAddress:
        return url
    return urlunsplit((other.scheme.lower(), _host(one), one.path, one.query, one.fragment)) if same else url


def _split(url: str) -> SplitResult:
    # As browsers do: else "http://evil.example\\@leaf.example/" would be in scope here and lead there.
    head = re.split(r"[?#]", url, maxsplit=1)[0]
    try:
        parts = urlsplit((head.replace("\\", "/") + url[len(head) :]).strip())
    except ValueError as error:
        raise BadAddress(f"{url[:100]!r} is no address: {error}") from error
    if parts.scheme.lower() not in DEFAULT_PORTS:
        raise BadAddress(f"{url[:100]!r} is no http:// or https:// address")
    return parts


def _host(parts: SplitResult) -> str:
    try:
        host = unquote(parts.hostname or "").rstrip(".").lower()
    except ValueError as error:
        raise BadAddress(f"{parts.netloc[:100]!r} names no host: {error}") from error
    if not host or re.search(r"[\s/?#@\\<>\"^`{|}]", host):
        raise BadAddress(f"{parts.netloc[:100]!r} names no host")
    if ":" in host:
        return f"[{host}]"
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True, transitional=False).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise BadAddress(f"{host[:100]!r} is no host name: {error}") from error


def _port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError as error:
        raise BadAddress(f"{parts.netloc[:100]!r} has no valid port: {error}") from error
    return None if port == DEFAULT_PORTS[parts.scheme.lower()] else port


def _escapes(text: str, keep: str) -> str:
    """Escapes in capitals, unreserved characters bare, everything else that is not in `keep` escaped as UTF-8."""

    def bare(match: re.Match[str]) -> str:
        char = chr(int(match[1], 16))
        return char if char in _UNRESERVED else f"%{match[1].upper()}"

    text = _ESCAPE.sub(bare, text)
    allowed = _UNRESERVED | set(keep)
    pieces = []
    for position, char in enumerate(text):
        if char in allowed or (char == "%" and _ESCAPE.match(text, position)):
            pieces.append(char)
        else:
            pieces.extend(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
    return "".join(pieces)


def _path(path: str) -> str:
    path = _dots(_escapes(_BLANKS.sub("", path), "/!$&'()*+,;=:@"))
    before = None
    while path != before:  # each turn shortens the path or is the last
        before = path
        path = _dots(_ASP_SESSION.sub("", _PATH_SESSION.sub("", path)))
    return path


def _dots(path: str) -> str:
    """Dot segments removed as in RFC 3986, section 5.2.4; never above the root. Empty segments stay."""
    if not path.startswith("/"):
        path = f"/{path}"
    kept: list[str] = []
    segments = path[1:].split("/")
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", "..") and (not kept or kept[-1]):
        kept.append("")
    return "/" + "/".join(kept)


def _query(query: str) -> str:
    pairs = [_escapes(pair, "/?!$'()*+,;:@=") for pair in _BLANKS.sub("", query).split("&") if pair]
    return "&".join(pair for pair in pairs if not _is_noise(pair))


def _is_noise(pair: str) -> bool:
    name, _, value = pair.partition("=")
    name, value = unquote(name).lower(), unquote(value).lower()
    return (
        name.startswith(_TRACKING_PREFIXES)
        or name in _TRACKING
        or _SESSION.match(name) is not None
        or (name in _SESSION_IF_HEX and _HEX.match(value) is not None)
        or (name in _SESSION_IF_HEX and name != "s" and _MIXED.match(value) is not None)
        or name in _BUSTERS
        or (name in _BUSTERS_BY_VALUE and _MOMENT.match(value) is not None)
        or value in _DRESS.get(name, ())
    )


def _fold(path: str, query: str) -> tuple[str, str]:
    """The print or AMP dress in the path taken off, only where what is left is an article by its shape: "/print" may be a
    department.
    """
    before = None
    while path != before:  # each turn shortens the path or is the last
        before = path
        bare = re.sub(r"\.amp(?=\.html?$)|(?<=\.html)\.amp$|(?<=/)amp/(?=[^/]+$)", "", path, flags=re.IGNORECASE)
        bare = re.sub(r"/(?:amp|print|printpdf)/?$", "/" if path.endswith("/") else "", bare, flags=re.IGNORECASE)
        if bare != path and article_shape(f"http://x{bare}{'?' + query if query else ''}"):
            path = bare
    return path, query
