"""Writes a scenario as a policy takes it: from a counter-example, or from an incident that was decided."""

from collections.abc import Mapping

from rules.cell_words import exact_text
from rules.cells import Value
from rules.vocabulary import FactType, vocabulary

LONGEST = 120  # characters of a line; what is longer has a line for each fact
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZåäöÅÄÖ0123456789 .%-")


def trial_text(name: str, facts: Mapping[str, str], expect: Mapping[str, str]) -> str:
    """One entry of `scenarios:`, indented by two. facts: as in `Example.facts` or `said_of_facts`."""
    said = [f"{fact}: {_list_of(fact, value) or _quoted(value)}" for fact, value in facts.items()]
    told = [f"{channel}: {verdict}" for channel, verdict in expect.items()]
    short = f"    incident: {{{', '.join(said)}}}\n"
    long = "    incident:\n" + "".join(f"      {one}\n" for one in said)
    return (
        f"  - name: {_quoted(name)}\n"
        f"{short if len(short) <= LONGEST or not said else long}"
        f"    expect: {{{', '.join(told)}}}\n"
    )  # fmt: skip


def said_of_facts(facts: Mapping[str, Value], *, currency: str) -> dict[str, str]:
    """Known facts as a scenario writes them, but for those that are as usual."""
    known = vocabulary().facts
    said: dict[str, str] = {}
    for name, value in facts.items():
        fact = known[name.partition("@")[0]]
        if value is None or value == fact.usual:
            continue
        if isinstance(value, tuple):
            said[name] = f"[{', '.join(value)}]"
        else:
            said[name] = exact_text(float(value), fact.unit, currency=currency) if fact.unit else str(value)
    return said


def _list_of(fact: str, value: str) -> str:
    """A list for which a test of it holds; "" for other facts."""
    known = vocabulary().facts[fact.partition("@")[0]]
    if known.type is not FactType.listed or value.startswith("["):
        return value if known.type is FactType.listed else ""
    test = value.removeprefix("not: ")
    wants_any = (test == "anything" or test.startswith("includes ")) is not value.startswith("not: ")
    words = test.partition(" ")[2] if test.startswith("includes ") else test.partition("include ")[2]
    first = words.split(" or ")[0] or (known.words[0] if known.words else "something")
    return f"[{first}]" if wants_any else "[]"


def _quoted(text: str) -> str:
    if text.startswith("[") or (text and set(text) <= _PLAIN and text.strip() == text and text[0].isalnum()):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
