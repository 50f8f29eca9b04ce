"""`kuberedis local --dashboard`: who gets in, and what the pages show and leave out."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.command import RunningLocal, eventually, redis
from tests.cli.conftest import StartLocal
from tests.cli.manifest_files import manifest, write

ONLY_IN_A_CLUSTER = ("yaml", "events", "edit", "delete", "key/rotation")


@contextmanager
def entered(running: RunningLocal) -> Iterator[httpx.Client]:
    """A client with the session of the link, which behaves as a browser does on pages of the dashboard."""
    link = httpx.URL(running.wait_for("dashboard")["url"])
    first = httpx.get(link)
    # It is for secure connections; browsers count those to 127.0.0.1 among them, httpx does not.
    fields = {"Cookie": first.headers["set-cookie"].partition(";")[0]}
    origin = f"http://{link.host}:{link.port}"
    with httpx.Client(base_url=f"{origin}/ui", headers={**fields, "Origin": origin, "Sec-Fetch-Site": "same-origin"}) as client:
        assert httpx.get(link).status_code == 401, "the link works once"
        yield client


def test_only_the_link_enters(start_local: StartLocal, tmp_path: Path) -> None:
    write(tmp_path / "cache.yaml", "cache")
    running = start_local("cache.yaml", "--dashboard", "--host", "0.0.0.0")  # noqa: S104
    ready = running.wait_for("ready")
    with entered(running) as client:
        assert client.base_url.host == "127.0.0.1"
        assert client.base_url.port != httpx.URL(ready["url"]).port
        key = f"{client.base_url}instances/local/cache/key"
        assert client.post(key).status_code == 200
        assert client.post(key, headers={"Origin": "http://127.0.0.1:1"}).status_code == 403
        assert client.get("/", headers={"Host": "dashboard.example"}).status_code == 421
        # A credential in the request is one in a cluster only, where an API server judges it.
        assert httpx.get(client.base_url, headers={"Authorization": f"Bearer {ready['api_key']}"}).status_code == 303
        del client.headers["Cookie"]
        assert client.post(key).status_code == 401
    assert httpx.get(ready["url"].replace("/instances/cache", "/ui/")).status_code == 404


def test_pages_show_what_runs_and_offer_nothing_that_cannot_be_done(start_local: StartLocal, tmp_path: Path) -> None:
    file = write(tmp_path / "cache.yaml", "cache", limits={"maxTokenSeconds": 60})
    running = start_local(".", "--dashboard")
    instance = running.ready("cache")
    redis(instance, "SET", "greeting", "hello")
    with entered(running) as client:
        here = "/instances/local/cache"
        shown = {part: client.get(f"{here}{part}").text for part in ("", "/data", "/console", "/key", "/token", "/slowlog")}
        assert [part for part, page in shown.items() if "kubectl" in page] == []
        assert all(text in shown[""] for text in ("Ready", "cache.yaml"))
        assert {client.get(f"{here}/{part}").status_code for part in (*ONLY_IN_A_CLUSTER, "nothing")} == {404}
        assert client.get("/new").status_code == 404
        assert client.get("/instances/local/another").status_code == 404
        assert "greeting" in shown["/data"]
        assert "hello" in client.post(f"{here}/console", data={"line": "GET greeting", "scope": "read"}).text
        assert instance.headers["Authorization"].removeprefix("Bearer ") in client.post(f"{here}/key").text
        form = {"scope": "read", "prefixes": "", "number": "30", "unit": "seconds"}
        token = re.search(r'<code id="token">([^<]+)', client.post(f"{here}/token", data=form).text)
        assert token is not None
        read = httpx.get(f"{instance.base_url}keys/greeting", headers={"Authorization": f"Bearer {token[1]}"})
        assert read.json()["value"] == "hello"
        with client.stream("GET", "/live", timeout=60) as stream:
            lines = stream.iter_lines()
            write(tmp_path / "other.yaml", "other")
            assert any('id="i_local_other"' in line for line in lines)
            file.unlink()
            assert any("1 instance" in line for line in lines)
            assert running.stop() == 0, "it ends while a page is open"


@pytest.mark.slow
def test_three_members_each_say_how_they_are(start_local: StartLocal, tmp_path: Path) -> None:
    (tmp_path / "cache.yaml").write_text(manifest("cache", replicas=3))
    running = start_local("cache.yaml", "--dashboard")
    running.ready("cache")
    with entered(running) as client:
        here = "/instances/local/cache"
        eventually(lambda: client.get(here).text.count('data-figure="sync">yes') == 3)
        page = client.get(here).text
        assert [page.count(f'data-figure="role">{role}<') for role in ("primary", "replica")] == [1, 2]
        assert client.get(f"{here}/recent.json").status_code == 200
        with client.stream("GET", f"{here}/live", timeout=60) as stream:
            said = next(line for line in stream.iter_lines() if "member-2" in line and '"role"' in line)
        assert sorted(re.findall(r'"role":"(\w+)"', said)) == ["primary", "replica", "replica"]
        assert '"facts":{"in_sync":"3 of 3 members"}' in said
