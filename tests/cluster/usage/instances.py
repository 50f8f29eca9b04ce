"""Instances as their owners have them: a manifest in a namespace, a URL in a status, a key in a Secret."""

import base64
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from kuberedis_core.crd.names import password_secret_name, secret_name
from tests.harness.cluster import READY_SECONDS, Namespace
from tests.harness.objects import Body, Objects
from tests.harness.waiting import wait_until

SOON_SECONDS = 10
"""How long a change of a running instance may take on a busy machine."""

Measured = Callable[[str, object], None]
"""pytest's `record_property`; what it is given is printed at the end."""


class Ingress(httpx.HTTPTransport):
    """Connects every host name to the ingress controller of the cluster, as DNS would.

    Args:
        certificate: path of the CA certificate to trust, None for plain HTTP.
    """

    def __init__(self, certificate: str | None = None) -> None:
        context = ssl.create_default_context(cafile=certificate) if certificate else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        super().__init__(verify=context)
        self._address = httpx.URL(os.environ["TESTCLUSTER_INGRESS_URL"]).host

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`, whose header Host stays."""
        request.extensions = {**request.extensions, "sni_hostname": request.url.host}
        request.url = request.url.copy_with(host=self._address)
        return super().handle_request(request)


@dataclass(frozen=True)
class Instance:
    """One instance of a tenant."""

    name: str
    namespace: str
    objects: Objects

    @property
    def url(self) -> str:
        """URL in its status; it is missing until an ingress controller has accepted the route."""
        found: str = wait_until(
            lambda: self.body().get("status", {}).get("url", ""), limit_seconds=SOON_SECONDS, what=f"a URL of {self.name}"
        )
        return found

    @property
    def api_key(self) -> str:
        """The key in its Secret."""
        return self._in_secret(secret_name(self.name), "api_key")

    @property
    def redis_password(self) -> str:
        """The password of its Redis."""
        return self._in_secret(password_secret_name(self.name), "password")

    @property
    def pod_ip(self) -> str:
        """The address of its pod."""
        return str(self.pod()["status"]["podIP"])

    def body(self) -> Body:
        """The resource."""
        body = self.objects.get("RedisHttpInstance", self.namespace, self.name)
        assert body is not None, f"there is no instance {self.name}"
        return body

    def pod(self) -> Body:
        """Its pod."""
        pod = self.objects.get("Pod", self.namespace, f"{self.name}-0")
        assert pod is not None, f"there is no pod {self.name}-0"
        return pod

    def pod_uid(self) -> str:
        """The uid of its pod, empty while there is none."""
        pod = self.objects.get("Pod", self.namespace, f"{self.name}-0")
        return str(pod["metadata"]["uid"]) if pod is not None else ""

    def lives(self) -> tuple[str, int]:
        """What changes when a container of it restarts or its pod is replaced: the pod's uid and the number of restarts."""
        pod = self.pod()
        return pod["metadata"]["uid"], sum(status["restartCount"] for status in pod["status"]["containerStatuses"])

    def condition(self, type_: str) -> Body:
        """A condition of its status, judged of the newest spec; empty while there is none."""
        body = self.body()
        conditions = body.get("status", {}).get("conditions", ())
        found = (each for each in conditions if each["type"] == type_ and each["observedGeneration"] == body["metadata"]["generation"])
        return next(found, {})

    def wait_for_condition(self, type_: str, reason: str, *, limit_seconds: float = SOON_SECONDS) -> Body:
        """The condition, once it has that reason."""
        wait_until(
            lambda: self.condition(type_).get("reason") == reason,
            limit_seconds=limit_seconds,
            what=f"{self.name} with {type_} for {reason}",
        )
        return self.condition(type_)

    def wait_until_serving(self, *, ingress_seconds: float = SOON_SECONDS) -> "Instance":
        """Wait until it is ready and, so much later at most, answers through the ingress."""
        self.wait_for_condition("Ready", "Serving", limit_seconds=READY_SECONDS)
        with self.client() as http:
            wait_until(lambda: http.get("/ping").status_code == 200, limit_seconds=ingress_seconds, what=f"an answer of {self.name}")
        return self

    def client(self, bearer: str | None = None, certificate: str | None = None, url: str | None = None) -> httpx.Client:
        """An HTTP client with the URL of the instance as its base.

        Args:
            bearer: credential, by default the instance key.
            certificate: path of the CA certificate, for HTTPS.
            url: base URL, by default that in its status.
        """
        headers = {"Authorization": f"Bearer {bearer or self.api_key}"}
        return httpx.Client(base_url=url or self.url, headers=headers, timeout=30, transport=Ingress(certificate), trust_env=False)

    def redis_cli(self, *command: str) -> list[str]:
        """The lines that `redis-cli` prints for a command, run in the container of Redis."""
        login = ("env", f"REDISCLI_AUTH={self.redis_password}", "redis-cli")
        kubectl = Namespace(self.namespace)
        return kubectl("exec", f"{self.name}-0", "--container=redis", "--", *login, *command).splitlines()

    def _in_secret(self, name: str, member: str) -> str:
        secret = self.objects.get("Secret", self.namespace, name)
        assert secret is not None, f"there is no Secret {name}"
        return base64.b64decode(secret["data"][member]).decode()

    def status_of(self, bearer: str) -> int:
        """The status code that a request with this credential gets."""
        with self.client(bearer) as http:
            return http.get("/ping").status_code


@dataclass(frozen=True)
class Tenant:
    """A user of one namespace, by kubectl."""

    kubectl: Namespace
    objects: Objects

    @property
    def namespace(self) -> str:
        """Its name."""
        return self.kubectl.name

    def instance(self, name: str) -> Instance:
        """An instance of this namespace, which need not exist yet."""
        return Instance(name, self.namespace, self.objects)

    def delete(self) -> None:
        """Delete the instances, and have the namespace deleted, which may take until the grace period of the last pod ends."""
        self.kubectl("delete", "redishttpinstances", "--all", "--timeout=55s")
        self.kubectl("delete", "namespace", self.namespace, "--wait=false")

    def change(self, name: str, **spec: Any) -> None:
        """`kubectl patch` the spec of an instance."""
        self.kubectl.patch("redishttpinstance", name, {"spec": spec})

    def redis_cli(self, name: str, *command: str) -> list[str]:
        """The lines that `redis-cli` prints for a command, run in the container of Redis."""
        return self.instance(name).redis_cli(*command)

    def events(self, name: str, reason: str) -> list[str]:
        """The notes of the Events about an instance with this reason."""
        return [
            event["note"]
            for event in self.objects.list("Event", self.namespace)
            if event["regarding"]["name"] == name and event["reason"] == reason
        ]
