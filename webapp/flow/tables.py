"""All tables, for migrations: importing this fills the metadata."""

from sqlmodel import SQLModel

from webapp.flow import (
    api_keys,
    changes,
    dispatch,
    history,
    hooks,
    import_jobs,
    lifecycle,
    limits,
    receipts,
    replay_runs,
    saved_areas,
    signups,
    subscriber_search,
    suppressions,
    surface,
)

STAGES = (
    api_keys,
    changes,
    dispatch,
    history,
    hooks,
    import_jobs,
    lifecycle,
    limits,
    receipts,
    replay_runs,
    saved_areas,
    signups,
    subscriber_search,
    suppressions,
    surface,
)  # the last ones; they import all others
METADATA = SQLModel.metadata
