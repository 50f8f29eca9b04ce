"""`kuberedis-dashboard`: serves the dashboard in a cluster. Its settings come from the environment."""

import sys

from kuberedis_dashboard.serving import serve


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    sys.exit(serve())


if __name__ == "__main__":
    main()
