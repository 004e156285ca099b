"""Mail by SMTP: what arrives, and what each failure means."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.webapp.channels.conftest import Arm, an_outgoing
from webapp.channels import stand_in
from webapp.channels.base import Adapters, ErrorClass, Outgoing, SendError
from webapp.channels.email_smtp import RECONNECT_EVERY, EmailSettings, SmtpEmail
from webapp.sandbox.mail import Mail
from webapp.sandbox.serve import Sandbox


def failure(adapters: Adapters, mail: Outgoing, now: datetime) -> SendError:
    with pytest.raises(SendError) as caught:
        adapters.direct["email"].send(mail, now=now)
    return caught.value


def arrived(sandbox: Sandbox) -> Mail:
    [mail] = sandbox.providers.mail.newest()
    return mail


def test_a_mail_arrives_as_it_was_written(
    sandbox: Sandbox, adapters: Adapters, a_mail: Outgoing, now: datetime
) -> None:
    body = "Hej!\n\n.börjar med punkt\nrad med slutblanksteg \n" + "lång " * 60 + "\nslut = slut 😀"

    adapters.direct["email"].send(replace(a_mail, body=body), now=now)

    mail = arrived(sandbox)
    assert mail.text() == body + "\n"
    assert mail.subject() == "Störning i Sveg"
    assert mail.content.isascii()
    assert max(map(len, mail.content.split(b"\r\n"))) <= 78


def test_a_mail_says_that_it_is_automatic_to_many_and_when_it_is_over(
    sandbox: Sandbox, adapters: Adapters, a_mail: Outgoing, now: datetime
) -> None:
    adapters.direct["email"].send(replace(a_mail, unsubscribe_url="https://sveg.example/u/17?t=a"), now=now)

    head = arrived(sandbox).parsed()
    assert head["Auto-Submitted"] == "auto-generated"
    assert head["Precedence"] == "bulk"
    assert head["List-Id"] == "<sandbox.example>"
    assert head["List-Unsubscribe"] == "<https://sveg.example/u/17?t=a>"
    assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert head["Content-Language"] == "sv"
    assert parsedate_to_datetime(head["Expires"]) == (now + timedelta(hours=1)).replace(microsecond=0)
    assert head["To"] == "anna@example.org"


def test_nobody_is_offered_to_end_what_is_no_subscription(
    sandbox: Sandbox, adapters: Adapters, a_mail: Outgoing, now: datetime
) -> None:
    adapters.direct["email"].send(a_mail, now=now)

    assert arrived(sandbox).parsed()["List-Unsubscribe"] is None


def test_the_same_key_always_has_the_same_message_id(
    sandbox: Sandbox, adapters: Adapters, a_mail: Outgoing, now: datetime
) -> None:
    first = adapters.direct["email"].send(a_mail, now=now)
    again = adapters.direct["email"].send(a_mail, now=now + timedelta(minutes=1))

    ids = {it.parsed()["Message-ID"] for it in sandbox.providers.mail.newest()}
    assert ids == {first.provider_id} == {again.provider_id} == {"<d-17@sandbox.example>"}


@pytest.mark.parametrize(
    "breaker", ["\r\nBcc: all@example.org", "\nX-Evil: 1", "\r\n\r\nbody", "\x0bX: 1", "\u2028X: 1"]
)
def test_a_subject_cannot_bring_in_headers(
    sandbox: Sandbox, adapters: Adapters, a_mail: Outgoing, now: datetime, breaker: str
) -> None:
    adapters.direct["email"].send(replace(a_mail, subject=f"Störning{breaker}", language="sv\r\nX-Evil: 1"), now=now)

    mail = arrived(sandbox)
    assert not {"Bcc", "X-Evil", "X"} & set(mail.parsed().keys())
    assert mail.text() == a_mail.body + "\n"
    assert mail.subject().startswith("Störning ")


def test_a_key_with_odd_characters_makes_a_proper_message_id(
    adapters: Adapters, a_mail: Outgoing, now: datetime
) -> None:
    accepted = adapters.direct["email"].send(replace(a_mail, key="notice 7/sms>\r\nX: 1"), now=now)

    assert accepted.provider_id == "<notice%207%2Fsms%3E%0D%0AX%3A%201@sandbox.example>"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "anna@",
        "a b@example.org",
        "a@example.org\r\nRCPT TO:<b@example.org>",
        "<a@example.org>",
        "å@example.org",
    ],
)
def test_an_address_that_no_server_takes_is_not_tried(
    sandbox: Sandbox, adapters: Adapters, a_mail: Outgoing, now: datetime, address: str
) -> None:
    assert failure(adapters, replace(a_mail, recipient=address), now).error_class is ErrorClass.bad_address
    assert sandbox.providers.mail.total() == 0


def test_a_domain_with_letters_of_its_own_is_spelled_for_the_wire(
    sandbox: Sandbox, adapters: Adapters, a_mail: Outgoing, now: datetime
) -> None:
    adapters.direct["email"].send(replace(a_mail, recipient="anna@härjedalen.example"), now=now)

    assert arrived(sandbox).recipient == "anna@xn--hrjedalen-v2a.example"


def test_a_mail_about_what_is_over_is_not_sent(adapters: Adapters, a_mail: Outgoing, now: datetime) -> None:
    assert failure(adapters, replace(a_mail, expires_at=now), now).error_class is ErrorClass.expired


@pytest.mark.parametrize(
    ("status", "code", "error_class"),
    [
        (550, "5.1.1", ErrorClass.bad_address),
        (556, "5.1.10", ErrorClass.bad_address),
        (550, "5.2.1", ErrorClass.bad_address),
        (552, "5.2.2", ErrorClass.transient),
        (450, "4.2.1", ErrorClass.transient),
        (451, "4.7.1", ErrorClass.transient),
        (450, "4.7.28", ErrorClass.ours),
        (550, "5.7.1", ErrorClass.ours),
        (550, "5.7.26", ErrorClass.ours),
        (452, "", ErrorClass.transient),
        (550, "", ErrorClass.transient),
    ],
)
def test_each_refusal_of_a_recipient_means_something_and_the_next_mail_goes_out(
    sandbox: Sandbox,
    adapters: Adapters,
    arm: Arm,
    a_mail: Outgoing,
    now: datetime,
    status: int,
    code: str,
    error_class: ErrorClass,
) -> None:
    arm("email", "status", status=status, code=code)

    error = failure(adapters, a_mail, now)
    adapters.direct["email"].send(a_mail, now=now)

    assert (error.error_class, error.code) == (error_class, f"{status} {code}".strip())
    assert sandbox.providers.mail.total() == 1


@pytest.mark.parametrize(
    ("status", "code", "error_class"),
    [
        (554, "5.7.1", ErrorClass.ours),
        (554, "", ErrorClass.ours),
        (451, "4.3.0", ErrorClass.transient),
        (550, "5.1.1", ErrorClass.bad_address),
    ],
)
def test_a_refusal_of_the_content_is_about_us_unless_it_says_otherwise(
    adapters: Adapters, arm: Arm, a_mail: Outgoing, now: datetime, status: int, code: str, error_class: ErrorClass
) -> None:
    arm("email", "status", status=status, code=code, on="data")

    assert failure(adapters, a_mail, now).error_class is error_class


@pytest.mark.parametrize(("kind", "taken"), [("drop", 1), ("drop_before", 0)])
def test_a_connection_lost_after_the_content_leaves_it_unknown_and_the_next_mail_goes_out(
    sandbox: Sandbox, adapters: Adapters, arm: Arm, a_mail: Outgoing, now: datetime, kind: str, taken: int
) -> None:
    arm("email", kind)

    error = failure(adapters, a_mail, now)
    adapters.direct["email"].send(a_mail, now=now)

    assert error.error_class is ErrorClass.unknown
    assert sandbox.providers.mail.total() == taken + 1


def test_a_connection_lost_before_the_content_means_that_nothing_was_taken(
    sandbox: Sandbox, adapters: Adapters, arm: Arm, a_mail: Outgoing, now: datetime
) -> None:
    arm("email", "drop_before", on="rcpt")

    assert failure(adapters, a_mail, now).error_class is ErrorClass.transient
    adapters.direct["email"].send(a_mail, now=now)
    assert sandbox.providers.mail.total() == 1


def test_a_server_that_says_goodbye_is_met_anew(
    sandbox: Sandbox, adapters: Adapters, arm: Arm, a_mail: Outgoing, now: datetime
) -> None:
    arm("email", "status", status=421, code="4.3.2")

    assert failure(adapters, a_mail, now).error_class is ErrorClass.transient
    adapters.direct["email"].send(a_mail, now=now)
    assert sandbox.providers.mail.total() == 1


def test_a_connection_that_ended_while_idle_is_made_anew(a_mail: Outgoing, now: datetime) -> None:
    with Sandbox() as first:
        adapter = SmtpEmail(EmailSettings(first.host, "a@example.org", port=first.smtp_port, sandbox=True))
        adapter.send(a_mail, now=now)
        port = first.smtp_port

    with Sandbox(smtp_port=port) as second:
        adapter.send(a_mail, now=now + timedelta(seconds=6))
        adapter.close()

        assert second.providers.mail.total() == 1


def test_where_nobody_listens_nothing_was_taken(a_mail: Outgoing, now: datetime) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        adapter = SmtpEmail(EmailSettings("127.0.0.1", "a@example.org", port=closed.getsockname()[1], sandbox=True))

        with pytest.raises(SendError) as caught:
            adapter.send(a_mail, now=now)

    assert caught.value.error_class is ErrorClass.transient


def test_many_mails_go_over_a_few_connections(sandbox: Sandbox, adapters: Adapters, now: datetime) -> None:
    for number in range(RECONNECT_EVERY + 5):
        mail = replace(an_outgoing(f"p{number}@example.org", now), key=f"d-{number}")
        adapters.direct["email"].send(mail, now=now)

    assert sandbox.providers.mail.total() == RECONNECT_EVERY + 5
    assert set(sandbox.providers.mail.counts().values()) == {1}


@pytest.mark.parametrize(("password", "works"), [(stand_in.MAIL_PASSWORD, True), ("wrong", False)])
def test_signing_in_works_with_the_password_and_is_our_fault_without(
    sandbox: Sandbox, a_mail: Outgoing, now: datetime, password: str, works: bool
) -> None:
    adapter = SmtpEmail(
        EmailSettings(
            sandbox.host,
            stand_in.MAIL_SENDER,
            port=sandbox.smtp_port,
            user=stand_in.MAIL_USER,
            password=password,
            sandbox=True,
        )
    )

    if works:
        adapter.send(a_mail, now=now)
    else:
        with pytest.raises(SendError) as caught:
            adapter.send(a_mail, now=now)
        assert caught.value.error_class is ErrorClass.ours
    adapter.close()


def test_encryption_that_the_server_lacks_is_our_fault(sandbox: Sandbox, a_mail: Outgoing, now: datetime) -> None:
    adapter = SmtpEmail(
        EmailSettings(sandbox.host, stand_in.MAIL_SENDER, port=sandbox.smtp_port, starttls=True, sandbox=True)
    )

    with pytest.raises(SendError) as caught:
        adapter.send(a_mail, now=now)

    assert caught.value.error_class is ErrorClass.ours


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, with its key, made here."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here to make a certificate with")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        [
            *(
                openssl,
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
            ),
            *(
                "-subj",
                "/CN=127.0.0.1",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-keyout",
                path,
                "-out",
                f"{path}.crt",
            ),
        ],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


@pytest.fixture
def encrypted(certificate: Path) -> Iterator[Sandbox]:
    """A sandbox whose mail server offers encryption."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Sandbox(tls_context=context) as sandbox:
        yield sandbox


def test_encrypted_mail_goes_only_to_a_server_that_proves_who_it_is(
    encrypted: Sandbox, certificate: Path, a_mail: Outgoing, now: datetime
) -> None:
    settings = EmailSettings(
        encrypted.host, stand_in.MAIL_SENDER, port=encrypted.smtp_port, starttls=True, sandbox=True
    )
    knowing = SmtpEmail(replace(settings, ca_file=f"{certificate}.crt"))

    knowing.send(a_mail, now=now)
    knowing.close()
    with pytest.raises(SendError) as caught:
        SmtpEmail(settings).send(a_mail, now=now)

    assert caught.value.error_class is ErrorClass.ours
    assert encrypted.providers.mail.total() == 1


@pytest.mark.parametrize("address", ["", "a@example.org\r\nBcc: b@example.org", "Anna <a@example.org>"])
def test_settings_with_an_address_that_breaks_headers_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no mail address"):
        EmailSettings("127.0.0.1", address)


@pytest.mark.parametrize("name", ['Sveg "kundservice"', "Svegs kundservice på torget", "Sveg\r\nX-Evil: 1"])
def test_the_senders_name_is_shown_and_brings_in_nothing(
    sandbox: Sandbox, a_mail: Outgoing, now: datetime, name: str
) -> None:
    adapter = SmtpEmail(
        EmailSettings(sandbox.host, stand_in.MAIL_SENDER, port=sandbox.smtp_port, sender_name=name, sandbox=True)
    )

    adapter.send(a_mail, now=now)
    adapter.close()

    head = arrived(sandbox).parsed()
    [sender] = head["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (" ".join(name.split()), stand_in.MAIL_SENDER)
    assert "X-Evil" not in head


def test_a_server_cannot_be_asked_what_it_took(adapters: Adapters, a_mail: Outgoing, now: datetime) -> None:
    assert not adapters.direct["email"].capabilities.look_up
    with pytest.raises(SendError, match="cannot be asked"):
        adapters.direct["email"].look_up(a_mail, since=now)
