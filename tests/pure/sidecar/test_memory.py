"""The ledger of memory: shares, and waiting for room."""

import asyncio

import pytest

from kuberedis_sidecar.errors import TooManyRequests
from kuberedis_sidecar.memory import MemoryBudget

OWNER, TOKEN, OTHER, THIRD = "owner", "token", "other", "third"
TOTAL = 1000


@pytest.mark.parametrize(
    ("taken", "holder", "size", "fits"),
    [
        ({}, TOKEN, 500, True),
        ({}, TOKEN, 501, False),
        ({}, OWNER, 750, True),
        ({}, OWNER, 751, False),
        ({TOKEN: 300}, TOKEN, 200, True),
        ({TOKEN: 300}, TOKEN, 201, False),
        ({TOKEN: 500}, OTHER, 250, True),
        ({TOKEN: 500}, OTHER, 251, False),
        ({TOKEN: 500, OTHER: 250}, THIRD, 1, False),
        ({TOKEN: 500, OTHER: 250}, OWNER, 250, True),
        ({TOKEN: 500, OTHER: 250}, OWNER, 251, False),
        ({OWNER: 750}, TOKEN, 250, True),
        ({OWNER: 750}, TOKEN, 251, False),
    ],
)
def test_nobody_takes_the_share_of_others(taken: dict[str, int], holder: str, size: int, fits: bool) -> None:
    budget = MemoryBudget(TOTAL, OWNER)
    for other, bytes_taken in taken.items():
        budget.open(other).grow(bytes_taken)
    assert budget.fits(holder, size) is fits
    reservation = budget.open(holder)
    assert reservation.try_grow(size) is fits
    assert reservation.size == (size if fits else 0)
    if not fits:
        with pytest.raises(TooManyRequests, match="memory"):
            reservation.grow(size)


def test_everything_released_is_free_again() -> None:
    budget = MemoryBudget(TOTAL, OWNER)
    reservations = [budget.open(holder) for holder in (TOKEN, OWNER, OTHER) for _ in range(3)]
    for _ in range(50):
        for size, reservation in enumerate(reservations):
            reservation.grow(size)
        assert budget.used == sum(range(len(reservations)))
        reservations[-1].shrink(3)
        for reservation in reservations:
            reservation.release()
            reservation.release()
        assert budget.used == 0
    assert budget.open(TOKEN).try_grow(TOTAL // 2)


def test_waiting_ends_when_enough_is_released_and_in_order() -> None:
    async def scenario() -> None:
        budget = MemoryBudget(TOTAL, OWNER)
        first, second = budget.open(TOKEN), budget.open(OTHER)
        first.grow(500)
        second.grow(200)
        order: list[str] = []

        async def wait(name: str, holder: str, size: int) -> None:
            await budget.open(holder).grow_when_free(size, 5)
            order.append(name)

        waits = [
            asyncio.ensure_future(wait("token", TOKEN, 100)),
            asyncio.ensure_future(wait("first of other", OTHER, 150)),
            asyncio.ensure_future(wait("second of other", OTHER, 150)),
        ]
        await asyncio.sleep(0)
        second.release()
        await asyncio.wait(waits[1:2])
        assert order == ["first of other"]
        first.release()
        await asyncio.gather(*waits)
        assert order == ["first of other", "token", "second of other"]

    asyncio.run(scenario())


@pytest.mark.parametrize("size", [200, TOTAL])
def test_waiting_has_an_end(size: int) -> None:
    async def scenario() -> None:
        budget = MemoryBudget(TOTAL, OWNER)
        budget.open(TOKEN).grow(400)
        reservation = budget.open(TOKEN)
        with pytest.raises(TooManyRequests):
            await reservation.grow_when_free(size, 0.01)
        assert (reservation.size, budget.used) == (0, 400)

    asyncio.run(scenario())


def test_a_wait_that_is_given_up_leaves_nothing_reserved() -> None:
    async def scenario() -> None:
        budget = MemoryBudget(TOTAL, OWNER)
        first = budget.open(TOKEN)
        first.grow(500)
        reservation = budget.open(TOKEN)
        waiting = asyncio.ensure_future(reservation.grow_when_free(100, 5))
        await asyncio.sleep(0)
        # Granted and cancelled in the same turn of the event loop.
        first.release()
        waiting.cancel()
        await asyncio.wait([waiting])
        assert budget.used == 0

    asyncio.run(scenario())
