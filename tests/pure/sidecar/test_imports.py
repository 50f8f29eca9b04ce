"""The sidecar loads nothing that it does not need: code costs memory, and time at its start."""

import subprocess
import sys

_ONLY_SEVERAL = ("kuberedis_sidecar.replication", "kuberedis_sidecar.redis.tls", "kuberedis_sidecar.gateway.member")
_ONLY_PAGES = ("html5tagger", "sanic.pages", "tracerite", "ujson")
_ONLY_KEY_SERVERS = ("jwt.jwks_client", "urllib.request")
_ONLY_FILES_AND_WEBSOCKETS = ("aiofiles", "websockets")
_ONLY_SCRAPES = ("prometheus_client",)

_PAGE_OF_ANOTHER_APPLICATION = """
from types import SimpleNamespace as Some
import kuberedis_sidecar.http, sanic.errorpages, ujson
request = Some(path="/", name="route", app=Some(name="another", debug=False))
print(sanic.errorpages.HTMLRenderer(request, ValueError("wrong"), debug=False).minimal().body.decode())
"""


def _printed(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_one_member_does_without_the_code_of_several_of_what_sanic_and_pyjwt_can_besides_and_of_scrapes() -> None:
    loaded = _printed("import sys, kuberedis_sidecar.serving; print(*sys.modules)").split()
    assert "kuberedis_sidecar.gateway.gateway" in loaded
    assert "sanic.errorpages" in loaded
    unused = (*_ONLY_SEVERAL, *_ONLY_PAGES, *_ONLY_KEY_SERVERS, *_ONLY_FILES_AND_WEBSOCKETS, *_ONLY_SCRAPES)
    assert [module for module in loaded if module.startswith(unused)] == []


def test_a_scrape_does_without_another_client_and_server_of_http() -> None:
    code = "import sys; from kuberedis_sidecar.telemetry.metrics import render; render([]); print(*sys.modules)"
    loaded = _printed(code).split()
    assert "prometheus_client" in loaded
    assert [module for module in loaded if module in ("http.client", "http.server", "urllib.request", "wsgiref")] == []


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


_FILES = """
import asyncio, kuberedis_sidecar.http, kuberedis_sidecar.telemetry.process_metrics as metrics
list(metrics.process_families(None))
import prometheus_client, sanic.response
response = asyncio.run(sanic.response.file(sanic.__file__))
print(response.status)
print(prometheus_client.generate_latest().decode().splitlines()[0])
"""


def test_another_application_of_the_process_still_has_files_and_a_writer_of_metrics() -> None:
    status, first = _printed(_FILES).splitlines()
    assert status == "200"
    assert first.startswith("# HELP python_gc")
