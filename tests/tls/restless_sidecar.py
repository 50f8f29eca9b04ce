"""Runs a sidecar that restarts its Sentinel for a new certificate sooner than in a pod, so that tests need not wait as long."""

from kuberedis_sidecar.__main__ import main
from kuberedis_sidecar.replication import certificates

if __name__ == "__main__":
    certificates.SLOT_SECONDS = 0.6
    main()
