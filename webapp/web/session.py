"""What one request has: a transaction, and the person who asks. The door commits; a refusal or an error changes nothing."""

import hashlib
from collections.abc import Callable
from typing import NamedTuple, TypeVar
from uuid import UUID

import sqlalchemy as sa
from flask import Flask, Response, current_app, g, request, session
from sqlmodel import Session

from webapp import db
from webapp.config import Config
from webapp.flow.people import Person
from webapp.flow.refusals import NotAllowed
from webapp.links import Links

READS = {"GET", "HEAD", "OPTIONS"}
View = TypeVar("View", bound=Callable[..., object])


class Installation(NamedTuple):
    """What all requests of this process share."""

    config: Config
    engine: sa.Engine
    links: Links


def install(app: Flask, installation: Installation) -> None:
    """Let every request have its transaction."""
    app.extensions["sveg"] = installation
    app.after_request(_end)
    app.teardown_appcontext(_close)


def installation() -> Installation:
    """What this process was started with."""
    found: Installation = current_app.extensions["sveg"]
    return found


def store() -> Session:
    """This request's transaction: begun when first asked for, without a write lock for requests that only read."""
    if "store" not in g:
        engine = installation().engine
        g.store = db.reading(engine) if _only_reads() else db.writing(engine)
    found: Session = g.store
    return found


def changes_nothing(view: View) -> View:
    """Mark a view that is asked by POST, for its question is long, and that needs no write lock."""
    view.changes_nothing = True  # type: ignore[attr-defined]  # functions may carry names of ours
    return view


def _only_reads() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method in READS or getattr(view, "changes_nothing", False)


def keep() -> None:
    """Commit although the answer is a refusal: a wrong code or password is counted."""
    g.keeps = True


def sign_in(person: Person) -> None:
    """Remember who it is, until they sign out or their password changes."""
    session.clear()
    session["person"], session["stamp"] = str(person.id), _stamp(person)
    session.permanent = True


def sign_out() -> None:
    """Forget who it was."""
    session.clear()


def person_or_none() -> Person | None:
    """Who asks; None = nobody is signed in."""
    if "person" not in g:
        known = session.get("person")
        found = store().get(Person, UUID(known)) if known else None
        g.person = found if found and found.is_active and session.get("stamp") == _stamp(found) else None
    asking: Person | None = g.person
    return asking


def person() -> Person:
    """Who asks. Raises NotAllowed if nobody is signed in."""
    asking = person_or_none()
    if asking is None:
        raise NotAllowed("Please sign in first")
    return asking


def _stamp(person: Person) -> str:
    return hashlib.sha256(person.password_hash.encode()).hexdigest()[:16]


def _end(response: Response) -> Response:
    if "store" in g and g.store.in_transaction():
        if response.status_code < 400 or g.get("keeps", False):
            g.store.commit()
        else:
            g.store.rollback()
    return response


def _close(_error: BaseException | None) -> None:
    if "store" in g:
        g.store.close()
