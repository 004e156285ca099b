"""Errors as the Graph API spells them: the code counts, the HTTP status is nearly always 400."""

import json
from secrets import token_urlsafe

THROTTLED = frozenset({4, 17, 32, 341, 613, 80001})


class GraphApiError(Exception):
    """An error in Meta's numbering."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        status: int = 400,
        subcode: int = 0,
        kind: str = "OAuthException",
        wait_s: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.code, self.status, self.subcode, self.kind, self.wait_s = code, status, subcode, kind, wait_s

    def error(self) -> dict[str, object]:
        """The body."""
        error: dict[str, object] = {"message": str(self), "type": self.kind, "code": self.code}
        if self.subcode:
            error["error_subcode"] = self.subcode
        if self.code in {1, 2}:
            error["is_transient"] = True
        return {"error": error | {"fbtrace_id": "A" + token_urlsafe(15)}}

    def usage(self, page_id: str) -> dict[str, str]:
        """The headers of somebody who has called too often; empty for other errors."""
        if self.code not in THROTTLED:
            return {}
        counts = {"call_count": 100, "total_time": 25, "total_cputime": 25}
        minutes = -(-int(self.wait_s) // 60)
        pages = {"type": "pages", **counts, "estimated_time_to_regain_access": minutes}
        return {"X-App-Usage": json.dumps(counts), "X-Business-Use-Case-Usage": json.dumps({page_id: [pages]})}


def no_such_object(object_id: str) -> GraphApiError:
    """Gone, never there, or not for this token: Meta does not say which."""
    message = f"Unsupported request. Object with ID '{object_id}' does not exist"
    return GraphApiError(100, message, subcode=33, kind="GraphMethodException")
