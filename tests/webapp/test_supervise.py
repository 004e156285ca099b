"""The supervisor, with real processes that are really killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from webapp.supervise import STOPPING, Child, end_with_parent, run, why_not_free

pytestmark = pytest.mark.kills

SUPERVISOR = """
import sys
from pathlib import Path
from webapp.supervise import STOPPING, Child, run

folder, grace_s = Path(sys.argv[1]), float(sys.argv[2])
children = [Child(name=p.stem, command=[sys.executable, str(p), str(folder)]) for p in sorted(folder.glob("*.py"))]
sys.exit(run(children, logs=folder / "logs", welcome="Welcome to Sveg", grace_s=grace_s))
"""
SAY_PID = """
import os, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
with (folder / "pids").open("a") as pids:
    pids.write(f"{os.getpid()}\\n")
"""
STAYS = SAY_PID + "time.sleep(600)\n"
WATCHES = "from webapp.supervise import end_with_parent\nend_with_parent(grace_s=0.5)\n"
IS_STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
HAS_A_WORKER_OF_ITS_OWN = "import os\nos.fork()\n"

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a supervisor over children with these scripts; whatever is left at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def starting(grace_s: float = 5.0, **scripts: str) -> "subprocess.Popen[str]":
        for name, script in scripts.items():
            (tmp_path / f"{name}.py").write_text(script)
        command = [sys.executable, "-c", SUPERVISOR, str(tmp_path), str(grace_s)]
        environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
        supervisor = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        started.append(supervisor)
        return supervisor

    yield starting
    for supervisor in started:
        supervisor.kill()
        supervisor.communicate()
    for pid in pids(tmp_path):
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)


def welcomed(supervisor: "subprocess.Popen[str]") -> bool:
    """Waits for the line that says that all children run."""
    assert supervisor.stdout is not None
    return supervisor.stdout.readline() == "Welcome to Sveg\n"


def pids(folder: Path) -> list[int]:
    """Every process that a child has written down, oldest first."""
    written = folder / "pids"
    return [int(line) for line in written.read_text().split()] if written.exists() else []


def is_alive(pid: int) -> bool:
    """A process that has ended but is not yet reaped counts as ended."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def eventually(claim: Callable[[], bool], *, within_s: float = 20.0) -> bool:
    """Whether the claim comes true in time."""
    latest = time.monotonic() + within_s
    while not claim():
        if time.monotonic() > latest:
            return False
        time.sleep(0.05)
    return True


def test_a_taken_port_is_said_in_one_sentence_and_nothing_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        web = Child("web", [sys.executable, "-c", STAYS, str(tmp_path)], ports=(port,))

        code = run([web], logs=tmp_path / "logs", prepare=[lambda: steps.append("prepared")])

    assert code == 1
    assert (
        capsys.readouterr().out
        == f"Port {port} is taken: end what uses it, or choose another with PORT={port + 100}.\n"
    )
    assert steps == []
    assert pids(tmp_path) == []


def test_a_port_that_was_just_closed_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            pass

    assert why_not_free(port) is None


def test_a_port_that_cannot_be_is_refused_in_plain_words() -> None:
    assert "There is no port 70000" in (why_not_free(70_000) or "")


def test_ctrl_c_ends_every_child_and_the_exit_code_is_zero(start: Start, tmp_path: Path) -> None:
    supervisor = start(web=STAYS, worker=STAYS)
    assert welcomed(supervisor)
    assert eventually(lambda: len(pids(tmp_path)) == 2)

    supervisor.send_signal(signal.SIGINT)
    supervisor.communicate(timeout=20)

    assert supervisor.returncode == 0
    assert not any(is_alive(pid) for pid in pids(tmp_path))


def test_a_child_that_ignores_the_request_to_end_is_killed_after_the_grace(start: Start, tmp_path: Path) -> None:
    supervisor = start(grace_s=0.3, worker=IS_STUBBORN + STAYS)
    assert eventually(lambda: len(pids(tmp_path)) == 1)

    supervisor.terminate()
    supervisor.communicate(timeout=20)

    assert supervisor.returncode == 0
    assert not is_alive(pids(tmp_path)[0])


def test_a_second_ctrl_c_does_not_wait(start: Start, tmp_path: Path) -> None:
    supervisor = start(grace_s=600, worker=IS_STUBBORN + STAYS)
    assert eventually(lambda: len(pids(tmp_path)) == 1)

    supervisor.send_signal(signal.SIGINT)
    time.sleep(0.5)
    supervisor.send_signal(signal.SIGINT)
    supervisor.communicate(timeout=20)

    assert not is_alive(pids(tmp_path)[0])


def test_a_child_that_dies_is_started_again_with_one_line_about_it(start: Start, tmp_path: Path) -> None:
    supervisor = start(worker=STAYS)
    assert welcomed(supervisor)
    assert eventually(lambda: len(pids(tmp_path)) == 1)

    os.kill(pids(tmp_path)[0], signal.SIGKILL)
    started_again = eventually(lambda: len(pids(tmp_path)) == 2)
    supervisor.terminate()
    output, _ = supervisor.communicate(timeout=20)

    assert started_again
    log = tmp_path / "logs" / "worker.log"
    assert output.splitlines() == [
        f"worker ended (SIGKILL; it said nothing; more in {log}): it starts again in 0.5 s.",
        STOPPING,
    ]


def test_what_a_dead_child_leaves_in_its_group_ends_before_the_next_starts(start: Start, tmp_path: Path) -> None:
    supervisor = start(web=HAS_A_WORKER_OF_ITS_OWN + STAYS)
    assert welcomed(supervisor)
    assert eventually(lambda: len(pids(tmp_path)) == 2)
    first = pids(tmp_path)

    os.kill(os.getpgid(first[0]), signal.SIGKILL)

    assert eventually(lambda: len(pids(tmp_path)) == 4)
    assert not any(is_alive(pid) for pid in first)


def test_killing_the_supervisor_leaves_no_child_and_no_grandchild(start: Start, tmp_path: Path) -> None:
    supervisor = start(web=WATCHES + HAS_A_WORKER_OF_ITS_OWN + STAYS, worker=IS_STUBBORN + WATCHES + STAYS)
    assert eventually(lambda: len(pids(tmp_path)) == 3)

    supervisor.kill()

    assert eventually(lambda: not any(is_alive(pid) for pid in pids(tmp_path)))


def test_a_child_that_cannot_start_is_said_with_its_last_words(start: Start, tmp_path: Path) -> None:
    supervisor = start(web=STAYS, worker="raise SystemExit('The database is from tomorrow.')")

    output, _ = supervisor.communicate(timeout=20)

    assert "worker ended (exit code 1; The database is from tomorrow.; more in" in output
    assert not any(is_alive(pid) for pid in pids(tmp_path))


def test_a_child_counts_as_started_only_once_it_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/healthz"
        web = Child("web", [sys.executable, "-c", "import time; time.sleep(600)"], answers_at=url)

        code = run([web], logs=tmp_path, welcome="Welcome to Sveg", start_s=0.5)

    assert code == 1
    assert capsys.readouterr().out == f"web did not answer within 0.5 s: see {tmp_path / 'web.log'}\n"


def test_errors_in_a_log_are_shown_and_the_rest_stays_there(start: Start, tmp_path: Path) -> None:
    chatty = "print('GET /healthz 200'); print('ERROR in dispatch: no route')\n" + STAYS
    supervisor = start(worker=chatty)
    assert welcomed(supervisor)
    assert supervisor.stdout is not None

    line = supervisor.stdout.readline()
    supervisor.terminate()
    rest, _ = supervisor.communicate(timeout=20)

    assert line == "worker: ERROR in dispatch: no route\n"
    assert rest == f"{STOPPING}\n"
    assert "GET /healthz 200" in (tmp_path / "logs" / "worker.log").read_text()


def test_without_a_supervisor_nothing_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SVEG_PARENT_PIPE", raising=False)

    end_with_parent()
