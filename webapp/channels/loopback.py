"""What counts as this machine. Exercises, and the stand-in for the providers, reach nothing else."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(host: str | None) -> bool:
    """Whether it never leaves this machine. Names other than `localhost` are not looked up: False."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def checked_base_url(url: str) -> str:
    """The URL, if secrets may be sent to it: https, or http on this machine. Raises ValueError otherwise."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and is_loopback(parts.hostname):
        return url
    raise ValueError(f"{url} is no address that a secret may be sent to; write one that begins with https://")
