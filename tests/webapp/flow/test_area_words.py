"""Where something applies, as people read it: shapes and exclusions in each language."""

from sqlmodel import Session

from tests.builders import an_organisation
from webapp.flow.areas import Where, drawn, in_sentences, in_words, near
from webapp.geo import shapes
from webapp.geo.keys import Box

A_BOX = shapes.box(Box(61.9, 14.0, 62.2, 14.8))


def test_shapes_and_exclusions_are_said_in_both_languages(session: Session) -> None:
    an_organisation(session)
    where = Where(
        nears=(near(session, "Sveg", 7.5),),
        drawns=(drawn("the valley", A_BOX),),
        but=Where(codes=("SE-2361",), nears=(near(session, "Sveg", 2),)),
    )

    assert in_words(session, where) == "Sveg, within 7.5 km and the valley, except Härjedalen and Sveg, within 2 km"
    assert in_words(session, where, "sv") == "Sveg, inom 7,5 km och the valley, utom Härjedalen och Sveg, inom 2 km"
    assert in_sentences(session, where) == {
        "en": "in the valley and within 7.5 km of Sveg, except in Härjedalen and within 2 km of Sveg",
        "sv": "i the valley och inom 7,5 km från Sveg, utom i Härjedalen och inom 2 km från Sveg",
    }


def test_a_shape_without_a_name_claims_no_place_and_is_named_once(session: Session) -> None:
    an_organisation(session)
    where = Where(drawns=(drawn("", A_BOX), drawn(" ", A_BOX)))

    assert in_sentences(session, where) == {"en": "in a marked area", "sv": "i ett markerat område"}
    assert in_words(session, Where(but=where), "sv") == "överallt, utom ett markerat område"
