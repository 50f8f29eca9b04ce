"""Making, changing and deleting instances in a browser, in front of a real API server."""

import re

from playwright.sync_api import expect

from kuberedis_core.crd.kind import PLURAL
from tests.cluster.dashboard.team import HOSTILE, TEAM, Team, Visit, path_of, post, press
from tests.harness.axe import problems
from tests.harness.dashboard import Dashboard

AWAY = re.compile("^((?!/edit).)*$")
"""Addresses of other pages than the form."""


def test_what_is_wrong_is_shown_while_somebody_types_and_nothing_is_made_before(dashboard: Dashboard, visit: Visit, team: Team) -> None:
    page = visit(f"/new?namespace={TEAM}")
    page.click(".others > summary")
    page.fill("#field-maxmemory", "1Mi")
    expect(page.locator("#field-maxmemory-problem")).to_have_text("write a quantity of bytes from 2Mi on, for example 512Mi")
    expect(page.locator(".wrong")).to_have_count(2)
    page.fill("#field-maxmemory", "")
    page.fill("#field-name", "orders")
    capacity = page.locator("#field-capacity")
    capacity.fill("1 GB")
    expect(page.locator("#field-capacity-problem")).to_have_text("write a quantity of bytes, for example 512Mi or 1Gi")
    expect(capacity).to_have_attribute("aria-invalid", "true")
    # Neither what is typed nor where, nor what is open, is disturbed by the answer.
    expect(capacity).to_be_focused()
    expect(page.locator("#field-config")).to_be_visible()
    capacity.press_sequentially("x")
    expect(capacity).to_have_value("1 GBx")
    capacity.fill("2Gi")
    expect(page.locator(".checked")).to_have_text("The API server would take this.")
    expect(page.locator("#manifest")).to_contain_text("capacity: 2Gi")
    assert not team.has("orders")
    page.fill("#field-config", "notify-keyspace-events Ex")
    press(page, "Create")
    page.wait_for_url(re.compile("/(instances|.*namespace=)"))
    assert team.spec("orders")["config"] == {"notify-keyspace-events": "Ex"}
    assert team.spec("orders")["capacity"] == "2Gi"
    page.goto(f"{dashboard.origin}/new?namespace={TEAM}")
    page.fill("#field-name", "orders")
    expect(page.locator("#field-name-problem")).to_have_text(f"There is an instance orders in {TEAM} already.")


def test_forms_work_without_javascript(dashboard: Dashboard, visit: Visit, team: Team) -> None:
    page = visit(f"/new?namespace={TEAM}", java_script_enabled=False)
    page.fill("#field-name", "plain")
    page.fill("#field-capacity", "much")
    press(page, "Create")
    assert "write a quantity" in page.inner_text("#field-capacity-problem")
    assert "Nothing was created" in page.inner_text("[role=alert]")
    page.fill("#field-capacity", "1Gi")
    press(page, "Create")
    assert team.has("plain")
    page.goto(dashboard.origin + path_of("plain", "edit"))
    page.select_option("#field-evictionPolicy", "allkeys-lfu")
    press(page, "Save")
    assert team.spec("plain")["evictionPolicy"] == "allkeys-lfu"
    page.goto(dashboard.origin + path_of("plain", "delete"))
    page.fill("#name", "plain")
    page.click("main form button")
    assert not team.has("plain")


def test_change_is_explained_before_it_is_made_and_touches_nothing_else(visit: Visit, team: Team) -> None:
    team.put("explained", podTemplate={"labels": {"team": "a"}}, config={"maxclients": "500", "note": HOSTILE})
    page = visit(path_of("explained", "edit"))
    page.fill("#field-version", "8.2")
    expect(page.locator("#effects .restart")).to_contain_text("Redis restarts")
    assert "version" not in team.spec("explained")
    page.fill("#field-capacity", "512Mi")
    expect(page.locator("#field-capacity-problem")).to_contain_text("a volume cannot shrink: write 1Gi or more")
    page.fill("#field-capacity", "2Gi")
    expect(page.locator("#effects")).to_contain_text("The volume grows without a restart")
    press(page, "Save")
    page.wait_for_url(AWAY)
    spec = team.spec("explained")
    assert (spec["version"], spec["capacity"], spec["podTemplate"]["labels"]) == ("8.2", "2Gi", {"team": "a"})
    assert spec["config"] == {"maxclients": "500", "note": HOSTILE}
    assert "owned" not in page.title()


def test_somebody_elses_change_is_shown_beside_yours_and_not_undone(dashboard: Dashboard, visit: Visit, team: Team) -> None:
    team.put("shared")
    page = visit(path_of("shared", "edit"))
    # What the operator writes is no conflict.
    team.write_status("shared", primary="shared-0")
    page.fill("#field-maxmemory", "256Mi")
    press(page, "Save")
    page.wait_for_url(AWAY)
    page.goto(dashboard.origin + path_of("shared", "edit"))
    team.patch("shared", capacity="2Gi")
    page.fill("#field-capacity", "4Gi")
    press(page, "Save")
    expect(page.locator("tbody tr")).to_have_text(re.compile(r"Capacity\s*1Gi\s*2Gi\s*4Gi"))
    assert problems(page) == []
    assert team.spec("shared")["capacity"] == "2Gi"
    press(page, "Save")
    page.wait_for_url(AWAY)
    assert (team.spec("shared")["capacity"], team.spec("shared")["maxmemory"]) == ("4Gi", "256Mi")


def test_only_the_instance_that_was_seen_is_deleted_and_only_by_its_name(dashboard: Dashboard, visit: Visit, team: Team) -> None:
    team.put("doomed", deletionPolicy="Delete")
    page = visit(path_of("doomed", "delete"))
    expect(page.locator("main")).to_contain_text("Its volume is deleted with all data")
    page.fill("#name", "domed")
    page.click("main form button")
    expect(page.locator("#name-help")).to_have_text("Type doomed to delete it.")
    assert problems(page) == []
    team.run("delete", PLURAL, "doomed")
    team.put("doomed")
    page.fill("#name", "doomed")
    page.click("main form button")
    expect(page.locator("main")).to_contain_text("made another of the same name")
    assert problems(page) == []
    assert post(page, dashboard, path_of("doomed", "delete"), {"name": "doomed"}).status_code == 409
    assert team.has("doomed")
    page.goto(dashboard.origin + path_of("doomed", "delete"))
    page.fill("#name", "doomed")
    page.click("main form button")
    page.wait_for_url(re.compile("namespace="))
    assert not team.has("doomed")
