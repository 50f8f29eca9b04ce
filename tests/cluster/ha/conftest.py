"""The operator in a cluster of three nodes, and instances of three members, which tests share."""

import secrets
from collections.abc import Callable, Generator, Iterator

import pytest

from tests.cluster.ha import nodes
from tests.cluster.ha.instance import HaInstance
from tests.cluster.ha.planned import OTHER_VERSION
from tests.cluster.usage import manifests
from tests.cluster.usage.installation import Operator
from tests.harness.cluster import Namespace
from tests.harness.images import again, in_cluster
from tests.harness.objects import Objects
from tests.harness.objects import objects as objects_of_the_cluster


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the state of the members to a failure."""
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        for instance in (value for value in item.funcargs.values() if isinstance(value, HaInstance)):
            lines = [f"{name}: {member}" for name, member in instance.reports().items()]
            report.sections.append((f"members of {instance.name}", "\n".join(lines)))
            report.sections.append(("pods", instance.kubectl("get", "pods", "--output=wide")))
    return report


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured."""
    reports = [report for report in terminalreporter.getreports("passed") if report.user_properties]
    if reports:
        terminalreporter.section("measured")
    for report in reports:
        figures = ", ".join(f"{name} {value}" for name, value in report.user_properties)
        terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {figures}")


@pytest.fixture(scope="session")
def objects() -> Objects:
    """The objects of the cluster, which must have three nodes: a fault of one must leave a majority."""
    assert len(nodes.names()) >= 3, "these tests need a cluster of three nodes; run them by `make test-ha`"
    return objects_of_the_cluster()


@pytest.fixture(scope="session")
def operator(objects: Objects, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """The operator, installed from this working copy, and uninstalled in the end."""
    images = {component: in_cluster(component) for component in ("operator", "sidecar")}
    again(f"localhost/redis:{OTHER_VERSION}", like="localhost/redis:8")
    operator = Operator(objects, tmp_path_factory.mktemp("overlay"))
    try:
        operator.install(images)
        yield operator
    finally:
        operator.uninstall()


@pytest.fixture(scope="session")
def namespace(operator: Operator) -> Iterator[Namespace]:
    """A namespace with restricted pods only, removed afterwards."""
    del operator
    cluster = Namespace(f"ha-{secrets.token_hex(3)}")
    cluster.apply(manifests.namespace(cluster.name))
    try:
        yield cluster
    finally:
        cluster("delete", "redishttpinstances", "--all", "--timeout=55s")
        cluster("delete", "namespace", cluster.name, "--wait=false")


@pytest.fixture(scope="session")
def create(namespace: Namespace, objects: Objects) -> Callable[..., HaInstance]:
    """Creates an instance of three members with these fields of `spec`, and waits until it could lose one."""

    def created(name: str, **spec: object) -> HaInstance:
        fields: dict[str, object] = {"replicas": 3, "networkPolicy": {"enabled": False}, **spec}
        namespace.apply(manifests.instance(name, **fields))
        instance = HaInstance(name, namespace, objects)
        instance.wait_until_ready()
        return instance

    return created


@pytest.fixture(scope="session")
def cache(create: Callable[..., HaInstance]) -> HaInstance:
    """An instance that the tests share; each leaves it whole."""
    return create("cache")


@pytest.fixture(scope="module")
def without_operator(operator: Operator, cache: HaInstance) -> Iterator[None]:
    """No operator runs while an instance has to help itself."""
    cache.wait_until_settled()
    with operator.stopped():
        yield
