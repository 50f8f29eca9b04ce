"""The work queue: nothing is lost, no key is handled twice at once, failures are retried later."""

import asyncio
from collections.abc import Awaitable, Callable

from kuberedis_operator.runtime.fair_order import Priority
from kuberedis_operator.runtime.work_queue import WorkQueue
from tests.harness.waiting import until

A, B, C = ("ns", "a"), ("ns", "b"), ("ns", "c")
Key = tuple[str, ...]


class Work:
    """Workers that record what they do; each key is held until `finish`."""

    def __init__(self, workers: int) -> None:
        self.queue: WorkQueue[Key] = WorkQueue(workers)
        self.started: list[Key] = []
        self.first = asyncio.Event()
        self.gates: dict[Key, asyncio.Event] = {}
        self._workers = workers

    async def _handle(self, key: Key) -> None:
        self.started.append(key)
        self.first.set()
        await self.gates.setdefault(key, asyncio.Event()).wait()
        self.gates.pop(key)

    async def __aenter__(self) -> "Work":
        self._tasks = [asyncio.create_task(self.queue.work(self._handle)) for _ in range(self._workers)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def finish(self, key: Key) -> None:
        self.gates[key].set()
        await settle()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def run(scenario: Callable[[Work], Awaitable[None]], workers: int = 4) -> None:
    async def main() -> None:
        async with Work(workers) as work:
            await scenario(work)

    asyncio.run(main())


def test_a_key_added_many_times_is_handled_once() -> None:
    async def scenario(work: Work) -> None:
        for _ in range(3):
            work.queue.add(A)
        await settle()
        await work.finish(A)
        assert work.started == [A]
        assert len(work.queue) == 0

    run(scenario)


def test_an_event_during_the_handling_requeues_the_key_and_no_second_worker_takes_it() -> None:
    async def scenario(work: Work) -> None:
        work.queue.add(A)
        await settle()
        work.queue.add(A)
        work.queue.add(A)
        await settle()
        assert work.started == [A]
        await work.finish(A)
        assert work.started == [A, A]
        await work.finish(A)
        assert work.started == [A, A]

    run(scenario)


def test_the_key_that_waits_longest_is_known_until_a_worker_takes_it() -> None:
    async def scenario(work: Work) -> None:
        now = asyncio.get_running_loop().time
        assert work.queue.oldest_seconds() == 0
        work.queue.add(A)
        await settle()
        assert work.queue.oldest_seconds() == 0
        began = now()
        # B waits for the only worker, and A for the end of its own handling.
        work.queue.add(B)
        added = now()
        await until(lambda: now() > added + 0.01)
        later = now()
        work.queue.add(A)
        work.queue.add(B)
        oldest = work.queue.oldest_seconds()
        assert later - added <= oldest <= now() - began
        await work.finish(A)
        assert work.started == [A, B]
        assert 0 < work.queue.oldest_seconds() <= now() - later
        await work.finish(B)
        assert work.started == [A, B, A]
        assert work.queue.oldest_seconds() == 0
        await work.finish(A)

    run(scenario, workers=1)


def test_different_keys_are_handled_concurrently() -> None:
    async def scenario(work: Work) -> None:
        work.queue.add(A)
        work.queue.add(B)
        await settle()
        assert work.started == [A, B]

    run(scenario)


def test_an_event_goes_before_a_resync() -> None:
    async def scenario(work: Work) -> None:
        work.queue.add(C)
        await settle()
        work.queue.add(A, Priority.BACKGROUND)
        work.queue.add(B, Priority.BACKGROUND)
        work.queue.add(B)
        await work.finish(C)
        assert work.started == [C, B]
        await work.finish(B)
        assert work.started == [C, B, A]
        await work.finish(A)
        assert work.started == [C, B, A]

    run(scenario, workers=1)


def test_an_edit_goes_before_events_that_came_earlier() -> None:
    async def scenario(work: Work) -> None:
        work.queue.add(C)
        await settle()
        work.queue.add(A)
        work.queue.add(B, Priority.EDIT)
        work.queue.add(B)
        await work.finish(C)
        assert work.started == [C, B]
        await work.finish(B)
        assert work.started == [C, B, A]

    run(scenario, workers=1)


def test_an_edit_during_the_handling_of_its_key_stays_an_edit() -> None:
    async def scenario(work: Work) -> None:
        work.queue.add(C)
        await settle()
        work.queue.add(A)
        work.queue.add(C)
        work.queue.add(C, Priority.EDIT)
        work.queue.add(C)
        await work.finish(C)
        assert work.started == [C, C]

    run(scenario, workers=1)


def test_pauses_between_failures_grow_to_a_limit_and_a_success_resets_them() -> None:
    async def scenario(work: Work) -> None:
        pauses = [work.queue.retry(A, at_most_seconds=5) for _ in range(8)]
        for pause, bound in zip(pauses, (0.25, 0.5, 1, 2, 4, 5, 5, 5), strict=True):
            assert bound / 2 <= pause <= bound
        work.queue.succeeded(A)
        assert work.queue.retry(A, at_most_seconds=5) <= 0.25

    run(scenario)


def test_the_earlier_of_two_timers_wins_and_an_event_precedes_both() -> None:
    async def scenario(work: Work) -> None:
        work.queue.add_after(A, 60)
        work.queue.add_after(A, 0.01)
        work.queue.add_after(A, 60)
        await asyncio.wait_for(work.first.wait(), 5)
        work.queue.add_after(B, 60)
        work.queue.add(B)
        await settle()
        assert work.started == [A, B]

    run(scenario)


def test_a_key_that_is_added_all_the_time_is_handled_once_an_interval_and_the_edit_is_not_forgotten() -> None:
    async def scenario(work: Work) -> None:
        for _ in range(100):
            work.queue.add(A, Priority.EDIT)
            await settle()
            if A in work.gates:
                await work.finish(A)
        handled = len(work.started)
        assert handled < 30
        work.queue.add(B, Priority.EDIT)
        await settle()
        assert work.started[handled:] == [B]
        assert len(work.queue) == 0
        await until(lambda: work.started[handled + 1 :] == [A], what="the last edit")

    run(scenario)
