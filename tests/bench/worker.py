"""A real worker process for measurements."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from webapp.sandbox.serve import Sandbox


@contextmanager
def a_worker(database_url: str, sandbox: Sandbox) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m webapp worker` on this database and sandbox, ended at the end."""
    environment = os.environ | {
        "DATABASE_URL": database_url, "SANDBOX_URL": sandbox.http_url, "SANDBOX_SMTP": f"127.0.0.1:{sandbox.smtp_port}",
        "SECRET_KEY": "for measurements",
    }  # fmt: skip
    worker = subprocess.Popen([sys.executable, "-m", "webapp", "worker"], env=environment)
    try:
        yield worker
    finally:
        worker.terminate()
        worker.wait(timeout=30)
