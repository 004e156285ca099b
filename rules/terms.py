"""The words of the field as closed lists, each with its source."""

from enum import StrEnum, auto


class Kind(StrEnum):
    """What sort of incident. Ours."""

    outage = auto()
    degradation = auto()
    fraud = auto()
    data_breach = auto()
    safety = auto()
    maintenance = auto()
    closure = auto()


class Sector(StrEnum):
    """Which laws on incidents bind an organisation. Ours."""

    finance = auto()
    essential = auto()  # energy, transport, health, water, digital infrastructure
    other = auto()


class Mode(StrEnum):
    """Whether it is real; stamped on every message. CAP 1.2 `status`, renamed."""

    actual = auto()
    exercise = auto()
    test = auto()


class Severity(StrEnum):
    """How bad it is for people. CAP 1.2. Ordered: unknown < minor < moderate < severe < extreme."""

    unknown = auto()
    minor = auto()
    moderate = auto()
    severe = auto()
    extreme = auto()

    def __lt__(self, other: object) -> bool:
        """Compare by badness, not by spelling."""
        if not isinstance(other, Severity):
            return NotImplemented
        return _BADNESS[self] < _BADNESS[other]

    # A string compares by itself, so that functools.total_ordering would leave the other three by spelling.
    def __le__(self, other: object) -> bool:
        """As `<`."""
        return NotImplemented if not isinstance(other, Severity) else not other < self

    def __gt__(self, other: object) -> bool:
        """As `<`."""
        return NotImplemented if not isinstance(other, Severity) else other < self

    def __ge__(self, other: object) -> bool:
        """As `<`."""
        return NotImplemented if not isinstance(other, Severity) else not self < other


_BADNESS = {severity: rank for rank, severity in enumerate(Severity)}


class Urgency(StrEnum):
    """When people must act. CAP 1.2; `expected` = within the hour."""

    immediate = auto()
    expected = auto()
    future = auto()
    past = auto()
    unknown = auto()


class Certainty(StrEnum):
    """How sure we are. CAP 1.2; `likely` = more than 50 %."""

    observed = auto()
    likely = auto()
    possible = auto()
    unlikely = auto()
    unknown = auto()


class MessageType(StrEnum):
    """What a notice is to earlier ones. CAP 1.2 `msgType`: cancel = all clear, error = correction of a wrong message."""

    alert = auto()
    update = auto()
    cancel = auto()
    error = auto()


class Verdict(StrEnum):
    """What is recommended for one channel. Ours."""

    use = auto()
    optional = auto()
    avoid = auto()
    block = auto()


class Effect(StrEnum):
    """What one rule wants of one channel; stronger ones first. Ours."""

    block = auto()
    require = auto()
    avoid = auto()
    use = auto()
    allow = auto()


class Listeners(StrEnum):
    """Whom a direct channel addresses: those who asked, or everybody on file. Ours."""

    asked = auto()
    all = auto()
