"""The console in a browser: lines in, replies as redis-cli writes them out."""

import redis
from playwright.sync_api import expect

from tests.cluster.dashboard.data.pages import (
    LARGE,
    SCRIPT,
    Visit,
    press,
    replies,
    run,
)


def test_the_console_answers_as_redis_cli_in_the_chosen_scope(visit: Visit, database: redis.Redis) -> None:
    page = visit("console")
    run(page, f'SET hostile "{SCRIPT}"')
    expect(page.locator(".failed")).to_contain_text("NOPERM")
    page.check("input[value=write]")
    run(page, f'SET hostile "{SCRIPT}"')
    run(page, r"GET hostile")
    run(page, r'ECHO "\xff\x1b"')
    run(page, 'ECHO "unbalanced')
    run(page, "HELP GET")
    assert replies(page)[1:4] == ["OK\n", f'"{SCRIPT}"\n', '"\\xff\\x1b"\n']
    assert "a quote does not end" in replies(page)[4]
    assert replies(page)[5].startswith("GET key\n")
    database.setrange("large", LARGE - 1, "x")
    run(page, "GET large")
    assert "Ask for less at once" in replies(page)[6]
    page.press("#line", "ArrowUp")
    page.press("#line", "ArrowUp")
    expect(page.locator("#line")).to_have_value("HELP GET")
    page.fill("#line", "hgetall")
    expect(page.locator("#syntax")).to_contain_text("HGETALL key")
    page.reload()
    page.press("#line", "ArrowUp")
    expect(page.locator("#line")).to_have_value("GET large")
    assert "hostile" not in page.title()


def test_what_destroys_much_runs_once_it_is_confirmed(visit: Visit, database: redis.Redis) -> None:
    database.set("k", "v")
    page = visit("console")
    page.check("input[value=admin]")
    run(page, "FLUSHALL")
    expect(page.locator(".entry")).to_contain_text("This destroys every key")
    expect(page.locator("#line")).to_be_focused()
    assert database.exists("k")
    press(page, "Run it")
    expect(page.locator(".entry pre")).to_have_text("OK")
    assert database.dbsize() == 0
