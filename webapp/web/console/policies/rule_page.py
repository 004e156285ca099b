"""The rules of a draft one by one: each a card, its lines to change with findings beside them."""

from http import HTTPStatus
from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import Form, IntegerField, TextAreaField

from rules.blocks import NotApart, blocks, removed
from rules.diff import Difference
from rules.mistakes import PolicyMistakes
from webapp import clock
from webapp.flow import policies as flow
from webapp.flow import policy_letters
from webapp.flow.people import Act
from webapp.flow.policies import Amendment, PolicyVersion, examine
from webapp.flow.refusals import NotFound, NotNow, NotValid
from webapp.web.console.console import console
from webapp.web.console.policies import cards
from webapp.web.console.policies.rule_check import NEW, Checked, Placed, checked, every, number_of, placed, with_rule
from webapp.web.console.policies.whole_text import found, found_by_lead
from webapp.web.session import changes_nothing, person, store


class RuleForm(Form):
    """The lines of one rule."""

    block = TextAreaField("What does the rule say?")
    revision = IntegerField()


@console.post("/policies/rules")
def change_rule() -> ResponseReturnValue:
    """Begin a draft, or go on with one's own, at one rule of the text in force."""
    name = request.form.get("rule", "")
    base = flow.version_in_force(store(), now=clock.now())
    draft = draft_of_own(base)
    number = number_of(draft.text, name)
    if number is None:
        flash(f"Your draft has no rule “{name}” any more; here are those that it has.", "bad")
        return redirect(f"/console/policies/{draft.id}/rules", HTTPStatus.SEE_OTHER)
    return redirect(f"/console/policies/{draft.id}/rules/{number}", HTTPStatus.SEE_OTHER)


def draft_of_own(base: PolicyVersion) -> Amendment:
    """One's newest open draft from these rules, or a new one. Raises NotAllowed."""
    person().require(Act.approve, f"{person().name} {flow.MAY_NOT}")
    return flow.own_draft(store(), base=base, by=person()) or flow.begin(
        store(), base=base, by=person(), now=clock.now()
    )


@console.get("/policies/<uuid:amendment_id>/rules")
def draft_rules(amendment_id: UUID) -> ResponseReturnValue:
    """All of them, those that differ from the rules in force first."""
    amendment = found(amendment_id)
    if not _is_own(amendment):
        return redirect(f"/console/policies/{amendment.id}")
    try:
        entries = every(amendment.text)
    except NotValid as refusal:
        flash(str(refusal), "bad")
        return redirect(f"/console/policies/{amendment.id}/edit")
    examined = examine(amendment.text)
    shown = {one.line: one for one in cards.every(examined.policy)} if examined.policy else {}
    known = {one.text for one in every(flow.version_in_force(store(), now=clock.now()).text)}
    return render_template(
        "console/policies/draft.html",
        at="policies",
        amendment=amendment,
        entries=[(one, cards.within(shown, one.line, one.last_line), one.text not in known) for one in entries],
        examined=examined,
        remarks={one.number: [wrong for wrong in examined.remarks if wrong.is_serious and one.line <= wrong.line <= one.last_line] for one in entries},
    )  # fmt: skip


@console.get("/policies/<uuid:amendment_id>/rules/new")
def new_rule(amendment_id: UUID) -> ResponseReturnValue:
    """A rule to be added, from a template that explains itself."""
    return _shown(amendment_id, NEW)


@console.get("/policies/<uuid:amendment_id>/rules/<int:number>")
def edit_rule(amendment_id: UUID, number: int) -> ResponseReturnValue:
    """Its lines, what is to say of them, and how they read."""
    return _shown(amendment_id, number)


@console.post("/policies/<uuid:amendment_id>/rules/<int:number>/check")
@changes_nothing
def check_rule(amendment_id: UUID, number: int) -> Response:
    """What is to say of the lines as they stand in the form: alone for htmx, else with the whole page."""
    return _answered(amendment_id, number, "console/policies/rule_remarks.html", with_meaning=False)


@console.post("/policies/<uuid:amendment_id>/rules/<int:number>/meaning")
@changes_nothing
def rule_meaning(amendment_id: UUID, number: int) -> Response:
    """What the draft with these lines decides otherwise than the rules in force."""
    return _answered(amendment_id, number, "console/policies/rule_meaning.html", with_meaning=True)


@console.post("/policies/<uuid:amendment_id>/rules/<int:number>")
def save_rule(amendment_id: UUID, number: int) -> ResponseReturnValue:
    """Put the lines into the draft; nothing else of it changes."""
    amendment, form = found_by_lead(amendment_id), RuleForm(request.form)
    at = placed(amendment.text, number)
    try:
        text, _ = with_rule(amendment.text, number, flow.plain(form.block.data or ""))
        _save(amendment, form, text)
    except (PolicyMistakes, NotApart, NotValid, NotNow) as refusal:
        form.block.errors = [_sentence(refusal)]
        code = HTTPStatus.CONFLICT if isinstance(refusal, NotNow) else HTTPStatus.UNPROCESSABLE_ENTITY
        return _page(amendment, at, form, code)
    flash("Saved in your draft. Nothing of it counts before another lead has signed it.")
    kept = number or len(every(text))
    return redirect(f"/console/policies/{amendment.id}/rules/{kept}", HTTPStatus.SEE_OTHER)


@console.post("/policies/<uuid:amendment_id>/rules/<int:number>/removal")
def remove_rule(amendment_id: UUID, number: int) -> ResponseReturnValue:
    """Take a rule out of the draft."""
    amendment, form = found_by_lead(amendment_id), RuleForm(request.form)
    at = placed(amendment.text, number)
    block = next((one for one in blocks(amendment.text) if one.number == number), None)
    if block is None:
        raise NotFound("There is no such rule to remove")
    _save(amendment, form, removed(amendment.text, block))
    flash(f"“{at.name or 'The rule'}” is gone from your draft; the rules in force keep it until the draft is signed.")
    return redirect(f"/console/policies/{amendment.id}/rules", HTTPStatus.SEE_OTHER)


def _shown(amendment_id: UUID, number: int) -> ResponseReturnValue:
    amendment = found(amendment_id)
    if not _is_own(amendment):
        return redirect(f"/console/policies/{amendment.id}")
    at = placed(amendment.text, number)
    return _page(amendment, at, RuleForm(data={"block": at.text, "revision": amendment.revision}))


def _is_own(amendment: Amendment) -> bool:
    return amendment.status in flow.OPEN and amendment.author_id == person().id


def _save(amendment: Amendment, form: RuleForm, text: str) -> None:
    flow.save(store(), amendment, text=text, note=amendment.note, revision=form.revision.data or 0, by=person())


def _sentence(refusal: Exception) -> str:
    if not isinstance(refusal, PolicyMistakes):
        return str(refusal)
    first = refusal.findings[0]
    return f"Line {first.line}, column {first.column}: {first.sentence}"


def _answered(amendment_id: UUID, number: int, part: str, *, with_meaning: bool) -> Response:
    amendment, form = found_by_lead(amendment_id), RuleForm(request.form)
    at = placed(amendment.text, number)
    if "HX-Request" not in request.headers:
        return _page(amendment, at, form, with_meaning=with_meaning)
    result = _checked(amendment, at, form)
    shown = {"result": result, "meaning": _meaning(result) if with_meaning else None, "is_asked": with_meaning}
    response = make_response(render_template(part, amendment=amendment, address=_address(amendment, at), **shown))
    response.headers["Vary"] = "HX-Request, Cookie"
    return response


def _checked(amendment: Amendment, at: Placed, form: RuleForm) -> Checked:
    return checked(amendment.text, at, flow.plain(form.block.data or "")[: flow.LONGEST])


def _meaning(result: Checked) -> tuple[Difference, ...] | None:
    """None while the text cannot be read."""
    current = flow.version_in_force(store(), now=clock.now())
    return policy_letters.meaning(current.text, result.text) if result.text and result.policy else None


def _address(amendment: Amendment, at: Placed) -> str:
    return f"/console/policies/{amendment.id}/rules/{at.number}"


def _page(
    amendment: Amendment, at: Placed, form: RuleForm, code: HTTPStatus = HTTPStatus.OK, *, with_meaning: bool = False
) -> Response:
    result = _checked(amendment, at, form)
    page = render_template(
        "console/policies/rule.html",
        at="policies",
        amendment=amendment,
        rule=at,
        address=_address(amendment, at),
        form=form,
        result=result,
        meaning=_meaning(result) if with_meaning else None,
        is_asked=with_meaning,
    )
    return make_response(page, code)
