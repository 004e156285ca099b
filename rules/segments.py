"""How long a text is as SMS: GSM 03.38 septets if every character allows it, else UCS-2."""

from collections.abc import Iterable
from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")  # an escape and a character: two units

_SIZES = {"GSM-7": (160, 153), "UCS-2": (70, 67)}  # alone; as part of a longer message

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′´`", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\t", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
        "…": "...",
        "•": "-",
    }
)


@dataclass(frozen=True, slots=True)
class Segments:
    """A text as it is cut for sending."""

    encoding: str  # "GSM-7" or "UCS-2"
    units: int  # septets, or 16-bit units
    count: int  # segments that are paid for; at least 1
    left_in_last: int  # units
    offenders: tuple[str, ...]  # characters that force UCS-2, each once


def segments(text: str) -> Segments:
    """What a text costs. A character of two units is never split over two segments."""
    offenders = tuple(dict.fromkeys(char for char in text if char not in _BASIC and char not in _EXTENDED))
    encoding = "UCS-2" if offenders else "GSM-7"
    alone, part = _SIZES[encoding]
    lengths = [_units(char, encoding) for char in text]
    units = sum(lengths)
    if units <= alone:
        return Segments(encoding, units, 1, alone - units, offenders)
    count, used = _packed(lengths, part)
    return Segments(encoding, units, count, part - used, offenders)


def plain(text: str) -> str:
    """Typographic quotes, dashes, ellipses and spaces as GSM-7 has them; letters stay."""
    return text.translate(_PLAIN)


def _units(char: str, encoding: str) -> int:
    if encoding == "GSM-7":
        return 2 if char in _EXTENDED else 1
    return 2 if ord(char) > 0xFFFF else 1


def _packed(lengths: Iterable[int], size: int) -> tuple[int, int]:
    """(segments, units used in the last)."""
    count, used = 1, 0
    for length in lengths:
        if used + length > size:
            count, used = count + 1, 0
        used += length
    return count, used
