"""What is rendered for three members, as real servers take it: they start quarantined, replicate, and fail over.

Redis uses mutual TLS; Valkey, as the package brings it, has none.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from kuberedis_core.crd.redis_config import live_settings
from kuberedis_core.redis_users import REPLICATION_USER, SENTINEL_USER
from kuberedis_core.sentinel_conf import sentinel_id
from kuberedis_operator.resources import config_map
from kuberedis_operator.topology.formation import Formation
from kuberedis_operator.topology.replication import Replication
from tests.harness.redis_server import RedisServer
from tests.harness.waiting import wait_until
from tests.operator.member_pods import PASSWORD, REPLICATION, MemberPod, objects_of, three_members

pytestmark = [pytest.mark.every_server, pytest.mark.slow]

NAME = "my-cache"
ONCE = Retry(NoBackoff(), 0)


@pytest.fixture
def pods(redis_server: RedisServer, server_kind: str, tmp_path: Path) -> Iterator[list[MemberPod]]:
    """Three members whose Redis runs, each in quarantine."""
    found = three_members(maxmemory="64Mi")
    files = objects_of(found)
    pods = [MemberPod(found, ordinal, tmp_path / str(ordinal), redis_server.binary, server_kind == "redis", files) for ordinal in range(3)]
    try:
        for pod in pods:
            pod.start("redis")
        yield pods
    finally:
        for pod in pods:
            pod.stop_all()


def let_them_replicate(pods: list[MemberPod]) -> None:
    """Do what the sidecars do: the first is the primary, the others follow it."""
    first = pods[0].address
    for pod in pods:
        with pod.client("redis") as client:
            client.config_set("masterauth", REPLICATION.password)
            client.config_set("replica-announce-ip", pod.address.host)
            client.config_set("replica-announce-port", pod.address.redis_port)
            client.config_set("replica-priority", 100)
            client.execute_command("REPLICAOF", *(("NO", "ONE") if pod is pods[0] else (first.host, str(first.redis_port))))
    wait_until(lambda: all(follows(pod) for pod in pods[1:]), what="the links of the replicas")


def start_sentinels(pods: list[MemberPod]) -> None:
    """Start them, and give each the passwords, as the sidecars do."""
    for pod in pods:
        pod.start("sentinel")
        pod.call("sentinel", "SENTINEL", "CONFIG", "SET", "sentinel-pass", REPLICATION.password)
        pod.call("sentinel", "SENTINEL", "SET", NAME, "auth-pass", REPLICATION.password)
    wait_until(lambda: all(map(knows_all, pods)), limit_seconds=20, what="what the Sentinels know")


def follows(pod: MemberPod) -> bool:
    """Whether a replica is linked."""
    role: list[str] = pod.call("redis", "ROLE")
    return (role[0], role[3]) == ("slave", "connected") if len(role) > 3 else False


def master(pod: MemberPod) -> dict[str, str]:
    """What a Sentinel says of the primary."""
    reply = pod.call("sentinel", "SENTINEL", "MASTER", NAME)
    return reply if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2], strict=True))


def knows_all(pod: MemberPod) -> bool:
    found = master(pod)
    return (found["flags"], found["num-slaves"], found["num-other-sentinels"]) == ("master", "2", "2")


def test_a_redis_starts_in_quarantine(pods: list[MemberPod]) -> None:
    for pod in pods:
        assert pod.call("redis", "ROLE")[:3] == ["slave", "127.0.0.1", 1]
        with pod.client("redis") as client:
            settings = live_settings(pod.topology.spec)
            assert {str(name): str(value) for name, value in client.config_get(*settings).items()} == settings
            assert client.config_get("replica-priority") == {"replica-priority": "0"}
            assert client.config_get("repl-backlog-size") == {"repl-backlog-size": str(4 * 2**20)}
            assert client.config_get("port") == {"port": "0" if pod.has_tls else str(pod.address.redis_port)}
            assert set(client.acl_users()) == {"default", REPLICATION_USER, SENTINEL_USER}


def test_the_users_of_members_do_nothing_else(pods: list[MemberPod]) -> None:
    socket = f"{pods[0].folder}/run/redis.sock"
    for user in (REPLICATION_USER, SENTINEL_USER):
        with Redis(unix_socket_path=socket, username=user, password=REPLICATION.password) as client:
            assert client.ping()
            for command in ("GET a", "SET a b", "ACL LIST", "CONFIG GET *", "REPLICAOF NO ONE" if user == REPLICATION_USER else "KEYS *"):
                with pytest.raises(RedisError, match=r"(?i)permission"):
                    client.execute_command(*command.split())


def test_members_replicate_and_a_sentinel_promotes_one(pods: list[MemberPod]) -> None:
    let_them_replicate(pods)
    start_sentinels(pods)
    assert pods[0].call("redis", "SET", "a", "b")
    assert pods[1].call("sentinel", "SENTINEL", "FAILOVER", NAME)

    def promoted() -> list[MemberPod]:
        return [pod for pod in pods[1:] if pod.call("redis", "ROLE")[0] == "master"]

    [primary] = wait_until(promoted, what="a new primary")
    # The sidecar of the old one does not wait until a Sentinel does this.
    pods[0].call("redis", "REPLICAOF", primary.address.host, str(primary.address.redis_port))
    port = str(primary.address.redis_port)
    wait_until(lambda: all(master(pod)["port"] == port for pod in pods), what="the news")
    wait_until(lambda: all(follows(pod) for pod in pods if pod is not primary), what="the links to the new primary")
    assert primary.call("redis", "GET", "a") == "b"
    for pod in pods:
        assert pod.call("redis", "ACL", "LOG") == [], "members may do all that they need"
    a_sentinel_that_restarts_keeps_what_it_knows(pods[0], primary)
    a_sentinel_that_begins_anew_keeps_nothing(pods[0])


def a_sentinel_that_restarts_keeps_what_it_knows(pod: MemberPod, primary: MemberPod) -> None:
    pod.stop("sentinel")
    assert f"sentinel monitor {NAME} 127.0.0.1 {primary.address.redis_port} 2" in pod.sentinel_file()
    pod.start("sentinel")
    found = master(pod)
    assert (found["port"], found["config-epoch"]) == (str(primary.address.redis_port), "1")
    assert pod.call("sentinel", "SENTINEL", "MYID") == sentinel_id(pod.topology.instance.uid, 0)
    wait_until(lambda: knows_all(pod), limit_seconds=20, what="what a Sentinel that restarted knows")
    assert len([line for line in pod.sentinel_file() if line.startswith("sentinel monitor ")]) == 1


def a_sentinel_that_begins_anew_keeps_nothing(pod: MemberPod) -> None:
    founding = Formation(replication=Replication((), {}), pods=3, founder=pod.address.name, since={})
    pod.files[pod.topology.config_map] = config_map.build(replace(pod.topology, formation=founding))
    pod.mount()
    pod.stop("sentinel")
    pod.start("sentinel")
    assert (master(pod)["port"], master(pod)["config-epoch"]) == (str(pod.address.redis_port), "0")


@pytest.mark.parametrize("container", ["redis", "sentinel"])
def test_nobody_without_a_password_or_a_certificate_gets_in(pods: list[MemberPod], container: str) -> None:
    pod = pods[0]
    if container == "sentinel":
        pod.start("sentinel")
    port = pod.address.redis_port if container == "redis" else pod.address.sentinel_port
    password = (PASSWORD if container == "redis" else REPLICATION).password
    tls = f"{pod.folder}/config/tls"
    scheme = "rediss" if pod.has_tls else "redis"
    trusting = {"ssl_ca_certs": f"{tls}/ca.crt", "ssl_check_hostname": False} if pod.has_tls else {}
    certified = {**trusting, "ssl_certfile": f"{tls}/tls.crt", "ssl_keyfile": f"{tls}/tls.key"} if pod.has_tls else {}

    def info(url: str, **options: Any) -> Any:
        with Redis.from_url(url, retry=ONCE, **options) as client:
            return client.execute_command("INFO")

    for url, options in (
        (f"unix://{pod.folder}/run/{container}.sock", {}),
        (f"redis://127.0.0.1:{port}", {}),
        (f"{scheme}://127.0.0.1:{port}", certified),
        *([(f"rediss://127.0.0.1:{port}", {**trusting, "password": password})] if pod.has_tls else []),
    ):
        with pytest.raises(RedisError):
            info(url, **options)
    assert info(f"{scheme}://127.0.0.1:{port}", password=password, **certified)


FIRST = "sentinel monitor my-cache 127.0.0.1"
STATE = [
    "sentinel monitor my-cache 10.0.0.9 6379 2",
    "sentinel current-epoch 7",
    "sentinel known-sentinel my-cache 10.0.0.8 26379 abc",
    "sentinel auth-pass my-cache secret",
]
SETTINGS = ["sentinel announce-ip 10.0.0.7", "user default off", "port 1"]


@pytest.mark.parametrize(
    ("founder", "myid", "written", "kept"),
    [
        (None, "", [], []),
        (None, "{myid}", [*SETTINGS, *STATE], STATE),
        (None, "{myid}", [*SETTINGS, *STATE[1:]], STATE[1:]),
        (None, "another", [*SETTINGS, *STATE], []),
        (NAME, "{myid}", [*SETTINGS, *STATE], []),
    ],
    ids=["first start", "restart", "no primary", "of another", "anew"],
)
def test_a_sentinel_starts_with_what_is_mounted_and_what_it_knew(
    tmp_path: Path, founder: str | None, myid: str, written: list[str], kept: list[str]
) -> None:
    formation = Formation(replication=Replication((), {}), pods=3, founder=founder, since={})
    found = replace(three_members(), formation=formation)
    # A Sentinel that fails: its container starts one again only if it was asked to end.
    pod = MemberPod(found, 2, tmp_path, Path("/bin/false"), True, objects_of(found))
    (tmp_path / "bin/redis-server").symlink_to("/bin/false")
    (tmp_path / "data/sentinel").mkdir()
    own = f"sentinel myid {myid.format(myid=sentinel_id(found.instance.uid, 2))}"
    (tmp_path / "data/sentinel/sentinel.conf").write_text("".join(f"{line}\n" for line in [own, *written]))
    assert pod.run("sentinel").wait(10) == 1
    mounted = (tmp_path / "config/sentinel-2.conf").read_text().splitlines()
    users = (tmp_path / "config/replication/sentinel.conf").read_text().splitlines()
    expected = [line for line in mounted if STATE[0] not in kept or not line.startswith(FIRST)]
    assert pod.sentinel_file() == [*expected, *kept, *users]
