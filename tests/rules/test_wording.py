"""SMS segments, safe characters and complete notices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.claims import has_next_update, has_place
from rules.wording import (
    asks_for_a_call_or_reply,
    has_link,
    has_personal_details,
    is_marketing,
    looks_dated,
    missing,
    plain,
    segments,
)

SEGMENTS = [
    ("", "GSM-7", 0, 1, 160),
    ("a" * 160, "GSM-7", 160, 1, 0),
    ("a" * 161, "GSM-7", 161, 2, 145),
    ("a" * 306, "GSM-7", 306, 2, 0),
    ("å" * 160, "GSM-7", 160, 1, 0),
    ("€" * 80, "GSM-7", 160, 1, 0),
    ("€" * 81, "GSM-7", 162, 2, 143),
    ("á" * 70, "UCS-2", 70, 1, 0),
    ("á" * 71, "UCS-2", 71, 2, 63),
    ("🙂" * 35, "UCS-2", 70, 1, 0),
    ("🙂" * 36, "UCS-2", 72, 2, 61),
]


@pytest.mark.parametrize(("text", "encoding", "units", "count", "left"), SEGMENTS)
def test_a_text_is_cut_as_the_network_cuts_it(text: str, encoding: str, units: int, count: int, left: int) -> None:
    found = segments(text)

    assert (found.encoding, found.units, found.count, found.left_in_last) == (encoding, units, count, left)


def test_an_extended_character_is_never_split_over_two_segments() -> None:
    found = segments("a" * 152 + "€" + "b" * 100)

    assert (found.units, found.count, found.left_in_last) == (254, 2, 51)


def test_a_surrogate_pair_is_never_split_over_two_segments() -> None:
    assert segments("á" * 66 + "🙂" + "b" * 10).left_in_last == 55


@pytest.mark.parametrize("letters", ["åäöÅÄÖé", "ÆØæøß", "^{}[]~\\|€"])
def test_letters_of_the_alphabet_do_not_force_ucs_2(letters: str) -> None:
    assert segments(letters).offenders == ()


@pytest.mark.parametrize("letter", list("áíóúêçčđŋšžŧï“”–—…\u00a0"))
def test_other_letters_are_named_as_offenders(letter: str) -> None:
    found = segments(f"a{letter}b{letter}")

    assert found.encoding == "UCS-2"
    assert found.offenders == (letter,)


def test_plain_makes_typography_safe_and_leaves_letters_alone() -> None:
    assert plain("”Kort” – 13–14… nu\u00a0!") == '"Kort" - 13-14... nu !'
    assert plain("tjïelte åäö") == "tjïelte åäö"


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=400))
def test_every_unit_has_its_place(text: str) -> None:
    found = segments(text)
    size = {"GSM-7": (160, 153), "UCS-2": (70, 67)}[found.encoding][found.count > 1]

    assert found.count >= 1
    assert 0 <= found.left_in_last <= size
    assert found.count * size - found.left_in_last >= found.units
    assert segments(plain(plain(text))) == segments(plain(text))


COMPLETE = {
    "headline": "Fjällbanken: cash machines in Sveg are down",
    "description": "They give no money since Thursday 19 November 12:00.",
    "instruction": "Use the machine at the station. Next update at 14:00.",
}


def test_a_complete_notice_lacks_nothing() -> None:
    assert missing(**COMPLETE, source="Fjällbanken", is_local=True) == ()


def test_a_complete_swedish_notice_lacks_nothing() -> None:
    text = {
        "headline": "Fjällbanken: bankomaterna i Sveg är ur funktion",
        "description": "De ger inga pengar sedan torsdag 19 november kl. 12.",
        "instruction": "Använd automaten vid stationen. Nästa uppdatering kl. 14.",
    }

    assert missing(**text, source="Fjällbanken", is_local=True) == ()


@pytest.mark.parametrize(
    ("changed", "lacking"),
    [
        ({"headline": "Cash machines in Sveg are down"}, "source"),
        ({"headline": "", "description": ""}, "what"),
        ({"headline": "Fjällbanken: cash machines are down", "instruction": "Wait. Next update 14:00."}, "where"),
        ({"description": "They give no money.", "instruction": "Use another one. Next update follows."}, "when"),
        ({"instruction": ""}, "what to do"),
        ({"instruction": "Use the machine at the station."}, "next update"),
    ],
)
def test_what_a_notice_lacks_is_named(changed: dict[str, str], lacking: str) -> None:
    assert lacking in missing(**{**COMPLETE, **changed}, source="Fjällbanken", is_local=True)


@pytest.mark.parametrize("text", ["19 November", "den 19 nov", "2026-11-19", "November 19", "19/11"])
def test_a_date_makes_a_text_dated(text: str) -> None:
    assert looks_dated(text)


@pytest.mark.parametrize(
    "text", ["today", "between 13-14 we have problems", "now", "just nu", "on Thursday", "may be slow"]
)
def test_today_and_clock_times_alone_do_not(text: str) -> None:
    assert not looks_dated(text)


@pytest.mark.parametrize(
    "text", ["https://x.se/a", "www.bank.se", "go to bank.se now", "log in at fjallbanken.com/secure"]
)
def test_a_link_is_seen(text: str) -> None:
    assert has_link(text)


@pytest.mark.parametrize(
    "text", ["Do not log in.No link here", "mail us at help@bank.se", "at 12.30 and 4.5 km", "Ok.Se page 4"]
)
def test_a_sentence_without_a_space_is_no_link(text: str) -> None:
    assert not has_link(text)


@pytest.mark.parametrize(
    "text", ["Call 0771-22 44 88", "ring 08-123 45 67", "+46 70 123 45 67", "Reply YES", "Svara JA"]
)
def test_a_call_or_reply_is_seen(text: str) -> None:
    assert asks_for_a_call_or_reply(text)


@pytest.mark.parametrize(
    "text", ["Do not reply.", "Svara inte", "2026-11-16 09:00", "forward it to 7726", "from 09:00 to 10:30"]
)
def test_a_date_or_a_warning_is_no_request(text: str) -> None:
    assert not asks_for_a_call_or_reply(text)


@pytest.mark.parametrize(
    "text",
    [
        "19811218-9876",
        "811218-9876",
        "4111 1111 1111 1111",
        "SE45 5000 0000 0583 9825 7466",
        "ärende 12345",
        "account 1234 567",
    ],
)
def test_personal_details_are_seen(text: str) -> None:
    assert has_personal_details(text)


@pytest.mark.parametrize(
    "text", ["19811218-9875", "2026-11-16 12:00", "0771-224488", "1,450 customers", "in case of fire 112"]
)
def test_other_numbers_are_no_personal_details(text: str) -> None:
    assert not has_personal_details(text)


@pytest.mark.parametrize(
    ("text", "offers"),
    [
        ("20 % rabatt", True),
        ("see our offers", True),
        ("Köp nu", True),
        ("the area is closed", False),
        ("reasons", False),
    ],
)
def test_marketing_is_seen(text: str, offers: bool) -> None:
    assert is_marketing(text) is offers


def test_a_month_is_no_place() -> None:
    assert not has_place("in November")
    assert has_place("i Sveg")
    assert has_place("i hela landet")


@pytest.mark.parametrize("text", ["within 15 km of Sveg", "inom 15 km från Sveg", "inom 1,5 mil från Östersund"])
def test_a_place_with_a_distance_is_a_place(text: str) -> None:
    assert has_place(text)
    assert not has_place("within 15 km of us")


def test_new_information_is_a_next_update() -> None:
    assert has_next_update("Ny information kommer kl 14")
