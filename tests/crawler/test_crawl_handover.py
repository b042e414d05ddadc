"""From the event loop to the writer's thread: in order, bounded, and neither waits for the other in vain."""

import asyncio
import threading

from crawler.handover import Handover

MOST = 4


def handed_over(put, *, gather_s=0.05):
    """What the thread took, taking by taking, while `put(handover)` ran on the loop; it ends with None."""
    takings = []

    async def both():
        handover = Handover(asyncio.get_running_loop(), most=MOST, gather_s=gather_s)

        def serve():
            while not takings or takings[-1][-1] is not None:
                takings.append(handover.take())

        thread = threading.Thread(target=serve)
        thread.start()
        await put(handover)
        await handover.put(None, urgent=True)
        await asyncio.to_thread(thread.join)

    asyncio.run(asyncio.wait_for(both(), 30))
    return takings


def test_all_of_it_comes_in_order_and_never_more_than_fits():
    async def put(handover):
        for number in range(1000):
            await handover.put(number)

    takings = handed_over(put)
    assert [item for taking in takings for item in taking] == [*range(1000), None]
    assert max(map(len, takings)) <= MOST


def test_several_at_once_on_the_loop_lose_nothing():
    async def put(handover):
        await asyncio.gather(*(handover.put(number) for number in range(200)))

    assert sorted(item for taking in handed_over(put) for item in taking if item is not None) == list(range(200))


def test_what_is_urgent_is_taken_at_once_with_what_came_before_it():
    """The gathering time is longer than the test may take."""

    async def put(handover):
        await handover.put("page")
        await handover.put("call", urgent=True)

    takings = handed_over(put, gather_s=600)
    assert [item for taking in takings for item in taking] == ["page", "call", None]
