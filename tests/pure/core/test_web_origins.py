"""Which origins can be written, and which of those that browsers send they match."""

import pytest
import yaml

from kuberedis_core.web_origins import ORIGIN_PATTERN, is_origin, origin_allowed
from tests.install.manifests import CONFIG

ORIGINS = ["*", "https://app.example.com", "http://localhost:5173", "https://*.vercel.app", "http://*.localhost:3000", "http://[::1]:8080"]
NEVER_SENT = [
    "https://app.example.com/",
    "app.example.com",
    "*.example.com",
    "https://App.example.com",
    "https://app.example.com:443",
    "http://app.example.com:80",
    "https://*",
    "https://app.*.com",
    "https://*.*.example.com",
    "https://*app.example.com",
    "https://user@example.com",
    "ftp://a.example",
    "null",
    "",
    "https://a,https://b",
    "https://bücher.example",
    "https://a.example\n",
]


@pytest.mark.parametrize("text", ORIGINS)
def test_what_a_browser_sends_can_be_written(text: str) -> None:
    assert is_origin(text)


@pytest.mark.parametrize("text", NEVER_SENT)
def test_what_no_browser_sends_is_refused(text: str) -> None:
    assert not is_origin(text)


@pytest.mark.parametrize(
    ("pattern", "origin", "allowed"),
    [
        ("https://*.vercel.app", "https://my-app.vercel.app", True),
        ("https://*.vercel.app", "https://my-app-git-main_x.vercel.app", True),
        ("https://*.vercel.app", "https://a.b.vercel.app", False),
        ("https://*.vercel.app", "https://vercel.app", False),
        ("https://*.vercel.app", "https://.vercel.app", False),
        ("https://*.vercel.app", "http://my-app.vercel.app", False),
        ("https://*.vercel.app", "https://my-app.vercel.app:8443", False),
        ("https://*.vercel.app", "https://my-app.vercel.app.evil.example", False),
        ("https://*.vercel.app", "https://evilvercel.app", False),
        ("https://*.vercel.app", "https://evil.example/.vercel.app", False),
        ("https://*.vercel.app", "https://evil@x.vercel.app", False),
        ("https://*.vercel.app", "https://evil:1#.vercel.app", False),
        ("https://*.vercel.app", "null", False),
        ("https://*.vercel.app", "", False),
        ("http://*.localhost:3000", "http://a.localhost:3000", True),
        ("http://*.localhost:3000", "http://a.localhost", False),
        ("*", "https://anything.example", True),
        ("*", "", False),
        ("https://app.example.com", "https://app.example.com", True),
    ],
)
def test_a_wildcard_is_one_label(pattern: str, origin: str, allowed: bool) -> None:
    assert is_origin(pattern)
    assert origin_allowed(origin, {pattern, "https://other.example"}) is allowed


def test_the_schema_has_this_rule() -> None:
    (definition,) = (document for document in yaml.safe_load_all((CONFIG / "crd.yaml").read_text()) if document)
    spec = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    (rule,) = spec["properties"]["limits"]["properties"]["corsOrigins"]["items"]["x-kubernetes-validations"]
    assert f"self.matches(r'^{ORIGIN_PATTERN}$')" in rule["rule"]
