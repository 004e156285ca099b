"""How the API says no: RFC 9457."""

import json
from http import HTTPStatus

from flask import Response
from werkzeug.exceptions import HTTPException

from webapp.flow.refusals import NotAllowed, NotFound, NotNow, NotValid, Refused, TooMany

STATUS = {
    NotAllowed: HTTPStatus.FORBIDDEN, NotNow: HTTPStatus.CONFLICT, NotValid: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS, NotFound: HTTPStatus.NOT_FOUND,
}  # fmt: skip


class Unauthorised(Refused):
    """No key, or one that opens nothing."""


class Changed(Refused):
    """It is not as the caller believed."""


def answer(status: HTTPStatus, detail: str, *, field: str = "") -> Response:
    """A problem as JSON."""
    problem: dict[str, object] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
    }
    if field:
        problem["errors"] = [{"field": field, "detail": detail}]
    return Response(json.dumps(problem, ensure_ascii=False), status, mimetype="application/problem+json")


def refused(refusal: Refused) -> Response:
    """Every refusal has its status."""
    if isinstance(refusal, Unauthorised):
        said = answer(HTTPStatus.UNAUTHORIZED, str(refusal))
        said.headers["WWW-Authenticate"] = "Bearer"
        return said
    if isinstance(refusal, Changed):
        return answer(HTTPStatus.PRECONDITION_FAILED, str(refusal))
    return answer(
        STATUS.get(type(refusal), HTTPStatus.BAD_REQUEST),
        str(refusal),
        field=refusal.field if isinstance(refusal, NotValid) else "",
    )


def failed(error: HTTPException) -> Response:
    """What the framework refuses: too large, wrong method."""
    status = HTTPStatus(error.code or 500)
    return answer(status, error.description or status.phrase)
