"""The settings: who announces, by whose laws, for how much money, on what channels. Administrators change, leads read."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import Response, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import Form

from rules.figures import ChannelFigures, Medium
from rules.laws import laws
from webapp import clock
from webapp.flow import settings as flow
from webapp.flow.budget import month_begins_at, spent
from webapp.flow.components import components
from webapp.flow.organisation import ChannelSetup, channel_setups, organisation
from webapp.flow.people import Act
from webapp.flow.policies import policy_in_force
from webapp.flow.refusals import NotFound, NotNow, NotValid
from webapp.web.console import settings_forms as forms
from webapp.web.console.console import console
from webapp.web.session import person, store

MAY_NOT_READ = "The settings are for leads and administrators"


@console.get("/settings")
def settings() -> Response:
    """All of them."""
    return _page()


@console.post("/settings/organisation")
def change_organisation() -> ResponseReturnValue:
    """Say anew who announces."""
    stored = flow.organisation_settings(store())
    form = forms.organisation_form(stored, request.form)
    try:
        wanted = forms.typed_organisation(form)
        changed = flow.change_organisation(store(), wanted, seen=forms.seen(form, stored), by=person(), now=clock.now())
    except (NotValid, NotNow) as refusal:
        return _refused(form, refusal, organisation=form)
    return _kept("The organisation", changed=changed, anchor="organisation")


@console.post("/settings/channels")
def create_channel() -> ResponseReturnValue:
    """Begin to use another channel."""
    channel = request.form.get("channel", "")[:24]
    added = flow.add_channel(store(), channel, by=person(), now=clock.now())
    flash("From now on it is used. Say what is known of it." if added else "It is used already; nothing has changed.")
    return redirect(f"/console/settings#{channel}", HTTPStatus.SEE_OTHER)


@console.post("/settings/channels/<channel>")
def change_channel(channel: str) -> ResponseReturnValue:
    """Say anew how one channel is."""
    setup = store().get(ChannelSetup, channel)
    if setup is None:
        raise NotFound("There is no such channel")
    stored = flow.channel_settings(setup)
    form = forms.channel_form(channel, _medium(channel), stored, _parts(), request.form)
    try:
        wanted = forms.typed_channel(form, stored)
        changed = flow.change_channel(
            store(), channel, wanted, seen=forms.seen(form, stored), by=person(), now=clock.now()
        )
    except (NotValid, NotNow) as refusal:
        return _refused(form, refusal, **{channel: form})
    return _kept("The channel", changed=changed, anchor=channel)


def _kept(what: str, *, changed: bool, anchor: str) -> ResponseReturnValue:
    flash(
        f"{what} is as you said; it counts from now on." if changed else "Nothing was different; nothing has changed."
    )
    return redirect(f"/console/settings#{anchor}", HTTPStatus.SEE_OTHER)


def _refused(form: Form, refusal: NotValid | NotNow, **forms_sent: Form) -> Response:
    """Everything that was typed stays."""
    field = refusal.field if isinstance(refusal, NotValid) else ""
    if field in form:
        form[field].errors = [str(refusal)]
        return _page(HTTPStatus.UNPROCESSABLE_ENTITY, wrong=form, sent=forms_sent)
    store().rollback()
    return _page(HTTPStatus.CONFLICT, problem=str(refusal))


def _page(
    code: HTTPStatus = HTTPStatus.OK,
    *,
    wrong: Form | None = None,
    problem: str = "",
    sent: Mapping[str, Form] | None = None,
) -> Response:
    sent = sent or {}
    person().require(Act.approve, MAY_NOT_READ)
    now, ours, setups, parts = clock.now(), organisation(store()), channel_setups(store()), _parts()
    shown = {
        setup.channel: sent.get(setup.channel)
        or forms.channel_form(setup.channel, _medium(setup.channel), flow.channel_settings(setup), parts)
        for setup in setups
    }
    page = render_template(
        "console/settings.html",
        at="settings",
        ours=ours,
        organisation=sent.get("organisation") or forms.organisation_form(flow.organisation_settings(store())),
        channels=shown,
        figures={setup.channel: _figures(setup.channel) for setup in setups},
        addable=flow.addable(store(), now=now),
        lost=flow.unknown_parts(setups, set(parts)),
        spent=spent(store(), _prices(setups), now=now, zone=ours.time_zone),
        month_at=month_begins_at(now, ours.time_zone),
        laws=laws(),
        may_change=person().may(Act.administer),
        wrong=wrong,
        problem=problem,
    )
    return make_response(page, code)


def _figures(channel: str) -> ChannelFigures | None:
    return policy_in_force(store(), now=clock.now()).figures.channels.get(channel.replace("_", " "))


def _medium(channel: str) -> Medium:
    figures = _figures(channel)
    return figures.medium if figures else Medium.page


def _prices(setups: list[ChannelSetup]) -> dict[str, float]:
    prices = {}
    for setup in setups:
        figures = _figures(setup.channel)
        prices[setup.channel] = setup.price_per_segment if setup.price_per_segment is not None else figures.price if figures else 0.0  # fmt: skip
    return prices


def _parts() -> dict[str, str]:
    return {each.code: each.name for each in components(store())}
