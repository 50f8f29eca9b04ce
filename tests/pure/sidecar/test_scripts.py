"""Scripts for Upstash's server: the flag is removed, and either SHA1 finds the script."""

from hashlib import sha1

import pytest

from kuberedis_sidecar.api.scripts import Scripts

_ORIGINAL = b"#!lua flags=allow-key-locking\nreturn 1"
_CHANGED = b"#!lua\nreturn 1"


def digest(script: bytes) -> bytes:
    """The SHA1 by which Redis knows a script."""
    return sha1(script, usedforsecurity=False).hexdigest().encode()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("EVAL", _ORIGINAL, "0"), ("EVAL", _CHANGED, "0")),
        (("eval", _ORIGINAL.decode(), "1", "k"), ("eval", _CHANGED, "1", "k")),
        ((b"EVAL_RO", _ORIGINAL), (b"EVAL_RO", _CHANGED)),
        (("SCRIPT", "load", _ORIGINAL), ("SCRIPT", "load", _CHANGED)),
        (("EVAL", b"#!lua flags=no-writes,allow-key-locking\nx", "0"), ("EVAL", b"#!lua flags=no-writes\nx", "0")),
        (("EVAL", b"#!lua flags=no-writes\nx", "0"), ("EVAL", b"#!lua flags=no-writes\nx", "0")),
        (("EVAL", b"return 'flags=allow-key-locking'", "0"), ("EVAL", b"return 'flags=allow-key-locking'", "0")),
        (("EVAL", b"#!lua\n-- flags=allow-key-locking", "0"), ("EVAL", b"#!lua\n-- flags=allow-key-locking", "0")),
        (("EVAL",), ("EVAL",)),
        (("SCRIPT", "FLUSH"), ("SCRIPT", "FLUSH")),
        (("SET", _ORIGINAL, "0"), ("SET", _ORIGINAL, "0")),
        (["GET", "k"], ("GET", "k")),
    ],
)
def test_only_the_flag_of_a_script_is_removed(command: tuple[bytes | str, ...], expected: tuple[bytes | str, ...]) -> None:
    assert Scripts().prepare(command) == expected


def test_changed_script_is_found_by_the_sha1_of_the_caller() -> None:
    scripts = Scripts()
    scripts.prepare(("EVAL", _ORIGINAL, "0"))
    assert scripts.prepare(("EVALSHA", digest(_ORIGINAL), "0")) == ("EVALSHA", digest(_CHANGED), "0")
    assert scripts.prepare(("EVALSHA_RO", digest(_ORIGINAL).upper(), "0")) == ("EVALSHA_RO", digest(_CHANGED), "0")
    assert scripts.prepare(("SCRIPT", "EXISTS", digest(_ORIGINAL), "other")) == ("SCRIPT", "EXISTS", digest(_CHANGED), "other")


def test_replies_to_script_load_have_the_sha1_of_the_caller() -> None:
    scripts = Scripts()
    load = scripts.prepare(("script", b"Load", "return 1"))
    assert not scripts.loads([load])
    load = scripts.prepare(("script", b"Load", _ORIGINAL))
    others = [("GET", "k"), ("SCRIPT",), ("SCRIPT", "EXISTS", "a"), ("EVAL", "return 1", "0"), ("LOAD", "SCRIPT")]
    assert set(scripts.loads([*others, load, ("GET", "k"), load])) == {5, 7}
    assert scripts.restore(digest(_CHANGED)) == digest(_ORIGINAL)
    assert scripts.restore(b"other") == b"other"
    assert scripts.restore([digest(_CHANGED)]) == [digest(_CHANGED)]
    assert scripts.restore(None) is None


def test_oldest_scripts_are_forgotten() -> None:
    scripts = Scripts()
    for number in range(1025):
        scripts.prepare(("EVAL", _ORIGINAL + b"%d" % number, "0"))
    assert scripts.prepare(("EVALSHA", digest(_ORIGINAL + b"0"), "0"))[1] == digest(_ORIGINAL + b"0")
    assert scripts.restore(digest(_CHANGED + b"0")) == digest(_CHANGED + b"0")
    assert scripts.prepare(("EVALSHA", digest(_ORIGINAL + b"1024"), "0"))[1] == digest(_CHANGED + b"1024")
