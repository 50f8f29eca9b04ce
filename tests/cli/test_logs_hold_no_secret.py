"""The log of a fault of the gateway in local mode."""

import subprocess
import sys

FAULT = """
from kuberedis_cli.local.local_mode import log_to_standard_error
from kuberedis_core.logging import log

def use(key):
    raise ZeroDivisionError

log_to_standard_error()
log.info("nothing to tell")
try:
    use("s3cret" * 2)
except ZeroDivisionError:
    log.exception("fault", instance="cache")
"""


def test_a_fault_is_logged_on_standard_error_without_the_values_of_variables() -> None:
    run = subprocess.run([sys.executable, "-c", FAULT], capture_output=True, text=True, check=True, timeout=20)
    assert run.stdout == ""
    assert "ZeroDivisionError" in run.stderr
    assert "nothing to tell" not in run.stderr
    assert "s3crets3cret" not in run.stderr
