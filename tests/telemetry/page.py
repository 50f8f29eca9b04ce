"""What a sidecar reports at `/metrics`, parsed as Prometheus parses it."""

from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from tests.faults.traffic import ask_outside
from tests.harness.sidecar import Sidecar


@dataclass(frozen=True)
class Page:
    """One scrape: each sample by its name and labels."""

    samples: dict[tuple[str, frozenset[tuple[str, str]]], float]

    def total(self, name: str, /, **labels: str) -> float:
        """The sum over all samples of that name that have these labels."""
        wanted = set(labels.items())
        return sum(value for (known, tags), value in self.samples.items() if known == name and wanted <= tags)

    def values(self, name: str, label: str) -> set[str]:
        """All values of a label."""
        return {dict(tags)[label] for known, tags in self.samples if known == name}

    def names(self) -> set[str]:
        """The names of all samples."""
        return {name for name, _ in self.samples}


def scrape(sidecar: Sidecar) -> Page:
    """What a sidecar reports now."""
    answer = ask_outside(sidecar, "/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.text)
    samples = [sample for family in families for sample in family.samples]
    assert len({(sample.name, frozenset(sample.labels.items())) for sample in samples}) == len(samples)
    return Page({(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples})
