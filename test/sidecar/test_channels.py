# SPDX-License-Identifier: GPL-2.0-or-later
"""Mail, text messages and webhooks against real servers, good and bad ones."""
import base64
import hashlib
import hmac
import json
import os
import socket
import sys
import threading
import time
import urllib.parse
import uuid

import pytest

from harness.authority import Authority
from harness.dns import NameServer
from harness.wait import wait_until

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "test", "lib"))
from notices import Notices  # noqa: E402  (the path comes first)
from receivers import Hook, Mailbox, free_port  # noqa: E402


@pytest.fixture(name="sender")
def make_sender(request, tmp_path):
    build = os.path.realpath(request.config.getoption("--build"))

    def make(**settings):
        return Notices(build, str(tmp_path), **settings)
    return make


@pytest.fixture(name="authority", scope="module")
def made_authority(tmp_path_factory):
    one = Authority(str(tmp_path_factory.mktemp("authority")))
    one.context = one.server(one.issue("server", "127.0.0.1", "localhost",
                                       "hook.example.com"))
    one.stranger = one.server(one.issue("stranger", "192.0.2.1"))
    return one


@pytest.fixture(name="hook")
def web_server():
    with Hook() as one:
        yield one


def plainly(hook, **more):
    """Settings for a hook without TLS on loopback."""
    return {"notify_networks": "127.0.0.0/8",
            "notify_http_hosts": f"http://127.0.0.1:{hook.port}", **more}


def mail_to(mail, **more):
    return {"smtp_url": f"smtp://127.0.0.1:{mail.port}",
            "smtp_from": "e911@example.com", **more}


def url(hook, path="/hook", scheme="http", host="127.0.0.1"):
    return f"{scheme}://{host}:{hook.port}{path}"


# ---- mail ----

def test_mail_goes_over_starttls_with_user_and_password(sender, authority,
                                                        tmp_path):
    password = tmp_path / "password"
    password.write_text("sesame \n", encoding="ascii")
    with Mailbox(tls=authority.context, users={"e911": "sesame"}) as mail:
        login = {"smtp_user": "e911", "smtp_password_file": password,
                 "smtp_ca": authority.path("ca.pem")}
        with sender(**mail_to(mail, **login)) as one:
            assert one.send(channel="email", target="a@example.org",
                            subject="911 call: Jos\u00e9") == (
                                "delivered", 250, 0, "")
        assert mail.mails[0].tls and mail.mails[0].user == "e911"
        assert mail.mails[0].recipients == ["a@example.org"]
        assert mail.parsed()[0]["Subject"] == "911 call: Jos\u00e9"
        assert "sesame" not in one.log_text()
        assert "example.org" not in one.log_text()
        password.write_text("other", encoding="ascii")
        with sender(**mail_to(mail, **login)) as one:
            result = one.send(channel="email", target="a@example.org")
            assert result.outcome == "again" and result.status == 535
            assert "login" in result.why
    assert len(mail.mails) == 1


def test_mail_goes_over_tls_from_the_first_byte(sender, authority):
    with Mailbox(tls=authority.context, implicit=True) as mail:
        with sender(smtp_url=f"smtps://localhost:{mail.port}",
                    smtp_from="e911@example.com",
                    smtp_ca=authority.path("ca.pem")) as one:
            assert one.send(channel="email",
                            target="a@example.org").outcome == "delivered"
    assert len(mail.mails) == 1  # it speaks nothing else


def test_no_mail_goes_without_the_right_tls(sender, authority):
    with Mailbox() as plain, Mailbox(tls=authority.stranger) as stranger:
        with sender(**mail_to(plain)) as one:
            assert one.send(channel="email", target="a@example.org") == (
                "again", 250, 0, "it offers no usable TLS")
        for settings in ({"smtp_ca": authority.path("ca.pem")}, {},
                         {"smtp_tls": "optional"}):
            with sender(**mail_to(stranger, **settings)) as one:
                assert one.send(channel="email", target="a@example.org").why \
                    == "its certificate is wrong"
        assert not plain.mails and not stranger.mails
        with sender(**mail_to(plain, smtp_tls="optional")) as one:
            assert one.send(channel="email",
                            target="a@example.org").outcome == "delivered"


def test_what_a_mail_server_says_is_judged(sender):
    with Mailbox() as mail:
        mail.replies = {"no@example.org": "550 5.1.1 nobody",
                        "later@example.org": "451 4.7.1 greylisted",
                        "full@example.org": "552 5.2.2 full",
                        "policy@example.org": "554 5.7.1 no"}
        with sender(**mail_to(mail, smtp_tls="optional")) as one:
            for name, outcome, status in (
                    ("no", "refused", 550), ("later", "again", 451),
                    ("full", "again", 552), ("policy", "again", 554),
                    ("good", "delivered", 250)):
                result = one.send(channel="email",
                                  target=f"{name}@example.org")
                assert result[:2] == (outcome, status), name
            # About us, not about whom it goes to.
            mail.sender_reply = "550 5.7.60 not as this sender"
            assert one.send(channel="email",
                            target="good@example.org")[:2] == ("again", 550)
            mail.sender_reply = None
            mail.data_reply = "452 4.3.1 no space"
            assert one.send(channel="email",
                            target="good@example.org")[:2] == ("again", 452)
    assert [m.recipients for m in mail.mails] == [["good@example.org"]] * 2
    assert mail.mails[0].helo == "example.com"
    with sender(**mail_to(mail, smtp_tls="optional")) as one:
        assert one.send(channel="email", target="good@example.org") == (
            "again", 0, 0, "nobody answers there")


class Telnet:
    """A server of a few lines: 'talk' gets each connection."""

    def __init__(self, talk):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.connections = []
        self.talk = talk
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                one, _ = self.socket.accept()
            except OSError:
                return
            self.connections.append(one)
            threading.Thread(target=self._talk, args=(one,),
                             daemon=True).start()

    def _talk(self, one):
        try:
            self.talk(one)
        except OSError:
            pass  # who asks has gone

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for one in self.connections:
            one.close()


def drip(one):
    """A byte a moment, for ever."""
    while True:
        one.sendall(b"2")
        time.sleep(0.05)


def flood(first):
    def talk(one):
        one.recv(65536)
        one.sendall(first)
        while True:
            one.sendall(b"x" * 65536)
    return talk


def say(*lines):
    def talk(one):
        for line in lines:
            one.sendall(line)
            if not one.recv(65536):
                return
        one.close()
    return talk


def silent(one):
    one.recv(65536)
    one.recv(65536)


MAD_MAIL = {
    "silent": silent, "drips": drip,
    "floods": flood(b"220-x\r\n"),
    "hangs up": lambda one: one.close(),
    "no SMTP": say(b"HTTP/1.1 200 OK\r\n\r\n"),
    "busy": say(b"421 4.3.2 busy\r\n"),
    "closed": say(b"554 no service\r\n"),
    "dies later": say(b"220 x\r\n", b"250 x\r\n", b"250 x\r\n"),
    "dies at the end": say(b"220 x\r\n", b"250 x\r\n", b"250 x\r\n",
                           b"250 x\r\n", b"354 x\r\n"),
}
MAD_HTTP = {
    "silent": silent, "drips": drip,
    "hangs up": lambda one: one.close(),
    "no HTTP": say(b"220 mail ESMTP\r\n"),
    "half": say(b"HTTP/1.1 20"),
    "long header": flood(b"HTTP/1.1 "),
    "endless headers": flood(b"HTTP/1.1 500 x\r\na: "),
    "NUL": say(b"HTTP/1.1 \0\0\0 OK\r\n\r\n"),
    "bad length": say(b"HTTP/1.1 500 x\r\nContent-Length: -1\r\n\r\n"),
    "status 99999": say(b"HTTP/1.1 99999 x\r\nContent-Length: 0\r\n\r\n"),
}


@pytest.mark.parametrize("kind", ["email", "webhook"])
def test_a_mad_server_costs_its_own_notices_only(sender, hook, kind):
    """All at once, and a good one is served while the silent ones wait."""
    mad = {name: Telnet(talk) for name, talk in (
        MAD_MAIL if kind == "email" else MAD_HTTP).items()}
    for name, server in mad.items():
        settings = plainly(hook, notify_timeout_ms=400)
        settings["notify_http_hosts"] += f",http://127.0.0.1:{server.port}"
        with sender(**mail_to(server, smtp_tls="optional",
                              **settings)) as one:
            good = one.submit(channel="webhook", target=url(hook))
            bad = one.submit(
                channel=kind, target="a@example.org" if kind == "email"
                else f"http://127.0.0.1:{server.port}/")
            assert one.wait(good)[0].outcome == "delivered", name
            result, = one.wait(bad)
            assert result.outcome == "again" and result.why, (name, result)
        server.close()


# ---- webhooks ----

def test_a_webhook_is_signed(sender, hook):
    ident = uuid.uuid4()
    with sender(**plainly(hook)) as one:
        for secret, key in (("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                             base64.b64decode(
                                 "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")),
                            ("words" * 20, b"words" * 20)):
            assert one.send(channel="webhook", target=url(hook, "/a?b=c"),
                            id=ident.bytes, secret=secret,
                            json='{"caller":"Jos\u00e9"}'
                            ).outcome == "delivered"
            one.results.clear()
            post = hook.posts[-1]
            moment = post.headers["webhook-timestamp"]
            assert abs(time.time() - int(moment)) < 60
            mac = hmac.new(key, f"{ident}.{moment}.".encode() + post.body,
                           hashlib.sha256).digest()
            assert (post.headers["webhook-signature"]
                    == "v1," + base64.b64encode(mac).decode())
            assert post.headers["Idempotency-Key"] == str(ident)
            assert post.path == "/a?b=c"
            assert json.loads(post.body) == {"caller": "Jos\u00e9"}


def test_what_a_webhook_answers_is_judged(sender, hook):
    with Hook() as other:
        hook.by_path = {
            "/200": (200, {}, b"x"), "/204": (204, {}, b""),
            "/302": (302, {"Location": url(other)}, b""),
            "/307": (307, {"Location": url(other)}, b""),
            "/400": (400, {}, b"no"), "/401": (
                401, {"WWW-Authenticate": 'Basic realm="x"'}, b""),
            "/404": (404, {}, b""), "/410": (410, {}, b""),
            "/408": (408, {}, b""), "/425": (425, {}, b""),
            "/429": (429, {"Retry-After": "7"}, b""),
            "/429x": (429, {"Retry-After": "86400"}, b""),
            "/429y": (429, {"Retry-After": "-5"}, b""),
            "/500": (500, {}, b""),
            "/503": (503, {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"},
                     b""),
            "/gzip": (500, {"Content-Encoding": "gzip"}, b"\x1f\x8b" * 99),
        }
        wanted = {"/200": ("delivered", 200, 0), "/204": ("delivered", 204, 0),
                  "/302": ("refused", 302, 0), "/307": ("refused", 307, 0),
                  "/400": ("refused", 400, 0), "/401": ("refused", 401, 0),
                  "/404": ("refused", 404, 0), "/410": ("refused", 410, 0),
                  "/408": ("again", 408, 0), "/425": ("again", 425, 0),
                  "/429": ("again", 429, 7000),
                  "/429x": ("again", 429, 60000), "/429y": ("again", 429, 0),
                  "/500": ("again", 500, 0), "/503": ("again", 503, 0),
                  "/gzip": ("again", 500, 0)}
        with sender(**plainly(hook)) as one:
            ids = {path: one.submit(channel="webhook", target=url(hook, path))
                   for path in wanted}
            for path, ident in ids.items():
                assert one.wait(ident)[0][:3] == wanted[path], path
        assert not other.posts
        assert len(hook.posts) == len(wanted)


def test_64_kib_of_an_answer_are_enough(sender, hook):
    written = []

    def endless(status):
        def answer(handler):
            handler.wfile.write(b"HTTP/1.1 %d x\r\n\r\n" % status)
            try:
                for _ in range(1 << 14):
                    handler.wfile.write(b"y" * 65536)
                    written.append(65536)
            except OSError:
                return
            written.append(1 << 40)
        return answer

    hook.by_path = {"/2": endless(200), "/5": endless(500)}
    with sender(**plainly(hook)) as one:
        assert one.send(channel="webhook",
                        target=url(hook, "/2")).outcome == "delivered"
        assert one.send(channel="webhook", target=url(hook, "/5"))[:2] == (
            "again", 500)
    # What buffers of sockets take, and not a gigabyte.
    assert sum(written) < 64 << 20


def test_a_kept_connection_that_has_died_costs_nothing(sender, hook):
    """The server says that it stays, and goes."""
    def answer_and_go(handler):
        handler.wfile.write(b"HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n")
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)

    def die(handler):
        """... with the next request, once."""
        hook.by_path["/"] = (200, {}, b"")
        handler.connection.shutdown(socket.SHUT_RDWR)

    with sender(**plainly(hook)) as one:
        hook.by_path["/"] = answer_and_go
        for _ in range(5):
            assert one.send(channel="webhook",
                            target=url(hook, "/")).outcome == "delivered"
        hook.by_path["/"] = (200, {}, b"")
        assert one.send(channel="webhook",
                        target=url(hook, "/")).outcome == "delivered"
        hook.by_path["/"] = die
        assert one.send(channel="webhook",
                        target=url(hook, "/")).outcome == "delivered"


def test_a_webhook_over_tls_shows_its_own_certificate(sender, authority):
    with Hook(tls=authority.context) as good, \
            Hook(tls=authority.stranger) as stranger, Hook() as plain:
        with sender(notify_networks="127.0.0.0/8",
                    notify_ca=authority.path("ca.pem")) as one:
            assert one.send(channel="webhook", target=url(
                good, scheme="https")).outcome == "delivered"
            assert one.send(channel="webhook", target=url(
                stranger, scheme="https")).why == "its certificate is wrong"
            assert one.send(channel="webhook", target=url(
                plain, scheme="https")).why == "it offers no usable TLS"
            assert one.send(channel="webhook", target=url(plain)) == (
                "again", 0, 0, "http without TLS is not allowed there")
        with sender(notify_networks="127.0.0.0/8") as one:
            assert one.send(channel="webhook", target=url(
                good, scheme="https")).why == "its certificate is wrong"
        assert len(good.posts) == 1
        assert not stranger.posts and not plain.posts


# ---- text messages ----

def test_a_text_message_is_posted_as_twilio_wants_it(sender, hook, tmp_path):
    token = tmp_path / "token"
    token.write_text("t0ken", encoding="ascii")
    hook.status, hook.body = 201, b'{"sid":"SM1"}'
    with sender(**plainly(hook, sms_url=url(hook, "/Messages.json"),
                          sms_from="+12065550199", sms_user="AC1",
                          sms_password_file=token)) as one:
        assert one.send(channel="sms", target="+12065550100",
                        text="911 call\nCallback: +12065550114 \u20ac"
                        ).outcome == "delivered"
        hook.status = 401
        assert one.send(channel="sms",
                        target="+12065550100").outcome == "again"
        hook.status = 400
        assert one.send(channel="sms",
                        target="+12065550100").outcome == "refused"
    post = hook.posts[0]
    assert post.headers["Authorization"] == "Basic " + base64.b64encode(
        b"AC1:t0ken").decode()
    assert urllib.parse.parse_qs(post.body.decode()) == {
        "To": ["+12065550100"], "From": ["+12065550199"],
        "Body": ["911 call\nCallback: +12065550114 \u20ac"]}


def test_a_text_message_is_posted_as_a_template_says(sender, hook, tmp_path):
    token = tmp_path / "token"
    token.write_text("t0ken", encoding="ascii")
    with sender(**plainly(
            hook, sms_url=url(hook), sms_preset="json", sms_token_file=token,
            sms_template='{"msg":{"body":"{text}"},"to":["{to}"]}')) as one:
        assert one.send(channel="sms", target="+12065550100",
                        text='"911"\ncall').outcome == "delivered"
    assert hook.posts[0].headers["Authorization"] == "Bearer t0ken"
    assert json.loads(hook.posts[0].body) == {
        "msg": {"body": '"911"\ncall'}, "to": ["+12065550100"]}


# ---- where notices may go ----

INSIDE = ["127.0.0.1", "127.1", "127.0.1", "0.0.0.0", "0", "2130706433",
          "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001",
          "127.0.0.1.", "[::1]", "[::]", "[::ffff:127.0.0.1]",
          "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
          "[2002:7f00:1::]", "localhost", "LOCALHOST", "localhost.",
          "loop.example.com", "mapped.example.com", "both.example.com",
          "alias.example.com", "user@127.0.0.1", "127.0.0.1@127.0.0.1",
          "127.0.0.1%00.example.com", "127.0.0.1#@example.com",
          "[fe80::1%25lo]", "10.0.0.1", "172.16.0.1", "192.168.1.1",
          "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255",
          "[fd00::1]", "[ff02::1]", "\u2460\u2461\u2466.0.0.1",
          "127\u30020\u30020\u30021"]


def test_nothing_inside_is_connected_to(sender):
    """Listeners on all of loopback hear nothing, however it is spelled."""
    port = free_port()
    heard = []
    listeners = []
    for family, host in ((socket.AF_INET, "0.0.0.0"),
                         (socket.AF_INET6, "::1")):
        one = socket.socket(family)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((host, port))
        one.listen(64)
        one.setblocking(False)
        listeners.append(one)
    with NameServer() as dns:
        dns.names.update({"loop.example.com": ["127.0.0.1"],
                          "mapped.example.com": ["::ffff:127.0.0.1", "::1"],
                          "both.example.com": ["10.0.0.1", "127.0.0.1"],
                          "alias.example.com": "loop.example.com"})
        with sender(dns_servers=dns.address, notify_timeout_ms=2000) as one:
            ids = {}
            for host in INSIDE:
                for scheme in "https", "http", "HTTPS", "gopher", "file":
                    target = f"{scheme}://{host}:{port}/"
                    ids[target] = one.submit(channel="webhook", target=target)
            for target, ident in ids.items():
                result, = one.wait(ident)
                assert result.outcome in ("refused", "again"), target
                assert result.status == 0, target
                if target.startswith("https://loop."):
                    assert result.why == ("its address is not of the public "
                                          "Internet")
    for one in listeners:
        try:
            heard.append(one.accept())
        except BlockingIOError:
            pass
        one.close()
    assert not heard


def test_a_name_that_turns_inward_is_not_followed(sender, authority):
    """Rebinding: what was judged is what is connected to."""
    with NameServer() as dns, Hook(tls=authority.context) as hook:
        dns.names["hook.example.com"] = ["127.0.0.1"]
        with sender(dns_servers=dns.address, notify_networks="127.0.0.1/32",
                    notify_ca=authority.path("ca.pem")) as one:
            target = url(hook, scheme="https", host="hook.example.com")
            assert one.send(channel="webhook",
                            target=target).outcome == "delivered"
        asked = dns.times_asked("hook.example.com")
        assert asked == 1  # nobody else has resolved it
        dns.names["hook.example.com"] = ["127.0.0.2"]
        with sender(dns_servers=dns.address, notify_networks="127.0.0.1/32",
                    notify_ca=authority.path("ca.pem")) as one:
            assert one.send(channel="webhook", target=target).why == (
                "its address is not of the public Internet")
    assert len(hook.posts) == 1


# ---- nobody waits for another ----

def test_a_silent_name_server_holds_nobody(sender, hook):
    with NameServer() as dns:
        dns.mood = "silent"
        with sender(**plainly(hook, dns_servers=dns.address)) as one:
            waiting = [one.submit(channel="webhook",
                                  target=f"https://h{i}.example.com/")
                       for i in range(50)]
            wait_until(lambda: len(dns.asked) >= 100, "all names are asked")
            served = [one.submit(channel="webhook", target=url(hook))
                      for _ in range(100)]
            assert {r.outcome for r in one.wait(*served)} == {"delivered"}
            assert not set(waiting) & set(one.results)
            dns.mood = "well"  # it knows none of them
            results = one.wait(*waiting)
    assert {r.outcome for r in results} == {"again"}


def test_a_hanging_target_holds_nobody(sender, hook):
    with Hook() as dead:
        dead.gate.clear()
        settings = plainly(hook)
        settings["notify_http_hosts"] += f",http://127.0.0.1:{dead.port}"
        with sender(**settings) as one:
            waiting = [one.submit(channel="webhook", target=url(dead))
                       for _ in range(100)]
            wait_until(lambda: len(dead.posts) >= 32, "it has some")
            # No more connections than that at a time.
            assert len(dead.posts) == 32
            served = [one.submit(channel="webhook", target=url(hook))
                      for _ in range(140)]
            assert {r.outcome for r in one.wait(*served)} == {"delivered"}
            assert not set(waiting) & set(one.results)
            dead.gate.set()
            results = one.wait(*waiting)
            assert {r.outcome for r in results} == {"delivered"}
