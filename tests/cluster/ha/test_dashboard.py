"""What `kuberedis dashboard` shows of three members, which it asks through a forward to each pod."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.cluster.ha.instance import MEMBERS, HaInstance
from tests.cluster.own_dashboard import own_dashboard
from tests.harness.axe import problems
from tests.harness.browser import chromium, watched_pages


@pytest.mark.brief
def test_page_has_the_role_and_the_lag_of_each_member(cache: HaInstance, playwright: Playwright) -> None:
    primary = cache.wait_until_settled()
    with own_dashboard(Path(os.environ["KUBECONFIG"]), "--no-browser") as link:
        origin = link.partition("/enter")[0]
        with chromium(playwright) as browser, watched_pages(browser, origin) as open_page:
            page = open_page()
            page.goto(link)
            page.goto(f"{origin}/instances/{cache.kubectl.name}/{cache.name}")
            for ordinal, name in enumerate(cache.names):
                expect_member(page, ordinal, "primary" if name == primary else "replica", cache.node_of(name))
            expect(page.locator("[data-chart=commands] output")).to_have_text(re.compile("[0-9]"))
            expect(page.locator("#charts-note")).to_be_empty()
            assert problems(page) == []
            page.goto(origin)
            row = page.locator(f"#i_{cache.kubectl.name}_{cache.name}")
            expect(row.locator("[data-label=Members]")).to_have_text(f"{MEMBERS} of {MEMBERS} in sync{primary}")
            expect(row.locator("[data-figure=keys]")).to_have_text(re.compile("[0-9]"))


def expect_member(page: Page, ordinal: int, role: str, node: str) -> None:
    row = page.locator(f"#member-{ordinal}")
    expect(row.locator("[data-figure=role]")).to_have_text(role)
    expect(row.locator("[data-figure=sync]")).to_have_text("yes")
    expect(row.locator("[data-figure=lag]")).to_have_text("–" if role == "primary" else re.compile("^[0-9]"))
    expect(row).to_contain_text(node)
