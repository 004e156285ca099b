"""What everybody sees."""

from datetime import timedelta

from rules.terms import Kind, Severity, Urgency
from tests.builders import NOON, STATUS, THREE, a_component, a_submitted_notice
from tests.webapp.web.street import Street, on_sqlite
from webapp.flow import drafts, incidents, lifecycle, notices, submission
from webapp.flow.areas import Where
from webapp.flow.incidents import IncidentStatus

SHORT = "public, max-age=10, stale-while-revalidate=30, stale-if-error=86400"


@on_sqlite
def test_nobody_is_recognised_and_nothing_runs_in_the_browser(street: Street) -> None:
    with street.store() as session:
        incident = street.published(session)
        path = f"/incidents/{incident.public_id}"

    for each in ("/", "/history", path, "/?lang=sv"):
        answer = street.reader().get(each)

        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert "<script" not in answer.text
        assert "style=" not in answer.text
        assert answer.headers["Cache-Control"] == SHORT
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@on_sqlite
def test_whoever_has_the_page_already_is_told_so_until_it_changes(street: Street) -> None:
    first = street.reader().get("/")
    assert not first.headers["ETag"].startswith("W/")

    again = street.reader().get("/", headers={"If-None-Match": first.headers["ETag"]})
    with street.store() as session:
        street.published(session)
    changed = street.reader().get("/", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.text) == (304, "")
    assert again.headers["Cache-Control"] == SHORT
    assert changed.status_code == 200


@on_sqlite
def test_a_quiet_day_says_so_in_words(street: Street) -> None:
    page = street.page()

    assert "Everything works As of Thursday 19 November 12:10 CET" in page
    assert "Cash machines Works" in page
    assert "Friday 6 November to Thursday 19 November No incidents" in page
    assert "Now" not in page


def test_a_live_notice_says_what_where_until_when_and_what_to_do(street: Street) -> None:
    with street.store() as session:
        notice = street.a_live_notice(
            session, instruction="Use the machine in Hede.", next_update_at=NOON + timedelta(hours=1)
        )

    page = street.page()

    assert "Some services do not work" in page
    assert "Cash machines Partly down" in page
    assert "Cash machines in Sveg do not work" in page
    assert "What you can do: Use the machine in Hede." in page
    assert "Where Sveg, within 15 km" in page
    assert "Since 12:00 CET" in page
    assert "Expected until 15:00 CET" in page
    assert "Next update 13:10 CET" in page
    assert f"Reference {notice.code}" in page


@on_sqlite
def test_the_page_shows_the_words_that_were_approved_for_it(street: Street) -> None:
    with street.store() as session:
        notice = a_submitted_notice(session, by=session.merge(street.olle), channels=("status_page",))
        notice.status = notices.NoticeStatus.draft
        drafts.edit_message(session, notice, "status_page", "en", subject="", body="Said by hand & <b>plain</b>.")
        submission.submit(session, notice, by=session.merge(street.olle), now=NOON)
        street.post(session, notice)

    assert "Said by hand &amp; &lt;b&gt;plain&lt;/b&gt;." in street.page()


def test_a_notice_past_its_end_is_never_shown_as_live_though_nobody_retired_it(street: Street) -> None:
    with street.store() as session:
        notice = street.a_live_notice(session)
        path = f"/incidents/{session.get_one(incidents.Incident, notice.incident_id).public_id}"
    street.at(THREE - timedelta(seconds=1))
    before = street.page(path)

    street.at(THREE)
    page, own = street.page(), street.page(path)

    assert "In force until Thursday 19 November 15:00 CET" in before
    assert "Everything works" in page
    assert notice.code not in page
    assert "Cash machines in Sveg do not work 12:00 to 15:00 · Cash machines · Sveg, within 15 km" in page
    assert "No longer in force" in own
    assert "In force until" not in own
    assert "Ended Thursday 19 November 15:00 CET" in own
    assert "Resolved Thursday 19 November 15:00 CET It is over." in own


@on_sqlite
def test_a_withdrawn_notice_is_no_longer_in_force(street: Street) -> None:
    with street.store() as session:
        notice = street.a_live_notice(session)
        lifecycle.withdraw(session, notice, by=session.merge(street.olle), now=NOON, status_url=STATUS)

    assert notice.code not in street.page()


@on_sqlite
def test_readers_get_their_language_and_the_notices_in_it(street: Street) -> None:
    with street.store() as session:
        street.a_live_notice(session)

    asked = street.reader().get("/?lang=sv")
    by_browser = street.reader().get("/", headers={"Accept-Language": "sv-SE,sv;q=0.9,en;q=0.5"})
    other = street.reader().get("/?lang=xx", headers={"Accept-Language": "fi"})

    for answer in (asked, by_browser):
        assert '<html lang="sv">' in answer.text
        assert "Vissa tjänster fungerar inte" in answer.text
        assert "torsdag 19 november 12:10 CET" in answer.text
        assert 'class="notice" lang="sv"' in answer.text
        assert "Sveg, inom 15 km" in answer.text
        assert answer.headers["Vary"] == "Accept-Language"
    assert 'href="/history?lang=sv"' in asked.text
    assert '<html lang="en">' in other.text


@on_sqlite
def test_a_warning_that_no_component_shows_is_not_called_fine(street: Street) -> None:
    with street.store() as session:
        street.published(session, kind=Kind.fraud, components=(), where=Where(), headline="Fraudsters call in our name",
                         severity=Severity.moderate, urgency=Urgency.immediate, expected_end_at=None,
                         next_update_at=THREE, ends_by_itself=False)  # fmt: skip

    page = street.page()

    assert "There is something to look out for" in page
    assert "Everything works" not in page


@on_sqlite
def test_planned_work_is_shown_before_begins_by_the_clock_and_ends_by_it(street: Street) -> None:
    with street.store() as session:
        street.published(session, kind=Kind.maintenance, headline="New software in the machines",
                         started_at=NOON + timedelta(hours=1), expected_end_at=THREE)  # fmt: skip

    before = street.page()
    street.at(NOON + timedelta(hours=2))
    during = street.page()
    street.at(THREE)
    after = street.page()

    assert "Everything works" in before
    assert "Planned work New software in the machines Planned" in before
    assert "From 13:10 CET" in before
    assert "Planned work is under way" in during
    assert "Cash machines Maintenance" in during
    assert "Everything works" in after


@on_sqlite
def test_services_are_a_tree_whose_groups_are_as_bad_as_their_worst(street: Street) -> None:
    with street.store() as session:
        group = a_component(session, "pay", "Payments", is_group=True)
        a_component(session, "card", "Card payments", group=group)
        street.published(session, components=("card",), severity=Severity.severe)

    page = street.page()

    assert "Important services are down" in page
    assert "Payments Down Card payments Down" in page


@on_sqlite
def test_a_day_on_which_something_still_runs_is_not_called_quiet(street: Street) -> None:
    with street.store() as session:
        street.published(session, started_at=NOON - timedelta(days=1), ends_by_itself=False)

    page = street.page()

    assert "Friday 6 November to Tuesday 17 November No incidents" in page
    assert "Thursday 19 November No incidents" not in page


@on_sqlite
def test_an_incident_says_where_it_stood_and_when(street: Street) -> None:
    with street.store() as session:
        incident = street.published(session)
        for minutes in (5, 10):
            later = NOON + timedelta(minutes=minutes)
            incidents.update(session, incident, IncidentStatus.identified, note="", by=None, now=later)
        path = f"/incidents/{incident.public_id}"
    street.at(NOON + timedelta(minutes=15))

    page = street.page(path)

    assert page.count("We know the cause and are working on it.") == 1
    assert "We are looking into it." in page
