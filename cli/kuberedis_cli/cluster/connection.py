"""The way into a cluster: a kubeconfig, found as kubectl finds it, or the service account of the pod that this runs in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kubernetes.client import ApiClient, Configuration
from kubernetes.client.rest import RESTResponse
from kubernetes.config import (
    KUBE_CONFIG_DEFAULT_LOCATION,
    ConfigException,
    list_kube_config_contexts,
    load_incluster_config,
    load_kube_config,
)
from kubernetes.config.incluster_config import SERVICE_HOST_ENV_NAME

from kuberedis_cli.cluster.failures import ClusterError, explained
from kuberedis_cli.cluster_options import Access

CONNECT_SECONDS = 5
READ_SECONDS = 30
_POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class _PatientClient(ApiClient):
    """The generated client waits for ever unless each call says how long."""

    def call_api(
        self,
        method: Any,
        url: Any,
        header_params: Any = None,
        body: Any = None,
        post_params: Any = None,
        _request_timeout: Any = None,
    ) -> RESTResponse:
        patience = _request_timeout or (CONNECT_SECONDS, READ_SECONDS)
        return super().call_api(method, url, header_params, body, post_params, patience)


@dataclass(frozen=True)
class Cluster:
    """A cluster, and the namespace of it that is meant."""

    api: ApiClient
    namespace: str


@contextmanager
def connected(access: Access) -> Iterator[Cluster]:
    """The cluster that `access` names; nothing is asked of it yet.

    Raises ClusterError for a kubeconfig that cannot be used and, from the body, for every request that fails.
    """
    configuration = Configuration()
    configuration.retries = 1
    namespace = _configure(configuration, access)
    with explained(configuration.host), _PatientClient(configuration) as api:
        yield Cluster(api, access.namespace or namespace)


def _configure(configuration: Configuration, access: Access) -> str:
    """Load credentials; gives the namespace of the context."""
    paths = str(access.kubeconfig or KUBE_CONFIG_DEFAULT_LOCATION)
    try:
        if any(Path(path).expanduser().is_file() for path in paths.split(os.pathsep) if path):
            load_kube_config(paths, access.context, configuration)
            contexts, current = list_kube_config_contexts(paths)
            return _namespace(contexts, access.context or current["name"])
        if access.kubeconfig is None and access.context is None and SERVICE_HOST_ENV_NAME in os.environ:
            load_incluster_config(configuration)
            return _POD_NAMESPACE.read_text(encoding="utf-8").strip()
    except (ConfigException, OSError, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        problem = " ".join(str(error).split()).rstrip(".")
        raise ClusterError(f"the kubeconfig {paths} cannot be used: {problem}; set KUBECONFIG, or use --kubeconfig and --context") from None
    raise ClusterError(f"there is no kubeconfig at {paths}, so no cluster is known; set KUBECONFIG, or use --kubeconfig")


def _namespace(contexts: list[dict[str, Any]], name: str) -> str:
    context = next(entry["context"] for entry in contexts if entry["name"] == name)
    return context.get("namespace") or "default"
