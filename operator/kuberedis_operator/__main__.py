"""`kuberedis-operator`: watches the custom resources and reconciles them. Its settings come from the environment."""

import sys

from kuberedis_core.crd.names import FIELD_MANAGER
from kuberedis_core.extras import needs_extra


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    with needs_extra(FIELD_MANAGER, "operator"):
        from kuberedis_operator.serving import serve
    sys.exit(serve())


if __name__ == "__main__":
    main()
