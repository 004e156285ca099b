"""Finding subscribers among a million: by exact address, number or name, and by what they have in common. Paged by key."""

import sqlalchemy as sa
from sqlmodel import col

from webapp.flow.subscribers import Address, Subscriber, Subscription

sa.Index("ix_subscriber_name", col(Subscriber.name), postgresql_ops={"name": "text_pattern_ops"})
sa.Index("ix_subscriber_language", col(Subscriber.language))
sa.Index("ix_subscription_component_id", col(Subscription.component_id))
sa.Index(
    "ix_address_suppressed",
    col(Address.suppressed_at),
    sqlite_where=col(Address.suppressed_at).is_not(None),
    postgresql_where=col(Address.suppressed_at).is_not(None),
)
