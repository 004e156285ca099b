"""All tables, for migrations: importing this fills the metadata."""

from sqlmodel import SQLModel

from webapp.flow import (
    changes,
    dispatch,
    history,
    lifecycle,
    limits,
    receipts,
    replay_runs,
    saved_areas,
    signups,
    surface,
)

STAGES = (
    changes,
    dispatch,
    history,
    lifecycle,
    limits,
    receipts,
    replay_runs,
    saved_areas,
    signups,
    surface,
)  # the last ones; they import all others
METADATA = SQLModel.metadata
