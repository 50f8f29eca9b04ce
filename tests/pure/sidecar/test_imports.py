"""The sidecar loads nothing that it does not need: code costs memory, and time at its start."""

import subprocess
import sys

_ONLY_SEVERAL = ("kuberedis_sidecar.replication", "kuberedis_sidecar.redis.tls", "kuberedis_sidecar.gateway.member")
_ONLY_PAGES = ("html5tagger", "sanic.pages", "tracerite", "ujson")
_ONLY_KEY_SERVERS = ("jwt.jwks_client", "urllib.request")
_ONLY_SCRAPES = ("prometheus_client",)

_PAGE_OF_ANOTHER_APPLICATION = """
from types import SimpleNamespace as Some
import kuberedis_sidecar.http, sanic.errorpages, ujson
request = Some(path="/", name="route", app=Some(name="another", debug=False))
print(sanic.errorpages.HTMLRenderer(request, ValueError("wrong"), debug=False).minimal().body.decode())
"""


def _printed(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_one_member_does_without_the_code_of_several_of_pages_of_key_servers_and_of_scrapes() -> None:
    loaded = _printed("import sys, kuberedis_sidecar.serving; print(*sys.modules)").split()
    assert "kuberedis_sidecar.gateway.gateway" in loaded
    assert "sanic.errorpages" in loaded
    assert [module for module in loaded if module.startswith((*_ONLY_SEVERAL, *_ONLY_PAGES, *_ONLY_KEY_SERVERS, *_ONLY_SCRAPES))] == []


def test_another_application_of_the_process_still_has_its_error_pages() -> None:
    assert "Application <strong>Another</strong> cannot handle your request" in _printed(_PAGE_OF_ANOTHER_APPLICATION)


_OTHERS = """
import kuberedis_sidecar.http, kuberedis_sidecar.auth, jwt
from sanic.handlers.directory import DirectoryPage
print(jwt.PyJWKClient("https://keys.example").uri)
print(DirectoryPage([], "/files", debug=False).render())
import jwt.jwks_client
print(type(jwt.PyJWKClient("https://keys.example")) is jwt.jwks_client.PyJWKClient)
"""


def test_another_application_of_the_process_still_has_pages_of_folders_and_clients_of_key_servers() -> None:
    uri, *page, is_one = _printed(_OTHERS).splitlines()
    assert (uri, is_one) == ("https://keys.example", "True")
    assert "<title>Directory Viewer</title>" in "".join(page)
