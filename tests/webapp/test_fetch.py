"""An address that somebody typed leads only to where it may lead."""

import socket
from pathlib import Path
from typing import Any

import pytest

from tests.webapp.told_elsewhere import a_page
from webapp import fetch
from webapp.fetch import NotFetched, address_of, base_of, fetch_json, parsed, read_json


def why_not(url: str, *, may_stay_here: bool = True) -> str:
    with pytest.raises(NotFetched) as refused:
        fetch_json(url, may_stay_here=may_stay_here)
    return str(refused.value)


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("status.example.org", "https://status.example.org"),
        (" https://Status.example.org/history?page=2#x ", "https://status.example.org"),
        ("https://status.example.org/api/v2/incidents.json", "https://status.example.org"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443"),
    ],
)
def test_an_address_is_understood_as_people_paste_it(typed: str, base: str) -> None:
    assert base_of(typed) == base


@pytest.mark.parametrize("typed", ["", "ftp://example.org", "file:///etc/passwd", "https://me:secret@example.org",
                                   "https://example.org:port", "https://[::1", "https:///x"])  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(NotFetched, match="write it like"):
        base_of(typed)


PRIVATE = ["10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",  # noqa: S104
           "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2130706433x"]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
@pytest.mark.parametrize("may_stay_here", [True, False])
def test_private_and_reserved_addresses_are_never_asked(
    host: str, may_stay_here: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if host.endswith("x"):  # a name that nobody has
        monkeypatch.setattr(socket, "getaddrinfo", nobody)

    with pytest.raises(NotFetched):
        address_of(host, 443, may_stay_here=may_stay_here)


def nobody(*_asked: Any, **_known: Any) -> Any:
    raise socket.gaierror("no such name")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "localhost"])
def test_this_machine_is_asked_in_a_demonstration_only(host: str) -> None:
    assert address_of(host, 80, may_stay_here=True)
    with pytest.raises(NotFetched, match="private network"):
        address_of(host, 80, may_stay_here=False)


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_asked, **_known: both)

    with pytest.raises(NotFetched, match=r"private network \(10.0.0.1\)"):
        address_of("status.example.org", 443, may_stay_here=False)


def test_a_public_page_is_never_read_in_the_open() -> None:
    assert "write its address with https://" in why_not("http://93.184.216.34/api/v2/incidents.json")


def test_content_is_read_and_a_redirect_on_the_same_page_followed() -> None:
    with a_page({"/old": (302, {"Location": "/new"}, b""), "/new": {"page": 1}}) as url:
        assert fetch_json(f"{url}/old", may_stay_here=True) == {"page": 1}


def test_the_name_is_looked_up_once_and_the_page_is_asked_under_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    look_up = socket.getaddrinfo

    def looked_up(host: str, *known: Any, **more: Any) -> Any:
        asked.append(host)
        return look_up("127.0.0.1" if host == "localhost" else host, *known, **more)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    with a_page({"/x": []}) as url:
        assert fetch_json(f"{url.replace('127.0.0.1', 'localhost')}/x", may_stay_here=True) == []

    assert asked.count("localhost") == 1


def test_other_places_are_not_followed() -> None:
    with a_page(
        {"/x": (301, {"Location": "http://169.254.169.254/latest"}, b""), "/y": (302, {"Location": "/y"}, b"")}
    ) as url:
        assert "sends us on to another address, http://169.254.169.254" in why_not(f"{url}/x")
        assert "in a circle" in why_not(f"{url}/y")


def test_what_is_not_content_is_said_in_words() -> None:
    packed = (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b")
    with a_page({"/html": b"<html>", "/packed": packed, "/deep": b"[" * 200_000, "/latin": b'"\xe5"'}) as url:
        assert "answers 404" in why_not(f"{url}/none")
        assert "is not JSON" in why_not(f"{url}/html")
        assert "packed" in why_not(f"{url}/packed")
        assert "is not JSON" in why_not(f"{url}/deep")
        assert "is not JSON" in why_not(f"{url}/latin")
    assert "could not be read" in why_not(f"{url}/html")


def test_too_much_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MOST_BYTES", 1_000_000)
    with a_page({"/x": b"[" + b" " * 1_100_000 + b"]"}) as url:
        assert "more than 1 MB" in why_not(f"{url}/x")


def test_files_that_are_none_are_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(NotFetched, match="cannot be read: No such file"):
        read_json(tmp_path / "none.json")
    assert parsed(b"{}", called="x") == {}
