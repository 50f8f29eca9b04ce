"""The servers of one run, each started when a bar first asks for it, and all ended together."""

from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from bench import contenders


class Stage:
    """`seconds` is how long each case loads a server; `python` runs the sidecars; files of all programs are below `folder`."""

    def __init__(self, folder: Path, seconds: float, python: str, ends: ExitStack) -> None:
        self.seconds = seconds
        self.python = python
        self._folder = folder
        self._ends = ends

    def folder(self, name: str) -> Path:
        """The folder of that name below the run's own, made when it is missing."""
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        return folder

    @cached_property
    def redis(self) -> contenders.Redis:
        """The Redis that all contenders share."""
        return self._ends.enter_context(contenders.redis(self.folder("redis")))

    @cached_property
    def webdis(self) -> contenders.Webdis:
        """The peer; it reaches Redis by TCP, having no other way."""
        return self._ends.enter_context(contenders.webdis(self.folder("webdis"), self.redis))

    @cached_property
    def sidecar(self) -> contenders.Sidecar:
        """The gateway over TCP, as webdis is, and as silent."""
        return self._sidecar("sidecar")

    @cached_property
    def sidecar_over_socket(self) -> contenders.Sidecar:
        """The same over Redis' Unix socket."""
        return self._sidecar("sidecar-socket", redis_url=f"unix://{self.redis.socket}")

    @cached_property
    def sidecar_logging(self) -> contenders.Sidecar:
        """The same with its access log, which is on by default, going to a file."""
        return self._sidecar("sidecar-logging", access_log="true")

    def _sidecar(self, name: str, **settings: str) -> contenders.Sidecar:
        return self._ends.enter_context(contenders.sidecar(self.python, self.folder(name), self.redis, **settings))
