"""A stored recommendation: what was known, under which rules, what was said, and that it comes out the same again."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from flask import render_template

from rules.mistakes import PolicyMistakes
from webapp.flow import incidents, replays
from webapp.flow.assessments import Assessment
from webapp.flow.incidents import Incident
from webapp.flow.people import Act, Person
from webapp.flow.policies import PolicyVersion
from webapp.flow.refusals import NotFound
from webapp.web.console import recommendation
from webapp.web.console.console import console
from webapp.web.session import person, store


@console.get("/assessments/<uuid:assessment_id>")
def assessment(assessment_id: UUID) -> str:
    """As it was given, and computed again."""
    kept = store().get(Assessment, assessment_id)
    if kept is None:
        raise NotFound("There is no such recommendation")
    incident = store().get_one(Incident, kept.incident_id)
    by = store().get(Person, kept.by_id) if kept.by_id else None
    now_said, mistake = _again(kept)
    return render_template(
        "console/policies/assessment.html",
        at="incidents",
        kept=kept,
        incident=incident,
        by=by.name if by else "Sveg",
        stored=store().get_one(PolicyVersion, kept.policy_version),
        panel=recommendation.panel(kept.result, kept.facts, place=incidents.area_words(store(), incident)),
        facts=list(_flat(kept.facts)),
        may_keep=person().may(Act.approve),
        differences=list(_differences(kept.result, now_said)) if now_said is not None else [],
        mistake=mistake,
    )


def _again(kept: Assessment) -> tuple[dict[str, Any] | None, str]:
    """(what comes out now, ""), or (None, why nothing does): a later Sveg may not read old rules or facts any more."""
    try:
        return replays.again(store(), kept), ""
    except PolicyMistakes as mistakes:
        first = mistakes.findings[0]
        return (
            None,
            f"This version of Sveg does not read those rules. Line {first.line}, column {first.column}: {first.sentence}",
        )
    except (ValueError, TypeError, LookupError) as error:
        return None, f"This version of Sveg does not read the facts as they were kept: {error}"


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(where, what) of everything that was known, in plain words."""
    match value:
        case {}:
            for name, inner in value.items():
                yield from _flat(inner, f"{path} › {_spaced(name)}" if path else _spaced(name))
        case [{}, *_]:
            for number, inner in enumerate(value, start=1):
                yield from _flat(inner, f"{path} {number}")
        case list():
            yield path, ", ".join(_spaced(str(one)) for one in value) or "none"
        case bool():
            yield path, "yes" if value else "no"
        case None:
            yield path, "not known"
        case _:
            yield path, _spaced(str(value))


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _differences(kept: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(where, as it was, as it is now); none = the same bit for bit."""
    if kept == again:
        return
    before, after = dict(_flat(kept)), dict(_flat(again))
    for path in dict.fromkeys([*before, *after]):
        if before.get(path) != after.get(path):
            yield path, before.get(path, "–"), after.get(path, "–")
