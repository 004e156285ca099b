"""Snapshots on disk: a folder a generation, arrays as files that processes map and share; the newest named in `current`."""

import json
import os
import shutil
import tempfile
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from webapp.flow.snapshot import Arrays, Snapshot, Sorts, Words

LAYOUT = 1
CURRENT = "current"
MAPPED_FROM = 200_000  # people; below that an own copy in memory is quicker


def write(folder: Path, snapshot: Snapshot) -> str:
    """Store a generation and switch to it at once; its name. The one before stays for who still reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder, prefix="draft-"))
    for part in (snapshot.arrays, snapshot.sorts):
        for item in fields(part):
            np.save(draft / f"{item.name}.npy", getattr(part, item.name))
    known = {"layout": LAYOUT, "mark": snapshot.mark, "people": snapshot.people, "words": asdict(snapshot.words)}
    (draft / "known.json").write_text(json.dumps(known))
    before = current(folder)
    name = draft.name.replace("draft-", "generation-")
    draft.rename(folder / name)
    _switch(folder, name)
    for old in folder.glob("generation-*"):
        if old.name not in {name, before}:
            shutil.rmtree(old, ignore_errors=True)
    return name


def current(folder: Path) -> str:
    """The name of the newest generation; "" = none."""
    try:
        return (folder / CURRENT).read_text().strip()
    except FileNotFoundError:
        return ""


def read(folder: Path, name: str) -> Snapshot | None:
    """A generation; None = it is gone, or another version of the program wrote it."""
    try:
        known = json.loads((folder / name / "known.json").read_text())
        if known["layout"] != LAYOUT:
            return None
        mode: Any = "r" if known["people"] >= MAPPED_FROM else None
        parts = [
            {item.name: np.load(folder / name / f"{item.name}.npy", mmap_mode=mode) for item in fields(part)}
            for part in (Arrays, Sorts)
        ]
    except (FileNotFoundError, ValueError, KeyError):
        return None
    words = known["words"]
    return Snapshot(
        Arrays(**parts[0]),
        Sorts(**parts[1]),
        Words(
            tuple(words["channels"]), tuple(words["languages"]), tuple(words["areas"]),
            tuple(tuple((wish[0], wish[1], wish[2]) for wish in some) for some in words["wishes"]),
            tuple(tuple(some) for some in words["segments"]),
        ),
        known["mark"],
    )  # fmt: skip


def _switch(folder: Path, name: str) -> None:
    descriptor, draft = tempfile.mkstemp(dir=folder, prefix="current-")
    with os.fdopen(descriptor, "w") as file:
        file.write(name)
    Path(draft).replace(folder / CURRENT)
