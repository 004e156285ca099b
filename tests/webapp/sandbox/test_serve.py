"""The sandbox as a process, and what it refuses to be."""

import re
import signal
import subprocess
import sys

import httpx
import pytest

from webapp.sandbox.serve import Sandbox

PROGRAM = "import sys; from webapp.sandbox.serve import main; sys.exit(main(0, 0))"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_says_where_it_listens_and_ends_when_told_to(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)

        assert found, line
        assert httpx.get(found.group(), trust_env=False).status_code == 200
        process.send_signal(number)
        assert process.wait(timeout=5) == 0


def test_it_listens_on_this_machine_only() -> None:
    with pytest.raises(ValueError, match="this machine only"):
        Sandbox(host="0.0.0.0")  # noqa: S104  what it refuses


def test_connections_that_clients_keep_open_do_not_hold_it_up() -> None:
    with httpx.Client(trust_env=False) as client:
        with Sandbox() as sandbox:
            client.get(f"{sandbox.http_url}/faults")

        with pytest.raises(httpx.TransportError):
            client.get(f"{sandbox.http_url}/faults")


def test_a_port_that_is_taken_is_said_in_words_and_leaves_nothing_behind() -> None:
    with Sandbox() as first:
        port = first.http_url.rpartition(":")[2]
        program = PROGRAM.replace("main(0, 0)", f"main({port}, 0)")

        second = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=10, check=False
        )

    assert second.returncode == 1
    assert second.stderr == f"The sandbox cannot listen on ports {port} and 0: Address already in use\n"
