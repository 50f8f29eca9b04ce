"""Turns of the event loop for work that takes milliseconds."""

import asyncio

from kuberedis_sidecar.gateway.turns import Turns


def test_one_at_a_time_works_in_a_turn_of_the_event_loop() -> None:
    async def scenario() -> list[tuple[int, str]]:
        loop, turns, done = asyncio.get_running_loop(), Turns(), list[tuple[int, str]]()
        turn = 0

        def count() -> None:
            nonlocal turn
            turn += 1
            loop.call_soon(count)

        async def work(name: str) -> None:
            for _ in range(3):
                await turns.next()
                done.append((turn, name))

        loop.call_soon(count)
        await asyncio.gather(*map(work, "abc"))
        return done

    done = asyncio.run(scenario())
    assert sorted(name for _, name in done) == list("aaabbbccc")
    assert len({turn for turn, _ in done}) == len(done)


def test_who_gives_up_does_not_hold_up_others() -> None:
    async def scenario() -> None:
        turns = Turns()
        await turns.next()
        waiting = [asyncio.ensure_future(turns.next()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.gather(*waiting[1:])

    asyncio.run(asyncio.wait_for(scenario(), 5))


def test_small_work_shares_a_turn_up_to_half_a_mebibyte() -> None:
    async def scenario() -> list[list[bool]]:
        turns, found = Turns(), list[list[bool]]()
        for _ in range(2):
            found.append([turns.has_room(200 * 1024) for _ in range(4)])
            # The next turn of the event loop.
            await asyncio.sleep(0)
        found.append([turns.has_room(2**20), turns.has_room(100)])
        return found

    assert asyncio.run(scenario()) == [[True, True, False, False]] * 2 + [[False, True]]
