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
