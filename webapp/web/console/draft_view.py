"""What the page of a draft shows beside its form: verdicts, previews, costs, what is still amiss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rules.terms import Listeners
from webapp.flow import approvals, drafting, headcount, notices, overrides
from webapp.flow.approvals import Return
from webapp.flow.assessments import BROADCAST
from webapp.flow.headcount import Headcount
from webapp.flow.notices import Ending, Notice
from webapp.flow.organisation import ChannelSetup
from webapp.flow.people import Person
from webapp.web.console import message_looks
from webapp.web.console.draft_form import DraftForm
from webapp.web.console.message_looks import NOW, Look
from webapp.web.console.notice_lookup import Head, head_of, name_of
from webapp.web.session import store

NOTHING: Mapping[str, Any] = {"channels": {}, "plan": {"recommended": {"channels": []}}}  # nobody has advised


@dataclass(frozen=True, slots=True)
class Choice:
    """One channel that could be chosen."""

    channel: str
    verdict: str  # "" = the rules say nothing of it
    sentence: str
    is_chosen: bool
    may_be_chosen: bool  # by whoever looks
    needs_reason: bool
    needs_reason_without: bool  # it is recommended and left out
    listens: str  # asked, all; "" = a page that everybody sees
    asked: int
    on_file: int  # all whom we may write to, those who asked among them


@dataclass(frozen=True, slots=True)
class Card:
    """The messages of one channel."""

    channel: str
    looks: list[Look]
    recipients: int  # at most
    cost: float  # at most


@dataclass(frozen=True, slots=True)
class EndCard:
    """One prepared all-clear."""

    ending: Ending
    looks: list[Look]


@dataclass(frozen=True, slots=True)
class DraftView:
    """The page."""

    head: Head
    form: DraftForm
    choices: list[Choice]
    cards: list[Card]
    ends: list[EndCard]
    returns: list[Return]
    returned_by: str
    replaced: str  # the headline of what it updates; "" = it is the first
    forgotten: list[str]  # channels by which people were told that, and would not be told this
    is_outdated: bool  # the incident's times have been moved since

    @property
    def silent(self) -> set[str]:
        """Languages that do not say what people can do although another does."""
        says = {language: bool(self.form[f"instruction-{language}"].data) for language in self.form.languages}
        return {language for language, is_said in says.items() if not is_said} if any(says.values()) else set()

    @property
    def cost(self) -> float:
        """At most."""
        return sum(card.cost for card in self.cards)

    @property
    def recipients(self) -> int:
        """At most."""
        return sum(card.recipients for card in self.cards)


def draft_view(form: DraftForm, person: Person, *, now: datetime) -> DraftView:
    """The page of a draft, with its form as it was stored or typed."""
    notice, head = form.notice, head_of(form.notice)
    result, case = _assessed(form)
    choices = [_choice(setup, form, result, case, person) for setup in form.setups]
    looks = [message_looks.look(slot, *form.message(slot), now=now) for slot in form.slots]
    returns = approvals.returns_of(store(), notice)
    before = store().get(Notice, notice.follows_id) if notice.follows_id else None
    exact = headcount.count(store(), notice, now=now) if before else None
    incident = head.incident
    return DraftView(
        head=head,
        form=form,
        choices=choices,
        cards=[
            _card(choice, message_looks.of(looks, NOW), exact) for choice in choices if _has_messages(choice, looks)
        ],
        ends=[EndCard(ending, message_looks.of(looks, ending)) for ending in Ending if message_looks.of(looks, ending)],
        returns=returns,
        returned_by=name_of(returns[0].returned_by_id) if returns else "",
        replaced=head_of(before).headline if before else "",
        forgotten=_forgotten(before, choices) if before else [],
        is_outdated=(notice.expires_at, notice.next_update_at) != (incident.expected_end_at, incident.next_update_at),
    )


def advised(notice: Notice) -> Mapping[str, Any]:
    """What the rules said of each channel."""
    assessment = drafting.assessment_of(store(), notice)
    return assessment.result["channels"] if assessment else {}


def _assessed(form: DraftForm) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    assessment = drafting.assessment_of(store(), form.notice)
    if assessment is None:
        return NOTHING, []
    return assessment.result, assessment.facts["audience"]["groups"]


def _choice(
    setup: ChannelSetup,
    form: DraftForm,
    result: Mapping[str, Any],
    groups: Sequence[Mapping[str, Any]],
    person: Person,
) -> Choice:
    channel, advice = setup.channel, result["channels"].get(setup.channel, {})
    asked = sum(group["people"] for group in groups if channel in group["asked"])
    on_file = sum(group["people"] for group in groups if channel in group["on_file"])
    because, without, is_chosen = f"because-{channel}", f"without-{channel}", channel in (form["channels"].data or [])
    is_missed = overrides.must_be_explained(result, channel) or bool(form[without].errors)
    may_be_chosen = overrides.may_choose(advice, by=person, is_life_safety=form.notice.is_life_safety)
    return Choice(
        channel=channel,
        verdict=advice.get("verdict", ""),
        sentence=advice.get("sentence", ""),
        is_chosen=is_chosen,
        may_be_chosen=may_be_chosen,
        needs_reason=is_chosen and may_be_chosen and (overrides.is_against(advice) or bool(form[because].errors)),
        needs_reason_without=not is_chosen and is_missed,
        listens="" if channel in BROADCAST else form[f"listeners-{channel}"].data or Listeners.all.value,
        asked=asked,
        on_file=asked + on_file,
    )


def _has_messages(choice: Choice, looks: Sequence[Look]) -> bool:
    return choice.is_chosen and any(look.channel == choice.channel for look in looks)


def _forgotten(before: Notice, choices: Sequence[Choice]) -> list[str]:
    chosen = {choice.channel for choice in choices if choice.is_chosen}
    return [pick.channel for pick in notices.channels_of(store(), before) if pick.channel not in chosen]


def _card(choice: Choice, looks: Sequence[Look], exact: Headcount | None) -> Card:
    """An update also goes to all who were told what it updates, so they are counted one by one."""
    own = [look for look in looks if look.channel == choice.channel]
    recipients = {"asked": choice.asked, "all": choice.on_file}.get(choice.listens, 0)
    if exact is not None and choice.listens:
        recipients = exact.on(choice.channel)
    return Card(choice.channel, own, recipients, recipients * max(look.cost for look in own))
