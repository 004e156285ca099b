"""Mail on changes of the rules: to those who may sign one, and to its author once it is answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlmodel import Session, col, select

from rules.diff import Difference, differences
from rules.reading import read_policy
from webapp.flow import letters
from webapp.flow.people import Act, Person

LIFE = timedelta(days=2)
MOST = 12  # differences that a letter tells
DISMISSED = "No decision changes, on any incident that can be."


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change of the rules as a letter tells of it."""

    note: str
    meaning: tuple[str, ...]  # what changes, in words
    page: str  # its address


@lru_cache(maxsize=8)
def meaning(old: str, new: str) -> tuple[Difference, ...]:
    """Every difference that decides otherwise, in words; then those that readers see. Raises PolicyMistakes."""
    return tuple(differences(read_policy(old, name="old"), read_policy(new, name="new")))


def ask_to_sign(session: Session, change: Waiting, *, by: Person, now: datetime) -> list[Person]:
    """Write to everybody who may sign it, and say who that is: all but its author."""
    asked = [one for one in session.exec(select(Person).order_by(col(Person.email))) if one.may(Act.approve) and one.id != by.id]  # fmt: skip
    told = "\n".join(f"- {sentence}" for sentence in _told(change.meaning))
    body = (
        f"{by.name} asks for a signature on a change of the rules: {change.note}\n\nWhat changes:\n{told}\n\n"
        f"Compare, sign or return it: {change.page}\nUntil somebody signs, the rules stay as they are.\n"
    )
    for one in asked:
        _write(session, one, f"Please sign: {change.note}", body, now)
    return asked


def say_signed(session: Session, author: Person | None, change: Waiting, *, by: Person, starts: str, now: datetime) -> None:  # fmt: skip
    """Tell its author that it counts. starts: "from now on", or from a moment in words."""
    body = f"{by.name} signed your change of the rules: {change.note}\nIt counts {starts}.\n\nSee it: {change.page}\n"
    _answer(session, author, f"Signed: {change.note}", body, now)


def say_returned(session: Session, author: Person | None, change: Waiting, reason: str, *, by: Person, now: datetime) -> None:  # fmt: skip
    """Tell its author why not."""
    body = f"{by.name} returned your change of the rules: {change.note}\n\n{reason}\n\nGo on writing, and ask again: {change.page}/edit\n"
    _answer(session, author, f"Returned: {change.note}", body, now)


def _told(meaning: Iterable[str]) -> list[str]:
    every = list(meaning)
    more = [f"and {len(every) - MOST} more differences"] if len(every) > MOST else []
    return [*every[:MOST], *more] or [DISMISSED]


def _answer(session: Session, author: Person | None, subject: str, body: str, now: datetime) -> None:
    if author and author.is_active:
        _write(session, author, subject, body, now)


def _write(session: Session, to: Person, subject: str, body: str, now: datetime) -> None:
    letters.write(session, "email", to.email, subject=subject, body=body, language="en", now=now, life=LIFE)
