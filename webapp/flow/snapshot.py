"""Everybody as numbers in memory: who is in a place, counted in milliseconds. Built by `snapshot_building`.

People are numbered in the order of their first point on the map, so that a place is a few stretches of numbers. What
decides about a person besides places (consents, wishes, language, segments) is one small code, their sort; a count is
how many of each sort are there, and every filter afterwards works on sorts alone.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules import facts
from rules.terms import Severity
from webapp.flow.audience import OWED_BY_LAW, Concern, Counted
from webapp.flow.places import Places
from webapp.geo import descent, keys
from webapp.geo.regions import Region

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
THERE, CHOSEN = 1, 2  # bits: any place of theirs lies there; what they chose covers it
FEW = 20  # the share of people, one in so many, up to which hits are sorted rather than marked


@dataclass(frozen=True, slots=True)
class Arrays:
    """As they are stored, one file each. N people, P points, W of them with a circle of their own, M codes of people."""

    person_id: Ints  # N
    by_id: NDArray[np.int32]  # N: people's numbers in the order of their ids
    sort: NDArray[np.int32]  # N
    z: Ints  # P, ascending
    point_person: NDArray[np.int32]  # P
    point_on_file: Bools  # P
    wide: Ints  # W: positions among the points, ascending
    wide_radius_m: NDArray[np.float64]  # W
    area_start: Ints  # one for each code, and the end
    area_person: NDArray[np.int32]  # M, code by code
    area_chosen: Bools  # M


@dataclass(frozen=True, slots=True)
class Sorts:
    """What each sort of person is. Columns of equal length; masks have a bit for each of `Words.channels`."""

    is_customer: Bools
    follows_everywhere: Bools
    is_paused: Bools
    language: Ints
    confirmed: Ints  # mask: asked, confirmed and not suppressed
    on_file: Ints  # mask: on file and not suppressed
    served: Ints  # mask: on file, and service messages are not refused
    wishes: Ints  # number in `Words.wishes`
    segments: Ints  # number in `Words.segments`


@dataclass(frozen=True, slots=True)
class Words:
    """What the numbers mean."""

    channels: tuple[str, ...]
    languages: tuple[str, ...]
    areas: tuple[str, ...]
    wishes: tuple[tuple[tuple[str | None, str, str], ...], ...]  # sets of component id, severity floor, kinds
    segments: tuple[tuple[str, ...], ...]  # sets of codes


@dataclass(frozen=True, slots=True)
class Hits:
    """Who is in a place: people's numbers, ascending, and which bits they have; how many of each sort."""

    people: Ints
    bits: NDArray[np.uint8]
    is_everybody: bool = False  # then people are those who lack a bit


@dataclass(frozen=True)
class Snapshot:
    """One generation of everybody. `mark`: whoever changed at or after it must be asked about elsewhere."""

    arrays: Arrays
    sorts: Sorts
    words: Words
    mark: int
    area_number: Mapping[str, int] = field(init=False)
    totals: Ints = field(init=False)  # people of each sort

    def __post_init__(self) -> None:
        """What is derived once."""
        object.__setattr__(self, "area_number", {code: number for number, code in enumerate(self.words.areas)})
        object.__setattr__(self, "totals", np.bincount(self.arrays.sort, minlength=len(self.sorts.language)))

    @property
    def people(self) -> int:
        """How many."""
        return len(self.arrays.person_id)

    def hits(self, places: Places) -> Hits:
        """Whose places lie there. The slow part; what follows works on its answer."""
        points = _Marks(self, places)
        if not places.is_limited:
            return points.everybody()
        return points.merged()

    def tally(self, hits: Hits, *, without: Collection[int] = ()) -> Ints:
        """People by sort and bits, shape (sorts, 4). `without`: ids of people to leave out."""
        kinds = len(self.totals)
        gone = self._numbers(without)
        bits = hits.bits.astype(np.int64)
        table = (
            np.bincount(self.arrays.sort[hits.people] * 4 + bits, minlength=kinds * 4)
            .reshape(kinds, 4)
            .astype(np.int64)
        )
        where = np.searchsorted(hits.people, gone)
        is_hit = np.zeros(len(gone), dtype=np.bool_)
        is_hit[where < len(hits.people)] = (
            hits.people[where[where < len(hits.people)]] == gone[where < len(hits.people)]
        )
        np.subtract.at(table, (self.arrays.sort[gone[is_hit]], bits[where[is_hit]]), 1)
        rest = self.totals - np.bincount(self.arrays.sort[gone], minlength=kinds) - table.sum(axis=1)
        table[:, THERE | CHOSEN if hits.is_everybody else 0] += rest
        everywhere = np.flatnonzero(self.sorts.follows_everywhere)
        for bit in (0, THERE):  # who follows everything follows it here
            table[everywhere, bit | CHOSEN] += table[everywhere, bit]
            table[everywhere, bit] = 0
        return table

    def counted(
        self,
        table: Ints,
        concern: Concern,
        *,
        channels: Sequence[str],
        languages: Collection[str] | None = None,
        segments: Collection[str] | None = None,
    ) -> Counted:
        """As `audience.count`, from a tally; only of some languages, or of people in one of some segments, if given."""
        sorts, which = self.sorts, self._only(languages, segments)
        asking = self._asking(concern)[sorts.wishes] & ~sorts.is_paused
        on_file = sorts.on_file if concern.kind in OWED_BY_LAW else sorts.served
        wanted = sum(1 << number for number, name in enumerate(self.words.channels) if name in channels)
        groups, readers, people = Counter[tuple[int, int]](), Counter[int](), 0
        for bits in (THERE, CHOSEN, THERE | CHOSEN):
            number = np.where(which, table[:, bits], 0)
            asks = asking if bits & CHOSEN else np.zeros_like(asking)
            is_there = sorts.is_customer if bits & THERE else np.zeros_like(asking)
            number = np.where((asks & (sorts.confirmed != 0)) | is_there, number, 0)
            some = np.flatnonzero(number)
            asked = np.where(asks, sorts.confirmed & wanted, 0)[some]
            kept = np.where(is_there, on_file & wanted, 0)[some] & ~asked
            people += int(number.sum())
            for one, two, language, count in zip(
                asked.tolist(), kept.tolist(), sorts.language[some].tolist(), number[some].tolist(), strict=True
            ):
                readers[language] += count
                if one or two:
                    groups[one, two] += count
        found = (facts.Group(count, self._named(one), self._named(two)) for (one, two), count in sorted(groups.items()))
        return Counted(people, tuple(found), frozenset(self.words.languages[number] for number in readers))

    def by_segment(self, table: Ints, concern: Concern) -> dict[str, int]:
        """People in each segment; one person may be in several."""
        codes = {code for some in self.words.segments for code in some}
        return {code: self.counted(table, concern, channels=(), segments={code}).people for code in sorted(codes)}

    def by_language(self, table: Ints, concern: Concern) -> dict[str, int]:
        """People by the language that they read."""
        return {
            each: self.counted(table, concern, channels=(), languages={each}).people for each in self.words.languages
        }

    def _only(self, languages: Collection[str] | None, segments: Collection[str] | None) -> Bools:
        spoken = np.array([languages is None or each in languages for each in self.words.languages] or [True])
        meant = np.array(
            [segments is None or bool(set(some) & set(segments)) for some in self.words.segments] or [True]
        )
        return np.asarray(spoken[self.sorts.language] & meant[self.sorts.segments])

    def _asking(self, concern: Concern) -> Bools:
        """Per set of wishes: whether one of them covers this incident."""
        severity = Severity.minor if concern.severity is Severity.unknown else concern.severity
        parts = {None, *(component_id.hex for component_id in concern.component_ids)}
        return np.array(
            [any(_covers(wish, parts, severity, concern) for wish in some) for some in self.words.wishes] or [False]
        )

    def _named(self, mask: int) -> frozenset[str]:
        return frozenset(name for number, name in enumerate(self.words.channels) if mask >> number & 1)

    def _numbers(self, ids: Collection[int]) -> Ints:
        """Numbers of those of these people whom this snapshot knows."""
        wanted = np.unique(np.array(list(ids), dtype=np.int64))
        if not len(wanted) or not self.people:
            return np.empty(0, dtype=np.int64)
        where = np.searchsorted(self.arrays.person_id, wanted, sorter=self.arrays.by_id)
        found = self.arrays.by_id[np.minimum(where, self.people - 1)].astype(np.int64)
        return np.asarray(found[self.arrays.person_id[found] == wanted])


def _covers(wish: tuple[str | None, str, str], parts: set[str | None], severity: Severity, concern: Concern) -> bool:
    component, floor, kinds = wish
    about = not kinds or (concern.kind is not None and f" {concern.kind} " in kinds)
    return about and component in parts and Severity(floor) <= severity


class _Marks:
    """The same questions as `there.There` asks the database, asked of arrays."""

    def __init__(self, snapshot: Snapshot, places: Places) -> None:
        self.snapshot, self.arrays, self.places = snapshot, snapshot.arrays, places
        self.wide_z = self.arrays.z[self.arrays.wide]
        self.widest = float(self.arrays.wide_radius_m.max(initial=0.0))
        self.in_regions = [self._reached(region) for region in places.regions]

    def merged(self) -> Hits:
        """People with a bit, once each."""
        there, chosen = self._there(), self._chosen()
        size = sum(map(len, (*there, *chosen)))
        if size * FEW > self.snapshot.people:
            marks = np.zeros(self.snapshot.people, dtype=np.uint8)
            for bit, parts in ((THERE, there), (CHOSEN, chosen)):
                for part in parts:
                    marks[part] |= bit
            people = np.flatnonzero(marks)
            return Hits(people, marks[people])
        marked = [
            (part.astype(np.int64) << 2) | bit for bit, parts in ((THERE, there), (CHOSEN, chosen)) for part in parts
        ]
        both = np.sort(np.concatenate(marked)) if marked else np.empty(0, dtype=np.int64)
        people, first = np.unique(both >> 2, return_index=True)
        bits = np.bitwise_or.reduceat((both & 3).astype(np.uint8), first) if len(first) else np.empty(0, dtype=np.uint8)
        return Hits(people, bits)

    def everybody(self) -> Hits:
        """Everywhere: those who lack a bit, for all that we know of them is excluded."""
        marks = np.full(self.snapshot.people, THERE | CHOSEN, dtype=np.uint8)
        for bit, chosen in ((THERE, False), (CHOSEN, True)):
            for gone in (self._out_by_points(chosen=chosen), self._out_by_codes(chosen=chosen)):
                marks[gone] &= ~np.uint8(bit)
        people = np.flatnonzero(marks != THERE | CHOSEN)
        return Hits(people, marks[people], is_everybody=True)

    def _there(self) -> list[Ints]:
        points = [self.arrays.point_person[found].astype(np.int64) for found in self.in_regions]
        return self._kept([*points, self._coded(self.places.inside, chosen=False)], chosen=False)

    def _chosen(self) -> list[Ints]:
        touched = [self._reached(self.places.middles)] if self.places.middles else []
        found = [positions[~self.arrays.point_on_file[positions]] for positions in (*self.in_regions, *touched)]
        points = [self.arrays.point_person[positions].astype(np.int64) for positions in found]
        return self._kept([*points, self._coded(self.places.inside | self.places.holding, chosen=True)], chosen=True)

    def _kept(self, parts: list[Ints], *, chosen: bool) -> list[Ints]:
        """But for those whose codes all lie in the exclusion; of the last part, also those whose points do."""
        if not self.places.but_regions and not self.places.but_inside:
            return parts
        codes = self._out_by_codes(chosen=chosen)
        points = self._out_by_points(chosen=chosen)
        return [
            *(part[~np.isin(part, codes)] for part in parts[:-1]),
            parts[-1][~np.isin(parts[-1], np.concatenate([codes, points]))],
        ]

    def _reached(self, region: Region) -> Ints:
        """Positions of points that the region holds or that reach it, unless an exclusion swallows them."""
        found = [descent.positions(region, self.arrays.z)]
        if len(self.wide_z):
            candidates = _between(self.wide_z, region.boxes(self.widest))
            latitudes, longitudes = keys.point_array(self.wide_z[candidates])
            reached = region.reached(latitudes, longitudes, self.arrays.wide_radius_m[candidates])
            found.append(self.arrays.wide[candidates[reached]])
        positions = np.concatenate(found)
        if not self.places.but_regions or not len(positions):
            return positions
        return positions[~self._is_swallowed(positions)]

    def _is_swallowed(self, positions: Ints) -> Bools:
        latitudes, longitudes = keys.point_array(np.asarray(self.arrays.z[positions]))
        radii = np.zeros(len(positions))
        if len(self.arrays.wide):
            at = np.minimum(np.searchsorted(self.arrays.wide, positions), len(self.arrays.wide) - 1)
            radii = np.where(self.arrays.wide[at] == positions, self.arrays.wide_radius_m[at], 0.0)
        gone = np.zeros(len(positions), dtype=np.bool_)
        for region in self.places.but_regions:
            gone |= region.swallows(latitudes, longitudes, radii)
        return gone

    def _out_by_points(self, *, chosen: bool) -> Ints:
        """People who have points, every one of them excluded."""
        inside = [descent.positions(region, self.arrays.z) for region in self.places.but_regions]
        if not inside:
            return np.empty(0, dtype=np.int64)
        positions = np.unique(np.concatenate(inside))
        positions = positions[self._is_swallowed(positions)]
        counted = ~self.arrays.point_on_file if chosen else np.ones(len(self.arrays.z), dtype=np.bool_)
        gone = np.bincount(self.arrays.point_person[positions[counted[positions]]], minlength=self.snapshot.people)
        have = np.bincount(self.arrays.point_person[counted], minlength=self.snapshot.people)
        return np.flatnonzero((gone > 0) & (gone == have))

    def _out_by_codes(self, *, chosen: bool) -> Ints:
        """People who have an excluded code, and none but such and those around."""
        if not self.places.but_inside:
            return np.empty(0, dtype=np.int64)
        inside = self._coded(self.places.but_inside, chosen=chosen)
        beside = frozenset(self.snapshot.words.areas) - self.places.but_inside - self.places.but_around
        return np.setdiff1d(inside, self._coded(beside, chosen=chosen))

    def _coded(self, codes: Iterable[str], *, chosen: bool) -> Ints:
        """People with one of these codes, perhaps more than once."""
        numbers = sorted(self.snapshot.area_number[code] for code in codes if code in self.snapshot.area_number)
        found = []
        for number in numbers:
            some = slice(int(self.arrays.area_start[number]), int(self.arrays.area_start[number + 1]))
            people = self.arrays.area_person[some]
            found.append((people[self.arrays.area_chosen[some]] if chosen else people).astype(np.int64))
        return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _between(z: Ints, boxes: Sequence[Any]) -> Ints:
    """Positions of keys in one of the boxes, roughly; at least all that lie there."""
    spans = [span for box in boxes for span in keys.ranges(box, most=16)]
    parts = [np.arange(np.searchsorted(z, low), np.searchsorted(z, high, side="right")) for low, high in spans]
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)
