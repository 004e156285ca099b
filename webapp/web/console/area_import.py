"""Bring areas from a GeoJSON file: first a dry run with every complaint, then the same once more for good."""

from dataclasses import dataclass
from http import HTTPStatus

from flask import Response, flash, make_response, redirect, render_template, request
from wtforms import Form, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from webapp import clock
from webapp.flow import area_library, area_use
from webapp.flow.area_library import Report
from webapp.flow.areas import Level, areas
from webapp.flow.people import Act
from webapp.flow.refusals import NotValid
from webapp.geo import geojson, reading_apart
from webapp.geo.shapes import BadShape
from webapp.web.console.console import console
from webapp.web.console.uploads import with_upload
from webapp.web.console.where_reading import say
from webapp.web.session import changes_nothing, person, store

MOST_SHOWN = 200


class ImportForm(Form):
    """Where the areas come from."""

    drawn = TextAreaField("Which areas?")
    level = SelectField("What sort of areas, where the file does not say?", choices={str(level): str(level).capitalize() for level in Level},
                        default=str(Level.own))  # fmt: skip
    parent = StringField("In which area do they lie?", [Length(max=40)])
    source = StringField(
        "Where do they come from?", [InputRequired("Say who made them, like Statistics Sweden 2026"), Length(max=200)]
    )
    licence = StringField(
        "Under which licence?", [InputRequired("Say the licence, like CC0 or “our own”"), Length(max=200)]
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """What an import would do."""

    report: Report
    same: frozenset[str]  # codes that are stored exactly so

    @property
    def created(self) -> int:
        """Areas that are new."""
        return self.report.added

    @property
    def updated(self) -> int:
        """Areas that are written anew."""
        return self.report.replaced - len(self.same)


@console.get("/areas/import")
def ask_import() -> Response:
    """The empty form."""
    _require()
    return _page(ImportForm())


@console.post("/areas/import/trial")
@changes_nothing
def try_import() -> Response:
    """What it would do; nothing is stored."""
    _require()
    form = ImportForm(with_upload(request.form))
    form.validate()
    trial = _trial(form)
    return _page(form, trial, HTTPStatus.OK if trial and not form.errors else HTTPStatus.UNPROCESSABLE_ENTITY)


@console.post("/areas/import")
def import_areas() -> Response:
    """Store what is right of it."""
    _require()
    form = ImportForm(with_upload(request.form))
    is_complete = form.validate()
    trial = _trial(form)
    if not is_complete or trial is None or not trial.report.entries:
        return _page(form, trial, HTTPStatus.UNPROCESSABLE_ENTITY)
    area_use.keep(
        store(),
        trial.report,
        source=str(form.source.data),
        licence=str(form.licence.data),
        by=person(),
        now=clock.now(),
    )
    left_out = f" {len(trial.report.wrong)} were left out." if trial.report.wrong else ""
    flash(f"{trial.created} areas are new, {trial.updated} written anew, {len(trial.same)} unchanged.{left_out}")
    return make_response(redirect("/console/areas", HTTPStatus.SEE_OTHER))


def _trial(form: ImportForm) -> Trial | None:
    """None = nothing of it can be read; the form says why."""
    text = (form.drawn.data or "").strip()
    if not text:
        say(form.drawn, "Choose a file, or paste GeoJSON")
        return None
    parent = (form.parent.data or "").strip() or None
    try:
        found, wrong = reading_apart.each(text.encode()) if len(text) > geojson.MOST_BYTES // 50 else geojson.each(text)
        report = area_library.plan(store(), found, wrong, level=Level(form.level.data), parent_code=parent)
    except BadShape as mistake:
        say(form.drawn, str(mistake))
        return None
    except NotValid as refusal:
        say(form.parent, str(refusal))
        return None
    return Trial(report, frozenset(area_use.unchanged(store(), report)))


def _require() -> None:
    person().require(Act.administer, f"{person().name} may not change the area library; ask an administrator")


def _page(form: ImportForm, trial: Trial | None = None, code: HTTPStatus = HTTPStatus.OK) -> Response:
    codes = [(area.code, area.name) for area in areas(store())][:500]
    return make_response(
        render_template("console/areas/import.html", at="areas", form=form, trial=trial, codes=codes, most=MOST_SHOWN),
        code,
    )
