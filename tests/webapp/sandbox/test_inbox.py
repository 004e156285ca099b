"""What people and programs see of what came in."""

import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.webapp.sandbox.test_graph import posted
from tests.webapp.sandbox.test_twilio import a_text, created
from webapp.channels import stand_in
from webapp.sandbox.serve import Sandbox
from webapp.sandbox.shelf import Shelf
from webapp.sandbox.sms import Sms, SmsStatus

MAIL = """From: Sveg <notices@sandbox.example>\r
To: anna@example.org\r
Subject: =?utf-8?q?St=C3=B6rning?=\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: 8bit\r
\r
<script>alert(1)</script> Kort fungerar inte på torget.\r
"""


@pytest.fixture
def filled(sandbox: Sandbox, twilio: httpx.Client, graph: httpx.Client) -> Sandbox:
    """One of each."""
    created(twilio, Body="<b>Kort</b> fungerar inte")
    with smtplib.SMTP(sandbox.host, sandbox.smtp_port) as smtp:
        smtp.sendmail("a@example.org", ["anna@example.org"], MAIL.encode())
    graph.post(f"/{posted(graph)}", data={"message": "Löst", "is_pinned": "true"})
    return sandbox


def pages(sandbox: Sandbox) -> list[str]:
    mail_id = sandbox.providers.mail.newest()[0].id
    return ["/", "/phones", "/phones/+46700000001", "/mail", f"/mail/{mail_id}", "/page"]


def test_every_page_runs_nothing_and_loads_nothing_from_elsewhere(filled: Sandbox, browser_like: httpx.Client) -> None:
    for path in pages(filled):
        reply = browser_like.get(path)

        assert reply.status_code == 200
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        assert not [it for it in ("<script", "<b>Kort", "style=", 'src="http', 'href="http') if it in reply.text]


def test_a_mail_is_shown_as_its_reader_sees_it(filled: Sandbox, browser_like: httpx.Client) -> None:
    shown = browser_like.get(pages(filled)[4]).text

    assert "<h1>Störning</h1>" in shown
    assert "Kort fungerar inte på torget." in shown


def test_a_page_shows_the_pin_and_what_a_post_said_before(filled: Sandbox, browser_like: httpx.Client) -> None:
    shown = browser_like.get("/page").text

    assert "pinned" in shown
    assert "Löst" in shown
    assert "Kort fungerar inte i Sveg." in shown


@pytest.mark.parametrize(
    ("path", "is_live"),
    [
        ("/", True),
        ("/?live=0", False),
        ("/page", True),
        ("/phones/+46700000001", False),
        ("/phones/+46700000001?live=1", True),
        ("/phones?live=1&before=9", False),
    ],
)
def test_a_page_refreshes_itself_unless_that_would_disturb(
    filled: Sandbox, browser_like: httpx.Client, path: str, is_live: bool
) -> None:
    assert ('http-equiv="refresh"' in browser_like.get(path).text) is is_live


def test_long_lists_are_paged_newest_first(twilio: httpx.Client, browser_like: httpx.Client) -> None:
    for number in range(30):
        created(twilio, To=f"+467000001{number:02d}")

    first, second = browser_like.get("/phones").text, browser_like.get("/phones?before=6").text

    assert "+46700000129" in first
    assert "+46700000104" not in first
    assert "/phones?before=6" in first
    assert "+46700000104" in second
    assert "+46700000129" not in second


def test_programs_get_counts_and_filtered_pages(filled: Sandbox, browser_like: httpx.Client) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()

    all_of_it = browser_like.get("/inbox.json").json()
    asked = {"channel": "email", "recipient": "anna@example.org", "by_recipient": "1"}
    mails = browser_like.get("/inbox.json", params=asked).json()
    none = browser_like.get("/inbox.json", params={"channel": "sms", "since": tomorrow}).json()

    assert all_of_it["counts"] == {"sms": 1, "email": 1, "facebook": 1, "push": 0, "webhook": 0}
    assert (mails["count"], mails["by_recipient"]) == (1, {"anna@example.org": 1})
    assert [it["subject"] for it in mails["messages"]] == ["Störning"]
    assert none["messages"] == []


def test_programs_read_on_where_they_stopped(twilio: httpx.Client, browser_like: httpx.Client) -> None:
    for number in range(5):
        created(twilio, Body=f"text {number}")

    seen, before = [], "0"
    while before != "None":
        page = browser_like.get("/inbox.json", params={"channel": "sms", "limit": "2", "before": before}).json()
        seen += [it["body"] for it in page["messages"]]
        before = str(page["next_before"])

    assert seen == ["text 4", "text 3", "text 2", "text 1", "text 0"]


@pytest.mark.parametrize(
    "query", ["channel=fax", "channel=sms&since=soon", "channel=sms&limit=1001", "channel=sms&before=x"]
)
def test_a_question_that_cannot_be_read_is_refused(browser_like: httpx.Client, query: str) -> None:
    assert browser_like.get(f"/inbox.json?{query}").status_code == 400


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example"}, {"Host": "elsewhere.example"}])
def test_other_sites_in_the_same_browser_are_kept_out(browser_like: httpx.Client, headers: dict[str, str]) -> None:
    reply = browser_like.post("/phones/+46700000001/replies", data={"body": "STOP"}, headers=headers)

    assert reply.status_code == 403


def test_forgotten_texts_are_still_counted(twilio: httpx.Client) -> None:
    shelf: Shelf[Sms] = Shelf(keep=3)
    now = datetime.now(UTC)

    for number in range(10):
        shelf.put(
            Sms(
                id=str(number),
                recipient=f"+4670000000{number % 2}",
                received_at=now,
                updated_at=now,
                account_sid=stand_in.ACCOUNT_SID,
                sender=stand_in.SENDER,
                body="x",
                status=SmsStatus.queued,
            )
        )

    assert [it.id for it in shelf.newest()] == ["9", "8", "7"]
    assert [it.id for it in shelf.newest("+46700000000")] == ["8"]
    assert [it.id for it in shelf.recipients()] == ["9", "8"]
    assert (shelf.total(), shelf.counts()) == (10, {"+46700000000": 5, "+46700000001": 5})


def test_many_may_write_at_once(sandbox: Sandbox, twilio: httpx.Client) -> None:
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda it: twilio.post("/Messages.json", data=a_text(Body=f"x{it}")), range(200)))

    assert {it.status_code for it in replies} == {201}
    assert sandbox.providers.sms.count("+46700000001") == 200
