# SPDX-License-Identifier: GPL-2.0-or-later
"""Who and what is turned away before a transaction is made, and what never
is."""
import os
import re
import socket

import pytest

from harness import Sipp, wait_until
from harness.rawcaller import RawCaller
from harness.rawpsap import RawPsap
from harness.scenario import FOLDER

NORTH, SOUTH = "psap-north", "psap-south"


def caller_of(gateway, address=None, port=None):
    trunk = gateway.trunks["genesys-cloud"]
    return RawCaller(address or trunk["host"], port or trunk["port"],
                     (gateway.address, gateway.port))


def stats(gateway):
    return gateway.kamailio.rpc("e911.stats")


def transactions(gateway):
    """How many tm has made since its start."""
    return int(gateway.kamailio.rpc("tm.stats")["total"])


@pytest.mark.parametrize("service", ["911", "933"])
def test_a_stranger_costs_no_transaction(gateway, service):
    """Each of ten requests gets 403 and is counted; at most one is told."""
    before, count = transactions(gateway), stats(gateway)
    stranger = caller_of(gateway, gateway.block.address(222), 5060)
    try:
        for number in range(10):
            at = f"{gateway.address}:{gateway.port}"
            stranger.send(stranger.invite(
                start=f"INVITE sip:{service}@{at} SIP/2.0",
                Call_ID=f"{stranger.call_id}-{number}"))
            reply = stranger.final()
            assert reply.status == 403, reply.text
            stranger.send(stranger.request(
                "ACK", Via=reply.header("Via"), To=reply.header("To"),
                Call_ID=reply.call_id))
    finally:
        stranger.close()
    assert transactions(gateway) == before
    after = stats(gateway)
    assert int(after["sources_unknown"]) - int(count["sources_unknown"]) == 10
    assert int(after["events_written"]) - int(count["events_written"]) <= 1
    gateway.check_idle()


@pytest.mark.parametrize("had, has", [("0", 70), ("1", 70), ("9", 70),
                                      ("10", 9), ("70", 69), ("255", 254),
                                      ("999", 254), ("many", 70),
                                      (None, 70)])
def test_no_hop_limit_stops_a_caller(gateway, messages, had, has):
    trunk = gateway.trunks[NORTH]
    psap = Sipp("psap", os.path.join(FOLDER, "sipp", "uas-answer.xml"),
                messages, trunk["host"], trunk["port"]).start()
    caller = caller_of(gateway)
    try:
        reply = caller.call(caller.invite(Max_Forwards=had))
        assert reply.status == 200, reply.text
        assert psap.wait() is None
    finally:
        caller.close()
        psap.stop()
    invite = next(m for m in psap.received() if m.method == "INVITE")
    assert invite.all("Max-Forwards") == [str(has)]
    gateway.check_idle()


def test_our_own_invite_is_a_loop(gateway):
    """The PSAP's proxy sends it back to us: 482, and the next route."""
    north, south = gateway.trunks[NORTH], gateway.trunks[SOUTH]
    before = int(stats(gateway)["loops_refused"])
    caller = caller_of(gateway)
    with RawPsap(north["host"], north["port"]) as proxy, \
            RawPsap(south["host"], south["port"]) as psap:
        try:
            caller.send(caller.invite())
            invite = proxy.receive("INVITE")
            via = (f"Via: SIP/2.0/UDP {north['host']}:{north['port']}"
                   ";branch=z9hG4bKloop\r\nVia:")
            proxy.send(re.sub("^Via:", via, invite.text, 1, re.M))
            refusal = proxy.receive("482")
            assert refusal.call_id == invite.call_id
            proxy.send(proxy.reply(invite, 482))
            ours = psap.receive("INVITE")
            psap.send(psap.answer(ours))
            psap_hangs_up(psap, ours, caller)
        finally:
            caller.close()
    assert int(stats(gateway)["loops_refused"]) == before + 1
    gateway.check_idle()


def psap_hangs_up(psap, invite, caller):
    """The caller hears the answer that has been sent; then it is over."""
    reply = caller.final()
    assert reply.status == 200, reply.text
    contact = re.search(r"<([^>]+)>", reply.header("Contact")).group(1)
    caller.send(caller.request("ACK", start=f"ACK {contact} SIP/2.0",
                               To=reply.header("To")))
    # What was mended keeps the tag that could be read.
    psap.tag = re.search("tag=([^;]+)", psap.receive("ACK").header("To")
                         ).group(1)
    psap.send(bye_of(psap, invite))
    caller.send(reply_to(receive(caller, "BYE")))
    psap.receive("200")


def receive(peer, kind):
    while True:
        message = peer.receive()
        if message.kind == kind:
            return message


def reply_to(request):
    lines = ["SIP/2.0 200 OK"]
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        lines += [f"{name}: {value}" for value in request.all(name)]
    return "\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n"


def bye_of(psap, invite):
    """The PSAP's BYE of the dialog that this INVITE has made."""
    target = re.search(r"<([^>]+)>", invite.header("Contact")).group(1)
    return "\r\n".join([
        f"BYE {target} SIP/2.0",
        f"Via: SIP/2.0/UDP {psap.address}:{psap.port};branch=z9hG4bK{psap.tag}",
        f"From: {invite.header('To')};tag={psap.tag}",
        f"To: {invite.header('From')}", f"Call-ID: {invite.call_id}",
        "CSeq: 1 BYE", "Max-Forwards: 70", "Content-Length: 0"]) + "\r\n\r\n"


def test_a_callback_may_run_out_of_hops(gateway):
    """From a PSAP, where no life hangs on the loop."""
    number = lent_number(gateway)
    trunk = gateway.trunks[NORTH]
    psap = RawCaller(trunk["host"], trunk["port"],
                     (gateway.address, gateway.port))
    try:
        at = f"{gateway.address}:{gateway.port}"
        psap.send(psap.invite(start=f"INVITE sip:{number}@{at} SIP/2.0",
                              Max_Forwards="0"))
        assert psap.final().status == 483
    finally:
        psap.close()
    gateway.check_idle()


def lent_number(gateway):
    """A number that is remembered for a caller."""
    caller = caller_of(gateway)
    trunk = gateway.trunks[NORTH]
    with RawPsap(trunk["host"], trunk["port"]) as psap:
        try:
            caller.send(caller.invite())
            invite = psap.receive("INVITE")
            psap.send(psap.answer(invite))
            psap_hangs_up(psap, invite, caller)
        finally:
            caller.close()
    return re.search(r"sip:(\+?\d+)@", invite.header("From")).group(1)


# What is wrong with a PSAP's 200.
BAD_ANSWERS = {
    "a-line-that-is-no-header": {
        "start": "SIP/2.0 200 OK\r\nthis is no header"},
    "from-is-garbage": {"From": "<<>>\";;;=tag=x;"},
    "content-length-is-garbage": {"Content-Length": "many"},
    "to-is-garbage": {"To": "<<>>\";;;=tag=x;tag=broken"},
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_an_answer_that_cannot_be_read(gateway, name):
    """It is mended, and taken."""
    north = gateway.trunks[NORTH]
    caller = caller_of(gateway)
    with RawPsap(north["host"], north["port"]) as psap:
        try:
            caller.send(caller.invite())
            invite = psap.receive("INVITE")
            psap.send(psap.answer(invite, **BAD_ANSWERS[name]))
            psap_hangs_up(psap, invite, caller)
        finally:
            caller.close()
    gateway.check_idle()


def test_noise_is_left_alone(gateway):
    """Keep-alives and other protocols: nothing is masked, nothing answered."""
    before = int(stats(gateway)["inputs_mended"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noise:
        for data in (b"\r\n\r\n", b"\0" * 20, b"GET / HTTP/1.1\r\nx\r\n\r\n"):
            noise.sendto(data, (gateway.address, gateway.port))
    wait_until(lambda: gateway.kamailio.rpc("core.uptime"), "it lives", 30)
    assert int(stats(gateway)["inputs_mended"]) == before
