"""The Secret of an instance, and that no other object holds a key."""

import base64
import inspect
from datetime import UTC, datetime

from kuberedis_core.crd.names import PREVIOUS_KEY_EXPIRES_AT
from kuberedis_operator.resources import BUILDERS, secret
from kuberedis_operator.resources.secret import InstanceKeys
from tests.operator.rendering import instance, rendered, topology

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
