"""What the public has been told of an incident, newest first: where it stood, and the notices. Colleagues' notes never."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from webapp.flow.incidents import IncidentStatus
from webapp.flow.notices import MessageType
from webapp.flow.surface import ShownIncident, ShownNotice, ShownUpdate
from webapp.web.spoken import SHARED, spoken_in


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was said. A notice has a code and words of its own; a status has neither."""

    id: str  # twelve of a to z and 0 to 9
    at: datetime
    status: IncidentStatus
    language: str
    code: str = ""
    headline: str = ""
    body: str = ""
    message_type: MessageType | None = None  # None = a status
    expires_at: datetime | None = None
    next_update_at: datetime | None = None
    is_live: bool = False

    @property
    def is_notice(self) -> bool:
        """Whether it was approved and sent as a notice."""
        return self.message_type is not None

    @property
    def plain(self) -> str:
        """In one text: the notice, or the sentence of the status."""
        if self.is_notice:
            return f"{self.headline}\n\n{self.body}"
        spoken = spoken_in(self.language)
        return SHARED[spoken][f"{self.status}_said"]


def timeline(shown: ShownIncident, *, language: str, default_language: str) -> list[Entry]:
    """All that was said. A status that is repeated says nothing new and is left out."""
    statuses = _statuses(shown, language)
    notices = [
        _notice(own, _status_then(statuses, own.published_at, shown.status), language, default_language)
        for own in shown.notices
    ]
    return sorted([*notices, *statuses], key=lambda entry: (entry.at, entry.is_notice), reverse=True)


def live(shown: ShownIncident, *, language: str, default_language: str) -> list[Entry]:
    """The notices in force."""
    return [_notice(own, shown.status, language, default_language) for own in shown.live_notices]


def _statuses(shown: ShownIncident, language: str) -> list[Entry]:
    oldest_first: list[ShownUpdate] = list(reversed(shown.updates))
    changes = [
        update
        for before, update in zip([None, *oldest_first], oldest_first, strict=False)
        if before is None or before.status is not update.status
    ]
    entries = [Entry(update.public_id, update.at, update.status, language) for update in changes]
    if shown.ended_at and not any(entry.status.is_end for entry in entries):
        # The clock has ended it; nobody has written that into the books yet.
        entries.append(Entry(_id("end", shown.incident.id), shown.ended_at, shown.status, language))
    return entries


def _notice(own: ShownNotice, status: IncidentStatus, language: str, default_language: str) -> Entry:
    known = next((each for each in (language, default_language) if each in own.texts), next(iter(own.texts), language))
    text = own.texts.get(known)
    return Entry(
        id=_id("notice", own.notice.id),
        at=own.published_at,
        status=status,
        language=known,
        code=own.notice.code,
        headline=text.headline if text else "",
        body=own.bodies.get(known, text.description if text else ""),
        message_type=own.notice.message_type,
        expires_at=own.notice.expires_at,
        next_update_at=own.notice.next_update_at,
        is_live=own.is_live,
    )


def _status_then(statuses: list[Entry], at: datetime, now: IncidentStatus) -> IncidentStatus:
    return next((entry.status for entry in reversed(statuses) if entry.at <= at), now)


def _id(sort: str, key: object) -> str:
    return hashlib.sha256(f"{sort}:{key}".encode()).hexdigest()[:12]
