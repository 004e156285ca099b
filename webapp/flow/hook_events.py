"""A notice as a program reads it. What people are told stands there in the words that were approved. docs/webhooks.md."""

from sqlmodel import Session

from rules.terms import Mode
from webapp.flow import texts
from webapp.flow.hooks import said
from webapp.flow.incidents import Incident, area_phrases, touching
from webapp.flow.notices import Message, MessageType, Notice, texts_of
from webapp.flow.organisation import organisation

TYPES = {
    MessageType.alert: "notice.posted",
    MessageType.update: "notice.updated",
    MessageType.error: "notice.corrected",
    MessageType.cancel: "notice.ended",
}


def event_of(session: Session, notice: Notice, messages: dict[str, Message], *, time_zone: str) -> dict[str, object]:
    """All but the id and the links, which are the recipient's and the installation's."""
    incident = session.get_one(Incident, notice.incident_id)
    follows = session.get(Notice, notice.follows_id) if notice.follows_id else None
    content = {
        "organisation": organisation(session).name,
        "notice": notice.code,
        "follows": follows.code if follows else None,
        "mode": notice.mode,
        "kind": incident.kind,
        "severity": incident.severity,
        "urgency": incident.urgency,
        "certainty": incident.certainty,
        "begins_at": said(incident.started_at),
        "ends_at": None if notice.message_type is MessageType.cancel else said(notice.expires_at),
        "ended_at": said(notice.effective_at) if notice.message_type is MessageType.cancel else None,
        "next_update_at": said(notice.next_update_at),
        "components": [component.name for component, _ in touching(session, incident)],
        "area": area_phrases(session, incident),
        "texts": _texts(session, notice, messages, time_zone),
    }
    return {"type": TYPES[notice.message_type], "timestamp": said(notice.live_at), "data": content}


def may_link(session: Session, notice: Notice) -> bool:
    """Not where a link is what those who cheat would send."""
    return session.get_one(Incident, notice.incident_id).kind not in texts.NO_LINKS


def _texts(session: Session, notice: Notice, messages: dict[str, Message], time_zone: str) -> dict[str, dict[str, str]]:
    """By language: one line, and what was approved for webhooks."""
    found = {}
    for text in texts_of(session, notice):
        message = messages.get(text.language)
        if message is not None:
            body, headline = message.body, text.headline
            if notice.message_type is MessageType.cancel and notice.effective_at:
                body = texts.fill_ended(body, notice.effective_at, time_zone, text.language, channel="webhook")
            if notice.mode is not Mode.actual:
                headline = texts.SENTENCES.get(text.language, texts.SENTENCES["en"])["exercise"] + headline
            found[text.language] = {"headline": headline, "text": body}
    return found
