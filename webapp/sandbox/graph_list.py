"""A page's posts, newest first, by cursor."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from webapp.sandbox.graph_error import GraphApiError
from webapp.sandbox.page_post import PagePost
from webapp.sandbox.shelf import Shelf

LIMIT_MAX = 100


def listing(
    posts: Shelf[PagePost], asked: Mapping[str, str], url: str, shown: Callable[[PagePost], dict[str, object]]
) -> dict[str, object]:
    """One page of those that still stand; `next` only if there are more."""
    limit = _limit(asked.get("limit", "25"))
    before = _number(asked["after"]) if "after" in asked else 0
    found = posts.newest(before=before, limit=limit + 1, where=lambda it: it.deleted_at is None)
    page = found[:limit]
    if not page:
        return {"data": []}
    cursors = {"before": _cursor(page[0]), "after": _cursor(page[-1])}
    paging: dict[str, object] = {"cursors": cursors}
    if len(found) > limit:
        kept = {name: value for name, value in asked.items() if name in {"fields", "limit"}}
        paging["next"] = f"{url}?{urlencode(kept | {'after': cursors['after']})}"
    return {"data": [shown(it) for it in page], "paging": paging}


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LIMIT_MAX:
        raise GraphApiError(100, f"(#100) limit must be between 1 and {LIMIT_MAX}")
    return int(text)


def _cursor(post: PagePost) -> str:
    return urlsafe_b64encode(str(post.number).encode()).decode()


def _number(cursor: str) -> int:
    try:
        return int(urlsafe_b64decode(cursor))
    except ValueError:
        raise GraphApiError(100, "(#100) Invalid cursor") from None
