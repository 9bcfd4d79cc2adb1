# SPDX-License-Identifier: GPL-2.0-or-later
"""Answers that are repeated or come late: RFC 3261 13.3.1.4 gives them 32 s,
Kamailio's tm forgets a transaction after 5 s."""
import re
import socket
import time
import uuid

import pytest

from harness.rawcaller import RawCaller
from harness.rawpsap import RawPsap, check_ack
from test_gate import bye_of, receive, reply_to, stats

NORTH = "psap-north"
TM_FORGETS = 6.5  # s


@pytest.fixture(name="call")
def answered_call(gateway):
    """(caller, psap, INVITE as the PSAP got it, its 200, ours to the caller);
    nobody has sent an ACK but the gateway."""
    trunk = gateway.trunks["genesys-cloud"]
    caller = RawCaller(trunk["host"], trunk["port"],
                       (gateway.address, gateway.port))
    trunk = gateway.trunks[NORTH]
    with RawPsap(trunk["host"], trunk["port"]) as psap:
        caller.send(caller.invite())
        invite = psap.receive("INVITE")
        answer = psap.answer(invite)
        psap.send(answer)
        check_ack(psap.receive("ACK"), invite, answer)
        yield caller, psap, invite, answer, caller.final()
    caller.close()
    gateway.check_idle()


def acknowledge(caller, reply):
    contact = re.search(r"<([^>]+)>", reply.header("Contact")).group(1)
    caller.send(caller.request("ACK", start=f"ACK {contact} SIP/2.0",
                               To=reply.header("To")))


def psap_leaves(caller, psap, invite):
    psap.send(bye_of(psap, invite))
    caller.send(reply_to(receive(caller, "BYE")))
    psap.receive("200")


def test_our_answer_is_repeated_until_the_ack(call):
    caller, psap, invite, _, reply = call
    start = time.monotonic()
    while time.monotonic() < start + TM_FORGETS:
        again = receive(caller, "200")
        assert again.header("To") == reply.header("To")
        assert again.body == reply.body
    acknowledge(caller, reply)
    caller.socket.settimeout(5)
    with pytest.raises(socket.timeout):
        receive(caller, "200")
    caller.socket.settimeout(10)
    psap_leaves(caller, psap, invite)


def test_a_late_copy_of_their_answer_gets_its_ack(gateway, call):
    caller, psap, invite, answer, reply = call
    acknowledge(caller, reply)
    before = int(stats(gateway)["answers_late"])
    psap.send(answer)
    check_ack(psap.receive("ACK"), invite, answer)
    assert int(stats(gateway)["answers_late"]) == before
    time.sleep(TM_FORGETS)
    psap.send(answer)
    check_ack(psap.receive("ACK"), invite, answer)
    assert int(stats(gateway)["answers_late"]) == before + 1
    psap_leaves(caller, psap, invite)


def test_a_late_fork_is_hung_up(call):
    """Another of the PSAP's desks answers when nobody waits any more."""
    caller, psap, invite, answer, reply = call
    acknowledge(caller, reply)
    time.sleep(TM_FORGETS)
    psap.send(answer.replace(psap.tag, "second-desk"))
    assert "second-desk" in psap.receive("ACK").header("To")
    bye = psap.receive("BYE")
    assert "second-desk" in bye.header("To")
    psap.in_dialog_200(bye)
    psap_leaves(caller, psap, invite)


def stray_answer(gateway, psap):
    """A 200 as it would come after a restart."""
    return psap.answer(STRAY, **{
        "Via": f"SIP/2.0/UDP {gateway.address}:{gateway.port}"
               ";branch=z9hG4bKbefore",
        "From": f"<sip:+12065550114@{gateway.address}>;tag="
                + uuid.uuid4().hex[:16],
        "To": f"<sip:911@{psap.address}>;tag={psap.tag}",
        "Call-ID": uuid.uuid4().hex, "CSeq": "1 INVITE"})


class STRAY:  # what RawPsap.reply() reads of a request
    call_id = ""
    all = header = staticmethod(lambda _: "")


def test_an_answer_that_nobody_knows_is_hung_up(gateway):
    before = int(stats(gateway)["answers_stray"])
    trunk = gateway.trunks[NORTH]
    with RawPsap(trunk["host"], trunk["port"]) as psap:
        psap.remote = (gateway.address, gateway.port)
        psap.send(stray_answer(gateway, psap))
        assert psap.receive("ACK").header("CSeq") == "1 ACK"
        bye = psap.receive("BYE")
        assert psap.tag in bye.header("To")
        psap.in_dialog_200(bye)
    assert int(stats(gateway)["answers_stray"]) == before + 1
    gateway.check_idle()


def test_a_stranger_cannot_make_us_send(gateway):
    before = int(stats(gateway)["answers_stray"])
    with RawPsap(gateway.block.address(222), 5060) as stranger:
        stranger.remote = (gateway.address, gateway.port)
        stranger.send(stray_answer(gateway, stranger))
        with pytest.raises(socket.timeout):
            stranger.receive(timeout=2)
    assert int(stats(gateway)["answers_stray"]) == before
