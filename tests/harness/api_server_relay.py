"""A TCP relay in front of the API server that a test can interrupt, and a KUBECONFIG that leads through it."""

import asyncio
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml


class ApiServerRelay:
    """A relay on this machine.

    Args:
        kubeconfig: kubeconfig of the API server.
        folder: folder in which the kubeconfig of the relay is written.

    Attributes:
        url: where it listens.
        kubeconfig: kubeconfig that leads through it.
    """

    def __init__(self, kubeconfig: Path, folder: Path) -> None:
        config: dict[str, Any] = yaml.safe_load(kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        server = urlsplit(cluster["server"])
        self._target = (server.hostname, server.port or 443)
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepting = True
        self._server = self._loop.run_until_complete(asyncio.start_server(self._relay, "127.0.0.1", 0))
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        # The certificate is not made out for this machine's own address.
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"https://127.0.0.1:{port}"
        config["clusters"][0]["cluster"] = {"server": self.url, "insecure-skip-tls-verify": True}
        self.kubeconfig = folder / "kubeconfig-of-the-relay"
        self.kubeconfig.write_text(yaml.safe_dump(config))

    def cut(self) -> None:
        """Close all connections and refuse new ones."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result()

    def restore(self) -> None:
        """Accept connections again."""
        self._accepting = True

    async def _cut(self) -> None:
        self._accepting = False
        for task in list(self._tasks):
            task.cancel()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._accepting:
            writer.transport.abort()
            return
        onward_reader, onward_writer = await asyncio.open_connection(*self._target)
        for source, sink in ((reader, onward_writer), (onward_reader, writer)):
            task = asyncio.create_task(_pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(65536):
            sink.write(chunk)
            await sink.drain()
    except ConnectionError:
        pass
    finally:
        sink.transport.abort()
