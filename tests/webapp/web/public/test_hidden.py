"""Nothing that is not public leaves by any public door."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from rules.terms import Mode
from tests.builders import NOON, a_draft, a_submitted_notice, a_subscriber, an_incident
from tests.webapp.web.street import Street
from webapp.flow import incidents, notices
from webapp.flow.incidents import Incident, IncidentStatus

PATHS = ("/", "/?lang=sv", "/history", "/subscribe", "/subscribe/link", "/api/v2/summary.json", "/api/v2/status.json")
SECRETS = (
    "internal", "Osynlig", "bank.example", "secret-unpublished", "secret-exercise", "secret-draft", "secret-submitted",
    "46701999999", "hidden@mail.example", "never-posted",
)  # fmt: skip


def behind_the_door(street: Street, session: Session) -> tuple[Incident, list[Incident]]:
    """One incident that everybody may see, and many things about it and beside it that nobody may."""
    olle = session.merge(street.olle)
    a_subscriber(session, sms="+46701999999", email="hidden@mail.example")
    notice = street.a_live_notice(session, channels=("status_page", "sms"))
    seen = session.get_one(Incident, notice.incident_id)
    incidents.update(session, seen, IncidentStatus.identified, note="internal: Kalle is at the site", by=olle, now=NOON)
    told = a_draft(session, seen, by=olle, channels=("status_page",))
    for text in notices.texts_of(session, told):
        text.headline, text.description = "never-posted", "never-posted"
    unpublished = an_incident(session, by=olle, headline="secret-unpublished")
    incidents.update(session, unpublished, IncidentStatus.identified, note="internal", by=olle, now=NOON)
    with_draft = an_incident(session, by=olle, headline="secret-draft")
    a_draft(session, with_draft, by=olle, channels=("status_page",))
    submitted = a_submitted_notice(session, by=olle, headline="secret-submitted", channels=("status_page",))
    exercise = street.a_live_notice(session, headline="secret-exercise", mode=Mode.exercise)
    hidden = [unpublished, with_draft] + [session.get_one(Incident, each.incident_id) for each in (submitted, exercise)]
    return seen, hidden


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=6), timedelta(days=2)])
def test_notes_names_drafts_and_exercises_appear_nowhere(street: Street, later: timedelta) -> None:
    with street.store() as session:
        seen, _ = behind_the_door(street, session)
        own = f"/incidents/{seen.public_id}"
    street.at(NOON + later)

    for path in (*PATHS, own):
        answer = street.reader().get(path)

        assert answer.status_code == 200, path
        for secret in SECRETS:
            assert secret not in answer.text, (path, secret)


def test_what_is_not_public_has_no_page(street: Street) -> None:
    with street.store() as session:
        _, hidden = behind_the_door(street, session)
        paths = [f"/incidents/{each.public_id}" for each in hidden]

    for path in (*paths, "/incidents/000000000000"):
        answer = street.reader().get(path)

        assert answer.status_code == 404
        assert "secret" not in answer.text
        assert "There is no such incident" in answer.text
