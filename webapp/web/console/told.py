"""Who would get the all-clear if it were over now."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from webapp.flow.approvals import Recipient
from webapp.flow.deliveries import TOLD, Attempt, DeliveryState


def told(session: Session, notice_ids: list[UUID]) -> dict[str, int]:
    """How many people these notices were, or may have been, told to, by channel."""
    said = sa.and_(col(Attempt.notice_id) == col(Recipient.notice_id), col(Attempt.pos) == col(Recipient.pos))
    counted = (
        sa.select(col(Recipient.channel), sa.func.count(sa.distinct(col(Recipient.address_id))))
        .join(Attempt, said)
        .where(col(Recipient.notice_id).in_(notice_ids), col(Attempt.state).in_((*TOLD, DeliveryState.sending)))
        .group_by(col(Recipient.channel))
        .order_by(col(Recipient.channel))
    )
    return {row[0]: row[1] for row in session.execute(counted)}
