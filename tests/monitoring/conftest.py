"""Metrics as Prometheus sees them. What promtool checks is tested where it is installed, and always in CI."""

import os
import shutil

_NEED_PROMTOOL = ["test_alerts_fire.py"]
collect_ignore = [] if shutil.which("promtool") or os.environ.get("CI") else _NEED_PROMTOOL
