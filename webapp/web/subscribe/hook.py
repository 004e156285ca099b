"""What the owner of a program does by their own link: see the secret once, change it, try it, have it called again."""

from dataclasses import dataclass

from flask import Response, make_response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from webapp import clock
from webapp.flow import hooks
from webapp.flow.hooks import Hook
from webapp.flow.refusals import NotFound
from webapp.flow.subscribers import Address, Subscriber, Suppression, addresses, key_of
from webapp.moments import say
from webapp.web.reader import Reader, link, page, reader
from webapp.web.session import installation, store
from webapp.web.subscribe.owner import changing, limit
from webapp.web.subscribe.subscribe import subscribe
from webapp.web.subscribe.words import WORDS

TESTS = 10  # an hour


@dataclass(frozen=True, slots=True)
class ShownHook:
    """A program as its owner sees it."""

    url: str
    is_shown: bool
    is_off: bool
    off_at: str
    failing_at: str  # "" = the last call was taken
    last_error: str
    overlap_until: str  # "" = one secret signs


def shown_hook(subscriber: Subscriber, to: Reader) -> ShownHook | None:
    """Theirs; None = they have none that is called, or was until it fell silent."""
    found = _own(subscriber)
    if found is None:
        return None
    owned, hook = found
    zone, language = to.organisation.time_zone, to.spoken
    return ShownHook(
        url=owned.value,
        is_shown=hook.shown_at is not None,
        is_off=owned.suppressed_at is not None,
        off_at=say(owned.suppressed_at, zone, language) if owned.suppressed_at else "",
        failing_at=say(hook.failing_since, zone, language) if hook.failing_since else "",
        last_error=hook.last_error,
        overlap_until=_overlap(hook, to),
    )


@subscribe.post("/mine/<token>/webhook/secret")
def show_secret(token: str) -> Response:
    """Show the secret, once; or make a new one and show that."""
    to, subscriber, now = reader(WORDS), changing(token), clock.now()
    _, hook = _theirs(subscriber)
    if request.form.get("secret") == "new":
        hooks.rotate(store(), hook, now=now)
        may_see = True
    else:
        may_see = hooks.show_once(store(), hook, now=now)
    secret = installation().links.hook_secret(hook.salt) if may_see else ""
    return make_response(
        page("subscribe/secret.html", to, secret=secret, overlap_until=_overlap(hook, to), token=token)
    )


@subscribe.post("/mine/<token>/webhook/test")
def send_test(token: str) -> AnyResponse:
    """Call it once with an event that means nothing."""
    subscriber = changing(token)
    owned, _ = _theirs(subscriber)
    limit(f"hook test:{key_of(subscriber)}", most=TESTS)
    if owned.suppressed_at is None:
        hooks.tell(store(), owned.value, "test", {"note": "Nothing has happened; this is a test."}, now=clock.now())
    return redirect(link(f"/subscribe/mine/{token}", done="hook_tested"), 303)


@subscribe.post("/mine/<token>/webhook/resume")
def call_again(token: str) -> AnyResponse:
    """Call it again after it had fallen silent."""
    owned, _ = _theirs(changing(token))
    hooks.resume(store(), owned, now=clock.now())
    return redirect(link(f"/subscribe/mine/{token}", done="resumed"), 303)


def _own(subscriber: Subscriber) -> tuple[Address, Hook] | None:
    for owned in addresses(store(), subscriber):
        is_silent = owned.suppressed_reason == Suppression.not_answering
        hook = store().get(Hook, owned.id) if owned.channel == hooks.CHANNEL and owned.confirmed_at else None
        if hook is not None and (owned.suppressed_at is None or is_silent):
            return owned, hook
    return None


def _theirs(subscriber: Subscriber) -> tuple[Address, Hook]:
    found = _own(subscriber)
    if found is None:
        raise NotFound(reader(WORDS).words["no_such_link"])
    return found


def _overlap(hook: Hook, to: Reader) -> str:
    is_on = len(hooks.salts(hook, now=clock.now())) > 1
    return say(hook.changed_at + hooks.OVERLAP, to.organisation.time_zone, to.spoken) if is_on else ""
