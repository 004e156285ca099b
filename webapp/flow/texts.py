"""Texts that are already written when the operator comes to them: from the facts, per language and channel."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rules.terms import Kind, Mode
from rules.wording import plain
from webapp import moments


@dataclass(frozen=True, slots=True)
class Said:
    """What a notice says in one language."""

    headline: str
    description: str
    instruction: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a text is written from."""

    organisation: str
    time_zone: str
    kind: Kind
    mode: Mode
    headline: str  # as the operator said it; "" = from the facts
    components: tuple[str, ...]
    where: str
    started_at: datetime
    expires_at: datetime | None
    next_update_at: datetime | None
    instruction: str
    status_url: str
    code: str
    places: Mapping[str, str] = field(default_factory=dict)  # `where` in other languages


WHAT = {
    "en": {
        Kind.outage: "{thing} not working{place}", Kind.degradation: "{thing} slower than usual{place}",
        Kind.fraud: "Fraud attempts in our name{place}", Kind.data_breach: "Personal data has been exposed{place}",
        Kind.safety: "Danger{place}", Kind.maintenance: "Planned maintenance: {thing}{place}", Kind.closure: "{thing} closed{place}",
    },
    "sv": {
        Kind.outage: "{thing} fungerar inte{place}", Kind.degradation: "{thing} är långsammare än vanligt{place}",
        Kind.fraud: "Bedrägeriförsök i vårt namn{place}", Kind.data_breach: "Personuppgifter har kommit ut{place}",
        Kind.safety: "Fara{place}", Kind.maintenance: "Planerat underhåll: {thing}{place}", Kind.closure: "{thing} stängt{place}",
    },
}  # fmt: skip
SENTENCES = {
    "en": {
        "thing": "Our services", "and": " and ", "in": " in ",
        "since": "Since {start}.", "from": "From {start} to {end}.", "until": "We expect it to last until {end}.",
        "next": "Next update {next}.", "more": "More: {url}", "act": "What you can do: {instruction}", "none": "You need not do anything.",
        "by_time": "This should be over since {ended}: {headline}. If it is not for you: {url}",
        "by_person": "Over since {ended}: {headline}. You need not do anything.",
        "over": "Over: {headline}", "exercise": "EXERCISE ", "resolved": "RESOLVED {ended}: {headline}", "old": "NO LONGER CURRENT since {ended}: {headline}",
        "from_us": "From {organisation}. Reference {code}.", "notes": "This notice ends {end}.",
    },
    "sv": {
        "thing": "Våra tjänster", "and": " och ", "in": " i ",
        "since": "Sedan {start}.", "from": "Från {start} till {end}.", "until": "Vi räknar med att det varar till {end}.",
        "next": "Nästa besked {next}.", "more": "Mer: {url}", "act": "Det här kan du göra: {instruction}", "none": "Du behöver inte göra något.",
        "by_time": "Det här bör vara över sedan {ended}: {headline}. Om inte för dig: {url}",
        "by_person": "Över sedan {ended}: {headline}. Du behöver inte göra något.",
        "over": "Över: {headline}", "exercise": "ÖVNING ", "resolved": "LÖST {ended}: {headline}", "old": "GÄLLER INTE LÄNGRE sedan {ended}: {headline}",
        "from_us": "Från {organisation}. Referens {code}.", "notes": "Det här meddelandet gäller till {end}.",
    },
}  # fmt: skip
BLANK_LINES = re.compile(r"\n{3,}")
ENDED = "{ended}"  # the one gap that is filled when an all-clear goes out


def said(told: Told, language: str, *, default_language: str) -> Said:
    """The notice in one language. The operator's own words are only used in the language that they wrote."""
    words = SENTENCES.get(language, SENTENCES["en"])
    own = told.headline if language == default_language else ""
    timing = "from" if told.kind is Kind.maintenance and told.expires_at else "since"
    parts = [
        words[timing].format(start=_say(told.started_at, told, language), end=_say(told.expires_at, told, language))
    ]
    if told.expires_at and timing == "since":
        parts.append(words["until"].format(end=_say(told.expires_at, told, language)))
    if told.next_update_at:
        parts.append(words["next"].format(next=_say(told.next_update_at, told, language)))
    # What the operator wrote is not translated. To say "you need not do anything" instead would be wrong.
    instruction = "" if told.instruction else words["none"]
    if language == default_language:
        instruction = told.instruction or instruction
    return Said(headline=own or what(told, language), description=" ".join(parts), instruction=instruction)


def said_all_clear(told: Told, original: Said, language: str, *, by_person: bool) -> Said:
    """The end of a notice, with a gap for the moment when it ended."""
    words = SENTENCES.get(language, SENTENCES["en"])
    sentence = words["by_person" if by_person else "by_time"]
    description = sentence.replace("{headline}", original.headline).replace("{url}", told.status_url)
    return Said(headline=words["over"].format(headline=original.headline), description=description, instruction="")


def what(told: Told, language: str) -> str:
    """One line from the facts: "Cash machines not working in Sveg"."""
    words = SENTENCES.get(language, SENTENCES["en"])
    thing = words["and"].join(told.components) or words["thing"]
    place = f"{words['in']}{told.places.get(language, told.where)}" if told.where else ""
    return WHAT.get(language, WHAT["en"])[told.kind].format(thing=thing, place=place)


def subject(told: Told, text: Said, language: str) -> str:
    """A mail's subject."""
    return _stamped(told, language, text.headline)


def body(told: Told, text: Said, channel: str, language: str, *, is_end: bool = False) -> str:
    """The message of one channel. Fraud warnings never carry a link."""
    words = SENTENCES.get(language, SENTENCES["en"])
    link = "" if told.kind in {Kind.fraud, Kind.data_breach} else words["more"].format(url=told.status_url)
    if is_end:
        parts = {
            "sms": [f"{told.organisation}: {text.description}"],
            "email": [text.description, "", _signature(told, language)],
        }
        lines = parts.get(channel, [text.description])
    elif channel == "sms":
        lines = [
            plain(
                f"{told.organisation}: {text.headline}. {_short_time(told, language)} {_acting(text, words, short=True)} {link}"
            ).strip()
        ]
        lines = [" ".join(lines[0].split())]
    elif channel == "email":
        lines = [
            text.headline,
            "",
            text.description,
            "",
            _acting(text, words),
            "",
            link,
            "",
            _signature(told, language),
            _life(told, language),
        ]
    elif channel == "facebook":
        lines = [
            text.headline,
            text.description,
            _acting(text, words),
            link,
            words["from_us"].format(organisation=told.organisation, code=told.code),
        ]
    else:
        lines = [text.description, _acting(text, words)]
    return _stamped(told, language, BLANK_LINES.sub("\n\n", "\n".join(lines)).strip())


def resolved_post(told: Told, original: str, ended_at: datetime, language: str) -> str:
    """A post's text once the incident is over: said first, the old words kept below."""
    return _over("resolved", told, original, ended_at, language)


def old_post(told: Told, original: str, retired_at: datetime, language: str) -> str:
    """A post's text once the notice is over while the incident goes on."""
    return _over("old", told, original, retired_at, language)


def _over(word: str, told: Told, original: str, ended_at: datetime, language: str) -> str:
    words = SENTENCES.get(language, SENTENCES["en"])
    first = words[word].format(
        ended=_say(ended_at, told, language), headline=original.splitlines()[0] if original else ""
    )
    return f"{first}\n\n{original}"


def fill_ended(text: str, ended_at: datetime, time_zone: str, language: str, *, channel: str) -> str:
    """An all-clear with its gap filled, briefly where length is paid for."""
    saying = moments.short if channel == "sms" else moments.say
    return text.replace(ENDED, saying(ended_at, time_zone, language))


def _short_time(told: Told, language: str) -> str:
    words = SENTENCES.get(language, SENTENCES["en"])
    if told.kind is Kind.maintenance and told.expires_at:
        start, end = (moments.short(at, told.time_zone, language) for at in (told.started_at, told.expires_at))
        return words["from"].format(start=start, end=end)
    if told.expires_at:
        return words["until"].format(end=moments.short(told.expires_at, told.time_zone, language))
    return (
        words["next"].format(next=moments.short(told.next_update_at, told.time_zone, language))
        if told.next_update_at
        else ""
    )


def _acting(text: Said, words: dict[str, str], *, short: bool = False) -> str:
    if not text.instruction or text.instruction == words["none"]:
        return "" if short else text.instruction
    return text.instruction if short else words["act"].format(instruction=text.instruction)


def _signature(told: Told, language: str) -> str:
    return SENTENCES.get(language, SENTENCES["en"])["from_us"].format(organisation=told.organisation, code=told.code)


def _life(told: Told, language: str) -> str:
    words = SENTENCES.get(language, SENTENCES["en"])
    return words["notes"].format(end=_say(told.expires_at, told, language)) if told.expires_at else ""


def _stamped(told: Told, language: str, text: str) -> str:
    return text if told.mode is Mode.actual else SENTENCES.get(language, SENTENCES["en"])["exercise"] + text


def _say(at: datetime | None, told: Told, language: str) -> str:
    return moments.say(at, told.time_zone, language) if at else ""
