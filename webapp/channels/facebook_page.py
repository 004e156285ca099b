"""Posts on a Facebook page by the Graph API, v26.0."""

import hmac
import logging
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import httpx

from webapp.channels.base import Accepted, Capabilities, ErrorClass, Post, SendError
from webapp.channels.facebook_errors import DUPLICATE, GONE, failure_of
from webapp.channels.loopback import checked_base_url

VERSION = "v26.0"
LOOK_AT = 100  # newest posts that a look-up reads; also the most that one page may hold
LOOK_BACK = timedelta(minutes=5)  # Facebook's clock is not ours

# Below this level it writes addresses, and those of reads hold the proof.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class FacebookSettings:
    """Which page, and the token that may post on it."""

    page_id: str
    page_token: str = field(repr=False)
    app_secret: str = field(default="", repr=False)  # "" = calls carry no proof
    base_url: str = "https://graph.facebook.com"
    timeout_s: float = 30.0
    sandbox: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError where the secret would travel in the open."""
        checked_base_url(self.base_url)

    @property
    def host(self) -> str | None:
        """Where this leads."""
        return urlsplit(self.base_url).hostname


class FacebookPage:
    """One client, so one instance a thread."""

    capabilities = Capabilities(look_up=True, edit=True, pin=True, delete=True)

    def __init__(self, settings: FacebookSettings) -> None:
        self._page_id = settings.page_id
        self._proof = _proof(settings)
        self._http = httpx.Client(
            base_url=f"{settings.base_url.rstrip('/')}/{VERSION}",
            headers={"Authorization": f"Bearer {settings.page_token}"},
            timeout=settings.timeout_s,
            verify=_authorities(),
            trust_env=not settings.sandbox,  # a proxy would carry an exercise off this machine
        )

    def post(self, post: Post, *, now: datetime) -> Accepted:
        """Publish, then pin. A pin that fails does not undo the post: it is told in `remark`."""
        wishes = {"message": text_of(post), "fields": "id,permalink_url"} | ({"link": post.link} if post.link else {})
        try:
            made = self._call("POST", f"{self._page_id}/feed", wishes)
        except SendError as failure:
            if failure.code != DUPLICATE:
                raise
            return self._landed_before(post, now)
        if not isinstance(made.get("id"), str):
            raise SendError(ErrorClass.unknown, "Facebook's reply has no id")
        return self._pinned(post, _accepted(made))

    def edit(self, provider_id: str, text: str) -> None:
        """Replace the text."""
        self._call("POST", provider_id, {"message": text})

    def pin(self, provider_id: str) -> None:
        """Put it at the top of the page."""
        self._call("POST", provider_id, {"is_pinned": "true"})

    def unpin(self, provider_id: str) -> None:
        """A post that has been deleted is not at the top either."""
        self._unless_gone("POST", provider_id, {"is_pinned": "false"})

    def delete(self, provider_id: str) -> None:
        """Take it off the page; one that has gone already is as good."""
        self._unless_gone("DELETE", provider_id, {})

    def look_up(self, post: Post, *, since: datetime) -> Accepted | None:
        """Search the page's posts for the visible reference; sets the pin if the post wants one."""
        try:
            for shown in self._posts(since - LOOK_BACK):
                if post.key in str(shown.get("message") or ""):
                    return self._pinned(post, _accepted(shown))
        except SendError as failure:
            if failure.error_class is ErrorClass.unknown:
                failure.error_class = ErrorClass.transient  # a question that was lost may be asked again
            raise
        return None

    def close(self) -> None:
        """End the connections."""
        self._http.close()

    def _landed_before(self, post: Post, now: datetime) -> Accepted:
        """Facebook takes the same text only once, and ours holds its reference: an earlier try came through."""
        found = self.look_up(post, since=now - timedelta(days=1))
        if found is None:
            raise SendError(
                ErrorClass.unknown, "Facebook says that it has this post but does not show it", code=DUPLICATE
            )
        return found

    def _pinned(self, post: Post, accepted: Accepted) -> Accepted:
        if not post.pinned:
            return accepted
        try:
            self.pin(accepted.provider_id)
        except SendError as failure:
            return Accepted(accepted.provider_id, accepted.url, remark=f"Posted, but not pinned: {failure.detail}")
        return accepted

    def _posts(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Newest first, back to `since`, at most LOOK_AT."""
        asked = {"fields": "id,message,created_time,permalink_url", "limit": str(LOOK_AT)}
        for shown in self._call("GET", f"{self._page_id}/published_posts", asked).get("data", []):
            if datetime.fromisoformat(shown["created_time"]) < since:
                return
            yield shown

    def _unless_gone(self, method: str, path: str, wishes: Mapping[str, str]) -> None:
        try:
            self._call(method, path, wishes)
        except SendError as failure:
            if failure.code != GONE:
                raise

    def _call(self, method: str, path: str, wishes: Mapping[str, str]) -> dict[str, Any]:
        given = {**wishes, **self._proof}
        try:
            if method == "POST":
                reply = self._http.post(path, data=given)
            else:
                reply = self._http.request(method, path, params=given)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise SendError(ErrorClass.transient, "Facebook cannot be reached", code="no-connection") from None
        except httpx.HTTPError:
            raise SendError(
                ErrorClass.unknown, "The connection to Facebook broke before it answered", code="no-reply"
            ) from None
        return _content(reply)


@cache
def _authorities() -> ssl.SSLContext:
    """Read once a process: that takes 30 ms, and there is an adapter a thread."""
    return httpx.create_ssl_context()


def text_of(post: Post) -> str:
    """The text with its reference, by which it is found again."""
    return post.text if post.key in post.text else f"{post.text.rstrip()}\n\n({post.key})"


def _content(reply: httpx.Response) -> dict[str, Any]:
    try:
        content = reply.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise SendError(
            ErrorClass.unknown, f"Facebook answered {reply.status_code} with no words", code=str(reply.status_code)
        )
    if isinstance(error := content.get("error"), dict):
        raise failure_of(error, reply.headers)
    return content


def _accepted(shown: Mapping[str, Any]) -> Accepted:
    return Accepted(str(shown["id"]), url=str(shown.get("permalink_url") or ""))


def _proof(settings: FacebookSettings) -> dict[str, str]:
    if not settings.app_secret:
        return {}
    proof = hmac.new(settings.app_secret.encode(), settings.page_token.encode(), sha256).hexdigest()
    return {"appsecret_proof": proof}
