"""Figures that differ between two versions of a policy, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum

from rules.figures import Figures

_SHARES = {
    "delivered",
    "seen",
    "quick_share",
    "noticing_share",
    "visit_share",
    "share",
    "rate",
    "kappa",
    "worth_adding",
}
_NAMES = {"kappa": "overlap", "per_second": "speed", "usual_min": "usual duration", "rate": "attention at night"}


def figure_differences(old: Figures, new: Figures) -> Iterator[str]:
    """One sentence a figure, such as "sms seen: 85 % → 80 %.", and one a source."""
    yield from (f"{name.strip()}: {was} → {becomes}." for name, was, becomes in _walk("", old, new))


def _walk(path: str, old: object, new: object, field: str = "") -> Iterator[tuple[str, str, str]]:
    if old == new:
        return
    if is_dataclass(old) and type(old) is type(new):
        for one in fields(old):
            name = (
                "" if one.name == "channels" else _NAMES.get(one.name, one.name.removesuffix("_min").replace("_", " "))
            )
            yield from _walk(f"{path} {name}".strip(), getattr(old, one.name), getattr(new, one.name), one.name)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from _walk(f"{path} {key}".strip(), old.get(key), new.get(key), field)
    else:
        yield path, _said(old, field), _said(new, field)


def _said(value: object, field: str) -> str:
    if value is None:
        return "none"
    if isinstance(value, Enum):
        return str(value.value)
    if is_dataclass(value):
        return "given"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        number = value * 100 if field in _SHARES else value
        unit = " %" if field in _SHARES else " min" if field.endswith("_min") else ""
        return f"{number:g}{unit}"
    return str(value)
