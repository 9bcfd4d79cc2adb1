# SPDX-License-Identifier: GPL-2.0-or-later
"""PSAPs that are not there: the network says so, and the call does not wait.

That it costs no time is measured by test/bench/dead-trunk; here the events and
counters tell how the gateway came to know."""
import os
import socket
import struct

import pytest

from harness import Sipp, wait_until
from harness.rawpsap import RawPsap
from harness.scenario import FOLDER
from test_gate import NORTH, SOUTH, caller_of, stats

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="hearing ICMP needs CAP_NET_RAW: not root")
PORT_UNREACHABLE = (3, 3)


def refusals(gateway, caller):
    """Why routes of the caller's call were given up."""
    call = gateway.ended_call(caller.call_id)
    return [e["detail"].get("reason") for e in gateway.events(call["call_id"])
            if e["kind"] == "leg.refused"]


def call_south(gateway, messages, caller):
    trunk = gateway.trunks[SOUTH]
    psap = Sipp("psap", os.path.join(FOLDER, "sipp", "uas-answer.xml"),
                messages, trunk["host"], trunk["port"]).start()
    try:
        reply = caller.call(caller.invite())
        assert reply.status == 200, reply.text
        assert psap.wait() is None
    finally:
        psap.stop()


def test_a_psap_whose_port_is_closed_costs_the_caller_no_wait(gateway,
                                                              messages):
    before = stats(gateway)
    caller = caller_of(gateway)
    try:
        call_south(gateway, messages, caller)
    finally:
        caller.close()
    assert refusals(gateway, caller) == ["ICMP port unreachable"]
    after = stats(gateway)
    assert int(after["legs_unreachable"]) == \
        int(before["legs_unreachable"]) + 1
    gateway.check_idle()


def icmp_about(datagram, ours, theirs, port):
    """ICMP port unreachable: what a router says of this datagram."""
    quoted = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(datagram), 0, 0,
                         64, socket.IPPROTO_UDP, 0, socket.inet_aton(ours),
                         socket.inet_aton(theirs))
    quoted += struct.pack("!HHHH", port, port, 8 + len(datagram), 0)
    quoted += datagram[:520]
    quoted += b"\0" * (len(quoted) % 2)

    def message(checksum):
        return struct.pack("!BBHI", *PORT_UNREACHABLE, checksum, 0) + quoted
    words = struct.unpack(f"!{len(message(0)) // 2}H", message(0))
    total = sum(words)
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return message(~total & 0xffff)


def test_who_has_not_seen_the_invite_is_not_believed(gateway):
    """Forged ICMP, with all but the Call-ID right; then with it."""
    north, south = gateway.trunks[NORTH], gateway.trunks[SOUTH]
    before = int(stats(gateway)["unreachables_ignored"])
    caller = caller_of(gateway)
    with RawPsap(north["host"], north["port"]) as silent, \
            RawPsap(south["host"], south["port"]) as psap, \
            socket.socket(socket.AF_INET, socket.SOCK_RAW,
                          socket.IPPROTO_ICMP) as router:
        caller.send(caller.invite())
        invite = silent.receive("INVITE")

        def forge(call_id):
            text = invite.text.replace(invite.call_id, call_id)
            router.sendto(
                icmp_about(text.encode(), gateway.address, north["host"],
                           gateway.port), (gateway.address, 0))
        forge("0" * 32)
        wait_until(lambda: int(stats(gateway)["unreachables_ignored"])
                   == before + 1, "the forged message is counted", 5)
        with pytest.raises(socket.timeout):
            psap.receive("INVITE", timeout=0.2)
        forge(invite.call_id)
        psap.send(psap.reply(psap.receive("INVITE", timeout=1), 486))
        # The default routes are nobody's, too.
        assert caller.final().status == 503
    caller.close()
    assert refusals(gateway, caller)[:2] == ["ICMP port unreachable", "Reply"]
    gateway.check_idle()
