"""A change of the rules: drafted by one, signed by another, in force from its date."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlmodel import Session, col, select

import webapp
from rules.reading import default_policy_text
from tests.builders import NOON, a_lead, an_incident, an_operator, an_organisation
from tests.databases import Database
from webapp import db
from webapp.db import add
from webapp.flow import assessments, policies
from webapp.flow.audit import AuditEntry
from webapp.flow.people import Person
from webapp.flow.policies import Amendment, AmendmentStatus, PolicyVersion
from webapp.flow.refusals import NotAllowed, NotNow, NotValid, Refused

TEXT = default_policy_text()
CHANGED = TEXT.replace("more than 50 %", "more than 40 %")
LATER, LATER_STILL = NOON + timedelta(hours=1), NOON + timedelta(hours=2)


def leads(session: Session) -> tuple[Person, Person]:
    an_organisation(session)
    return add(session, a_lead(name="Lena")), add(session, a_lead(name="Liv"))


def drafted(session: Session, by: Person, text: str = CHANGED, note: str = "Earlier than before") -> Amendment:
    amendment = policies.begin(session, base=policies.version_in_force(session, now=NOON), by=by, now=NOON)
    policies.save(session, amendment, text=text, note=note, revision=1, by=by)
    return amendment


def submitted(session: Session, by: Person) -> Amendment:
    amendment = drafted(session, by)
    policies.submit(session, amendment, by=by, now=NOON)
    return amendment


def version(session: Session) -> str:
    return policies.version_in_force(session, now=NOON).version


def test_a_change_counts_from_the_date_that_its_signature_names(session: Session) -> None:
    lena, liv = leads(session)
    before = version(session)

    amendment = submitted(session, lena)
    policies.approve(session, amendment, against=before, from_at=LATER, by=liv, now=NOON)

    assert amendment.status is AmendmentStatus.approved
    assert (amendment.answered_by_id, amendment.version) == (
        liv.id,
        policies.version_in_force(session, now=LATER).version,
    )
    assert policies.policy_in_force(session, now=NOON).text == TEXT
    assert policies.policy_in_force(session, now=LATER).text == CHANGED
    acts = session.exec(select(AuditEntry.act).order_by(col(AuditEntry.id))).all()
    assert acts == ["policy.begun", "policy.submitted", "policy.approved"]


def test_whoever_wrote_it_cannot_sign_it(session: Session) -> None:
    lena, _ = leads(session)

    with pytest.raises(NotAllowed, match="another lead"):
        policies.approve(session, submitted(session, lena), against=version(session), from_at=None, by=lena, now=NOON)


def test_operators_neither_write_nor_sign_rules(session: Session) -> None:
    lena, _ = leads(session)
    olle = add(session, an_operator(name="Olle"))
    amendment = submitted(session, lena)

    with pytest.raises(NotAllowed):
        policies.begin(session, base=policies.version_in_force(session, now=NOON), by=olle, now=NOON)
    with pytest.raises(NotAllowed):
        policies.approve(session, amendment, against=version(session), from_at=None, by=olle, now=NOON)
    with pytest.raises(NotAllowed):
        policies.send_back(session, amendment, "No", by=olle, now=NOON)


def test_another_lead_does_not_write_in_my_draft(session: Session) -> None:
    lena, liv = leads(session)
    amendment = drafted(session, lena)

    with pytest.raises(NotAllowed, match="begin one of your own"):
        policies.save(session, amendment, text=TEXT, note="", revision=2, by=liv)


def test_what_was_submitted_or_signed_is_never_edited(session: Session) -> None:
    lena, liv = leads(session)
    amendment = submitted(session, lena)

    with pytest.raises(NotNow):
        policies.save(session, amendment, text=TEXT, note="x", revision=amendment.revision, by=lena)
    policies.approve(session, amendment, against=version(session), from_at=None, by=liv, now=NOON)
    with pytest.raises(NotNow):
        policies.save(session, amendment, text=TEXT, note="x", revision=amendment.revision, by=lena)
    assert amendment.text == CHANGED


def test_two_windows_do_not_overwrite_each_other(session: Session) -> None:
    lena, _ = leads(session)
    amendment = drafted(session, lena)

    with pytest.raises(NotNow, match="another window"):
        policies.save(session, amendment, text=TEXT, note="", revision=1, by=lena)
    assert amendment.text == CHANGED


def test_a_returned_change_tells_why_and_can_be_mended(session: Session) -> None:
    lena, liv = leads(session)
    amendment = submitted(session, lena)

    policies.send_back(session, amendment, "Forty is too few", by=liv, now=NOON)
    assert (amendment.status, amendment.reason) == (AmendmentStatus.returned, "Forty is too few")
    policies.save(session, amendment, text=CHANGED.replace("40 %", "45 %"), note="Now 45", revision=2, by=lena)
    policies.submit(session, amendment, by=lena, now=LATER)

    assert amendment.status is AmendmentStatus.submitted


@pytest.mark.parametrize(
    ("text", "note", "field", "sentence"),
    [
        (TEXT.replace("stale share: more than", "stale shar: more than"), "x", "text", "Line"),
        (TEXT.replace("expect: {status page: use, facebook: use}", "expect: {status page: block}"), "x", "text", "expected block, got use"),
        (CHANGED, "", "note", "what changes and why"),
        (TEXT, "x", "text", "Nothing is changed"),
    ],
)  # fmt: skip
def test_what_cannot_come_into_force_is_not_submitted(
    session: Session, text: str, note: str, field: str, sentence: str
) -> None:
    lena, _ = leads(session)
    amendment = drafted(session, lena, text, note)

    with pytest.raises(NotValid, match=sentence) as refusal:
        policies.submit(session, amendment, by=lena, now=NOON)

    assert refusal.value.field == field
    assert amendment.status is AmendmentStatus.draft


def test_a_signature_is_for_what_was_compared(session: Session) -> None:
    lena, liv = leads(session)
    before = version(session)
    first, second = submitted(session, lena), submitted(session, lena)
    policies.approve(session, first, against=before, from_at=None, by=liv, now=NOON)

    with pytest.raises(NotNow, match="meanwhile"):
        policies.approve(session, second, against=before, from_at=None, by=liv, now=LATER)
    with pytest.raises(NotNow):
        policies.approve(session, first, against=version(session), from_at=None, by=liv, now=LATER)


def test_of_two_that_sign_at_once_the_second_meets_the_first_ones_rules(engine: sa.Engine) -> None:
    with db.writing(engine) as session:
        lena, liv = leads(session)
        before = version(session)
        first, second = (
            submitted(session, lena),
            drafted(session, lena, TEXT.replace("more than 50 %", "more than 30 %")),
        )
        policies.submit(session, second, by=lena, now=NOON)
        session.commit()

    def sign_second() -> str:
        try:
            with db.transaction(engine) as other:
                policies.approve(
                    other, other.get_one(Amendment, second.id), against=before, from_at=None, by=liv, now=NOON
                )
        except NotNow as refusal:
            return str(refusal)
        return "signed"

    with ThreadPoolExecutor() as pool, db.writing(engine) as session:
        policies.approve(session, session.get_one(Amendment, first.id), against=before, from_at=None, by=liv, now=NOON)
        waits = pool.submit(sign_second)
        wait([waits], timeout=1)
        assert not waits.done()
        session.commit()

        assert "Other rules have come into force meanwhile" in waits.result(timeout=20)


def test_rules_do_not_come_into_force_in_the_past(session: Session) -> None:
    lena, liv = leads(session)

    with pytest.raises(NotValid, match="passed already"):
        policies.approve(session, submitted(session, lena), against=version(session),
                         from_at=NOON - timedelta(minutes=1), by=liv, now=NOON)  # fmt: skip


def test_an_earlier_text_comes_back_as_a_change_of_its_own(session: Session) -> None:
    lena, liv = leads(session)
    first = policies.version_in_force(session, now=NOON)
    policies.approve(session, submitted(session, lena), against=first.version, from_at=None, by=liv, now=NOON)

    back = policies.begin(session, base=first, by=liv, now=LATER)
    policies.save(session, back, text=back.text, note="It was better", revision=1, by=liv)
    policies.submit(session, back, by=liv, now=LATER)
    policies.approve(session, back, against=version(session), from_at=None, by=lena, now=LATER_STILL)

    assert policies.policy_in_force(session, now=LATER).text == CHANGED
    assert policies.policy_in_force(session, now=LATER_STILL).text == TEXT
    assert len(session.exec(select(PolicyVersion)).all()) == 2
    assert len(session.exec(select(Amendment)).all()) == 3


def test_every_decision_keeps_naming_its_rules(session: Session) -> None:
    lena, liv = leads(session)
    kept = assessments.assess(session, an_incident(session, by=lena), by=lena, now=NOON)

    policies.approve(session, submitted(session, lena), against=version(session), from_at=None, by=liv, now=NOON)

    assert session.get_one(PolicyVersion, kept.policy_version).text == TEXT


def test_a_draft_can_be_withdrawn_and_a_signed_change_cannot(session: Session) -> None:
    lena, liv = leads(session)
    amendment, signed = drafted(session, lena), submitted(session, lena)
    policies.approve(session, signed, against=version(session), from_at=None, by=liv, now=NOON)

    policies.withdraw(session, amendment, by=lena, now=NOON)

    assert policies.amendments(session) == []
    with pytest.raises(Refused):
        policies.withdraw(session, signed, by=lena, now=NOON)


def test_rules_from_before_changes_had_a_life_still_count(database: Database) -> None:
    engine = db.make_engine(database.url)
    with engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(webapp.__file__).parent / "migrations"))
        settings.attributes["connection"] = connection
        command.downgrade(settings, "0003")
        old = sa.table(
            "policy_version", *(sa.column(name) for name in ("version", "name", "text", "note", "in_force_at"))
        )
        connection.execute(
            sa.insert(old).values(
                version="0123456789ab",
                name="old",
                text=TEXT,
                note="As it was",
                in_force_at=sa.literal(NOON, db.UtcDateTime()),
            )
        )
        command.upgrade(settings, "head")
    with db.reading(engine) as session:
        assert policies.version_in_force(session, now=NOON).name == "old"
        assert session.exec(select(Amendment.note)).all() == ["As it was"]
    engine.dispose()


def test_a_rule_whose_block_nobody_may_lift_is_missed_by_name() -> None:
    renamed = default_policy_text().replace("rule: drill-live", "rule: drill-alive")

    examined = policies.examine(renamed)

    assert [one.sentence for one in examined.remarks if "No rule is called drill-live" in one.sentence]
    assert not [one for one in policies.examine(default_policy_text()).remarks if "No rule is called" in one.sentence]
