"""A stranger's file is read in a process of its own, which is ended when it takes too long or too much memory.

`python -m webapp.geo.reading_apart one|each` reads GeoJSON from standard input and writes JSON.
"""

import json
import resource
import subprocess
import sys

from webapp.geo import geojson
from webapp.geo.geojson import Feature
from webapp.geo.shapes import BadShape, Normal, as_text, from_text

PATIENCE_S = 20.0
MEMORY_BYTES = 4_000_000_000  # address space, not all of it in use


def one(text: bytes, *, patience_s: float = PATIENCE_S) -> Normal:
    """`geojson.one` apart. Raises BadShape, also when it takes longer than `patience_s`."""
    return _normal(_answer("one", text, patience_s))


def each(text: bytes, *, patience_s: float = PATIENCE_S) -> tuple[list[Feature], list[BadShape]]:
    """`geojson.each` apart. Raises BadShape, also when it takes longer than `patience_s`."""
    answer = _answer("each", text, patience_s)
    found = [Feature(item["at"], _normal(item), item["properties"]) for item in answer["found"]]
    return found, [BadShape(item["sentence"], at=item["at"]) for item in answer["wrong"]]


def _answer(how: str, text: bytes, patience_s: float) -> dict:  # type: ignore[type-arg]  # JSON of our own making
    if len(text) > geojson.MOST_BYTES:
        geojson.one(text)  # refuses it, before a process is started for it
    command = [sys.executable, "-m", "webapp.geo.reading_apart", how]
    try:
        done = subprocess.run(command, input=text, capture_output=True, timeout=patience_s, check=False)
    except subprocess.TimeoutExpired:
        raise BadShape(f"It could not be read within {patience_s:g} seconds; simplify its outlines") from None
    if done.returncode:
        raise BadShape("It takes too much memory to read; simplify its outlines")
    answer: dict = json.loads(done.stdout)  # type: ignore[type-arg]
    if "refused" in answer:
        raise BadShape(answer["refused"], at=answer["at"])
    return answer


def _normal(item: dict) -> Normal:  # type: ignore[type-arg]
    return Normal(from_text(item["shape"]), tuple(item["changes"]))


def _plain(normal: Normal) -> dict[str, object]:
    return {"shape": as_text(normal.shape), "changes": list(normal.changes)}


def _read(how: str, text: bytes) -> dict[str, object]:
    try:
        if how == "one":
            return _plain(geojson.one(text))
        found, wrong = geojson.each(text)
    except BadShape as mistake:
        return {"refused": mistake.sentence, "at": mistake.at}
    return {
        "found": [{"at": each.at, "properties": each.properties, **_plain(each.normal)} for each in found],
        "wrong": [{"sentence": mistake.sentence, "at": mistake.at} for mistake in wrong],
    }


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    json.dump(_read(sys.argv[1], sys.stdin.buffer.read()), sys.stdout)
