"""The front door, the doctor: what one look found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at."""

    name: str
    state: str  #: "ok", "warn" (works, but) or "bad" (will fail)
    found: str
    mend: str = ""  #: what to do; empty when nothing
