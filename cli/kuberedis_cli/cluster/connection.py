"""The connection to a cluster: by a kubeconfig, found as kubectl finds it, or as the service account of the pod that this runs in."""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
import yaml
from kubernetes.client import ApiClient, Configuration
from kubernetes.client.rest import RESTResponse
from kubernetes.config import KUBE_CONFIG_DEFAULT_LOCATION, ConfigException, load_incluster_config
from kubernetes.config.incluster_config import SERVICE_HOST_ENV_NAME
from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger
from urllib3.exceptions import InsecureRequestWarning

from kuberedis_cli.cluster.api_errors import as_cluster_errors
from kuberedis_cli.cluster.options import Access
from kuberedis_cli.errors import ClusterError
from kuberedis_core.one_line import one_line

CONNECT_SECONDS = 5
READ_SECONDS = 30
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""A label of RFC 1123: it becomes part of paths."""
_POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class _TimeoutClient(ApiClient):
    """The generated client has no timeout unless each call has one."""

    def call_api(
        self,
        method: Any,
        url: Any,
        header_params: Any = None,
        body: Any = None,
        post_params: Any = None,
        _request_timeout: Any = None,
    ) -> RESTResponse:
        timeout = _request_timeout or (CONNECT_SECONDS, READ_SECONDS)
        return super().call_api(method, url, header_params, body, post_params, timeout)


@dataclass(frozen=True)
class Cluster:
    """A client of a cluster, and the namespace that commands use."""

    api: ApiClient
    namespace: str


@contextmanager
def connected(access: Access) -> Iterator[Cluster]:
    """The cluster that `access` names; no request is made yet.

    Raises:
        ClusterError: The kubeconfig cannot be used, or a request in the body fails.
    """
    configuration = Configuration()
    configuration.retries = 1
    namespace = _configure(configuration, access)
    urllib3.disable_warnings(InsecureRequestWarning)  # a kubeconfig that does not verify the server says so itself
    with as_cluster_errors(configuration.host), _TimeoutClient(configuration) as api:
        yield Cluster(api, _checked_namespace(access.namespace or namespace))


def _checked_namespace(name: str) -> str:
    if not _NAMESPACE.fullmatch(name):
        raise ClusterError(f"{name!r} is not a name of a namespace; `kubectl get namespaces` lists them")
    return name


def _configure(configuration: Configuration, access: Access) -> str:
    """Load credentials. Returns the namespace of the context."""
    paths = str(access.kubeconfig or KUBE_CONFIG_DEFAULT_LOCATION)
    is_there = any(Path(path).expanduser().is_file() for path in paths.split(os.pathsep) if path)
    try:
        if is_there:
            return _load(configuration, paths, access.context)
        if access.kubeconfig is None and access.context is None and SERVICE_HOST_ENV_NAME in os.environ:
            load_incluster_config(configuration)
            return _POD_NAMESPACE.read_text(encoding="utf-8").strip()
    except (ConfigException, OSError, yaml.YAMLError) as error:
        problem = one_line(str(error)).rstrip(".")
        raise ClusterError(f"the kubeconfig {paths} cannot be used: {problem}") from None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ClusterError(f"the kubeconfig {paths} cannot be used: it has another form than `kubectl config` writes") from None
    advice = "set KUBECONFIG, or use --kubeconfig" + (
        "" if access.given else "; instances of `kuberedis local` are found where it was started"
    )
    raise ClusterError(f"there is no kubeconfig at {paths}, so no cluster is known; {advice}")


def _load(configuration: Configuration, paths: str, context: str | None) -> str:
    """Load the named context, or the current one, of the kubeconfig files. Returns its namespace."""
    files = KubeConfigMerger(paths)
    config = files.config.value
    name = context or config.get("current-context")
    known = [entry["name"] for entry in config["contexts"]]
    if name not in known:
        problem = f"has no context {context!r}" if context else "has no current context"
        raise ClusterError(f"the kubeconfig {paths} {problem}; name one with --context (it has {', '.join(known) or 'none'})")
    # Login tools write their messages to standard error; the loader logs that they failed, and goes on without credentials.
    logging.basicConfig(format="kuberedis: %(message)s", level=logging.ERROR)
    loader = KubeConfigLoader(files.config, name, config_base_path=None, config_persister=files.save_changes)
    loader.load_and_set(configuration)
    return loader.current_context["context"].get("namespace") or "default"
