"""The rules in force, and every version before them."""

from dataclasses import dataclass
from http import HTTPStatus

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from webapp import clock
from webapp.flow import policies as flow
from webapp.flow.people import Act, Person
from webapp.flow.policies import Amendment, PolicyVersion, compiled
from webapp.flow.refusals import NotFound
from webapp.web.console.console import console
from webapp.web.console.paging import asked_number, page_of
from webapp.web.console.policies import assessment, cards, change, rule_page, scenarios, whole_text
from webapp.web.session import person, store

PAGES = (assessment, change, rule_page, scenarios, whole_text)  # each adds its views
SIZE = 20


@dataclass(frozen=True, slots=True)
class Wish:
    """Which rules somebody looks for."""

    text: str
    channel: str  # "" = any
    by_channel: bool  # how they are grouped; else by purpose

    @property
    def is_any(self) -> bool:
        """Whether anything is looked for."""
        return bool(self.text or self.channel)


@console.get("/policies")
def policies() -> str:
    """The rules that count now, the changes that wait, and the history."""
    current = flow.version_in_force(store(), now=clock.now())
    signed = (
        select(Amendment)
        .where(col(Amendment.in_force_at).is_not(None))
        .order_by(col(Amendment.in_force_at).desc(), col(Amendment.answered_at).desc())
    )
    history = page_of(store(), signed, asked_number(), SIZE)
    return _page(current, is_current=True, history=history, waiting=flow.amendments(store()))


@console.get("/policies/versions/<version>")
def policy_version(version: str) -> str:
    """The rules as some decisions found them."""
    stored = store().get(PolicyVersion, version)
    if stored is None:
        raise NotFound("There is no such version of the rules")
    current = flow.version_in_force(store(), now=clock.now())
    return _page(stored, is_current=stored.version == current.version, history=None, waiting=[])


@console.post("/policies")
def create_policy() -> ResponseReturnValue:
    """Begin a change of the rules, from the text in force or from an earlier one."""
    asked = request.form.get("version", "")
    base = store().get(PolicyVersion, asked) if asked else flow.version_in_force(store(), now=clock.now())
    if base is None:
        raise NotFound("There is no such version of the rules")
    draft = flow.begin(store(), base=base, by=person(), now=clock.now())
    return redirect(f"/console/policies/{draft.id}/rules", HTTPStatus.SEE_OTHER)


def _page(stored: PolicyVersion, **shown: object) -> str:
    policy, examined = compiled(stored), flow.examine(stored.text)
    wish = Wish(
        request.args.get("q", "").strip()[:100],
        request.args.get("channel", "")[:24],
        request.args.get("by") == "channel",
    )
    return render_template(
        "console/policies/list.html",
        at="policies",
        stored=stored,
        policy=policy,
        findings=examined.findings,
        wish=wish,
        groups=cards.groups(policy, wanted=wish.text, channel=wish.channel, by_channel=wish.by_channel),
        channels=[cards.key(name) for name in policy.figures.channels],
        figures=list(cards.figures(policy)),
        glossary=cards.glossary(policy),
        may_change=person().may(Act.approve),
        names=_names(),
        **shown,
    )


def _names() -> dict[object, str]:
    return dict(store().exec(select(Person.id, Person.name)).all())
