"""Signed addresses: only we can have made them, and each serves one purpose."""

from hypothesis import given
from hypothesis import strategies as st

from webapp.links import Links

LINKS = Links("https://status.example.org", "secret")
OTHERS = Links("https://status.example.org", "another secret")
IDS = st.integers(1, 2**63 - 1)


def token(address: str) -> str:
    return address.replace("=", "/").rsplit("/", 1)[1]


@given(IDS)
def test_a_link_leads_back_to_its_subscriber(subscriber_id: int) -> None:
    assert LINKS.subscriber_id(token(LINKS.preferences(subscriber_id))) == subscriber_id
    assert LINKS.subscriber_id(token(LINKS.unsubscribe(subscriber_id))) == subscriber_id


@given(st.text(st.characters(codec="utf-8")))
def test_a_receipt_leads_back_to_its_delivery(key: str) -> None:
    assert LINKS.receipt_key(token(LINKS.receipt(key))) == key


@given(st.text())
def test_what_we_did_not_sign_leads_nowhere(made_up: str) -> None:
    assert LINKS.subscriber_id(made_up) is None
    assert LINKS.receipt_key(made_up) is None


@given(IDS, st.data())
def test_a_link_with_one_character_changed_leads_nowhere(subscriber_id: int, data: st.DataObject) -> None:
    good = token(LINKS.preferences(subscriber_id))
    place = data.draw(st.integers(0, len(good) - 2))  # some bits of the last character carry nothing
    other = data.draw(st.sampled_from([letter for letter in "abcXYZ019-_." if letter != good[place]]))

    assert LINKS.subscriber_id(good[:place] + other + good[place + 1 :]) is None


@given(IDS)
def test_a_link_serves_one_purpose_and_one_installation(subscriber_id: int) -> None:
    of_subscriber, of_receipt = token(LINKS.preferences(subscriber_id)), token(LINKS.receipt(str(subscriber_id)))

    assert LINKS.receipt_key(of_subscriber) is None
    assert LINKS.subscriber_id(of_receipt) is None
    assert OTHERS.subscriber_id(of_subscriber) is None


@given(IDS, st.text(st.characters(codec="utf-8")))
def test_links_are_addresses_as_they_stand(subscriber_id: int, key: str) -> None:
    for link in (LINKS.preferences(subscriber_id), LINKS.unsubscribe(subscriber_id), LINKS.receipt(key)):
        assert link.isascii()
        assert not set(link) & set(" \"'<>#%+\\")
