"""All tables, for migrations: importing this fills the metadata."""

from sqlmodel import SQLModel

from webapp.flow import dispatch, history, lifecycle, limits, receipts, signups, surface

STAGES = (dispatch, history, lifecycle, limits, receipts, signups, surface)  # the last ones; they import all others
METADATA = SQLModel.metadata
