"""The crawler room: writing to an archive that is locked, or on a disk that is full, for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from archive import ArchiveUnavailable

TRIES = 4  # to write; each waits longer
TRY_FIRST_S = 0.5

T = TypeVar("T")


def patiently(do: Callable[[], T]) -> T:
    """What `do` gives, tried again where the archive could not be written. Raises what its last try raised."""
    for attempt in range(TRIES - 1):
        try:
            return do()
        except ArchiveUnavailable:
            time.sleep(TRY_FIRST_S * 2**attempt)
    return do()
