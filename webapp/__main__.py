"""Sveg from a terminal: `python -m webapp COMMAND`."""

import argparse
import getpass
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from gunicorn.app.base import BaseApplication

from webapp import app, config, db, demo, import_history, import_subscribers
from webapp.config import Config
from webapp.flow import counting
from webapp.jobs import Worker
from webapp.sandbox import serve
from webapp.supervise import Child, end_with_parent, run

WELCOME = """
  Sveg is running.

    Status page       {url}/
    Console           {url}/console/
    Sandbox inbox     {sandbox}/      what phones, mailboxes and the page received

    Sign in as        {operator}   (files incidents)
                      {lead}   (approves them)
                      {admin}   (runs the installation)
    Password          {password}

  Try first: sign in as the operator, file “Cash machines, Sveg, 15 km, until in three hours”, look at what is
  recommended and why Facebook is not, and ask for approval. Approve as the lead in another window. Then watch the
  inbox. Ctrl+C ends everything; what you did stays in instance/.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m webapp", description="Incident announcements to those whom they concern."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    everything = commands.add_parser("run", help="demonstration, web, worker and sandbox together; Ctrl+C ends them")
    everything.add_argument(
        "--port", type=int, default=8000, help="of the pages; the sandbox takes the next two (8000)"
    )
    pages = commands.add_parser("web", help="the pages alone")
    pages.add_argument("--bind", default="127.0.0.1:8000", metavar="HOST:PORT")
    pages.add_argument("--workers", type=int, default=2)
    commands.add_parser("worker", help="the scheduler and the senders alone")
    sandbox = commands.add_parser("sandbox", help="the providers' stand-in alone")
    sandbox.add_argument("--port", type=int, default=serve.HTTP_PORT)
    sandbox.add_argument("--smtp-port", type=int, default=serve.SMTP_PORT)
    sandbox.add_argument("--inbound-url", default="", help="gets what people text back; on this machine only")
    commands.add_parser("demo", help="load the demonstration, once")
    past = commands.add_parser("import-history", help="past incidents of a status page, for replaying rules on them")
    past.add_argument("where", metavar="URL_OR_FOLDER", help="of a Statuspage-compatible page, or of its JSON files")
    past.add_argument("--dry-run", action="store_true", help="say what would happen and store nothing")
    past.add_argument("--export", type=Path, metavar="FILE", help="write what is stored for `python -m rules replay`")
    past.add_argument("--assume-usual", action="store_true", help="export unknown facts as usual instead of unknown")
    import_subscribers.add_arguments(
        commands.add_parser("import-subscribers", help="a file of subscribers, of Sveg or of another tool")
    )
    first = commands.add_parser("init", help="an empty installation with one administrator")
    for name, default in (
        ("name", None),
        ("time-zone", "Europe/Stockholm"),
        ("currency", "SEK"),
        ("admin-name", None),
        ("admin-email", None),
    ):
        first.add_argument(f"--{name}", default=default, required=default is None)
    first.add_argument("--customers", type=int, required=True)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for talkative in ("apscheduler", "alembic", "mail.log", "httpx"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    try:
        return _do(given)
    except config.BadSetting as mistake:
        sys.stderr.write(f"{mistake}\n")
        return 2


def _do(given: argparse.Namespace) -> int:
    match given.command:
        case "run":
            return _run(given.port)
        case "web":
            return _web(given.bind, given.workers)
        case "worker":
            return _worker()
        case "sandbox":
            end_with_parent()
            return serve.main(given.port, given.smtp_port, inbound_url=given.inbound_url)
        case "demo":
            settings = config.read()
            db.upgrade(settings.database_url)
            sys.stdout.write(f"{demo.load(settings)}\n")
            return 0
        case "import-history":
            choices = {"dry_run": given.dry_run, "export": given.export, "assume_usual": given.assume_usual}
            return import_history.run(config.read(), given.where, **choices)
        case "import-subscribers":
            return import_subscribers.run(config.read(), given)
        case _:
            return _init(given)


def _run(port: int) -> int:
    """Everything on this machine, children watched."""
    url, sandbox, smtp = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}", f"127.0.0.1:{port + 2}"
    settings = config.read()
    same = {"PUBLIC_URL": url, "SANDBOX_URL": sandbox, "SANDBOX_SMTP": smtp, "SVEG_INSTANCE": str(settings.instance)}
    me = [sys.executable, "-m", "webapp"]
    children = [
        Child("sandbox", [*me, "sandbox", "--port", str(port + 1), "--smtp-port", str(port + 2),
                          "--inbound-url", f"{url}/hooks/twilio/inbound"],
              answers_at=f"{sandbox}/", ports=(port + 1, port + 2), environment=same),
        Child("web", [*me, "web", "--bind", f"127.0.0.1:{port}"], answers_at=f"{url}/healthz", ports=(port,), environment=same),
        Child("worker", [*me, "worker"], environment=same),
    ]  # fmt: skip
    people = dict(zip(("operator", "lead", "admin"), (email for _, email, _ in demo.PEOPLE), strict=False))
    welcome = WELCOME.format(url=url, sandbox=sandbox, password=demo.PASSWORD, **people)
    return run(children, logs=settings.instance / "logs", prepare=[lambda: _prepare(settings)], welcome=welcome)


def _prepare(settings: Config) -> None:
    db.upgrade(settings.database_url)
    demo.load(settings)


class _Pages(BaseApplication):  # type: ignore[misc]  # gunicorn publishes no types
    """The web application under gunicorn."""

    def __init__(self, bind: str, workers: int) -> None:
        self.wanted = {
            "bind": bind,
            "workers": workers,
            "worker_class": "gthread",
            "threads": 16,
            "timeout": 60,
            "control_socket_disable": True,
        }
        super().__init__()

    def load_config(self) -> None:
        """Ours only: no file, no environment."""
        for name, value in self.wanted.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> object:
        """Made in each worker, after the fork."""
        made = app.create_app()
        installation = made.extensions["sveg"]
        counting.install(installation.engine, installation.config.instance)
        return made


def _web(bind: str, workers: int) -> int:
    end_with_parent()
    _Pages(bind, workers).run()
    return 0


def _worker() -> int:
    end_with_parent()
    settings = config.read()
    worker = Worker(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, worker.end_soon)
    worker.run()
    return 0


def _init(given: argparse.Namespace) -> int:
    settings = config.read()
    db.upgrade(settings.database_url)
    password = getpass.getpass("Password of the administrator: ")
    sys.stdout.write(
        demo.set_up(
            settings, name=given.name, time_zone=given.time_zone, currency=given.currency, customers=given.customers,
            admin=(given.admin_name, given.admin_email), password=password,
        ) + "\n"
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
