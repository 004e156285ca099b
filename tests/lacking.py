"""What a machine lacks for a test: the test is skipped, or fails in CI, and the end of the run says what and why."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NoReturn

import pytest

MARK = "Lacking here: "


def lacking(what: str) -> NoReturn:
    """Skip the test that asks; in CI, where everything has to be there, fail it."""
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(MARK + what, pytrace=False)
    pytest.skip(MARK + what)


def not_run(skipped: Iterable[pytest.TestReport]) -> Iterator[str]:
    """For each thing that is lacking, a line that names it and the files whose tests wanted it."""
    wanting: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for report in skipped:
        _, marked, what = (report.longrepr[2] if isinstance(report.longrepr, tuple) else "").partition(MARK)
        if marked:
            wanting[what][report.nodeid.split("::")[0]] += 1
    for what, files in wanting.items():
        named = ", ".join(f"{count} of {file}" for file, count in sorted(files.items()))
        yield f"{sum(files.values())} tests did not run, for lack of {what}: {named}"
