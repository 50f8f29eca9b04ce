"""The walkthrough of the docs and every sample, once routed by Ingress and once by HTTPRoute, with the same manifests."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cluster.usage.installation import Operator
from tests.cluster.usage.instances import SOON_SECONDS, Tenant
from tests.harness.cluster import READY_SECONDS
from tests.harness.documentation import shell_lines
from tests.harness.images import ROOT
from tests.harness.kubectl import Kubectl
from tests.harness.waiting import wait_until

HOST = "redis.example.com"
"""That of the sample tls.yaml."""

_SAMPLES = ("user-session-cache", "page-cache", "orders")


@pytest.fixture(scope="module")
def certificate(blue: Tenant, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for HOST that signs itself, in the Secret that the sample names."""
    folder = tmp_path_factory.mktemp("certificate")
    names = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"]
    command = ["openssl", "req", *kind, *names, "-keyout", "redis.key", "-out", "redis.crt"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    blue.kubectl("create", "secret", "tls", "sessions-tls", f"--cert={folder}/redis.crt", f"--key={folder}/redis.key")
    return folder / "redis.crt"


@pytest.fixture(scope="module", params=["Ingress", "HTTPRoute"])
def routing(request: pytest.FixtureRequest, operator: Operator, blue: Tenant, certificate: Path) -> Iterator[str]:
    """The kind of route that the operator is set to; the instances stay the same."""
    del certificate
    kind: str = request.param
    if kind != "Ingress":
        operator.set(ROUTING=kind)
    wait_until(lambda: routed(blue, kind) >= set(_SAMPLES), limit_seconds=SOON_SECONDS, what=f"routes of kind {kind}")
    yield kind
    if kind != "Ingress":
        operator.set(ROUTING="")


def routed(blue: Tenant, kind: str) -> set[str]:
    """The instances that have a route of this kind."""
    return {body["metadata"]["name"] for body in blue.objects.list(kind, blue.namespace)}


def assert_keeps_values(http: httpx.Client) -> None:
    assert http.post("/keys/user:123", json={"value": "Ada", "ttl_seconds": 60}).json() == {"status": "OK"}
    assert http.get("/keys/user:123").json() == {"key": "user:123", "value": "Ada"}


@pytest.mark.parametrize("name", [*_SAMPLES, "valkey"])
def test_an_instance_answers_at_the_url_in_its_status(routing: str, blue: Tenant, name: str) -> None:
    instance = blue.instance(name).wait_until_serving()
    assert blue.objects.get(routing, blue.namespace, name)
    other = {"Ingress": "HTTPRoute", "HTTPRoute": "Ingress"}[routing]
    wait_until(lambda: blue.objects.get(other, blue.namespace, name) is None, limit_seconds=SOON_SECONDS, what=f"the end of the {other}")
    with instance.client() as http:
        assert_keeps_values(http)


def test_the_sample_with_a_host_of_its_own_answers_there_and_nowhere_else(routing: str, blue: Tenant, certificate: Path) -> None:
    instance = blue.instance("sessions")
    instance.wait_for_condition("Ready", "Serving", limit_seconds=READY_SECONDS)
    assert instance.url == f"https://{HOST}/instances/sessions"
    # A Gateway has the certificates in its listeners, and that of the test cluster is for other names.
    url = instance.url if routing == "Ingress" else instance.url.replace("https", "http")
    with instance.client(certificate=str(certificate), url=url) as http:
        wait_until(lambda: http.get("/ping").status_code == 200, limit_seconds=SOON_SECONDS, what="an answer through the new route")
        assert_keeps_values(http)
    with instance.client(url="http://elsewhere.example.com/instances/sessions") as http:
        assert http.get("/ping").status_code == 404


@pytest.fixture
def checkout(operator: Operator, blue: Tenant, tmp_path: Path) -> Path:
    """A folder as a reader of the docs has it, with the operator's manifests as they were installed, and a kubeconfig for the tenant."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "operator.yaml").write_text(operator.manifests())
    shutil.copytree(ROOT / "config" / "samples", tmp_path / "config" / "samples")
    kubeconfig = tmp_path / "kubeconfig"
    shutil.copy(os.environ["KUBECONFIG"], kubeconfig)
    Kubectl().out("config", "set-context", "--current", f"--namespace={blue.namespace}", "--kubeconfig", str(kubeconfig))
    return tmp_path


def test_the_commands_of_the_docs_work_verbatim(routing: str, checkout: Path, operator: Operator) -> None:
    assert routing
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", "\n".join(documented_commands())],  # noqa: S607
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "HOME": str(checkout), "KUBECONFIG": "kubeconfig"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    # One of them changes a setting.
    operator.wait_until_ready()
    assert done.returncode == 0, done.stderr
    for answer in (
        '{"key":"user:123","value":"Ada"}',
        '{"hash":"cart:7","field":"apples","value":"3"}',
        '[{"result":"OK"},{"result":"1"}]',
        "same\n",
    ):
        assert answer in done.stdout
    assert "error" not in done.stdout


def documented_commands() -> list[str]:
    """The commands for a first instance and those of its API, but for those that build images."""
    return [
        *shell_lines("docs/install/kubernetes.md", "The first instance", without=("docker ", "kind ")),
        *shell_lines("docs/use/rest.md", "Keys and hashes", "Any command", "Bytes"),
    ]


def test_the_table_of_instances_shows_the_essentials(routing: str, blue: Tenant) -> None:
    assert routing
    blue.instance("valkey").wait_until_serving()
    header, *rows = (line.split() for line in blue.kubectl("get", "rhi").splitlines())
    assert header == ["NAME", "READY", "URL", "CAPACITY", "VERSION", "PRIMARY", "IN-SYNC", "AGE"]
    assert [row[:5] for row in rows if row[0] == "valkey"] == [["valkey", "True", blue.instance("valkey").url, "64Mi", "valkey-8"]]


def test_valkey_is_valkey(blue: Tenant) -> None:
    with blue.instance("valkey").wait_until_serving().client() as http:
        assert "server_name:valkey" in http.post("", json=["INFO", "server"]).json()["result"]


def test_pods_meet_the_restricted_standard_that_their_namespaces_enforce(blue: Tenant, operator: Operator) -> None:
    label = "pod-security.kubernetes.io/enforce"
    for kubectl in (blue.kubectl, operator.kubectl):
        namespace = kubectl.get("namespace", kubectl.name)
        assert namespace is not None
        assert namespace["metadata"]["labels"][label] == "restricted"
        result = Kubectl().run("label", "namespace", kubectl.name, f"{label}=restricted", "--overwrite", "--dry-run=server")
        assert "violate" not in result.stderr
