"""The people who work with Sveg, what each may do, and how they prove who they are."""

from datetime import datetime, timedelta
from enum import StrEnum, auto
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Field, Session, SQLModel, col, func, or_, select

from webapp.db import add, moment, word
from webapp.flow.refusals import NotAllowed, TooMany

HASHER = PasswordHasher()
NOBODY = HASHER.hash("nobody has this password")  # so that an unknown address takes as long as a wrong password
TRIES, WINDOW_MIN = 10, 15


class Role(StrEnum):
    """Who files; who approves; who runs the installation."""

    operator = auto()
    lead = auto()
    admin = auto()


class Act(StrEnum):
    """What a role may or may not do."""

    file = auto()
    submit = auto()
    approve = auto()
    stop = auto()
    administer = auto()


MAY = {
    Role.operator: {Act.file, Act.submit, Act.stop},
    Role.lead: {Act.file, Act.submit, Act.stop, Act.approve},
    Role.admin: {Act.file, Act.submit, Act.stop, Act.approve, Act.administer},
}


class Person(SQLModel, table=True):
    """Somebody who signs in."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    email: str = Field(unique=True, max_length=254)  # lower case
    password_hash: str = Field(repr=False)
    role: Role = word(Role)
    is_active: bool = True

    def may(self, act: Act) -> bool:
        """Whether this person's role includes the act."""
        return self.is_active and act in MAY[self.role]

    def require(self, act: Act, sentence: str) -> None:
        """Raises NotAllowed with the sentence unless this person may."""
        if not self.may(act):
            raise NotAllowed(sentence)


class SignInFailure(SQLModel, table=True):
    """A refused sign-in, kept to slow guessing down."""

    __tablename__ = "sign_in_failure"
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(index=True, max_length=254)
    network: str = Field(index=True, max_length=64)
    at: datetime = moment(index=True)


def hashed(password: str) -> str:
    """An Argon2id hash, the library's defaults."""
    return HASHER.hash(password)


def sign_in(session: Session, *, email: str, password: str, network: str, now: datetime) -> Person | None:
    """The person with this address and password, or None; a failure is kept. Raises TooMany when guessing is slowed down."""
    email = email.strip().lower()
    failures = (
        select(func.count())
        .select_from(SignInFailure)
        .where(
            col(SignInFailure.at) > now - timedelta(minutes=WINDOW_MIN),
            or_(col(SignInFailure.email) == email, col(SignInFailure.network) == network),
        )
    )
    if session.exec(failures).one() >= TRIES:
        raise TooMany(f"Too many failed sign-ins. Try again in {WINDOW_MIN} minutes, or ask an administrator")
    person = session.exec(select(Person).where(Person.email == email)).first()
    if _matches(person.password_hash if person else NOBODY, password) and person and person.is_active:
        return person
    add(session, SignInFailure(email=email, network=network, at=now))
    return None


def _matches(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
