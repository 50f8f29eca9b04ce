"""Who gets to the data, what is refused, and that everybody can use the pages."""

import pytest
import redis
from playwright.sync_api import expect

from kuberedis_dashboard.redis.edits import digest
from tests.cluster.dashboard.data.pages import (
    HOSTILE,
    Post,
    Visit,
    open_key,
    press,
    run,
)
from tests.harness.axe import problems
from tests.harness.dashboard_cluster import BOB


def test_who_may_not_see_the_key_gets_no_data(visit: Visit, post: Post, database: redis.Redis) -> None:
    database.set("hostile", "v")
    for page in ("data", "console"):
        shown = visit(page, BOB)
        expect(shown.locator("main")).to_contain_text("secrets")
        assert "hostile" not in shown.content()
    other = {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"}
    for path, form in (("data", {"type": "hash"}), ("data/key", {"key": "aG9zdGlsZQ=="}), ("console", {"line": "GET hostile"})):
        assert post(path, form, BOB).status_code == 403
        assert post(path, form, headers=other).status_code == 403
        assert post(path, form).status_code == 200


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("data/change", {"change": "delete", "key": "aw=="}, 403),
        ("data/change", {"change": "set_string", "key": "aw==", "seen": digest(b"v"), "value": "x"}, 403),
        ("data/change", {"change": "set_string", "key": "aw==", "seen": digest(b"w"), "value": "x", "writes": "on"}, 409),
        ("data/change", {"change": "nothing", "key": "aw==", "writes": "on"}, 422),
        ("data/change", {"change": "set_field", "key": "aw==", "name": "%", "writes": "on"}, 422),
        ("data/change", {"change": "expire", "key": "aw==", "seconds": "-1", "writes": "on"}, 422),
        ("data/change", {"change": "create", "new_key": "", "writes": "on"}, 422),
        ("data", {"cursor": "x"}, 422),
        ("data", {"prefix": "%"}, 422),
        ("data", {"pattern": "x" * 2000}, 422),
        ("data/key", {"key": "bm9uZQ=="}, 404),
        ("data/key", {"key": "aw==", "page": "("}, 422),
        ("data/key", {"key": "aw==", "page": "99999999999999999999"}, 200),
        ("data/key", {"key": "bA==", "element": "bm9uZQ=="}, 422),
        ("data/key", {"key": "bA==", "element": "OTk="}, 404),
        ("data/download", {"key": "bA=="}, 409),
        ("console", {"line": "x" * 2_000_000}, 200),
        ("console", {"line": "", "scope": "root"}, 200),
    ],
)
def test_what_no_page_sends_is_refused_in_words(post: Post, database: redis.Redis, path: str, form: dict[str, str], status: int) -> None:
    database.set("k", "v")
    database.rpush("l", "v")
    answer = post(path, form)
    assert answer.status_code == status, answer.text
    assert (database.get("k"), database.lrange("l", 0, -1)) == (b"v", [b"v"])


@pytest.mark.parametrize(
    "line",
    [
        "SET k x",
        "GETDEL k",
        "EXPIRE k 1",
        "SORT l STORE k",
        "EVAL \"return redis.call('SET', 'k', 'x')\" 0",
        "FUNCTION FLUSH",
        "PUBLISH channel x",
        "FLUSHALL",
        "CONFIG SET maxmemory 1",
        "CONFIG GET requirepass",
        "ACL SETUSER default on",
        "SLOWLOG RESET",
        "REPLICAOF 127.0.0.1 1",
        "SHUTDOWN NOSAVE",
    ],
)
def test_console_that_may_only_read_cannot_change_anything(post: Post, database: redis.Redis, line: str) -> None:
    database.set("k", "v")
    database.rpush("l", "1")
    answer = post("console", {"line": line, "scope": "read", "confirmed": "yes"})
    assert answer.status_code == 200
    assert 'class="failed"' in answer.text
    assert "NOPERM" in answer.text or "ACL failure" in answer.text or "refused the command" in answer.text, answer.text
    assert (database.get("k"), database.ttl("k"), database.lrange("l", 0, -1)) == (b"v", -1, [b"1"])


@pytest.mark.parametrize("options", [{"color_scheme": "light"}, {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}}])
def test_everybody_can_use_the_pages(visit: Visit, database: redis.Redis, options: dict[str, object]) -> None:
    database.set("string", HOSTILE * 100)
    database.hset("hash", mapping={HOSTILE: HOSTILE, "long": "x" * 10_000})
    database.zadd("board", {"a" * 400: 1.5})
    page = visit("data", **options)
    press(page, "Allow writes")
    page.locator("#key-list summary").click()
    for name in ("string", "hash", "board"):
        open_key(page, name)
        for fold in page.locator("#open-key summary").all():
            fold.click()
        assert problems(page) == []
    page.get_by_role("link", name="Console").click()
    page.check("input[value=admin]")
    for line in ("INFO server", "FLUSHALL"):
        run(page, line)
    assert problems(page) == []
