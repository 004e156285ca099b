"""Who announces, and the channels it has."""

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, select

from rules import facts
from rules.terms import Sector
from webapp.db import json_field, word
from webapp.flow.refusals import NotFound


class Organisation(SQLModel, table=True):
    """The one organisation of this installation."""

    id: int = Field(default=1, primary_key=True)
    name: str
    page_id: str = Field(max_length=12)  # as programs know the status page
    time_zone: str  # IANA
    customers: int
    currency: str = Field(max_length=3)  # ISO 4217
    languages: list[str] = json_field(default_factory=lambda: ["en"])  # the first is the default
    sector: Sector = word(Sector, default=Sector.finance)  # whose laws bind it; the strictest until somebody has said
    threshold_people: int | None = None  # from which an incident is reported, instead of the numbers of the law
    threshold_min: float | None = None
    threshold_source: str = ""  # who says so
    month_budget: float | None = None  # for paid channels, in its currency; None = no limit
    help_text: str = ""  # how a person gets help by other means, said at the end of mails


class ChannelSetup(SQLModel, table=True):
    """One channel that is set up. Figures that are None come from the policy."""

    __tablename__ = "channel_setup"
    channel: str = Field(primary_key=True, max_length=24)
    position: int = 0
    available: bool = True
    can_choose_area: bool = False
    depends_on: list[str] = json_field(default_factory=list)  # component codes without which it is dead
    segments_per_second: float | None = None
    price_per_segment: float | None = None  # in the organisation's currency
    followers: int = 0
    reach: float | None = None  # share of followers who see one post
    source: str = ""  # where these figures come from

    def as_facts(
        self,
        *,
        segments: int = 1,
        announced: bool = False,
        messages: tuple[int, int] = (0, 0),
        depends_on: tuple[str, ...] = (),
        down: str = "",
        failing: str = "",
    ) -> facts.ChannelSetup:
        """What the rules may know of it. `messages`: that its people got in seven days, and in 24 hours."""
        return facts.ChannelSetup(
            available=self.available,
            can_choose_area=self.can_choose_area,
            depends_on=depends_on,
            down=down,
            failing=failing,
            segments_per_second=self.segments_per_second,
            segments=segments,
            price_per_segment=self.price_per_segment,
            followers=self.followers,
            reach=self.reach,
            announced=announced,
            recent_messages=messages[0],
            messages_today=messages[1],
        )


def organisation(session: Session) -> Organisation:
    """The organisation. Raises NotFound before an installation is set up."""
    found = session.get(Organisation, 1)
    if found is None:
        raise NotFound("No organisation is set up yet; run `python -m webapp demo` or `init`")
    return found


def channel_setups(session: Session) -> list[ChannelSetup]:
    """All channels that are set up, in the order in which they are shown."""
    return list(session.exec(select(ChannelSetup).order_by(sa.column("position"), sa.column("channel"))))
