"""Manifests as text: what `kubectl apply` reads is what was meant, whatever is in it."""

import yaml

from kuberedis_core.crd.manifest import read_manifest
from kuberedis_dashboard.packaged import spec_schema
from kuberedis_dashboard.views.manifests import as_yaml, kubectl_apply, manifest, without_defaults

HOSTILE = "EOF\n$(reboot)\x1b[2J\u202e</script>"


def test_a_manifest_is_one_that_kubectl_takes() -> None:
    text = as_yaml(manifest("team-a", "cache", {"capacity": "1Gi", "version": "8"}))
    assert "version: '8'" in text
    assert read_manifest(yaml.safe_load(text)).name == "cache"
    assert "namespace" not in as_yaml(manifest("", "cache", {}))


def test_what_the_api_server_has_added_is_left_out() -> None:
    added = {
        "evictionPolicy": "noeviction",
        "ingress": {"enabled": True},
        "networkPolicy": {"enabled": True},
        "replicas": 1,
        "paused": False,
    }
    chosen = {"capacity": "1Gi", "ingress": {"enabled": True, "host": "a.example.com"}, "podTemplate": {"labels": {"a": "b"}}}
    assert without_defaults({**added, **chosen}, spec_schema()) == {**chosen, "ingress": {"host": "a.example.com"}}


def test_no_value_leaves_its_place_in_a_command() -> None:
    body = manifest("team-a", "cache", {"config": {HOSTILE: HOSTILE}})
    command = kubectl_apply(body)
    first, *lines, last, end = command.split("\n")
    assert (first, last, end) == ("kubectl apply -f - <<'EOF'", "EOF", "")
    assert "EOF" not in lines
    assert "\x1b" not in command
    assert "\u202e" not in command
    assert yaml.safe_load("\n".join(lines)) == body
