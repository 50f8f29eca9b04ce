"""Local mode: the loop that reconciles the running instances with the manifests, until a signal ends it.

Every turn compares the whole desired state with all that runs. What fails in one turn is tried again in the next, so
there is no list of things left to do.
"""

import asyncio
import errno
import logging
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import structlog
import uvloop

from kuberedis_cli.errors import DataFolderError, LocalModeError, RedisServerError
from kuberedis_cli.local.control_socket import ControlSocket, FailoverRequest
from kuberedis_cli.local.data_folder import instance_folder, locked, write_control
from kuberedis_cli.local.events import Dashboard, Error, Event, Note, Removed, Stopped
from kuberedis_cli.local.manifest_sources import DesiredState, Source
from kuberedis_cli.local.manifests import LocalInstance
from kuberedis_cli.local.member_plan import MemberPlan
from kuberedis_cli.local.redis_server import find_binary
from kuberedis_cli.local.reporter import Reporter
from kuberedis_cli.local.status import Status
from kuberedis_cli.local.supervised_instance import Access, SupervisedInstance
from kuberedis_core.crd.names import DEFAULT_PATH_TEMPLATE
from kuberedis_core.crd.spec import InstanceSpec
from kuberedis_core.member_control import ControlReply
from kuberedis_sidecar.server import Server

DRAIN_SECONDS = 3.0
LONGEST_SOCKET_FOLDER = 60
"""A Unix socket's path holds some 100 bytes; with a temporary folder deeper than this, /tmp serves."""


@dataclass(frozen=True)
class Options:
    """The options of `kuberedis local`; without a data folder nothing is kept."""

    host: str
    port: int
    data_folder: Path | None
    dashboard: bool = False


def run_local(source: Source, options: Options, reporter: Reporter) -> None:
    """Run the instances of `source` until SIGINT, SIGTERM or SIGHUP, and leave nothing running.

    Raises:
        LocalModeError: It cannot start.
    """
    if problems := (*source.missing(), *source.read().problems):
        raise LocalModeError(*problems)
    log_to_standard_error()
    with _folders(options) as folders, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(LocalMode(source, options, folders, reporter).run())


def log_to_standard_error() -> None:
    """Write logs, which are about faults of the gateway, to standard error; standard output belongs to the events."""
    logging.basicConfig(level=logging.ERROR)
    structlog.configure(
        # structlog shows the values of variables by default, and one of them is the key.
        processors=[structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback, repr_native_str=True)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@dataclass(frozen=True)
class Folders:
    """The folders of a run, and the descriptor of the lock on the data."""

    data: Path
    sockets: Path
    lock: int


@contextmanager
def _folders(options: Options) -> Iterator[Folders]:
    short = "/tmp" if len(tempfile.gettempdir()) > LONGEST_SOCKET_FOLDER else None  # noqa: S108 the folder made in it is private
    with ExitStack() as stack:
        sockets = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kuberedis-", dir=short)))
        data = options.data_folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kuberedis-data-")))
        try:
            lock = stack.enter_context(locked(data))
        except DataFolderError as error:
            raise LocalModeError(*error.problems) from None
        yield Folders(data, sockets, lock)


class LocalMode:
    """One run of the command."""

    def __init__(self, source: Source, options: Options, folders: Folders, reporter: Reporter) -> None:
        self._source = source
        self._options = options
        self._folders = folders
        self._reporter = reporter
        self._gateway = Server(options.host, options.port, lists_instances=True)
        self._running: dict[str, SupervisedInstance] = {}
        self._manifests: dict[str, Path] = {}
        self._socket_names = count()
        self._reported: frozenset[str] = frozenset()
        self._main: asyncio.Task[None] | None = None
        self._control = ControlSocket(folders.sockets / "control.sock", self._fail_over, self._statuses)

    async def run(self) -> None:
        """Run until a signal ends the process.

        Raises:
            LocalModeError: It cannot start.
        """
        self._main = asyncio.current_task()
        _on_ending_signal(self._stop)
        await self._listen()
        try:
            await self._start_all()
            await self._control.start()
            write_control(self._folders.data, self._control.path)
            async with self._dashboard(), asyncio.TaskGroup() as group:
                group.create_task(self._follow())
                group.create_task(self._reporter.watch(self._statuses))
        except asyncio.CancelledError:
            pass  # a signal ends it
        finally:
            self._main = None
            self._control.close()
            await self._gateway.drain(DRAIN_SECONDS)
            await asyncio.gather(*(instance.stop() for instance in self._running.values()))
        self._emit(Stopped())

    def _stop(self) -> None:
        """Start the orderly shutdown, once."""
        if self._main is not None:
            self._main.cancel()
            self._main = None

    async def _listen(self) -> None:
        try:
            await self._gateway.start()
        except OSError as error:
            raise LocalModeError(_cannot_listen(self._options, error)) from None

    @asynccontextmanager
    async def _dashboard(self) -> AsyncIterator[None]:
        """Serve the dashboard inside the block, if it is wanted."""
        if not self._options.dashboard:
            yield
            return
        # Some hundred modules, which take time and memory of those only who look at it.
        from kuberedis_cli.local.dashboard import serving
        from kuberedis_cli.local.dashboard_source import LocalSource

        source = LocalSource(self._running, self._manifests, self._folders.data)
        async with serving(source, self._origin) as link:
            self._emit(Dashboard(link))
            yield

    async def _start_all(self) -> None:
        desired = self._source.read()
        self._report(desired)
        if problems := [*desired.problems, *await self._reconcile(desired.instances)]:
            raise LocalModeError(*problems)
        self._report(desired)

    async def _follow(self) -> None:
        async for _ in self._source.changes():
            desired = self._source.read()
            self._report(desired, await self._reconcile(desired.instances))

    def _emit(self, event: Event) -> None:
        try:
            self._reporter.emit(event)
        except BrokenPipeError:  # whoever read the events is gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            self._stop()

    def _report(self, desired: DesiredState, problems: Iterable[str] = ()) -> None:
        """Emit an event for each new note and problem; one that lasts is not repeated."""
        refused = [problem for _, instance in sorted(self._running.items()) for problem in instance.problems]
        events: dict[str, Event] = {text: Note(text) for text in desired.notes}
        events |= {text: Error(text) for text in (*desired.problems, *problems, *refused)}
        for text, event in events.items():
            if text not in self._reported:
                self._emit(event)
        self._reported = frozenset(events)

    async def _reconcile(self, instances: Mapping[str, LocalInstance]) -> list[str]:
        """One turn towards the desired state.

        Returns:
            What failed.
        """
        gone = self._running.keys() - instances.keys()
        await asyncio.gather(*(self._remove(name) for name in gone))
        results = await asyncio.gather(*(self._apply(instance) for instance in instances.values()))
        return [problem for problem in results if problem is not None]

    async def _apply(self, instance: LocalInstance) -> str | None:
        name, spec = instance.name, instance.spec
        self._manifests[name] = instance.source
        if self._options.data_folder is None:
            spec = replace(spec, persistence="none")
        try:
            if name in self._running:
                await self._running[name].follow(spec)
            else:
                await self._start(name, spec)
            instance_folder(self._folders.data, name).write_max_token_seconds(self._running[name].max_token_seconds)
        except (RedisServerError, LocalModeError, DataFolderError, ValueError, OSError) as error:
            return f"instance {name}: {error}"
        return None

    async def _start(self, name: str, spec: InstanceSpec) -> None:
        folder = instance_folder(self._folders.data, name)
        api_key = folder.prepare()
        private = self._folders.sockets / str(next(self._socket_names))
        plan = MemberPlan(name, find_binary(), folder, private, self._folders.lock)
        url = self._origin + DEFAULT_PATH_TEMPLATE.format(name=name)
        instance = SupervisedInstance(name, spec, plan, self._gateway, Access(url, api_key, folder.key_file.resolve()), self._emit)
        try:
            await instance.start()
        except BaseException:
            await instance.stop()
            raise
        self._running[name] = instance

    @property
    def _origin(self) -> str:
        return f"http://{_host_in_url(self._options.host)}:{self._gateway.port}"

    async def _remove(self, name: str) -> None:
        del self._manifests[name]
        await self._running.pop(name).stop()
        self._emit(Removed(name))

    async def _fail_over(self, request: FailoverRequest) -> ControlReply:
        instance = self._running.get(request.instance)
        if instance is None:
            raise LocalModeError(f"no instance {request.instance} runs here; there is {', '.join(sorted(self._running)) or 'none'}")
        return await instance.fail_over(kill=request.kill)

    async def _statuses(self) -> list[Status]:
        return await asyncio.gather(*(instance.status() for _, instance in sorted(self._running.items())))


def _on_ending_signal(stop: Callable[[], None]) -> None:
    """Call `stop` at the first signal that ends the process, and ignore any after it, so that none cuts the shutdown short.

    The handlers are the process's own and not the event loop's, because what is left to do after the loop, temporary
    folders for one, must not be cut short either.
    """
    loop = asyncio.get_running_loop()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup(1) means that it shall outlive its terminal
        numbers.append(signal.SIGHUP)

    def first(*_: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        with suppress(RuntimeError):  # the loop has ended already, for another reason
            loop.call_soon_threadsafe(stop)

    for number in numbers:
        signal.signal(number, first)


def _host_in_url(host: str) -> str:
    """An address that a client on this machine can connect to."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 compared, not bound
    return f"[{host}]" if ":" in host else host


def _cannot_listen(options: Options, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {options.port} on {options.host} is taken; choose another with --port, or a free one with --port 0"
    where = f"{options.host}, port {options.port}"
    return f"cannot listen on {where}: {error.strerror or error}; choose others with --host and --port"
