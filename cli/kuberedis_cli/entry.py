"""The entry points of the console scripts. They need no package, so that without the extras they can say which one is missing."""

import atexit
import gc

from kuberedis_core.extras import needs_extra

_EXTRAS = ("local", "cluster")

# At its end Python looks for garbage among all that was imported, an eighth of the processor time of a list; nothing depends on that.
atexit.register(gc.freeze)


def kuberedis() -> None:
    """`kuberedis`."""
    with needs_extra("kuberedis", *_EXTRAS):
        from kuberedis_cli.main import main
    main()


def kubectl_plugin() -> None:
    """`kubectl-kuberedis`, which kubectl runs as `kubectl kuberedis`."""
    with needs_extra("kubectl-kuberedis", *_EXTRAS):
        from kuberedis_cli.main import kubectl_plugin
    kubectl_plugin()


def kubectl_completion() -> None:
    """`kubectl_complete-kuberedis`, which kubectl runs to complete a command line of the plugin."""
    with needs_extra("kubectl_complete-kuberedis", *_EXTRAS):
        from kuberedis_cli.main import kubectl_completion
    kubectl_completion()
