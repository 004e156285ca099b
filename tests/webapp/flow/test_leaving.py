"""Being told less: each way out ends exactly what it says, and what was agreed to or taken back stays on record."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, select

from rules.terms import Kind, Listeners, Severity
from tests.builders import NOON, a_component, a_subscriber, an_organisation, in_sveg
from webapp.flow import audience, consents, leaving, limits, wishes
from webapp.flow.audience import Concern
from webapp.flow.components import Component, with_kin
from webapp.flow.consents import Consent
from webapp.flow.limits import Knock
from webapp.flow.refusals import NotValid, TooMany
from webapp.flow.subscribers import Address, ConsentClass, Subscriber, Suppression, addresses, key_of, suppress
from webapp.flow.wishes import Around, Choices, Quiet

PHONE = "+46701000001"
MAIL = "anna@mail.example"


@pytest.fixture
def session(session: Session) -> Session:
    """With an organisation."""
    an_organisation(session)
    return session


def told(session: Session, kind: Kind | None = Kind.outage, *, part: str = "atm", severity: Severity = Severity.minor) -> list[str]:  # fmt: skip
    """Whom an incident of this kind in Sveg would go to."""
    touched = session.exec(select(Component).where(Component.code == part)).one()
    ids = tuple(each.id for each in with_kin(session, [touched]))
    concern = Concern(in_sveg(session), ids, severity, kind)
    rows = session.execute(audience.recipients(session, concern, {"sms": Listeners.all, "email": Listeners.all}))
    return sorted(row.value for row in rows)


def asker(session: Session, **choices: object) -> Subscriber:
    """Asked by SMS, with these choices."""
    person = a_subscriber(session, sms=PHONE)
    wishes.choose(session, person, Choices(**choices), now=NOON)  # type: ignore[arg-type]  # as the test says
    return person


def a_customer(session: Session) -> Subscriber:
    """A mail address on file, who never asked."""
    return a_subscriber(session, email=MAIL, asked=False)


def test_only_the_chosen_kinds_are_told_of_and_none_chosen_means_all(session: Session) -> None:
    person = asker(session, kinds=(Kind.outage, Kind.fraud))
    assert (told(session), told(session, Kind.fraud), told(session, Kind.closure)) == ([PHONE], [PHONE], [])
    assert told(session, None) == []

    wishes.choose(session, person, Choices(), now=NOON)

    assert all(told(session, kind) == [PHONE] for kind in (None, *Kind))


def test_nothing_below_the_floor_is_told_of(session: Session) -> None:
    asker(session, severity_floor=Severity.severe)

    assert told(session, severity=Severity.moderate) == []
    assert told(session, severity=Severity.severe) == [PHONE]


def test_whoever_follows_a_group_is_told_of_parts_that_came_later(session: Session) -> None:
    payments = a_component(session, "pay", "Payments", is_group=True)
    asker(session, components=(payments.public_id,))

    cards = a_component(session, "cards", "Cards", group=payments, is_group=True)
    a_component(session, "online", "Cards online", group=cards)

    assert told(session, part="online") == [PHONE]
    assert told(session, part="atm") == []


def test_one_is_told_of_each_of_ones_places(session: Session) -> None:
    asker(session, places=(Around("59.33, 18.07", 5), Around("Sveg", 20)))
    assert told(session) == [PHONE]


@pytest.mark.parametrize(
    "choices",
    [
        {"quiet": Quiet(0, 24 * 60)},
        {"quiet": Quiet(60, 60)},
        {"time_zone": "Europe/Sveg"},
        {"places": tuple(Around("Sveg", n + 1) for n in range(11))},
    ],
)
def test_choices_that_cannot_be_are_refused(session: Session, choices: dict[str, object]) -> None:
    with pytest.raises(NotValid):
        asker(session, **choices)


def test_choices_survive_being_stored_and_those_of_before_can_still_be_read() -> None:
    full = Choices(components=("a",), area_codes=("SE",), places=(Around("Sveg", 5.0),), kinds=(Kind.fraud,),
                   severity_floor=Severity.severe, language="sv", quiet=Quiet(1320, 420), time_zone="Europe/Oslo", wants_digest=True)  # fmt: skip
    before = {"components": ["a"], "area_codes": [], "place": "Sveg", "radius_km": 5.0, "language": "sv"}

    assert wishes.from_stored(wishes.as_stored(full)) == full
    assert wishes.from_stored(before).places == (Around("Sveg", 5.0),)


def test_one_kind_less_leaves_the_others_and_the_last_one_leaves_altogether(session: Session) -> None:
    person = asker(session)

    leaving.leave_kinds(session, person, frozenset({Kind.maintenance}), now=NOON)
    assert told(session, Kind.maintenance) == []
    assert told(session) == [PHONE]
    leaving.leave_kinds(session, person, frozenset(Kind), now=NOON)

    assert told(session) == []
    assert person.left_at == NOON


def test_a_pause_ends_when_it_was_to_end(session: Session) -> None:
    person = asker(session)
    leaving.pause(session, person, until=NOON + timedelta(days=7), now=NOON)
    assert told(session) == []
    assert not leaving.any_pause_over(session, now=NOON)

    later = NOON + timedelta(days=7)
    assert leaving.any_pause_over(session, now=later)
    assert leaving.end_pauses(session, now=later) == 1

    assert told(session) == [PHONE]
    assert leaving.end_pauses(session, now=later) == 0


def test_a_pause_without_an_end_waits_for_its_owner(session: Session) -> None:
    person = asker(session)
    leaving.pause(session, person, until=None, now=NOON)
    assert leaving.end_pauses(session, now=NOON + timedelta(days=999)) == 0
    assert told(session) == []

    leaving.resume(session, person, now=NOON)

    assert told(session) == [PHONE]


def test_a_customer_may_refuse_service_messages_but_not_what_the_law_demands(session: Session) -> None:
    customer = a_customer(session)

    leaving.refuse_service(session, customer, is_refused=True, now=NOON)
    assert told(session) == []
    assert told(session, Kind.data_breach) == [MAIL]
    leaving.refuse_service(session, customer, is_refused=False, now=NOON)

    assert told(session) == [MAIL]
    log = consents.of(session, customer)
    assert [(each.consent_class, each.is_given, each.at) for each in log] == [
        (ConsentClass.service, False, NOON),
        (ConsentClass.service, True, NOON),
    ]


def test_stop_ends_every_class_and_start_brings_back_what_it_ended(session: Session) -> None:
    person = asker(session)
    (owned,) = addresses(session, person)

    for _ in range(2):
        leaving.stop(session, owned, said="Stopp", now=NOON)
    assert (told(session), owned.suppressed_reason) == ([], Suppression.answered_stop)
    assert leaving.start(session, owned, said="Start", now=NOON)
    assert not leaving.start(session, owned, said="Start", now=NOON)

    assert told(session) == [PHONE]
    assert [each.is_given for each in consents.of(session, person)] == [False, True]


def test_start_does_not_bring_back_a_number_that_does_not_work_or_left(session: Session) -> None:
    person = asker(session)
    (owned,) = addresses(session, person)
    leaving.leave(session, person, now=NOON)

    assert not leaving.start(session, owned, said="Start", now=NOON)
    assert told(session) == []


def test_what_a_provider_calls_opted_out_comes_back_with_start(session: Session) -> None:
    person = asker(session)
    suppress(session, "sms", PHONE, reason=Suppression.opted_out, now=NOON)
    session.expire_all()
    (owned,) = addresses(session, person)

    assert leaving.start(session, owned, said="Start", now=NOON)
    assert told(session) == [PHONE]


def test_erasing_leaves_no_address_and_no_wish_but_what_is_on_file(session: Session) -> None:
    customer = a_customer(session)
    session.add(Address(subscriber_id=key_of(customer), channel="sms", value=PHONE, confirmed_at=NOON))
    wishes.choose(session, customer, Choices(places=(Around("Sveg"),), quiet=Quiet(0, 60)), now=NOON)

    leaving.erase_wishes(session, customer, now=NOON)
    session.commit()
    session.expire_all()

    assert [each.value for each in addresses(session, customer)] == [MAIL]
    assert customer.quiet_from_min is None
    assert told(session) == [MAIL]


def test_every_change_is_marked_for_whoever_has_counted_before(session: Session) -> None:
    person = asker(session)
    later = NOON + timedelta(minutes=5)

    suppress(session, "sms", PHONE, reason=Suppression.bad_address, now=later)
    session.expire_all()

    assert person.changed_at == later


def test_the_log_of_consents_can_be_emptied_of_the_address_and_of_nothing_else(session: Session) -> None:
    person = asker(session)
    leaving.leave(session, person, now=NOON)
    consents.erase(session, person)
    session.commit()

    (kept,) = session.exec(select(Consent)).all()
    session.refresh(kept)
    assert (kept.value, kept.is_given, kept.text) == ("", False, "left")
    for act in (
        "UPDATE consent SET is_given = true",
        "UPDATE consent SET text = 'x', value = ''",
        "DELETE FROM consent",
    ):
        with pytest.raises(DatabaseError, match="consents are never changed"):
            session.execute(sa.text(act))
        session.rollback()


def test_tries_are_counted_by_the_hour(session: Session) -> None:
    for _ in range(3):
        limits.count(session, "network:192.0.2.1", most=3, now=NOON)

    with pytest.raises(TooMany):
        limits.count(session, "network:192.0.2.1", most=3, now=NOON)
    limits.count(session, "network:192.0.2.2", most=3, now=NOON)
    limits.count(session, "network:192.0.2.1", most=3, now=NOON + timedelta(hours=1))
    limits.forget_old(session, now=NOON + timedelta(hours=2))

    assert [each.tries for each in session.exec(select(Knock)).all()] == [1]
