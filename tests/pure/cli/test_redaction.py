"""What `kuberedis report` leaves out of texts and objects, and what stays."""

from typing import Any

import pytest

from kuberedis_cli.support.redaction import REDACTED, redacted, without_secrets
from kuberedis_core.credentials import new_key
from kuberedis_core.signing import mint

KEY = new_key()
TOKEN = mint(KEY, "cache", ttl_seconds=60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"the key is {KEY}.", f"the key is {REDACTED}."),
        (f"GET /get/a?_token={TOKEN}&x=1", f"GET /get/a?_token={REDACTED}&x=1"),
        (f"Authorization: Bearer {TOKEN}", f"Authorization: Bearer {REDACTED}"),
        ("authorization: bearer short-one", f"authorization: bearer {REDACTED}"),
        ('{"password": "hunter2", "n": 1}', f'{{"password": "{REDACTED}", "n": 1}}'),
        ("requirepass hunter2 now", f"requirepass {REDACTED} now"),
        ("redis://user:hunter2@host:6379/0", f"redis://{REDACTED}@host:6379/0"),
        ("api_key=hunter2,b", f"api_key={REDACTED},b"),
        # What helps stays.
        ("the token has expired", "the token has expired"),
        ('Bearer realm="cache"', 'Bearer realm="cache"'),
        (
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        ("https://redis.example.com/instances/cache", "https://redis.example.com/instances/cache"),
        ("a-pod-with-a-very-long-name-of-more-than-forty-letters-0", "a-pod-with-a-very-long-name-of-more-than-forty-letters-0"),
    ],
    ids=range(13),
)
def test_texts_lose_what_opens_something(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "DB_PASSWORD", "value": REDACTED}),
        ({"name": "KUBEREDIS_HOSTS", "value": "a=b"}, {"name": "KUBEREDIS_HOSTS", "value": "a=b"}),
        ({"spec": {"config": {"masterauth": "x", "hz": "50"}}}, {"spec": {"config": {"masterauth": REDACTED, "hz": "50"}}}),
        (
            {"managedFields": [1], "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": KEY}},
            {"annotations": {"a": REDACTED}},
        ),
        ([{"a": (1, None, True)}], [{"a": [1, None, True]}]),
    ],
    ids=range(5),
)
def test_objects_lose_it_too(value: Any, expected: Any) -> None:
    assert without_secrets(value) == expected
