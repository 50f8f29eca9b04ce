"""A highly available instance, as its members report it, and the writers and probes that tests have for it."""

import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

import httpx
import redis

from kuberedis_core.crd.ports import SIDECAR_PORT
from kuberedis_core.member_report import REPORT_PATH, MemberReport
from kuberedis_core.member_report import load as load_report
from tests.cluster.ha.containers import ask_redis, replication_info
from tests.cluster.ha.writers import Record, Target, writers
from tests.cluster.usage.instances import Instance
from tests.harness.cluster import Namespace
from tests.harness.objects import Body, Objects
from tests.harness.waiting import wait_until

MEMBERS = 3
INGRESS = "ingress"
"""The name of a target of writers: the ingress controller, as clients outside the cluster use it."""

SETTLED_SECONDS = 120
"""A limit, not an expectation: Sentinel hears of a new replica within ten seconds, and the kubelet waits longer before each restart."""
INGRESS_SECONDS = 20.0
_REPORT_SECONDS = 1.0
_CONNECT_SECONDS = 2.0
_POLL_SECONDS = 0.2
_SERVING_ROLE = "master"


@dataclass(frozen=True)
class HaInstance:
    """One instance of three members."""

    name: str
    kubectl: Namespace
    objects: Objects

    @cached_property
    def _instance(self) -> Instance:
        return Instance(self.name, self.kubectl.name, self.objects)

    @cached_property
    def path(self) -> str:
        """The path that all of its URLs begin with."""
        return urlsplit(self._instance.url).path

    @property
    def api_key(self) -> str:
        """Its present key; one that was rotated twice is no longer valid."""
        return self._instance.api_key

    @property
    def names(self) -> list[str]:
        """The names of its members."""
        return [f"{self.name}-{ordinal}" for ordinal in range(MEMBERS)]

    def body(self) -> Body:
        """The resource."""
        return self._instance.body()

    def change(self, **spec: object) -> None:
        """`kubectl patch` its spec."""
        self.kubectl.patch("redishttpinstance", self.name, {"spec": spec})

    def annotate(self, annotation: str) -> None:
        """Request something by an annotation with a new text."""
        self.kubectl("annotate", "redishttpinstance", self.name, f"{annotation}={secrets.token_hex(4)}", "--overwrite")

    def pod(self, member: str) -> Body:
        """The pod of a member.

        Raises:
            LookupError: There is none.
        """
        pod = self.objects.get("Pod", self.kubectl.name, member)
        if pod is None:
            raise LookupError(f"there is no pod {member}")
        return pod

    def pods(self) -> dict[str, Body]:
        """The pods that there are, by name."""
        found = {name: self.objects.get("Pod", self.kubectl.name, name) for name in self.names}
        return {name: pod for name, pod in found.items() if pod is not None}

    def node_of(self, member: str) -> str:
        """The node of a member."""
        return str(self.pod(member)["spec"]["nodeName"])

    def target(self, name: str) -> Target | None:
        """Where writers reach a member, or the ingress controller; None while it has no address."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        if name == INGRESS:
            url = os.environ["TESTCLUSTER_INGRESS_URL"]
            return Target(f"{url}{self.path}", {**headers, "Host": urlsplit(self._instance.url).netloc})
        pod = self.objects.get("Pod", self.kubectl.name, name) or {}
        address = pod.get("status", {}).get("podIP")
        return Target(f"http://{address}:{SIDECAR_PORT}{self.path}", headers) if address else None

    @contextmanager
    def writers(self, *targets: str) -> Iterator[Record]:
        """Have writers at these targets, by default at each member, that all have written before the block begins."""
        wanted = list(targets) or self.names
        with writers(wanted, self.target, prefix=secrets.token_hex(4)) as record:
            record.wait_for_acknowledgements(*wanted)
            yield record

    def report(self, member: str) -> MemberReport | None:
        """What a member says of itself; None if it does not answer."""
        target = self.target(member)
        if target is None:
            return None
        with suppress(httpx.HTTPError, ValueError):
            origin = target.url.removesuffix(self.path)
            return load_report(httpx.get(f"{origin}{REPORT_PATH}", timeout=_REPORT_SECONDS, trust_env=False).raise_for_status().text)
        return None

    def reports(self) -> dict[str, MemberReport]:
        """The reports of the members that answer."""
        found = {name: self.report(name) for name in self.names}
        return {name: report for name, report in found.items() if report is not None}

    def wait_until_ready(self) -> None:
        """Wait until it serves, through the ingress as well, and could lose a member."""
        self._instance.wait_until_serving(ingress_seconds=INGRESS_SECONDS)
        self.wait_until_settled()

    def why_not_settled(self) -> str:
        """What keeps the instance from surviving a fault right now; empty if nothing does."""
        return why_not_settled(self.reports())

    def wait_until_settled(self, *, limit_seconds: float = SETTLED_SECONDS) -> str:
        """Wait until all members are in sync and eligible everywhere, and return the name of the primary.

        Raises:
            TimeoutError: The message says what is missing.
        """
        try:
            wait_until(lambda: not self.why_not_settled(), limit_seconds=limit_seconds, every_seconds=_POLL_SECONDS)
        except TimeoutError:
            raise TimeoutError(f"{self.name} has not settled within {limit_seconds} s: {self.why_not_settled()}") from None
        return self.primary()

    def primary(self) -> str:
        """The name of the member that says that it is the primary.

        Raises:
            LookupError: None does, or several do.
        """
        found = [name for name, report in self.reports().items() if report.role == "primary"]
        if len(found) != 1:
            raise LookupError(f"{self.name} has {len(found)} primaries: {found}")
        return found[0]

    def replicas(self) -> list[str]:
        """The names of the others."""
        primary = self.primary()
        return [name for name in self.names if name != primary]

    def switch_over(self) -> None:
        """Have the primary hand its role over to another member, as `kuberedis switchover` does."""
        self.kubectl("exec", self.primary(), "--container=sidecar", "--", "kuberedis-sidecar", "switchover")
        self.wait_until_settled()

    def primary_away_from(self, node: str) -> str:
        """Have the primary on another node, and return its name."""
        primary = self.wait_until_settled()
        if self.node_of(primary) == node:
            self.switch_over()
            primary = self.primary()
        assert self.node_of(primary) != node, f"two members of {self.name} are on {node}"
        return primary

    @property
    def password(self) -> str:
        """The administrator's password at Redis."""
        return self._instance.redis_password

    def role(self, member: str) -> str:
        """The role that a member's Redis has by itself, `master` or `slave`; empty if it does not answer."""
        with suppress(LookupError, OSError, redis.RedisError):
            return str(replication_info(self.pod(member), self.password)["role"])
        return ""

    def wait_until_reachable(self, member: str) -> None:
        """Wait until a connection to a member's sidecar is accepted.

        A node asks for the address of its router once a second (arp(7)), so that its packets may go nowhere for that long after its link is
        up.
        """
        host = self.pod(member)["status"]["podIP"]

        def accepted() -> bool:
            with suppress(OSError), socket.create_connection((host, SIDECAR_PORT), timeout=_CONNECT_SECONDS):
                return True
            return False

        wait_until(accepted, limit_seconds=SETTLED_SECONDS, what=f"a connection to {member}")

    def demotion(self, member: str, *, limit_seconds: float = 30) -> Callable[[], float]:
        """What waits until a member's Redis is no primary any more, and returns how many seconds after its call that was."""
        pod, password = self.pod(member), self.password

        def demoted() -> bool:
            with suppress(LookupError, OSError, redis.RedisError):
                return str(replication_info(pod, password)["role"]) != _SERVING_ROLE
            return False

        def wait() -> float:
            began = time.monotonic()
            wait_until(demoted, limit_seconds=limit_seconds, what=f"{member} a replica")
            return time.monotonic() - began

        return wait

    def redis(self, member: str, *command: str) -> object:
        """The reply of a member's Redis to a command of the administrator."""
        return ask_redis(self.pod(member), self.password, *command)

    def restarts(self) -> dict[str, tuple[str, Mapping[str, int]]]:
        """For each member the uid of its pod and the restarts of each container."""
        return {
            name: (pod["metadata"]["uid"], {each["name"]: each["restartCount"] for each in pod["status"].get("containerStatuses") or ()})
            for name, pod in self.pods().items()
        }


def why_not_settled(reports: Mapping[str, MemberReport]) -> str:
    """What in these reports keeps an instance from surviving a fault; empty if nothing does."""
    if len(reports) < MEMBERS:
        return f"only {', '.join(reports) or 'nobody'} answers"
    primaries = [name for name, report in reports.items() if report.role == "primary"]
    if len(primaries) != 1:
        return f"primaries: {primaries}"
    for name, report in reports.items():
        problems = _problems(report, primaries[0])
        if problems:
            return f"{name}: {', '.join(problems)}"
    return ""


def _problems(report: MemberReport, primary: str) -> list[str]:
    sentinel = report.sentinel
    unfit = sorted(name for name, view in sentinel.replicas.items() if view.down or not view.eligible)
    checks = {
        f"follows {report.primary}": report.primary == primary,
        "not linked": report.linked,
        "not in sync": report.in_sync,
        "not eligible": report.eligible or report.role == "primary",
        "switching over": not report.switching_over,
        "Sentinel is down": sentinel.up,
        f"its Sentinel takes {sentinel.primary} for the primary": sentinel.primary == primary,
        "its Sentinel has no quorum": sentinel.has_quorum,
        f"its Sentinel knows {sorted(sentinel.replicas)} only": len(sentinel.replicas) == MEMBERS - 1,
        f"its Sentinel would not promote {unfit}": not unfit,
    }
    return [problem for problem, fine in checks.items() if not fine]
