"""What people text back, and what they are answered, by language.

Sources: the English words are those that Twilio acts on by default ("Twilio support for opt-out keywords", read in
November 2026), with TCPA's "revoke" and "opt out" (47 CFR 64.1200(a)(10)). The others are ours: the imperative of "stop",
"end" and "unsubscribe" as operators in that country print it. A word counts in every language, for nobody looks up first.
"""

from collections.abc import Mapping

BY_PROVIDER = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "start", "unstop"})  # fmt: skip
STOP: Mapping[str, frozenset[str]] = {
    "en": frozenset({"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out", "remove"}),
    "sv": frozenset({"stopp", "sluta", "avsluta", "avregistrera", "avanmäl", "avbryt", "nej tack"}),
    "nb": frozenset({"stopp", "slutt", "avmeld", "avslutt"}),
    "da": frozenset({"stop", "afmeld", "slut"}),
    "fi": frozenset({"lopeta", "seis", "peruuta", "poista"}),
    "de": frozenset({"stopp", "abmelden", "beenden"}),
    "fr": frozenset({"arret", "arrêt", "desabonner", "désabonner"}),
    "es": frozenset({"alto", "baja", "parar"}),
}  # fmt: skip
START: Mapping[str, frozenset[str]] = {
    "en": frozenset({"start", "unstop", "subscribe", "resume"}),
    "sv": frozenset({"starta", "börja", "anmäl"}),
    "nb": frozenset({"start", "begynn"}),
    "da": frozenset({"start", "tilmeld"}),
    "fi": frozenset({"aloita", "tilaa"}),
    "de": frozenset({"anmelden"}),
}
HELP: Mapping[str, frozenset[str]] = {
    "en": frozenset({"help", "info"}),
    "sv": frozenset({"hjälp", "hjalp", "information"}),
    "nb": frozenset({"hjelp"}),
    "da": frozenset({"hjælp"}),
    "fi": frozenset({"apua", "ohje"}),
    "de": frozenset({"hilfe"}),
}
SAID = {
    "en": {
        "stop": "{name}: you get no more texts from us. Text START to get them again.",
        "start": "{name}: you get our texts again. Text STOP to end them.",
        "new": "{name}: sign up for our texts at {link}",
        "help": "{name} texts you about incidents that concern you. Change what you get: {link} Text STOP to end. {help_text}",
    },
    "sv": {
        "stop": "{name}: du får inga fler sms från oss. Skicka STARTA för att få dem igen.",
        "start": "{name}: du får våra sms igen. Skicka STOPP för att sluta.",
        "new": "{name}: anmäl dig till våra sms på {link}",
        "help": "{name} skickar sms om händelser som rör dig. Ändra vad du får: {link} Skicka STOPP för att sluta. {help_text}",
    },
}


def plain(body: str) -> str:
    """As it is looked up: small letters, single spaces, nothing around it."""
    return " ".join(body.casefold().strip(" .!?,\"'”“\n\t").split())


def is_among(said: str, words: Mapping[str, frozenset[str]]) -> bool:
    """Whether it is one of these, in whichever language."""
    return any(said in those for those in words.values())


def language_of(said: str, default: str) -> str:
    """The language that a word is of, if it is of one alone and we answer in it."""
    spoken = {language for table in (STOP, START, HELP) for language, words in table.items() if said in words}
    return spoken.pop() if len(spoken) == 1 and spoken <= set(SAID) else default
