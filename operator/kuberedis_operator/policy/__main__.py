"""`python -m kuberedis_operator.policy`: print config/admission-policy.yaml."""

from __future__ import annotations

import sys

import yaml

from kuberedis_operator.policy.admission_policy import manifests


def main() -> None:
    """Print the manifests."""
    sys.stdout.write("# Generated from the table in operator/kuberedis_operator/policy/rules.py: `make policy`.\n")
    yaml.safe_dump_all(manifests(), sys.stdout, sort_keys=False, width=140)


if __name__ == "__main__":
    main()
