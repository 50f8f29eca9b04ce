"""A client that a generator makes from the OpenAPI document of an instance, unmodified.

openapi-python-client stands for all of them: it refuses what the others read wrongly.
"""

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.harness.sidecar import Sidecar

pytestmark = pytest.mark.usefixtures("flushed")

PACKAGE = "generated_redis_client"


@pytest.fixture(scope="module")
def generated(sidecar: Sidecar, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The package of the client."""
    folder = tmp_path_factory.mktemp("generated")
    # Formatting is all that it would run afterwards.
    (folder / "config.yaml").write_text("post_hooks: []\n")
    generator = Path(sys.executable).with_name("openapi-python-client")
    source = ("--url", f"{sidecar.url}/openapi.json", "--config", "config.yaml", "--fail-on-warning")
    done = subprocess.run(
        [generator, "generate", *source, "--meta", "none", "--output-path", PACKAGE],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield import_module(PACKAGE)
    sys.path.remove(str(folder))


@pytest.fixture
def client(generated: Any, sidecar: Sidecar) -> Iterator[Any]:
    """A client that holds the key."""
    with generated.AuthenticatedClient(base_url=sidecar.url, token=sidecar.api_key, httpx_args={"trust_env": False}) as client:
        yield client


def operation(name: str) -> Any:
    """The module of an operation, such as `keys.set_key`."""
    return import_module(f"{PACKAGE}.api.{name}")


def model(name: str) -> Any:
    """A class of a body or an answer."""
    return getattr(import_module(f"{PACKAGE}.models"), name)


def test_bytes_go_in_and_out_as_base64(client: Any) -> None:
    value = model("Value")(value="/wD+", encoding="base64", ttl_seconds=60)
    assert operation("keys.set_key").sync("a/b é", client=client, body=value).status == "OK"
    found = operation("keys.get_key").sync("a/b é", client=client)
    assert (found.key, found.value, found.encoding) == ("a/b é", "/wD+", "base64")


def test_optional_members_may_be_none(client: Any) -> None:
    value = model("Value")(value="text", encoding=None, ttl_seconds=None)
    assert operation("keys.set_key_put").sync("k", client=client, body=value).status == "OK"
    assert operation("keys.get_key").sync("k", client=client).value == "text"


def test_a_pipeline_has_results_and_errors_and_nulls(client: Any) -> None:
    rows = [["SET", "n", 1], ["INCR", "n"], ["GET", "missing"], ["MGET", "n", "missing"], ["HGET", "n", "field"]]
    items = operation("upstash_rest.pipeline").sync(client=client, body=rows)
    assert [item.to_dict() for item in items[:4]] == [{"result": "OK"}, {"result": 2}, {"result": None}, {"result": ["2", None]}]
    assert items[4].error.startswith("WRONGTYPE ")


def test_a_command_has_null_as_its_result(client: Any) -> None:
    assert operation("upstash_rest.command").sync(client=client, body=["GET", "missing"]).result is None
    command = model("RawCommand")(command="GET", args=["missing"])
    assert operation("commands.raw_command").sync(client=client, body=command).result is None


def test_keys_are_listed(client: Any) -> None:
    operation("keys.set_key").sync("user:1", client=client, body=model("Value")(value="v"))
    listed = operation("keys.list_keys").sync(client=client, match="user:*", count=10)
    assert (listed.cursor, listed.keys) == ("0", ["user:1"])


def test_a_refusal_is_an_error(client: Any) -> None:
    assert operation("keys.get_key").sync("user:*", client=client).error.startswith("no such key; ")
