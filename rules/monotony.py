"""Whether a fact that goes up can take a channel away."""

from rules.boxes import Answer, Test, Together, all_of, any_of, opposite
from rules.firing import HARMS, HELPS, SERVING, BoxRule, ChannelRules
from rules.ground import Ground
from rules.terms import Effect

_OR_BETTER: tuple[frozenset[Effect | None], ...] = (SERVING, SERVING | {Effect.allow}, SERVING | {Effect.allow, None})


class Rise:
    """One channel before and after the moving fact goes up."""

    def __init__(self, ground: Ground, before: ChannelRules, after: ChannelRules) -> None:
        self.moving = ground.moving
        self.before, self.after = before, after
        self.moved = [(rule, after.rules[rule.name]) for rule in before.speaking if rule != after.rules[rule.name]]

    def removes(self, box: int) -> Answer:
        """The verdict falls: from use to optional, or from either to less."""
        if opened := self._moving(box):
            return opened
        first, then = self.before.on(box), self.after.on(box)
        falls = any_of(all_of((first.is_effect(one), opposite(then.is_effect(one)))) for one in _OR_BETTER)
        if falls is False:
            return False
        changed = [rule.name for rule, later in self.moved if not _is_harmless(self.before, rule, later, box)]
        for name in changed:
            for answer in (first.active(name), then.active(name)):
                if isinstance(answer, Test):
                    return answer
        if all(first.active(name) is then.active(name) for name in changed):
            return False
        return falls

    def _moving(self, box: int) -> Test | None:
        """What moves is settled first: from then on most rules say the same before and after."""
        for cells in self.moving:
            here = box & cells
            if here & (here - 1):
                return Test(here & -here, cells & ~(here & -here))
        return None


def _is_harmless(rules: ChannelRules, before: BoxRule, after: BoxRule, box: int) -> bool:
    """It fires as before; or it can only begin to fire and helps, or only cease to and harms."""
    if _shape(before.when, box) == _shape(after.when, box) and _shape(before.unless, box) == _shape(after.unless, box):
        return True
    fired, fires = before.fires(box), after.fires(box)
    if rules.sign[before.name] == HELPS:
        return fired is False or fires is True
    return rules.sign[before.name] == HARMS and (fires is False or fired is True)


def _shape(alternatives: tuple[Together, ...], box: int) -> frozenset[frozenset[Test]]:
    """What is left of its tests in the box."""
    left = (one.left_open(box) for one in alternatives)
    return frozenset(one for one in left if one is not None)
