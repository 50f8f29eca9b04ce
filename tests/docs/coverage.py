"""Which code blocks of the documentation are run, and why the others are not."""

from enum import Enum
from typing import TypeAlias


class Run(Enum):
    """How a block is run."""

    ALONE = "by itself, in tests/docs/test_examples.py"
    APART = "in a test of tests/docs/test_examples.py that is about it"
    CLUSTER = "on a cluster, in tests/cluster/usage/test_walkthrough.py"
    COMMANDS = "by the tests of the commands"
    FIXTURE = "in tests/cli/test_fixture_for_other_projects.py"


class Why(Enum):
    """Why a block is not run."""

    CLOUD = "it needs an account of a cloud, or software of others that is not installed here; what it sets is tested in tests/install"
    CLUSTER = "it changes a whole cluster; the cluster's tests give such commands to operators of their own"
    NAMES = "it has names for its reader to fill in"
    BUILD = "it builds images, or installs packages from a registry"
    REPOSITORY = "it is a command of this repository, which whoever runs the tests has run"
    ENDLESS = "it goes on until somebody ends it; the tests of the commands run it with an end"


Coverage: TypeAlias = Run | Why

LANGUAGES = frozenset({"sh", "python", "js", "go", "java"})
"""What is run, or said not to be."""

COVERAGE: dict[str, Coverage | dict[str, Coverage]] = {
    "README.md": {"Try it": Run.APART},
    "CONTRIBUTING.md": Why.REPOSITORY,
    "bench/README.md": Why.REPOSITORY,
    "docs/contribute/releasing.md": Why.REPOSITORY,
    "docs/index.md": {"From a checkout": Run.APART, "From the package": Why.BUILD, "In a browser": Why.ENDLESS},
    "docs/install/aks.md": Why.CLOUD,
    "docs/install/eks.md": Why.CLOUD,
    "docs/install/gke.md": Why.CLOUD,
    "docs/install/ingress-controllers.md": Why.CLUSTER,
    "docs/install/k3s.md": Why.CLOUD,
    "docs/install/kind.md": Why.CLOUD,
    "docs/install/kubernetes.md": {
        "The first instance": Run.CLUSTER,
        "Images": Why.BUILD,
        "With kubectl": Why.CLUSTER,
        "With Helm": Why.CLUSTER,
        "Traces and logs of requests": Why.CLUSTER,
        "What tenants may ask for": Why.CLUSTER,
        "Upgrading": Why.CLUSTER,
        "Removing": Why.CLUSTER,
    },
    "docs/install/openshift.md": Why.CLOUD,
    "docs/operate/backup.md": Why.CLUSTER,
    "docs/operate/dashboard.md": {"On your machine": Why.ENDLESS, "For a team": Why.CLUSTER, "Who is let in": Why.CLOUD},
    "docs/operate/high-availability.md": Why.CLUSTER,
    "docs/operate/monitoring.md": Why.CLUSTER,
    "docs/operate/rotating.md": Why.CLUSTER,
    "docs/operate/upgrading.md": Why.CLUSTER,
    "docs/reference/cli.md": Run.COMMANDS,
    "docs/troubleshoot/index.md": Why.NAMES,
    "docs/troubleshoot/runbooks.md": Why.NAMES,
    "docs/understand/operator.md": Why.NAMES,
    "docs/use/clients.md": Run.ALONE,
    "docs/use/credentials.md": Why.NAMES,
    "docs/use/instances.md": Why.CLUSTER,
    "docs/use/local-mode.md": {
        "Local mode": Why.ENDLESS,
        "Three members": Why.ENDLESS,
        "Dashboard": Why.ENDLESS,
        "Events": Why.ENDLESS,
        "Tokens": Run.ALONE,
    },
    "docs/use/pubsub.md": Run.ALONE,
    "docs/use/rest.md": Run.ALONE,
    "docs/use/testing.md": {"With pytest": Run.FIXTURE, "Failovers": Run.FIXTURE, "Without pytest": Run.ALONE},
    "docs/use/tokens.md": Run.ALONE,
    "docs/use/upstash.md": {"Vercel KV": Run.ALONE, "Moving the data": Run.APART, "From a Redis that you reach by TCP": Why.NAMES},
}
"""By page, or by section of a page."""


def coverage(page: str, section: str) -> Coverage | None:
    """What is said of the blocks of a section; None if nothing is."""
    entry = COVERAGE.get(page)
    return entry.get(section) if isinstance(entry, dict) else entry
