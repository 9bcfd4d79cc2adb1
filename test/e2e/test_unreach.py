# SPDX-License-Identifier: GPL-2.0-or-later
"""PSAPs that are not there: the network says so, and the call does not wait.

That it costs no time is measured by test/bench/dead-trunk; here the events and
counters tell how the gateway came to know."""
import os
import re
import socket
import struct

import pytest

from harness import Sipp, wait_until
from harness.rawcaller import SDP
from harness.rawpsap import RawPsap
from harness.scenario import FOLDER
from harness.streampsap import TcpPsap
from test_gate import NORTH, SOUTH, caller_of, receive, reply_to, stats

needs_icmp = pytest.mark.skipif(
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


@needs_icmp
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


@pytest.fixture(name="tcp_north")
def trunk_over_tcp(gateway):
    change = "UPDATE e911.trunk SET transport = '{}' WHERE name = '" + NORTH \
        + "'"
    gateway.provision(change.format("tcp"))
    yield gateway.trunks[NORTH]
    gateway.provision(change.format("udp"))


@pytest.mark.usefixtures("tcp_north")
def test_a_psap_that_refuses_connections_costs_the_caller_no_wait(gateway,
                                                                  messages):
    before = stats(gateway)
    caller = caller_of(gateway)
    try:
        call_south(gateway, messages, caller)
    finally:
        caller.close()
    assert refusals(gateway, caller) == ["connection failed"]
    after = stats(gateway)
    assert int(after["legs_unreachable"]) == \
        int(before["legs_unreachable"]) + 1
    gateway.check_idle()


def talk(caller, psap, invite=None):
    """(INVITE that the PSAP has answered, 200 that the caller has got)"""
    caller.send(invite or caller.invite())
    invite = psap.receive("INVITE")
    psap.send(psap.answer(invite, Contact=f"<sip:psap@{psap.address}:"
                          f"{psap.port};transport=tcp>"))
    psap.receive("ACK")
    reply = caller.final()
    in_dialog(caller, reply, "ACK")
    return invite, reply


def in_dialog(caller, reply, method):
    contact = re.search(r"<([^>]+)>", reply.header("Contact")).group(1)
    caller.send(caller.request(
        method, start=f"{method} {contact} SIP/2.0", To=reply.header("To"),
        CSeq=f"{1 if method == 'ACK' else 2} {method}"))


def hang_up(gateway, caller, psap, reply):
    in_dialog(caller, reply, "BYE")
    psap.in_dialog_200(psap.receive("BYE"))
    receive(caller, "200")
    caller.close()
    return [(e["kind"], e["detail"].get("reason")) for e in gateway.events(
        gateway.ended_call(caller.call_id)["call_id"])]


def test_a_psap_that_is_cut_off_and_stays_away_is_lost(gateway, tcp_north):
    """It is asked twice within two seconds.  The call goes on with the next
    PSAP; the caller moves its media."""
    south = gateway.trunks[SOUTH]
    caller = caller_of(gateway)
    north = TcpPsap(tcp_north["host"], tcp_north["port"])
    with RawPsap(south["host"], south["port"]) as psap:
        with north:
            _, reply = talk(caller, north)
        north.cut()
        invite = psap.receive("INVITE")
        psap.send(psap.answer(invite))
        psap.receive("ACK")
        moved = receive(caller, "INVITE")
        caller.send(reply_to(moved).replace(
            "Content-Length: 0\r\n\r\n",
            f"Contact: <sip:caller@{caller.address}:{caller.port}>\r\n"
            "Content-Type: application/sdp\r\nContent-Length: "
            f"{len(SDP.format(address=caller.address))}\r\n\r\n"
            + SDP.format(address=caller.address)))
        receive(caller, "ACK")
        events = hang_up(gateway, caller, psap, reply)
    assert "leg.lost" in dict(events)
    assert "call.recovered" in dict(events)
    gateway.check_idle()


def test_a_psap_that_is_cut_off_and_answers_keeps_the_call(gateway,
                                                           tcp_north):
    before = int(stats(gateway)["connections_lost"])
    caller = caller_of(gateway)
    with TcpPsap(tcp_north["host"], tcp_north["port"]) as psap:
        _, reply = talk(caller, psap)
        psap.cut()
        psap.in_dialog_200(psap.receive("OPTIONS"))
        assert int(stats(gateway)["connections_lost"]) == before + 1
        events = hang_up(gateway, caller, psap, reply)
        psap.cut()
    assert "leg.lost" not in dict(events)
    gateway.check_idle()


def test_a_psap_whose_proxy_starts_anew_keeps_the_call(gateway, tcp_north):
    """For a moment nobody takes connections."""
    caller = caller_of(gateway)
    before = int(stats(gateway)["connections_lost"])
    with TcpPsap(tcp_north["host"], tcp_north["port"]) as psap:
        _, reply = talk(caller, psap)
        psap.socket.close()
        psap.cut()
        wait_until(lambda: int(stats(gateway)["connections_lost"]) > before,
                   "the loss is noticed", 30)
    with TcpPsap(tcp_north["host"], tcp_north["port"]) as psap:
        psap.in_dialog_200(psap.receive("OPTIONS"))
        events = hang_up(gateway, caller, psap, reply)
        psap.cut()
    assert "leg.lost" not in dict(events)
    gateway.check_idle()


@needs_icmp
def test_no_process_keeps_the_capability(gateway):
    """What can read any packet of the host does not stay in a worker."""
    ps = gateway.kamailio.rpc("core.ps")  # number, name, number, name, ...
    assert "e911 unreach" in ps[1::2]
    for pid, process in zip(ps[::2], ps[1::2]):
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            sets = re.findall(r"(?m)^Cap(Inh|Prm|Eff|Amb):\s*(\w+)",
                              status.read())
        assert len(sets) == 4
        assert not any(int(value, 16) for _, value in sets), (process, sets)


@needs_icmp
def test_without_the_capability_it_costs_the_time_of_a_silent_one(own_gateway,
                                                                  messages):
    own_gateway.kamailio.stop()
    own_gateway.kamailio.hears_icmp = False
    own_gateway.kamailio.start()
    caller = caller_of(own_gateway)
    try:
        call_south(own_gateway, messages, caller)
    finally:
        caller.close()
    assert refusals(own_gateway, caller) == ["no answer in time"]
    log = own_gateway.kamailio.process.log_text()
    assert log.count("ICMP is not heard") == 1
    own_gateway.check_idle()


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


@needs_icmp
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
                   == before + 1, "the forged message is counted", 30)
        with pytest.raises(socket.timeout):
            psap.receive("INVITE", timeout=0.2)
        forge(invite.call_id)
        psap.send(psap.reply(psap.receive("INVITE"), 486))
        # The default routes are nobody's, too.
        assert caller.final().status == 503
    caller.close()
    assert refusals(gateway, caller)[:2] == ["ICMP port unreachable", "Reply"]
    gateway.check_idle()
