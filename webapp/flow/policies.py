"""The policies that were ever in force, word for word, so that every past decision can be explained."""

from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlmodel import Field, Session, SQLModel, col, select

from rules.policy import Policy
from rules.reading import default_policy_text, read_policy
from webapp.db import add, moment
from webapp.flow.refusals import NotFound


class PolicyVersion(SQLModel, table=True):
    """One text of the rules. Never edited; a change is a new version."""

    __tablename__ = "policy_version"
    version: str = Field(primary_key=True, max_length=64)  # of the text: Policy.version
    name: str
    text: str
    note: str = ""
    author_id: UUID | None = Field(default=None, foreign_key="person.id")
    in_force_at: datetime = moment(index=True)


def put_in_force(session: Session, text: str, *, name: str, note: str, now: datetime) -> PolicyVersion:
    """Store a policy and let it count from now on; what is in force already changes nothing. Raises PolicyMistakes."""
    version = read_policy(text, name=name).version
    stored = session.get(PolicyVersion, version)
    if stored is None:
        return add(session, PolicyVersion(version=version, name=name, text=text, note=note, in_force_at=now))
    newest = session.exec(select(PolicyVersion).order_by(col(PolicyVersion.in_force_at).desc())).first()
    if newest is not stored:
        stored.in_force_at = now  # an earlier one comes back
        session.add(stored)
    return stored


def put_default_in_force(session: Session, *, now: datetime) -> PolicyVersion:
    """The policy that Sveg comes with."""
    return put_in_force(session, default_policy_text(), name="default", note="The rules that Sveg comes with", now=now)


def policy_in_force(session: Session, *, now: datetime) -> Policy:
    """The compiled policy that counts now. Raises NotFound before an installation is set up."""
    newest = (
        select(PolicyVersion)
        .where(col(PolicyVersion.in_force_at) <= now)
        .order_by(col(PolicyVersion.in_force_at).desc())
    )
    stored = session.exec(newest).first()
    if stored is None:
        raise NotFound("No policy is in force yet; run `python -m webapp init`")
    return _compiled(stored.text, stored.name)


@lru_cache(maxsize=16)
def _compiled(text: str, name: str) -> Policy:
    return read_policy(text, name=name)
