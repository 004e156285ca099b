"""An application at an address, and what keeps some people from using a page."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tests.databases import Database
from webapp import config
from webapp.app import create_app
from webapp.web.session import Installation

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Where browsers find it."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def an_installation(database: Database, folder: Path) -> Iterator[tuple[str, Installation]]:
    """A whole one on this database, and its address."""
    app = create_app(config.read({"SVEG_INSTANCE": str(folder), "DATABASE_URL": database.url}))
    installation: Installation = app.extensions["sveg"]
    with served(app) as address:
        yield address, installation
    installation.engine.dispose()


def barriers(page: Page) -> list[str]:
    """What breaks a standard of accessibility, and where."""
    found = Axe().run(page, options={"runOnly": STANDARDS, "resultTypes": ["violations"]})
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found.response["violations"]]
