"""Events of local mode as a person reads them."""

import pytest

from kuberedis_cli.local import reporter
from kuberedis_cli.local.events import (
    Changed,
    Dashboard,
    Down,
    Error,
    Event,
    MemberDown,
    MemberRecovered,
    Note,
    PrimaryMoved,
    Ready,
    Recovered,
    Removed,
    Stopped,
)
from kuberedis_cli.output.curl import curl_line


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (
            Changed("cache", 2**29, "noeviction", "aof", 3),
            ["cache changed: maxmemory 512Mi, noeviction, persistence aof, replicas 3"],
        ),
        (
            Dashboard("http://127.0.0.1:1/ui/enter?code=a"),
            ["dashboard; open this link, which works once:", "  http://127.0.0.1:1/ui/enter?code=a"],
        ),
        (Removed("cache"), ["cache is removed"]),
        (Down("cache", "it was killed", 0.25), ["cache is down: it was killed; starting it again in 0.2 s"]),
        (Recovered("cache"), ["cache is back"]),
        (MemberDown("cache", "cache-1", "it was killed", 0.25), ["cache-1 is down: it was killed; starting it again in 0.2 s"]),
        (MemberRecovered("cache", "cache-1"), ["cache-1 is back"]),
        (
            PrimaryMoved("cache", "cache-2", "cache-1", "failover"),
            ["cache-2 is the primary of cache now, in place of cache-1 (failover)"],
        ),
        (Error("cache.yaml: [bold]no[/]"), ["error: cache.yaml: [bold]no[/]"]),
        (Note("cache.yaml: ingress has no effect here"), ["note: cache.yaml: ingress has no effect here"]),
        (Stopped(), ["stopped"]),
    ],
)
def test_an_event_is_a_sentence(event: Event, lines: list[str]) -> None:
    assert [line.plain for line in reporter.describe(event)] == lines


def test_a_ready_instance_comes_with_a_command_to_try() -> None:
    url = "http://127.0.0.1:8080/instances/cache"
    first, second = (line.plain for line in reporter.describe(Ready("cache", url, "the-key", "/a folder/api_key")))
    assert first == "cache is ready; try it:"
    assert second.strip() == (
        f"""echo "Authorization: Bearer $(cat '/a folder/api_key')" | curl -H @- {url}/keys/greeting -d '{{"value": "hello"}}'"""
    )


def test_the_command_for_an_instance_of_a_cluster_holds_no_key() -> None:
    line = curl_line("http://127.0.0.1:8080/instances/cache", "kuberedis key cache")
    assert line == (
        'echo "Authorization: Bearer $(kuberedis key cache)" | curl -H @- http://127.0.0.1:8080/instances/cache/keys/greeting'
        """ -d '{"value": "hello"}'"""
    )
