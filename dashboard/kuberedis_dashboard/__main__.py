"""`kuberedis-dashboard`: serves the dashboard in a cluster. Its settings come from the environment."""

import sys

from kuberedis_core.extras import needs_extra


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    with needs_extra("kuberedis-dashboard", "dashboard"):
        from kuberedis_dashboard.serving import serve
    sys.exit(serve())


if __name__ == "__main__":
    main()
