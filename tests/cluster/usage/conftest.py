"""The product in a real cluster, installed once for all of these tests, and tenants with instances that they share.

An instance is named after what happens to it. All are applied at once and start side by side; a test waits for those that it uses.
"""

import secrets
from collections.abc import Generator, Iterator

import pytest

from tests.cluster.usage import manifests
from tests.cluster.usage.installation import DEPLOYMENT, NAMESPACE, Operator
from tests.cluster.usage.instances import Tenant
from tests.harness.cluster import Namespace
from tests.harness.images import ROOT, in_cluster
from tests.harness.kubectl import Kubectl
from tests.harness.objects import Objects
from tests.harness.objects import objects as objects_of_the_cluster

SAMPLES = [sample for sample in sorted((ROOT / "config" / "samples").glob("*.yaml")) if sample.name != "ha.yaml"]
"""All but that of three members, which has no room beside them on one node."""

_BLUE = (
    manifests.instance("valkey", version="valkey-8"),
    manifests.instance("provided"),
    manifests.instance("rotated"),
    manifests.instance("killed"),
    manifests.instance("healed"),
    manifests.instance("changed", maxmemory="16Mi"),
    manifests.instance("stuck"),
    manifests.instance("growing", storageClassName="expandable"),
    manifests.instance("kept"),
    manifests.instance("dropped", deletionPolicy="Delete"),
    manifests.instance("contested"),
    manifests.instance("routed", routing="HTTPRoute"),
    manifests.instance("streamed", ingress={"annotations": {"projectcontour.io/response-timeout": "infinity"}}),
    manifests.instance("open", networkPolicy={"enabled": False}),
)
_CLASSES = (
    manifests.storage_class("standard", expandable=True),  # that of the sample tuned.yaml
    manifests.storage_class("expandable", expandable=True),
)
_WITH_FAILURE = {
    "instances": ("get", "redishttpinstances", "--all-namespaces", "--output=wide"),
    "log of the operator": ("logs", DEPLOYMENT, "--tail=200"),
}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the state of the instances and the log of the operator to a failure."""
    report = yield
    if report.failed and isinstance(item, pytest.Function) and "operator" in item.fixturenames:
        for title, command in _WITH_FAILURE.items():
            result = Kubectl(NAMESPACE).run(*command)
            report.sections.append((title, result.stdout + result.stderr))
    return report


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured."""
    measured = [
        f"{report.nodeid.rpartition('::')[2]}: {name} {value}"
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
    ]
    if measured:
        terminalreporter.section("measured")
        for line in measured:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def objects() -> Objects:
    """The objects of the cluster."""
    return objects_of_the_cluster()


@pytest.fixture(scope="session")
def operator(objects: Objects, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """The operator, installed from this working copy, and uninstalled in the end."""
    images = {component: in_cluster(component) for component in ("operator", "sidecar")}
    operator = Operator(objects, tmp_path_factory.mktemp("overlay"))
    try:
        operator.install(images)
        yield operator
    finally:
        operator.uninstall()


@pytest.fixture(scope="session")
def provided_key() -> str:
    """A key in a Secret that exists before its instance."""
    return secrets.token_urlsafe(32)


@pytest.fixture(scope="session")
def blue(operator: Operator, objects: Objects, provided_key: str) -> Iterator[Tenant]:
    """A tenant with the shared instances and the samples."""
    del operator
    blue = Tenant(Namespace(f"usage-blue-{secrets.token_hex(3)}"), objects)
    blue.kubectl.apply(manifests.namespace(blue.namespace), *_CLASSES)
    try:
        blue.kubectl("create", "secret", "generic", "provided-auth", f"--from-literal=api_key={provided_key}")
        blue.kubectl.apply(*_BLUE)
        blue.kubectl("apply", *(f"--filename={sample}" for sample in SAMPLES))
        yield blue
    finally:
        blue.delete()
        blue.kubectl("delete", "storageclass", *(body["metadata"]["name"] for body in _CLASSES))


@pytest.fixture(scope="session")
def green(operator: Operator, objects: Objects) -> Iterator[Tenant]:
    """Another tenant, with an instance of its own."""
    del operator
    green = Tenant(Namespace(f"usage-green-{secrets.token_hex(3)}"), objects)
    green.kubectl.apply(manifests.namespace(green.namespace))
    try:
        green.kubectl.apply(manifests.instance("elsewhere"))
        yield green
    finally:
        green.delete()
