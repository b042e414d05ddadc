"""The crawler room: undoing Content-Encoding. Strict and bounded: half a stream is no page, and a bomb stops at the bound. Pure.

Scrapy's own middleware hands out what it could read of a stream that was cut off; here that is an error, because half a page
must not become a revision of the whole one.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

ACCEPTED = "gzip, deflate, br, zstd"
LAYERS_MAX = 3  # encodings inside one another
STEP_BYTES = 256 * 1024  # unpacked at a time, so that a bomb is noticed early


class Damaged(ValueError):
    """The stream is cut off, contradicts itself, or is in an encoding nobody offered."""


class TooLarge(ValueError):
    """More would come out than is allowed."""


def unpack(body: bytes, encodings: str, *, max_bytes: int) -> bytes:
    """The body as it was before these content encodings ("gzip", "br", "gzip, deflate") were applied.

    Raises:
        Damaged: it cannot be unpacked to its end.
        TooLarge: it, or a layer of it, is larger than max_bytes.

    """
    layers = [name for name in (part.strip().lower() for part in encodings.split(",")) if name not in ("", "identity")]
    if len(layers) > LAYERS_MAX:
        raise Damaged(f"{len(layers)} encodings inside one another")
    for name in reversed(layers):
        if name not in _CODECS:
            raise Damaged(f"encoding {name[:40]!r} was not offered")
        if body:
            body = _CODECS[name](body, max_bytes)
    return body


def _gzip(body: bytes, max_bytes: int) -> bytes:
    out, size = [], 0
    while body:
        unpacked, rest = _inflate(zlib.decompressobj(31), body, max_bytes - size)
        out.append(unpacked)
        size += len(unpacked)
        # Another member may follow; anything else behind the last one is padding.
        body = rest if rest[:2] == b"\x1f\x8b" else b""
    return b"".join(out)


def _deflate(body: bytes, max_bytes: int) -> bytes:
    try:
        return _inflate(zlib.decompressobj(), body, max_bytes)[0]
    except Damaged:
        return _inflate(zlib.decompressobj(-15), body, max_bytes)[0]  # without its header, as some servers send it


def _inflate(machine: Any, body: bytes, max_bytes: int) -> tuple[bytes, bytes]:
    """One whole stream, and what follows it."""
    out, size, rest = [], 0, body
    try:
        while not machine.eof:
            step = machine.decompress(rest, STEP_BYTES)
            rest = machine.unconsumed_tail
            size += len(step)
            if size > max_bytes:
                raise TooLarge(f"more than {max_bytes} bytes come out of {len(body)}")
            if not step and not rest and not machine.eof:
                raise Damaged("the compressed stream is cut off")
            out.append(step)
    except zlib.error as error:
        raise Damaged(f"the compressed stream is damaged: {error}") from error
    return b"".join(out), machine.unused_data


def _brotli(body: bytes, max_bytes: int) -> bytes:
    import brotli  # type: ignore[import-untyped]  # noqa: PLC0415  (comes with Scrapy; wanted by few answers)

    machine = brotli.Decompressor()
    out, size, fed = [], 0, body
    try:
        while not machine.is_finished():
            step = machine.process(fed, output_buffer_limit=STEP_BYTES)
            fed = b""
            size += len(step)
            if size > max_bytes:
                raise TooLarge(f"more than {max_bytes} bytes come out of {len(body)}")
            if not step and not machine.is_finished():
                raise Damaged("the compressed stream is cut off")
            out.append(step)
    except brotli.error as error:
        raise Damaged(f"the compressed stream is damaged: {error}") from error
    return b"".join(out)


def _zstd(body: bytes, max_bytes: int) -> bytes:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
    except ImportError:
        from backports import zstd  # noqa: PLC0415

    out, size, rest = [], 0, body
    try:
        while rest:
            machine = zstd.ZstdDecompressor()
            fed = rest
            while not machine.eof:
                step = machine.decompress(fed, STEP_BYTES)
                fed = b""
                size += len(step)
                if size > max_bytes:
                    raise TooLarge(f"more than {max_bytes} bytes come out of {len(body)}")
                if not step and machine.needs_input:
                    raise Damaged("the compressed stream is cut off")
                out.append(step)
            rest = machine.unused_data
    except zstd.ZstdError as error:
        raise Damaged(f"the compressed stream is damaged: {error}") from error
    return b"".join(out)


_CODECS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
