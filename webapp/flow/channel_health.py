"""Whether a channel can be trusted now: what it depends on, and what its provider said of the last tries."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from rules import facts
from rules.circumstances import stops
from rules.phrases import moment
from rules.terms import Mode
from webapp.flow.books import ATTEMPT, CHUNK, NOTICE, POSTING, SENDING_DAYS
from webapp.flow.components import Component, components
from webapp.flow.incidents import Filing, Incident, IncidentArea, IncidentComponent, IncidentStatus, open_incidents
from webapp.flow.organisation import ChannelSetup

LATELY = timedelta(minutes=10)
PEOPLE = 5  # one mailbox that refuses is no dead channel
TRIES = 3  # of a post, for which there is only one
TAKEN = ("accepted", "sent", "delivered", "undelivered")  # the provider took them, whatever came later
REFUSED = ("deferred", "unknown")  # for no reason of the recipient: those that fail for one are settled as failed


def needed(session: Session, setups: Iterable[ChannelSetup]) -> dict[str, tuple[str, ...]]:
    """By channel: the codes of what it depends on, and of the groups that hold that: if those fail, it fails."""
    by_id = {each.id: each for each in components(session)}
    by_code = {each.code: each for each in by_id.values()}
    return {
        setup.channel: tuple(
            dict.fromkeys(_with_holders([by_code[c] for c in setup.depends_on if c in by_code], by_id))
        )
        for setup in setups
    }


def down(
    session: Session, needs: Mapping[str, tuple[str, ...]], *, now: datetime, zone: ZoneInfo, but: Incident | None
) -> dict[str, str]:
    """By channel, as the end of a sentence: what it depends on and has been stopped by another open incident."""
    wanted = {code for codes in needs.values() for code in codes}
    if not wanted:
        return {}
    found = _stopped(session, wanted, now=now, but=but)
    said = {}
    for channel, codes in needs.items():
        hits = [found[code] for code in codes if code in found]
        if hits:
            name, since, is_planned = min(hits, key=lambda hit: hit[1])
            state = "under maintenance" if is_planned else "down"
            said[channel] = f"depends on {name}, which is {state} since {moment(since, now=now, zone=zone)}"
    return said


def failing(session: Session, *, now: datetime, zone: ZoneInfo) -> dict[str, str]:
    """By channel, as the end of a sentence: that its provider took nothing lately, and of how many tries."""
    return _tries_failed(session, now=now, zone=zone) | _posts_failed(session, now=now, zone=zone)


def _with_holders(parts: Sequence[Component], by_id: Mapping[UUID, Component]) -> Iterable[str]:
    for part in parts:
        holder: Component | None = part
        while holder is not None:
            yield holder.code
            holder = by_id.get(holder.group_id) if holder.group_id else None


def _stopped(
    session: Session, codes: set[str], *, now: datetime, but: Incident | None
) -> dict[str, tuple[str, datetime, bool]]:
    """(name, since, whether it is planned work) by code. An incident of one place stops nothing everywhere."""
    running = {
        each.id: each
        for each in open_incidents(session, now=now)
        if each.mode is Mode.actual and (but is None or each.id != but.id) and stops(_facts(each), now)
        and each.status_at(now) is not IncidentStatus.monitoring  # mended, and watched
    }  # fmt: skip
    local = select(IncidentArea.incident_id).where(col(IncidentArea.incident_id).in_(running))
    wanted = (
        select(IncidentComponent.incident_id, Component.code, Component.name)
        .join(Component, col(Component.id) == col(IncidentComponent.component_id))
        .where(col(IncidentComponent.incident_id).in_(running), col(Component.code).in_(codes))
        .where(col(IncidentComponent.incident_id).not_in(local))
    )
    found: dict[str, tuple[str, datetime, bool]] = {}
    for incident_id, code, name in session.exec(wanted):
        incident = running[incident_id]
        if code not in found or incident.started_at < found[code][1]:
            found[code] = (name, incident.started_at, incident.is_maintenance)
    return found


def _facts(incident: Incident) -> facts.Incident:
    return Filing(kind=incident.kind, started_at=incident.started_at).as_facts()


def _tries_failed(session: Session, *, now: datetime, zone: ZoneInfo) -> dict[str, str]:
    since = now - LATELY
    lately = sa.and_(ATTEMPT.c.at > since, ATTEMPT.c.at <= now)
    refused = (
        sa.select(CHUNK.c.channel, ATTEMPT.c.notice_id, ATTEMPT.c.pos, ATTEMPT.c.at, ATTEMPT.c.detail)
        .join_from(ATTEMPT, CHUNK, CHUNK.c.id == ATTEMPT.c.chunk_id)
        .join(NOTICE, NOTICE.c.id == CHUNK.c.notice_id)
        .where(CHUNK.c.state == "open", NOTICE.c.mode == Mode.actual.value)
        .where(ATTEMPT.c.state.in_(REFUSED), lately)
        .order_by(ATTEMPT.c.at)
    )
    rows: dict[str, list[tuple[object, datetime, str]]] = {}
    for channel, notice_id, pos, at, detail in session.execute(refused):
        rows.setdefault(channel, []).append(((notice_id, pos), at, detail))
    said = {}
    for channel, tries in rows.items():
        people = len({whom for whom, _, _ in tries})
        if people >= PEOPLE and not _took_any(session, channel, lately, now=now):
            first_at, detail = tries[0][1], tries[-1][2].rstrip(".")
            tried = f"the last {len(tries)} tries for {people} people failed"
            said[channel] = (
                f"has taken nothing since {moment(first_at, now=now, zone=zone)}: {tried}{f' ({detail})' if detail else ''}"
            )
    return said


def _took_any(session: Session, channel: str, lately: sa.ColumnElement[bool], *, now: datetime) -> bool:
    wanted = (
        sa.select(sa.literal(1))
        .select_from(ATTEMPT)
        .join(CHUNK, CHUNK.c.id == ATTEMPT.c.chunk_id)
        .join(NOTICE, NOTICE.c.id == CHUNK.c.notice_id)
        .where(CHUNK.c.channel == channel, NOTICE.c.mode == Mode.actual.value)
        .where(NOTICE.c.live_at > now - timedelta(days=SENDING_DAYS), ATTEMPT.c.state.in_(TAKEN), lately)
    )
    return session.execute(wanted.limit(1)).first() is not None


def _posts_failed(session: Session, *, now: datetime, zone: ZoneInfo) -> dict[str, str]:
    """A post is tried again and again: what is due later than this was tried lately."""
    wanted = (
        sa.select(POSTING.c.channel, POSTING.c.tries, POSTING.c.first_tried_at, POSTING.c.detail)
        .join(NOTICE, NOTICE.c.id == POSTING.c.notice_id)
        .where(NOTICE.c.mode == Mode.actual.value, POSTING.c.state.in_(("planned", "unknown", "retiring", "sending")))
        .where(POSTING.c.tries >= TRIES, POSTING.c.detail != "", POSTING.c.due_at > now - LATELY)
    )
    return {
        channel: f"has taken nothing since {moment(at or now, now=now, zone=zone)}: the last {tries} tries failed ({detail.rstrip('.')})"
        for channel, tries, at, detail in session.execute(wanted)
    }
