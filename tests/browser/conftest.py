"""Tests in a browser run where Chromium is installed, and always in CI."""

import os

from tests.browser import chromium

collect_ignore_glob = [] if chromium.INSTALLED or os.environ.get("CI") else ["test_*.py"]
