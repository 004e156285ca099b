"""Shapes that were drawn, pasted or uploaded: GeoJSON, read once for each text.

A circle is a Point with `radius_km` among its properties; `"excluded": true` cuts a shape out; `name` is what people call it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from webapp.geo import geojson, reading_apart
from webapp.geo.geojson import Feature
from webapp.geo.shapes import BadShape

SMALL = 100_000  # bytes that are read here; larger ones in a process of their own


@dataclass(frozen=True, slots=True)
class Disc:
    """A drawn circle."""

    at: str
    latitude: object
    longitude: object
    radius_km: object
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shapes:
    """What was read, and what could not be."""

    discs: tuple[Disc, ...] = ()
    features: tuple[Feature, ...] = ()
    wrong: tuple[str, ...] = ()

    @property
    def changes(self) -> list[str]:
        """What was mended, in words."""
        return list(dict.fromkeys(change for feature in self.features for change in feature.normal.changes))


@lru_cache(maxsize=16)
def read(text: str) -> Shapes:
    """Everything that is right, and each complaint about what is not."""
    discs, rest = _apart(text)
    if rest is None:
        return Shapes(tuple(discs))
    raw = rest.encode()
    try:
        features, wrong = geojson.each(raw) if len(raw) <= SMALL else reading_apart.each(raw)
    except BadShape as mistake:
        return Shapes(tuple(discs), wrong=(_said(mistake),))
    return Shapes(tuple(discs), tuple(features), tuple(_said(mistake) for mistake in wrong[:20]))


def _apart(text: str) -> tuple[list[Disc], str | None]:
    """Circles, and the text without them; None = nothing else is in it."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return [], text
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not any(_is_disc(each) for each in features):
        return [], text if features != [] else None
    discs = [_disc(number, each) for number, each in enumerate(features) if _is_disc(each)]
    rest = [each for each in features if not _is_disc(each)]
    return discs, json.dumps(document | {"features": rest}) if rest else None


def _is_disc(feature: Any) -> bool:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    properties = feature.get("properties") if isinstance(feature, dict) else None
    is_point = isinstance(geometry, dict) and geometry.get("type") == "Point"
    return is_point and isinstance(properties, dict) and "radius_km" in properties


def _disc(number: int, feature: dict[str, Any]) -> Disc:
    coordinates = feature["geometry"].get("coordinates")
    pair = coordinates if isinstance(coordinates, list) and len(coordinates) >= 2 else [None, None]
    properties = feature["properties"]
    return Disc(f"features[{number}]", pair[1], pair[0], properties["radius_km"], properties)


def _said(mistake: BadShape) -> str:
    return f"{mistake.sentence} ({mistake.at})" if mistake.at else mistake.sentence
