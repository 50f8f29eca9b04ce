"""People who use the dashboard: service accounts of a tenant's namespace, with rights of its Roles."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
from playwright.sync_api import Page

from tests.cluster.usage.dashboard.installation import ORIGIN
from tests.cluster.usage.instances import Ingress, Tenant
from tests.harness.kubectl import Kubectl

Visit = Callable[..., Page]
"""Opens a path of the dashboard for a person; its keywords are those of Playwright's `new_context`."""


@dataclass(frozen=True)
class Person:
    """A service account.

    Args:
        name: its name.
        token: its bearer token.
        namespace: where it is.
    """

    name: str
    token: str
    namespace: str

    def may(self, verb: str, resource: str, namespace: str | None = None) -> bool:
        """What `kubectl auth can-i` says of a right, by default in the person's own namespace."""
        account = f"--as=system:serviceaccount:{self.namespace}:{self.name}"
        answer = Kubectl(namespace or self.namespace).run("auth", "can-i", verb, resource, account)
        assert answer.stdout.strip() in ("yes", "no"), answer.stderr
        return answer.stdout.strip() == "yes"


def make_person(tenant: Tenant, name: str, rights: Mapping[str, str]) -> Person:
    """A service account that may use these verbs with these resources, in the tenant's namespace."""
    run = tenant.kubectl
    run("create", "serviceaccount", name)
    for number, (verbs, resources) in enumerate(rights.items()):
        run("create", "role", f"{name}-{number}", f"--verb={verbs}", f"--resource={resources}")
        run("create", "rolebinding", f"{name}-{number}", f"--role={name}-{number}", f"--serviceaccount={tenant.namespace}:{name}")
    return Person(name, run("create", "token", name).strip(), tenant.namespace)


def sign_in(page: Page, person: Person) -> None:
    """Sign in, and name the namespace."""
    page.goto(ORIGIN)
    page.fill("#token", person.token)
    page.click("button.main")
    page.fill("main #namespace", person.namespace)
    page.click("main button.main")
    page.wait_for_url(lambda url: url.endswith(f"namespace={person.namespace}"))


def post(page: Page, authority: str, path: str, form: Mapping[str, str]) -> httpx.Response:
    """A form as the browser of a page sends it, whether a page offers it or not.

    Args:
        page: a page of somebody who is signed in.
        authority: file with the certificate that signed the dashboard's.
        path: where to.
        form: the fields.
    """
    jar = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=ORIGIN, cookies=jar, transport=Ingress(authority), timeout=30, trust_env=False) as client:
        return client.post(path, data=dict(form), headers=headers)
