"""A policy as people read it: its rules as cards, its figures with their sources, its promises with their proofs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rules.blocks import headings
from rules.conditions import Condition
from rules.figures import ChannelFigures
from rules.phrases import listed, percent
from rules.policy import Alternative, Modifiers, Policy, Rule
from rules.quantities import duration_in_words
from rules.terms import Effect
from rules.vocabulary import vocabulary

COMPARES = ("at least", "at most", "more than", "less than", "from ", "includes", "does not")
EFFECTS = {
    Effect.block: ("bad", "✕", "Blocked"),
    Effect.require: ("good", "!", "Required"),
    Effect.avoid: ("warn", "–", "Avoid"),
    Effect.use: ("good", "✓", "Use"),
    Effect.allow: ("calm", "○", "Optional"),
}

PURPOSES = {
    "Blocked": "What never goes out",
    "Required": "What must go out",
    "Avoid": "What is better left",
    "Use": "What serves people",
    "Optional": "What may go out",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One effect, in word, sign and colour, on the channels that have it."""

    look: str
    sign: str
    word: str
    channels: tuple[str, ...]  # keys


@dataclass(frozen=True, slots=True)
class Card:
    """One rule in plain words."""

    key: str  # as other rules name it
    name: str
    channels: tuple[str, ...]  # keys
    said: tuple[Said, ...]
    asks: tuple[str, ...]  # beside a verdict
    when: tuple[str, ...]  # any of them; none = always
    unless: tuple[str, ...]
    shapes: tuple[str, ...]
    overrides: tuple[tuple[str, str], ...]  # key and name
    because: str
    source: str
    line: int
    purpose: str  # the heading above it in the text; where there is none, what it does

    @property
    def words(self) -> str:
        """Everything on it, to search in."""
        names = [name for _, name in self.overrides]
        parts = [
            self.key,
            self.name,
            *self.when,
            *self.unless,
            *self.asks,
            *self.shapes,
            *names,
            self.because,
            self.source,
            self.purpose,
        ]
        return " ".join(parts).casefold()


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its unit, and where it comes from."""

    channel: str
    what: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that belong together: for a purpose, or on the same channels."""

    purpose: str  # "" = grouped by channel
    channels: tuple[str, ...]  # keys; none = all of them, or grouped by purpose
    cards: tuple[Card, ...]


def groups(policy: Policy, *, wanted: str = "", channel: str = "", by_channel: bool = False) -> list[Group]:
    """The rules that are looked for, by purpose or by channels, in the order of the text: so purposes stay together."""
    found: dict[tuple[str, tuple[str, ...]], list[Card]] = {}
    all_of_them = {key(name) for name in policy.figures.channels}
    for card in every(policy):
        if _is_wanted(card, wanted) and (not channel or channel in card.channels):
            channels = card.channels if set(card.channels) != all_of_them else ()
            found.setdefault(("", channels) if by_channel else (card.purpose, ()), []).append(card)
    ordered = sorted(found, key=lambda group: group[1]) if by_channel else list(found)
    return [Group(purpose, channels, tuple(found[purpose, channels])) for purpose, channels in ordered]


def every(policy: Policy) -> list[Card]:
    """All rules, in the order of the text."""
    parted = headings(policy.text)
    return [_card(rule, policy, parted) for rule in policy.rules]


def within(by_line: Mapping[int, Card], line: int, last: int) -> Card | None:
    """The card of a rule that begins on one of these lines."""
    return next((by_line[at] for at in range(line, last + 1) if at in by_line), None)


def _is_wanted(card: Card, wanted: str) -> bool:
    return all(word in card.words for word in wanted.casefold().split())


def _purpose(rule: Rule, parted: Mapping[int, str]) -> str:
    above = [title for line, title in parted.items() if line < rule.at.line]
    if above:
        return above[-1]
    said = [one.word for one in _said(rule.effects)]
    return next((title for word, title in PURPOSES.items() if word in said), "What is asked beside a verdict")


def key(channel: str) -> str:
    """As addresses and style sheets name it."""
    return channel.replace(" ", "_")


def title(rule: str) -> str:
    """no-links-fraud is "No links fraud"."""
    return rule.replace("-", " ").capitalize()


def _card(rule: Rule, policy: Policy, parted: Mapping[int, str]) -> Card:
    compiled = next(one for one in policy.by_channel[rule.channels[0]] if one.name == rule.name)
    return Card(
        key=rule.name,
        name=title(rule.name),
        channels=tuple(key(channel) for channel in rule.channels),
        said=tuple(_said(rule.effects)),
        asks=tuple(_asks(rule.modifiers)),
        when=_alternatives(compiled.when),
        unless=_alternatives(compiled.unless),
        shapes=rule.modifiers.shapes,
        overrides=tuple((name, title(name)) for name in rule.overrides),
        because=rule.because,
        source=rule.source,
        line=rule.at.line,
        purpose=_purpose(rule, parted),
    )


def _said(effects: Mapping[str, Effect]) -> Iterator[Said]:
    for effect, look in EFFECTS.items():
        channels = tuple(key(channel) for channel, one in effects.items() if one is effect)
        if channels:
            yield Said(*look, channels)


def _asks(asked: Modifiers) -> Iterator[str]:
    if asked.approvals:
        yield f"signed by {listed(list(asked.approvals))}"
    if asked.not_before:
        yield f"not before {asked.not_before:%H:%M}"
    if asked.expires_min:
        yield f"taken down after {duration_in_words(asked.expires_min)}"
    yield from (f"first: {need}" for need in asked.needs)
    if asked.pinned:
        yield "pinned to the top of the page"


def _alternatives(alternatives: tuple[Alternative, ...]) -> tuple[str, ...]:
    said = (listed([_test(condition) for condition in one.conditions]) for one in alternatives)
    return tuple(words for words in said if words)


def _test(condition: Condition) -> str:
    compares = condition.text.startswith(COMPARES)
    return f"{condition.fact.name} {condition.text}" if compares else f"{condition.fact.name} is {condition.text}"


def figures(policy: Policy) -> Iterator[Figure]:
    """Of every channel, in the order of the policy."""
    for one in policy.figures.channels.values():
        for what, value, source in _figures(one, policy.figures.currency):
            yield Figure(one.key, what, value, one.sources.get(source, ""))


def _figures(one: ChannelFigures, currency: str) -> Iterator[tuple[str, str, str]]:
    """(what, value with unit, the figure whose source it is)"""
    yield "Delivered", percent(one.delivered), "delivered"
    yield "Seen by those it is delivered to", percent(one.seen), "seen"
    yield "Half of them have seen it after", duration_in_words(one.seen_delay.median_min), "seen delay"
    if one.transport:
        yield "Arrives quickly", percent(one.transport.quick_share), "transport"
    if one.visits:
        yield "Come to the page by themselves", percent(one.visits.visit_share), "visits"
    if one.price:
        yield "One segment costs", f"{one.price:.2f} {currency}", "price"
    if one.per_second:
        yield "Leaves at", f"{one.per_second:g} a second", "speed"


def glossary(policy: Policy) -> list[tuple[str, str]]:
    """What the facts mean that the rules look at."""
    used = {condition.fact.name for condition in policy.conditions}
    return [(name, fact.says) for name, fact in sorted(vocabulary().facts.items()) if name in used and fact.says]
