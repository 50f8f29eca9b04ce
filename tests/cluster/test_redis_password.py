"""The Redis of an instance on a real cluster: who reaches its port has reached nothing, and its password rotates under load."""

import os
import re
import socket
import subprocess

import httpx

from tests.cluster.gateway import key_of, password_of, wait_until_ready
from tests.harness.cluster import Namespace, instance
from tests.harness.load import Requests, load, wait_for_requests
from tests.harness.operator import Operator
from tests.harness.waiting import wait_until

SOON = 20


def forwarded(cluster: Namespace, pod: str, *commands: str) -> str:
    """What Redis answers to commands that come by a port-forward, up to the end of its first packet."""
    command = ["kubectl", "--namespace", cluster.name, "port-forward", f"pod/{pod}", ":6379"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            assert process.stdout is not None
            port = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())
            assert port is not None
            with socket.create_connection(("127.0.0.1", int(port[1])), timeout=SOON) as connection:
                connection.sendall("".join(f"{command}\r\n" for command in commands).encode())
                return connection.recv(1000).decode()
        finally:
            process.terminate()


def requests(url: str, key: str, *command: str) -> Requests:
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, trust_env=False) as http:
        while True:
            yield http.post(url, json=command).status_code


def test_a_port_forward_to_redis_opens_nothing_and_a_rotation_refuses_no_request(operator: Operator, cluster: Namespace) -> None:
    cluster.apply(instance("locked"))
    url = wait_until_ready(cluster, "locked")
    first = password_of(cluster, "locked")
    assert forwarded(cluster, "locked-0", "INFO").startswith("-NOAUTH")
    assert forwarded(cluster, "locked-0", f"AUTH {first}").startswith("+OK")
    key = key_of(cluster, "locked")
    # Half of them have a command that needs a login to Redis of its own.
    with load(requests(url, key, "PING"), requests(url, key, "BLPOP", "nothing", "0.01")) as statuses:
        wait_until(lambda: statuses[200] > 50, limit_seconds=SOON, what="requests")
        cluster("annotate", "redishttpinstance", "locked", "cache.yourcompany.com/rotate-key=now")
        wait_until(lambda: password_of(cluster, "locked") != first, limit_seconds=SOON, what="another password")
        second = password_of(cluster, "locked")
        wait_until(lambda: forwarded(cluster, "locked-0", f"AUTH {second}").startswith("+OK"), limit_seconds=SOON, what="its validity")
        wait_for_requests(statuses, 100)
    assert set(statuses) == {200}
    assert forwarded(cluster, "locked-0", "INFO").startswith("-NOAUTH")
    assert not any(password in operator.log() for password in (first, second))
