"""Reads JSON from an address that somebody typed, and from nowhere that the address should not lead to.

Only https on public addresses; a demonstration may read from this machine, also by http. The name is looked up once and
the connection goes to what was found, so that a name cannot lead elsewhere after it was checked.
"""

import json
import socket
import ssl
import time
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

TIMEOUT_S = 10.0
MOST_BYTES = 5_000_000
MOST_REDIRECTS = 3
NAT64 = 0x0064FF9B << 96  # 64:ff9b::/96, an IPv4 address inside


class NotFetched(Exception):
    """It could not be read; the sentence says why."""


def base_of(typed: str) -> str:
    """The beginning of a page's address as somebody pasted it: without path, with https:// if nothing was said."""
    text = typed.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise NotFetched(f"{text[:80]!r} is not an address; write it like https://status.example.org") from None
    if parts.scheme not in {"https", "http"} or not host or parts.username is not None:
        raise NotFetched(f"{text[:80]!r} is not an address of a page; write it like https://status.example.org")
    named = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{named}" + (f":{port}" if port else "")


def fetch_json(url: str, *, may_stay_here: bool = False) -> object:
    """What stands at an address. may_stay_here: this machine is allowed, as in a demonstration. Raises NotFetched."""
    until = time.monotonic() + TIMEOUT_S
    beginning = base_of(url)
    for _ in range(MOST_REDIRECTS + 1):
        status, location, content = _once(url, until, may_stay_here=may_stay_here)
        if status not in {301, 302, 303, 307, 308}:
            break
        url = urljoin(url, location)
        if not location or base_of(url) != beginning:
            raise NotFetched(
                f"{beginning} sends us on to another address, {base_of(url)}; paste that one if you trust it"
            )
    else:
        raise NotFetched(f"{beginning} sends us in a circle")
    if status != 200:
        raise NotFetched(f"{url} answers {status} instead of its content")
    return parsed(content, called=url)


def read_json(path: Path) -> object:
    """What stands in a file. Raises NotFetched."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise NotFetched(f"{path} holds more than {MOST_BYTES // 1_000_000} MB")
        return parsed(path.read_bytes(), called=str(path))
    except OSError as error:
        raise NotFetched(f"{path} cannot be read: {error.strerror}") from error


def parsed(content: bytes, *, called: str) -> object:
    """JSON. Raises NotFetched."""
    try:
        found: object = json.loads(content)
    except (ValueError, RecursionError) as error:
        at = f": {error}" if isinstance(error, json.JSONDecodeError) else ""
        raise NotFetched(f"{called} is not JSON{at}") from error
    return found


def address_of(host: str, port: int, *, may_stay_here: bool) -> str:
    """Where a name leads, if everything that it leads to is allowed. Raises NotFetched."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFetched(f"There is no computer called {host}") from error
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    for address in addresses:
        if not _is_allowed(ip_address(address), may_stay_here=may_stay_here):
            raise NotFetched(f"{host} leads into a private network ({address}); only public pages are read")
    return addresses[0]


def _is_allowed(address: IPv4Address | IPv6Address, *, may_stay_here: bool) -> bool:
    inner = _inner(address)
    if inner is not None:
        return _is_allowed(inner, may_stay_here=may_stay_here)
    if address.is_loopback:
        return may_stay_here
    is_odd = address.is_multicast or address.is_reserved or address.is_link_local or address.is_unspecified
    return address.is_global and not is_odd


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address only wraps."""
    if isinstance(address, IPv4Address):
        return None
    if int(address) >> 32 == NAT64 >> 32:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _once(url: str, until: float, *, may_stay_here: bool) -> tuple[int, str, bytes]:
    """(status, where it sends us, content) of one question, without following anything."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = address_of(host, port, may_stay_here=may_stay_here)
    if parts.scheme != "https" and not ip_address(address).is_loopback:
        raise NotFetched(f"{base_of(url)} would be read in the open; write its address with https://")
    pinned = httpx.URL(url).copy_with(host=address)
    try:
        with httpx.Client(verify=_certificates(), timeout=TIMEOUT_S, trust_env=False) as client:
            headers = {"Host": parts.netloc, "Accept": "application/json", "Accept-Encoding": "identity"}
            wanted = client.build_request("GET", pinned, headers=headers, extensions={"sni_hostname": host})
            reply = client.send(wanted, stream=True)
            try:
                return reply.status_code, reply.headers.get("Location", ""), _content(reply, until)
            finally:
                reply.close()
    except httpx.TimeoutException as error:
        raise NotFetched(f"{base_of(url)} did not answer within {TIMEOUT_S:g} seconds") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotFetched(f"{base_of(url)} could not be read: {error}") from error


@cache
def _certificates() -> ssl.SSLContext:
    """Those that we trust. Reading them takes 50 ms."""
    return httpx.create_ssl_context(trust_env=False)


def _content(reply: httpx.Response, until: float) -> bytes:
    """As it was sent: packed content is refused, for it may unpack to anything."""
    if reply.headers.get("Content-Encoding", "identity") != "identity":
        raise NotFetched("The page sends its content packed although we asked for it plain; save it as a file instead")
    content = bytearray()
    for chunk in reply.iter_raw():
        content += chunk
        if len(content) > MOST_BYTES:
            raise NotFetched(f"The page sends more than {MOST_BYTES // 1_000_000} MB; that is no list of incidents")
        if time.monotonic() > until:
            raise NotFetched(f"The page was not complete after {TIMEOUT_S:g} seconds")
    return bytes(content)
