# SPDX-License-Identifier: GPL-2.0-or-later
"""933: e911d answers with a voice.  What the caller hears is looked at packet
by packet; that a telephone with SRTP over TLS hears it too, in
test_test_call_voice.py."""
import contextlib
import os
import re
import socket
import struct
import threading
import time

import pytest

from harness import Gateway, wait_until
from harness.network import free_port
from harness.rawcaller import RawCaller
from harness.rawpsap import RawPsap

ORGANIZATION = "E911-Organization-ID: 91100000-0000-4000-8000-000000000001\r\n"
KNOWN = "+12065550121"
SILENCE = 0xff


class Ear:
    """RTP at address:port: what comes, and keys that go."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.settimeout(0.1)
        self.port = self.socket.getsockname()[1]
        self.packets = []       # (time, sequence, timestamp, payload)
        self.sender = None
        self.closing = False
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def close(self):
        self.closing = True
        self.thread.join(5)
        self.socket.close()

    def _listen(self):
        while not self.closing:
            try:
                data, self.sender = self.socket.recvfrom(2048)
            except OSError:
                continue
            if len(data) == 172 and data[1] & 0x7f == 0:
                _, _, sequence, stamp, _ = struct.unpack("!BBHII", data[:12])
                self.packets.append(
                    (time.monotonic(), sequence, stamp, data[12:]))

    def said(self):
        """Packets from the first that is no silence."""
        payloads = [p[3] for p in list(self.packets)]
        first = next((i for i, p in enumerate(payloads)
                      if p.count(SILENCE) < len(p)), len(payloads))
        return payloads[first:]

    def begins_again(self):
        """Where the first words come once more; 0: not yet."""
        said = self.said()
        return next((i for i in range(50, len(said) - 20)
                     if said[i:i + 20] == said[:20]), 0)

    def has_fallen_silent(self):
        tail = self.said()[-100:]
        return len(tail) == 100 and not any(
            p.count(SILENCE) < len(p) for p in tail)

    def press(self, key):
        """As a telephone does: RFC 4733, payload type 101."""
        for number in range(8):
            end = 0x80 if number >= 5 else 0
            self.socket.sendto(struct.pack(
                "!BBHIIBBH", 0x80, 101 | (0x80 if not number else 0),
                number, 8000, 77, key, end | 10,
                160 * min(number + 1, 6)), self.sender)


class Caller(RawCaller):
    def __init__(self, gateway, trunk="genesys-cloud"):
        super().__init__(gateway.trunks[trunk]["host"], 0,
                         (gateway.address, gateway.port))
        self.gateway = gateway
        self.ear = Ear(self.address)
        self.reply = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ear.close()
        self.socket.close()

    def offer(self, user="933", caller=KNOWN, uri=None, **parts):
        body = (f"v=0\r\no=- 1 1 IN IP4 {self.address}\r\ns=-\r\n"
                f"c=IN IP4 {self.address}\r\nt=0 0\r\n"
                f"m=audio {self.ear.port} RTP/AVP 0 101\r\n"
                "a=rtpmap:101 telephone-event/8000\r\n")
        return self.invite(
            ORGANIZATION, body=body,
            start=f"INVITE {uri or f'sip:{user}@{self.at}'} SIP/2.0",
            From=f"<sip:{caller}@{self.host}>;tag={self.mark}", **parts)

    def dial(self, **parts):
        """Until it is answered; the 200."""
        self.send(self.offer(**parts))
        self.reply = self.final()
        assert self.reply.status == 200, self.reply.text
        self.send(self.request("ACK", start=f"ACK {self.contact()} SIP/2.0",
                               **self.names()))
        return self.reply

    def refused(self, **parts):
        """The status."""
        self.send(self.offer(**parts))
        reply = self.final()
        self.send(self.request("ACK", To=reply.header("To"),
                               From=reply.header("From"),
                               Via=reply.header("Via")))
        return reply.status

    def contact(self):
        return re.search(r"<([^>]+)>", self.reply.header("Contact")).group(1)

    def names(self):
        return {"To": self.reply.header("To"),
                "From": self.reply.header("From")}

    def hang_up(self):
        self.send(self.request("BYE", start=f"BYE {self.contact()} SIP/2.0",
                               CSeq="2 BYE", **self.names()))
        while self.receive().cseq_method != "BYE":
            pass

    def is_hung_up(self):
        """Wait for the BYE, and answer it."""
        while True:
            message = self.receive()
            if message.method == "BYE":
                self.send("\r\n".join(
                    ["SIP/2.0 200 OK"]
                    + [f"Via: {v}" for v in message.all("Via")]
                    + [f"{n}: {message.header(n)}"
                       for n in ("From", "To", "Call-ID", "CSeq")]
                    + ["Content-Length: 0", "", ""]))
                return


def with_agent(request, **settings):
    gateway = Gateway(os.path.realpath(request.config.getoption("--build")),
                      keep=request.config.getoption("--keep"),
                      forget_soon=True)
    agent = gateway.block.address(40)
    port = free_port()
    gateway.sidecar.settings.update(
        agent_listen=f"{agent}:{port}", agent_media_port=42000, **settings)
    gateway.kamailio.modparams.append(
        ("e911", "test_agent", f"sip:933@{agent}:{port}"))
    return gateway


@pytest.fixture(name="gateway", scope="module")
def fixture_gateway(request):
    with with_agent(request) as gateway:
        yield gateway
        if request.session.testsfailed:
            gateway.keep = True
            print(f"kept: {gateway.directory}")


@contextlib.contextmanager
def silent_psaps(gateway):
    """All of them; none may hear a word."""
    with contextlib.ExitStack() as stack:
        psaps = [stack.enter_context(RawPsap(t["host"], gateway.port))
                 for name, t in gateway.trunks.items()
                 if t["role"] in ("psap", "pstn")]
        assert psaps
        yield psaps
        for psap in psaps:
            psap.socket.settimeout(0)
            with pytest.raises(OSError):
                psap.socket.recv(65536)


def test_callers_hear_their_place_and_may_hear_it_again(gateway):
    with silent_psaps(gateway), Caller(gateway) as caller, \
            Caller(gateway) as stranger:
        reply = caller.dial()
        stranger.dial(caller="unknown-person")
        assert gateway.sidecar.settings["agent_listen"].split(":")[0] \
            in reply.body
        assert "X-E911" not in reply.text
        wait_until(lambda: len(caller.ear.said()) >= 100, "it begins", 30)
        caller.ear.press(1)
        wait_until(lambda: caller.ear.begins_again(), "it is said anew", 30)
        wait_until(lambda: caller.ear.has_fallen_silent()
                   and stranger.ear.has_fallen_silent(), "all is said", 60)
        whole = caller.ear.said()[caller.ear.begins_again():]
        assert len(whole) > 50 * 8, "greeting, number and address"
        told = stranger.ear.said()
        assert told[:50] == whole[:50], "the greeting is everybody's"
        assert b"".join(told) not in b"".join(whole)
        caller.is_hung_up()
        # 20 ms each, and none is missing.
        numbers = [p[1] for p in caller.ear.packets]
        assert [(n - numbers[0]) & 0xffff for n in numbers] \
            == list(range(len(numbers)))
        assert {(b[2] - a[2]) & 0xffffffff for a, b in
                zip(caller.ear.packets, caller.ear.packets[1:])} == {160}
        stranger.is_hung_up()
    gateway.check_idle()


def test_hanging_up_at_any_moment_leaves_nothing_behind(gateway):
    with Caller(gateway) as caller:
        caller.dial()
        wait_until(lambda: caller.ear.packets, "somebody speaks", 30)
        caller.hang_up()
        gateway.check_idle()
    with Caller(gateway) as caller:
        caller.dial()
        caller.hang_up()
        gateway.check_idle()


def test_a_test_call_lends_no_number(gateway):
    before = gateway.kamailio.rpc("e911.stats")
    with Caller(gateway) as caller:
        caller.dial(caller="4102")
        caller.hang_up()
    after = gateway.kamailio.rpc("e911.stats")
    assert int(after["elins_active"]) == 0
    assert int(after["calls_started"]) == int(before["calls_started"])
    assert int(after["tests_started"]) == int(before["tests_started"]) + 1
    gateway.check_idle()


def test_an_organization_has_test_numbers_of_its_own(gateway):
    gateway.provision(
        "UPDATE e911.organization SET test_numbers = '{*77,+12065550199}'"
        " WHERE e911_organization_id ="
        " '91100000-0000-4000-8000-000000000001'")
    with silent_psaps(gateway), Caller(gateway) as caller, \
            Caller(gateway) as other, Caller(gateway, "pbx") as stranger:
        caller.dial(user="*77")
        assert gateway.live_calls()[0]["kind"] == "test"
        caller.hang_up()
        other.dial(user="%2B1(206)555-0199")
        other.hang_up()
        # Nobody else's.
        assert stranger.refused(user="*77") == 403
    gateway.check_idle()


def test_events_tell_of_a_test(gateway):
    with Caller(gateway) as caller:
        caller.dial()
        call_id = gateway.live_calls()[0]["call_id"]
        assert gateway.live_calls()[0]["kind"] == "test"
        caller.hang_up()
    gateway.check_idle()
    events = {e["kind"]: e["detail"] for e in gateway.events(call_id)}
    assert events["call.started"]["service"] == "test"
    assert {"call.answered", "call.ended"} <= set(events)
    row = gateway.call(caller.call_id)
    assert (row["service"], row["outcome"]) == ("test", "answered")
    assert row["endpoint"] and row["location"]


def test_without_e911d_933_is_503_and_911_goes_on(request):
    gateway = with_agent(request, agent_calls_max=1)
    gateway.kamailio.modparams.append(("e911", "test_sos_status", 486))
    with gateway, Caller(gateway) as first, Caller(gateway) as second:
        first.dial()
        # It takes one call; the other hears what any refusal becomes.
        assert second.refused() == 503
        with Caller(gateway) as i3:
            assert i3.refused(uri="urn:service:test.sos") == 486
        gateway.sidecar.kill()
        with RawPsap(gateway.trunks["psap-north"]["host"],
                     gateway.port) as psap, Caller(gateway) as third, \
                Caller(gateway) as fourth:
            assert third.refused() == 503
            fourth.send(fourth.offer(user="911"))
            invite = psap.receive("INVITE")
            assert "X-E911-Test" not in invite.text
            psap.send(psap.reply(invite, 486))
        gateway.sidecar.start()
