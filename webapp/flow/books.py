"""Our own books, read by those who assess: tables by name, for their modules stand above (notices are made from assessments)."""

import sqlalchemy as sa

from webapp.db import UtcDateTime

NOTICE = sa.table(
    "notice",
    sa.column("id", sa.Uuid()),
    sa.column("incident_id", sa.Uuid()),
    sa.column("mode", sa.String()),
    sa.column("message_type", sa.String()),
    sa.column("status", sa.String()),
    sa.column("live_at", UtcDateTime()),
)
PICK = sa.table("notice_channel", sa.column("notice_id", sa.Uuid()), sa.column("channel", sa.String()))
RECIPIENT = sa.table(
    "recipient",
    sa.column("notice_id", sa.Uuid()),
    sa.column("pos", sa.Integer()),
    sa.column("channel", sa.String()),
    sa.column("subscriber_id", sa.BigInteger()),
    sa.column("language", sa.String()),
)
CHUNK = sa.table(
    "chunk",
    sa.column("id", sa.Integer()),
    sa.column("notice_id", sa.Uuid()),
    sa.column("channel", sa.String()),
    sa.column("state", sa.String()),
    sa.column("first", sa.Integer()),
    sa.column("last", sa.Integer()),
)
ATTEMPT = sa.table(
    "attempt",
    sa.column("notice_id", sa.Uuid()),
    sa.column("pos", sa.Integer()),
    sa.column("chunk_id", sa.Integer()),
    sa.column("state", sa.String()),
    sa.column("at", UtcDateTime()),
    sa.column("detail", sa.String()),
)
MESSAGE = sa.table(
    "message",
    sa.column("notice_id", sa.Uuid()),
    sa.column("channel", sa.String()),
    sa.column("language", sa.String()),
    sa.column("body", sa.String()),
)
POSTING = sa.table(
    "posting",
    sa.column("notice_id", sa.Uuid()),
    sa.column("channel", sa.String()),
    sa.column("state", sa.String()),
    sa.column("tries", sa.Integer()),
    sa.column("detail", sa.String()),
    sa.column("due_at", UtcDateTime()),
    sa.column("first_tried_at", UtcDateTime()),
    sa.column("live_at", UtcDateTime()),
)
TABLES = (NOTICE, PICK, RECIPIENT, CHUNK, ATTEMPT, MESSAGE, POSTING)
SENDING_DAYS = 3  # quiet hours and retries included, nothing leaves later than this after its notice went live
