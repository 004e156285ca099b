"""How place names are compared: without case, accents or punctuation, so that "are" finds Åre and "st gallen" St. Gallen."""

import unicodedata

PLAIN = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"})


def folded(name: str) -> str:
    """Small letters and digits, single spaces between words."""
    apart = unicodedata.normalize("NFKD", name.casefold()).translate(PLAIN)
    kept = (
        letter if letter.isalnum() else "" if unicodedata.combining(letter) or letter in "'’" else " "
        for letter in apart
    )
    return " ".join("".join(kept).split())
