"""The public side at an address."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import make_server

from tests.webapp.web.street import Street


@contextmanager
def served(street: Street) -> Iterator[str]:
    """Where browsers find it."""
    server = make_server("127.0.0.1", 0, street.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    street.close()
