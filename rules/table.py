"""Reads one table of a scenario file: known keys, right types; every mistake with its key path."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from math import isfinite
from typing import TypeVar

from rules.mistakes import did_you_mean

Word = TypeVar("Word", bound=StrEnum)
_MOST = 1e15  # whole numbers are exact as far as this


class ScenarioMistakes(ValueError):
    """A scenario file that cannot be used; each line names the key and what to write instead."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = list(sentences)
        super().__init__("\n".join(self.sentences))


class Table:
    """One table. Whatever is asked for counts as known; the rest is refused at the end."""

    def __init__(self, values: object, path: str, sentences: list[str]) -> None:
        self.path = path
        self.sentences = sentences
        self._known: set[str] = set()
        self.values: dict[str, object] = values if isinstance(values, dict) else {}
        if not isinstance(values, dict):
            self.wrong("", f"is {_spoken(values)}; it must be a table: [{path}] and lines below it")

    def has(self, key: str) -> bool:
        """Whether it is given."""
        self._known.add(key)
        return key in self.values

    def table(self, key: str) -> "Table":
        """A table below; empty if it is not given."""
        return Table(self.values[key] if self.has(key) else {}, self._to(key), self.sentences)

    def tables(self, key: str) -> list["Table"]:
        """Tables in double brackets."""
        found = self.values[key] if self.has(key) else []
        if not isinstance(found, list):
            self.wrong(key, f"must be a list: write [[{self._to(key)}]] above each")
            return []
        return [Table(item, f"{self._to(key)}[{place}]", self.sentences) for place, item in enumerate(found, start=1)]

    def text(self, key: str, base: str = "") -> str:
        """A text."""
        value = self.values[key] if self.has(key) else base
        if isinstance(value, str):
            return value
        self.wrong(key, f"is {_spoken(value)}; write a text between quotes")
        return base

    def claim(self, key: str, *, base: bool) -> bool:
        """True or false."""
        value = self.values[key] if self.has(key) else base
        if isinstance(value, bool):
            return value
        self.wrong(key, f"is {_spoken(value)}; write true or false")
        return base

    def word(self, key: str, words: type[Word], base: Word) -> Word:
        """One of a closed list."""
        text = self.text(key, base.value)
        if text in set(words):
            return words(text)
        self.wrong(key, f'"{text}" is not known.{did_you_mean(text, [word.value for word in words])}')
        return base

    def number(self, key: str, base: float, *, least: float = 0.0, most: float = float("inf")) -> float:
        """A number within its range."""
        value = self.values[key] if self.has(key) else base
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.wrong(key, f"is {_spoken(value)}; write a number without quotes")
            return base
        # Compared before anything is computed: a whole number can be too long for that.
        if not (least <= value <= min(most, _MOST) and isfinite(value)):
            self.wrong(key, f"is {_spoken(value)[:40]}; write a number {_range(least, most)}")
            return base
        return float(value)

    def whole(self, key: str, base: int, *, least: int = 0) -> int:
        """A whole number."""
        number = self.number(key, base, least=least)
        if number != int(number):
            self.wrong(key, f"is {number:g}; write a whole number")
        return int(number)

    def moment(self, key: str, base: datetime | None = None) -> datetime | None:
        """A moment with its UTC offset; None if it is not given."""
        value = self.values[key] if self.has(key) else base
        if value is None or (isinstance(value, datetime) and value.tzinfo):
            return value
        self.wrong(key, f"is {_spoken(value)}; write a moment with its offset, such as 2026-11-19T12:10:00+01:00")
        return base

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self.values[key] if self.has(key) else []
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.wrong(key, f'is {_spoken(value)}; write a list of texts, such as ["sms", "email"]')
        return ()

    def demand(self, *keys: str, such_as: str) -> None:
        """Keys without a default."""
        for key in keys:
            if not self.has(key):
                self.wrong(key, f"is missing; write for example {such_as}")

    def wrong(self, key: str, sentence: str) -> None:
        """One mistake."""
        self.sentences.append(f"{self._to(key)}: {sentence}")

    def refuse_unknown(self) -> None:
        """Keys that nobody asked for are mistakes."""
        for key in self.values:
            if key not in self._known:
                self.wrong(key, f"is not known here.{did_you_mean(key, sorted(self._known))}")

    def _to(self, key: str) -> str:
        return ".".join(filter(None, [self.path, key]))


def _range(least: float, most: float) -> str:
    return f"of at least {least:g}" if most == float("inf") else f"from {least:g} to {most:g}"


def _spoken(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case datetime():
            return f"{value.isoformat()} without an offset"
        case dict():
            return "a table"
        case list():
            return "a list"
        case _:
            return str(value)
