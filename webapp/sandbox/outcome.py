"""What an armed fault does to an HTTP call. The providers differ only in how they spell a refusal."""

from collections.abc import Callable
from time import sleep

from flask import Response, request

from webapp.sandbox.faults import Fault, FaultKind
from webapp.sandbox.server import DROPPED


def under_fault(fault: Fault | None, act: Callable[[], Response], refuse: Callable[[Fault], Response]) -> Response:
    """Answer as the fault has it; None, and what only concerns the later life of a text, answers well."""
    match fault.kind if fault else None:
        case FaultKind.status if fault:
            return refuse(fault)
        case FaultKind.drop_before:
            return _dropped()
        case FaultKind.drop:
            act()
            return _dropped()
        case FaultKind.apply_500:
            act()
            return Response("Internal Server Error", 500, mimetype="text/plain")
        case FaultKind.delay if fault:
            sleep(fault.seconds)
    return act()


def _dropped() -> Response:
    request.environ[DROPPED] = True
    return Response("")
