"""Seeing and replacing the key of an instance, and making tokens, in a browser."""

import re

from playwright.sync_api import expect

from kuberedis_core.credentials import InstanceKey, Token
from kuberedis_sidecar.auth.tokens import verify
from tests.cluster.dashboard.team import KEY, URL, Team, Visit, path_of, press
from tests.harness.dashboard import Dashboard


def test_key_is_shown_only_when_asked_for_and_for_half_a_minute(visit: Visit, team: Team) -> None:
    team.put("locked")
    page = visit(path_of("locked", "key"))
    assert KEY not in page.content()
    with page.expect_response(lambda response: response.request.method == "POST") as answer:
        press(page, "Show the key for 30 seconds")
    assert answer.value.headers["cache-control"] == "no-store"
    assert answer.value.headers["refresh"].startswith("30; url=")
    assert "content-encoding" not in answer.value.headers
    expect(page.locator("#key")).to_have_text(KEY)
    expect(page.locator("#env")).to_have_text(f"UPSTASH_REDIS_REST_URL={URL}\nUPSTASH_REDIS_REST_TOKEN={KEY}")
    expect(page.locator("[data-seconds]")).to_have_text(re.compile("in 2[0-9] seconds"))
    assert KEY not in page.url


def test_key_is_replaced_with_a_grace_that_counts_down(visit: Visit, team: Team) -> None:
    team.put("rotated")
    page = visit(path_of("rotated", "key"))
    page.select_option("#grace", "15m")
    press(page, "Replace the key")
    expect(page.locator("#rotation")).to_contain_text("A new key is asked for")
    annotations = team.get("rotated")["metadata"]["annotations"]
    request = annotations["cache.yourcompany.com/rotate-key"]
    assert annotations["cache.yourcompany.com/rotate-key-grace"] == "15m"
    handled = {"request": request, "rotatedAt": request[:19] + "Z", "previousKeyExpiresAt": "2100-01-01T00:00:00Z"}
    team.write_status("rotated", keyRotation=handled)
    expect(page.locator("#rotation")).to_contain_text("The old key is valid until")
    expect(page.locator("#rotation [data-until]")).to_have_text(re.compile(r", in [0-9]+ days"))


def test_token_is_one_that_the_instance_takes(dashboard: Dashboard, visit: Visit, team: Team) -> None:
    team.put("tokens")
    page = visit(path_of("tokens", "token"))
    page.check("input[value=write]")
    page.fill("#prefixes", "user:\ncart:*")
    page.fill("[name=number]", "2")
    page.select_option("[name=unit]", "days")
    press(page, "Make a token")
    expect(page.locator("#number-problem")).to_contain_text("86400 seconds at most")
    page.fill("[name=number]", "1")
    press(page, "Make a token")
    token = page.inner_text("#token")
    verified = verify(Token(token), InstanceKey(KEY), "tokens")
    assert (verified.grant.scope, verified.grant.rule.keys) == ("write", ("~user:*", "~cart:*"))
    expect(page.locator("#snippet-1")).to_contain_text(f"Authorization: Bearer {token}")
    assert token not in page.url
    page.goto(dashboard.origin + path_of("tokens", "token"))
    assert token not in page.content()
