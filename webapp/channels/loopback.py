"""What counts as this machine. Exercises, and the stand-in for the providers, reach nothing else."""

from ipaddress import ip_address


def is_loopback(host: str | None) -> bool:
    """Whether it never leaves this machine. Names other than `localhost` are not looked up: False."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
