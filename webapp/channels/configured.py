"""Which adapters this installation has, from its settings. Without a provider's account, the sandbox takes its place."""

from collections.abc import Callable, Mapping

from rules.terms import Mode
from webapp.channels.base import Adapters, SendError
from webapp.channels.email_smtp import EmailSettings
from webapp.channels.facebook_page import FacebookSettings
from webapp.channels.registry import ChannelSettings, build, sandbox_settings
from webapp.channels.sms_twilio import SmsSettings
from webapp.channels.web_push import PushSettings, kept_key, public_key
from webapp.channels.webhook import WebhookSettings, reached
from webapp.config import BadSetting, Config


def adapters_of(config: Config) -> Callable[[Mode], Adapters]:
    """What makes a set of adapters for one thread. Exercises only ever get the sandbox's."""
    actual, sandbox = settings_of(config), _sandbox(config)
    return lambda mode: build(actual if mode is Mode.actual else sandbox, mode)


def settings_of(config: Config) -> dict[str, ChannelSettings]:
    """The settings for actual messages, by channel. Raises BadSetting for half an account."""
    return _sandbox(config) | _providers(config.environ) | _push(config) | _webhook(config)


def auth_token(config: Config) -> str:
    """What SMS reports are signed with; "" = no SMS is set up."""
    sms = settings_of(config).get("sms")
    return sms.auth_token if isinstance(sms, SmsSettings) else ""


def push_key(config: Config) -> str:
    """What browsers subscribe with; "" = no notifications are set up."""
    push = settings_of(config).get("push")
    if not isinstance(push, PushSettings) or push.sandbox:  # no real browser is reached through the stand-in
        return ""
    return public_key(push.private_key)


def calls_webhooks(config: Config) -> bool:
    """Whether other people's programs are called at all."""
    return "webhook" in settings_of(config)


def may_call(config: Config, url: str) -> bool:
    """Whether that URL leads where we may call now; looks its name up."""
    settings = settings_of(config).get("webhook")
    try:
        return isinstance(settings, WebhookSettings) and bool(reached(url, settings))
    except SendError:
        return False


def _webhook(config: Config) -> dict[str, ChannelSettings]:
    """Needs nobody's account, but it lets strangers name where we call: somebody must want that."""
    wanted = config.environ.get("WEBHOOKS", "no")
    if wanted not in {"yes", "no"}:
        raise BadSetting(f"WEBHOOKS is {wanted!r}; write yes to let people have their programs called, or no")
    return {"webhook": WebhookSettings()} if wanted == "yes" else {}


def _push(config: Config) -> dict[str, ChannelSettings]:
    """Needs nobody's account: only a word to the people who run push services, and a key that is made once."""
    subject = config.environ.get("VAPID_SUBJECT", "")
    if not subject:
        return {}
    if not subject.startswith(("mailto:", "https://")):
        raise BadSetting(f"VAPID_SUBJECT is {subject!r}; write whom to tell about trouble, like mailto:ops@example.org")
    key = config.environ.get("VAPID_PRIVATE_KEY", "") or kept_key(config.instance)
    return {"push": PushSettings(key, subject, click_url=config.public_url)}


def _sandbox(config: Config) -> dict[str, ChannelSettings]:
    if not config.sandbox_url:
        return {}
    host, _, port = config.sandbox_smtp.rpartition(":")
    if not host or not port.isdigit():
        raise BadSetting(f"SANDBOX_SMTP is {config.sandbox_smtp!r}; write host and port, like 127.0.0.1:8025")
    return sandbox_settings(config.sandbox_url, host, int(port))


def _providers(env: Mapping[str, str]) -> dict[str, ChannelSettings]:
    found: dict[str, ChannelSettings] = {}
    if account := _together(env, "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        sender, service = env.get("TWILIO_SENDER", ""), env.get("TWILIO_SERVICE_SID", "")
        if not sender and not service:
            raise BadSetting("TWILIO_ACCOUNT_SID is set without a sender; set TWILIO_SENDER or TWILIO_SERVICE_SID")
        found["sms"] = SmsSettings(account[0], account[1], sender=sender, service_sid=service)
    if mail := _together(env, "SMTP_HOST", "SMTP_SENDER"):
        found["email"] = EmailSettings(
            mail[0],
            mail[1],
            port=int(env.get("SMTP_PORT", "587")),
            sender_name=env.get("SMTP_SENDER_NAME", ""),
            starttls=env.get("SMTP_STARTTLS", "yes") == "yes",
            user=env.get("SMTP_USER", ""),
            password=env.get("SMTP_PASSWORD", ""),
        )
    if page := _together(env, "FACEBOOK_PAGE_ID", "FACEBOOK_PAGE_TOKEN"):
        found["facebook"] = FacebookSettings(page[0], page[1], app_secret=env.get("FACEBOOK_APP_SECRET", ""))
    return found


def _together(env: Mapping[str, str], *names: str) -> tuple[str, ...] | None:
    values = tuple(env.get(name, "") for name in names)
    if any(values) and not all(values):
        raise BadSetting(f"Set {' and '.join(names)} together, or none of them")
    return values if all(values) else None
