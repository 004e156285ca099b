"""The audit trail as somebody looks through it, and whether it is whole."""

from dataclasses import dataclass

from sqlmodel import Session, col, func, select
from werkzeug.datastructures import MultiDict

from webapp.flow.audit import AuditEntry, first_broken
from webapp.web.console.paging import Page, page_of

SIZE = 50
MOST_CHECKED = 20_000  # a longer trail is checked when somebody asks for it


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for."""

    by_name: str = ""
    act: str = ""
    text: str = ""

    @property
    def as_query(self) -> dict[str, str]:
        """As an address says it."""
        return {name: value for name, value in (("by", self.by_name), ("act", self.act), ("q", self.text)) if value}


@dataclass(frozen=True, slots=True)
class Chain:
    """Whether every entry fits the one before it."""

    length: int
    is_checked: bool
    broken: AuditEntry | None = None  # the first that does not fit


def read_wish(asked: MultiDict[str, str]) -> Wish:
    """From an address's query."""
    by_name, act, text = (asked.get(name, "").strip()[:100] for name in ("by", "act", "q"))
    return Wish(by_name, act, text)


def audit_page(session: Session, wish: Wish, number: int) -> Page[AuditEntry]:
    """A page of the trail, the newest first."""
    wanted = select(AuditEntry).order_by(col(AuditEntry.id).desc())
    if wish.by_name:
        wanted = wanted.where(AuditEntry.by_name == wish.by_name)
    if wish.act:
        wanted = wanted.where(AuditEntry.act == wish.act)
    if wish.text:
        wanted = wanted.where(col(AuditEntry.sentence).icontains(wish.text, autoescape=True))
    return page_of(session, wanted, number, SIZE)


def names(session: Session) -> list[str]:
    """Everybody who has done something."""
    return list(session.exec(select(AuditEntry.by_name).distinct().order_by(col(AuditEntry.by_name))))


def acts(session: Session) -> list[str]:
    """Everything that has been done, as the trail calls it."""
    return list(session.exec(select(AuditEntry.act).distinct().order_by(col(AuditEntry.act))))


def chain(session: Session, *, is_asked: bool) -> Chain:
    """The state of the chain; a long one is only checked if that is asked."""
    length = session.exec(select(func.count()).select_from(AuditEntry)).one()
    if length > MOST_CHECKED and not is_asked:
        return Chain(length, is_checked=False)
    return Chain(length, is_checked=True, broken=first_broken(session))
