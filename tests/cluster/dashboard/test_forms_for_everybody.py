"""Who may use the forms is up to the API server, and whoever may can: with a keyboard, a screen reader, a phone, in the dark."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from kuberedis_core.crd.kind import PLURAL
from kuberedis_dashboard.views.form_values import values_of
from tests.cluster.dashboard.team import HOSTILE, KEY, Team, Visit, path_of, post, press
from tests.harness.axe import beside_the_screen, problems
from tests.harness.dashboard import Dashboard
from tests.harness.dashboard_cluster import ALICE, BOB


@pytest.mark.parametrize(
    ("page_name", "form"),
    [
        ("edit", {"capacity": "2Gi"}),
        ("delete", {"name": "guarded", "uid": "00000000-0000-0000-0000-000000000000"}),
        ("key", {}),
        ("key/rotate", {"grace": "1h"}),
        ("token", {"scope": "read"}),
    ],
)
def test_who_may_only_read_is_offered_nothing_else_and_refused_it_all_the_same(
    dashboard: Dashboard, visit: Visit, team: Team, page_name: str, form: dict[str, str]
) -> None:
    if not team.has("guarded"):
        team.put("guarded")
    before = team.get("guarded")
    page = visit(path_of("guarded", page_name.partition("/")[0]), BOB)
    expect(page.locator("main")).to_contain_text("You may not")
    expect(page.locator("main form .main, main form .danger, main form[action$=rotate]")).to_have_count(0)
    as_shown = values_of(before["spec"])
    sent = {**as_shown, **{f"was.{name}": text for name, text in as_shown.items()}, **form}
    answer = post(page, dashboard, path_of("guarded", page_name), sent)
    assert KEY not in answer.text
    assert "forbidden" in answer.text
    assert answer.status_code in (403, 422)
    assert team.get("guarded") == before


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_everybody_can_use_every_page(dashboard: Dashboard, visit: Visit, team: Team, look: str) -> None:
    if not team.has("looked-at"):
        team.put("looked-at", config={"note": HOSTILE})
        team.run("annotate", PLURAL, "looked-at", "argocd.argoproj.io/tracking-id=shop:x")
    options: dict[str, Any] = {"color_scheme": "dark"} if look == "dark" else {}
    options |= {"viewport": {"width": 390, "height": 844}} if look == "phone" else {}
    paths = ["/new", *(path_of("looked-at", name) for name in ("edit", "delete", "key", "token"))]
    for token in (ALICE, BOB) if look == "light" else (ALICE,):
        page = visit("/new", token, **options)
        for path in paths:
            page.goto(dashboard.origin + path)
            assert problems_of(page, look) == [], path
    page = visit(path_of("looked-at", "edit"), **options)
    page.fill("#field-capacity", "1")
    for name, button, shown in (
        ("edit", "Save", "#field-capacity-problem"),
        ("key", "Show the key for 30 seconds", "#key"),
        ("token", "Make a token", "#token"),
    ):
        if name != "edit":
            page.goto(dashboard.origin + path_of("looked-at", name))
        press(page, button)
        page.wait_for_selector(shown)
        assert problems_of(page, look) == [], name


def problems_of(page: Page, look: str) -> list[str]:
    """What keeps people from using the page; axe is left out on a phone, which has the colours and the elements of the others."""
    return beside_the_screen(page) if look == "phone" else problems(page)
