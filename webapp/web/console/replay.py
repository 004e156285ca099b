"""A change of the rules tried on all stored incidents: begun, gone on with, stopped, read, and taken along as a table."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from webapp import clock, db
from webapp.flow import policies as flow
from webapp.flow import replay_runs
from webapp.flow.people import Act
from webapp.flow.policies import Amendment, AmendmentStatus, PolicyVersion, compiled, examine
from webapp.flow.refusals import NotFound, NotNow
from webapp.flow.replay_runs import ReplayChange, ReplayRun, Sort, Tally
from webapp.web.console.console import console
from webapp.web.console.paging import Page, asked_number, page_of
from webapp.web.session import changes_nothing, installation, person, store

SIZE = 25
PART = {Sort.decided: 40, Sort.imported: 200}  # incidents of one step; about half a second
WHOLE = {Sort.decided: 150, Sort.imported: 1_000}  # of one click where no script goes on by itself
WAYS = {"gains": "gains", "loses": "loses", "other": "changes otherwise"}


@dataclass(frozen=True, slots=True)
class Wish:
    """Which changes somebody looks for."""

    way: str = ""  # gains, loses, other; "" = all
    channel: str = ""

    @property
    def as_query(self) -> dict[str, str]:
        """As an address says it."""
        return {name: value for name, value in (("way", self.way), ("channel", self.channel)) if value}


@dataclass(frozen=True, slots=True)
class Box:
    """One replay as it stands."""

    amendment: Amendment
    sort: Sort
    run: ReplayRun | None
    number: int  # incidents that there are
    is_open: bool  # whether it may be begun anew
    is_old: bool  # the text, the rules in force or what is stored are others by now
    is_going: bool
    tallies: list[Tally]
    changed: int

    @property
    def known(self) -> int:
        """Changes of which it is known whether the channel was used."""
        return sum(tally.known for tally in self.tallies)

    @property
    def agree(self) -> int:
        """Of these, those with which what was really done agrees."""
        return sum(tally.agree for tally in self.tallies)


@console.get("/policies/<uuid:amendment_id>/replay")
def replay(amendment_id: UUID) -> Response:
    """What it would have changed: a part of the page of the change, or a page with every change listed."""
    box = _box(_found(amendment_id), _sort())
    return _answer(box)


@console.post("/policies/<uuid:amendment_id>/replay")
def create_replay(amendment_id: UUID) -> ResponseReturnValue:
    """Begin, or begin anew."""
    amendment = _found(amendment_id)
    policy = examine(amendment.text).policy
    if policy is None or not _is_open(amendment):
        raise NotNow("This change cannot be tried: its text has mistakes, or it is decided already")
    against, usual = flow.version_in_force(store(), now=clock.now()), request.form.get("unknown") == "usual"
    replay_runs.begin(store(), amendment, version=policy.version, against=against.version, sort=_sort(), is_usual=usual,
                      by=person(), now=clock.now())  # fmt: skip
    if "HX-Request" in request.headers:
        return _answer(_box(amendment, _sort(), is_going=True))
    return _to(amendment)


@console.post("/policies/<uuid:amendment_id>/replay/parts")
@changes_nothing
def create_replay_part(amendment_id: UUID) -> ResponseReturnValue:
    """Look at the next incidents. It computes without a lock, and writes what came of it in a transaction of its own."""
    person().require(Act.approve, "Only leads replay rules")
    amendment, sort = _found(amendment_id), _sort()
    run, is_part = replay_runs.run_of(store(), amendment, sort), "HX-Request" in request.headers
    box = _box(amendment, sort)
    policy = examine(amendment.text).policy
    if run is not None and policy is not None and not run.is_done and not box.is_old:
        against = store().get_one(PolicyVersion, run.against)
        most = (PART if is_part else WHOLE)[sort]
        part = replay_runs.next_part(store(), run, policy, compiled(against), most=most)
        before, run_id = run.looked_at, run.id
        store().rollback()
        with db.transaction(installation().engine) as session:
            replay_runs.keep(session, run_id, before, part)
        store().expire_all()
    if is_part:
        return _answer(_box(_found(amendment_id), sort, is_going=True))
    return _to(_found(amendment_id))


@console.get("/policies/<uuid:amendment_id>/replay.csv")
def replay_table(amendment_id: UUID) -> Response:
    """Every change as a table for a spreadsheet."""
    amendment, sort = _found(amendment_id), _sort()
    run = replay_runs.run_of(store(), amendment, sort)
    if run is None:
        raise NotFound("It has not been tried yet")
    answer = make_response(_csv(store().exec(_wanted(run, _wish())).all()))
    answer.content_type = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="replay-{sort}.csv"'
    return answer


def _answer(box: Box) -> Response:
    """For htmx the part alone."""
    is_part = "HX-Request" in request.headers
    wish = _wish()
    rows: Page[ReplayChange] | None = None
    if box.run is not None and not box.is_going:
        rows = page_of(store(), _wanted(box.run, wish), asked_number(), SIZE)
    template = "console/policies/replay_box.html" if is_part else "console/policies/replay.html"
    may_begin = person().may(Act.approve)
    page = render_template(template, at="policies", box=box, rows=rows, wish=wish, ways=WAYS, may_begin=may_begin, is_alone=not is_part)  # fmt: skip
    answer = make_response(page)
    answer.vary.add("HX-Request")
    return answer


def _box(amendment: Amendment, sort: Sort, *, is_going: bool = False) -> Box:
    run = replay_runs.run_of(store(), amendment, sort)
    number, is_open = replay_runs.number_of(store(), sort), _is_open(amendment)
    return Box(
        amendment=amendment,
        sort=sort,
        run=run,
        number=number,
        is_open=is_open and examine(amendment.text).policy is not None,
        is_old=run is not None and is_open and _is_old(run, amendment),
        is_going=is_going and run is not None and not run.is_done,
        tallies=replay_runs.tallies(store(), run) if run else [],
        changed=replay_runs.changed(store(), run) if run else 0,
    )


def _is_old(run: ReplayRun, amendment: Amendment) -> bool:
    policy = examine(amendment.text).policy
    in_force = flow.version_in_force(store(), now=clock.now()).version
    return policy is None or policy.version != run.version or (run.sort is Sort.imported and run.against != in_force)


def _is_open(amendment: Amendment) -> bool:
    return amendment.status in {*flow.OPEN, AmendmentStatus.submitted}


def _wanted(run: ReplayRun, wish: Wish) -> SelectOfScalar[ReplayChange]:
    wanted = select(ReplayChange).where(ReplayChange.run_id == run.id)
    before, after = col(ReplayChange.before), col(ReplayChange.after)
    if wish.way == "gains":
        wanted = wanted.where(after == "use")
    if wish.way == "loses":
        wanted = wanted.where(before == "use")
    if wish.way == "other":
        wanted = wanted.where(after != "use", before != "use")
    if wish.channel:
        wanted = wanted.where(ReplayChange.channel == wish.channel.replace("_", " "))
    return wanted.order_by(col(ReplayChange.started_at).desc(), col(ReplayChange.id))


def _wish() -> Wish:
    way = request.args.get("way", "")
    return Wish(way if way in WAYS else "", request.args.get("channel", "").strip()[:24])


def _sort() -> Sort:
    asked = request.values.get("of", Sort.decided.value)
    if asked not in set(Sort):
        raise NotFound("Rules are tried on what was decided, or on what was imported")
    return Sort(asked)


def _found(amendment_id: UUID) -> Amendment:
    amendment = store().get(Amendment, amendment_id)
    if amendment is None:
        raise NotFound("There is no such change of the rules")
    return amendment


def _to(amendment: Amendment) -> ResponseReturnValue:
    return redirect(url_for("console.replay", amendment_id=amendment.id, of=_sort().value), HTTPStatus.SEE_OTHER)


def _csv(rows: Iterable[ReplayChange]) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["incident", "began", "channel", "before", "after", "rules now", "really announced", "depends on unknown facts"])  # fmt: skip
    for row in rows:
        really = "not recorded" if row.announced is None else ", ".join(row.announced) or "nowhere"
        cells = [
            row.headline,
            row.started_at.isoformat(),
            row.channel,
            row.before,
            row.after,
            ", ".join(row.rules),
            really,
        ]
        writer.writerow([_harmless(cell) for cell in [*cells, "no" if row.is_certain else "yes"]])
    return file.getvalue()


def _harmless(cell: str) -> str:
    """A spreadsheet takes what begins like this for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
