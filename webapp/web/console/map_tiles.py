"""What templates know of maps. A map from elsewhere lies behind the drawn one, if MAP_TILES and MAP_CREDIT name it."""

import re
from urllib.parse import urlsplit

from flask import Flask

from webapp.web.console.place_lookup import picture_of_incident
from webapp.web.session import installation

ORIGIN = re.compile(r"[A-Za-z0-9.-]+(:\d+)?")


def install(app: Flask) -> None:
    """Give templates its address and its credit, and pictures of areas."""
    app.jinja_env.globals |= {"tiles": tiles, "tile_credit": credit, "area_picture": picture_of_incident}


def tiles() -> str:
    """Such as https://tiles.example/{z}/{x}/{y}.png; "" = the offline map alone."""
    address = installation().config.environ.get("MAP_TILES", "").strip()
    return address if origin(address) else ""


def origin(address: str) -> str:
    """Whom browsers may ask for pictures, for the security policy; "" = nobody."""
    parts = urlsplit(address.strip())
    is_plain = ORIGIN.fullmatch(parts.netloc) is not None
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} and is_plain else ""


def credit() -> str:
    """Whom its licence wants to be named."""
    return installation().config.environ.get("MAP_CREDIT", "").strip() or urlsplit(tiles()).netloc
