"""The rows of `kuberedis list`."""

from typing import Any

import pytest

from kuberedis_cli.cluster import listing


def instance(**status: Any) -> dict[str, Any]:
    metadata = {"name": "cache", "namespace": "team", "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"metadata": metadata, "spec": {"capacity": "1Gi", "version": "7.2"}, "status": status}


def test_an_instance_that_the_operator_has_not_seen_shows_its_spec() -> None:
    row = listing.row(instance())
    assert (row.ready, row.reason, row.url, row.capacity, row.version) == ("Unknown", "", "", "1Gi", "7.2")


def test_the_status_counts_before_the_spec() -> None:
    condition = {"type": "Ready", "status": "False", "reason": "PodPending"}
    row = listing.row(instance(conditions=[condition], url="https://a", capacity="2Gi", version="8"))
    assert (row.ready, row.reason, row.url, row.capacity, row.version) == ("False", "PodPending", "https://a", "2Gi", "8")


@pytest.mark.parametrize("with_namespace", [True, False])
def test_the_table_has_the_namespace_where_there_are_several(with_namespace: bool, capsys: pytest.CaptureFixture[str]) -> None:
    condition = {"type": "Ready", "status": "False", "reason": "PodPending"}
    listing.print_text([listing.row(instance(conditions=[condition]))], with_namespace=with_namespace)
    title, line = capsys.readouterr().out.splitlines()
    assert title.split() == [*(["NAMESPACE"] if with_namespace else []), "NAME", "READY", "URL", "CAPACITY", "VERSION", "AGE"]
    assert line.split()[:-1] == [*(["team"] if with_namespace else []), "cache", "False", "(PodPending)", "-", "1Gi", "7.2"]


def test_members_have_columns_where_an_instance_has_several(capsys: pytest.CaptureFixture[str]) -> None:
    available = instance(primary="cache-1", inSyncReplicas=2)
    available["spec"]["replicas"] = 3
    listing.print_text([listing.row(available), listing.row(instance())], with_namespace=False)
    title, first, second = capsys.readouterr().out.splitlines()
    assert title.split() == ["NAME", "READY", "PRIMARY", "IN", "SYNC", "URL", "CAPACITY", "VERSION", "AGE"]
    assert first.split()[2:4] == ["cache-1", "2/3"]
    assert second.split()[2:4] == ["-", "-"]
