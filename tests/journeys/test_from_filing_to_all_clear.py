"""Cash machines in Sveg, from the first report to the all-clear."""

from datetime import timedelta

from sqlmodel import Session

from tests.arrow import Arrow
from tests.builders import NOON, THREE, a_lead, a_submitted_notice, a_subscriber, an_operator, an_organisation
from webapp import db
from webapp.flow import fan_out, lifecycle, postings, surface
from webapp.flow.incidents import Incident, IncidentStatus
from webapp.flow.notices import Notice, NoticeStatus
from webapp.flow.people import Person
from webapp.flow.postings import PostingState

CHANNELS = ("status_page", "sms", "email", "facebook")


def approved(session: Session, *, hold_s: float = 0) -> Notice:
    operator, lead = an_operator(), a_lead()
    an_organisation(session)
    session.add_all([operator, lead])
    session.flush()
    a_subscriber(session, sms="+46701000001", email="anna@mail.example")
    a_subscriber(session, sms="+46701000002", asked=False)
    a_subscriber(session, sms="+46701000003", at=(59.33, 18.07))  # in Stockholm: not concerned
    notice = a_submitted_notice(session, by=operator, channels=CHANNELS)
    lifecycle.sign(session, notice, by=lead, now=NOON, hold_s=hold_s)
    session.commit()
    return notice


def test_a_notice_reaches_those_concerned_and_only_them(session: Session, arrow: Arrow) -> None:
    notice = approved(session)

    arrow.go_to(NOON + timedelta(seconds=1))

    assert sorted(sms["recipient"] for sms in arrow.received("sms")) == ["+46701000001", "+46701000002"]
    assert [mail["recipient"] for mail in arrow.received("email")] == ["anna@mail.example"]
    assert len(arrow.received("facebook")) == 1
    with db.reading(arrow.engine) as fresh:
        shown = surface.shown(fresh, now=arrow.now)
        assert [each.live_notices[0].notice.id for each in shown.open] == [notice.id]
        assert {progress.channel: progress.taken for progress in fan_out.progress(fresh, notice)} == {
            "email": 1,
            "sms": 2,
        }


def test_at_its_end_everything_is_retired_and_those_told_get_an_all_clear(session: Session, arrow: Arrow) -> None:
    notice = approved(session)
    arrow.go_to(NOON + timedelta(seconds=1))

    arrow.go_to(THREE)

    texts = [sms["body"] for sms in arrow.received("sms") if sms["recipient"] == "+46701000001"]
    assert len(texts) == 2
    assert "15:00" in sorted(texts, key=lambda text: "should be over" in text)[1]
    assert len(arrow.received("email")) == 2
    (post,) = arrow.received("facebook")
    assert post["body"].startswith("RESOLVED Thursday 19 November 15:00 CET")
    assert not post["is_pinned"]
    with db.reading(arrow.engine) as fresh:
        assert fresh.get_one(Notice, notice.id).status is NoticeStatus.retired
        assert fresh.get_one(Incident, notice.incident_id).status is IncidentStatus.resolved
        assert {posting.state for posting in postings.of(fresh, notice)} == {PostingState.retired}
        shown = surface.shown(fresh, now=arrow.now)
        assert shown.open == []
        assert [each.incident.id for each in shown.history] == [notice.incident_id]


def test_the_public_page_closes_at_the_end_even_if_every_process_is_dead(session: Session, arrow: Arrow) -> None:
    approved(session)
    arrow.go_to(NOON + timedelta(seconds=1))

    with db.reading(arrow.engine) as fresh:  # nobody looks at the schedule any more
        before, after = (surface.shown(fresh, now=moment) for moment in (THREE - timedelta(seconds=1), THREE))

    assert [each.live_notices != [] for each in before.open] == [True]
    assert after.open == []
    assert after.state == "operational"


def test_resolving_early_retires_at_once_and_says_when_it_ended(session: Session, arrow: Arrow) -> None:
    notice = approved(session)
    arrow.go_to(NOON + timedelta(seconds=1))

    with db.transaction(arrow.engine) as fresh:
        incident = fresh.get_one(Incident, notice.incident_id)
        lifecycle.resolve(
            fresh,
            incident,
            note="Power is back",
            by=fresh.get_one(Person, notice.drafted_by_id),
            now=NOON + timedelta(hours=1),
            status_url="x",
        )
    arrow.go_to(NOON + timedelta(hours=1))
    arrow.go_to(THREE + timedelta(minutes=1))

    ends = [sms["body"] for sms in arrow.received("sms") if "Over since" in sms["body"]]
    assert len(ends) == 2
    assert all("13:10" in body for body in ends)
    assert len(arrow.received("sms")) == 4


def test_an_expired_notice_is_never_sent_late(session: Session, arrow: Arrow) -> None:
    notice = approved(session)

    arrow.go_to(THREE + timedelta(seconds=1))

    assert [arrow.received(channel) for channel in ("sms", "email", "facebook")] == [[], [], []]
    with db.reading(arrow.engine) as fresh:
        assert fresh.get_one(Notice, notice.id).status is NoticeStatus.withdrawn
