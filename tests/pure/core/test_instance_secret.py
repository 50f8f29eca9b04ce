"""What the Secret of an instance says of its tokens, whatever somebody wrote into it."""

import base64

import pytest

from kuberedis_core.crd.names import MAX_TOKEN_SECONDS
from kuberedis_core.credentials import KEY_FILE, PREVIOUS_KEY_FILE, REVOKED_FILE, InstanceKey
from kuberedis_core.instance_secret import Signing, signing_of

_KEY = InstanceKey("k" * 43)
_OLD = InstanceKey("o" * 43)


def encoded(text: str) -> str:
    """A member of the data of a Secret."""
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("data", "annotations", "expected"),
    [
        ({KEY_FILE: encoded(f"{_KEY}\n")}, {}, Signing((_KEY,))),
        ({KEY_FILE: encoded(_KEY), PREVIOUS_KEY_FILE: encoded(_OLD)}, {MAX_TOKEN_SECONDS: "600"}, Signing((_KEY, _OLD), 600)),
        ({KEY_FILE: encoded(_KEY), REVOKED_FILE: encoded("a 1\n")}, {MAX_TOKEN_SECONDS: "soon"}, Signing((_KEY,), None, "a 1")),
        ({KEY_FILE: encoded(_KEY), PREVIOUS_KEY_FILE: "no base64"}, {MAX_TOKEN_SECONDS: "9" * 5000}, Signing((_KEY,))),
        ({}, {}, None),
        ({KEY_FILE: ""}, {}, None),
        ({KEY_FILE: base64.b64encode(b"\xff\xfe").decode()}, {}, None),
    ],
)
def test_keys_and_terms_are_read(data: dict[str, str], annotations: dict[str, str], expected: Signing | None) -> None:
    assert signing_of(data, annotations) == expected


@pytest.mark.parametrize(("longest", "usual"), [(None, 3600), (86_400, 3600), (600, 600)])
def test_usual_lifetime_is_within_the_maximum(longest: int | None, usual: int) -> None:
    assert Signing((_KEY,), longest).usual_seconds == usual
