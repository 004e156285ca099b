"""Somebody who signs up, changes their mind and leaves, without JavaScript."""

import re
from urllib.parse import urlsplit

from sqlmodel import Session, select
from werkzeug.test import TestResponse

from tests.builders import STATUS
from tests.webapp.web.street import Street
from webapp.flow.components import Component
from webapp.flow.subscribers import Address, Subscriber, followed, places

ANNA = "anna@mail.example"


def asks(street: Street, **known: object) -> TestResponse:
    """Fill in the form and send it."""
    usual = {"channel": "email", "email": ANNA, "language": "en"}
    return street.reader().post("/subscribe", data=fields(**usual | known))


def fields(**known: object) -> dict[str, object]:
    """As the form names them; `place` and `radius_km` are the first place's."""
    return {f"places-0-{name}" if name in {"place", "radius_km"} else name: value for name, value in known.items()}


def code_of(street: Street) -> str:
    """The code in the newest letter."""
    found = re.search(r"\b\d{6}\b", street.letters()[-1].body)
    assert found
    return found[0]


def confirms(street: Street, asked: TestResponse, code: str = "") -> TestResponse:
    """Type the code on the page that the form led to."""
    return street.reader().post(asked.headers["Location"], data={"code": code or code_of(street)})


def signs_up(street: Street, **known: object) -> str:
    """The path of the personal link that the sign-up leads to."""
    answer = confirms(street, asks(street, **known))
    assert answer.status_code == 303, answer.text
    return urlsplit(answer.headers["Location"]).path


def address(session: Session, value: str = ANNA) -> Address | None:
    """As it is stored."""
    return session.exec(select(Address).where(Address.value == value)).first()


def chosen(street: Street, value: str = ANNA) -> tuple[set[str], list[str], list[tuple[str, float]]]:
    """What the owner of an address follows: codes of components ("*" = everything), areas, places with metres."""
    with street.store() as session:
        owned = address(session, value)
        assert owned is not None
        subscriber = session.get_one(Subscriber, owned.subscriber_id)
        names = {component.id: component.code for component in session.exec(select(Component))}
        codes, points = places(session, subscriber)
        follows = {names[each] if each else "*" for each in followed(session, subscriber)}
        return follows, codes, [(point.label, point.radius_m) for point in points]


def one_click(street: Street, subscriber_id: int) -> TestResponse:
    """As mail programs do it (RFC 8058): from their own site, without cookies."""
    path = street.links.unsubscribe(subscriber_id).removeprefix(STATUS)
    return street.reader().post(
        path,
        data={"List-Unsubscribe": "One-Click"},
        headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"},
    )
