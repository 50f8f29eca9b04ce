"""Whoever opens the address that local mode listens on is told what is there, and nothing that `/metrics` does not tell."""

from urllib.parse import urlsplit

import httpx

from tests.cli.conftest import StartLocal


def test_the_port_lists_the_instances_and_what_describes_them(start_local: StartLocal) -> None:
    ready = start_local("--ephemeral").wait_for("ready", instance="local")
    address = urlsplit(ready["url"])
    with httpx.Client(base_url=f"{address.scheme}://{address.netloc}", trust_env=False) as client:
        found = client.get("/")
        assert (found.status_code, found.headers["content-type"]) == (200, "application/json")
        [instance] = found.json()["instances"]
        assert (instance["name"], instance["url"]) == ("local", address.path)
        for path in (instance["docs"], instance["openapi"], found.json()["health"], found.json()["metrics"]):
            assert client.get(path).status_code == 200
        assert ready["api_key"] not in found.text
        assert client.post("/", json=["PING"]).status_code == 405
