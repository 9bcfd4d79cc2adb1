# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls and their media over IPv6, and from one family to the other.  There is
one address of it on loopback: caller and PSAP share it, at ports of their own."""
import contextlib
import os
import re

import pytest

from harness import Gateway, wait_until
from harness.network import free_port
from harness.rawcaller import RawCaller
from harness.rawpsap import RawPsap, sdp_at
from harness.rtpengine import RtpEngine
from harness.streampsap import TcpPsap, TlsPsap
from harness.tone import TonePeer
from test_tls import CALLER, HAS_IPV6, NORTH, hang_up, in_dialog, options, \
    talk

LOCAL = "::1"
TONES = {"caller": 440, "psap": 1000}      # Hz
TEXT = ("v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\n"
        "t=0 0\r\nm=audio 41000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")

pytestmark = pytest.mark.skipif(not HAS_IPV6, reason="there is no ::1")


class Scene:
    def __init__(self, gateway, engine):
        self.gateway, self.engine = gateway, engine
        self.psap_port = free_port()

    def caller(self, transport, host=LOCAL):
        gateway = self.gateway
        port = gateway.tls_port if transport == "tls" else gateway.port
        context = gateway.authority.client() if transport == "tls" else None
        at = gateway.address if "." in host else host
        return contextlib.closing(RawCaller(host, 0, (at, port), transport,
                                            context))

    def psap(self, transport, host=LOCAL):
        """The trunk of the north is there from now on."""
        gateway = self.gateway
        port = self.psap_port
        gateway.provision(
            f"UPDATE e911.trunk SET host = '{host}', port = {port},"
            f" transport = '{transport}', oos_check_s = 0"
            f" WHERE name = '{NORTH}'")
        if transport == "udp":
            return RawPsap(host, port)
        if transport == "tcp":
            return TcpPsap(host, port)
        return TlsPsap(host, port, gateway.authority.server(
            gateway.authority.issue("psap", host)))


@pytest.fixture(name="scene", scope="module")
def fixture_scene(request, tmp_path_factory):
    """A gateway that listens on both, and an engine that has both."""
    gateway = Gateway(request.config.getoption("--build"), tls=True,
                      keep=request.config.getoption("--keep"),
                      forget_soon=True)
    for transport in ("udp", "tcp"):
        gateway.kamailio.listen.append((transport, LOCAL, gateway.port))
    gateway.kamailio.listen.append(("tls", LOCAL, gateway.tls_port))
    engine = RtpEngine("rtpengine", str(tmp_path_factory.mktemp("ipv6")),
                       gateway.block.address(30), 33000, [LOCAL])
    gateway.kamailio.modparams.append(
        ("e911", "media_engine", engine.parameter))
    try:
        engine.start()
        with gateway as running:
            running.provision(
                "INSERT INTO e911.trunk_source (source, trunk_id)"
                f" SELECT '{LOCAL}', trunk_id FROM e911.trunk"
                f" WHERE name = '{CALLER}'")
            yield Scene(running, engine)
            if request.session.testsfailed:
                running.keep = True
                print(f"kept: {running.directory}")
    finally:
        engine.stop()


@pytest.mark.parametrize("to", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_call_over_ipv6(scene, transport, to):
    """Told with its source; each side is asked within the call."""
    with scene.psap(to) as psap, scene.caller(transport) as caller:
        assert options(caller).status == 200
        invite, reply = talk(caller, psap)
        assert invite.header("Via").startswith(f"SIP/2.0/{to.upper()} [::1]:")
        assert "[::1]:" in invite.header("Contact")
        assert "[::1]:" in reply.header("Contact")
        in_dialog(caller, reply, "INFO")
        psap.in_dialog_200(psap.receive("INFO"))
        assert caller.receive().status == 200
        call = hang_up(scene.gateway, caller, psap, reply, 3)
    assert (call["trunk"], call["route_trunk"]) == (CALLER, NORTH)
    started = scene.gateway.events(call["call_id"])[0]["detail"]
    assert started["source_address"].startswith("[::1]:")
    scene.gateway.check_idle()


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_stranger_over_ipv6_is_one(scene, transport):
    gateway = scene.gateway
    gateway.provision(f"DELETE FROM e911.trunk_source"
                      f" WHERE source = '{LOCAL}'")
    try:
        with scene.caller(transport) as caller:
            caller.send(caller.invite())
            assert caller.final().status == 403
    finally:
        gateway.provision(
            "INSERT INTO e911.trunk_source (source, trunk_id)"
            f" SELECT '{LOCAL}', trunk_id FROM e911.trunk"
            f" WHERE name = '{CALLER}'")


def media_of(message):
    kind, host = re.search(r"c=IN (IP\d) (\S+)", message.body).groups()
    return kind, (host, int(re.search(r"m=audio (\d+)",
                                      message.body).group(1)))


@pytest.mark.parametrize("caller_at, psap_at", [
    (LOCAL, LOCAL), (LOCAL, None), (None, LOCAL)],
    ids=["6 to 6", "6 to 4", "4 to 6"])
def test_both_are_heard(scene, caller_at, psap_at):
    """The engine turns one family into the other."""
    gateway = scene.gateway
    hosts = [caller_at or gateway.trunks[CALLER]["host"],
             psap_at or gateway.block.address(21)]
    here, there = [TonePeer(host, free_port(), TONES[name])
                   for host, name in zip(hosts, TONES)]
    with here, there, scene.psap("udp", hosts[1]) as psap, \
            scene.caller("tcp", hosts[0]) as caller:
        caller.send(caller.invite(body=sdp_at(TEXT, hosts[0]).replace(
            "41000", str(here.port))))
        invite = psap.receive("INVITE")
        kind, there.remote = media_of(invite)
        assert kind == ("IP6" if ":" in hosts[1] else "IP4")
        psap.send(psap.reply(
            invite, 200, sdp_at(TEXT, hosts[1]).replace(
                "41000", str(there.port)), Content_Type="application/sdp"))
        psap.receive("ACK")
        reply = caller.final()
        kind, here.remote = media_of(reply)
        assert kind == ("IP6" if ":" in hosts[0] else "IP4")
        in_dialog(caller, reply, "ACK")
        for peer, tone in ((here, "psap"), (there, "caller")):
            wait_until(lambda p=peer, t=tone: p.hears(TONES[t]),
                       f"the {tone} is heard", 30)
        engine = (LOCAL, scene.engine.address)
        assert {a for p in (here, there) for a, _ in p.senders} <= set(engine)
        hang_up(gateway, caller, psap, reply)
    gateway.check_idle()
