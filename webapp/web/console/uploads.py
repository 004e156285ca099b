"""Files that come with a form. Forms with shapes may be larger than others."""

from flask import Flask, request
from werkzeug.datastructures import MultiDict

from webapp.geo.geojson import MOST_BYTES

LARGE_FORMS = frozenset({"console.new_incident", "console.show_recommendation", "console.recommend", "console.create_incident",
                         "console.keep_area", "console.show_outline", "console.import_areas", "console.try_import"})  # fmt: skip


def install(app: Flask) -> None:
    """Let these forms hold a file of GeoJSON; asked before anything reads the form."""

    def allow() -> None:
        if request.endpoint in LARGE_FORMS:
            request.max_content_length = 2 * MOST_BYTES + 1_000_000
            request.max_form_memory_size = MOST_BYTES + 1_000_000

    app.before_request(allow)


def with_upload(sent: MultiDict[str, str]) -> MultiDict[str, str]:
    """The form as if the texts of its files had been pasted; a file of shapes takes the place of what was there."""
    shapes, codes = _text("upload"), _text("codes_file")
    if not shapes and not codes:
        return sent
    pasted = MultiDict(sent)
    if shapes:
        pasted["drawn"] = shapes
    if codes:
        pasted["codes"] = f"{sent.get('codes', '')}\n{codes}".strip()
    return pasted


def _text(name: str) -> str:
    file = request.files.get(name)
    return file.read().decode("utf-8-sig", errors="replace") if file else ""
