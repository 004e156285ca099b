"""What one person gets, by their own link: seen, changed, paused."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Response, make_response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from rules.terms import Severity
from webapp import clock
from webapp.flow import leaving, wishes
from webapp.flow.areas import areas
from webapp.flow.components import components
from webapp.flow.refusals import NotValid
from webapp.flow.subscribers import Address, Subscriber, SubscriberPoint, key_of, places, subscriptions
from webapp.geo import keys
from webapp.moments import say
from webapp.web.reader import Reader, link, page, reader
from webapp.web.session import installation, store
from webapp.web.subscribe.forms import WishesForm, choices_of, offer, show_at
from webapp.web.subscribe.hook import shown_hook
from webapp.web.subscribe.owner import changing, in_use, on_file, whose
from webapp.web.subscribe.subscribe import subscribe
from webapp.web.subscribe.words import WORDS

PAUSES = {"week": timedelta(days=7), "month": timedelta(days=30), "open": None}
DONE = ("signed_up", "saved", "paused_done", "resumed", "service_done", "hook_tested")


@subscribe.get("/mine/<token>")
def mine(token: str) -> Response:
    """What they get, to be changed."""
    to, subscriber = reader(WORDS), whose(token)
    if not in_use(subscriber) and not on_file(subscriber) and shown_hook(subscriber, to) is None:
        return make_response(page("subscribe/left.html", to, title=to.words["not_here"], is_customer=False))
    return _form(_as_chosen(subscriber, to), to, subscriber, token)


@subscribe.post("/mine/<token>")
def change(token: str) -> AnyResponse:
    """Replace what they follow."""
    to, subscriber, form = reader(WORDS), changing(token), WishesForm(request.form)
    offer(form, store(), to)
    if not form.validate() or not in_use(subscriber):
        return _form(form, to, subscriber, token, 422)
    try:
        wishes.choose(store(), subscriber, choices_of(form), now=clock.now())
    except NotValid as refusal:
        show_at(form, refusal, to)
        return _form(form, to, subscriber, token, 422)
    return redirect(link(f"/subscribe/mine/{token}", done="saved"), 303)


@subscribe.post("/mine/<token>/pause")
def create_pause(token: str) -> AnyResponse:
    """Nothing for a while; an end that we do not offer is the shortest."""
    subscriber, now = changing(token), clock.now()
    length = PAUSES.get(request.form.get("for", ""), PAUSES["week"])
    leaving.pause(store(), subscriber, until=now + length if length else None, now=now)
    return redirect(link(f"/subscribe/mine/{token}", done="paused_done"), 303)


@subscribe.post("/mine/<token>/resume")
def end_pause(token: str) -> AnyResponse:
    """Tell them again."""
    leaving.resume(store(), changing(token), now=clock.now())
    return redirect(link(f"/subscribe/mine/{token}", done="resumed"), 303)


@subscribe.post("/mine/<token>/service")
def change_service(token: str) -> AnyResponse:
    """Whether a customer gets messages about their own services."""
    is_refused = request.form.get("service") == "refuse"
    leaving.refuse_service(store(), changing(token), is_refused=is_refused, now=clock.now())
    return redirect(link(f"/subscribe/mine/{token}", done="service_done"), 303)


def _as_chosen(subscriber: Subscriber, to: Reader) -> WishesForm:
    public_ids = {component.id: component.public_id for component in components(store())}
    codes, points = places(store(), subscriber)
    follows = subscriptions(store(), subscriber)
    known = {area.name for area in areas(store()) if area.latitude is not None}
    return WishesForm(
        components=[public_ids[each.component_id] for each in follows if each.component_id in public_ids],
        area_codes=codes,
        places=[{"place": _place(point, known), "radius_km": f"{point.radius_m / 1_000:g}"} for point in points],
        kinds=sorted(set().union(*(wish.kinds for wish in follows))),
        severity_floor=min((wish.severity_floor for wish in follows), default=Severity.minor),
        language=subscriber.language if subscriber.language in to.organisation.languages else to.language,
        quiet_from=_time(subscriber.quiet_from_min),
        quiet_to=_time(subscriber.quiet_to_min),
        time_zone=subscriber.time_zone,
        wants_digest=subscriber.wants_digest,
    )


def _place(point: SubscriberPoint, known: set[str]) -> str:
    """As it can be read again: a name that we know, or coordinates."""
    latitude, longitude = keys.point(point.z)
    return point.label if point.label in known else f"{latitude:.4f}, {longitude:.4f}"


def _time(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes // 60:02}:{minutes % 60:02}"


def _form(form: WishesForm, to: Reader, subscriber: Subscriber, token: str, status: int = 200) -> Response:
    asked, filed = in_use(subscriber), on_file(subscriber)
    done = request.args.get("done", "")
    body = page(
        "subscribe/mine.html",
        to,
        sent_to=[_masked(each, to) for each in asked],
        served_at=[_masked(each, to) for each in filed],
        refuses_service=bool(filed) and all(each.service_refused_at for each in filed),
        gets_mail=any(each.channel == "email" for each in asked),
        subscriber=subscriber,
        hook=shown_hook(subscriber, to),
        paused_until=say(subscriber.paused_until, to.organisation.time_zone) if subscriber.paused_until else "",
        done=done if done in DONE else "",
        token=token,
        own_link=installation().links.preferences(key_of(subscriber)),
        **offer(form, store(), to),
    )
    return make_response(body, status)


def _masked(owned: Address, to: Reader) -> str:
    """Enough to recognise one's own address by, in a page that a forwarded mail may open."""
    if owned.channel == "email":
        name, _, domain = owned.value.partition("@")
        return to.words["email_masked"].format(first=name[:1], domain=domain)
    if owned.channel == "webhook":
        return to.words["webhook_masked"].format(host=urlsplit(owned.value).hostname)
    if owned.channel == "push":
        return to.words["push_masked"]
    return to.words["sms_masked"].format(last=owned.value[-2:])
