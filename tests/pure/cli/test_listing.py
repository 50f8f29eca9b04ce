"""The rows of `kuberedis list`."""

from typing import Any

import pytest

from kuberedis_cli.cluster import listing
from kuberedis_cli.output.rows import Row, by_name, changes
from kuberedis_cli.output.rows_table import print_table


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
    print_table(by_name([listing.row(instance(conditions=[condition]))]), with_namespace=with_namespace)
    title, line = capsys.readouterr().out.splitlines()
    assert title.split() == [*(["NAMESPACE"] if with_namespace else []), "NAME", "READY", "URL", "CAPACITY", "VERSION", "AGE"]
    assert line.split()[:-1] == [*(["team"] if with_namespace else []), "cache", "False", "(PodPending)", "-", "1Gi", "7.2"]


def test_members_have_columns_where_an_instance_has_several(capsys: pytest.CaptureFixture[str]) -> None:
    available = instance(primary="cache-1", inSyncReplicas=2)
    available["spec"]["replicas"] = 3
    single = instance()
    single["metadata"]["name"] = "single"
    print_table(by_name([listing.row(available), listing.row(single)]), with_namespace=False)
    title, first, second = capsys.readouterr().out.splitlines()
    assert title.split() == ["NAME", "READY", "PRIMARY", "IN", "SYNC", "URL", "CAPACITY", "VERSION", "AGE"]
    assert first.split()[2:4] == ["cache-1", "2/3"]
    assert second.split()[2:4] == ["-", "-"]


def test_changes_of_a_list_are_what_is_new_what_differs_and_what_is_gone() -> None:
    def rows(**ready: str) -> dict[tuple[str | None, str], Row]:
        return dict(by_name(Row(None, name, status, "", "", None, None, None) for name, status in ready.items()))

    found = changes(rows(a="True", b="True", c="True"), rows(b="False", c="True", d="Unknown"))
    assert [(change, row.name, row.ready) for change, row in found] == [
        ("changed", "b", "False"),
        ("added", "d", "Unknown"),
        ("removed", "a", "True"),
    ]


def test_what_only_a_cluster_has_is_no_column_of_local_mode(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(by_name([Row(None, "cache", "False", "NotRunning", "", None, None, None)]), with_namespace=False)
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["NAME", "READY", "URL"],
        ["cache", "False", "(NotRunning)", "-"],
    ]
