"""Who opens a personal link, and how often they may change something by it."""

from webapp import clock
from webapp.flow import limits
from webapp.flow.refusals import NotFound, TooMany
from webapp.flow.subscribers import Address, Subscriber, addresses, is_shell, key_of
from webapp.web.reader import reader
from webapp.web.session import installation, store
from webapp.web.subscribe.subscribe import network
from webapp.web.subscribe.words import WORDS

CHANGES, CHANGES_FROM_HERE = 60, 300  # an hour


def whose(token: str) -> Subscriber:
    """The person whose link it is. Raises NotFound, with the same sentence whatever is wrong with it."""
    known = installation().links.subscriber_id(token)
    found = store().get(Subscriber, known) if known is not None else None
    if found is None or is_shell(store(), found):
        raise NotFound(reader(WORDS).words["no_such_link"])
    return found


def changing(token: str) -> Subscriber:
    """The same, for a request that changes something. Raises TooMany."""
    subscriber = whose(token)
    limit(f"own:{key_of(subscriber)}", most=CHANGES)
    limit(f"changes:{network()}", most=CHANGES_FROM_HERE)
    return subscriber


def limit(who: str, *, most: int) -> None:
    """Count a try. Raises TooMany in the reader's language."""
    try:
        limits.count(store(), who, most=most, now=clock.now())
    except TooMany:
        raise TooMany(reader(WORDS).words["slow_down"]) from None


def in_use(subscriber: Subscriber) -> list[Address]:
    """The addresses at which they are told what they asked for."""
    return [each for each in addresses(store(), subscriber) if each.confirmed_at and not each.suppressed_at]


def on_file(subscriber: Subscriber) -> list[Address]:
    """The addresses of a customer at which service messages may come, unless they refuse."""
    return [each for each in addresses(store(), subscriber) if each.is_on_file and not each.suppressed_at]
