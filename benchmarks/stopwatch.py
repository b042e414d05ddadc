"""Where the time of `extract` goes: its steps wrapped in a watch that gives each its own time, inner steps taken out."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

# Step -> where the functions are looked up when they are called: module and name.
STEPS: dict[str, tuple[tuple[str, str], ...]] = {
    "decode": (("page", "decode"), ("page", "bytes_kind"), ("page", "text_kind")),
    "parse": (("page", "parse"),),
    "declared": (("page", "read_declared"),),
    "walk": (("page", "read_blocks"),),
    "title": (("page", "choose_title"), ("page", "headline_by_body")),
    "features": (("body", "read_columns"),),
    "model": (("body", "probabilities"),),
    "decision": (("page", "choose_body"),),
    "language": (("page", "choose_language"),),
    "dates": (("page", "read_vicinity"), ("page", "read_times"), ("page", "choose_published"), ("page", "choose_modified")),
    "people": (("page", "choose_author"), ("page", "choose_editor"), ("page", "choose_origin")),
    "places": (("page", "read_crumbs"), ("page", "choose_section")),
    "kind": (("page", "judge"), ("page", "wall_of")),
    "media": (("page", "read_images"), ("page", "read_attachments"), ("page", "captions_apart")),
    "html": (("page", "body_html"),),
    "the rest": (("page", "extract"),),
}  # fmt: skip


class Stopwatch:
    """Seconds of CPU by step; an outer step does not count what an inner one took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = [0.0]

    def wrapped(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            self._inner.append(0.0)
            start = time.process_time()
            try:
                return function(*given, **named)
            finally:
                took = time.process_time() - start
                self.seconds[step] += took - self._inner.pop()
                self._inner[-1] += took

        return timed

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Wrap every step while the block runs."""
        kept = []
        for step, places in STEPS.items():
            for module_name, name in places:
                module = import_module(f"crawler.extraction.{module_name}")
                if function := getattr(module, name, None):
                    kept.append((module, name, function))
                    setattr(module, name, self.wrapped(step, function))
        try:
            yield
        finally:
            for module, name, function in kept:
                setattr(module, name, function)


def show_shares(seconds: dict[str, float], pages: int, peer_seconds: float) -> None:
    """A line a step: milliseconds a page, share of our own time, share of the peer's time on the same pages."""
    whole = sum(seconds.values())
    for step in STEPS:
        took = seconds.get(step, 0.0)
        of_peer = f"{took / peer_seconds:10.4f}" if peer_seconds else ""
        print(f"    {step:12s}{1000 * took / pages:8.2f} ms{100 * took / whole:7.1f} %{of_peer}")
