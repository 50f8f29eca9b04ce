"""How long somebody is signed in, and what opens the dashboard on one's own machine."""

from dataclasses import dataclass

import pytest

from kuberedis_dashboard.kube.client import User
from kuberedis_dashboard.kube.credential import Credential, always
from kuberedis_dashboard.session import sessions as module
from kuberedis_dashboard.session.entry_link import EntryLink
from kuberedis_dashboard.session.identity import cookie_name
from kuberedis_dashboard.session.sessions import IDLE_SECONDS, LONGEST_SECONDS, Sessions


@dataclass
class Clock:
    """A clock that a test moves."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def begun(clock: Clock) -> tuple[Sessions, str]:
    sessions = Sessions(clock)
    return sessions, sessions.begin(User("alice", ()), always(Credential.bearer("secret")))


@pytest.mark.parametrize(
    ("steps", "in_use", "lasts"),
    [
        ([IDLE_SECONDS], True, True),
        ([IDLE_SECONDS + 1], True, False),
        ([IDLE_SECONDS - 1, IDLE_SECONDS - 1], True, True),
        # A page that keeps itself up to date does not keep its session.
        ([IDLE_SECONDS - 1, 2], False, False),
        ([IDLE_SECONDS - 1] * 24, True, True),
        ([IDLE_SECONDS - 1] * 24 + [100], True, False),
    ],
)
def test_session_ends_when_nobody_is_there_or_after_half_a_day(steps: list[float], in_use: bool, lasts: bool) -> None:
    clock = Clock()
    sessions, identity = begun(clock)
    for step in steps:
        clock.now += step
        found = sessions.find(identity, in_use=in_use)
    assert (found is not None) is lasts
    assert len(steps) * IDLE_SECONDS <= LONGEST_SECONDS + IDLE_SECONDS


def test_streams_of_a_session_learn_that_it_has_ended() -> None:
    sessions, identity = begun(Clock())
    session = sessions.find(identity)
    assert session is not None
    sessions.end(identity)
    assert session.ended.is_set()
    assert sessions.is_over(session)
    assert sessions.find(identity) is None


def test_the_session_that_was_idle_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SESSIONS", 2)
    clock = Clock()
    sessions, first = begun(clock)
    clock.now += 1
    second = sessions.begin(User("bob", ()), always(Credential()))
    clock.now += 1
    assert sessions.find(first) is not None
    sessions.begin(User("carol", ()), always(Credential()))
    assert (sessions.find(first) is None, sessions.find(second) is None) == (False, True)


def test_id_of_a_session_is_not_in_memory() -> None:
    sessions, identity = begun(Clock())
    assert identity not in repr(vars(sessions))


def test_secret_of_a_credential_is_not_in_its_text() -> None:
    assert "secret" not in repr(Credential.bearer("secret"))


def test_link_works_once_and_a_wrong_code_does_not_use_it_up() -> None:
    link = EntryLink()
    code = link.code or ""
    assert [link.use(wrong) for wrong in ("", code[:-1], "é", code + "x")] == [False] * 4
    assert [link.use(code), link.use(code), link.code] == [True, False, None]


@pytest.mark.parametrize(
    ("origin", "name"),
    [("https://dashboard.example.com", "__Host-kuberedis"), ("http://127.0.0.1:8080", "__Host-kuberedis-8080")],
)
def test_dashboards_on_two_ports_of_one_machine_have_different_cookies(origin: str, name: str) -> None:
    assert cookie_name([origin]) == name
