"""Laws on incidents: their numbers from `laws.yaml`, and which of them an incident comes near."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from rules.facts import Case, Organisation
from rules.group import Group
from rules.mistakes import Findings
from rules.quantities import Unit
from rules.source import Items, Node, Text, read_source
from rules.terms import Kind, Sector


@dataclass(frozen=True, slots=True)
class Law:
    """One law in numbers; 0 = it names none of this sort."""

    name: str
    binds: frozenset[Sector]
    since: date
    kinds: frozenset[Kind]
    of: int  # how many of people, duration and loss must be met; 0 = the kind alone is enough
    people: float
    share: float  # of the customers; the same threshold as people
    duration_min: float
    losing_money: float  # people who do
    source: str
    assumed: str  # what of it nobody has said

    def as_set_by(self, ours: Organisation) -> tuple[float, float, float]:
        """(people, minutes, people who lose money), with the organisation's own numbers where it has any."""
        by_share = min(self.people, self.share * ours.customers) if self.share else self.people
        return ours.threshold_people or by_share, ours.threshold_min or self.duration_min, self.losing_money


@dataclass(frozen=True, slots=True)
class Laws:
    """All of them."""

    near: float  # from this share of a threshold on, it counts as met
    laws: tuple[Law, ...]


@cache
def laws() -> Laws:
    """The laws that this version knows. Raises PolicyMistakes if the file that ships is wrong."""
    findings = Findings()
    root = Group(
        read_source(files("rules").joinpath("laws.yaml").read_text(encoding="utf-8"), findings),
        findings,
        what="the file",
    )
    near, group = root.quantity("near", 1.0, Unit.share), root.group("laws")
    names = [key.value for key, _ in group.fields.fields] if group.fields else []
    known = Laws(near, tuple(_law(name, group.group(name)) for name in names))
    root.refuse_unknown()
    findings.refuse_if_any()
    return known


def reportable_under(case: Case, *, duration_min: float) -> tuple[str, ...]:
    """The laws that bind the organisation now and whose thresholds the incident meets or comes near."""
    known = laws()
    return tuple(
        law.name
        for law in known.laws
        if case.organisation.sector in law.binds
        and law.since <= case.now.date()
        and case.incident.kind in law.kinds
        and _met(law, case, duration_min, known.near) >= law.of
    )


def _met(law: Law, case: Case, duration_min: float, near: float) -> int:
    people, minutes, losing_money = law.as_set_by(case.organisation)
    affected = float(case.audience.affected)
    losing = affected if case.incident.money_lost else 0.0
    # A hair below the threshold is the threshold: 0.8 x 2 h is no whole number of binary minutes.
    pairs = ((affected, people), (duration_min, minutes), (losing, losing_money))
    return sum(1 for value, threshold in pairs if threshold and value >= near * threshold - 1e-9)


def _law(name: str, group: Group) -> Law:
    law = Law(
        name=name,
        binds=frozenset(Sector(word) for word in _words(group.node("binds"))),
        since=date.fromisoformat(group.text("since", "")),
        kinds=frozenset(Kind(word.replace(" ", "_")) for word in _words(group.node("kinds"))),
        of=int(group.number("of", 1)),
        people=group.number("people", 0.0),
        share=group.quantity("share", 0.0, Unit.share),
        duration_min=group.quantity("duration", 0.0, Unit.duration),
        losing_money=group.number("people losing money", 0.0),
        source=group.text("source", ""),
        assumed=group.text("assumed", ""),
    )
    group.refuse_unknown()
    return law


def _words(node: Node | None) -> list[str]:
    return [item.value for item in node.items if isinstance(item, Text)] if isinstance(node, Items) else []
