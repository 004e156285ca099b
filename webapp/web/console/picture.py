"""Elements of an SVG picture. ElementTree escapes every text; looks come from classes alone."""

from xml.etree import ElementTree as ET

from markupsafe import Markup


def drawing(size: tuple[float, float], kind: str, attributes: dict[str, str]) -> ET.Element:
    """An empty picture."""
    return ET.Element("svg", {"viewBox": f"0 0 {size[0]:g} {size[1]:g}", "class": kind, **attributes})


def add(parent: ET.Element, tag: str, attributes: dict[str, str], words: str = "") -> ET.Element:
    """Append an element."""
    element = ET.SubElement(parent, tag, attributes)
    element.text = words or None
    return element


def path(parent: ET.Element, kind: str, line: str) -> None:
    """Append a line or a shape."""
    add(parent, "path", {"class": kind, "d": line})


def text(parent: ET.Element, x: float, y: float, words: str, *, anchor: str, kind: str = "label") -> None:
    """Append words."""
    add(parent, "text", {"x": f"{x:g}", "y": f"{y:g}", "text-anchor": anchor, "class": kind}, words)


def markup(svg: ET.Element) -> Markup:
    """As it stands in a page."""
    return Markup(ET.tostring(svg, encoding="unicode"))  # noqa: S704  ElementTree has escaped every text
