"""Whoever reads a public page: their language, and how a page is made for them. Nobody is recognised; no cookie is set."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, make_response, render_template, request

from webapp.flow.organisation import Organisation, organisation
from webapp.flow.refusals import NotFound, Refused
from webapp.web import languages, pages, spoken
from webapp.web.session import store
from webapp.web.spoken import Words


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is told, by whom, in which words."""

    organisation: Organisation
    language: str  # of the notices
    words: Words

    @property
    def default_language(self) -> str:
        """What everything is written in."""
        return self.organisation.languages[0]

    @property
    def spoken(self) -> str:
        """The language of the page's own words."""
        return spoken.spoken_in(self.language)


def reader(own_words: Mapping[str, Words]) -> Reader:
    """The reader of this request: language as the address says, else as the browser asks, else the first."""
    ours = organisation(store())
    language = _language(ours.languages)
    return Reader(ours, language, spoken.words(language, own_words))


def page(template: str, to: Reader, **context: object) -> str:
    """A public page."""
    return render_template(
        template,
        w=to.words,
        organisation=to.organisation,
        language=to.language,
        spoken=to.spoken,
        names=languages.NAMES,
        link=link,
        **context,
    )


def dressed(refusal: Refused, own_words: Mapping[str, Words]) -> Response:
    """A refusal as a public page: with its sentence if that is in the reader's language, else with one for its sort."""
    try:
        to = reader(own_words)
    except NotFound:  # no organisation is set up, in whose name a page could speak
        return pages.refused(refusal)
    sentence = str(refusal)
    if sentence not in to.words.values():
        sentence = to.words.get(type(refusal).__name__, sentence)
    return make_response(page("public/refusal.html", to, sentence=sentence), pages.STATUS[type(refusal)])


def link(path: str, **query: str) -> str:
    """An address of ours that keeps the language which the reader chose."""
    chosen = request.args.get("lang")
    query |= {"lang": chosen} if chosen else {}
    return f"{path}?{urlencode(query)}" if query else path


def _language(languages: list[str]) -> str:
    asked = request.args.get("lang", "")
    if asked in languages:
        return asked
    return request.accept_languages.best_match(languages, default=languages[0]) or languages[0]
