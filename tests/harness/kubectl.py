"""kubectl against the cluster of $KUBECONFIG, as a user would run it."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Kubectl:
    """kubectl in one namespace, which does not matter for cluster-scoped objects."""

    namespace: str = "default"

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run it and return the result, whether it succeeds or not.

        Raises:
            RuntimeError: There is no kubectl, or $KUBECONFIG is not set: the cluster of ~/.kube/config is not meant for tests.
        """
        program = shutil.which("kubectl")
        if program is None or not os.environ.get("KUBECONFIG"):
            raise RuntimeError("these tests need kubectl on the PATH, and KUBECONFIG to name a cluster that they may change")
        command = [program, "--namespace", self.namespace, *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=60)

    def out(self, *arguments: str, stdin: str | None = None) -> str:
        """Run it and return its standard output.

        Raises:
            AssertionError: It failed; the message is its standard error.
        """
        result = self.run(*arguments, stdin=stdin)
        assert result.returncode == 0, f"kubectl {' '.join(arguments)}: {result.stderr or result.stdout}"
        return result.stdout

    def apply(self, manifest: str | Path, *options: str) -> subprocess.CompletedProcess[str]:
        """Apply the text of a manifest, or a file, and return the result, whether it succeeds or not."""
        if isinstance(manifest, Path):
            return self.run("apply", *options, "--filename", str(manifest))
        return self.run("apply", *options, "--filename", "-", stdin=manifest)

    def get(self, resource: str, name: str) -> dict[str, object]:
        """Read an object from the API server."""
        body: dict[str, object] = yaml.safe_load(self.out("get", resource, name, "--output", "json"))
        return body
