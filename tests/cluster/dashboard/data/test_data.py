"""The data page in a browser: whatever Redis holds, and changes that lose nothing."""

import re

import pytest
import redis
from playwright.sync_api import expect

from kuberedis_dashboard.redis.keyspace import KEYS_OF_A_PAGE
from tests.cluster.dashboard.conftest import sign_in
from tests.cluster.dashboard.data.pages import (
    BYTES,
    DIRECT,
    HOSTILE,
    LARGE,
    SHOWN,
    Visit,
    open_key,
    press,
    replies,
    unfold,
)
from tests.harness.api_server_relay import ApiServerRelay
from tests.harness.browser import OpenPage
from tests.harness.dashboard import running_dashboard
from tests.harness.dashboard_cluster import ALICE, DashboardCluster
from tests.harness.sidecar import Sidecar


def test_whatever_keys_and_values_are_the_page_shows_them_and_runs_nothing(visit: Visit, database: redis.Redis) -> None:
    database.set(HOSTILE, HOSTILE)
    database.hset("hash", mapping={HOSTILE: HOSTILE, BYTES: BYTES})
    database.sadd("set", HOSTILE)
    database.xadd("stream", {HOSTILE: HOSTILE})
    database.set(b"\xff\x00", BYTES)
    database.setrange("large", LARGE - 1, "x")
    database.set("k" * 100_000, "")
    page = visit("data")
    expect(page.locator("#key-list tbody tr")).to_have_count(7)
    expect(page.locator("#key-list")).to_contain_text("(97.7Ki long)")
    open_key(page, SHOWN)
    expect(page.locator("pre.value")).to_have_text(SHOWN)
    for name in ("hash", "set", "stream"):
        open_key(page, name)
        expect(page.locator("#open-key tbody")).to_contain_text(SHOWN)
    open_key(page, r"\xff\x00")
    expect(page.locator("pre.value")).to_contain_text("000000f0  f0 f1 f2")
    open_key(page, "large")
    expect(page.locator(".forms")).to_contain_text("The first 64Ki of 42.9Mi.")
    with page.expect_download() as started:
        press(page, "Download")
    assert started.value.path().stat().st_size == LARGE
    assert started.value.suggested_filename == "large.bin"
    assert "hostile" not in page.title()


def test_what_is_edited_keeps_its_time_to_live_and_nobody_elses_change_is_lost(visit: Visit, database: redis.Redis) -> None:
    database.set("note", "one\n\n\ttwo é\n", ex=1000)
    page = visit("data")
    open_key(page, "note")
    expect(page.locator("#open-key summary")).to_have_count(0)
    press(page, "Allow writes")
    expect(page.locator("#open-key h2 bdi")).to_have_text("note")
    unfold(page, "Edit")
    page.locator("#open-key textarea").press("Control+Home")
    page.keyboard.type("\n")
    page.keyboard.press("Control+End")
    page.keyboard.type("x")
    press(page, "Save")
    expect(page.locator(".done")).to_have_text("Saved.")
    assert database.get("note") == "\none\n\n\ttwo é\nx".encode()
    assert 900 < database.ttl("note") <= 1000
    unfold(page, "Edit")
    database.set("note", "of somebody else")
    page.locator("#open-key textarea").fill("mine")
    press(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("nothing was changed")
    expect(page.locator("pre.value")).to_have_text("of somebody else")
    expect(page.locator("#open-key")).to_contain_text("mine")
    assert database.get("note") == b"of somebody else"
    unfold(page, "Time to live")
    page.locator("input[name=seconds]").fill("500")
    press(page, "Let it expire")
    expect(page.locator(".facts")).to_contain_text("in 8 min")
    unfold(page, "Delete")
    press(page, "Delete this key")
    expect(page.locator("#open-key")).to_contain_text("Deleted.")
    assert not database.exists("note")


def test_change_that_nobody_answers_stays_in_its_form(
    dashboard_cluster: DashboardCluster, relay: ApiServerRelay, open_page: OpenPage, data: str, sidecar: Sidecar, database: redis.Redis
) -> None:
    database.set("note", "before")
    environ = {"SIDECAR": sidecar.origin, "KUBEREDIS_KUBERNETES_URL": relay.url}
    with running_dashboard(dashboard_cluster.plane, environ, DIRECT) as dashboard:
        page = open_page()
        sign_in(page, dashboard, ALICE, data)
        press(page, "Allow writes")
        open_key(page, "note")
        unfold(page, "Edit")
        page.locator("#open-key textarea").fill("typed")
        relay.cut()
        press(page, "Save")
        expect(page.locator("#open-key").get_by_role("alert")).to_contain_text("the API server does not answer")
        expect(page.locator("#open-key textarea")).to_have_value("typed")
        relay.restore()
        press(page, "Save")
        expect(page.locator(".done")).to_have_text("Saved.")
        assert database.get("note") == b"typed"
        page.context.close()


def test_elements_are_added_changed_and_removed(visit: Visit, database: redis.Redis) -> None:
    page = visit("data")
    press(page, "Allow writes")
    page.locator("#key-list summary").click()
    new = page.locator("#key-list details")
    new.locator("input[name=new_key]").fill("bag")
    new.locator("select").select_option("hash")
    new.locator("input[name=new_name]").fill(HOSTILE)
    new.locator("textarea").fill("1")
    press(page, "Create")
    expect(page.locator("#open-key tbody tr")).to_have_count(1)
    unfold(page, "Edit")
    page.locator("#open-key tbody textarea").fill("2")
    press(page, "Save")
    expect(page.locator("#open-key tbody .text")).to_have_text("2")
    assert database.hgetall("bag") == {HOSTILE.encode(): b"2"}
    unfold(page, "Add")
    page.locator("#open-key input[name=new_name]").fill("more")
    press(page, "Add")
    expect(page.locator("#open-key tbody tr")).to_have_count(2)
    unfold(page, "Remove")
    press(page, "Remove it")
    expect(page.locator("#open-key tbody tr")).to_have_count(1)


def test_many_keys_are_walked_through_by_name_and_prefix(visit: Visit, database: redis.Redis) -> None:
    database.mset({f"user:{number}:name": "" for number in range(3000)})
    database.mset({"needle:1": "found", "[x]:1": ""})
    page = visit("data")
    expect(page.locator("#key-list .summary")).to_contain_text("of 3,002 keys")
    first = page.locator("#key-list tbody").inner_text()
    press(page, "Next keys")
    expect(page.locator("#key-list tbody")).not_to_have_text(first, use_inner_text=True)
    page.fill("#pattern", "needle")
    page.press("#pattern", "Enter")
    expect(page.locator("#key-list .summary")).to_have_text("All of 3,002 keys were looked at; 1 on this page match.")
    open_key(page, "needle:1")
    page.fill("#pattern", "nothing like it")
    press(page, "Find")
    expect(page.locator("#key-list")).to_contain_text("Nothing matches")
    page.fill("#pattern", "")
    press(page, "Find")
    press(page, "[x]:")
    expect(page.locator("#key-list tbody tr")).to_have_count(1)
    press(page, "All keys")
    press(page, "user:")
    expect(page.locator(".prefixes strong")).to_have_text("user:")


@pytest.mark.slow
def test_a_million_keys_hold_nobody_up(visit: Visit, database: redis.Redis) -> None:
    for first in range(0, 1_000_000, 10_000):
        database.mset({f"user:{number}": "" for number in range(first, first + 10_000)})
    try:
        page = visit("data")
        summary = page.locator("#key-list .summary")
        expect(summary).to_contain_text("of 1,000,000 keys")
        # SCAN may return more than a page of them.
        expect(page.locator("#key-list tbody tr").nth(KEYS_OF_A_PAGE - 1)).to_be_visible()
        # There is no such key. The page says so, or how far it has come in a second.
        page.fill("#pattern", "needle")
        press(page, "Find")
        expect(page.locator("#key-list")).to_contain_text(re.compile("Nothing (found so far|matches)"))
        expect(summary).to_contain_text("of 1,000,000 keys")
        page.fill("#pattern", "")
        press(page, "Find")
        open_key(page, page.locator("#key-list tbody button").first.inner_text())
    finally:
        database.flushall()


def test_pages_work_without_javascript(visit: Visit, database: redis.Redis) -> None:
    database.rpush("list", *(f"item {number}" for number in range(120)))
    page = visit("data", java_script_enabled=False)
    page.locator("#key-list tbody button").click()
    expect(page.locator("#open-key tbody tr")).to_have_count(50)
    press(page, "Next page")
    expect(page.locator("#open-key tbody tr").first).to_contain_text("item 50")
    expect(page.locator("#key-list tbody tr")).to_have_count(1)
    press(page, "Allow writes")
    unfold(page, "Edit")
    page.locator("#open-key tbody textarea").first.fill("changed")
    page.locator("#open-key tbody").get_by_role("button", name="Save").first.click()
    expect(page.locator(".done")).to_have_text("Saved.")
    assert database.lindex("list", 0) == b"changed"
    page = visit("console", java_script_enabled=False)
    page.fill("#line", "LLEN list")
    press(page, "Run")
    assert replies(page) == ["(integer) 120\n"]
