"""What a file is written in: found by looking at its bytes, kept with the import, and changed by whoever knows better."""

import codecs
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DELIMITERS = (",", ";", "\t", "|")
HEAD = 65_536


@dataclass(slots=True)
class Shape:
    """How to read a file."""

    encoding: str = "utf-8"
    is_json: bool = False
    delimiter: str = ","
    path: str = "item"  # of the rows in JSON, as ijson writes it; "" = one object a line
    format: str = ""
    columns: list[str] = field(default_factory=list)  # as the first row, or the first object, names them
    notices: list[str] = field(default_factory=list)  # what whoever imports should know

    def as_stored(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def encoding_of(parts: Iterator[bytes]) -> tuple[str, list[str]]:
    """The encoding of a whole file, and what to say about it. Reads everything: one odd letter may come late."""
    first = next(parts, b"")
    for bom, name in BOMS:
        if first.startswith(bom):
            return name, ["It is written in UTF-16."] if name == "utf-16" else []
    if _is_wide(first):
        return ("utf-16-le" if first[1:2] == b"\0" else "utf-16-be"), ["It is written in UTF-16."]
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(first)
        for part in parts:
            decoder.decode(part)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252", [
            "It is not written in UTF-8 and was read as Latin-1 (Windows 1252); look whether names are right."
        ]
    return "utf-8", []


def _is_wide(first: bytes) -> bool:
    """UTF-16 without its mark: every second byte of ordinary text is zero."""
    some = first[:400]
    return len(some) > 3 and (some[1::2].count(0) > len(some) * 0.4 or some[0::2].count(0) > len(some) * 0.4)


def delimiter_of(head: str) -> str:
    """The one that is most often in the first line that says something, quotes aside."""
    line = next((line for line in head.splitlines() if line.strip()), "")
    bare = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=bare.count) if any(each in bare for each in DELIMITERS) else ","
