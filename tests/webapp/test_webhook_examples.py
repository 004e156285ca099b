"""The programs in docs/webhooks.md are the ones that people copy: they take what we send and refuse what we did not."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from webapp.channels.base import Outgoing, SendError
from webapp.channels.webhook import Webhook, WebhookSettings, signed

DOCS = Path(__file__).parents[2] / "docs" / "webhooks.md"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "QUJD" * 8
BODY = '{"id": "msg_a", "type": "test", "data": {"note": "Prövning"}}'


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The Python example, running."""
    file = tmp_path / "receiver.py"
    file.write_text(example("python"), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = {**os.environ, "SECRET": SECRET, "PORT": str(port), "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen([sys.executable, str(file)], env=environ, stdout=subprocess.PIPE, text=True) as running:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}", running
        running.kill()


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the example does not listen")


def sends(url: str, body: str, *secrets: str, at: datetime | None = None) -> str:
    """What was written back. Raises SendError."""
    adapter = Webhook(WebhookSettings(base_url=url, sandbox=True))
    told = Outgoing(
        key="a", recipient=f"{url}/x", language="en", subject="", body=body, expires_at=None, secrets=secrets
    )
    return adapter.send(told, now=at or datetime.now(UTC)).answer


def test_the_python_example_takes_ours_once_and_nobody_elses(receiver: tuple[str, "subprocess.Popen[str]"]) -> None:
    url, running = receiver
    for _ in range(2):
        sends(url, BODY, OTHER, SECRET)
    with pytest.raises(SendError, match="401"):
        sends(url, BODY, OTHER)
    with pytest.raises(SendError, match="401"):
        sends(url, BODY)
    with pytest.raises(SendError, match="401"):
        sends(url, BODY, SECRET, at=datetime(2026, 1, 1, tzinfo=UTC))
    answered = sends(url, '{"type": "subscription.challenge", "data": {"code": "123456"}}')
    running.kill()

    said = running.communicate()[0].splitlines()
    assert said == ['test {"note": "Prövning"}']
    assert answered == '{"code": "123456"}'
    with pytest.raises(httpx.HTTPError):
        httpx.get(url, timeout=1)


def test_the_shell_example_knows_ours_from_others(tmp_path: Path) -> None:
    (tmp_path / "body.json").write_text(BODY, encoding="utf-8")

    def says(*secrets: str) -> str:
        headers = signed("msg_a", BODY.encode(), secrets, now=datetime(2026, 11, 19, 11, tzinfo=UTC))
        environ = {**os.environ, "SECRET": SECRET, "ID": headers["webhook-id"], "AT": headers["webhook-timestamp"],
                   "SIGNATURES": headers["webhook-signature"]}  # fmt: skip
        done = subprocess.run(["sh", "-c", example("sh")], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)  # fmt: skip
        return done.stdout.strip()

    assert says(SECRET) == "good"
    assert says(OTHER, SECRET) == "good"
    assert says(OTHER) == "not good"
