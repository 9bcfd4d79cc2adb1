# SPDX-License-Identifier: GPL-2.0-or-later
"""The voice, through rtpengine: a telephone with SRTP (baresip) calls PSAPs
with RTP.  Both sides speak a tone of their own; each must hear the other's."""
import contextlib
import os
import re

import pytest

from harness import Gateway, wait_until
from harness.baresip import Baresip
from harness.rawpsap import RawPsap
from harness.rtpengine import RtpEngine
from harness.tone import TonePeer

CALLER, NORTH, SOUTH = 440, 1000, 1700     # Hz
USER = "+12065550121"                      # who is known to genesys-cloud
PORT = 41000
SDP_TEXT = ("v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\n"
            "m=audio {1} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")


class Psap(RawPsap):
    """A PSAP's trunk with a voice."""

    def __init__(self, gateway, trunk, frequency):
        super().__init__(gateway.trunks[trunk]["host"], gateway.port)
        self.frequency = frequency
        self.voice = TonePeer(self.address, PORT, frequency)
        self.invite = None

    def __exit__(self, *_):
        self.voice.__exit__()
        super().__exit__()

    def media_of(self, message):
        """Where the description in it wants media."""
        host = re.search(r"c=IN IP4 (\S+)", message.body).group(1)
        port = re.search(r"m=audio (\d+)", message.body).group(1)
        return host, int(port)

    def take(self, request=None):
        """Answer the call and begin to speak; its INVITE."""
        invite = request or self.receive("INVITE")
        self.invite = self.invite or invite
        self.voice.remote = self.media_of(invite)
        to = {"To": invite.header("To")} if "tag=" in invite.header("To") \
            else {}
        self.send(self.reply(
            invite, 200, SDP_TEXT.format(self.address, self.voice.port),
            Content_Type="application/sdp", **to))
        self.receive("ACK")
        return invite

    def ask_again(self):
        """A re-INVITE of its own: its voice is somewhere else now."""
        invite = self.invite
        to = f"{invite.header('To')};tag={self.tag}"
        target = re.search(r"<([^>]+)>", invite.header("Contact")).group(1)
        text = SDP_TEXT.format(self.address, self.voice.port)

        def request(method, body, branch):
            return "\r\n".join((
                f"{method} {target} SIP/2.0",
                f"Via: SIP/2.0/UDP {self.address}:{self.port}"
                f";branch=z9hG4bK{self.tag}{branch}",
                f"From: {to}", f"To: {invite.header('From')}",
                f"Call-ID: {invite.call_id}", f"CSeq: 1 {method}",
                f"Contact: <sip:psap@{self.address}:{self.port}>",
                "Max-Forwards: 70", "Content-Type: application/sdp",
                f"Content-Length: {len(body)}", "", body))
        self.send(request("INVITE", text, "i"))
        answer = self.receive("200")
        self.send(request("ACK", "", "a"))
        self.voice.remote = self.media_of(answer)


@pytest.fixture(name="scene")
def fixture_scene(request, tmp_path):
    """A gateway with two engines, a telephone and two PSAPs.  The telephone
    has SRTP unless the test says otherwise ("media")."""
    gateway = Gateway(os.path.realpath(request.config.getoption("--build")),
                      keep=request.config.getoption("--keep"),
                      forget_soon=True)
    with contextlib.ExitStack() as stack:
        engines = [RtpEngine(f"rtpengine-{n}", str(tmp_path),
                             gateway.block.address(30 + n), 30000 + n * 1000)
                   for n in (1, 2)]
        for engine in engines:
            stack.callback(engine.stop)
            engine.start()
            gateway.kamailio.modparams.append(
                ("e911", "media_engine", engine.parameter))
        stack.enter_context(gateway)
        phone = stack.enter_context(Baresip(
            str(tmp_path / "phone"), gateway.trunks["genesys-cloud"]["host"],
            gateway.port, CALLER, USER,
            media=getattr(request, "param", "srtp-mand")))
        north = stack.enter_context(Psap(gateway, "psap-north", NORTH))
        south = stack.enter_context(Psap(gateway, "psap-south", SOUTH))
        yield Scene(gateway, engines, phone, north, south)
        if request.session.testsfailed:
            gateway.keep = True
            print(f"kept: {gateway.directory}")


class Scene:
    def __init__(self, gateway, engines, phone, north, south):
        self.gateway, self.engines, self.phone = gateway, engines, phone
        self.north, self.south = north, south

    def dial(self):
        self.phone.dial(f"sip:911@{self.gateway.address}:{self.gateway.port}")

    def stat(self, name):
        return int(self.gateway.kamailio.rpc("e911.stats")[name])

    def both_hear(self, psap):
        """The tones sent are found at the other end, anew."""
        psap.voice.heard.clear()
        before = len(self.phone.heard())
        wait_until(lambda: psap.voice.hears(CALLER),
                   f"{psap.address} hears the caller", 30)
        wait_until(lambda: len(self.phone.heard()) > before + 8000
                   and self.phone.hears(psap.frequency),
                   f"the caller hears {psap.frequency} Hz", 30)

    def hang_up(self):
        self.phone.command("hangup")
        wait_until(lambda: not self.gateway.live_calls(), "no call is left", 30)
        wait_until(lambda: not any(e.sessions() for e in self.engines
                                   if e.process.status() is None),
                   "the engines have forgotten it", 30)


def test_srtp_and_rtp_are_joined(scene):
    scene.dial()
    invite = scene.north.take()
    assert "RTP/AVP" in invite.body and "crypto" not in invite.body
    assert scene.north.media_of(invite)[0] == scene.engines[0].address
    scene.both_hear(scene.north)
    assert scene.phone.said("m=audio .* RTP/SAVP")
    assert scene.engines[0].sessions() == 1
    scene.hang_up()
    scene.gateway.check_idle()


def test_the_next_psap_has_the_same_session(scene):
    """What rings first and refuses leaves the caller's session alone."""
    scene.dial()
    refused = scene.north.receive("INVITE")
    scene.north.send(scene.north.reply(refused, 486))
    scene.south.take()
    scene.both_hear(scene.south)
    assert scene.engines[0].sessions() == 1
    scene.hang_up()


def test_who_picks_up_after_its_time_is_heard_at_once(scene):
    """Its INVITE said where it is to speak to, and nobody tells it anew."""
    scene.dial()
    invite = scene.north.receive("INVITE")
    rung = scene.south.receive("INVITE")    # north was silent for 2 s
    scene.south.send(scene.south.reply(rung, 180))
    scene.north.take(invite)
    cancel = scene.south.receive("CANCEL")
    scene.south.send(scene.south.reply(cancel, 200))
    scene.south.send(scene.south.reply(rung, 487))
    scene.both_hear(scene.north)
    assert scene.stat("answers_taken") == 1
    assert scene.engines[0].sessions() == 1
    scene.hang_up()
    scene.gateway.check_idle()


def test_who_takes_over_from_a_dead_psap_is_heard(scene):
    scene.dial()
    scene.north.take()
    scene.both_hear(scene.north)
    scene.north.voice.remote = None     # dead
    scene.gateway.kamailio.rpc("e911.media_lost",
                               scene.north.invite.call_id)
    scene.south.take()
    scene.both_hear(scene.south)
    assert scene.phone.heard_requests("INVITE") == 0, \
        "its description need not change"
    assert scene.engines[0].sessions() == 1
    scene.hang_up()
    scene.gateway.check_idle()


def test_a_reinvite_of_the_psap_moves_its_media(scene):
    scene.dial()
    scene.north.take()
    scene.both_hear(scene.north)
    with TonePeer(scene.north.address, PORT + 2, SOUTH) as other:
        old, scene.north.voice = scene.north.voice, other
        scene.north.frequency = SOUTH
        scene.north.ask_again()
        old.remote = None
        scene.both_hear(scene.north)
        scene.north.voice = old
    scene.hang_up()


def test_a_reinvite_of_the_caller_keeps_the_media(scene):
    scene.dial()
    first = scene.north.take()
    scene.both_hear(scene.north)
    scene.phone.command("reinvite")
    again = scene.north.receive("INVITE")
    assert scene.north.media_of(again) == scene.north.media_of(first)
    scene.north.take(again)
    scene.both_hear(scene.north)
    scene.hang_up()


def test_srtp_on_both_sides(scene):
    """SDES toward the PSAP too, DTLS where that is wanted."""
    gateway = scene.gateway
    gateway.provision("UPDATE e911.trunk SET media = 'sdes'"
                      " WHERE name = 'psap-north'")
    gateway.provision("UPDATE e911.trunk SET media = 'dtls'"
                      " WHERE name = 'psap-south'")
    scene.dial()
    invite = scene.north.receive("INVITE")
    assert "RTP/SAVP" in invite.body
    assert "AES_CM_128_HMAC_SHA1_80" in invite.body
    assert "NULL_HMAC" not in invite.body and "fingerprint" not in invite.body
    scene.north.send(scene.north.reply(invite, 488))
    invite = scene.south.receive("INVITE")
    assert "UDP/TLS/RTP/SAVP" in invite.body
    assert "a=fingerprint:" in invite.body and "crypto" not in invite.body
    scene.south.send(scene.south.reply(invite, 180))
    scene.phone.command("hangup")
    scene.south.receive("CANCEL")
    scene.south.send(scene.south.reply(invite, 487))
    wait_until(lambda: not gateway.live_calls(), "no call is left", 30)


def test_a_trunk_may_keep_its_media_to_itself(scene):
    scene.gateway.provision("UPDATE e911.trunk SET media = 'pass'"
                            " WHERE name = 'psap-north'")
    scene.dial()
    invite = scene.north.receive("INVITE")
    assert scene.north.media_of(invite)[0] == scene.phone.address
    assert "RTP/SAVP" in invite.body
    assert scene.stat("media_direct") == 0
    scene.north.send(scene.north.reply(invite, 486))
    scene.south.take()
    scene.both_hear(scene.south)
    scene.hang_up()


# baresip 1.0 takes no other SRTP key in a call, and another engine has another.
PLAIN = pytest.mark.parametrize("scene", [""], indirect=True, ids=["rtp"])


@PLAIN
def test_an_engine_dies_in_mid_call(scene):
    """The call is moved to the other one, and is heard there."""
    scene.dial()
    scene.north.take()
    scene.both_hear(scene.north)
    scene.engines[0].kill()
    moved = scene.north.receive("INVITE")
    assert scene.north.media_of(moved)[0] == scene.engines[1].address
    scene.north.take(moved)
    scene.both_hear(scene.north)
    assert scene.stat("media_moved") == 1
    wait_until(lambda: scene.gateway.postgres.query(
        "SELECT 1 FROM e911.call_event WHERE kind = 'media.down'"),
        "the event is in SQL", 30)
    scene.hang_up()


@PLAIN
def test_an_engine_that_starts_anew_gets_its_calls_back(scene):
    scene.engines[1].stop()
    scene.dial()
    scene.north.take()
    scene.both_hear(scene.north)
    scene.engines[0].kill()
    wait_until(lambda: scene.stat("media_silent") or all(
        e["state"] == "down" for e in scene.gateway.kamailio.rpc(
            "e911.media")), "the engine is missed", 30)
    scene.engines[0].start()
    scene.north.take(scene.north.receive("INVITE"))
    scene.both_hear(scene.north)
    scene.hang_up()


@PLAIN
def test_an_engine_dies_between_offer_and_answer(scene):
    scene.dial()
    invite = scene.north.receive("INVITE")
    scene.engines[0].kill()
    scene.north.take(invite)
    scene.north.take(scene.north.receive("INVITE"))
    scene.both_hear(scene.north)
    scene.hang_up()


@PLAIN
def test_without_any_engine_what_agrees_goes_direct(scene):
    """RTP on both sides needs nobody between."""
    for engine in scene.engines:
        engine.kill()
    scene.dial()
    invite = scene.north.take()
    assert scene.north.media_of(invite)[0] == scene.phone.address
    scene.both_hear(scene.north)
    assert scene.stat("media_direct") >= 1
    scene.hang_up()
    wait_until(lambda: scene.gateway.postgres.query(
        "SELECT 1 FROM e911.call_event WHERE kind = 'media.direct'"),
        "the event is in SQL", 30)


def test_kamailio_dies_and_the_session_goes_on(scene):
    """The key of the session comes back with the call."""
    scene.dial()
    scene.north.take()
    scene.both_hear(scene.north)
    scene.gateway.kamailio.kill()
    scene.gateway.kamailio.start()
    scene.both_hear(scene.north)
    scene.phone.command("reinvite")
    again = scene.north.receive("INVITE")
    assert scene.north.media_of(again) == scene.north.media_of(
        scene.north.invite), "it is the same session"
    scene.north.take(again)
    scene.both_hear(scene.north)
    scene.hang_up()
