"""The operator's environment: what is not set has a default, and what does not fit names its variable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuberedis_core.environment import SettingsError
from kuberedis_operator.settings import AllowedHost, Gateway, OperatorSettings, unknown_settings
from kuberedis_operator.trace_settings import Traces
from tests.operator.rendering import SETTINGS, settings


def test_without_any_setting_but_the_image_instances_have_a_path_of_their_name() -> None:
    assert SETTINGS.path("team-a", "my-cache") == "/instances/my-cache"
    assert SETTINGS.namespaces == ()


def test_no_namespace_is_trusted_for_its_name() -> None:
    found = OperatorSettings.from_environ({"KUBEREDIS_SIDECAR_IMAGE": "localhost/kuberedis-sidecar:1"})
    assert (found.ingress_namespaces, found.monitoring_namespaces) == ((), ())


def test_the_image_of_the_sidecar_is_required() -> None:
    with pytest.raises(SettingsError, match="KUBEREDIS_SIDECAR_IMAGE: not set"):
        OperatorSettings.from_environ({})


def test_settings_are_read() -> None:
    found = settings(
        KUBEREDIS_NAMESPACES="team-b, team-a,",
        KUBEREDIS_PATH_TEMPLATE="/v1/{namespace}/{name}",
        KUBEREDIS_PUBLIC_URL="https://redis.example.com/",
        KUBEREDIS_ROUTING="HTTPRoute",
        KUBEREDIS_GATEWAY="gateways/shared/https",
        KUBEREDIS_KEY_GRACE_SECONDS="0",
        KUBEREDIS_HOSTS="team-a=*.a.example.com, *=shared.example.com,",
        KUBEREDIS_LISTEN="[::]:9090",
    )
    assert found.namespaces == ("team-a", "team-b")
    assert found.path("team-a", "my-cache") == "/v1/team-a/my-cache"
    assert found.public_url == "https://redis.example.com"
    assert found.gateway == Gateway("gateways", "shared", "https")
    assert found.key_grace_seconds == 0
    assert found.hosts == (AllowedHost("team-a", "*.a.example.com"), AllowedHost("*", "shared.example.com"))
    assert (found.host, found.port) == ("::", 9090)


def test_an_empty_variable_is_one_that_is_left_out() -> None:
    found = settings(**{f"KUBEREDIS_{name}": "" for name in ("INGRESS_HOST", "INGRESS_CLASS", "GATEWAY", "NAMESPACES", "HOSTS")})
    assert (found.ingress_host, found.ingress_class, found.gateway, found.namespaces, found.hosts) == (None, None, None, (), None)


def test_an_empty_list_of_monitoring_namespaces_is_empty() -> None:
    assert settings(KUBEREDIS_MONITORING_NAMESPACES="").monitoring_namespaces == ()


def test_traces_of_one_request_in_a_hundred_go_to_a_collector() -> None:
    assert settings().traces is None
    assert settings(KUBEREDIS_TRACES_ENDPOINT="", KUBEREDIS_TRACES_RATIO="").traces is None
    found = settings(KUBEREDIS_TRACES_ENDPOINT="http://collector.observability:4318").traces
    assert found == Traces(endpoint="http://collector.observability:4318", ratio="0.01", headers_secret=None)
    with pytest.raises(SettingsError, match="KUBEREDIS_TRACES_ENDPOINT: not set; KUBEREDIS_TRACES_RATIO needs it"):
        settings(KUBEREDIS_TRACES_RATIO="1")


@pytest.mark.parametrize(
    ("variable", "value", "advice"),
    [
        ("PATH_TEMPLATE", "/instances/{namespace}", r"does not contain \{name\}"),
        ("PATH_TEMPLATE", "/instances/{name}/{uid}", "no other placeholders"),
        ("PATH_TEMPLATE", "/instances/{name}/", "no '/' at its end"),
        ("PATH_TEMPLATE", "instances/{name}", "write a path"),
        ("PATH_TEMPLATE", "/instances/../{name}", "write a path"),
        ("PATH_TEMPLATE", "/{{name}}", "write a path"),
        ("PATH_TEMPLATE", "/{name!r}", "does not contain"),
        ("INGRESS_HOST", "https://redis.example.com", "not a DNS name"),
        ("TRACES_ENDPOINT", "collector:4318", "not the URL of a collector"),
        ("TRACES_ENDPOINT", "https://user:secret@collector", "no user"),
        ("TRACES_ENDPOINT", "http://collector:4318/?token=secret", "query"),
        ("TRACES_ENDPOINT", "http://collector:99999", "Port"),
        ("TRACES_RATIO", "1.1", "from 0 to 1"),
        ("TRACES_RATIO", "1e-2", "from 0 to 1"),
        ("TRACES_RATIO", "-0.1", "from 0 to 1"),
        ("TRACES_HEADERS_SECRET", "otlp", "NAME/KEY"),
        ("TRACES_HEADERS_SECRET", "Otlp/headers", "NAME/KEY"),
        ("TRACES_HEADERS_SECRET", "otlp/authorization=Bearer secret", "NAME/KEY"),
        ("ACCESS_LOG", "yes", "true or false"),
        ("PUBLIC_URL", "redis.example.com", "not a URL"),
        ("PUBLIC_URL", "https://user:secret@redis.example.com", "no user"),
        ("ROUTING", "Route", "Ingress or HTTPRoute"),
        ("ROUTING", "HTTPRoute", "needs it: write NAMESPACE/NAME"),
        ("HOSTS", "redis.example.com", "write NAMESPACE=HOST"),
        ("HOSTS", "Team=redis.example.com", "write NAMESPACE=HOST"),
        ("HOSTS", "team-a=*", "not a DNS name"),
        ("HOSTS", "team-a=a.*.example.com", "not a DNS name"),
        ("ROUTE_HOLD_SECONDS", "1d", "whole number, 0 or more"),
        ("OPERATOR_NAMESPACE", "", "not a name of a namespace"),
        ("GATEWAY", "contour", "write NAMESPACE/NAME"),
        ("GATEWAY", "a/b/c/d", "write NAMESPACE/NAME"),
        ("REDIS_IMAGE", "redis:8", r"does not contain \{version\}"),
        ("VALKEY_IMAGE", "val key:{version}", "not an image"),
        ("DEFAULT_VERSION", "7.0", "write 7.2 or newer"),
        ("DEFAULT_VERSION", "latest", "not a version"),
        ("NAMESPACES", "Team_A", "not a name of a namespace"),
        ("POD_USER", "0", "write a number from 1"),
        ("POD_USER", "redis", "or platform"),
        ("KEY_GRACE_SECONDS", "1h", "whole number, 0 or more"),
        ("API_CONCURRENCY", "0", "whole number, 1 or more"),
        ("LOG_LEVEL", "loud", "write one of debug"),
        ("LISTEN", "8080", "write HOST:PORT"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_the_name_of_its_variable(variable: str, value: str, advice: str) -> None:
    with pytest.raises(SettingsError, match=advice) as refusal:
        settings(**{f"KUBEREDIS_{variable}": value})
    assert str(refusal.value).startswith("KUBEREDIS_")
    assert "secret" not in str(refusal.value)


@given(st.text(alphabet="/{}namespc.~-_%! x", max_size=30))
def test_a_path_template_is_refused_or_gives_a_plain_path(template: str) -> None:
    try:
        path = settings(KUBEREDIS_PATH_TEMPLATE=template).path("team-a", "my-cache")
    except SettingsError:
        return
    assert path.startswith("/")
    assert "my-cache" in path
    assert not set(path) & set("{}%! ")
    assert "" not in path[1:].split("/")
    assert not {".", ".."} & set(path.split("/"))


def test_misspelt_variables_are_reported_and_those_of_services_are_not() -> None:
    environ = {"KUBEREDIS_INGRES_HOST": "x", "KUBEREDIS_LISTEN": "x", "KUBEREDIS_OPERATOR_SERVICE_HOST": "x", "PATH": "x"}
    assert unknown_settings(environ) == ["KUBEREDIS_INGRES_HOST"]
