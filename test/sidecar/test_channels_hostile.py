# SPDX-License-Identifier: GPL-2.0-or-later
"""700 texts of strangers in each member of a notice: who gets it, and with
which headers, is as configured."""
import email
import email.header
import email.policy
import json
import os
import re
import sys
import urllib.parse
import uuid

import pytest

from harness.authority import Authority

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "test", "lib"))
from hostile_text import line_of, lines_of, strings  # noqa: E402
from notices import Notices  # noqa: E402  (the path comes first)
from receivers import Hook, Mailbox  # noqa: E402

TEXTS = strings(700)
ADDRESS = re.compile(rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-][A-Za-z0-9.!#$%&'*+/=?^_"
                     rb"`{|}~-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]*")
MAIL_HEADERS = ["Received", "Date", "From", "To", "Subject", "Message-ID",
                "References", "Auto-Submitted", "X-Auto-Response-Suppress",
                "MIME-Version", "Content-Type"]


@pytest.fixture(name="build")
def build_directory(request):
    return os.path.realpath(request.config.getoption("--build"))


@pytest.fixture(name="authority", scope="module")
def made_authority(tmp_path_factory):
    return Authority(str(tmp_path_factory.mktemp("authority")))


@pytest.fixture(name="mail")
def mailbox(authority):
    certificate = authority.issue("mail", "127.0.0.1")
    with Mailbox(tls=authority.server(certificate),
                 users={"e911": "sesame"}) as one:
        yield one


@pytest.fixture(name="notices")
def sender(build, tmp_path, authority, mail):
    password = tmp_path / "password"
    password.write_text("sesame\n", encoding="ascii")
    with Hook() as hook, Notices(
            build, str(tmp_path), smtp_url=f"smtp://127.0.0.1:{mail.port}",
            smtp_from="e911@example.com", smtp_user="e911",
            smtp_password_file=password, smtp_ca=authority.path("ca.pem"),
            notify_networks="127.0.0.0/8", sms_from="+12065550199",
            sms_url=f"http://127.0.0.1:{hook.port}/sms",
            notify_http_hosts=f"http://127.0.0.1:{hook.port}") as one:
        one.hook = hook
        yield one


def subject_of(message):
    """By Python's other parser, which keeps every byte."""
    raw = message["Subject"] or ""
    return "".join(part if isinstance(part, str) else part.decode(code or
                                                                  "ascii")
                   for part, code in email.header.decode_header(raw))


def part_of(message, subtype):
    part, = [one for one in message.walk()
             if one.get_content_type() == f"text/{subtype}"]
    assert part["Content-Type"] == f"text/{subtype}; charset=utf-8"
    return part.get_payload(decode=True).decode()


def ended(text):
    """A part ends with a line's end, whatever its text does."""
    return text if not text or text.endswith("\n") else text + "\n"


def check_mail(one, text, ident):
    assert one.recipients == ["desk@example.org"]
    assert one.sender == "e911@example.com"
    assert one.tls and one.user == "e911"
    # Nothing but CR LF and printable ASCII: no line is ended by anything else.
    assert re.fullmatch(rb"(?:[\t -~]*\r\n)*", one.content)
    message = email.message_from_bytes(one.content,
                                       policy=email.policy.compat32)
    names = [n for n in message.keys() if not n.startswith("X-Peer")]
    assert names == [n for n in MAIL_HEADERS if n in names], text
    assert set(MAIL_HEADERS) - set(names) <= {"Received"}, text
    assert message["To"] == "desk@example.org"
    assert message["From"] == "E911 <e911@example.com>"
    assert message["Message-ID"] == f"<{ident}@example.com>"
    assert not message.defects and message.is_multipart()
    assert [p.get_content_type() for p in message.walk()] == [
        "multipart/alternative", "text/plain", "text/html"]
    assert subject_of(message).replace("\n ", "") == line_of(text)
    assert (part_of(message, "plain").replace("\r\n", "\n")
            == ended(lines_of(text)))
    html = part_of(message, "html").replace("\r\n", "\n")
    if lines_of(text):
        assert html == ended(lines_of(text))


def test_mail_has_the_configured_recipients_and_headers(notices, mail):
    sent = {}
    for text in TEXTS:
        one = uuid.uuid4()
        sent[str(one)] = text
    results = notices.send_all([dict(
        id=uuid.UUID(one).bytes, call_id=b"\1" * 16, channel="email",
        target="desk@example.org", event=text, language=text,
        subject=text, text=text, html=text, json=text, preset=text,
        secret=text) for one, text in sent.items()])
    assert {r.outcome for r in results} == {"delivered"}
    assert len(mail.mails) == len(TEXTS) == 700
    for one in mail.mails:
        ident = re.search(rb"\r\nMessage-ID: <([0-9a-f-]{36})@",
                          b"\r\n" + one.content)[1].decode()
        check_mail(one, sent.pop(ident), ident)
    assert not sent


def test_text_without_html_is_shown_as_text_only(notices, mail):
    assert {r.outcome for r in notices.send_all([
        dict(channel="email", target="desk@example.org", subject=text,
             text=text) for text in TEXTS])} == {"delivered"}
    for one in mail.mails:
        html = part_of(email.message_from_bytes(one.content), "html")
        assert set(re.findall(r"<[^>]*>", html)) <= {
            "<!DOCTYPE html>", '<html lang="en">', "<head>", "</head>",
            '<meta charset="utf-8">', "<body>", "</body>", "<p>", "</p>",
            "<br>", "</html>"}


def test_a_hostile_recipient_gets_nothing_and_nobody_else_does(notices, mail):
    valid = 0
    for text in TEXTS:
        good = ADDRESS.fullmatch(text.split(b"\0")[0]) is not None
        valid += good
        ids = [notices.submit(channel=channel, target=text)
               for channel in ("email", "sms", "webhook")]
        results = notices.wait(*ids)
        assert results[0].outcome == ("delivered" if good else "refused")
        assert {r.outcome for r in results[1:]} == {"refused"}
    assert valid == 0 and not mail.mails and not notices.hook.posts


def test_webhooks_have_fixed_headers_and_sound_json(notices):
    target = f"http://127.0.0.1:{notices.hook.port}/hook"
    want = {}
    for text in TEXTS:
        for preset in "slack", "teams":
            one = uuid.uuid4()
            want[str(one)] = text, preset
    results = notices.send_all([dict(
        id=uuid.UUID(one).bytes, channel="webhook", target=target, event=text,
        language=text, subject=text, text=text, html=text, json=text,
        preset=preset, secret=text) for one, (text, preset) in want.items()])
    refused = {r.why for r in results if r.outcome != "delivered"}
    assert refused <= {"the webhook's secret is none"}  # too long
    for post in notices.hook.posts:
        text, preset = want[post.headers["webhook-id"]]
        assert [n.lower() for n in post.headers.keys()] == [
            "host", "accept", "content-type", "user-agent", "webhook-id",
            "idempotency-key", "webhook-timestamp"] + (
                ["webhook-signature"] if text.split(b"\0")[0] else []) + [
                    "content-length"]
        body = json.loads(post.body.decode())
        if preset == "slack":
            shown = [b["text"]["text"] for b in body.get("blocks", [])
                     if b["type"] == "section"]
            assert "".join(shown) == lines_of(text)
            assert not re.search(r"[<>]", body["text"])
        else:
            runs = [b["inlines"][0]["text"] for b in
                    body["attachments"][0]["content"]["body"]]
            assert runs[0] == line_of(text)
    assert len(notices.hook.posts) == sum(
        r.outcome == "delivered" for r in results) > 1200


def test_text_messages_are_forms_of_three_members(notices):
    assert {r.outcome for r in notices.send_all([
        dict(channel="sms", target="+12065550100", event=text, subject=text,
             text=text, json=text) for text in TEXTS])} == {"delivered"}
    assert len(notices.hook.posts) == 700
    for post in notices.hook.posts:
        pairs = urllib.parse.parse_qsl(post.body.decode("ascii"),
                                       keep_blank_values=True,
                                       strict_parsing=True, errors="strict")
        assert [name for name, _ in pairs] == ["To", "From", "Body"]
        assert pairs[0][1] == "+12065550100"
        assert pairs[1][1] == "+12065550199"
        assert len(pairs[2][1]) <= 4 * 153
