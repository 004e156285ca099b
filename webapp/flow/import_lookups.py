"""What the words of a row stand for here: services, areas, places, hours, languages. Asked once, kept for the whole file."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from sqlmodel import Session, select

from rules.terms import Kind, Severity
from webapp.flow.areas import WIDEST_KM, Area, near
from webapp.flow.components import components
from webapp.flow.import_jobs import Choices
from webapp.flow.refusals import NotValid
from webapp.flow.subscribers import Segment
from webapp.geo import keys
from webapp.imports.entry import Invalid

ZONES = frozenset(available_timezones())
MOST_KEPT = 200_000
AROUND_KM = 15.0  # a place that somebody follows, if the file names no radius


@dataclass(frozen=True, slots=True)
class Point:
    """A place of a row, as we store it."""

    z: int
    radius_m: float
    label: str


class Lookups:
    """For one run of one import, or one call of a program."""

    def __init__(self, session: Session, chosen: Choices) -> None:
        self.chosen = chosen
        self.parts: dict[str, UUID] = {}
        for each in reversed(components(session)):
            holder = {one.id: one.name for one in components(session)}.get(each.group_id, "") if each.group_id else ""
            for name in (each.name, f"{holder} - {each.name}", each.code, each.public_id):
                self.parts[name.strip().casefold()] = each.id
        self.renamed = {theirs.strip().casefold(): ours for theirs, ours in chosen.components.items()}
        rows = session.exec(select(Area.code, Area.name)).all()
        self.codes = {code: code for code, _ in rows} | {code.casefold(): code for code, _ in rows}
        self.names: dict[str, list[str]] = {}
        for code, name in rows:
            self.names.setdefault(name.casefold(), []).append(code)
        self.segments = {one.code: one for one in session.exec(select(Segment))}
        self.new_segments: dict[str, Segment] = {}
        self._points: dict[tuple[str, float, bool], Point] = {}

    def component(self, said: str) -> UUID:
        """By public id, code or name, or by what somebody chose for it. Raises Invalid."""
        name = said.strip().casefold()
        found = self.parts.get(self.renamed.get(name, name).strip().casefold())
        if found is None:
            raise Invalid(f"We have no service called {said!r}; say which of ours it is")
        return found

    def area(self, said: str) -> str:
        """By code or name. Raises Invalid."""
        code = self.codes.get(said) or self.codes.get(said.casefold())
        named = [code] if code else self.names.get(said.casefold(), [])
        if len(named) == 1:
            return named[0]
        if named:
            raise Invalid(f"Several areas are called {said!r}; write one of the codes {', '.join(sorted(named)[:4])}")
        raise Invalid(f"We have no area {said!r}; write its code or its name, or add it to the areas first")

    def point(self, session: Session, said: str, radius_km: float | None, *, is_on_file: bool) -> Point:
        """By "latitude,longitude" or a place's name, either with "@5" for its own radius in km. Raises Invalid."""
        place, at, own = said.rpartition("@")
        place, km = (place, radius(own)) if at else (said, radius_km)
        km = km if km is not None else 0.0 if is_on_file else AROUND_KM
        key = (said, km, is_on_file)
        known = self._points.get(key) or self._read_point(session, place, km)
        if len(self._points) < MOST_KEPT:
            self._points[key] = known
        return known

    def _read_point(self, session: Session, said: str, km: float) -> Point:
        latitude, comma, longitude = said.partition(",")
        if comma:  # the common case, without a look into the areas
            try:
                return Point(keys.key(float(latitude), float(longitude)), km * 1_000, "")
            except ValueError:
                pass
        try:
            found = near(session, said, max(km, 0.1))
            return Point(keys.key(found.circle.latitude, found.circle.longitude), km * 1_000, found.label)
        except (NotValid, ValueError) as mistake:
            raise Invalid(str(mistake)) from None

    def segment(self, said: str, *, is_tag: bool) -> str:
        """Its code; one that is new is made. Raises Invalid."""
        code = code_of(said)
        if not code:
            raise Invalid(f"{said!r} cannot name a segment; use letters and digits")
        if code not in self.segments:
            self.segments[code] = self.new_segments[code] = Segment(code=code, name=said.strip()[:80], is_tag=is_tag)
        return code

    def moment(self, said: str) -> datetime:
        """ISO 8601; one without a zone is of the zone that was chosen. Raises Invalid."""
        return moment(said, self.chosen.zone)


def code_of(said: str) -> str:
    """A name as a segment's code: "Business customers" is business-customers; "" for none."""
    letters = (letter if letter.isalnum() else "-" for letter in said.strip().casefold())
    return "-".join(part for part in "".join(letters).split("-") if part)[:40]


@lru_cache(maxsize=10_000)
def moment(said: str, zone: str) -> datetime:
    """Raises Invalid."""
    try:
        at = datetime.fromisoformat(said.replace(" UTC", "+00:00"))
    except ValueError:
        raise Invalid(f"{said[:40]!r} is no date; write it like 2025-03-31 or 2025-03-31T14:00:00Z") from None
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def radius(said: str) -> float | None:
    """Kilometres; None for "". Raises Invalid."""
    if not said:
        return None
    try:
        km = float(said.replace(",", "."))
    except ValueError:
        km = -1.0
    if not 0 <= km <= WIDEST_KM:
        raise Invalid(f"{said!r} is no radius; write kilometres from 0 to {WIDEST_KM:g}")
    return km


def severity(said: str) -> Severity:
    """Raises Invalid."""
    if not said:
        return Severity.minor
    try:
        return Severity(said.lower())
    except ValueError:
        raise Invalid(f"{said!r} is no severity; write one of {', '.join(Severity)}") from None


def kinds(said: list[str]) -> frozenset[Kind]:
    """Raises Invalid."""
    try:
        return frozenset(Kind(one.lower()) for one in said)
    except ValueError:
        raise Invalid(f"{', '.join(said)!r} are not kinds of incidents; write some of {', '.join(Kind)}") from None


def minutes(said: str, what: str) -> int | None:
    """After midnight, from "22:00"; None for "". Raises Invalid."""
    if not said:
        return None
    hours, colon, rest = said.partition(":")
    if colon and hours.isdigit() and rest.isdigit() and int(hours) < 24 and int(rest) < 60:
        return int(hours) * 60 + int(rest)
    raise Invalid(f"{said!r} is no time for {what}; write it like 22:00")


def zone(said: str) -> str:
    """Raises Invalid."""
    if said and said not in ZONES:
        raise Invalid(f"There is no time zone {said!r}; write one like Europe/Stockholm")
    return said


def language(said: str, usual: str) -> str:
    """ "sv", "en-GB". Raises Invalid."""
    if not said:
        return usual
    first, _, rest = said.replace("_", "-").partition("-")
    if (
        first.isalpha()
        and first.isascii()
        and 2 <= len(first) <= 3
        and len(said) <= 12
        and rest.isalnum() == bool(rest)
    ):
        return f"{first.lower()}-{rest}" if rest and first.lower() not in {"sv", "en"} else first.lower()
    raise Invalid(f"{said!r} is no language; write it like sv or en")
