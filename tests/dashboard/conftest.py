"""What Prometheus is asked is tested where it is installed, and always in CI."""

import os
import shutil

collect_ignore = [] if shutil.which("prometheus") or os.environ.get("CI") else ["test_figures_from_prometheus.py"]
