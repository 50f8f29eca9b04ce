"""The sentinel.conf of a member that has never run."""

from typing import Any

from kuberedis_core.members import MemberAddress
from kuberedis_core.sentinel_conf import sentinel_conf, sentinel_id

UID = "0b6e"
MEMBERS = [MemberAddress(name=f"a-{ordinal}", host=f"10.96.0.{ordinal}", redis_port=6379, sentinel_port=26379) for ordinal in range(3)]


def conf(**changes: Any) -> str:
    arguments = {
        "instance": "a",
        "uid": UID,
        "members": MEMBERS,
        "ordinal": 1,
        "detect_after_seconds": 2,
        "directory": "/data/sentinel",
        "socket": "/run/sentinel.sock",
        "tls_directory": "/tls",
    }
    return sentinel_conf(**{**arguments, **changes})


def test_a_sentinel_monitors_the_first_member_and_announces_its_own_address() -> None:
    assert conf().splitlines()[-10:] == [
        f"sentinel myid {sentinel_id(UID, 1)}",
        "sentinel announce-ip 10.96.0.1",
        "sentinel announce-port 26379",
        "sentinel resolve-hostnames no",
        "sentinel deny-scripts-reconfig yes",
        "sentinel monitor a 10.96.0.0 6379 2",
        "sentinel down-after-milliseconds a 2000",
        "sentinel failover-timeout a 5000",
        "sentinel parallel-syncs a 2",
        "sentinel auth-user a sentinel",
    ]


def test_with_a_certificate_it_listens_with_tls_alone() -> None:
    lines = conf().splitlines()
    assert {'port "0"', 'tls-port "26379"', 'tls-cert-file "/tls/tls.crt"', 'tls-auth-clients "yes"', 'tls-replication "yes"'} <= {*lines}


def test_without_a_certificate_it_listens_on_loopback() -> None:
    lines = conf(tls_directory=None).splitlines()
    assert {'bind "127.0.0.1"', 'port "26379"'} <= {*lines}
    assert not any(line.startswith("tls-") for line in lines)


def test_paths_may_have_spaces() -> None:
    lines = conf(directory="/my data", socket='/a "b"/s').splitlines()
    assert {'dir "/my data"', r'unixsocket "/a \"b\"/s"'} <= {*lines}


def test_the_id_is_of_the_instance_and_the_member() -> None:
    ids = {sentinel_id(uid, ordinal) for uid in ("a", "b") for ordinal in range(3)}
    assert len(ids) == 6
    assert all(len(each) == 40 and set(each) <= set("0123456789abcdef") for each in ids)


def test_one_that_begins_anew_says_so() -> None:
    assert (conf(anew=True), "# anew" in conf()) == ("# anew\n" + conf(), False)
