"""Going against the rules: who may, where nobody may, and what must be explained."""

from collections.abc import Mapping
from typing import Any

from rules.terms import Verdict
from webapp.flow.people import Act, Person
from webapp.flow.policies import FIRM

Advised = Mapping[str, Any]  # what a stored assessment says of one channel


def is_against(advised: Advised) -> bool:
    """Whether choosing this channel goes against the rules."""
    return advised.get("verdict") in {Verdict.avoid, Verdict.block}


def must_be_explained(result: Mapping[str, Any], channel: str) -> bool:
    """Whether leaving a channel out goes against the rules: it should be used, and the plan needs it."""
    verdict = result["channels"].get(channel, {}).get("verdict")
    return verdict == Verdict.use and channel in result["plan"]["recommended"]["channels"]


def may_choose(advised: Advised, *, by: Person, is_life_safety: bool) -> bool:
    """Whether this person may choose the channel, with a reason if need be. A block is for administrators to lift."""
    if advised.get("verdict") != Verdict.block:
        return True
    blocking = {fired["rule"] for fired in advised.get("fired", ()) if fired["effect"].startswith(Verdict.block)}
    return by.may(Act.administer) and not is_life_safety and bool(blocking) and not blocking & FIRM
