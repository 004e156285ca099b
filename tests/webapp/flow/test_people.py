"""Who may do what, and signing in."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from tests.builders import NOON, PASSWORD, a_person
from webapp.db import add
from webapp.flow import people
from webapp.flow.people import Act, Person, Role, SignInFailure
from webapp.flow.refusals import NotAllowed, TooMany


@pytest.fixture
def anna(session: Session) -> Person:
    """Who can sign in."""
    return add(session, a_person(email="anna@bank.example"))


def sign_in(session: Session, password: str = PASSWORD, *, email: str = "anna@bank.example", network: str = "192.0.2.1", minutes: int = 0) -> Person | None:  # fmt: skip
    return people.sign_in(
        session, email=email, password=password, network=network, now=NOON + timedelta(minutes=minutes)
    )


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        (Role.operator, {Act.file, Act.submit, Act.stop}),
        (Role.lead, {Act.file, Act.submit, Act.stop, Act.approve}),
        (Role.admin, set(Act)),
    ],
)
def test_a_role_may_what_it_may_and_nothing_once_its_person_has_gone(role: Role, acts: set[Act]) -> None:
    person = a_person(role)
    assert {act for act in Act if person.may(act)} == acts

    person.is_active = False

    assert not any(person.may(act) for act in Act)
    with pytest.raises(NotAllowed, match="ask a lead"):
        person.require(Act.approve, "ask a lead")


def test_everybody_may_stop() -> None:
    assert all(a_person(role).may(Act.stop) for role in Role)


def test_the_right_password_signs_in_however_the_address_is_written(session: Session, anna: Person) -> None:
    assert sign_in(session, email=" Anna@Bank.example ") is anna
    assert session.exec(select(SignInFailure)).all() == []


@pytest.mark.parametrize(("password", "email"), [("wrong", "anna@bank.example"), (PASSWORD, "nobody@bank.example"), ("", "anna@bank.example")])  # fmt: skip
def test_a_failure_says_nothing_and_is_kept(session: Session, anna: Person, password: str, email: str) -> None:
    assert sign_in(session, password, email=email) is None

    (kept,) = session.exec(select(SignInFailure)).all()
    assert (kept.email, kept.network) == (email, "192.0.2.1")


def test_whoever_has_gone_cannot_sign_in(session: Session, anna: Person) -> None:
    anna.is_active = False

    assert sign_in(session) is None


@pytest.mark.parametrize("spread", ["over networks", "over addresses"])
def test_guessing_is_slowed_down_for_a_quarter_of_an_hour(session: Session, anna: Person, spread: str) -> None:
    for number in range(people.TRIES):
        email, network = (
            ("anna@bank.example", f"n{number}")
            if spread == "over networks"
            else (f"a{number}@bank.example", "192.0.2.1")
        )
        add(session, SignInFailure(email=email, network=network, at=NOON))

    with pytest.raises(TooMany, match="15 minutes"):
        sign_in(session)

    assert sign_in(session, minutes=16) is anna


def test_others_elsewhere_are_not_slowed_down(session: Session, anna: Person) -> None:
    for _ in range(people.TRIES):
        add(session, SignInFailure(email="bertil@bank.example", network="198.51.100.1", at=NOON))

    assert sign_in(session) is anna


def test_a_password_is_nowhere_to_be_read(session: Session, anna: Person) -> None:
    assert PASSWORD not in anna.password_hash
    assert anna.password_hash.startswith("$argon2id$")
    assert anna.password_hash not in repr(anna)


def test_a_damaged_hash_lets_nobody_in(session: Session, anna: Person) -> None:
    anna.password_hash = "damaged"

    assert sign_in(session) is None
