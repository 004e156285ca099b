"""The table of adapters: a new one is a file and a line here."""

from collections.abc import Mapping

from rules.terms import Mode
from webapp.channels import stand_in
from webapp.channels.base import Adapters
from webapp.channels.email_smtp import EmailSettings, SmtpEmail
from webapp.channels.facebook_page import FacebookPage, FacebookSettings
from webapp.channels.loopback import is_loopback
from webapp.channels.sms_twilio import SmsSettings, TwilioSms
from webapp.channels.web_push import PushSettings, WebPush
from webapp.channels.webhook import Webhook, WebhookSettings

ChannelSettings = SmsSettings | EmailSettings | FacebookSettings | PushSettings | WebhookSettings


class ReachesProviderError(ValueError):
    """An exercise or a test was about to get an adapter that could reach real people."""


def build(settings_by_channel: Mapping[str, ChannelSettings], mode: Mode) -> Adapters:
    """One set of adapters for one thread. Exercises and tests get only such as lead to the sandbox on this machine."""
    adapters = Adapters()
    for channel, settings in settings_by_channel.items():
        if mode is not Mode.actual and not leads_to_sandbox(settings):
            raise ReachesProviderError(
                f"{channel} leads to a provider; mode {mode} may only use the sandbox on this machine"
            )
        match settings:
            case SmsSettings():
                adapters.direct[channel] = TwilioSms(settings)
            case EmailSettings():
                adapters.direct[channel] = SmtpEmail(settings)
            case PushSettings():
                adapters.direct[channel] = WebPush(settings)
            case WebhookSettings():
                adapters.direct[channel] = Webhook(settings)
            case FacebookSettings():
                adapters.broadcast[channel] = FacebookPage(settings)
    return adapters


def leads_to_sandbox(settings: ChannelSettings) -> bool:
    """Marked as such, and on this machine: either alone is not believed."""
    return settings.sandbox and is_loopback(settings.host)


def sandbox_settings(http_url: str, smtp_host: str, smtp_port: int) -> dict[str, ChannelSettings]:
    """Settings for all channels that lead to a sandbox; raises ReachesProviderError if that is not on this machine."""
    settings: dict[str, ChannelSettings] = {
        "sms": SmsSettings(
            stand_in.ACCOUNT_SID, stand_in.AUTH_TOKEN, sender=stand_in.SENDER, base_url=http_url, sandbox=True
        ),
        "email": EmailSettings(smtp_host, stand_in.MAIL_SENDER, port=smtp_port, sandbox=True),
        "facebook": FacebookSettings(
            stand_in.PAGE_ID, stand_in.PAGE_TOKEN, app_secret=stand_in.APP_SECRET, base_url=http_url, sandbox=True
        ),
        "push": PushSettings(stand_in.PUSH_KEY, f"mailto:{stand_in.MAIL_SENDER}", base_url=http_url, sandbox=True),
        "webhook": WebhookSettings(base_url=http_url, sandbox=True),
    }
    for channel, one in settings.items():
        if not leads_to_sandbox(one):
            raise ReachesProviderError(f"{channel}: the sandbox is on this machine, not on {one.host}")
    return settings
