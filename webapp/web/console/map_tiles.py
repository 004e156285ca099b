"""A map from elsewhere behind the drawn one, if the installation names its address: MAP_TILES, MAP_CREDIT."""

from urllib.parse import urlsplit

from flask import Flask

from webapp.web.session import installation


def install(app: Flask) -> None:
    """Give templates its address and its credit."""
    app.jinja_env.globals |= {"tiles": tiles, "tile_credit": credit}


def tiles() -> str:
    """Such as https://tiles.example/{z}/{x}/{y}.png; "" = the offline map alone."""
    address = installation().config.environ.get("MAP_TILES", "").strip()
    return address if urlsplit(address).scheme in {"http", "https"} and urlsplit(address).netloc else ""


def credit() -> str:
    """Whom its licence wants to be named."""
    return installation().config.environ.get("MAP_CREDIT", "").strip() or urlsplit(tiles()).netloc
