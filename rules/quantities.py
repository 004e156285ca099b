"""Numbers with their units, as people write them. Base units: minutes, shares from 0 to 1, plain counts and amounts."""

import re
from datetime import time
from enum import StrEnum, auto

from rules.mistakes import Unreadable


class Unit(StrEnum):
    """What a number counts."""

    duration = auto()
    share = auto()
    number = auto()
    money = auto()
    clock = auto()


_MINUTES = {
    **dict.fromkeys(["s", "sec", "second", "seconds"], 1 / 60),
    **dict.fromkeys(["min", "minute", "minutes"], 1.0),
    **dict.fromkeys(["h", "hour", "hours"], 60.0),
    **dict.fromkeys(["d", "day", "days"], 1440.0),
    **dict.fromkeys(["w", "week", "weeks"], 10_080.0),
}
_COUNTED = {"", "people", "persons", "messages", "times"}
_NUMBER = r"-?(?:[1-9][0-9]{0,2}(?:[ ,_\u00a0\u202f][0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"  # digits alone, or in threes
_AMOUNT = re.compile(rf"^(?P<number>{_NUMBER})\s*(?P<unit>[^0-9\s.,_].*)?$")
_COMMA = re.compile(r"^-?[0-9]+,[0-9]+(?![0-9,])")  # 1,5 as Swedes write it; 1,500 has been read by then
_POINTS = re.compile(r"^[0-9]{1,3}(?:\.[0-9]{3})+(?![0-9.])")  # 5.000 as Germans write five thousand
MOST = 1e15  # whole numbers are exact as far as this
_CLOCK = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")

EXAMPLES = {
    Unit.duration: "30 min, 2 h or 3 days",
    Unit.share: "40 %",
    Unit.number: "1,000",
    Unit.money: "5,000 SEK",
    Unit.clock: "22:00",
}


def read_quantity(text: str, unit: Unit, *, currency: str = "") -> float:
    """The number in its base unit. currency: the one that money must be in; "" = any. Raises Unreadable with a sentence."""
    if unit is Unit.clock:
        return read_clock(text)
    number, suffix = _split(text, unit)
    match unit:
        case Unit.duration:
            return number * _factor(text, suffix)
        case Unit.share:
            return _share(text, number, suffix)
        case Unit.money:
            return _money(text, number, suffix, currency)
        case Unit.number:
            return _count(text, number, suffix)


def read_clock(text: str) -> float:
    """Minutes after midnight."""
    found = _CLOCK.match(text.strip())
    if not found:
        raise Unreadable(f'"{text}" is not a time of day. Write it as 22:00.')
    return int(found[1]) * 60.0 + int(found[2])


def as_time(minutes: float) -> time:
    """Minutes after midnight as a time of day."""
    return time(int(minutes) // 60, int(minutes) % 60)


def read_number(text: str) -> float:
    """A bare number, without a unit."""
    if not re.fullmatch(_NUMBER, text.strip()):
        raise Unreadable(f'"{text}" is not a number.{_with_a_point(text.strip())}')
    number = float(re.sub(r"[ ,_\u00a0\u202f]", "", text.strip()))
    if abs(number) > MOST:
        raise Unreadable(f'"{text}" is not a number that anything could have.')
    return number


def in_words(value: float, unit: Unit, *, currency: str = "") -> str:
    """A value in its unit, as it is read back."""
    match unit:
        case Unit.clock:
            return f"{int(value) // 60:02d}:{int(value) % 60:02d}"
        case Unit.share:
            return f"{_short(value * 100)} %"
        case Unit.duration:
            return duration_in_words(value)
        case Unit.money:
            return f"{_short(value)} {currency}".strip()
        case Unit.number:
            return _short(value)


def duration_in_words(minutes: float) -> str:
    """In the largest unit that shows it well: 45 s, 50 min, 2 h 50 min, 13 days 23 h."""
    if minutes < 1:
        return f"{_short(minutes * 60)} s"
    whole = round(minutes)
    if whole < 120:
        return f"{whole} min"
    days, rest = divmod(whole, 1440)
    hours, left = divmod(rest, 60)
    if days >= 2:
        return f"{days} days" + (f" {hours} h" if hours else "")
    return f"{days * 24 + hours} h" + (f" {left} min" if left else "")


def _split(text: str, unit: Unit) -> tuple[float, str]:
    found = _AMOUNT.match(text.strip())
    if not found and unit is Unit.money and (swapped := re.match(r"^([A-Z]{3})\s*([0-9][0-9., _]*)$", text.strip())):
        return _split(f"{swapped[2]} {swapped[1]}", unit)
    if not found:
        mended = _with_a_point(text.strip()) or f" Write for example {EXAMPLES[unit]}."
        raise Unreadable(f'"{text}" is not a number.{mended}')
    if unit in {Unit.money, Unit.number} and _POINTS.match(found["number"]):
        meant = found["number"].replace(".", ",")
        raise Unreadable(f'"{text}" can mean two things: a point stands before decimals. Write {meant}.')
    return read_number(found["number"]), (found["unit"] or "").strip()


def _with_a_point(text: str) -> str:
    """What to write instead of a decimal comma; "" if it is none."""
    found = _COMMA.match(text)
    return f" Decimals follow a point: write {found[0].replace(',', '.')}." if found else ""


def _factor(text: str, suffix: str) -> float:
    if suffix not in _MINUTES:
        raise Unreadable(_wrong_unit(text, suffix, Unit.duration, "a duration"))
    return _MINUTES[suffix]


def _share(text: str, number: float, suffix: str) -> float:
    if suffix not in {"%", "percent", "per cent"}:
        raise Unreadable(_wrong_unit(text, suffix, Unit.share, "a share"))
    return number / 100


def _money(text: str, number: float, suffix: str, currency: str) -> float:
    if not re.fullmatch(r"[A-Z]{3}", suffix):
        raise Unreadable(_wrong_unit(text, suffix, Unit.money, "an amount of money"))
    if currency and suffix != currency:
        raise Unreadable(
            f'"{text}" is in {suffix}, but this policy counts in {currency}. Write the amount in {currency}.'
        )
    return number


def _count(text: str, number: float, suffix: str) -> float:
    if suffix not in _COUNTED:
        raise Unreadable(_wrong_unit(text, suffix, Unit.number, "a number"))
    return number


def _wrong_unit(text: str, suffix: str, unit: Unit, what: str) -> str:
    if not suffix:
        return f'"{text}" has no unit; this is {what}. Write for example {EXAMPLES[unit]}.'
    return f'"{suffix}" in "{text}" is not the unit of {what}. Write for example {EXAMPLES[unit]}.'


def _short(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")
