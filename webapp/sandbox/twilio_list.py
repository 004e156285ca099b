"""Twilio's list of texts: filters by To, From and day or moment of sending; pages by token, newest first."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from webapp.sandbox.providers import Providers
from webapp.sandbox.sms import Sms
from webapp.sandbox.twilio_create import TwilioApiError

_FILTERS = ("To", "From", "DateSent", "DateSent<", "DateSent>")


def listing(providers: Providers, asked: Mapping[str, str], path: str) -> dict[str, object]:
    """One page, in Twilio's words. A date filter leaves out what is not sent yet, since that has no date."""
    size, page = _number(asked, "PageSize", 50, most=1000), _number(asked, "Page", 0, most=10**9)
    after = providers.sms.get(asked.get("PageToken", "").removeprefix("PA"))
    to = asked.get("To", "")
    phone = "" if to == providers.account.sender else to  # what came in is filed under the phone that wrote it
    found = providers.sms.newest(phone, before=after.number if after else 0, limit=size + 1, where=_wanted(asked))
    return _page(found, size, page, {name: asked[name] for name in _FILTERS if name in asked}, path)


def _page(found: list[Sms], size: int, page: int, filters: dict[str, str], path: str) -> dict[str, object]:
    """`found` holds one more than is shown if there is a next page."""
    shown, has_next = found[:size], len(found) > size

    def uri(number: int, **more: str) -> str:
        return f"{path}?{urlencode({**filters, 'PageSize': str(size), 'Page': str(number), **more})}"

    return {
        "messages": [it.resource() for it in shown],
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(0, len(shown) - 1),
        "uri": uri(page),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1, PageToken=f"PA{shown[-1].id}") if has_next else None,
        "previous_page_uri": uri(page - 1) if page else None,
    }


def _wanted(asked: Mapping[str, str]) -> Callable[[Sms], bool]:
    tests: list[Callable[[Sms], bool]] = []
    if to := asked.get("To"):
        tests.append(lambda it: it.to == to)
    if sender := asked.get("From"):
        tests.append(lambda it: it.origin == sender)
    if day := asked.get("DateSent"):
        tests.append(lambda it: it.sent_at is not None and it.sent_at.date() == _moment(day).date())
    if until := asked.get("DateSent<"):
        tests.append(lambda it: it.sent_at is not None and it.sent_at <= _moment(until))
    if since := asked.get("DateSent>"):
        tests.append(lambda it: it.sent_at is not None and it.sent_at >= _moment(since))
    return lambda it: all(test(it) for test in tests)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise TwilioApiError(20001, "DateSent must be a date or a moment in ISO 8601") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(asked: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    text = asked.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise TwilioApiError(20001, f"{name} must be a number of at most {most}")
    return int(text)
