"""`kuberedis dashboard`: on loopback, with the kubeconfig's credential, entered by a link that works once."""

import re
from pathlib import Path

import httpx
import pytest

from tests.cli.command import kuberedis
from tests.cluster.own_dashboard import LIMIT_SECONDS, own_dashboard
from tests.harness.dashboard_cluster import BOB, DashboardCluster
from tests.harness.ports import free_port
from tests.harness.waiting import wait_until


@pytest.fixture(scope="module")
def bob(dashboard_cluster: DashboardCluster) -> Path:
    dashboard_cluster.create("team-b", "of-bob")
    return dashboard_cluster.plane.kubeconfig_of(BOB, "team-b")


def test_link_opens_it_once_with_the_rights_of_the_kubeconfig(bob: Path) -> None:
    with own_dashboard(bob, "--no-browser") as link:
        origin, _, code = link.partition("/enter?code=")
        assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+", origin)
        assert httpx.get(origin + "/").headers["location"].startswith("/sign-in")
        assert httpx.get(f"{origin}/enter?code={code[:-1]}").status_code == 401
        entered = httpx.get(link)
        cookie = {"Cookie": entered.headers["set-cookie"].partition(";")[0]}
        # Bob may not list the cluster, so that he sees the namespace of his kubeconfig.
        page = httpx.get(origin + "/", headers=cookie)
        assert (page.status_code, "of-bob" in page.text) == (200, True)
        assert httpx.get(link).status_code == 401
        assert httpx.get(origin + "/", headers=cookie | {"Host": "attacker.example"}).status_code == 421
        form = {"Sec-Fetch-Site": "same-origin", "Origin": origin}
        assert httpx.post(origin + "/sign-in", data={"token": BOB}, headers=form).status_code == 404


def test_browser_gets_the_link_from_a_file_and_not_as_an_argument(bob: Path, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >{opened}.part && cat "${{1#file://}}" >>{opened}.part && mv {opened}.part {opened}\n')
    browser.chmod(0o755)
    with own_dashboard(bob, environ={"BROWSER": str(browser)}) as link:
        wait_until(opened.exists, limit_seconds=LIMIT_SECONDS, what="the browser")
        argument, page = opened.read_text().split("\n", 1)
        file = Path(argument.removeprefix("file://"))
        assert argument.startswith("file://")
        assert link.partition("=")[2] not in argument
        assert link in page
        assert file.parent.stat().st_mode & 0o077 == 0
    assert not file.exists()


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("{token: of-nobody}", "does not accept your credential"),
        ("{}", "the kubeconfig has no credential"),
    ],
)
def test_refusal_is_one_line_that_says_what_is_wrong(dashboard_cluster: DashboardCluster, tmp_path: Path, user: str, said: str) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(dashboard_cluster.plane.kubeconfig.read_text().replace("{token: admin-of-the-test}", user))
    done = kuberedis("dashboard", "--no-browser", "--kubeconfig", str(kubeconfig), cwd=tmp_path)
    [line] = done.stderr.splitlines()
    assert (done.returncode, said in line) == (1, True)


def test_cluster_that_does_not_answer_is_named(dashboard_cluster: DashboardCluster, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    plane = dashboard_cluster.plane
    kubeconfig.write_text(plane.kubeconfig.read_text().replace(plane.url, f"https://127.0.0.1:{free_port()}"))
    done = kuberedis("dashboard", "--no-browser", "--kubeconfig", str(kubeconfig), cwd=tmp_path)
    assert (done.returncode, "the API server does not answer" in done.stderr) == (1, True)
