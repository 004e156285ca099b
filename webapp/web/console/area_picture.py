"""An area as a small picture: no script, no tiles; towns in it and around by name, and a scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, log10, radians

import shapely
from markupsafe import Markup
from shapely import MultiPolygon, Polygon

from webapp.geo.circles import Circle, distances_m
from webapp.geo.gazetteer import Gazetteer, Place
from webapp.web.console.picture import add, drawing, markup, path, text

WIDTH, HEIGHT, EDGE = 360.0, 220.0, 26.0
MOST_NAMES = 7
LETTER = 7.0
WIDEST_DEGREES = 60.0  # beyond that towns are not named


@dataclass(frozen=True, slots=True)
class Frame:
    """How degrees become points of the picture."""

    west: float
    north: float
    per_degree: float
    shrink: float  # a degree of longitude against one of latitude
    left: float
    top: float

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Points from the left and from the top."""
        return (self.left + (longitude - self.west) * self.shrink * self.per_degree,
                self.top + (self.north - latitude) * self.per_degree)  # fmt: skip


def picture_of(shape: MultiPolygon | None, gazetteer: Gazetteer, words: str) -> Markup | None:
    """None = there is nothing to draw. `words`: what it shows, for those who do not see it."""
    if shape is None or shape.is_empty:
        return None
    frame = _frame(shape)
    svg = drawing(
        (WIDTH, HEIGHT), "area-map", {"role": "img", "aria-label": f"Map: {words}", "width": "360", "height": "220"}
    )
    fine = shapely.simplify(shape, 0.6 / frame.per_degree)
    path(
        svg,
        "inside",
        " ".join(_line(part, frame) for part in fine.geoms) if isinstance(fine, MultiPolygon) else _line(fine, frame),
    )
    taken: list[tuple[float, float, float, float]] = []
    for place in _towns(shape, gazetteer, frame):
        x, y = frame.at(place.longitude, place.latitude)
        box = (x - 4, y - 9, x + 10 + LETTER * len(place.name), y + 9)
        if (
            box[2] < WIDTH
            and 4 < box[1] < HEIGHT - 44
            and not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken)
        ):
            taken.append(box)
            add(svg, "circle", {"class": "town", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "2.5"})
            text(svg, x + 6, y + 4, place.name, anchor="start")
    if taken:
        text(svg, WIDTH - 6, HEIGHT - 6, "GeoNames, CC BY 4.0", anchor="end", kind="credit")
    _scale(svg, frame)
    return markup(svg)


def _frame(shape: MultiPolygon) -> Frame:
    west, south, east, north = shape.bounds
    shrink = max(cos(radians((south + north) / 2)), 0.05)
    wide, tall = max((east - west) * shrink, 1e-4), max(north - south, 1e-4)
    per_degree = min((WIDTH - 2 * EDGE) / wide, (HEIGHT - 2 * EDGE) / tall)
    return Frame(west, north, per_degree, shrink, (WIDTH - wide * per_degree) / 2, (HEIGHT - tall * per_degree) / 2)


def _line(part: Polygon, frame: Frame) -> str:
    rings = [part.exterior, *part.interiors]
    return " ".join(
        "M" + "L".join("{:.1f} {:.1f}".format(*frame.at(x, y)) for x, y in ring.coords) + "Z" for ring in rings
    )


def _towns(shape: MultiPolygon, gazetteer: Gazetteer, frame: Frame) -> Sequence[Place]:
    """The largest ones in the picture; those inside the area first."""
    degrees_wide, degrees_tall = WIDTH / frame.per_degree / frame.shrink, HEIGHT / frame.per_degree
    if not gazetteer.is_there or degrees_wide > WIDEST_DEGREES:
        return ()
    west = frame.west - frame.left / frame.per_degree / frame.shrink
    north = frame.north + frame.top / frame.per_degree
    middle = Circle(max(min(north - degrees_tall / 2, 85.0), -85.0), west + degrees_wide / 2, 0.0)
    corner = shapely.get_coordinates(shapely.Point(west, north))
    reach = float(distances_m(middle, corner[:, 1], corner[:, 0])[0])
    least = 0 if reach < 80_000 else 3_000 if reach < 300_000 else 30_000
    near = gazetteer.within(Circle(middle.latitude, middle.longitude, reach), least_people=least)
    seen = [
        place
        for place in near
        if north - degrees_tall < place.latitude < north and west < place.longitude < west + degrees_wide
    ]
    shapely.prepare(shape)
    inside = [place for place in seen if shapely.intersects_xy(shape, place.longitude, place.latitude)]
    return [*inside, *(place for place in seen if place not in inside)][: 3 * MOST_NAMES][:MOST_NAMES]


def _scale(svg: object, frame: Frame) -> None:
    """A round length of about a quarter of the picture."""
    km_per_point = 111.2 / frame.per_degree
    wished = km_per_point * WIDTH / 4
    step = 10 ** int(log10(wished)) if wished >= 1 else 10 ** (int(log10(wished)) - 1)
    length = max(each * step for each in (1, 2, 5) if each * step <= wished)
    y = HEIGHT - 9
    path(svg, "scale", f"M10 {y}H{10 + length / km_per_point:.1f}")  # type: ignore[arg-type]
    text(svg, 10, y - 5, f"{length:g} km", anchor="start")  # type: ignore[arg-type]
