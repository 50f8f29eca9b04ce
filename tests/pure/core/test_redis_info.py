"""The reply of INFO."""

from kuberedis_core.redis_info import parse_info

REPLY = "# Server\r\nredis_version:7.2.4\r\nos:Linux 6.1 x86_64\r\n\r\n# Keyspace\r\ndb0:keys=1,expires=0\r\nexecutable:/usr/bin/a:b\r\n"


def test_fields_are_read_by_name() -> None:
    assert parse_info(REPLY) == {
        "redis_version": "7.2.4",
        "os": "Linux 6.1 x86_64",
        "db0": "keys=1,expires=0",
        "executable": "/usr/bin/a:b",
    }


def test_an_empty_reply_has_no_fields() -> None:
    assert parse_info("") == {}
