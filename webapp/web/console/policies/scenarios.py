"""Scenarios by one click: from what a finding shows, or from an incident that was decided."""

from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from rules.blocks import NotApart
from rules.mistakes import PolicyMistakes
from rules.trial_keeping import Kept, facts_said, keep
from webapp import clock
from webapp.flow import policies as flow
from webapp.flow import policy_letters, replays
from webapp.flow.assessments import Assessment
from webapp.flow.incidents import Incident
from webapp.flow.policies import Amendment, Shown, compiled, examine
from webapp.flow.refusals import NotFound, NotNow, NotValid
from webapp.web.console.console import console
from webapp.web.console.policies.rule_check import with_rule
from webapp.web.console.policies.rule_page import draft_of_own
from webapp.web.console.policies.whole_text import found_by_lead
from webapp.web.console.spoken import called
from webapp.web.session import person, store


@console.post("/policies/<uuid:amendment_id>/scenarios")
def keep_scenario(amendment_id: UUID) -> ResponseReturnValue:
    """Keep what a finding shows, beside what stands in the form at hand. Raises NotNow, NotValid."""
    amendment = found_by_lead(amendment_id)
    text = _text_at_hand(amendment)
    shown = next((one for one in _shown(text) if one.key == request.form.get("keep")), None)
    if shown is None:
        raise NotNow("The text has changed and does not show this incident any more; go back and check it again")
    facts = {**shown.example.facts, **shown.example.later}
    kept = _kept(text, shown.name, facts, _spoken_of(facts, shown.channels))
    revision = request.form.get("revision", type=int) or amendment.revision
    return _saved(amendment, kept, revision=revision, note=request.form.get("note", amendment.note))


@console.post("/policies/scenarios")
def keep_incident() -> ResponseReturnValue:
    """Keep a stored incident, in one's own draft; one is begun if there is none. Raises NotFound, NotAllowed, NotValid."""
    asked = request.form.get("assessment", "")
    assessment = store().get(Assessment, UUID(asked)) if _is_id(asked) else None
    if assessment is None:
        raise NotFound("There is no such recommendation")
    current = flow.version_in_force(store(), now=clock.now())
    draft = draft_of_own(current)
    incident = store().get_one(Incident, assessment.incident_id)
    name = f"{called(incident)[:80]}, {incident.started_at:%Y-%m-%d}"
    kept = _kept(draft.text, name, facts_said(replays.case_of(assessment), compiled(current)), ())
    return _saved(draft, kept, revision=draft.revision, note=draft.note)


def examples_of(old: str, new: str) -> dict[str, Shown]:
    """By sentence, the incidents that show what a change means."""
    return {
        one.sentence: Shown(f"{one.channels[0]} from {one.before or 'nothing'} to {one.after or 'nothing'}", one.example, one.channels[:1])
        for one in policy_letters.meaning(old, new)
        if one.example and one.channels
    }  # fmt: skip


def _spoken_of(facts: dict[str, str], channels: tuple[str, ...]) -> tuple[str, ...]:
    """Of several channels those whose facts the example tells; on the others it may show something else."""
    told = {fact.partition("@")[2] for fact in facts}
    return tuple(one for one in channels if one in told) or channels


def _text_at_hand(amendment: Amendment) -> str:
    """What stands in the editor, saved or not."""
    if "text" in request.form:
        return flow.plain(request.form["text"])
    if "block" not in request.form:
        return amendment.text
    try:
        number = request.form.get("number", 0, type=int)
        return with_rule(amendment.text, number, flow.plain(request.form["block"]))[0]
    except (PolicyMistakes, NotApart) as refusal:
        raise NotValid("block", str(refusal)) from refusal


def _shown(text: str) -> list[Shown]:
    """Everything that the pages of a text offer to keep."""
    examined = examine(text)
    told = [one.shown for one in examined.remarks if one.shown]
    if examined.policy:
        current = flow.version_in_force(store(), now=clock.now())
        told += examples_of(current.text, text).values()
    return told


def _kept(text: str, name: str, facts: dict[str, str], channels: tuple[str, ...]) -> Kept:
    try:
        return keep(text, name, facts, channels)
    except PolicyMistakes as mistakes:
        first = mistakes.findings[0]
        raise NotValid("text", f"Your draft has a mistake to mend first. Line {first.line}, column {first.column}: {first.sentence}") from mistakes  # fmt: skip
    except NotApart as refusal:
        raise NotValid("text", str(refusal)) from refusal


def _saved(amendment: Amendment, kept: Kept, *, revision: int, note: str) -> ResponseReturnValue:
    if kept.text != amendment.text:
        flow.save(store(), amendment, text=kept.text, note=note, revision=revision, by=person())
    if kept.is_new:
        flash(f"Kept as the scenario “{kept.name}” on line {kept.line}. It expects what this text says now; change that if it should come out otherwise.")  # fmt: skip
    else:
        flash(f"Nothing added: the scenario “{kept.name}” on line {kept.line} says the same already.")
    return redirect(f"/console/policies/{amendment.id}/edit?line={kept.line}", HTTPStatus.SEE_OTHER)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
