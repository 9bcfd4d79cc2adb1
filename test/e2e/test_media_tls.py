# SPDX-License-Identifier: GPL-2.0-or-later
"""The voice of a telephone over TLS with SRTP that must be (baresip), to PSAPs
that are sipp and send RTP.  What the telephone hears it writes down itself; what
comes to sipp is taken from the wire, for sipp keeps nothing of it.

Whether the gateway's certificate is right is test_tls.py's matter: baresip 1.0
has the authority and does not insist on it."""
import contextlib
import os
import re
import shutil

import pytest

from harness import Gateway, Sipp, wait_until
from harness.baresip import Baresip
from harness.capture import RtpCapture
from harness.rtpengine import RtpEngine
from harness.tone import write_ulaw

CALLER = 440                                    # Hz
TONES = {"psap-north": 1000, "psap-south": 1700}
USER = "+12065550121"                           # known to genesys-cloud
PLAYED = os.path.join(os.path.dirname(os.path.realpath(__file__)),
                      "scenarios", "sipp")

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="taking RTP from the wire needs root")


class Scene:
    """A telephone, its gateway with two engines, PSAPs by the names of their
    trunks."""

    def __init__(self, gateway, engines, phone, directory, stack):
        self.gateway, self.engines, self.phone = gateway, engines, phone
        self.directory, self.stack = directory, stack
        self.psaps, self.wires = {}, {}

    def psap(self, trunk, xml="uas-voice.xml", **keys):
        where = self.gateway.trunks[trunk]
        folder = os.path.join(self.directory, trunk)
        os.makedirs(folder, exist_ok=True)
        write_ulaw(os.path.join(folder, "tone.raw"), TONES[trunk], 1)
        sipp = Sipp(trunk, os.path.join(PLAYED, xml), folder, where["host"],
                    where["port"], **keys)
        sipp.argv += ["-mi", where["host"]]
        self.wires[trunk] = self.stack.enter_context(
            RtpCapture(where["host"]))
        self.stack.callback(sipp.stop)
        self.psaps[trunk] = sipp.start()
        return sipp

    def dial(self):
        self.phone.dial(f"sip:911@{self.gateway.address}:"
                        f"{self.gateway.tls_port}")

    def both_hear(self, trunk):
        """The tones sent are found at the other end, in what comes from now
        on."""
        wire = self.wires[trunk]
        before, there = len(self.phone.heard()), len(wire.heard)
        wait_until(lambda: len(wire.heard) > there + 8000
                   and wire.hears(CALLER), f"{trunk} hears the caller", 30)
        wait_until(lambda: len(self.phone.heard()) > before + 8000
                   and self.phone.hears(TONES[trunk]),
                   f"the caller hears {TONES[trunk]} Hz", 30)
        assert {address for address, _ in wire.senders} == \
            {self.engines[0].address}

    def hang_up(self):
        self.phone.command("hangup")
        wait_until(lambda: not self.gateway.live_calls(), "no call is left",
                   30)
        wait_until(lambda: not self.engines[0].sessions(),
                   "the engine has forgotten it", 30)


@pytest.fixture(name="scene")
def fixture_scene(request, tmp_path):
    if not shutil.which("baresip"):
        raise RuntimeError("baresip is not installed: run "
                           "packaging/install-dependencies --test")
    gateway = Gateway(os.path.realpath(request.config.getoption("--build")),
                      keep=request.config.getoption("--keep"),
                      forget_soon=True, tls=True)
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
        # Its library does not bind a connection to its own address.
        gateway.provision(
            "INSERT INTO e911.trunk_source (source, trunk_id)"
            " SELECT '127.0.0.1', trunk_id FROM e911.trunk"
            " WHERE name = 'genesys-cloud'")
        phone = stack.enter_context(Baresip(
            str(tmp_path / "phone"), gateway.trunks["genesys-cloud"]["host"],
            gateway.port, CALLER, USER, transport="tls",
            trust=gateway.authority.path("ca.pem")))
        yield Scene(gateway, engines, phone, str(tmp_path), stack)
        if request.session.testsfailed:
            gateway.keep = True
            print(f"kept: {gateway.directory}")


def check_way(scene):
    """TLS and SRTP on this side, UDP and RTP on the other."""
    assert scene.phone.said(r"(?m)^Via: SIP/2.0/TLS ")
    assert scene.phone.said("m=audio .* RTP/SAVP")
    assert scene.phone.said("a=crypto:1 AES_CM_128_HMAC_SHA1_80")
    for sipp in scene.psaps.values():
        for message in sipp.received():
            assert "crypto" not in message.body
            assert "SAVP" not in message.body


def test_tls_and_srtp_meet_udp_and_rtp(scene):
    north = scene.psap("psap-north")
    scene.dial()
    scene.both_hear("psap-north")
    check_way(scene)
    assert scene.engines[0].sessions() == 1
    scene.hang_up()
    assert north.wait() is None
    scene.gateway.check_idle()


def test_the_next_psap_is_heard_when_the_first_refuses(scene):
    north = scene.psap("psap-north", "uas-refuse.xml",
                       numbers={"status": 486}, keys={"reason": "Busy"})
    south = scene.psap("psap-south")
    scene.dial()
    scene.both_hear("psap-south")
    check_way(scene)
    assert north.wait() is None
    assert not scene.wires["psap-north"].heard
    assert scene.engines[0].sessions() == 1
    scene.hang_up()
    assert south.wait() is None
    scene.gateway.check_idle()


def test_the_next_psap_is_heard_when_the_first_dies(scene):
    """sipp is killed in mid-call; the loss of its media is told."""
    north = scene.psap("psap-north")
    south = scene.psap("psap-south")
    scene.dial()
    scene.both_hear("psap-north")
    north.stop()
    scene.gateway.kamailio.rpc("e911.media_lost", north.call_id)
    scene.both_hear("psap-south")
    assert scene.engines[0].sessions() == 1
    scene.hang_up()
    assert south.wait() is None
    scene.gateway.check_idle()


def test_reinvites_of_both_sides_keep_the_voice(scene):
    """The caller's, and behind it one of the PSAP's."""
    north = scene.psap("psap-north")
    scene.dial()
    scene.both_hear("psap-north")
    for count in (1, 2):
        scene.phone.command("reinvite")
        wait_until(lambda n=count: len(
            [m for m in north.received() if m.kind == "200"]) == n,
            "the PSAP's re-INVITE is answered", 30)
        scene.both_hear("psap-north")
    invites = [m for m in north.received() if m.kind == "INVITE"]
    assert len(invites) == 3
    assert len({re.search(r"m=audio \d+", m.body).group() for m in invites}) \
        == 1, "it is one session"
    check_way(scene)
    scene.hang_up()
    assert north.wait() is None
    scene.gateway.check_idle()
