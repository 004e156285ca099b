"""Whoever may sign a change of the rules hears of it, and its author hears the answer."""

from sqlmodel import Session, col, select

from tests.builders import NOON, an_operator
from tests.webapp.flow.test_policies_life import drafted, leads, version
from webapp.db import add
from webapp.flow import policies
from webapp.flow.letters import Letter

PAGE = "http://status.example/console/policies/1"


def written(session: Session) -> list[Letter]:
    return list(session.exec(select(Letter).order_by(col(Letter.id))))


def test_every_other_lead_is_asked_with_the_note_the_differences_and_the_link(session: Session) -> None:
    lena, liv = leads(session)
    add(session, an_operator(name="Olle"))
    liv_gone = add(
        session, type(liv)(name="Gone", email="gone@bank.example", password_hash="x", role=liv.role, is_active=False)
    )
    policies.submit(session, drafted(session, lena), by=lena, now=NOON, page=PAGE)

    [letter] = written(session)
    assert letter.value == liv.email != liv_gone.email
    assert letter.subject == "Please sign: Earlier than before"
    assert "Lena asks for a signature" in letter.body
    assert "none → avoid when stale share more than 40 % and at most 50 %" in letter.body
    assert PAGE in letter.body
    assert letter.not_after > NOON


def test_the_author_hears_that_it_was_signed_and_from_when(session: Session) -> None:
    lena, liv = leads(session)
    change = drafted(session, lena)
    policies.submit(session, change, by=lena, now=NOON, page=PAGE)

    policies.approve(session, change, against=version(session), from_at=None, by=liv, now=NOON, page=PAGE)

    [_, letter] = written(session)
    assert (letter.value, letter.subject) == (lena.email, "Signed: Earlier than before")
    assert "Liv signed" in letter.body
    assert "from now on" in letter.body


def test_the_author_hears_why_it_was_returned_and_where_to_go_on(session: Session) -> None:
    lena, liv = leads(session)
    change = drafted(session, lena)
    policies.submit(session, change, by=lena, now=NOON, page=PAGE)

    policies.send_back(session, change, "Forty is too few", by=liv, now=NOON, page=PAGE)

    [_, letter] = written(session)
    assert (letter.value, letter.subject) == (lena.email, "Returned: Earlier than before")
    assert "Forty is too few" in letter.body
    assert f"{PAGE}/edit" in letter.body
