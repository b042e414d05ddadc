"""The crawler room: the writer's thread. Everything a crawl asks of its archive goes through it, in order, and the event loop
never waits for the database. What happens to an answer here is `crawler.pipeline`.

When the archive cannot be written the crawl is told to stop, and nothing is lost: whatever was not kept is still waiting
in the archive's frontier.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from archive import ArchiveError
from crawler.handover import Handover
from crawler.pipeline import Fetched, Pipeline

GROUP_MAX = 16  # answers taken together, while as many wait: what a kill makes the next crawl ask for again
GROUP_S = 0.3  # seconds that the first of them waits for the others

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Call:
    do: Callable[[], Any]
    done: Callable[[Any, BaseException | None], None]


class Writer(threading.Thread):
    """Takes answers in order through the pipeline, and calls of the archive between them."""

    def __init__(self, pipeline: Pipeline, *, name: str, broken: Callable[[str], None]) -> None:
        """`broken` is told on the event loop, once, that the archive cannot be written."""
        super().__init__(name=f"writer-{name}", daemon=True)
        self._pipeline, self._broken = pipeline, broken
        self._loop = asyncio.get_running_loop()
        self._handover: Handover[Fetched | _Call | None] = Handover(self._loop, most=GROUP_MAX, gather_s=GROUP_S)
        self._group: list[Fetched] = []
        self.error: ArchiveError | None = None

    # ---- for the event loop ------------------------------------------------------------------------------------------

    async def put(self, item: Fetched) -> None:
        """Hand an answer over; waits, without blocking the loop, while the writer is behind."""
        await self._handover.put(item)

    async def call(self, do: Callable[..., T], *args: Any, **options: Any) -> T:
        """The result of `do` in the writer's thread, after everything that was handed over before is kept."""
        future: asyncio.Future[T] = self._loop.create_future()

        def done(result: Any, error: BaseException | None) -> None:
            def settle() -> None:
                if not future.done():
                    future.set_exception(error) if error is not None else future.set_result(result)

            self._loop.call_soon_threadsafe(settle)

        await self._handover.put(_Call(lambda: do(*args, **options), done), urgent=True)
        return await future

    async def close(self) -> None:
        """Keep what is left, and end the thread."""
        await self._handover.put(None, urgent=True)
        await asyncio.to_thread(self.join)

    # ---- in the thread -----------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until `close`; also after the archive failed, so that nobody waits for it in vain."""
        try:
            while self._serve(self._handover.take()):
                pass
        finally:
            self._try(self._pipeline.close)

    def _serve(self, items: list[Fetched | _Call | None]) -> bool:
        """One taking; False when it held the end."""
        for item in items:
            if isinstance(item, Fetched):
                self._group.append(item)
                continue
            self._try(self._keep)
            if item is None:
                return False
            try:
                item.done(item.do(), None)
            except Exception as error:  # noqa: BLE001  (the caller on the loop is the one to handle it)
                item.done(None, error)
        self._try(self._keep_unless_more_is_wanted)
        return True

    def _keep_unless_more_is_wanted(self) -> None:
        if self.error is not None or not self._pipeline.waits_for_more(self._group):
            self._keep()

    def _keep(self) -> None:
        group, self._group = self._group, []
        if group and self.error is None:  # what cannot be kept waits in the frontier
            self._pipeline.take(group)

    def _try(self, do: Callable[[], None]) -> None:
        try:
            do()
        except ArchiveError as error:
            if self.error is None:
                self.error = error
                self._loop.call_soon_threadsafe(self._broken, str(error))
