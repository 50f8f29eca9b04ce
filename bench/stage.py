"""The servers of a run, each started on first use, and all stopped together."""

from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from bench import contenders, members


class Stage:
    """The servers and settings that the bars share.

    Args:
        folder: parent folder of all programs' files.
        seconds: duration of the load in each case.
        python: interpreter that runs the sidecars.
        ends: stack on which the servers are stopped.
    """

    def __init__(self, folder: Path, seconds: float, python: str, ends: ExitStack) -> None:
        self.seconds = seconds
        self.python = python
        self._folder = folder
        self._ends = ends
        self.supporting: list[int] = []
        """Process ids of what the measured servers need: it is placed beside them, and its time is not theirs."""

    def folder(self, name: str) -> Path:
        """The folder `name` in the run's folder, created if it is missing."""
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        return folder

    @cached_property
    def redis(self) -> contenders.Redis:
        """The Redis that all contenders share."""
        started = self._ends.enter_context(contenders.redis(self.folder("redis")))
        self.supporting.append(started.pid)
        return started

    @cached_property
    def webdis(self) -> contenders.Webdis:
        """The peer, connected to Redis over TCP, the only transport it supports."""
        return self._ends.enter_context(contenders.webdis(self.folder("webdis"), self.redis, threads=1))

    @cached_property
    def webdis_open(self) -> contenders.Webdis:
        """The peer when it serves anybody."""
        folder = self.folder("webdis-open")
        return self._ends.enter_context(contenders.webdis(folder, self.redis, threads=1, authenticates=False))

    @cached_property
    def webdis_two_threads(self) -> contenders.Webdis:
        """The peer with two threads."""
        return self._ends.enter_context(contenders.webdis(self.folder("webdis-two-threads"), self.redis, threads=2))

    @cached_property
    def sidecar(self) -> contenders.Sidecar:
        """The gateway over TCP without an access log, like webdis."""
        return self._sidecar("sidecar")

    @cached_property
    def sidecar_two_workers(self) -> contenders.Sidecar:
        """The gateway with two workers."""
        return self._sidecar("sidecar-two-workers", workers="2")

    @cached_property
    def sidecar_for_streams(self) -> contenders.Sidecar:
        """The gateway with room for more event streams than by default."""
        return self._sidecar("sidecar-streams", max_subscribers="1024")

    @cached_property
    def sidecar_over_socket(self) -> contenders.Sidecar:
        """The gateway over Redis' Unix socket."""
        return self._sidecar("sidecar-socket", redis_url=f"unix://{self.redis.socket}")

    @cached_property
    def sidecar_logging(self) -> contenders.Sidecar:
        """The gateway with its access log, which is on by default, written to a file."""
        return self._sidecar("sidecar-logging", access_log="true")

    @cached_property
    def collector(self) -> contenders.Collector:
        """A collector of traces."""
        started = self._ends.enter_context(contenders.collector(self.folder("collector")))
        self.supporting.append(started.pid)
        return started

    def sidecar_tracing(self, ratio: float) -> contenders.Sidecar:
        """A gateway that sends traces of that part of its requests."""
        telemetry = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.collector.url,
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": str(ratio),
        }
        folder = self.folder(f"sidecar-tracing-{ratio}")
        return self._ends.enter_context(contenders.sidecar(self.python, folder, self.redis, telemetry))

    @cached_property
    def sidecar_of_replica(self) -> contenders.Sidecar:
        """The gateway of one of three members, whose primary is another."""
        return self._ends.enter_context(members.sidecar_of_replica(self.python, self.folder("members")))

    def _sidecar(self, name: str, **settings: str) -> contenders.Sidecar:
        return self._ends.enter_context(contenders.sidecar(self.python, self.folder(name), self.redis, **settings))
