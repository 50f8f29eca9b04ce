"""What a status or an option gives for the URL of an instance, and is none: nothing is sent anywhere."""

import pytest

from kuberedis_cli.connect.redis_client import RedisClient
from kuberedis_cli.diagnose.route import ask
from kuberedis_cli.errors import GatewayError


@pytest.mark.parametrize("url", ["ftp://host/x", "http://host:port/x", "http://[::1/x", "http://user:pass@host/x", "nonsense", ""])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(GatewayError, match="is not the URL of an instance"):
        RedisClient(url, lambda: "")
    assert ask(url).status is None
