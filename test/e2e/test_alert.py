# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls of the agent's own, to people who are to be told of a 911 call."""
import contextlib
import os
import re

import pytest

from harness import Gateway
from harness.network import free_port
from harness.rawcaller import RawCaller
from harness.rawpsap import RawPsap

DESK = "+12065550102"
NETWORK = "last-resort"          # the trunk into the telephone network


@pytest.fixture(name="gateway", scope="module")
def fixture_gateway(request):
    gateway = Gateway(os.path.realpath(request.config.getoption("--build")),
                      keep=request.config.getoption("--keep"),
                      forget_soon=True)
    gateway.agent = gateway.block.address(40), free_port()
    gateway.kamailio.modparams.append(
        ("e911", "test_agent", "sip:933@%s:%d" % gateway.agent))
    with gateway:
        yield gateway
        if request.session.testsfailed:
            gateway.keep = True
            print(f"kept: {gateway.directory}")


def from_there(gateway, host, port):
    return contextlib.closing(
        RawCaller(host, port, (gateway.address, gateway.port)))


def at_agent(gateway):
    return from_there(gateway, *gateway.agent)


def alert(gateway, caller, number, organization=1):
    return caller.invite(
        f"X-E911-Alert: organization={organization}\r\n",
        start=f"INVITE sip:{number}@{gateway.address}:{gateway.port} SIP/2.0",
        From=f"<sip:+12065550190@{gateway.address}>;tag={caller.mark}",
        To=f"<sip:{number}@{gateway.address}>")


def refused(gateway, caller, number):
    """The status."""
    caller.send(alert(gateway, caller, number))
    reply = caller.final()
    caller.send(caller.request("ACK", To=reply.header("To"),
                               From=reply.header("From"),
                               Via=reply.header("Via")))
    return reply.status


@contextlib.contextmanager
def silent(gateway, *roles):
    """All trunks of these roles; none may hear a word."""
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(RawPsap(t["host"], t["port"]))
                 for t in gateway.trunks.values() if t["role"] in roles]
        assert peers
        yield
        for peer in peers:
            peer.socket.settimeout(0)
            with pytest.raises(OSError):
                peer.socket.recv(65536)


def test_the_agents_call_rings_a_platform_then_the_network(gateway):
    before = gateway.kamailio.rpc("e911.stats")
    trunk, network = (gateway.trunks[n] for n in ("genesys-cloud", NETWORK))
    with silent(gateway, "psap"), at_agent(gateway) as agent, \
            RawPsap(trunk["host"], trunk["port"]) as platform, \
            RawPsap(network["host"], network["port"]) as desk:
        agent.send(alert(gateway, agent, DESK))
        invite = platform.receive("INVITE")
        assert invite.request_uri.startswith(f"sip:{DESK}@")
        platform.send(platform.reply(invite, 404))
        invite = desk.receive("INVITE")
        assert invite.request_uri.startswith("sip:2065550102@")
        assert "X-E911" not in invite.text
        assert not invite.all("Priority") and not invite.all("Geolocation")
        assert "2065550190@" in invite.header("From")
        assert gateway.live_calls()[0]["kind"] == "alert"
        desk.send(desk.answer(invite))
        reply = agent.final()
        assert reply.status == 200, reply.text
        contact = re.search(r"<([^>]+)>", reply.header("Contact")).group(1)
        parts = {"To": reply.header("To"), "From": reply.header("From")}
        agent.send(agent.request("ACK", start=f"ACK {contact} SIP/2.0",
                                 **parts))
        desk.receive("ACK")
        agent.send(agent.request("BYE", start=f"BYE {contact} SIP/2.0",
                                 CSeq="2 BYE", **parts))
        desk.in_dialog_200(desk.receive("BYE"))
        while agent.receive().cseq_method != "BYE":
            pass
    gateway.check_idle()
    after = gateway.kamailio.rpc("e911.stats")
    assert int(after["alerts_started"]) == int(before["alerts_started"]) + 1
    assert int(after["calls_started"]) == int(before["calls_started"])
    assert int(after["elins_active"]) == 0
    # Nobody is told of the telling.
    assert not gateway.postgres.query("SELECT call_id FROM e911.call")


def test_the_agent_hears_what_the_desk_says(gateway):
    network = gateway.trunks[NETWORK]
    with at_agent(gateway) as agent, \
            RawPsap(network["host"], network["port"]) as desk:
        agent.send(alert(gateway, agent, DESK, organization=0))
        invite = desk.receive("INVITE")
        desk.send(desk.reply(invite, 486))
        assert agent.final().status == 486
    gateway.check_idle()


SERVICES = ["911", "+1911", "933", "112", "411", "+12069110100",
            "+19115550100", "+12065550113", "anna"]


def test_no_service_and_no_elin_is_rung(gateway):
    with silent(gateway, "psap", "pstn"):
        for number in SERVICES:
            with at_agent(gateway) as agent:
                assert refused(gateway, agent, number) == 404, number
    gateway.check_idle()


def test_nobody_else_may_place_an_alert(gateway):
    host, port = gateway.agent
    elsewhere = gateway.block.address(41)
    with silent(gateway, "psap", "pstn"):
        with from_there(gateway, host, 0) as other:
            assert refused(gateway, other, DESK) == 403
        with from_there(gateway, elsewhere, port) as other:
            assert refused(gateway, other, DESK) == 403
    gateway.check_idle()
