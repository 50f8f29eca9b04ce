"""``kuberedis-sidecar``: serves the gateway of one instance, configured by environment variables; or, with a subcommand, asks the
sidecar that runs beside it for something.

Each half is imported only when it runs: a subcommand is over before the gateway would be imported.
"""

from __future__ import annotations

import os
import sys

from kuberedis_core.extras import needs_extra


def main() -> None:
    """Run until SIGTERM or SIGINT, or until a subcommand is carried out."""
    if len(sys.argv) > 1:
        from kuberedis_sidecar.replication import control_client

        sys.exit(control_client.main(sys.argv[1:], os.environ))
    with needs_extra("kuberedis-sidecar", "sidecar"):
        from kuberedis_sidecar.serving import serve
    sys.exit(serve())


if __name__ == "__main__":
    main()
