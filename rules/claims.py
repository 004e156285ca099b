"""What a text says or asks for, in Swedish and English, by pattern. A help for the writer: it can err."""

import re

_FLAGS = re.IGNORECASE
_ENDINGS = "se|com|nu|org|net|io|eu|app|no|fi|dk|info|link|ly"
# An ending with one capital, as in "log in.No link", is the next sentence.
_LINK = re.compile(rf"https?://|\bwww\.|(?<![@\w.-])(?:[\w-]+\.)+(?-i:{_ENDINGS}|{_ENDINGS.upper()})\b(?!@)", _FLAGS)
_PHONE = re.compile(r"(?<![\d.:-])(?:\+\d|0\d)(?:[ \-/]?\d){5,}(?!\d|:)")
_REPLY = re.compile(r"\b(?:reply|svara|text (?:back|yes|ja))\b", _FLAGS)
_NOT = re.compile(r"\b(?:not|never|don't|don’t|cannot|inte|aldrig|ej)\b", _FLAGS)
_SENTENCE = re.compile(r"[.!?\n]+")
_MARKETING = re.compile(
    r"\b(?:special offer|limited offer|our offers?|discount|promo(?:tion| code)?|buy now|sale now|% off"
    r"|erbjudanden?|rabatt\w*|kampanj\w*|köp nu|passa på|extrapris|rea)\b|\d ?% (?:off|rabatt)",
    _FLAGS,
)
_PERSONAL_NUMBER = re.compile(r"(?<!\d)(?:19|20)?(\d{2})(\d{2})(\d{2})[-+ ]?(\d{4})(?!\d)")
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)")
_NUMBERED = re.compile(
    r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,}\b"
    r"|\b(?:konto|kontonummer|account|account number|ärende|ärendenummer|case|case number|case id)(?: no\.?| nr\.?|:)?"
    r" ?[#-]?\d[\d -]{3,}",
    _FLAGS,
)
_MONTHS = (
    "jan|feb|mar|apr|ma[jy]|jun|jul|aug|sep|o[ck]t|nov|dec"
    "|january|february|march|april|june|july|august|september|october|november|december"
    "|januari|februari|mars|juni|juli|augusti|oktober"
)
_WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday|måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag"
_DATE = re.compile(
    rf"\b\d{{4}}-\d{{2}}-\d{{2}}\b|\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_MONTHS})\b|\b(?:{_MONTHS}) \d{{1,2}}\b"
    r"|\b\d{1,2}/\d{1,2}\b",
    _FLAGS,
)
_TIME = re.compile(
    rf"\b\d{{1,2}}[:.]\d{{2}}\b|\bkl\.? ?\d{{1,2}}\b|\b\d{{1,2}} ?(?:am|pm)\b|\b\d{{1,2}} ?[-–] ?\d{{1,2}}\b"
    rf"|\b(?:{_WEEKDAYS})(?:en)?\b",
    _FLAGS,
)
_NEXT_UPDATE = re.compile(
    r"\bnext (?:update|message|information)\b|\bupdate(?:d)? (?:at|by|again|every)\b|\bnew information\b"
    r"|\bnästa (?:uppdatering|besked|information|meddelande)\b|\buppdaterar?s?\b|\bny(?:tt)? (?:information|besked)\b"
    r"|\båterkommer\b",
    _FLAGS,
)
_ADVICE = re.compile(
    r"\b(?:use|call|go to|avoid|do not|don't|open|wait|stay|boil|contact|check|visit|bring|keep|leave"
    r"|använd|ring|undvik|gör inte|öppna|vänta|stanna|koka|kontakta|kontrollera|besök|ta med|håll|lämna"
    r"|du behöver inte|you do not need)\b",
    _FLAGS,
)
_SOMEWHERE = re.compile(
    r"\b(?:in|at|near|around|outside|on|within|i|på|vid|nära|runt|kring|utanför|inom)\s+"
    r"(?:\d[\d.,]*\s?(?:km|m|miles?|mil|meters?|meter)\s+(?:of|from|around|av|från|runt|kring)\s+)?(?:the |hela )?([A-ZÅÄÖ][\wåäöÅÄÖ'-]+)"
)
_EVERYWHERE = re.compile(
    r"\b(?:nationwide|the whole country|all over the country|everywhere|hela landet|överallt|all (?:our )?branches)\b",
    _FLAGS,
)
_NO_PLACE = re.compile(rf"^(?:{_MONTHS}|{_WEEKDAYS})$", _FLAGS)


def has_link(text: str) -> bool:
    """An address to click, with or without http; a mail address is none."""
    return bool(_LINK.search(text))


def asks_for_a_call_or_reply(text: str) -> bool:
    """A number to call, or a sentence that asks for an answer; "do not reply" is none."""
    return bool(_PHONE.search(text)) or any(
        _REPLY.search(sentence) and not _NOT.search(sentence) for sentence in _SENTENCE.split(text)
    )


def is_marketing(text: str) -> bool:
    """Words of an offer. One of them makes a service message an advertisement."""
    return bool(_MARKETING.search(text))


def has_personal_details(text: str) -> bool:
    """A Swedish personal number, a payment card, an account, an IBAN or a case number."""
    return bool(_NUMBERED.search(text)) or _has_personal_number(text) or _has_card(text)


def has_date(text: str) -> bool:
    """A calendar date."""
    return bool(_DATE.search(text))


def has_time(text: str) -> bool:
    """A date, weekday or time of day."""
    return has_date(text) or bool(_TIME.search(text))


def has_next_update(text: str) -> bool:
    """Says when we come back."""
    return bool(_NEXT_UPDATE.search(text))


def has_advice(text: str) -> bool:
    """Says what to do."""
    return bool(_ADVICE.search(text))


def has_place(text: str) -> bool:
    """Names a place, or says that it is everywhere."""
    named = (match[1] for match in _SOMEWHERE.finditer(text))
    return bool(_EVERYWHERE.search(text)) or any(not _NO_PLACE.match(name) for name in named)


def _has_personal_number(text: str) -> bool:
    found = _PERSONAL_NUMBER.findall(text)
    return any(
        _is_date(int(month), int(day)) and _luhn(year + month + day + serial) for year, month, day, serial in found
    )


def _is_date(month: int, day: int) -> bool:
    """From 61 to 91 the day stands for a coordination number."""
    return 1 <= month <= 12 and 1 <= (day - 60 if day > 60 else day) <= 31


def _has_card(text: str) -> bool:
    return any(_luhn(re.sub(r"\D", "", number)) for number in _CARD.findall(text))


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
