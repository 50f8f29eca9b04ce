"""What the bars of high availability share: the operator in a cluster of three nodes, and instances. The harness is that of the tests."""

import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

from bench.errors import BenchError
from tests.cluster.ha import nodes
from tests.cluster.ha.instance import HaInstance
from tests.cluster.ha.planned import OTHER_VERSION
from tests.cluster.usage import manifests
from tests.cluster.usage.installation import Operator
from tests.harness.cluster import Namespace
from tests.harness.images import again, in_cluster
from tests.harness.kubectl import Kubectl
from tests.harness.objects import Objects, objects

_NODES = 3


class HaStage:
    """A prepared cluster; instances are created when they are first used."""

    def __init__(self, operator: Operator, namespace: Namespace, found: Objects) -> None:
        self._operator = operator
        self._namespace = namespace
        self._objects = found
        self._away = ExitStack()
        self._is_away = False

    @classmethod
    @contextmanager
    def on_cluster(cls, folder: Path) -> Iterator["HaStage"]:
        """Install this working copy in the cluster of KUBECONFIG, and remove at the end what was created there.

        Raises:
            BenchError: The cluster has fewer than three nodes.
        """
        if len(nodes.names()) < _NODES:
            raise BenchError("the cluster has fewer than three nodes")
        operator = Operator(objects(), folder)
        namespace = Namespace(f"bench-ha-{secrets.token_hex(3)}")
        again(f"localhost/redis:{OTHER_VERSION}", like="localhost/redis:8")
        operator.install({component: in_cluster(component) for component in ("operator", "sidecar")})
        namespace.apply(manifests.namespace(namespace.name))
        stage = cls(operator, namespace, objects())
        try:
            yield stage
        finally:
            stage.with_operator()
            namespace("delete", "redishttpinstances", "--all", "--timeout=55s")
            namespace("delete", "namespace", namespace.name, "--wait=false")
            operator.uninstall()

    @cached_property
    def three(self) -> HaInstance:
        """An instance of three members, open to this machine."""
        self.with_operator()
        self._namespace.apply(manifests.instance("three", replicas=3, networkPolicy={"enabled": False}))
        instance = HaInstance("three", self._namespace, self._objects)
        instance.wait_until_ready()
        return instance

    def with_operator(self) -> None:
        """Have the operator run."""
        self._away.close()
        self._is_away = False

    def without_operator(self) -> None:
        """Have no operator run."""
        if not self._is_away:
            self._away.enter_context(self._operator.stopped())
            self._is_away = True

    def version(self) -> str:
        """Version of the API server."""
        return str(json.loads(Kubectl().out("get", "--raw", "/version"))["gitVersion"]).removeprefix("v")
