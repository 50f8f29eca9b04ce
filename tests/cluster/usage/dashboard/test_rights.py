"""Alice and bob see and can do with real tokens what `kubectl auth can-i` says, and nothing else."""

import re
from collections.abc import Mapping

import pytest
from playwright.sync_api import expect

from kuberedis_core.crd.kind import PLURAL
from tests.cluster.usage.dashboard.installation import ORIGIN, InstalledDashboard
from tests.cluster.usage.dashboard.people import Person, Visit, post
from tests.cluster.usage.instances import Tenant
from tests.harness.axe import problems

NAME = "provided"
_KEY = ("get", f"secrets/{NAME}-auth")
PAGES: Mapping[str, tuple[str, str]] = {
    "Data": _KEY,
    "Console": _KEY,
    "Token": _KEY,
    "Slow commands": _KEY,
    "Edit": ("patch", f"{PLURAL}/{NAME}"),
    "Delete": ("delete", f"{PLURAL}/{NAME}"),
}
"""The pages of an instance that need a right, and which."""
FORMS: Mapping[str, dict[str, str]] = {"key": {}, "delete": {"name": NAME}, "key/rotate": {"grace": "15m"}}


@pytest.fixture(params=["alice", "bob"])
def person(request: pytest.FixtureRequest) -> Person:
    found: Person = request.getfixturevalue(request.param)
    return found


def test_everybody_sees_and_is_offered_what_kubectl_would_let_them(blue: Tenant, person: Person, visit: Visit) -> None:
    page = visit(f"/?namespace={blue.namespace}", person)
    expect(page.locator("#live")).to_have_text("Live")
    for body in blue.objects.list("RedisHttpInstance", blue.namespace):
        expect(page.locator(f"#i_{blue.namespace}_{body['metadata']['name']}")).to_be_visible()
    expect(page.locator(f"#i_{blue.namespace}_{NAME} [data-figure=keys]")).to_have_text(re.compile("[0-9]"))
    assert problems(page) == []
    assert page.get_by_role("link", name="New instance").is_visible() == person.may("create", PLURAL)
    page.goto(f"{ORIGIN}/instances/{blue.namespace}/{NAME}")
    offered = set(page.locator(".tabs a").all_inner_texts())
    assert {label: label in offered for label in PAGES} == {label: person.may(*right) for label, right in PAGES.items()}
    expect(page.locator("#member-0")).to_contain_text("redis: running")
    answer = page.goto(f"{ORIGIN}/?namespace=kube-system")
    assert answer is not None
    assert (answer.status == 200) == person.may("list", PLURAL, "kube-system")


def test_what_is_not_offered_is_refused_and_changes_nothing(blue: Tenant, bob: Person, dashboard: InstalledDashboard, visit: Visit) -> None:
    page = visit("/", bob)
    before = blue.instance(NAME).body()
    for below, form in FORMS.items():
        answer = post(page, str(dashboard.authority), f"/instances/{blue.namespace}/{NAME}/{below}", form)
        assert (below, answer.status_code) == (below, 403)
        assert blue.instance(NAME).api_key not in answer.text
    answer = post(page, str(dashboard.authority), "/new", {"namespace": blue.namespace, "name": "of-bob", "capacity": "64Mi"})
    assert "You may not create instances" in answer.text
    after = blue.instance(NAME).body()
    assert (after["spec"], after["metadata"].get("annotations")) == (before["spec"], before["metadata"].get("annotations"))
    assert blue.objects.get("RedisHttpInstance", blue.namespace, "of-bob") is None
