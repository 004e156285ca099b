"""The notice that an address names, with what every page about one shows."""

from dataclasses import dataclass
from uuid import UUID

from rules.terms import Mode
from webapp.flow import notices
from webapp.flow.incidents import Incident
from webapp.flow.notices import MessageType, Notice
from webapp.flow.people import Person
from webapp.flow.refusals import NotFound
from webapp.web.session import store


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above every page about a notice."""

    notice: Notice
    incident: Incident
    headline: str

    @property
    def address(self) -> str:
        """Of its own page."""
        return f"/console/notices/{self.notice.id}"

    @property
    def is_exercise(self) -> bool:
        """Whether no actual person gets it."""
        return self.notice.mode is not Mode.actual

    @property
    def sort(self) -> str:
        """What it is, as people say it."""
        if self.notice.message_type is MessageType.cancel:
            return "All-clear"
        return {MessageType.update: "Update", MessageType.error: "Correction"}.get(self.notice.message_type, "Notice")


def notice_of(notice_id: UUID) -> Notice:
    """The notice. Raises NotFound."""
    found = store().get(Notice, notice_id)
    if found is None:
        raise NotFound("There is no such notice. It may never have been written, or the address is incomplete.")
    return found


def own_notice(notice_id: UUID) -> Notice:
    """The notice; for a prepared all-clear the one that it will end. Raises NotFound."""
    found = notice_of(notice_id)
    return notice_of(found.follows_id) if found.ending is not None and found.follows_id else found


def head_of(notice: Notice) -> Head:
    """Notice, incident and headline."""
    incident = store().get_one(Incident, notice.incident_id)
    return Head(notice, incident, headline_of(notice))


def headline_of(notice: Notice) -> str:
    """In the default language."""
    written = notices.texts_of(store(), notice)
    return written[0].headline if written else ""


def name_of(person_id: UUID | None) -> str:
    """Who it was; "" = nobody."""
    found = store().get(Person, person_id) if person_id else None
    return found.name if found else ""
