"""How many parts a text message takes on the air, counted as the provider counts and bills it (3GPP 23.038)."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # two units each


def segments(text: str) -> int:
    """160 or 153 units a part if all is in the basic alphabet, else 70 or 67 UTF-16 units. At least 1."""
    if all(char in _BASIC or char in _EXTENDED for char in text):
        size, one, many = len(text) + sum(char in _EXTENDED for char in text), 160, 153
    else:
        size, one, many = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if size <= one else -(-size // many)
