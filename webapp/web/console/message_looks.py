"""Messages as their recipients will see them, and what each costs and leaves out."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rules import wording
from rules.segments import Segments
from webapp import moments
from webapp.flow import headcount, incidents, notices, texts
from webapp.flow.drafting import MessageKey
from webapp.flow.incidents import Incident
from webapp.flow.notices import Ending, Message, Notice, NoticeText
from webapp.flow.organisation import organisation
from webapp.flow.postings import FACEBOOK, STATUS_PAGE
from webapp.web.session import store

LANGUAGES = {
    "en": "English", "sv": "Svenska", "fi": "Suomi", "nb": "Norsk", "da": "Dansk", "de": "Deutsch", "fr": "Français",
    "es": "Español", "pl": "Polski", "uk": "Українська", "ar": "العربية", "so": "Soomaali", "se": "Davvisámegiella",
}  # fmt: skip
NOW = "now"  # of the notice itself; an all-clear has its ending's name
LACKS = {
    "source": "who is speaking", "what": "what has happened", "where": "where", "when": "when",
    "what to do": "what people can do", "next update": "when the next update comes",
}  # fmt: skip
SPEAKS_FOR_ITSELF = {STATUS_PAGE, FACEBOOK, "webhook"}  # a page, or an event, that says whose it is
HAS_HEADLINE = {STATUS_PAGE, "webhook"}  # beside the text
WHEN_RESOLVED = "(the moment when it is resolved)"


@dataclass(frozen=True, slots=True)
class Slot:
    """One message that somebody may edit, and its place in a form."""

    whose: str  # NOW, by_time, by_person
    owner: Notice
    message: Message

    @property
    def name(self) -> str:
        """now-sms-en."""
        return f"{self.whose}-{self.message.channel}-{self.message.language}"

    @property
    def key(self) -> MessageKey:
        """As the flow knows it."""
        return MessageKey(self.owner.id, self.message.channel, self.message.language)


@dataclass(frozen=True, slots=True)
class Look:
    """One message as it arrives."""

    name: str  # of its slot
    channel: str
    language: str
    headline: str
    subject: str
    body: str
    cut: Segments | None  # SMS only
    offenders: tuple[str, ...]  # characters that double the cost, named
    cost: float  # of one recipient
    lacks: tuple[str, ...]  # what a complete message has and this one has not
    is_edited: bool
    has_gap: bool  # for the moment when it ended

    @property
    def language_name(self) -> str:
        """As its speakers call it."""
        return language_name(self.language)


def language_name(language: str) -> str:
    """As its speakers call it: "sv" is "Svenska"."""
    return LANGUAGES.get(language, language)


def slots(notice: Notice) -> list[Slot]:
    """The messages of a notice and of its two all-clears. A page's post exists in the default language alone."""
    owners = [(NOW, notice)] + [(ending_of(over).value, over) for over in notices.endings(store(), notice)]
    return [Slot(whose, owner, message) for whose, owner in owners for message in shown_messages(owner)]


def shown_messages(notice: Notice) -> list[Message]:
    """Those that anybody will ever see."""
    default = organisation(store()).languages[0]
    return [
        message
        for message in notices.messages_of(store(), notice)
        if message.channel != FACEBOOK or message.language == default
    ]


def looks(notice: Notice, *, now: datetime) -> list[Look]:
    """All messages of a notice, as they are stored."""
    return [look(slot, slot.message.subject, slot.message.body, now=now) for slot in slots(notice)]


def look(slot: Slot, subject: str, body: str, *, now: datetime) -> Look:
    """One message with these words, stored or only typed so far."""
    channel, language = slot.message.channel, slot.message.language
    shown = _filled(slot, body)
    counted = _filled(slot, body, at=slot.owner.expires_at or now)
    cut = wording.segments(counted) if channel == "sms" else None
    price = headcount.price_each(store(), channel, now=now)
    said = _said(slot)
    return Look(
        name=slot.name,
        channel=channel,
        language=language,
        headline=said.headline if said else "",
        subject=subject,
        body=shown,
        cut=cut,
        offenders=tuple(named(char) for char in cut.offenders) if cut else (),
        cost=price * (cut.count if cut else 1),
        lacks=tuple(LACKS[lack] for lack in _lacks(slot, body, said)) if slot.whose == NOW else (),
        is_edited=slot.message.is_edited,
        has_gap=texts.ENDED in body,
    )


def of(every: Iterable[Look], whose: str) -> list[Look]:
    """Those of the notice itself, or of one all-clear."""
    return [each for each in every if each.name.startswith(f"{whose}-")]


def ending_of(over: Notice) -> Ending:
    """Which end an all-clear is for."""
    return over.ending or Ending.by_person


def named(char: str) -> str:
    """“–” (en dash)."""
    return f"“{char}” ({unicodedata.name(char, 'no name').lower()})"


def _filled(slot: Slot, body: str, *, at: datetime | None = None) -> str:
    """With the gap filled as far as that is known beforehand."""
    if slot.whose == NOW or texts.ENDED not in body:
        return body
    zone = organisation(store()).time_zone
    planned = _planned_end(slot.owner) if slot.owner.ending is Ending.by_time else None
    known = slot.owner.effective_at or planned or at
    return body.replace(texts.ENDED, moments.say(known, zone, slot.message.language) if known else WHEN_RESOLVED)


def _planned_end(over: Notice) -> datetime | None:
    original = store().get(Notice, over.follows_id) if over.follows_id else None
    return original.expires_at if original else None


def _said(slot: Slot) -> NoticeText | None:
    return store().get(NoticeText, (slot.owner.id, slot.message.language))


def _lacks(slot: Slot, body: str, said: NoticeText | None) -> tuple[str, ...]:
    incident = store().get_one(Incident, slot.owner.incident_id)
    speaker = "" if slot.message.channel in SPEAKS_FOR_ITSELF else organisation(store()).name
    is_local = not incidents.where(store(), incident).is_everywhere
    headline = said.headline if said and slot.message.channel in HAS_HEADLINE else ""
    nothing_to_do = texts.SENTENCES.get(slot.message.language, texts.SENTENCES["en"])["none"]
    instruction = said.instruction if said and said.instruction in {nothing_to_do, *_parts(body)} else ""
    return wording.missing(headline, body, instruction, source=speaker, is_local=is_local)


def _parts(body: str) -> set[str]:
    return {line.strip() for line in body.splitlines()}
