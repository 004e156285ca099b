"""The ways of saying no. Each carries a sentence for the person who meets it; doors map them to statuses."""


class Refused(Exception):
    """What was asked for is not done, and nothing of it is stored."""


class NotAllowed(Refused):
    """This person may not do this."""


class NotNow(Refused):
    """It could be done in another state, but not in this one."""


class NotValid(Refused):
    """The input is wrong: which field, and what to write instead."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class TooMany(Refused):
    """A limit is reached; it says when to try again."""


class NotFound(Refused):
    """There is no such thing, or it is not for this person."""
