"""Twilio's signatures against known answers, and forgeries that would make its validator raise."""

import pytest

from webapp.channels.signing import verify_callback
from webapp.sandbox.callbacks import signature

TOKEN = "0123456789abcdef0123456789abcdef"
URL = "https://status.example.org/hooks/twilio/status"
FORM = {
    "AccountSid": "AC" + "0" * 32,
    "ApiVersion": "2010-04-01",
    "From": "+15551234567",
    "MessageSid": "SM" + "1" * 32,
    "MessageStatus": "undelivered",
    "SmsSid": "SM" + "1" * 32,
    "SmsStatus": "undelivered",
    "To": "+46700000001",
    "ErrorCode": "30003",
    "RawDlrDoneDate": "2611221200",
}
CALL_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
CALL = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
ANSWERS = [
    ("12345", CALL_URL, CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    (TOKEN, URL, FORM, "knV1KVdYocjRFyE0X55ix2nON+0="),
    (TOKEN, URL.replace(".org/", ".org:443/"), FORM, "2nWs2NB9LilrMh9dahKbjpCFRmE="),
]
BODY = '{"a":1,"b":"å"}'
BODY_URL = f"{URL}?bodySHA256=e0fe035b0f8976e5eea7efbfe1857706ce92bb0eded68f9d3a311abea21d4c30"


@pytest.mark.parametrize(("token", "url", "form", "answer"), ANSWERS)
def test_the_known_answers_verify(token: str, url: str, form: dict[str, str], answer: str) -> None:
    assert verify_callback(token, url, form, answer)


@pytest.mark.parametrize(("token", "url", "form", "answer"), ANSWERS)
def test_the_sandbox_signs_with_the_known_answers(token: str, url: str, form: dict[str, str], answer: str) -> None:
    assert signature(token, url, form) == answer


def test_a_json_body_verifies_by_its_hash() -> None:
    assert verify_callback(TOKEN, BODY_URL, BODY, "PR3HDk5TMTTHNX7Y9KutR3EhKwM=")
    assert not verify_callback(TOKEN, BODY_URL, BODY + " ", "PR3HDk5TMTTHNX7Y9KutR3EhKwM=")


@pytest.mark.parametrize("change", [{"ErrorCode": ""}, {"MessageStatus": "delivered"}, {"New": "parameter"}])
def test_a_changed_or_added_parameter_does_not_verify(change: dict[str, str]) -> None:
    assert not verify_callback(TOKEN, URL, FORM | change, "knV1KVdYocjRFyE0X55ix2nON+0=")


@pytest.mark.parametrize(
    ("token", "url", "params", "given"),
    [
        (TOKEN, URL, FORM, None),
        (TOKEN, URL, FORM, ""),
        (TOKEN, URL, BODY, "x"),
        (TOKEN, "https://status.example.org:port/", FORM, "x"),
        (TOKEN, URL.replace("https", "http"), FORM, "knV1KVdYocjRFyE0X55ix2nON+0="),
        ("", URL, FORM, signature("", URL, FORM)),
    ],
)
def test_a_forgery_is_a_no_and_never_an_error(
    token: str, url: str, params: dict[str, str] | str, given: str | None
) -> None:
    assert not verify_callback(token, url, params, given)
