"""What Prometheus is asked, and what is compared with redis-cli, is tested where they are installed, and always in CI."""

import os
import shutil

_NEEDS = {"prometheus": "test_figures_from_prometheus.py", "redis-cli": "test_console_is_like_redis_cli.py"}

collect_ignore = [] if os.environ.get("CI") else [module for program, module in _NEEDS.items() if shutil.which(program) is None]
