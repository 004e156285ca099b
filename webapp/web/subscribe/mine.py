"""What one person gets, by their own link: seen, changed, ended."""

from flask import Response, make_response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from webapp import clock
from webapp.flow import leaving, wishes
from webapp.flow.areas import areas
from webapp.flow.components import components
from webapp.flow.refusals import NotFound, NotValid
from webapp.flow.subscribers import Address, Subscriber, SubscriberPoint, addresses, followed, key_of, places
from webapp.geo import keys
from webapp.web.reader import Reader, link, page, reader
from webapp.web.session import installation, store
from webapp.web.subscribe.forms import WishesForm, choices_of, offer, show_at
from webapp.web.subscribe.subscribe import subscribe
from webapp.web.subscribe.words import WORDS


@subscribe.get("/mine/<token>")
def mine(token: str) -> Response:
    """What they get, to be changed."""
    to, subscriber = reader(WORDS), _whose(token)
    if not _in_use(subscriber):
        return make_response(
            page("subscribe/left.html", to, title=to.words["not_here"], is_customer=subscriber.is_customer)
        )
    return _form(_as_chosen(subscriber, to), to, subscriber, token)


@subscribe.post("/mine/<token>")
def change(token: str) -> AnyResponse:
    """Replace what they follow."""
    to, subscriber, form = reader(WORDS), _whose(token), WishesForm(request.form)
    offer(form, store(), to)
    if not form.validate() or not _in_use(subscriber):
        return _form(form, to, subscriber, token, 422)
    try:
        wishes.choose(store(), subscriber, choices_of(form), now=clock.now())
    except NotValid as refusal:
        show_at(form, refusal, to)
        return _form(form, to, subscriber, token, 422)
    return redirect(link(f"/subscribe/mine/{token}", done="saved"), 303)


@subscribe.get("/leave/<token>")
def ask_leave(token: str) -> Response:
    """A button: programs that open links end nothing."""
    _whose(token)
    return make_response(page("subscribe/leave.html", reader(WORDS), token=token))


@subscribe.post("/leave/<token>")
def leave(token: str) -> Response:
    """Tell them nothing more that they asked for; also one click in a mail program (RFC 8058). May be repeated."""
    subscriber, to = _whose(token), reader(WORDS)
    leaving.leave(store(), subscriber, now=clock.now())
    return make_response(
        page("subscribe/left.html", to, title=to.words["left_title"], is_customer=subscriber.is_customer)
    )


def _whose(token: str) -> Subscriber:
    known = installation().links.subscriber_id(token)
    found = store().get(Subscriber, known) if known is not None else None
    if found is None:
        raise NotFound(reader(WORDS).words["no_such_link"])
    return found


def _in_use(subscriber: Subscriber) -> list[Address]:
    """The addresses at which they are told what they asked for."""
    return [each for each in addresses(store(), subscriber) if each.confirmed_at and not each.suppressed_at]


def _as_chosen(subscriber: Subscriber, to: Reader) -> WishesForm:
    public_ids = {component.id: component.public_id for component in components(store())}
    codes, points = places(store(), subscriber)
    point = points[0] if points else None
    return WishesForm(
        components=[public_ids[each] for each in followed(store(), subscriber) if each in public_ids],
        area_codes=codes,
        place=_place(point) if point else "",
        radius_km=f"{point.radius_m / 1_000:g}" if point and point.radius_m else "15",
        language=subscriber.language if subscriber.language in to.organisation.languages else to.language,
    )


def _place(point: SubscriberPoint) -> str:
    """As it can be read again: a name that we know, or coordinates."""
    known = {area.name for area in areas(store()) if area.latitude is not None}
    latitude, longitude = keys.point(point.z)
    return point.label if point.label in known else f"{latitude:.4f}, {longitude:.4f}"


def _form(form: WishesForm, to: Reader, subscriber: Subscriber, token: str, status: int = 200) -> Response:
    body = page(
        "subscribe/mine.html",
        to,
        sent_to=[_masked(each, to) for each in _in_use(subscriber)],
        done=request.args.get("done", ""),
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
    return to.words["sms_masked"].format(last=owned.value[-2:])
