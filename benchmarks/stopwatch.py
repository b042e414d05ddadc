"""Where the time of `extract` goes: its steps wrapped in a watch that gives each its own time, inner steps taken out."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

# Stage -> where its functions are looked up when they are called: module and names.
STAGES: dict[str, tuple[tuple[str, str], ...]] = {
    "decode": (("page", "decode bytes_kind text_kind"),),
    "parse and walk": (("page", "read_blocks read_selected"),),  # one pass: it cuts the markup and makes the blocks
    "features": (("body", "read_columns"),),
    "model": (("body", "probabilities"),),
    "decision": (("page", "choose_body captions_apart"),),
    "field rules": (
        ("page", "read_declared choose_title headline_by_body choose_language read_vicinity read_times choose_published"),
        ("page", "choose_modified choose_author choose_editor choose_origin read_crumbs choose_section"),
    ),
    "images and files": (("page", "read_images read_attachments"),),
    "clean html": (("page", "body_html"),),
    "kind": (("page", "judge wall_of"),),
    "the rest": (("page", "extract"),),
}  # fmt: skip


class Stopwatch:
    """Seconds of CPU by stage; an outer stage does not count what an inner one took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = [0.0]

    def wrapped(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            self._inner.append(0.0)
            start = time.process_time()
            try:
                return function(*given, **named)
            finally:
                took = time.process_time() - start
                self.seconds[stage] += took - self._inner.pop()
                self._inner[-1] += took

        return timed

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Wrap every stage while the block runs; `extract` is to be called as `page.extract` then."""
        kept = []
        for stage, places in STAGES.items():
            for module_name, names in places:
                module = import_module(f"crawler.extraction.{module_name}")
                for name in names.split():
                    function = getattr(module, name)
                    kept.append((module, name, function))
                    setattr(module, name, self.wrapped(stage, function))
        try:
            yield
        finally:
            for module, name, function in kept:
                setattr(module, name, function)


def show_stages(by_corpus: dict[str, tuple[dict[str, float], int, float]]) -> None:
    """By corpus: milliseconds a page of each stage, its share of ours, and of the peer's whole time if one ran.

    `by_corpus` holds seconds by stage, the number of pages, and the peer's seconds on them.
    """
    print(f"\n{'stage':18s}" + "".join(f"{corpus:>26s}" for corpus in by_corpus))
    for stage in STAGES:
        cells = []
        for seconds, pages, peer in by_corpus.values():
            took, whole = seconds.get(stage, 0.0), sum(seconds.values())
            of_peer = f"{took / peer:8.3f}" if peer else ""
            cells.append(f"{1000 * took / pages:8.2f} ms{100 * took / whole:5.1f} %{of_peer}".rjust(26))
        print(f"{stage:18s}" + "".join(cells))
    print(f"{'all':18s}" + "".join(
        (f"{1000 * sum(seconds.values()) / pages:8.2f} ms  100 %" + (f"{sum(seconds.values()) / peer:8.3f}" if peer else "")).rjust(26)
        for seconds, pages, peer in by_corpus.values()
    ))  # fmt: skip
