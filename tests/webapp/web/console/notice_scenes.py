"""Notices in every state, for tests of the pages about them."""

import re
from html import unescape
from typing import Any

from sqlmodel import Session, select

from tests.builders import NOON, STATUS, a_draft, a_submitted_notice, an_incident, subscribers
from tests.webapp.web.console.room import Room
from webapp.flow import attempts, claims, lifecycle, schedule
from webapp.flow.approvals import Recipient
from webapp.flow.deliveries import DeliveryState
from webapp.flow.incidents import Incident
from webapp.flow.notices import Notice
from webapp.flow.schedule import ActionKind

HTMX = {"HX-Request": "true"}
PEOPLE = 3


def drafted(room: Room, *, channels: tuple[str, ...] = ("status_page", "sms"), **known: Any) -> Notice:
    """A draft to a few people who asked."""
    with room.store() as session:
        subscribers(session, PEOPLE)
        return a_draft(session, an_incident(session, by=room.olle, **known), by=room.olle, channels=channels)


def submitted(room: Room, *, people: int = PEOPLE, **known: Any) -> Notice:
    """It waits for a lead other than Olle."""
    with room.store() as session:
        subscribers(session, people)
        return a_submitted_notice(session, by=room.olle, **known)


def signed(room: Room, *, people: int = PEOPLE, hold_s: float = 20, **known: Any) -> Notice:
    """Approved by Lena, in its hold."""
    notice = submitted(room, people=people, **known)
    with room.store() as session:
        notice = session.get_one(Notice, notice.id)
        lifecycle.sign(session, notice, by=room.lena, now=NOON, hold_s=hold_s)
    return notice


def posted(room: Room, *, people: int = PEOPLE, **known: Any) -> Notice:
    """Live, with everything still to send."""
    notice = signed(room, people=people, hold_s=0, **known)
    with room.store() as session:
        execute(session, session.get_one(Notice, notice.id), ActionKind.post)
        return session.get_one(Notice, notice.id)


def execute(session: Session, notice: Notice, kind: ActionKind) -> None:
    """What the worker does when an action falls due."""
    action = schedule.of(session, notice, kind)
    assert action is not None
    lifecycle.execute(session, action, now=action.due_at, status_url=STATUS)


def became(room: Room, notice: Notice, *states: DeliveryState, code: str = "", detail: str = "") -> None:
    """What has become of the first recipients, one state each."""
    with room.store() as session:
        chunk = claims.claim(session, now=room.now, channels=["sms", "email"])
        assert chunk is not None
        batch = attempts.next_recipients(session, chunk, now=room.now, most=len(states))
        attempts.begin(session, chunk, batch, now=room.now)
        for (recipient, n), state in zip(batch, states, strict=True):
            values = {"code": code, "detail": detail}
            attempts.settle(session, (notice.id, recipient.pos, n), state, now=room.now, **values)
        attempts.recount(session, chunk.id or 0, now=room.now)
        claims.let_go(session, chunk, due_at=room.now)


def recipients(room: Room, notice: Notice) -> list[str]:
    """The frozen addresses."""
    with room.store() as session:
        return list(session.exec(select(Recipient.value).where(Recipient.notice_id == notice.id)))


def incident_of(room: Room, notice: Notice) -> Incident:
    """The incident that it is about."""
    return room.stored(Incident, notice.incident_id)


def form_of(page: str) -> dict[str, list[str]]:
    """What a browser would send of the form of a draft if nothing was typed."""
    form = page[page.index('<form id="draft"') : page.index("</form>", page.index('<form id="draft"'))]
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        kind, name, value = (_attribute(tag, which) for which in ("type", "name", "value"))
        if name and (kind not in {"checkbox", "radio"} or " checked" in tag):
            sent.setdefault(name, []).append(value)
    for attributes, text in re.findall(r"<textarea ([^>]*)>(.*?)</textarea>", form, re.DOTALL):
        lines = unescape(text).removeprefix("\r\n").removeprefix("\n").replace("\r\n", "\n")
        sent[_attribute(attributes, "name")] = [lines.replace("\n", "\r\n")]  # as browsers do
    return sent


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def words(page: str) -> str:
    """What one reads: no tags, single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
