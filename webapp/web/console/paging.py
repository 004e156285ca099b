"""One page of a list."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import sqlalchemy as sa
from flask import request
from sqlmodel import Session
from sqlmodel.sql.expression import SelectOfScalar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of all that were found."""

    rows: list[Row]
    number: int  # from 1
    size: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // self.size))

    @property
    def first_row(self) -> int:
        """The place of its first row among all, from 1; 0 = there are none."""
        return min(self.total, (self.number - 1) * self.size + 1)

    @property
    def last_row(self) -> int:
        """The place of its last row among all."""
        return min(self.total, self.number * self.size)


def page_of(session: Session, wanted: SelectOfScalar[Row], number: int, size: int) -> Page[Row]:
    """A page of an ordered query; one behind the last is the last."""
    total = session.scalar(sa.select(sa.func.count()).select_from(wanted.order_by(None).subquery())) or 0
    number = min(max(1, number), max(1, -(-total // size)))
    return Page(list(session.exec(wanted.limit(size).offset((number - 1) * size))), number, size, total)


def asked_number() -> int:
    """Which page was asked for; 1 for anything that is no number."""
    return request.args.get("page", 1, type=int)
