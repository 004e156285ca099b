"""Reads the figures of a policy: general ones, one table a channel, coverage asked for, usual durations."""

from collections.abc import Mapping
from dataclasses import replace

from rules.attention import Night
from rules.figures import ChannelFigures, Coverage, Figures, Medium, Transport, Visits
from rules.group import Group
from rules.lognormal import Delay
from rules.mistakes import Findings
from rules.quantities import Unit, as_time
from rules.source import Fields
from rules.terms import Kind, Severity

# What a first policy starts from; every later one starts from the default policy.
_EMPTY = Figures(
    currency="SEK",
    channels={},
    kappa=0.0,
    night=Night(begins=as_time(0), ends=as_time(0), rate=1.0),
    usual_min={},
    coverage={},
    annoyance_price=0.0,
    worth_adding=0.0,
)
_NEW_CHANNEL = ChannelFigures("", "", Medium.followers, delivered=1.0, seen=1.0, seen_delay=Delay(60.0, 1.5))
_NEW_TRANSPORT = Transport(1.0, Delay(1.0, 1.0), Delay(60.0, 1.0))
_NEW_VISITS = Visits(0.0, 0.0, Delay(25.0, 1.4))


def read_figures(root: Group, findings: Findings, base: Figures | None) -> Figures:
    """The figures of a policy text; what it leaves out is as in `base`."""
    base = base or _EMPTY
    root.currency = root.group("general").text("currency", base.currency)
    general = root.group("general")
    figures = replace(
        base,
        currency=general.text("currency", base.currency),
        night=_night(general.group("night"), base.night),
        kappa=_sourced(general.group("overlap"), "share", base.kappa, Unit.share),
        worth_adding=_sourced(general.group("worth adding"), "share", base.worth_adding, Unit.share),
        annoyance_price=_sourced(general.group("annoyance"), "price", base.annoyance_price, Unit.money),
        usual_min=_usual(root.group("usual duration"), base.usual_min),
        coverage=_coverage(root.group("coverage"), base.coverage),
        channels=_channels(root.group("channels"), findings, base.channels),
    )
    general.refuse_unknown()
    return figures


def _night(group: Group, base: Night) -> Night:
    night = Night(
        begins=as_time(group.quantity("from", base.begins.hour * 60.0 + base.begins.minute, Unit.clock)),
        ends=as_time(group.quantity("to", base.ends.hour * 60.0 + base.ends.minute, Unit.clock)),
        rate=group.quantity("attention", base.rate, Unit.share),
    )
    _close(group)
    return night


def _sourced(group: Group, name: str, base: float, unit: Unit) -> float:
    value = group.quantity(name, base, unit)
    _close(group)
    return value


def _usual(group: Group, base: Mapping[Kind, float]) -> Mapping[Kind, float]:
    usual = {
        kind: group.quantity(kind.replace("_", " "), base.get(kind, 120.0), Unit.duration, above=0.0) for kind in Kind
    }
    _close(group)
    return usual


def _coverage(group: Group, base: Mapping[Severity, Coverage]) -> Mapping[Severity, Coverage]:
    coverage = {severity: _asked(group.group(severity.value), base.get(severity)) for severity in Severity}
    _close(group)
    return coverage


def _asked(group: Group, base: Coverage | None) -> Coverage:
    base = base or Coverage(share=0.5, within_min=60.0)
    coverage = Coverage(
        share=group.quantity("share", base.share, Unit.share),
        within_min=group.quantity("within", base.within_min, Unit.duration, above=0.0),
    )
    group.refuse_unknown()
    return coverage


def _channels(group: Group, findings: Findings, base: Mapping[str, ChannelFigures]) -> Mapping[str, ChannelFigures]:
    """The channels of the base first, then new ones in the order of the text."""
    own = [key.value for key, _ in group.fields.fields] if group.fields else []
    names = list(base) + [name for name in own if name not in base]
    if len(names) > MOST_CHANNELS:
        findings.add(group.at, f"A policy can have at most {MOST_CHANNELS} channels; here are {len(names)}.")
    return {name: _channel(name, group.group(name), base.get(name)) for name in names[:MOST_CHANNELS]}


MOST_CHANNELS = 8  # every set of them is compared


def _channel(name: str, group: Group, base: ChannelFigures | None) -> ChannelFigures:
    base = base or replace(_NEW_CHANNEL, name=name, label=name.capitalize())
    sources = dict(base.sources)
    channel = replace(
        base,
        label=group.text("written", base.label),
        medium=Medium(group.choice("medium", base.medium, of=Medium)),
        delivered=_figure(group, "delivered", "share", base.delivered, Unit.share, sources),
        counts_as=_counts_as(group, base.counts_as),
        seen=_figure(group, "seen", "share", base.seen, Unit.share, sources),
        seen_delay=_delay(_kept(group, "seen delay", sources), "", base.seen_delay),
        transport=_transport(_kept(group, "transport", sources), base.transport),
        visits=_visits(_kept(group, "visits", sources), base.visits),
        price=_figure(group, "price", "each", base.price, Unit.money, sources),
        per_second=_speed(_kept(group, "speed", sources), base.per_second),
        retired_at_end=group.yes_no("retired at the end", base=base.retired_at_end),
        reach_time_min=group.quantity("reach time", base.reach_time_min or 0.0, Unit.duration) or None,
        measured=int(group.number("measured", base.measured or 0)) or None,
        sources=sources,
    )
    group.refuse_unknown()
    return channel


def _figure(group: Group, name: str, part: str, base: float, unit: Unit, sources: dict[str, str]) -> float:
    """Written as `name: 95 %`, or with its source as `name: {share: 95 %, source: …}`."""
    if not isinstance(group.node(name), Fields):
        return group.quantity(name, base, unit)
    inner = _kept(group, name, sources)
    value = inner.quantity(part, base, unit)
    if name == "seen":
        inner.node("counts as")
    _close(inner)
    return value


def _counts_as(group: Group, base: float) -> float:
    seen = group.node("seen")
    return group.group("seen").number("counts as", base, above=0.0) if isinstance(seen, Fields) else base


def _kept(group: Group, name: str, sources: dict[str, str]) -> Group:
    inner = group.group(name)
    if source := inner.text("source", ""):
        sources[name] = source
    return inner


def _delay(group: Group, prefix: str, base: Delay) -> Delay:
    delay = Delay(
        median_min=group.quantity(f"{prefix}median", base.median_min, Unit.duration, above=0.0),
        spread=group.number(f"{prefix}spread", base.spread, above=0.0),
    )
    if not prefix:
        _close(group)
    return delay


def _transport(group: Group, base: Transport | None) -> Transport | None:
    if not group.fields:
        return base
    base = base or _NEW_TRANSPORT
    transport = Transport(
        quick_share=group.quantity("quick share", base.quick_share, Unit.share),
        quick=_delay(group, "quick ", base.quick),
        slow=_delay(group, "slow ", base.slow),
    )
    _close(group)
    return transport


def _visits(group: Group, base: Visits | None) -> Visits | None:
    if not group.fields:
        return base
    base = base or _NEW_VISITS
    noticing = group.quantity("noticing", base.noticing_share, Unit.share)
    visiting = group.quantity("visiting", base.visit_share, Unit.share)
    return Visits(noticing, visiting, _delay(group, "", base.delay))


def _speed(group: Group, base: float | None) -> float | None:
    if not group.fields:
        return base
    speed = group.number("per second", base or 10.0, above=0.0)
    _close(group)
    return speed


def _close(group: Group) -> None:
    """Every group of figures may say where it comes from."""
    group.text("source", "")
    group.refuse_unknown()
