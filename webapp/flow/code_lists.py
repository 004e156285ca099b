"""Codes of areas as people paste them: postcodes with and without their space, one a line or between commas."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from sqlmodel import Session, col, select

from webapp.flow.areas import Area, Level
from webapp.geo.place_names import folded

BETWEEN = re.compile(r"[,;\t\n\r]+")
SPACED_POSTCODE = re.compile(r"\b(\d{3}) (\d{2})\b")
MOST_NAMED = 8  # unknown ones that are named
MOST = 10_000
HEADINGS = {"postcode", "postcodes", "zip", "code", "codes", "postnummer", "postnr", "kod"}  # of a column in a file


@dataclass(frozen=True, slots=True)
class Listed:
    """The codes that were meant, and what is no code of ours: with the nearest one, "" = none is near."""

    codes: tuple[str, ...]
    unknown: tuple[tuple[str, str], ...]
    is_cut: bool = False  # there were more than can be used

    @property
    def complaint(self) -> str:
        """A sentence for the question; "" = all are known."""
        if self.is_cut:
            return f"These are more than {MOST:,} codes; choose larger areas"
        if not self.unknown:
            return ""
        said = [f"{item} (did you mean {near}?)" if near else item for item, near in self.unknown[:MOST_NAMED]]
        more = len(self.unknown) - MOST_NAMED
        return f"No area has the code {', '.join(said)}{f' and {more} more' if more > 0 else ''}. Write them anew or take them out"


def listed(session: Session, text: str) -> Listed:
    """What a pasted text means: codes in any spelling, or names of areas."""
    items = _items(text)
    if not items:
        return Listed((), ())
    if len(items) > MOST:
        return Listed((), (), is_cut=True)
    known = _known(session)
    names = _names(session)
    codes, unknown = list[str](), list[tuple[str, str]]()
    for item in items:
        found = _meant(item, known, names)
        codes += found
        unknown += [] if found else [(item, _nearest(item, known))]
    return Listed(tuple(dict.fromkeys(codes)), tuple(unknown))


def _known(session: Session) -> dict[str, str]:
    """By spelling: with the country before it and without, and a postcode as it is written on letters."""
    codes = list(session.exec(select(Area.code)))
    short = {_squeezed(code.rpartition("-")[2]): code for code in codes}
    postcodes = session.exec(select(Area.name, Area.code).where(Area.level == Level.postcode))
    return short | {_squeezed(name): code for name, code in postcodes} | {_squeezed(code): code for code in codes}


def _meant(item: str, known: Mapping[str, str], names: Mapping[str, str]) -> list[str]:
    """One, or all whose code begins so: "842*"."""
    squeezed = _squeezed(item)
    if item.endswith("*") and squeezed:
        return sorted({code for spelling, code in known.items() if spelling.startswith(squeezed)})
    one = known.get(squeezed) or names.get(folded(item))
    return [one] if one else []


def _items(text: str) -> list[str]:
    """Between commas, semicolons, tabs and ends of line; a row of bare numbers is divided at its spaces, too."""
    found: list[str] = []
    for piece in BETWEEN.split(SPACED_POSTCODE.sub(r"\1\2", text)):
        words = piece.split()
        found += (
            words
            if len(words) > 1 and all(any(sign.isdigit() for sign in word) for word in words)
            else [" ".join(words)]
        )
    every = list(dict.fromkeys(item for item in (each.strip("\"'") for each in found) if item))
    return every[1:] if every and folded(every[0]) in HEADINGS else every


def _squeezed(code: str) -> str:
    return "".join(letter for letter in code.casefold() if letter.isalnum())


def _names(session: Session) -> Mapping[str, str]:
    """By folded name, those that only one area has."""
    found: dict[str, list[str]] = {}
    for code, name in session.exec(select(Area.code, Area.name).where(col(Area.name) != "")):
        found.setdefault(folded(name), []).append(code)
    return {name: codes[0] for name, codes in found.items() if len(codes) == 1}


def _nearest(item: str, known: Mapping[str, str]) -> str:
    squeezed = _squeezed(item)
    close: Iterable[str] = get_close_matches(squeezed, known, n=1, cutoff=0.75) if len(known) <= MOST else ()
    return next((known[each] for each in close), "")
