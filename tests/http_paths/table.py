"""The table of raw requests that both HTTP paths must answer alike."""

from tests.http_paths.cases.bodies import BODIES
from tests.http_paths.cases.credentials import CREDENTIALS
from tests.http_paths.cases.framing import CHUNKED, LENGTHS
from tests.http_paths.cases.headers import CONNECTION, EXPECT, HEADERS, VERSIONS
from tests.http_paths.cases.pipelined import PIPELINED
from tests.http_paths.cases.plain import METHODS, PLAIN
from tests.http_paths.cases.smuggling import SMUGGLING
from tests.http_paths.cases.targets import TARGETS
from tests.http_paths.raw_requests import Case

CASES = [
    Case(f"{group}: {case.name}", case.request, case.statuses, case.after, case.methods)
    for group, cases in {
        "plain": PLAIN,
        "method": METHODS,
        "target": TARGETS,
        "credential": CREDENTIALS,
        "header": HEADERS,
        "version": VERSIONS,
        "connection": CONNECTION,
        "expect": EXPECT,
        "body": BODIES,
        "chunked": CHUNKED,
        "length": LENGTHS,
        "pipelined": PIPELINED,
        "smuggling": SMUGGLING,
    }.items()
    for case in cases
]
