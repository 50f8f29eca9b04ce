"""What one row of the table does: its answers, the state of the connection, and the data in Redis afterwards."""

from dataclasses import dataclass

import redis

from tests.http_paths.exchange import Answer, Conversation
from tests.http_paths.raw_requests import Case, get

PROBE = get(b"/echo/still-here")
# How long a server must keep waiting for the rest of a request to count as waiting, in seconds.
QUIET_SECONDS = 0.1

Database = dict[bytes, tuple[bytes | None, bool]]


@dataclass(frozen=True)
class Outcome:
    """Equal outcomes are alike to any client; database maps each key to its DUMP and whether it expires."""

    answers: tuple[Answer, ...]
    connection: str
    database: Database


def outcome_of(case: Case, origin: str, database: redis.Redis) -> Outcome:
    """Send the case to origin, with Redis in the state that the table describes."""
    seed(database)
    with Conversation(origin) as conversation:
        conversation.send(case.request)
        answers = []
        for method in case.methods or ("GET",) * len(case.statuses):
            answer = conversation.read_answer(method)
            if answer is None:
                break
            answers.append(answer)
        connection = state_of(conversation, answers, len(case.statuses), case.after == "unfinished")
    return Outcome(tuple(answers), connection, contents(database))


def state_of(conversation: Conversation, answers: list[Answer], expected: int, unfinished: bool) -> str:
    """Whether the connection is "open" (proved by a request), announced as "closed" and closed, or "unfinished"."""
    if len(answers) < expected:
        return "closed too early"
    if unfinished:
        return "unfinished" if conversation.is_quiet(QUIET_SECONDS) else "not waiting for the rest"
    if answers[-1].header("connection") == "close":
        return "closed" if conversation.is_ended() else "kept open against the announcement"
    conversation.send(PROBE)
    answer = conversation.read_answer()
    if answer is None:
        return "closed without announcement"
    return "open" if b"still-here" in answer.body else f"confused: {answer}"


def seed(database: redis.Redis) -> None:
    """Set the data in Redis to what the table describes."""
    with database.pipeline() as batch:
        batch.flushall()
        batch.set("seeded", "some value")
        batch.set("binary", b"\xff\x00")
        batch.hset("h", "f", "v")
        batch.execute()


def contents(database: redis.Redis) -> Database:
    """Every key with its DUMP and whether it expires."""
    keys = list(database.scan_iter(count=1000))
    return {key: (database.dump(key), database.pttl(key) > 0) for key in keys}
