"""Start the processes of one instance, keep them running, end all of them together.

    run(children, logs=Path("instance/logs"), prepare=[migrate, load_demo], welcome="Sign in as …") -> exit code

First every port is looked at, then `prepare` is called, then the children start: each the leader of a process group of
its own, with its output in `logs/<name>.log`. A child's own main calls `end_with_parent()` before anything else, so
that it ends even if this process is killed. The exit code is 0 if somebody asked for the end, 1 if there was no start.
"""

import errno
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx

LOOPBACK = "127.0.0.1"
PARENT_PIPE = "SVEG_PARENT_PIPE"
LOOK_S = 0.1
STEADY_S = 60.0
LONGEST_PAUSE_S = 30.0
SHOWN_ERRORS = 5
STOPPING = "Stopping. Another Ctrl+C does not wait."
ERROR_LINE = re.compile(r"\b(ERROR|CRITICAL)\b")


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep running."""

    name: str
    command: Sequence[str]
    answers_at: str | None = None  # ready once this URL answers below 500; None: ready once started
    ports: tuple[int, ...] = ()  # on loopback; all must be free before anything starts
    environment: Mapping[str, str] = field(default_factory=dict)  # on top of ours


class CouldNotStartError(Exception):
    """A child was not ready in time, or ended before it was."""


def say(text: str) -> None:
    """Print at once; a terminal that is gone is no reason to leave children behind."""
    with suppress(OSError):
        print(text, flush=True)


def run(
    children: Sequence[Child],
    *,
    logs: Path,
    prepare: Sequence[Callable[[], None]] = (),
    welcome: str = "",
    start_s: float = 60.0,
    grace_s: float = 5.0,
) -> int:
    """Keep the children running until Ctrl+C or SIGTERM; a second Ctrl+C does not wait `grace_s` for them."""
    for port in sorted(port for child in children for port in child.ports):
        if problem := why_not_free(port):
            say(problem)
            return 1
    for step in prepare:
        step()
    with _parent_pipe() as pipe, _Asked() as asked:
        kept = [_Kept(child, logs / f"{child.name}.log", pipe) for child in children]
        try:
            _start(kept, asked, start_s)
            if welcome and not asked.times:
                say(welcome)
            _keep(kept, asked)
            say(STOPPING)
        except CouldNotStartError as error:
            say(str(error))
            return 1
        finally:
            _end(kept, asked, grace_s)
    return 0


def why_not_free(port: int) -> str | None:
    """One sentence if a server could not listen on this port of loopback now; None if it could."""
    with socket.socket() as listener:
        # Without this, a port whose last connections have just closed would count as taken.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OverflowError:
            return f"There is no port {port}: choose one from 1024 to 65535, for example with PORT=8000."
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"Port {port} is taken: end what uses it, or choose another with PORT={port + 100}."
            return f"Port {port} cannot be used ({error.strerror}): choose another, for example with PORT=8000."
    # Some systems allow the bind beside a server that listens on all addresses.
    with socket.socket() as caller:
        caller.settimeout(1)
        if caller.connect_ex((LOOPBACK, port)) == 0:
            return f"Port {port} is taken: end what uses it, or choose another with PORT={port + 100}."
    return None


def end_with_parent(grace_s: float = 5.0) -> None:
    """Called by a child's main: end this process group once the supervisor is gone, however it went.

    Without a supervisor, nothing happens: the process was started by hand or by the system.
    """
    pipe = os.environ.pop(PARENT_PIPE, None)
    if pipe is not None:
        os.set_inheritable(int(pipe), False)
        threading.Thread(target=_watch, args=(int(pipe), grace_s), name="end-with-parent", daemon=True).start()


def _watch(pipe: int, grace_s: float) -> None:
    # Nobody writes: the read returns when the last writing end, the supervisor's, is closed by its death.
    os.read(pipe, 1)
    os.killpg(0, signal.SIGTERM)
    time.sleep(grace_s)
    os.killpg(0, signal.SIGKILL)


@contextmanager
def _parent_pipe() -> Iterator[int]:
    """The end that children read; the other end lives and dies with this process."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(writing)
        os.close(reading)


class _Asked:
    """How often somebody has asked for the end since the block was entered."""

    def __init__(self) -> None:
        self.times = 0
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._count)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # whatever signal.signal gave us

    def _count(self, *_: object) -> None:
        self.times += 1


class _Kept:
    """A child and the process that stands for it at the moment."""

    def __init__(self, child: Child, log: Path, parent_pipe: int) -> None:
        self.child = child
        self.log = log
        self.parent_pipe = parent_pipe
        self.process: subprocess.Popen[bytes] | None = None
        self.pause_s = 0.0
        self.started_at = 0.0
        self.start_again_at: float | None = None
        self.read_bytes = 0

    def start(self) -> None:
        if self.process is None:
            self._new_log()
        ours = {PARENT_PIPE: str(self.parent_pipe), "PYTHONUNBUFFERED": "1"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.child.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.child.environment, **ours},
                pass_fds=(self.parent_pipe,),
                start_new_session=True,
            )
        self.started_at = time.monotonic()
        self.start_again_at = None

    def _new_log(self) -> None:
        """Each run has its own log; the last run's stays beside it."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def how_it_ended(self) -> str:
        assert self.process is not None  # noqa: S101  # only asked about a process that was started
        code = self.process.poll() or 0
        how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
        return f"{self.child.name} ended ({how}; {self._last_words() or 'it said nothing'}; more in {self.log})"

    def _last_words(self) -> str:
        lines = self.log.read_bytes()[-4000:].decode(errors="replace").split("\n")
        return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")

    def look_after(self) -> None:
        """Show its new errors, and start it again if it has ended and its pause is over."""
        self._show_errors()
        if self.is_alive:
            return
        now = time.monotonic()
        if self.start_again_at is None:
            steady = now - self.started_at > STEADY_S
            self.pause_s = 0.5 if steady or not self.pause_s else min(2 * self.pause_s, LONGEST_PAUSE_S)
            self.start_again_at = now + self.pause_s
            say(f"{self.how_it_ended()}: it starts again in {self.pause_s:g} s.")
            self.kill()
        elif now >= self.start_again_at:
            self.start()

    def _show_errors(self) -> None:
        with self.log.open("rb") as log:
            log.seek(self.read_bytes)
            new = log.read()
        complete = new[: new.rfind(b"\n") + 1]
        self.read_bytes += len(complete)
        errors = [line for line in complete.decode(errors="replace").splitlines() if ERROR_LINE.search(line)]
        for line in errors[:SHOWN_ERRORS]:
            say(f"{self.child.name}: {line[:200]}")
        if len(errors) > SHOWN_ERRORS:
            say(f"{self.child.name}: {len(errors) - SHOWN_ERRORS} more in {self.log}")

    def ask_to_end(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def kill(self) -> None:
        """End what is left of its process group at once."""
        if self.process is not None:
            # macOS refuses where Linux finds nobody: in both cases nobody is left.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def _start(kept: Sequence[_Kept], asked: _Asked, start_s: float) -> None:
    """Start all, and come back when all answer or the end was asked for."""
    for one in kept:
        one.start()
    latest = time.monotonic() + start_s
    with httpx.Client(timeout=2, trust_env=False) as client:
        waiting = list(kept)
        while waiting and not asked.times:
            for one in waiting:
                if not one.is_alive:
                    raise CouldNotStartError(f"{one.how_it_ended()}: nothing is running now.")
            if time.monotonic() > latest:
                raise CouldNotStartError(f"{waiting[0].child.name} did not answer within {start_s:g} s: see {one.log}")
            waiting = [one for one in waiting if not _answers(client, one.child.answers_at)]
            time.sleep(LOOK_S if waiting else 0)


def _answers(client: httpx.Client, url: str | None) -> bool:
    if url is None:
        return True
    try:
        return client.get(url).status_code < 500
    except httpx.HTTPError:
        return False


def _keep(kept: Sequence[_Kept], asked: _Asked) -> None:
    while not asked.times:
        for one in kept:
            one.look_after()
        time.sleep(LOOK_S)


def _end(kept: Sequence[_Kept], asked: _Asked, grace_s: float) -> None:
    """Ask each to end; kill what is left after `grace_s`, or at once if asked again."""
    asked_before = asked.times
    latest = time.monotonic() + grace_s
    for one in kept:
        one.ask_to_end()
    while any(one.is_alive for one in kept) and time.monotonic() < latest and asked.times == asked_before:
        time.sleep(LOOK_S / 2)
    for one in kept:
        one.kill()
