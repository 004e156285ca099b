"""The mail server that takes everything, unless a fault is armed."""

import asyncio
from asyncio import Server, WriteTransport
from collections.abc import Callable
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from webapp.sandbox.faults import Fault, FaultKind
from webapp.sandbox.mail import Mail
from webapp.sandbox.providers import Providers, new_sid

MAX_BYTES = 2_000_000


class _Post:
    """What aiosmtpd asks at each step of a transaction."""

    def __init__(self, providers: Providers) -> None:
        self._providers = providers

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        fault = self._providers.faults.take("email", address, "rcpt")
        if fault and (refusal := await _befall(fault, server)):
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  the same
        fault = next(filter(None, (self._providers.faults.take("email", it, "data") for it in envelope.rcpt_tos)), None)
        if fault and fault.kind is FaultKind.drop:
            self._keep(envelope)
        if fault and (refusal := await _befall(fault, server)):
            return refusal
        kept_as = self._keep(envelope)
        return f"250 2.0.0 OK: kept as {kept_as}"

    def _keep(self, envelope: Envelope) -> str:
        """One copy a recipient; comes back with the id of the last."""
        content = envelope.original_content or b""
        for address in envelope.rcpt_tos:
            mail_id = new_sid("m")
            self._providers.mail.put(
                Mail(
                    id=mail_id,
                    recipient=address,
                    received_at=self._providers.now(),
                    sender=envelope.mail_from or "",
                    content=content,
                )
            )
        return mail_id


async def _befall(fault: Fault, server: SMTP) -> str:
    """The refusal; "" = goes on, after a delay perhaps. May cut the connection."""
    match fault.kind:
        case FaultKind.status:
            return f"{fault.status} {fault.code} As armed".replace("  ", " ")
        case FaultKind.drop | FaultKind.drop_before:
            cast("WriteTransport", server.transport).abort()
            return "421 4.3.2 Gone"
        case _:
            await asyncio.sleep(fault.seconds)
            return ""


class MailServer(Controller):
    """aiosmtpd in a thread; port 0 takes a free one, which `port` then names."""

    def __init__(self, providers: Providers, *, host: str, port: int, **more: Any) -> None:
        super().__init__(
            _Post(providers),
            hostname=host,
            port=port,
            data_size_limit=MAX_BYTES,
            authenticator=_door(providers),
            auth_require_tls=False,
            ident="sandbox",
            server_hostname="sandbox.example",
            **more,
        )

    def _trigger_server(self) -> None:
        self.port = cast("Server", self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd's


def _door(providers: Providers) -> Callable[..., AuthResult]:
    account = providers.account
    known = (account.mail_user.encode(), account.mail_password.encode())

    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
        is_known = isinstance(given, LoginPassword) and (given.login, given.password) == known
        return AuthResult(success=is_known, handled=False)

    return authenticate
