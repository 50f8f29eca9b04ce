"""What owners and administrators of an instance do on purpose, while writers write. The operator does it, and no client notices."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import redis

from kuberedis_core.crd.names import RESTART, ROTATE_CA, ROTATE_KEY, tls_secret_name
from kuberedis_core.member_report import CertificatesReport
from tests.cluster.ha.containers import ask_redis
from tests.cluster.ha.faults import Effect
from tests.cluster.ha.instance import HaInstance
from tests.cluster.ha.writers import Record
from tests.cluster.usage.installation import DEPLOYMENT, NAMESPACE
from tests.harness.kubectl import Kubectl
from tests.harness.waiting import wait_until

OTHER_VERSION = "8.0"
"""Another image of the same Redis as version 8, so that it can read its files."""

RESTARTS = "restarts of containers"
FULL_SYNCS = "full resyncs"
_ROLLED_SECONDS = 300
_ROTATED_SECONDS = 180
_EVERY_SECONDS = 0.5


def restart(instance: HaInstance, _: Record) -> Effect:
    """`kuberedis restart`: every pod is replaced, as by an upgrade of an image."""
    with _all_replaced(instance):
        instance.annotate(RESTART)
    return Effect()


def change_start_only_setting(instance: HaInstance, _: Record) -> Effect:
    """A setting that Redis reads at its start."""
    backlog = "512" if instance.body()["spec"].get("config", {}).get("tcp-backlog") != "512" else "511"
    with _all_replaced(instance):
        instance.change(config={"tcp-backlog": backlog})
    return Effect()


def change_live_setting(instance: HaInstance, _: Record) -> Effect:
    """A setting that Redis takes while it runs."""
    value = "20" if instance.redis(instance.primary(), "CONFIG", "GET", "hz") != {"hz": "20"} else "10"
    figures: dict[str, float] = {}
    with _undisturbed(instance, figures):
        instance.change(config={"hz": value})
        wait_until(
            lambda: all(instance.redis(name, "CONFIG", "GET", "hz") == {"hz": value} for name in instance.names),
            limit_seconds=_ROTATED_SECONDS,
            every_seconds=_EVERY_SECONDS,
            what=f"hz {value} at every Redis",
        )
    return Effect(figures=figures)


def change_version(instance: HaInstance, _: Record) -> Effect:
    """Another version of Redis: another image."""
    version = OTHER_VERSION if instance.body()["spec"].get("version") != OTHER_VERSION else "8"
    with _all_replaced(instance):
        instance.change(version=version)
    return Effect()


def upgrade_operator(instance: HaInstance, _: Record) -> Effect:
    """Another pod of the operator, as an upgrade has it."""
    figures: dict[str, float] = {}
    operator = Kubectl(NAMESPACE)
    with _undisturbed(instance, figures):
        operator.out("rollout", "restart", DEPLOYMENT)
        operator.out("rollout", "status", DEPLOYMENT, "--timeout=55s")
    return Effect(figures=figures)


def rotate_passwords(instance: HaInstance, _: Record) -> Effect:
    """`kuberedis rotate`: another key, another administrator's password and another replication password."""
    figures: dict[str, float] = {}
    before = instance.password
    with _undisturbed(instance, figures):
        instance.annotate(ROTATE_KEY)
        wait_until(lambda: instance.password != before, limit_seconds=_ROTATED_SECONDS, every_seconds=_EVERY_SECONDS, what="a new password")
        wait_until(
            lambda: all(_accepts(instance, name) for name in instance.names),
            limit_seconds=_ROTATED_SECONDS,
            every_seconds=_EVERY_SECONDS,
            what="every Redis with the new password",
        )
    return Effect(figures=figures)


def renew_certificates(instance: HaInstance, _: Record) -> Effect:
    """The members' certificates are made again, by the same authority."""
    figures: dict[str, float] = {}
    before = _certificates(instance)
    with _undisturbed(instance, figures):
        instance.kubectl("delete", "secret", tls_secret_name(instance.name))
        wait_until(
            lambda: _are_other(before, _certificates(instance)),
            limit_seconds=_ROTATED_SECONDS,
            every_seconds=_EVERY_SECONDS,
            what="other certificates everywhere",
        )
    return Effect(figures=figures)


def rotate_authority(instance: HaInstance, _: Record) -> Effect:
    """`kuberedis rotate --ca`: another authority and other certificates, until nobody trusts the former one."""
    figures: dict[str, float] = {}
    before = _certificates(instance)
    former = {authority for report in before.values() for authority in report.trusted}
    with _undisturbed(instance, figures):
        instance.annotate(ROTATE_CA)
        wait_until(
            lambda: _are_other(before, _certificates(instance)) and not former & _trusted(instance),
            limit_seconds=_ROLLED_SECONDS,
            every_seconds=_EVERY_SECONDS,
            what="another authority everywhere",
        )
    return Effect(figures=figures)


def scale_down_and_up(instance: HaInstance, record: Record) -> Effect:
    """From three members to one, and back to three."""
    instance.change(replicas=1)
    wait_until(
        lambda: list(instance.pods()) == [instance.names[0]],
        limit_seconds=_ROLLED_SECONDS,
        every_seconds=_EVERY_SECONDS,
        what="one member only",
    )
    record.wait_for_acknowledgements(*{write.target for write in record.writes})
    instance.change(replicas=3)
    return Effect()


@contextmanager
def _all_replaced(instance: HaInstance) -> Iterator[None]:
    before = {uid for uid, _ in instance.restarts().values()}
    yield
    wait_until(
        lambda: len(instance.pods()) == len(instance.names) and not before & {uid for uid, _ in instance.restarts().values()},
        limit_seconds=_ROLLED_SECONDS,
        every_seconds=_EVERY_SECONDS,
        what="other pods",
    )


@contextmanager
def _undisturbed(instance: HaInstance, figures: dict[str, float]) -> Iterator[None]:
    """Count in `figures` what should not happen in the block."""
    lives, syncs = instance.restarts(), _full_syncs(instance)
    yield
    instance.wait_until_settled()
    figures[RESTARTS] = float(sum(instance.restarts()[name] != life for name, life in lives.items()))
    figures[FULL_SYNCS] = float(_full_syncs(instance) - syncs)


def _full_syncs(instance: HaInstance) -> int:
    total = 0
    for name in instance.names:
        stats = instance.redis(name, "INFO", "stats")
        assert isinstance(stats, dict)
        total += int(stats["sync_full"])
    return total


def _accepts(instance: HaInstance, member: str) -> bool:
    with suppress(LookupError, redis.RedisError):
        return bool(ask_redis(instance.pod(member), instance.password, "PING"))
    return False


def _certificates(instance: HaInstance) -> Mapping[str, CertificatesReport]:
    return {name: report.certificates for name, report in instance.reports().items() if report.certificates is not None}


def _trusted(instance: HaInstance) -> set[str]:
    return {authority for report in _certificates(instance).values() for authority in report.trusted}


def _are_other(before: Mapping[str, CertificatesReport], after: Mapping[str, CertificatesReport]) -> bool:
    """Whether every Redis, Sentinel and sidecar of the members presents another certificate than before."""
    return set(after) == set(before) and all(
        {each.redis, each.sentinel, each.client}.isdisjoint({before[name].redis, before[name].sentinel, before[name].client, ""})
        for name, each in after.items()
    )
