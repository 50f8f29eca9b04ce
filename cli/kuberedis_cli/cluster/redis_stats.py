"""Statistics of an instance's Redis, from the /metrics page of its sidecar."""

from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True)
class RedisStats:
    """Redis at this moment. A number that is not on the page is None; sizes are in bytes."""

    memory_used_bytes: int | None
    memory_max_bytes: int | None
    """0 for no limit."""
    keys: int | None
    connected_clients: int | None
    keyspace_hits: int | None
    keyspace_misses: int | None
    refused_settings: int | None
    """Settings of `spec.config` that Redis did not take."""

    @property
    def hit_rate(self) -> float | None:
        """The part of lookups since Redis' start that found their key; None when there was none."""
        lookups = (self.keyspace_hits or 0) + (self.keyspace_misses or 0)
        return (self.keyspace_hits or 0) / lookups if lookups else None


def parse(page: str) -> RedisStats:
    """The statistics on a page in Prometheus' text format. Raises ValueError for another page."""
    samples = {sample.name: int(sample.value) for family in text_string_to_metric_families(page) for sample in family.samples}
    return RedisStats(
        memory_used_bytes=samples.get("kuberedis_redis_memory_used_bytes"),
        memory_max_bytes=samples.get("kuberedis_redis_memory_max_bytes"),
        keys=samples.get("kuberedis_redis_keys"),
        connected_clients=samples.get("kuberedis_redis_connected_clients"),
        keyspace_hits=samples.get("kuberedis_redis_keyspace_hits_total"),
        keyspace_misses=samples.get("kuberedis_redis_keyspace_misses_total"),
        refused_settings=samples.get("kuberedis_redis_settings_refused"),
    )
