"""Every format as its tool writes it: known by its marks, read into the same entries."""

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.flow import signups
from webapp.flow.refusals import NotValid
from webapp.imports import addresses, reading, recognise
from webapp.imports.entry import Entry, Invalid, Raw, Unreadable
from webapp.imports.shape import Shape

STATUSPAGE = [
    {"id": "8w3xkfq1", "page_id": "kctbh9vrtdwd", "mode": "email", "email": "anna@example.org", "endpoint": None, "phone_number": None, "phone_country": None,
     "components": ["atm000000001", "app000000001"], "quarantined_at": None, "created_at": "2024-02-15T13:37:37.407-08:00"},
    {"id": "8w3xkfq2", "page_id": "kctbh9vrtdwd", "mode": "sms", "email": None, "endpoint": None, "phone_number": "701234567", "phone_country": "SE",
     "components": None, "quarantined_at": None, "created_at": "2024-02-15T13:37:37.407Z"},
    {"id": "8w3xkfq3", "page_id": "kctbh9vrtdwd", "mode": "email", "email": "gone@example.org", "components": None,
     "quarantined_at": "2025-01-01T00:00:00Z", "created_at": "2024-02-15T13:37:37Z"},
]  # fmt: skip
INSTATUS = [
    {"id": "a", "email": "anna@example.org", "phone": None, "webhook": None, "confirmed": True, "all": False,
     "components": [{"id": "c1", "name": {"en": "Cash machines", "sv": "Uttagsautomater"}}]},
    {"id": "b", "email": None, "phone": "+46701234567", "confirmed": True, "all": True, "components": []},
    {"id": "c", "email": "never@example.org", "confirmed": False, "all": True, "components": []},
]  # fmt: skip
BETTER_STACK = {"data": [
    {"id": "1", "type": "status_page_subscriber", "attributes": {"email": "anna@example.org", "confirmed_at": "2024-03-01T10:00:00.000Z", "status_page_resource_ids": [77, 78]}},
    {"id": "2", "type": "status_page_subscriber", "attributes": {"email": "never@example.org", "confirmed_at": None, "status_page_resource_ids": []}},
], "pagination": {"next": None}}  # fmt: skip
CACHET = {"data": [
    {"type": "subscribers", "id": "1", "attributes": {"email": "anna@example.org", "email_verified_at": {"human": "1 year ago", "string": "2024-03-01 10:00:00"}, "global": True}},
    {"type": "subscribers", "id": "2", "attributes": {"email": "bo@example.org", "email_verified_at": None, "global": False}},
]}  # fmt: skip
ILERT = [
    {"target": "anna@example.org", "type": "EMAIL", "locale": "SV", "services": ["Cash machines"]},
    {"target": "+46701234567", "type": "SMS", "locale": "en", "services": []},
]
CHECKLY = {
    "subscriptions": [{"type": "EMAIL", "config": {"address": "anna@example.org", "subscribedComponents": ["c1"]}}],
    "autoVerify": True,
}
SORRY = '"email","phone_number","first_name","last_name","nickname","city","tag_list"\n"anna@example.org","+46 70 123 45 67","Anna","Berg","","Sveg","press,vip"\n'
LISTMONK = 'email,name,attributes\nanna@example.org,Anna Berg,"{""city"": ""Sveg"", ""language"": ""sv""}"\n'
POSITIONAL = "email,anna@example.org,yes\nsms,0701234567,SE\nwebhook,https://hooks.example.org/1,ops@example.org\n"
OWN = "external_id;E-mail;Phone;language;areas;points;radius_km;segments;consent_at\nC1;anna@example.org;070-123 45 67;sv;SE-2361|sveg;62.03,14.36;5;Business customers;2024-05-01\n"


class Seen(NamedTuple):
    """What a file gave."""

    shape: Shape
    entries: list[Entry]
    problems: list[str]


def seen(content: object, *, encoding: str = "utf-8", chosen: str = "") -> Seen:
    """A file read as an import reads it, in small pieces."""
    text = content if isinstance(content, str) else json.dumps(content)
    whole = text.encode(encoding)
    pieces = [whole[start : start + 50] for start in range(0, len(whole), 50)]
    shape = recognise.look(lambda: iter(pieces), chosen=chosen)
    rows = list(reading.reads(lambda: iter(pieces), shape, {}))
    return Seen(shape, [row.entry for row in rows if row.entry], [row.problem for row in rows if row.problem])


def test_an_api_dump_of_statuspage_keeps_components_and_leaves_out_the_quarantined() -> None:
    found = seen(STATUSPAGE)

    assert found.shape.format == "statuspage"
    assert [entry.components for entry in found.entries] == [["atm000000001", "app000000001"], [], []]
    assert addresses.normalised(found.entries[1].addresses[0], "") == ("sms", "+46701234567")
    assert [bool(entry.skip) for entry in found.entries] == [False, False, True]
    assert found.entries[0].consent_at.startswith("2024-02-15")


def test_pages_of_an_api_dump_may_stand_one_after_another() -> None:
    found = seen(json.dumps(STATUSPAGE[:1]) + "\n" + json.dumps(STATUSPAGE[1:]))

    assert len(found.entries) == 3


def test_the_positional_csv_of_statuspage_has_no_header() -> None:
    found = seen(POSITIONAL)

    assert found.shape.format == "statuspage_csv"
    assert [entry.addresses[0] for entry in found.entries] == [
        Raw("email", "anna@example.org"),
        Raw("sms", "0701234567", "SE"),
        Raw("webhook", "https://hooks.example.org/1"),
    ]


def test_names_of_components_at_instatus_may_be_given_by_language() -> None:
    found = seen(INSTATUS)

    assert found.shape.format == "instatus"
    assert [entry.components for entry in found.entries] == [["Cash machines"], [], []]
    assert found.entries[2].skip == "They never confirmed at Instatus"


def test_better_stack_says_who_confirmed() -> None:
    found = seen(BETTER_STACK)

    assert found.shape.format == "better_stack"
    assert found.entries[0].components == ["77", "78"]
    assert found.entries[1].skip


def test_cachet_speaks_json_api_too_and_is_not_taken_for_better_stack() -> None:
    found = seen(CACHET)

    assert found.shape.format == "cachet"
    assert found.entries[0].consent_at == "2024-03-01 10:00:00"
    assert found.entries[1].skip == "They never confirmed at Cachet"


@pytest.mark.parametrize(
    ("content", "format_"), [(ILERT, "ilert"), (CHECKLY, "checkly"), (SORRY, "sorry"), (LISTMONK, "listmonk")]
)
def test_these_are_known_by_their_marks_too(content: object, format_: str) -> None:
    found = seen(content)

    assert found.shape.format == format_
    assert Raw("email", "anna@example.org") in found.entries[0].addresses
    assert not found.problems


def test_sorry_has_people_with_two_addresses_and_tags() -> None:
    entry = seen(SORRY).entries[0]

    assert [raw.channel for raw in entry.addresses] == ["email", "sms"]
    assert (entry.name, entry.tags) == ("Anna Berg", ["press", "vip"])


def test_our_own_table_finds_its_separator_and_forgives_how_columns_are_written() -> None:
    found = seen(OWN)

    assert (found.shape.format, found.shape.delimiter) == ("csv", ";")
    entry = found.entries[0]
    assert (entry.external_id, entry.language, entry.areas, entry.points) == (
        "C1",
        "sv",
        ["SE-2361", "sveg"],
        ["62.03,14.36"],
    )
    assert addresses.normalised(entry.addresses[1], "SE") == ("sms", "+46701234567")


def test_columns_may_be_called_as_swedish_registers_call_them() -> None:
    entry = seen("Kundnr;E-post;Mobilnummer;Namn;Språk\nK1;anna@example.org;0701234567;Anna;sv\n").entries[0]

    assert (entry.external_id, entry.name, entry.language) == ("K1", "Anna", "sv")
    assert [raw.channel for raw in entry.addresses] == ["email", "sms"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_any_encoding_that_spreadsheets_write_is_read(encoding: str) -> None:
    found = seen("name,email\nÅsa Öberg,asa@example.org\n", encoding=encoding)

    assert found.entries[0].name == "Åsa Öberg"
    assert bool(found.shape.notices) == (encoding not in {"utf-8", "utf-8-sig"})


def test_one_object_a_line_is_read() -> None:
    found = seen('{"email": "anna@example.org", "components": ["atm"]}\n{"phone": "+46701234567"}\n')

    assert found.shape.format == "json"
    assert [entry.components for entry in found.entries] == [["atm"], None]


def test_a_file_that_may_be_two_things_is_not_guessed() -> None:
    with pytest.raises(Unreadable, match="choose which"):
        seen("email,first_name,last_name,attributes\nanna@example.org,Anna,Berg,{}\n")

    assert (
        seen("email,first_name,last_name,attributes\nanna@example.org,A,B,{}\n", chosen="sorry").shape.format == "sorry"
    )


def test_a_file_that_breaks_off_says_after_which_entry() -> None:
    text = json.dumps(STATUSPAGE)

    with pytest.raises(Unreadable, match="After entry 1 it is not JSON"):
        seen(text[: text.index("8w3xkfq2") + 30])


def test_a_row_with_too_many_cells_is_wrong_and_others_are_not() -> None:
    found = seen("name,email\nBerg, Anna,anna@example.org\nBo,bo@example.org\n")

    assert [entry.name for entry in found.entries] == ["Bo"]
    assert "more cells" in found.problems[0]


NUMBERS = st.one_of(
    st.from_regex(r"(\+46|0)7[0-9]{1,9}", fullmatch=True),
    st.from_regex(r"\+[0-9]{4,15}", fullmatch=True),
    st.text(max_size=15),
)
LETTERS = st.text(alphabet="aB.+-_ @åé'\"!", max_size=12)


@given(NUMBERS)
def test_numbers_are_read_as_the_sign_up_reads_them(said: str) -> None:
    assert either(lambda: addresses.mobile(said, "SE")) == either(lambda: signups.normalised("sms", said))


@given(
    st.one_of(
        st.emails(), st.builds("{}@{}".format, LETTERS, st.sampled_from(["example.org", "mail.example", "b", "a..b"]))
    )
)
def test_mail_addresses_are_read_as_the_sign_up_reads_them(said: str) -> None:
    assert either(lambda: addresses.mail(said)) == either(lambda: signups.normalised("email", said))


def either(read: Callable[[], str]) -> str | None:
    """The value, or None for a refusal."""
    try:
        return read()
    except (Invalid, NotValid):
        return None
