"""Which code blocks of the documentation are run, and why the others are not."""

from enum import Enum


class Run(Enum):
    """How the blocks of a page are run."""

    ALONE = "each by itself, in tests/docs/test_examples.py"
    TOGETHER = "by a test of that page"


class Why(Enum):
    """Why a block is not run."""

    CLOUD = "needs an account of a cloud, or a cluster of another vendor"
    CLUSTER = "needs a cluster that is its reader's; the cluster tests run such commands on their own"
    NAMES = "has names for the reader to fill in, or parts of a command"
    BUILD = "builds or loads images, or installs packages"
    DEVELOPMENT = "is a command of the repository, which whoever runs the tests has run"
    INTERACTIVE = "goes on until somebody ends it"


EXECUTED = {
    "docs/use/clients.md": Run.ALONE,
    "docs/use/pubsub.md": Run.ALONE,
    "docs/use/rest.md": Run.ALONE,
    "docs/use/tokens.md": Run.ALONE,
}
