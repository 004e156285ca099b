"""Every number that recommendations are counted with: its unit, where it comes from, and whether anybody has measured it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import exp

from flask import render_template

from rules.figures import ChannelFigures, Figures
from rules.group import Group
from rules.laws import Law, laws
from rules.lognormal import Delay
from rules.mistakes import Findings
from rules.policy import Policy
from rules.quantities import duration_in_words
from rules.reading import default_policy_text
from rules.source import read_source
from rules.terms import Kind, Severity
from webapp import clock
from webapp.flow.organisation import ChannelSetup, channel_setups, organisation
from webapp.flow.policies import policy_in_force
from webapp.web.console.console import console
from webapp.web.session import store

ASSUMED, PUBLISHED, MEASURED, GIVEN, LAW, DECIDED = "assumed", "published", "measured", "given", "law", "decided"
QUARTILE = 0.6745  # standard deviations from the median to either end of the middle half


@dataclass(frozen=True, slots=True)
class Number:
    """One number, as a page shows it."""

    what: str
    value: str  # with its unit
    basis: str
    source: str
    measured: int | None = None  # receipts, if it was


@dataclass(frozen=True, slots=True)
class Part:
    """The numbers of one thing."""

    key: str
    title: str
    rows: tuple[Number, ...]
    channel: str = ""  # its key; "" = of all


@console.get("/policies/figures")
def figures() -> str:
    """All of them, of the rules in force and of the settings."""
    policy = policy_in_force(store(), now=clock.now())
    setups = {setup.channel: setup for setup in channel_setups(store())}
    parts = [*of_channels(policy.figures, setups), *in_general(policy), of_laws(organisation(store()).threshold_source)]
    return render_template(
        "console/policies/figures.html", at="policies", policy=policy, parts=parts, count=tally(parts)
    )


def tally(parts: list[Part]) -> dict[str, int]:
    """How many numbers rest on what."""
    every = [number.basis for part in parts for number in part.rows]
    return {basis: every.count(basis) for basis in (MEASURED, GIVEN, LAW, PUBLISHED, ASSUMED, DECIDED)}


def of_channels(known: Figures, setups: Mapping[str, ChannelSetup]) -> Iterator[Part]:
    """Each channel with its reach, then what the organisation has said of it."""
    for one in known.channels.values():
        rows = [*_reach(one), *_cost(one, known.currency, setups.get(one.key))]
        yield Part(one.key, one.label, tuple(rows), channel=one.key)


def in_general(policy: Policy) -> Iterator[Part]:
    """What is the same for all channels."""
    known, said = policy.figures, Sources(policy.text)
    night = f"{known.night.begins:%H:%M} to {known.night.ends:%H:%M}"
    yield Part("night", "Night", (
        _number("People sleep", night, said.of("general", "night")),
        _number("Attention at night, of that by day", percent(known.night.rate), said.of("general", "night")),
    ))  # fmt: skip
    yield Part("together", "Channels together", (
        _number("Overlap: who ignores one channel ignores the others", percent(known.kappa), said.of("general", "overlap")),
        _number("Worth adding: an optional channel informs at least", f"{percent(known.worth_adding)} of the affected", said.of("general", "worth adding"), own=True),
        _number("Annoyance: one needless or late message costs", f"{known.annoyance_price:.2f} {known.currency}", said.of("general", "annoyance")),
    ))  # fmt: skip
    coverage = said.of("coverage")
    yield Part("coverage", "What a plan shall reach", tuple(
        _number(severity.value.capitalize(), f"{percent(known.coverage[severity].share)} within {duration_in_words(known.coverage[severity].within_min)}", coverage)
        for severity in Severity
    ))  # fmt: skip
    usual = said.of("usual duration")
    yield Part("duration", "How long it lasts, while no end is known", tuple(
        _number(kind.replace("_", " ").capitalize(), duration_in_words(known.usual_min[kind]), usual) for kind in Kind
    ))  # fmt: skip


def of_laws(own_source: str) -> Part:
    """The numbers from which compliance signs."""
    rows = [row for law in laws().laws if law.of for row in _law(law)]
    if own_source:
        ours = organisation(store())
        if ours.threshold_people:
            rows.append(Number("Our own: people affected", f"{ours.threshold_people:,}", GIVEN, own_source))
        if ours.threshold_min:
            rows.append(Number("Our own: duration", duration_in_words(ours.threshold_min), GIVEN, own_source))
    near = Number("A number counts as met from", percent(laws().near), DECIDED, "Somebody who knows the law looks before it is met")  # fmt: skip
    return Part("laws", "Thresholds of laws", (*rows, near))


class Sources:
    """Where the general numbers of a policy come from: as its text says, else as the text says that it stands on."""

    def __init__(self, text: str) -> None:
        self.roots = [Group(read_source(each, findings := Findings()), findings, what="the policy") for each in (text, default_policy_text())]  # fmt: skip

    def of(self, *path: str) -> str:
        """The source below these names; "" = none is given."""
        for group in self.roots:
            for name in path:
                group = group.group(name)  # noqa: PLW2901  one step down
            if source := group.text("source", ""):
                return source
        return ""


def _reach(one: ChannelFigures) -> Iterator[Number]:
    yield _of(one, "delivered", "Delivered", percent(one.delivered))
    yield _of(one, "seen", "Seen by those it is delivered to", percent(one.seen))
    if one.measured is None:
        yield Number(
            "The share seen is worth so many observations", f"{one.counts_as:g}", ASSUMED, one.sources.get("seen", "")
        )
    yield from _delay(one, "seen delay", "seen it", one.seen_delay)
    if one.transport:
        yield _of(one, "transport", "Arrive quickly", percent(one.transport.quick_share))
        yield from _delay(one, "transport", "it, of those that arrive quickly", one.transport.quick)
        slow = _delay(one, "transport", "it, of the others", one.transport.slow)
        # The slow part is often a guess beside a quick part that somebody has measured.
        is_guess = "assumed" in one.sources.get("transport", "assumed") and one.measured is None
        yield from (replace(number, basis=ASSUMED) if is_guess else number for number in slow)
    if one.visits:
        yield _of(one, "visits", "Of the affected notice it", percent(one.visits.noticing_share))
        yield _of(one, "visits", "Of those come to the page by themselves", percent(one.visits.visit_share))
        yield from _delay(one, "visits", "come", one.visits.delay)
    if one.reach_time_min:
        yield _of(one, "reach time", "What rules call its reach time", duration_in_words(one.reach_time_min))


def _delay(one: ChannelFigures, source: str, what: str, delay: Delay) -> Iterator[Number]:
    low, high = (delay.median_min * exp(side * QUARTILE * delay.spread) for side in (-1, 1))
    yield _of(one, source, f"Half have {what} after", duration_in_words(delay.median_min))
    yield _of(one, source, "The middle half of them", f"{_roughly(low)} to {_roughly(high)}")


def _cost(one: ChannelFigures, currency: str, setup: ChannelSetup | None) -> Iterator[Number]:
    own = setup.source if setup else ""
    if setup and setup.price_per_segment is not None:
        yield Number("One segment costs", f"{setup.price_per_segment:g} {organisation(store()).currency}", GIVEN, own)
    elif one.price:
        yield _of(one, "price", "One segment costs", f"{one.price:.2f} {currency}")
    if setup and setup.segments_per_second is not None:
        yield Number("Leave in a second", f"{setup.segments_per_second:g}", GIVEN, own)
    elif one.per_second:
        yield _of(one, "speed", "Leave in a second", f"{one.per_second:g}")
    if setup and setup.followers:
        yield Number("Followers", f"{setup.followers:,}", GIVEN, own)
    if setup and setup.reach is not None:
        yield Number("Of the followers see one post", percent(setup.reach), GIVEN, own)
    yield Number("Taken down at the end", "yes" if one.retired_at_end else "no", DECIDED, "")


def _law(law: Law) -> Iterator[Number]:
    yield Number(f"{law.name}: customers affected", f"{law.people:,.0f}, or {percent(law.share)}", *_legal(law, law.assumed and not _has_numbers(law)))  # fmt: skip
    yield Number(f"{law.name}: duration", duration_in_words(law.duration_min), *_legal(law, law.assumed and not _has_numbers(law)))  # fmt: skip
    yield Number(f"{law.name}: people who lose money", f"{law.losing_money:,.0f}", ASSUMED, f"{law.source}. {law.assumed}")  # fmt: skip


def _has_numbers(law: Law) -> bool:
    return "%" in law.source


def _legal(law: Law, is_assumed: object) -> tuple[str, str]:
    return (ASSUMED, f"{law.source}. {law.assumed}") if is_assumed else (LAW, law.source)


def _of(one: ChannelFigures, figure: str, what: str, value: str) -> Number:
    source = one.sources.get(figure, "")
    return Number(what, value, MEASURED, source, one.measured) if one.measured else _number(what, value, source)


def _number(what: str, value: str, source: str, *, own: bool = False) -> Number:
    if own:
        return Number(what, value, DECIDED, source)
    return Number(what, value, ASSUMED if not source or source.casefold().startswith("assumed") else PUBLISHED, source)


def percent(share: float) -> str:
    """Exact, for this is where people look a number up."""
    return f"{share * 100:.4g} %"


def _roughly(minutes: float) -> str:
    """Whole seconds below a minute, whole minutes above."""
    return duration_in_words(round(minutes * 60) / 60 if minutes < 1 else round(minutes))
