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
    """The form as if the text of its file had been pasted; a file takes the place of what was there."""
    file = request.files.get("upload")
    text = file.read() if file else b""
    if not text:
        return sent
    pasted = MultiDict(sent)
    pasted["drawn"] = text.decode("utf-8-sig", errors="replace")
    return pasted
