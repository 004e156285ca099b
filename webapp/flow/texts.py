"""Texts that are already written when the operator comes to them: from the facts, per language and channel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
    where: Mapping[str, str]  # by language: "within 15 km of Sveg"; "" = everywhere
    started_at: datetime
    expires_at: datetime | None
    next_update_at: datetime | None
    instruction: str
    status_url: str
    code: str


WHAT = {
    "en": {
        Kind.outage: "{thing} not working{place}", Kind.degradation: "{thing} slower than usual{place}",
        Kind.fraud: "Fraud attempts in our name{place}", Kind.data_breach: "Personal data has been exposed",
        Kind.safety: "Danger{place}", Kind.maintenance: "Planned maintenance: {thing}{place}", Kind.closure: "{thing} closed{place}",
    },
    "sv": {
        Kind.outage: "{thing} fungerar inte{place}", Kind.degradation: "{thing} långsammare än vanligt{place}",
        Kind.fraud: "Bedrägeriförsök i vårt namn{place}", Kind.data_breach: "Personuppgifter har kommit ut",
        Kind.safety: "Fara{place}", Kind.maintenance: "Planerat underhåll: {thing}{place}", Kind.closure: "Stängt: {thing}{place}",
    },
}  # fmt: skip
# What people can do where the operator wrote nothing. Of a data breach nobody can say that without knowing more.
DO = {
    "en": {
        Kind.fraud: "Never give anybody a code or password, not even us.",
        Kind.safety: "Do what the emergency services say.", Kind.data_breach: "",
    },
    "sv": {
        Kind.fraud: "Lämna aldrig ut koder eller lösenord, inte ens till oss.",
        Kind.safety: "Följ räddningstjänstens anvisningar.", Kind.data_breach: "",
    },
}  # fmt: skip
PLANNED = {Kind.maintenance, Kind.closure}  # they run from one moment to another, and may lie ahead
WARNINGS = {Kind.fraud, Kind.safety}  # what ends is the warning
NO_LINKS = {Kind.fraud, Kind.data_breach}  # a link is what those who cheat would send
SENTENCES = {
    "en": {
        "thing": "Our services", "and": " and ",
        "since": "Since {start}.", "from": "From {start} to {end}.", "begins": "From {start}.",
        "until": "We expect it to last until {end}.", "warning": "This warning applies until {end}.", "valid": "Valid until {end}.",
        "next": "Next update {next}.", "more": "More: {url}", "act": "What you can do: {instruction}", "none": "You need not do anything.",
        "by_time": "This should be over since {ended}: {headline}.", "ask": "If not: {url}",
        "by_person": "Over since {ended}: {headline}.",
        "over": "Over: {headline}", "exercise": "EXERCISE ", "resolved": "RESOLVED {ended}: {headline}", "old": "NO LONGER CURRENT since {ended}: {headline}",
        "from_us": "From {organisation}. Reference {code}.", "notes": "This notice applies until {end}.",
    },
    "sv": {
        "thing": "Våra tjänster", "and": " och ",
        "since": "Sedan {start}.", "from": "Från {start} till {end}.", "begins": "Från {start}.",
        "until": "Beräknas pågå till {end}.", "warning": "Varningen gäller till {end}.", "valid": "Gäller till {end}.",
        "next": "Nästa besked {next}.", "more": "Mer: {url}", "act": "Det här kan du göra: {instruction}", "none": "Du behöver inte göra något.",
        "by_time": "Bör vara över sedan {ended}: {headline}.", "ask": "Om inte: {url}",
        "by_person": "Över sedan {ended}: {headline}.",
        "over": "Över: {headline}", "exercise": "ÖVNING ", "resolved": "LÖST {ended}: {headline}", "old": "GÄLLER INTE LÄNGRE sedan {ended}: {headline}",
        "from_us": "Från {organisation}. Referens {code}.", "notes": "Det här meddelandet gäller till {end}.",
    },
}  # fmt: skip
ENDED = "{ended}"  # the one gap that is filled when an all-clear goes out


def said(told: Told, language: str, *, default_language: str) -> Said:
    """The notice in one language. The operator's own words are only used in the language that they wrote."""
    own = told.headline if language == default_language else ""
    return Said(
        headline=own or what(told, language),
        description=_timing(told, language, lambda at: moments.say(at, told.time_zone, language)),
        instruction=told.instruction if told.instruction and language == default_language else _advice(told, language),
    )


def said_all_clear(told: Told, original: Said, language: str, *, by_person: bool) -> Said:
    """The end of a notice, with a gap for the moment when it ended."""
    words = SENTENCES.get(language, SENTENCES["en"])
    headline = _unpunctuated(original.headline)
    description = words["by_person" if by_person else "by_time"].replace("{headline}", headline)
    if not by_person and told.kind not in DO["en"]:
        description += " " + words["ask"].format(url=told.status_url)
    if by_person and told.kind not in DO["en"]:
        description += " " + words["none"]
    return Said(headline=words["over"].format(headline=original.headline), description=description, instruction="")


def what(told: Told, language: str) -> str:
    """One line from the facts: "Cash machines not working within 15 km of Sveg"."""
    words = SENTENCES.get(language, SENTENCES["en"])
    *others, last = told.components or (words["thing"],)
    thing = f"{', '.join(others)}{words['and']}{last}" if others else last
    place = told.where.get(language) or told.where.get("en") or ""
    return WHAT.get(language, WHAT["en"])[told.kind].format(thing=thing, place=f" {place}" if place else "")


def subject(told: Told, text: Said, language: str) -> str:
    """A mail's subject."""
    return " ".join(_stamped(told, language, text.headline).split())


def body(told: Told, text: Said, channel: str, language: str, *, is_end: bool = False) -> str:
    """The message of one channel. Warnings of fraud never carry a link."""
    words = SENTENCES.get(language, SENTENCES["en"])
    link = "" if told.kind in NO_LINKS else words["more"].format(url=told.status_url)
    from_us = words["from_us"].format(organisation=told.organisation, code=told.code)
    match channel, is_end:
        case "sms", True:
            return _brief(told, language, text.description)
        case "sms", False:
            when = _timing(told, language, lambda at: moments.short(at, told.time_zone, language), is_brief=True)
            return _brief(
                told, language, f"{_sentence(text.headline)} {when} {_acting(text, words, short=True)} {link}"
            )
        case "email", True:
            lines = [text.description, "", from_us]
        case _, True:
            lines = [text.description]
        case "email", False:
            blocks = [text.headline, text.description, _acting(text, words), link]
            lines = ["\n\n".join(block for block in blocks if block), "", from_us, _life(told, language)]
        case "webhook", False:  # the headline stands beside it, the link too
            lines = [line for line in (text.description, _acting(text, words)) if line]
        case "push", False:  # a click opens the status page
            lines = [line for line in (text.headline, text.description, _acting(text, words)) if line]
        case "facebook", False:
            lines = [line for line in (text.headline, text.description, _acting(text, words), link, from_us) if line]
        case _:
            lines = [text.description, _acting(text, words)]
    return _stamped(told, language, "\n".join(lines).strip())


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


def _brief(told: Told, language: str, text: str) -> str:
    """One line that says who speaks, in characters that are not paid double."""
    return " ".join(plain(_stamped(told, language, f"{told.organisation}: {text}")).split())


def _timing(told: Told, language: str, say: Callable[[datetime], str], *, is_brief: bool = False) -> str:
    """Since when, until when, and when more is said. Briefly: what is most needed alone."""
    words = SENTENCES.get(language, SENTENCES["en"])
    parts = []
    if told.kind in PLANNED and told.expires_at:
        start, end = say(told.started_at), say(told.expires_at)
        if is_brief:
            start, end = moments.short_span(told.started_at, told.expires_at, told.time_zone, language)
        parts.append(words["from"].format(start=start, end=end))
    else:
        if not is_brief or told.kind in PLANNED or told.kind is Kind.data_breach:
            parts.append(words["begins" if told.kind in PLANNED else "since"].format(start=say(told.started_at)))
        if told.expires_at and told.kind is not Kind.data_breach:
            lasting = ("valid" if is_brief else "warning") if told.kind in WARNINGS else "until"
            parts.append(words[lasting].format(end=say(told.expires_at)))
    if told.next_update_at and not (is_brief and told.expires_at):
        parts.append(words["next"].format(next=say(told.next_update_at)))
    return " ".join(parts)


def _advice(told: Told, language: str) -> str:
    """What to do by the facts alone. Nothing, where the operator has said more in another language."""
    words = SENTENCES.get(language, SENTENCES["en"])
    return DO.get(language, DO["en"]).get(told.kind, "" if told.instruction else words["none"])


def _unpunctuated(headline: str) -> str:
    return headline.strip().rstrip(".")


def _sentence(headline: str) -> str:
    """Ended with one sign."""
    headline = headline.strip()
    return headline if headline.endswith((".", "!", "?", "…")) else f"{headline}."


def _acting(text: Said, words: dict[str, str], *, short: bool = False) -> str:
    if not text.instruction or text.instruction == words["none"]:
        return "" if short else text.instruction
    return text.instruction if short else words["act"].format(instruction=text.instruction)


def _life(told: Told, language: str) -> str:
    words = SENTENCES.get(language, SENTENCES["en"])
    is_said = told.kind in WARNINGS
    return words["notes"].format(end=_say(told.expires_at, told, language)) if told.expires_at and not is_said else ""


def _stamped(told: Told, language: str, text: str) -> str:
    return text if told.mode is Mode.actual else SENTENCES.get(language, SENTENCES["en"])["exercise"] + text


def _say(at: datetime | None, told: Told, language: str) -> str:
    return moments.say(at, told.time_zone, language) if at else ""
