"""What came in, newest kept, all counted."""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from threading import RLock
from typing import ClassVar, Generic, TypeVar

KEEP = 50_000


@dataclass(slots=True, kw_only=True)
class Received:
    """Something that a provider took. `number` counts arrivals on its shelf from 1."""

    channel: ClassVar[str]

    id: str
    recipient: str
    received_at: datetime
    number: int = 0


T = TypeVar("T", bound=Received)


class Shelf(Generic[T]):
    """The newest `keep` things by id and by recipient; counts of all that ever came. Safe between threads."""

    def __init__(self, *, keep: int = KEEP) -> None:
        self._lock, self._keep = RLock(), keep
        self._things: OrderedDict[str, T] = OrderedDict()
        self._by_recipient: OrderedDict[str, OrderedDict[str, T]] = OrderedDict()  # newest recipient last
        self._total, self._counts = 0, Counter[str]()

    def put(self, thing: T) -> T:
        """Number and keep it; the oldest goes when there are too many."""
        with self._lock:
            self._total += 1
            self._counts[thing.recipient] += 1
            thing.number = self._total
            self._things[thing.id] = thing
            self._by_recipient.setdefault(thing.recipient, OrderedDict())[thing.id] = thing
            self._by_recipient.move_to_end(thing.recipient)
            if len(self._things) > self._keep:
                self.remove(next(iter(self._things)))
        return thing

    def remove(self, thing_id: str) -> None:
        """Forget it, but for the count."""
        with self._lock:
            thing = self._things.pop(thing_id, None)
            if thing is None:
                return
            theirs = self._by_recipient[thing.recipient]
            del theirs[thing_id]
            if not theirs:
                del self._by_recipient[thing.recipient]

    def get(self, thing_id: str) -> T | None:
        """The thing, while it is kept."""
        return self._things.get(thing_id)

    def newest(
        self,
        recipient: str = "",
        *,
        before: int = 0,
        limit: int | None = None,
        where: Callable[[T], bool] = lambda _: True,
    ) -> list[T]:
        """Newest first; of one recipient if named; only those numbered below `before` if that is not 0."""
        with self._lock:
            things = self._by_recipient.get(recipient, OrderedDict()) if recipient else self._things
            found = (it for it in reversed(things.values()) if (not before or it.number < before) and where(it))
            return list(islice(found, limit))

    def recipients(self, *, before: int = 0, limit: int | None = None) -> list[T]:
        """The newest thing of each recipient, newest first."""
        with self._lock:
            latest = (next(reversed(theirs.values())) for theirs in reversed(self._by_recipient.values()))
            return list(islice((it for it in latest if not before or it.number < before), limit))

    def total(self) -> int:
        """How many ever came, those forgotten included."""
        return self._total

    def count(self, recipient: str) -> int:
        """How many ever came for one recipient."""
        return self._counts[recipient]

    def counts(self) -> dict[str, int]:
        """How many ever came, by recipient."""
        with self._lock:
            return dict(self._counts)
