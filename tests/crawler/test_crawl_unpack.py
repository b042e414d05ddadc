"""Content-Encoding is undone to its end or not at all."""

import contextlib
import gzip
import random
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.unpack import LAYERS_MAX, Damaged, TooLarge, unpack

try:
    from compression import zstd
except ImportError:
    from backports import zstd

PAGE = b"<html>" + bytes(random.Random(1).choices(range(32, 127), k=700_000)) + b"</html>"
PACK = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


@pytest.mark.parametrize("encoding", PACK)
def test_what_was_packed_comes_back(encoding):
    assert unpack(PACK[encoding](PAGE), encoding, max_bytes=len(PAGE)) == PAGE


@pytest.mark.parametrize("encoding", PACK)
@pytest.mark.parametrize("cut", [1, 5, 9, 2000, 400_000])
def test_a_stream_that_is_cut_off_is_damaged(encoding, cut):
    with pytest.raises(Damaged):
        unpack(PACK[encoding](PAGE)[:-cut], encoding, max_bytes=len(PAGE))


@pytest.mark.parametrize("encoding", PACK)
def test_a_bomb_stops_at_the_bound(encoding):
    with pytest.raises(TooLarge):
        unpack(PACK[encoding](b"\0" * 30_000_000), encoding, max_bytes=1_000_000)


@pytest.mark.parametrize("encoding", PACK)
def test_what_is_not_packed_at_all_is_damaged(encoding):
    with pytest.raises(Damaged):
        unpack(b"<html>plain</html>", encoding, max_bytes=1000)


def test_members_of_a_gzip_file_are_put_together_and_padding_is_left_out():
    assert unpack(gzip.compress(b"a") + gzip.compress(b"b") + b"\0" * 8, "gzip", max_bytes=9) == b"ab"


def test_deflate_without_its_header_is_read():
    machine = zlib.compressobj(wbits=-15)
    assert unpack(machine.compress(PAGE) + machine.flush(), "deflate", max_bytes=len(PAGE)) == PAGE


def test_layers_are_undone_from_the_last_to_the_first():
    assert unpack(gzip.compress(zlib.compress(b"x")), "deflate, gzip", max_bytes=100) == b"x"
    with pytest.raises(Damaged, match="inside one another"):
        unpack(b"x", ",".join(["gzip"] * (LAYERS_MAX + 1)), max_bytes=100)


def test_an_encoding_nobody_offered_is_refused_and_none_is_none():
    with pytest.raises(Damaged, match="rot13"):
        unpack(b"x", "rot13", max_bytes=100)
    assert unpack(b"x", "identity", max_bytes=1) == b"x"
    assert unpack(b"", "gzip", max_bytes=1) == b""


@given(st.binary(max_size=300), st.sampled_from(sorted(PACK)))
def test_no_bytes_raise_anything_else(data, encoding):
    with contextlib.suppress(Damaged, TooLarge):
        unpack(data, encoding, max_bytes=10_000)
