"""The scheduler room, posting: one POST to an address that somebody named, within the bounds that crawls keep as well.

Never to a private, loopback or link-local address unless that host and port were allowed; the address is judged when
connecting, so a name that changes its answer gains nothing. Redirects are not followed: what is sent is signed for one
receiver. The whole of it ends by a deadline, however slowly the other side answers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore

from crawler import BadAddress, Guard, guard_for

TIMEOUT_S = 20.0  # from resolving the name to the last byte of the answer that is read
ANSWER_MAX = 4096  # bytes of an answer that are read, for its words
SAID_MAX = 200  # characters of it that are told
WRITTEN_AT_ONCE = 64 * 1024  # bytes; the deadline is looked at in between
RETRY_AFTER_MOST_S = 6 * 3600.0  # an answer that asks for more is not believed
PREFIX = "whsec_"


class NotDelivered(Exception):
    """The receiver did not take it; the message says why."""

    def __init__(self, why: str, *, status: int | None = None, retry_after_s: float = 0.0, ours: bool = False) -> None:
        super().__init__(why)
        self.status = status  #: of its answer; None: no answer came
        self.retry_after_s = retry_after_s  #: that it asked for
        self.ours = ours  #: it is we who refuse to ask this address


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    allow_private: tuple[str, ...] = ()


def post(letter: Letter, *, proxy: str | None = None, timeout_s: float = TIMEOUT_S) -> int:
    """Send it; the status, which is 2xx. Raises NotDelivered."""
    guard = _guard(letter, proxy)
    until = time.monotonic() + timeout_s
    parts = urlsplit(letter.url)
    backend = _Backend(guard, until)
    private = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)) in guard.allow_private
    through = _through(proxy) if proxy and not private else None
    if through is not None:
        backend.judge(parts.hostname or "", parts.port or 0, unknown_is_fine=True)
    headers = {"Host": parts.netloc.rpartition("@")[2], "Content-Length": str(len(letter.body)), **letter.headers}
    limits = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)
    try:
        with (
            httpcore.ConnectionPool(
                ssl_context=ssl.create_default_context(), proxy=through, network_backend=backend
            ) as pool,
            pool.stream(
                "POST",
                _target(letter.url),
                headers=[(name.encode(), value.encode()) for name, value in headers.items()],
                content=letter.body,
                extensions={"timeout": limits},
            ) as answer,
        ):
            said = _said(answer)
    except (
        httpcore.NetworkError,
        httpcore.TimeoutException,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        OSError,
    ) as error:
        raise NotDelivered(_cause(error, timeout_s)) from error
    return _judged(answer, said)


def check_address(url: str, allow_private: Sequence[str]) -> str | None:
    """Why this address will not be asked, as far as it says itself; None: nothing speaks against it."""
    try:
        refusal = guard_for(url, allow_private).refuse(url)
    except BadAddress as error:
        return f"{url!r} is no address: {error}"
    return refusal.why if refusal else None


def _guard(letter: Letter, proxy: str | None) -> Guard:
    try:
        guard = guard_for(letter.url, letter.allow_private, proxy)
    except BadAddress as error:
        raise NotDelivered(f"{letter.url!r} is no address: {error}", ours=True) from error
    refusal = guard.refuse(letter.url)
    if refusal is not None:
        raise NotDelivered(refusal.why, ours=True)
    return guard


def _target(url: str) -> httpcore.URL:
    parts = urlsplit(url)
    host = (parts.hostname or "").encode("idna") if not _is_ascii(parts.hostname) else (parts.hostname or "").encode()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return httpcore.URL(scheme=parts.scheme.encode(), host=host, port=parts.port, target=path.encode())


def _is_ascii(text: str | None) -> bool:
    return text is None or text.isascii()


def _through(proxy: str) -> httpcore.Proxy:
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return httpcore.Proxy(url=bare, auth=auth)


def _said(answer: httpcore.Response) -> str:
    """The beginning of an answer, on one line, with nothing in it that steers a terminal."""
    data = b""
    for part in answer.iter_stream():
        data += part
        if len(data) >= ANSWER_MAX:
            break
    text = " ".join(data[:ANSWER_MAX].decode("utf-8", "replace").split())
    return "".join(sign for sign in text if sign.isprintable())[:SAID_MAX]


def _judged(answer: httpcore.Response, said: str) -> int:
    status = answer.status
    if 200 <= status < 300:
        return status
    try:
        name = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        name = str(status)
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in answer.headers}
    if 300 <= status < 400:
        leads = headers.get("location", "nowhere")[:SAID_MAX]
        raise NotDelivered(f"answers {name} and leads to {leads}: redirects are not followed", status=status)
    asked = headers.get("retry-after", "").strip()
    wait_s = min(float(asked), RETRY_AFTER_MOST_S) if asked.isdecimal() and len(asked) < 10 else 0.0
    raise NotDelivered(f"answers {name}{f': {said}' if said else ''}", status=status, retry_after_s=wait_s)


def _cause(error: Exception, timeout_s: float) -> str:
    if isinstance(error, httpcore.TimeoutException):
        return f"gives no answer within {timeout_s:.0f} s"
    return f"cannot be reached: {' '.join(str(error).split()) or type(error).__name__}"[:SAID_MAX]


class _Backend(httpcore.NetworkBackend):
    """Connects to addresses that the guard lets through, and no longer than until a moment of the steady clock."""

    def __init__(self, guard: Guard, until: float) -> None:
        self._guard, self._until = guard, until
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - what is left of the whole counts
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        error: Exception | None = None
        for address in self.judge(host, port):
            try:
                stream = self._inner.connect_tcp(address, port, _left(self._until), local_address, socket_options)
                return _Stream(stream, self._until)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as problem:
                error = problem
        raise error or httpcore.ConnectError(f"{host} has no address")

    def judge(self, host: str, port: int, *, unknown_is_fine: bool = False) -> list[str]:
        """The addresses of a host that may be connected to. Raises NotDelivered when it has some, and none of them may."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            if unknown_is_fine:  # only the proxy knows it
                return []
            raise httpcore.ConnectError(f"{host} does not resolve: {error}") from error
        addresses = list(dict.fromkeys(str(address[4][0]) for address in found))
        allowed = [address for address in addresses if self._guard.may_connect(host, port, address)]
        if not allowed:
            raise NotDelivered(
                f"{host} resolves to {addresses[0]}, a private address; allow it with allow_private = "
                f'["{host}:{port}"] (for a webhook: --allow-private {host}:{port}) if it is meant',
                ours=True,
            )
        return allowed


class _Stream(httpcore.NetworkStream):
    """A connection that ends at a moment, whatever the other side does."""

    def __init__(self, inner: httpcore.NetworkStream, until: float) -> None:
        self._inner, self._until = inner, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._inner.read(max_bytes, _left(self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        for start in range(0, len(buffer), WRITTEN_AT_ONCE):
            self._inner.write(buffer[start : start + WRITTEN_AT_ONCE], _left(self._until))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(self._until)), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left


# --- signatures, as standardwebhooks.com has them ----------------------------------------------------------------------


def new_secret() -> str:
    """A secret to sign with: 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed(secret: str, number: str, body: bytes, at_s: int) -> dict[str, str]:
    """The headers of a signed delivery: HMAC-SHA256 over its id, its time (Unix seconds) and its body.

    Who receives it refuses what is not signed by the secret, or is older than some minutes: it was recorded and played again.
    """
    text = f"{number}.{at_s}.".encode() + body
    digest = hmac.new(_key(secret), text, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "webhook-id": number,
        "webhook-timestamp": str(at_s),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _key(secret: str) -> bytes:
    """The bytes a secret stands for: base64 after "whsec_", else the text itself."""
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except ValueError:
            return secret.encode()
    return secret.encode()
