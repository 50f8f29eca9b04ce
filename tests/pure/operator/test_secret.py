"""The Secret of an instance, and that no other object holds a key."""

import base64
import inspect
from datetime import UTC, datetime

import pytest

from kuberedis_core.crd.names import MAX_TOKEN_SECONDS, PREVIOUS_KEY_EXPIRES_AT, REVOCATIONS_SEEN
from kuberedis_operator.resources import BUILDERS, secret
from kuberedis_operator.resources.secret import InstanceKeys
from tests.operator.rendering import container, instance, rendered, settings, topology

KEYS = ("new-key-åß", "old-key")


def test_the_secret_holds_the_keys_as_files_for_the_sidecar() -> None:
    body = secret.build(topology(instance()), InstanceKeys(*KEYS, datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)))
    assert body["metadata"]["name"] == "my-cache-auth"
    assert {name: base64.b64decode(value).decode() for name, value in body["data"].items()} == {
        "api_key": "new-key-åß",
        "api_key_previous": "old-key",
    }
    assert body["metadata"]["annotations"]["cache.yourcompany.com/previous-key-expires-at"] == "2026-05-01T12:00:00Z"


def test_a_key_that_was_never_rotated_stands_alone() -> None:
    body = secret.build(topology(instance()), InstanceKeys("key"))
    assert body["data"].keys() == {"api_key"}
    assert PREVIOUS_KEY_EXPIRES_AT not in body["metadata"]["annotations"]


def test_a_key_is_nowhere_but_in_the_data_of_the_secret() -> None:
    body = secret.build(topology(instance()), InstanceKeys(*KEYS))
    assert not any(key in repr(body["metadata"]) for key in KEYS)
    assert not any("key" in inspect.signature(builder.build).parameters for builder in BUILDERS)
    assert not any(child["kind"] == "Secret" for child in rendered(instance()).values())


def test_revoked_tokens_are_left_to_whoever_revokes_them() -> None:
    body = secret.build(topology(instance()), InstanceKeys("key"))
    assert REVOCATIONS_SEEN not in body["metadata"]["annotations"]
    seen = set()
    for text in ("b25l", "dHdv"):
        keys = secret.read({**body, "data": {**body["data"], "revoked_jti": text}})
        assert keys is not None
        rendered_again = secret.build(topology(instance()), keys)
        assert rendered_again["data"] == body["data"]
        seen.add(rendered_again["metadata"]["annotations"][REVOCATIONS_SEEN])
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("own", "operators", "most"), [(None, "", None), (60, "", "60"), (None, "70", "70"), (60, "70", "60"), (80, "70", "70")]
)
def test_lifetime_of_tokens_is_the_shorter_of_both(own: int | None, operators: str, most: str | None) -> None:
    limited = instance(limits={} if own is None else {"maxTokenSeconds": own})
    set_to = settings(KUBEREDIS_MAX_TOKEN_SECONDS=operators)
    body = secret.build(topology(limited, set_to), InstanceKeys("key"))
    assert body["metadata"]["annotations"].get(MAX_TOKEN_SECONDS) == most
    environment = {variable["name"]: variable["value"] for variable in container("sidecar", limited, set_to)["env"]}
    assert environment.get("KUBEREDIS_MAX_TOKEN_SECONDS") == most
