# SPDX-License-Identifier: GPL-2.0-or-later
"""A BYE makes no transaction, theirs (ADR 46) nor ours (ADR 47): the call
answers each copy of theirs and hears it once, and repeats ours."""
import re
import time

import pytest

from harness import Gateway, wait_until
from harness.rawcaller import RawCaller
from harness.rawpsap import RawPsap
from test_gate import bye_of, receive, reply_to, transactions

QUIET = 0.8   # s
AT_ONCE = 8   # copies: each worker has some


@pytest.fixture(name="lingering", scope="module")
def lingering_gateway(request):
    """One that keeps ended calls for as long as the shipped one."""
    with Gateway(request.config.getoption("--build"),
                 keep=request.config.getoption("--keep")) as gateway:
        yield gateway


class Caller:
    """Of an answered call; so is Psap."""

    def __init__(self, raw, reply):
        self.raw = raw
        contact = re.search(r"<([^>]+)>", reply.header("Contact")).group(1)
        words = {"To": reply.header("To")}
        raw.send(raw.request("ACK", start=f"ACK {contact} SIP/2.0", **words))
        self.bye = raw.request("BYE", start=f"BYE {contact} SIP/2.0",
                               CSeq="2 BYE", **words)

    def hang_up(self, times):
        for _ in range(times):
            self.raw.send(self.bye)
        for _ in range(times):
            reply = receive(self.raw, "200")
            assert reply.header("CSeq") == "2 BYE"
            assert reply.all("Via") == re.findall("Via: (.*)\r", self.bye)
            assert reply.header("To") == self.to()

    def to(self):
        return re.search("To: (.*)\r", self.bye).group(1)

    def next_bye(self):
        self.raw.socket.settimeout(QUIET)
        return receive(self.raw, "BYE")

    def byes(self):
        """Those that came, by their CSeq."""
        found = {}
        try:
            while True:
                bye = self.next_bye()
                found[bye.header("CSeq")] = bye
        except TimeoutError:
            return found

    def answer(self, bye):
        self.raw.send(reply_to(bye))


class Psap(Caller):
    def __init__(self, raw, invite):
        self.raw, self.bye = raw, bye_of(raw, invite).replace(
            "CSeq: 1", "CSeq: 2")

    def next_bye(self):
        return self.raw.receive("BYE", QUIET)

    def hang_up(self, times):
        for _ in range(times):
            self.raw.send(self.bye)
        for _ in range(times):
            reply = self.raw.receive("200")
            assert reply.header("CSeq") == "2 BYE"
            assert reply.header("To") == self.to()


def state_of(gateway, call_id):
    return [call["state"] for call in gateway.kamailio.rpc("e911.calls")
            if call["sip_call_id_a"] == call_id]


@pytest.fixture(name="call")
def answered_call(lingering):
    where = lingering.trunks["genesys-cloud"]
    caller = RawCaller(where["host"], where["port"],
                       (lingering.address, lingering.port))
    where = lingering.trunks["psap-north"]
    with RawPsap(where["host"], where["port"]) as psap:
        caller.send(caller.invite())
        invite = psap.receive("INVITE")
        psap.send(psap.answer(invite))
        psap.receive("ACK")
        sides = [Caller(caller, caller.final()), Psap(psap, invite)]
        wait_until(lambda: state_of(lingering, caller.call_id)
                   == ["connected"], "the call is up", 10)
        yield sides, caller.call_id
    caller.close()


@pytest.mark.parametrize("leaves, late", [(0, 20), (1, 1)],
                         ids=["caller", "psap"])
def test_copies_are_answered_and_heard_once(lingering, call, leaves, late):
    sides, call_id = call
    who, other = sides[leaves], sides[1 - leaves]
    before = transactions(lingering)
    who.hang_up(AT_ONCE)
    byes = other.byes()
    assert len(byes) == 1, byes
    # The far side is silent yet, and a copy is no BYE that has crossed ours.
    who.hang_up(1)
    assert state_of(lingering, call_id) == ["ending"]
    other.answer(*byes.values())
    wait_until(lambda: state_of(lingering, call_id) == ["ended"],
               "the call has ended", 10)
    time.sleep(late)
    who.hang_up(1)
    assert other.byes().keys() <= byes.keys()
    assert transactions(lingering) == before
    ended = lingering.ended_call(call_id)
    assert ended["ended_by"] == ("caller", "callee")[leaves]
    kinds = [e["kind"] for e in lingering.events(ended["call_id"])]
    assert kinds.count("call.ended") == 1


@pytest.mark.parametrize("leaves", [0, 1], ids=["caller", "psap"])
def test_ours_is_repeated_until_it_is_answered(lingering, call, leaves):
    sides, call_id = call
    who, other = sides[leaves], sides[1 - leaves]
    before = transactions(lingering)
    who.hang_up(1)
    other.raw.socket.settimeout(5)
    copies = [receive(other.raw, "BYE") for _ in range(3)]
    assert len({copy.text for copy in copies}) == 1, copies
    assert len(copies[0].all("Via")) == 1, copies[0].text
    # With another branch it answers something else.
    other.raw.send(reply_to(copies[0]).replace("branch=z9hG4bK-bye-",
                                               "branch=z9hG4bK-bye-7"))
    other.raw.send(reply_to(copies[0]).replace(" 200 ", " 100 "))
    time.sleep(QUIET)
    assert state_of(lingering, call_id) == ["ending"]
    other.answer(copies[0])
    wait_until(lambda: state_of(lingering, call_id) == ["ended"],
               "the call has ended", 10)
    other.answer(copies[0])
    assert transactions(lingering) == before
    assert lingering.ended_call(call_id)["ended_by"] == ("caller",
                                                         "callee")[leaves]


def test_nobody_waits_for_its_answer_for_long(lingering, call):
    (caller, psap), call_id = call
    caller.hang_up(1)
    wait_until(lambda: state_of(lingering, call_id) == ["ended"],
               "the call has ended", 20)
    # The first and three copies, and no more after that.
    psap.raw.socket.settimeout(QUIET)
    assert len({receive(psap.raw, "BYE").text for _ in range(4)}) == 1
    with pytest.raises(TimeoutError):
        psap.next_bye()


def test_who_has_left_is_sent_no_bye(lingering, call):
    """Another PSAP takes the call over, and the caller hangs up before it
    has agreed: the first one has gone, and nobody waits for it."""
    (caller, psap), call_id = call
    where = lingering.trunks["psap-south"]
    dialog = {name: re.search(f"{name}: (.*)\r", psap.bye).group(1)
              for name in ("Call-ID", "To", "From")}
    tags = {name: dialog[name].partition("tag=")[2] for name in ("To", "From")}
    south = RawCaller(where["host"], where["port"],
                      (lingering.address, lingering.port))
    south.send(south.invite(
        To=f"<sip:e911@{lingering.address}>",
        Replaces=f"{dialog['Call-ID']};to-tag={tags['To']};"
                 f"from-tag={tags['From']}"))
    offer = receive(caller.raw, "INVITE")
    caller.raw.send(reply_to(offer).replace("200 OK", "180 Ringing"))
    psap.hang_up(1)
    assert state_of(lingering, call_id) == ["connected"]
    caller.hang_up(1)
    wait_until(lambda: state_of(lingering, call_id) == ["ended"],
               "the call has ended", 10)
    assert not psap.byes()
    south.close()
