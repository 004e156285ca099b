"""Who agreed to what, when and from where, and who took it back: written once, never changed, only emptied of the address."""

from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select, update

from webapp.db import add, moment, word
from webapp.flow.subscribers import Address, BigId, ConsentClass, Subscriber


class Consent(SQLModel, table=True):
    """One yes or no. It outlives the person's own rows; then it holds no address."""

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    subscriber_id: int = Field(index=True, sa_type=BigId)
    channel: str = Field(max_length=24)
    value: str = Field(max_length=2_000, repr=False)  # "" = erased
    consent_class: ConsentClass = word(ConsentClass)
    is_given: bool  # False = taken back
    text: str  # what they agreed to, or said
    source: str = Field(max_length=40)  # self_signup, answered_stop, one_click, own_link …
    network: str = Field(default="", max_length=64)  # from where; "" = not known, or erased
    at: datetime = moment()


def note(
    session: Session,
    owned: Address,
    consent_class: ConsentClass,
    *,
    is_given: bool,
    text: str,
    source: str,
    now: datetime,
    network: str = "",
) -> Consent:
    """Write down a yes or a no for one address."""
    return add(
        session,
        Consent(
            subscriber_id=owned.subscriber_id,
            channel=owned.channel,
            value=owned.value,
            consent_class=consent_class,
            is_given=is_given,
            text=text,
            source=source,
            network=network,
            at=now,
        ),
    )


def of(session: Session, subscriber: Subscriber) -> list[Consent]:
    """All of a person's, oldest first."""
    return list(session.exec(select(Consent).where(Consent.subscriber_id == subscriber.id).order_by(col(Consent.id))))


def erase(session: Session, subscriber: Subscriber) -> None:
    """Keep that there was a consent, and when; forget whose address it was."""
    mine = update(Consent).where(col(Consent.subscriber_id) == subscriber.id, col(Consent.value) != "")
    session.execute(mine.values(value="", network="").execution_options(synchronize_session=False))
