"""The public side at an address."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.browser import served as at_an_address
from tests.webapp.web.street import Street


@contextmanager
def served(street: Street) -> Iterator[str]:
    """Where browsers find it."""
    with at_an_address.served(street.app) as address:
        yield address
    street.close()
