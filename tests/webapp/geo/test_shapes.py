"""Drawn and uploaded areas: what is mended, what is refused, and that what is shown is what is used."""

import json

import pytest
import shapely
from shapely import Polygon

from webapp.geo import geojson, reading_apart, shapes
from webapp.geo.circles import Circle
from webapp.geo.keys import Box
from webapp.geo.shapes import BadShape

SVEG = Circle(62.0346, 14.3658, 15_000)
SQUARE = [[14.0, 62.0], [14.5, 62.0], [14.5, 62.2], [14.0, 62.2], [14.0, 62.0]]


def polygon(*rings: list[list[float]]) -> str:
    return json.dumps({"type": "Polygon", "coordinates": rings})


def test_a_square_is_taken_as_it_is() -> None:
    read = geojson.one(polygon(SQUARE))

    assert read.changes == ()
    assert read.shape.equals(Polygon(SQUARE))
    assert shapes.square_km(read.shape) == pytest.approx(581, rel=0.01)


def test_what_is_stored_comes_back_to_the_last_digit() -> None:
    shape = geojson.one(
        polygon([[14.1234567890123, 62.0], [14.5, 62.00000000001], [14.2, 62.7], [14.1234567890123, 62.0]])
    ).shape

    assert list(shapes.from_text(shapes.as_text(shape)).geoms[0].exterior.coords) == list(
        shape.geoms[0].exterior.coords
    )


def test_a_bow_tie_keeps_both_halves_and_says_so() -> None:
    read = geojson.one(polygon([[14.0, 62.0], [15.0, 63.0], [15.0, 62.0], [14.0, 63.0], [14.0, 62.0]]))

    assert shapely.intersects_xy(read.shape, [14.1, 14.9], [62.5, 62.5]).all()
    assert len(read.changes) == 1
    assert "crosses itself near 62.5000, 14.5000" in read.changes[0]
    assert "2 parts" in read.changes[0]


def test_a_hole_is_no_part_of_the_area() -> None:
    hole = [[14.2, 62.05], [14.2, 62.1], [14.3, 62.1], [14.3, 62.05], [14.2, 62.05]]

    shape = geojson.one(polygon(SQUARE, hole)).shape

    assert shapely.intersects_xy(shape, [14.25, 14.1, 14.2], [62.07, 62.07, 62.07]).tolist() == [False, True, True]


def test_overlapping_parts_are_joined_and_it_is_said() -> None:
    other = [[x + 0.1, y] for x, y in SQUARE]

    read = geojson.one(json.dumps({"type": "MultiPolygon", "coordinates": [[SQUARE], [other]]}))

    assert len(read.shape.geoms) == 1
    assert "overlap" in read.changes[0]


@pytest.mark.parametrize("outside", [SQUARE, SQUARE[::-1]])
def test_outsides_are_wound_against_the_clock_and_holes_with_it(outside: list[list[float]]) -> None:
    hole = [[14.2, 62.05], [14.3, 62.05], [14.3, 62.1], [14.2, 62.1], [14.2, 62.05]]

    (part,) = geojson.one(polygon(outside, hole)).shape.geoms

    assert part.exterior.is_ccw
    assert not part.interiors[0].is_ccw


def test_an_outline_across_180_degrees_is_cut_there() -> None:
    fiji = polygon([[177.0, -19.0], [-178.0, -19.0], [-178.0, -16.0], [177.0, -16.0], [177.0, -19.0]])

    read = geojson.one(fiji)

    assert read.changes == ("It crosses 180° and was cut there",)
    assert sorted(part.bounds for part in read.shape.geoms) == [
        (-180.0, -19.0, -178.0, -16.0),
        (177.0, -19.0, 180.0, -16.0),
    ]
    assert shapely.intersects_xy(read.shape, [179.0, -179.0, 180.0, -180.0, 0.0], [-17.0] * 5).tolist() == [
        True
    ] * 4 + [False]


def test_longitudes_that_go_on_beyond_180_degrees_mean_the_same() -> None:
    beyond = polygon([[177.0, -19.0], [182.0, -19.0], [182.0, -16.0], [177.0, -16.0], [177.0, -19.0]])

    assert sorted(part.bounds[0] for part in geojson.one(beyond).shape.geoms) == [-180.0, 177.0]


def test_a_hole_across_180_degrees_stays_a_hole() -> None:
    outside = [[170.0, -20.0], [-170.0, -20.0], [-170.0, -10.0], [170.0, -10.0], [170.0, -20.0]]
    hole = [[-179.0, -16.0], [179.0, -16.0], [179.0, -14.0], [-179.0, -14.0], [-179.0, -16.0]]

    shape = geojson.one(polygon(outside, hole)).shape

    assert shapely.intersects_xy(shape, [179.5, -179.5, 175.0, -175.0], [-15.0] * 4).tolist() == [
        False,
        False,
        True,
        True,
    ]


def test_the_frame_of_a_world_map_is_not_taken_for_a_crossing() -> None:
    shape = geojson.one(polygon([[-180, -60], [180, -60], [180, 70], [-180, 70], [-180, -60]])).shape

    assert shape.bounds == (-180.0, -60.0, 180.0, 70.0)
    assert shapely.intersects_xy(shape, 0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[1, 2", "not JSON"),
        ("[]", "object"),
        ('{"type": "Point", "coordinates": [14, 62]}', "'Point' has no inside"),
        ('{"type": "Feature", "geometry": null}', "no geometry"),
        ('{"type": "FeatureCollection"}', "features"),
        ('{"type": "Polygon", "coordinates": []}', "list is missing"),
        (polygon([[14, 62], [15, 62]]), "at least three corners"),
        (polygon([[14, 62], [15, 62], [16, 62], [14, 62]]), "Nothing is left"),
        (polygon([[14, 62], [15, 62], [15, "62"], [14, 62]]), r"coordinates\[0\]\[2\]: 62 is not a number"),  # type: ignore[list-item]
        ('{"type": "Polygon", "coordinates": [[[14, 62], [NaN, 62], [15, 63], [14, 62]]]}', "NaN is not a number"),
        ('{"type": "Polygon", "coordinates": [[[14, 62], [1e999, 62], [15, 63], [14, 62]]]}', "is not a number"),
        ('{"type": "Polygon", "coordinates": [[[14, 62], [true, 62], [15, 63], [14, 62]]]}', "is not a number"),
        (polygon([[480_000, 6_900_000], [490_000, 6_900_000], [490_000, 6_950_000], [480_000, 6_900_000]]), "ogr2ogr.*EPSG:4326"),
        (polygon([[62.0, 114.0], [62.2, 114.0], [62.2, 114.5], [62.0, 114.0]]), "are they swapped"),
        (polygon([[14, 84], [15, 84], [15, 86], [14, 84]]), "beyond 85°"),
        (polygon([[0, 80], [120, 80], [-120, 80], [0, 80]]), "around a pole"),
        ("[" * 100_000, "nested"),
        (" " * 5_000_001, "5.0 MB"),
        ('{"type": "Polygon", "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::3006"}}, "coordinates": []}', "EPSG::3006.*ogr2ogr"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_area_is_refused_with_what_to_write_instead(text: str, said: str) -> None:
    with pytest.raises(BadShape, match=said):
        geojson.one(text)


def test_there_are_limits() -> None:
    fine = [[14 + n / 30_000, 62 + (n % 2) / 1_000] for n in range(20_001)]
    many = [[[[x + n / 1_000, y] for x, y in SQUARE]] for n in range(201)]
    crowd: list[object] = [{"type": "Feature", "properties": {}, "geometry": None}] * 5_001

    with pytest.raises(BadShape, match="corners"):
        geojson.one(polygon(fine))
    with pytest.raises(BadShape, match="201 parts"):
        geojson.one(json.dumps({"type": "MultiPolygon", "coordinates": many}))
    with pytest.raises(BadShape, match="5,001 features"):
        geojson.each(json.dumps({"type": "FeatureCollection", "features": crowd}))


def test_of_a_file_the_good_areas_are_read_and_the_others_named() -> None:
    good = {"type": "Feature", "properties": {"code": "a"}, "geometry": json.loads(polygon(SQUARE))}
    bad = {"type": "Feature", "properties": {"code": "b"}, "geometry": {"type": "Point", "coordinates": [14, 62]}}

    found, wrong = reading_apart.each(json.dumps({"type": "FeatureCollection", "features": [good, bad]}).encode())

    assert [each.properties["code"] for each in found] == ["a"]
    assert [mistake.at for mistake in wrong] == ["features[1].geometry"]
    assert found[0].normal.shape.equals(Polygon(SQUARE))


def test_a_file_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(BadShape, match=r"within 0\.001 seconds"):
        reading_apart.one(polygon(SQUARE).encode(), patience_s=0.001)


def test_a_file_read_apart_is_the_same_or_is_refused_the_same() -> None:
    assert reading_apart.one(polygon(SQUARE).encode()) == geojson.one(polygon(SQUARE))
    with pytest.raises(BadShape, match="not JSON"):
        reading_apart.one(b"{")


def test_an_exclusion_never_widens_an_area() -> None:
    square = geojson.one(polygon(SQUARE)).shape
    other = geojson.one(polygon([[x + 0.25, y + 0.1] for x, y in SQUARE])).shape

    rest = shapes.without(square, [other])

    assert shapely.covers(square, rest)
    assert shapes.square_km(rest) == pytest.approx(shapes.square_km(square) * 0.75, rel=0.01)
    assert shapes.without(square, [square]).is_empty


def test_several_areas_are_one_and_their_overlap_counts_once() -> None:
    square = geojson.one(polygon(SQUARE)).shape

    assert shapes.square_km(shapes.united([square, square])) == pytest.approx(shapes.square_km(square))


def test_a_circle_on_a_map_has_the_size_of_the_circle() -> None:
    assert round(shapes.square_km(shapes.outline(SVEG))) == 707


def test_a_box_may_cross_180_degrees() -> None:
    shape = shapes.box(Box(-19.0, 177.0, -16.0, -178.0))

    assert sorted(part.bounds[0] for part in shape.geoms) == [-180.0, 177.0]
    with pytest.raises(BadShape):
        shapes.box(Box(-16.0, 177.0, -19.0, 178.0))


def test_swapped_coordinates_can_be_tried_the_other_way_round() -> None:
    wrong = geojson.one(polygon([[y, x] for x, y in SQUARE])).shape

    assert shapes.swapped(wrong).equals(Polygon(SQUARE))
