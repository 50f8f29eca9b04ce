"""What a member does with its own Redis, for each kind of observation: no socket, no time, no event loop."""

from dataclasses import replace
from typing import Any

import pytest

from kuberedis_core.members import MemberAddress, Members
from kuberedis_sidecar.replication.decisions import (
    Action,
    Follow,
    ForceFailover,
    Resume,
    SetEligible,
    StepDown,
    Wait,
    decide,
)
from kuberedis_sidecar.replication.observation import QUARANTINE, Address, NodeInfo, Observation, SentinelView

MEMBERS = Members(
    tuple(MemberAddress(name=name, host=f"10.0.0.{number}", redis_port=6379, sentinel_port=26379) for number, name in enumerate("abc"))
)
ADDRESSES: dict[str, Address] = {member.name: (member.host, member.redis_port) for member in MEMBERS} | {"nowhere": QUARANTINE}

OLD, NEW, OTHER = "1" * 40, "2" * 40, "3" * 40


def primary(replid: str = OLD, **fields: Any) -> NodeInfo:
    return NodeInfo(role="primary", **{"replid": replid, "eligible": True, "keys": 5, **fields})


def replica(of: str, **fields: Any) -> NodeInfo:
    defaults = {"replid": OLD, "keys": 5, "link_up": True, "was_linked": True, "eligible": True}
    return NodeInfo(role="replica", follows=ADDRESSES.get(of, ("10.9.9.9", 1)), **{**defaults, **fields})


def quarantined(keys: int | None = 5, **fields: Any) -> NodeInfo:
    defaults = {"replid": OTHER, "keys": keys, "link_up": False, "was_linked": False, "eligible": False}
    return replica("nowhere", **{**defaults, **fields})


# The link is down, and was up since the replica follows this primary; it was in sync, so that it is eligible.
CUT_OFF = {"link_up": False}
# It was told to follow, and has not been linked yet.
NOT_LINKED = {"link_up": False, "was_linked": False, "eligible": False}
PROMOTED = primary(NEW, replid2=OLD)


def votes(names: str, epochs: tuple[int, int, int] = (0, 0, 0), **flags: str) -> dict[str, SentinelView]:
    """What the Sentinels of a, b and c say: whom each names, or "-" for no answer, by which epoch; `a="…"` are more flags of that of a."""
    return {
        voter: SentinelView(
            primary=ADDRESSES.get(name, ("10.9.9.9", 1)), epoch=epoch, flags=frozenset({"master", *flags.get(voter, "").split()})
        )
        for voter, name, epoch in zip("abc", names, epochs, strict=True)
        if name != "-"
    }


def seen(own: NodeInfo | None, b: NodeInfo | None, c: NodeInfo | None, sentinels: Any, **fields: Any) -> Observation:
    """What member a sees."""
    nodes = {name: node for name, node in zip("abc", (own, b, c), strict=True) if node is not None}
    names = votes(sentinels) if isinstance(sentinels, str) else sentinels
    return Observation(**{"me": "a", "members": MEMBERS, "nodes": nodes, "sentinels": names, "stable_seconds": 60.0, **fields})


GONE = {"gone": frozenset("a")}
CHOSEN = replace(MEMBERS, promote="a")
OTHER_CHOSEN = replace(MEMBERS, promote="b")
FOUNDER = replace(MEMBERS, founder="a")
OTHER_FOUNDER = replace(MEMBERS, founder="b")

CASES: dict[str, tuple[Observation, type[Action], str]] = {
    # The own process is gone.
    "killed primary has a fresh replica promoted at once": (
        seen(None, replica("a", **CUT_OFF), replica("a", **CUT_OFF), "aaa", **GONE), ForceFailover, "not running, and b has its data"),
    "killed primary of whom two Sentinels know": (seen(None, replica("a", **CUT_OFF), None, "-aa", **GONE), ForceFailover, ""),
    "killed primary of whom one Sentinel knows": (seen(None, replica("a", **CUT_OFF), None, "a--", **GONE), Wait, ""),
    "killed primary asked a moment ago": (
        seen(None, replica("a", **CUT_OFF), None, "aaa", **GONE, forced_seconds=1.9), Wait, "a moment ago"),
    "killed primary asked a while ago": (seen(None, replica("a", **CUT_OFF), None, "aaa", **GONE, forced_seconds=2.1), ForceFailover, ""),
    "killed primary whose replicas were never in sync": (seen(None, replica("a", **NOT_LINKED), quarantined(), "aaa", **GONE), Wait, ""),
    "killed primary whose replica is receiving a full copy": (
        seen(None, replica("a", **CUT_OFF, syncing=True), None, "aaa", **GONE), Wait, ""),
    "killed primary whose replica follows another one": (seen(None, replica("b", **CUT_OFF), None, "aaa", **GONE), Wait, ""),
    "primary that ended after it had handed over, which Sentinels have yet to hear": (
        seen(None, PROMOTED, replica("a", **CUT_OFF), "aaa", **GONE, stable_seconds=5), Wait, "b is a primary"),
    "killed primary for whom a Sentinel has another one promoted": (
        seen(None, replica("a", **CUT_OFF), replica("a", **CUT_OFF), votes("aaa", b="failover_in_progress"), **GONE, stable_seconds=5),
        Wait, "fails over already"),
    "killed primary whose own failover has come to nothing": (
        seen(None, replica("a", **CUT_OFF), None, votes("aa-", b="failover_in_progress"), **GONE, stable_seconds=3, forced_seconds=2.5),
        ForceFailover, ""),
    "killed primary for whom a Sentinel fails over without end": (
        seen(None, replica("a", **CUT_OFF), None, votes("aa-", b="failover_in_progress"), **GONE, stable_seconds=7), ForceFailover, ""),
    "killed replica": (seen(None, primary(), replica("b"), "bbb", **GONE), Wait, "not running"),
    "hanging primary is left to Sentinels": (seen(None, replica("a"), replica("a"), "aaa"), Wait, "does not answer"),
    # Quarantined, and another one is named.
    "started replica follows the primary that is named": (seen(quarantined(), primary(), replica("b"), "bbb"), Follow, "b"),
    "started replica follows a named one that does not answer": (seen(quarantined(), None, None, "bbb"), Follow, "b"),
    "started replica waits for a named one that is dead": (seen(quarantined(), None, None, "bbb", gone=frozenset("b")), Wait, "no primary"),
    "started replica waits for a named one that is no primary yet": (
        seen(quarantined(), quarantined(9), quarantined(), "bbb"), Wait, "there is no primary"),
    "started replica, and the named one follows its successor": (
        seen(quarantined(), replica("c"), PROMOTED, "bbb"), Follow, "c"),
    "started replica, and the named one was restarted and replaced": (
        seen(quarantined(), quarantined(9), PROMOTED, "bbb"), Wait, "b, which"),
    "started replica, and the named one follows another replica": (
        seen(quarantined(), replica("c"), replica("b"), "bbb"), Wait, "there is no primary"),
    "started replica stands in": (seen(quarantined(9), quarantined(0), quarantined(8), "bbb"), SetEligible, "lost its data"),
    "started replica was chosen": (
        seen(quarantined(9), None, None, "bb-", members=CHOSEN, gone=frozenset("b")), SetEligible, "chose it"),
    "started replica that was chosen is promoted": (
        seen(quarantined(9, eligible=True), None, None, "bb-", members=CHOSEN, gone=frozenset("b")), ForceFailover, "chose"),
    "started replica that is loading": (seen(quarantined(None), primary(), replica("b"), "bbb"), Wait, "loading"),
    "old primary that restarts after its failover": (seen(quarantined(9), PROMOTED, replica("b"), "bbb"), Follow, "b"),
    "two Sentinels disagree": (seen(quarantined(), primary(), None, "ab-"), Wait, "no two"),
    "three Sentinels disagree": (seen(quarantined(), primary(), primary(), "abc"), Wait, "no two"),
    "one Sentinel answers": (seen(quarantined(), primary(), None, "b--"), Wait, "no two"),
    "Sentinels name an address of no member": (seen(quarantined(), primary(), None, "xxx"), Wait, "no two"),
    # Quarantined, and this one is named.
    "empty primary that restarts, its replicas are fresh": (
        seen(quarantined(0), replica("a", **CUT_OFF), replica("a", **CUT_OFF), "aaa"), ForceFailover, "b has its data"),
    "primary that restarts with data, its replicas are fresh": (
        seen(quarantined(9), replica("a", **CUT_OFF), replica("a", **CUT_OFF), "aaa"), ForceFailover, ""),
    "primary that restarts so fast that the link was not seen down": (
        seen(quarantined(9), replica("a"), replica("a"), "aaa"), ForceFailover, ""),
    "primary that restarts, its fresh replicas are empty as they should be": (
        seen(quarantined(9), replica("a", keys=0, **CUT_OFF), None, "aaa"), ForceFailover, ""),
    "primary that handed over and restarts before Sentinels have heard": (
        seen(quarantined(9), PROMOTED, replica("a", **CUT_OFF), "aaa", stable_seconds=1), Wait, "b is a primary"),
    "primary that restarts while it is loading": (seen(quarantined(None), replica("a", **CUT_OFF), None, "aaa"), Wait, "loading"),
    "all were down, the primary is back with data": (seen(quarantined(9), quarantined(9), quarantined(9), "aaa"), Resume, "last primary"),
    "all were down, the replicas follow already": (
        seen(quarantined(9), replica("a", **NOT_LINKED), replica("a", **NOT_LINKED), "aaa"), Resume, ""),
    "all were down, nobody else runs yet": (seen(quarantined(9), None, None, "aa-", gone=frozenset("bc"), stable_seconds=0), Resume, ""),
    "all were down, one does not answer yet": (seen(quarantined(9), quarantined(), None, "aa-", stable_seconds=1), Wait, "c does not"),
    "all were down, one does not answer for long": (seen(quarantined(9), quarantined(), None, "aa-", stable_seconds=3), Resume, ""),
    "all were down, the primary's disk was emptied": (seen(quarantined(0), quarantined(9), quarantined(8), "aaa"), ForceFailover, "lost"),
    "all were down, the primary is empty and one is loading": (
        seen(quarantined(0), quarantined(None), quarantined(0), "aaa"), Wait, "not all others"),
    "all were down, the primary is empty and one is missing": (
        seen(quarantined(0), quarantined(0), None, "aaa", gone=frozenset("c")), Wait, "not all others"),
    "all were down, and one Sentinel knows of a later failover": (
        seen(quarantined(9), quarantined(9), quarantined(9), votes("aab", epochs=(1, 1, 2)), stable_seconds=1), Wait, "failover, to b"),
    "all were down, and one Sentinel knows of an earlier failover": (
        seen(quarantined(9), quarantined(9), quarantined(9), votes("aab", epochs=(2, 2, 1)), stable_seconds=1), Resume, ""),
    "all were down, and one Sentinel keeps its later failover for itself": (
        seen(quarantined(9), quarantined(9), quarantined(9), votes("aab", epochs=(1, 1, 2)), stable_seconds=7), Resume, ""),
    "first start": (seen(quarantined(0), quarantined(0), quarantined(0), "aaa", stable_seconds=0), Resume, "all members are empty"),
    "first start, a replica follows already": (
        seen(quarantined(0), replica("a", **NOT_LINKED, keys=0), quarantined(0), "aaa"), Resume, ""),
    "primary that restarts after its failover, of which Sentinels have yet to hear": (
        seen(quarantined(9), PROMOTED, replica("a", **NOT_LINKED), "aaa", stable_seconds=1), Wait, "b is a primary"),
    "primary that restarts beside one that Sentinels do not name for long": (
        seen(quarantined(9), primary(OTHER), replica("a", **NOT_LINKED), "aaa", stable_seconds=7), Resume, ""),
    # Primary.
    "primary that is named": (seen(primary(), replica("a"), replica("a"), "aaa"), Wait, "is the primary"),
    "primary that nobody else reaches": (seen(primary(), None, None, "a--"), Wait, "is the primary"),
    "old primary that returns": (seen(primary(), PROMOTED, replica("b"), "bbb"), StepDown, "b"),
    "old primary that returns, its own Sentinel has yet to hear": (seen(primary(), PROMOTED, replica("b"), "abb"), StepDown, "b"),
    "old primary that returns to a history of later": (seen(primary(), primary(OTHER, replid2=NEW), None, "bbb"), StepDown, "b"),
    "old primary that returns at the moment of the promotion": (
        seen(primary(), PROMOTED, None, votes("aaa", b="failover_in_progress"), stable_seconds=0), StepDown, "in place of this one"),
    "old primary that returns, one Sentinel has heard": (seen(primary(), PROMOTED, replica("b"), "aba"), StepDown, "b"),
    "primary of whose successor no Sentinel knows": (seen(primary(), PROMOTED, None, "aaa"), Wait, ""),
    "primary that two Sentinels name, and one names a primary of another history": (
        seen(primary(), primary(OTHER), None, "ab-"), Wait, "is the primary"),
    "primary whose named successor is no primary": (seen(primary(), replica("a"), replica("a"), "bbb"), Wait, "no primary"),
    "primary whose named successor does not answer": (seen(primary(), None, replica("a"), "bbb"), Wait, "no primary"),
    "promoted a moment ago, Sentinels name the old one, which is dead": (
        seen(PROMOTED, None, replica("a"), "bbb", stable_seconds=0.3), Wait, ""),
    "promoted a moment ago, Sentinels name the old one, which lives": (
        seen(PROMOTED, primary(), replica("b"), "bbb", stable_seconds=0.3), Wait, "have yet to hear"),
    "promotion that Sentinels gave up": (seen(PROMOTED, primary(), replica("b"), "bbb", stable_seconds=6.1), StepDown, "b"),
    "primary that never was promoted beside the one that is named": (
        seen(primary(OTHER), primary(), replica("b"), "bbb", stable_seconds=0), StepDown, "b"),
    "primary while Sentinels disagree": (seen(primary(), PROMOTED, None, "a-c"), Wait, ""),
    # Replica.
    "replica in sync becomes eligible": (seen(replica("b", eligible=False), primary(), replica("b"), "bbb"), SetEligible, "in sync"),
    "replica in sync becomes eligible without Sentinels": (seen(replica("b", eligible=False), primary(), None, "---"), SetEligible, ""),
    "replica that receives a full copy": (
        seen(replica("b", eligible=False, syncing=True), primary(), replica("b"), "bbb"), Wait, "full copy"),
    "replica in sync": (seen(replica("b"), primary(), replica("b"), "bbb"), Wait, "in sync"),
    "sibling was promoted": (seen(replica("b", **CUT_OFF), None, PROMOTED, "bbb"), Follow, "c"),
    "sibling was promoted, the old primary is back": (seen(replica("b", **CUT_OFF), quarantined(), PROMOTED, "bbb"), Follow, "c"),
    "sibling was promoted, the old primary has stepped down and forwards": (
        seen(replica("b"), replica("c"), PROMOTED, "bbb"), Follow, "c"),
    "sibling was promoted, the old primary forwards its history": (
        seen(replica("b", replid=NEW), replica("c", replid=NEW), PROMOTED, "bbb"), Follow, "c"),
    "sibling was promoted, the old primary lives": (seen(replica("b", **CUT_OFF), primary(), PROMOTED, "bbb"), Wait, ""),
    "sibling was promoted, the link to the old primary holds": (seen(replica("b"), None, PROMOTED, "bbb"), Wait, "in sync"),
    "sibling is a primary of another history": (
        seen(replica("b", **CUT_OFF), None, primary(OTHER, replid2=NEW), "bbb"), Wait, "link"),
    "sibling is the primary, by its Sentinels too": (seen(replica("b", **CUT_OFF), None, primary(OTHER), "ccc"), Follow, "c"),
    "replica of a stranger": (seen(replica("x", **CUT_OFF), primary(OTHER), None, "bbb", stable_seconds=0), Follow, "b"),
    "replica whose promoted primary is silent for a moment": (
        seen(replica("c", **CUT_OFF, replid=NEW), primary(), None, "bbb", stable_seconds=0.5), Wait, ""),
    "replica of one that follows a primary of another history": (
        seen(replica("b", **CUT_OFF), replica("c"), primary(OTHER), "ccc", stable_seconds=0), Follow, "c"),
    "replica of one that is no primary, while nobody is named": (
        seen(replica("b", **CUT_OFF), quarantined(), primary(OTHER), "abc"), Wait, "link"),
    "replica without a primary waits for Sentinels": (
        seen(replica("b", **CUT_OFF), None, replica("b", **CUT_OFF), "bbb"), Wait, "no primary"),
    "replica that is named": (seen(replica("b", **CUT_OFF), None, None, "aaa"), Wait, "told to follow"),
    # Standing in for a primary that lost its data.
    "fullest replica stands in": (
        seen(replica("b", **NOT_LINKED, keys=9), quarantined(0), replica("b", **NOT_LINKED, keys=8), "bbb"), SetEligible, "lost its data"),
    "fuller one is there": (
        seen(replica("b", **NOT_LINKED, keys=8), quarantined(0), replica("b", **NOT_LINKED, keys=9), "bbb"), Wait, ""),
    "equally full, and the name decides": (
        seen(replica("b", **NOT_LINKED, keys=9), quarantined(0), replica("b", **NOT_LINKED, keys=9), "bbb"), Wait, ""),
    "third may have more, and is missing": (seen(replica("b", **NOT_LINKED, keys=9), quarantined(0), None, "bbb"), Wait, ""),
    "third may have more, and is loading": (
        seen(replica("b", **NOT_LINKED, keys=9), quarantined(0), quarantined(None), "bbb"), Wait, ""),
    "third is eligible": (seen(replica("b", **NOT_LINKED), quarantined(0), replica("b", **CUT_OFF, keys=1), "bbb"), Wait, ""),
    "primary is loading": (seen(replica("b", **NOT_LINKED, keys=9), quarantined(None), quarantined(0), "bbb"), Wait, ""),
    "primary has data": (seen(replica("b", **NOT_LINKED, keys=9), quarantined(1), quarantined(0), "bbb"), Wait, ""),
    "nothing to stand in with": (seen(replica("b", **NOT_LINKED, keys=0), quarantined(0), quarantined(0), "bbb"), Wait, ""),
    "name decides against having none at all": (
        seen(quarantined(0), quarantined(0), replica("a", **NOT_LINKED, keys=0), "aaa", me="c"), Wait, ""),
    "stands in already": (
        seen(replica("b", **CUT_OFF, keys=9), quarantined(0), replica("b", **NOT_LINKED, keys=8), "bbb"), Wait, "no primary"),
    "empty primary follows another one": (
        seen(replica("b", **NOT_LINKED, keys=9), replica("c", **NOT_LINKED, keys=0), quarantined(0), "bbb"), Wait, "no primary"),
    "founder is empty, and what others have is old": (
        seen(replica("b", **NOT_LINKED, keys=9), quarantined(0), quarantined(0), "bbb", members=OTHER_FOUNDER), Wait, ""),
    # The owner of the instance chose a member.
    "chosen one becomes eligible": (seen(replica("b", **NOT_LINKED), None, None, "bb-", members=CHOSEN), SetEligible, "chose it"),
    "chosen one is promoted": (seen(replica("b", **CUT_OFF), None, None, "bb-", members=CHOSEN), ForceFailover, "chose"),
    "other one than the chosen": (seen(replica("c", **CUT_OFF), None, None, "cc-", members=OTHER_CHOSEN), SetEligible, "chose b"),
    "chosen one while nobody is named": (seen(replica("b", **NOT_LINKED), None, None, "ab-", members=CHOSEN), Wait, "link"),
    "other one than the chosen, which is not eligible": (
        seen(replica("c", **NOT_LINKED), None, None, "cc-", members=OTHER_CHOSEN), Wait, "no primary"),
    "other one than the chosen stands in for nobody": (
        seen(replica("b", **NOT_LINKED, keys=9), quarantined(0), quarantined(0), "bbb", members=OTHER_CHOSEN), Wait, "no primary"),
    "chosen one while there is a primary": (seen(replica("b", **CUT_OFF), primary(), None, "bb-", members=CHOSEN), Wait, ""),
    "chosen one that is named has lost its data": (seen(quarantined(0), quarantined(9), None, "aa-", members=CHOSEN), Resume, "chose"),
    "chosen one restarts, and its replicas are fresh": (
        seen(quarantined(9), replica("a", **CUT_OFF), None, "aaa", members=CHOSEN), ForceFailover, ""),
    "named one is back when another was chosen": (seen(quarantined(9), quarantined(9), None, "aa-", members=OTHER_CHOSEN), Wait, "b"),
    # One member becomes three.
    "founder resumes": (seen(quarantined(9), quarantined(99), None, "aa-", members=FOUNDER, stable_seconds=0), Resume, ""),
    "founder resumes without data": (seen(quarantined(0), quarantined(99), None, "aa-", members=FOUNDER), Resume, "instance's"),
    "founder restarts once more": (seen(quarantined(0), replica("a", **CUT_OFF), None, "aaa", members=FOUNDER), ForceFailover, ""),
    "other one than the founder is named": (seen(quarantined(9), None, None, "aaa", members=OTHER_FOUNDER), Wait, "b shall be"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_observation_leads_to_action(name: str) -> None:
    observation, action, text = CASES[name]
    decided = decide(observation)
    assert type(decided) is action, decided
    assert text in f"{getattr(decided, 'member', '')} {decided.reason}"


def test_chosen_member_loses_its_eligibility_to_nobody() -> None:
    assert decide(CASES["other one than the chosen"][0]) == SetEligible(False, "the owner of the instance chose b")
    assert decide(CASES["fullest replica stands in"][0]).eligible is True  # type: ignore[union-attr]
