"""Mail by SMTP: one recipient a transaction over one reused connection."""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from webapp.channels.base import Accepted, Capabilities, ErrorClass, Outgoing, SendError
from webapp.channels.mail_text import message_id, render, wire_address
from webapp.channels.smtp_errors import Step, error_class_of

RECONNECT_EVERY = 100  # mails; large providers cut longer conversations
IDLE = timedelta(seconds=5)  # after which the server may have hung up unheard


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """Which server, and who it says that it is from."""

    host: str
    sender: str  # address in From
    port: int = 25
    sender_name: str = ""
    reply_to: str = ""
    bounces_to: str = ""  # envelope sender; "" = `sender`
    list_id: str = ""  # such as notices.example.org; "" = the domain of `sender`
    starttls: bool = False
    ca_file: str = ""  # authorities that the server's certificate is checked against; "" = the system's
    user: str = ""  # "" = no sign-in
    password: str = field(default="", repr=False)
    timeout_s: float = 30.0
    sandbox: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError for an address that could not stand in a header."""
        for address in (self.sender, *filter(None, (self.reply_to, self.bounces_to))):
            if not address or wire_address(address) != address:
                raise ValueError(f"{address!r} is no mail address that could stand in a header")
        if self.list_id and not wire_address(f"list@{self.list_id}"):
            raise ValueError(f"{self.list_id!r} is no list id; write one like notices.example.org")

    @property
    def domain(self) -> str:
        """Of the sender; Message-IDs live under it."""
        return self.sender.rpartition("@")[2]


class SmtpEmail:
    """One connection, so one instance a thread."""

    capabilities = Capabilities()

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings
        self._smtp: smtplib.SMTP | None = None
        self._sent = 0
        self._used_at: datetime | None = None

    def send(self, message: Outgoing, *, now: datetime) -> Accepted:
        """Hand over one mail; its Message-ID is always the same for the same key."""
        recipient = wire_address(message.recipient)
        if not recipient:
            raise SendError(ErrorClass.bad_address, "That is no mail address that a server would take")
        if message.expires_at is not None and message.expires_at <= now:
            raise SendError(ErrorClass.expired, "It is over")
        content = render(message, self._settings, to=recipient, now=now)
        smtp = self._connection(now)
        try:
            _hand_over(smtp, self._settings.bounces_to or self._settings.sender, recipient, content)
        except SendError as failure:
            self._recover(smtp, failure)
            raise
        self._sent += 1
        return Accepted(message_id(message.key, self._settings.domain))

    def look_up(self, message: Outgoing, *, since: datetime) -> Accepted | None:  # noqa: ARG002  the protocol's
        """Always SendError: a mail server cannot be asked what it took."""
        raise SendError(ErrorClass.unknown, "A mail server cannot be asked what it took")

    def close(self) -> None:
        """Say goodbye."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            try:
                smtp.quit()
            except (smtplib.SMTPException, OSError):
                smtp.close()

    def _connection(self, now: datetime) -> smtplib.SMTP:
        is_idle = self._used_at is not None and now - self._used_at > IDLE
        if self._sent >= RECONNECT_EVERY or (is_idle and self._smtp is not None and not _is_awake(self._smtp)):
            self.close()
        if self._smtp is None:
            self._smtp, self._sent = _connect(self._settings), 0
        self._used_at = now
        return self._smtp

    def _recover(self, smtp: smtplib.SMTP, failure: SendError) -> None:
        """After a plain refusal the conversation goes on; after anything else it is not to be trusted."""
        is_plain = failure.code[:1] in {"4", "5"} and failure.code[:3] != "421"
        if not is_plain or not _is_awake(smtp):
            smtp.close()
            self._smtp = None


def _is_awake(smtp: smtplib.SMTP) -> bool:
    """Whether it still answers; forgets a transaction that was begun."""
    try:
        return smtp.rset()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def _connect(settings: EmailSettings) -> smtplib.SMTP:
    try:
        smtp = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)
        try:
            _introduce(smtp, settings)
        except BaseException:
            smtp.close()
            raise
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, error.smtp_error, Step.greeting) from None
    except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError) as error:
        sentence = "The mail server does not offer what the settings ask for, or cannot prove who it is"
        raise SendError(ErrorClass.ours, sentence, code=type(error).__name__) from None
    except (smtplib.SMTPException, OSError):
        raise SendError(ErrorClass.transient, "The mail server cannot be reached", code="no-connection") from None
    return smtp


def _introduce(smtp: smtplib.SMTP, settings: EmailSettings) -> None:
    """Encrypt and sign in, as far as the settings ask for it."""
    smtp.ehlo_or_helo_if_needed()
    if settings.starttls:
        smtp.starttls(context=ssl.create_default_context(cafile=settings.ca_file or None))
        smtp.ehlo()
    if settings.user:
        smtp.login(settings.user, settings.password)


def _hand_over(smtp: smtplib.SMTP, sender: str, recipient: str, content: bytes) -> None:
    """One transaction, by hand: only what is lost after the content began to leave is in doubt."""
    size = f" SIZE={len(content)}" if smtp.has_extn("size") else ""
    _ask(lambda: smtp.docmd("MAIL", f"FROM:<{sender}>{size}"), 250, Step.sender)
    _ask(lambda: smtp.docmd("RCPT", f"TO:<{recipient}>"), 250, Step.recipient)
    _ask(lambda: smtp.docmd("DATA"), 354, Step.data)
    try:
        smtp.send(content)
        code, reply = smtp.getreply()
    except (smtplib.SMTPException, OSError):
        raise SendError(ErrorClass.unknown, "The mail server was gone before it answered", code="no-reply") from None
    _expect(250, code, reply, Step.content)


def _ask(command: Callable[[], tuple[int, bytes]], wanted: int, step: Step) -> None:
    try:
        code, reply = command()
    except (smtplib.SMTPException, OSError):
        raise SendError(
            ErrorClass.transient, "The mail server hung up before it had the mail", code="hung-up"
        ) from None
    _expect(wanted, code, reply, step)


def _expect(wanted: int, code: int, reply: bytes, step: Step) -> None:
    if code != wanted and not (step is Step.recipient and code == 251):
        raise _refused(code, reply, step)


def _refused(code: int, reply: bytes | str, step: Step) -> SendError:
    """The server's own words stay out: they often repeat the address."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    error_class, spelled = error_class_of(code, text, step)
    return SendError(error_class, f"The mail server refused with {spelled} at the {step}", code=spelled)
