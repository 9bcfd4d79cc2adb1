# SPDX-License-Identifier: GPL-2.0-or-later
"""What a platform hears when this node fails its call: always something upon
which Genesys Cloud, and any other, tries the next node."""
import contextlib
import os
import re
import signal
import uuid

import pytest

from harness import wait_until
from harness.rawcaller import RawCaller
from harness.rawpsap import RawPsap

# Genesys Cloud's defaults: with a SIP code alone 500-599 are retried, with a
# Q.850 cause both must be listed.
RETRYABLE = set(range(500, 600))
RETRYABLE_CAUSES = {*range(1, 6), 25, 27, 28, 31, 34, 38, 41, 42, 44, 46, 62,
                    63, 79, 91, 96, 97, 99, 100, 103}
TRUNK = "genesys-cloud"
ROUTES = ("psap-north", "psap-south", "relay", "last-resort")


def assert_next_node_is_tried(reply):
    assert reply.status in RETRYABLE, reply.text
    for reason in reply.all("Reason"):
        cause = re.search(r"Q\.850\s*;\s*cause=(\d+)", reason)
        assert cause and int(cause.group(1)) in RETRYABLE_CAUSES, reply.text


def caller_of(gateway, transport="udp"):
    trunk = gateway.trunks[TRUNK]
    return contextlib.closing(RawCaller(
        trunk["host"], trunk["port"], (gateway.address, gateway.port),
        transport))


@contextlib.contextmanager
def routes_that(gateway, code):
    """Every route answers so; None: nobody is there, or says anything."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(RawPsap(gateway.trunks[name]["host"],
                                           gateway.trunks[name]["port"]))
               for name in ROUTES] if code else []


def refuse_all(psaps, code):
    """Each route in its turn."""
    for psap in psaps:
        invite = psap.receive("INVITE")
        psap.send(psap.reply(invite, code, Reason="Q.850;cause=21"))
        psap.receive("ACK")


@pytest.mark.parametrize("code", [301, 400, 403, 404, 408, 480, 484, 486, 488,
                                  500, 503, 600, 603, 604, 606])
def test_whatever_the_routes_say(gateway, code):
    """A PSAP's own refusal, and its cause, are not the platform's business."""
    with routes_that(gateway, code) as psaps, caller_of(gateway) as caller:
        caller.send(caller.invite())
        refuse_all(psaps, code)
        reply = caller.final()
        caller.send(caller.request("ACK", Via=reply.header("Via"),
                                   To=reply.header("To")))
    assert_next_node_is_tried(reply)
    gateway.check_idle()


def drain(gateway):
    gateway.kamailio.rpc("e911.drain", "on")
    return lambda: gateway.kamailio.rpc("e911.drain", "off")


def nothing(_gateway):
    return lambda: None


# What is wrong with the node or the request.
FAULTS = {
    "nobody is there": (nothing, {}),
    "the node drains": (drain, {}),
    "From is garbage": (nothing, {"From": "<<>>\";;;=tag=x;"}),
    "extensions that nobody has": (nothing, {
        "Require": "precondition, foo", "Proxy-Require": "bar"}),
    "a body that is none": (nothing, {"Content-Type": "text/nonsense"}),
    "no hops are left": (nothing, {"Max-Forwards": "0"}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_whatever_is_wrong(gateway, name):
    """With all routes dead, so that nothing is answered 200."""
    fault, parts = FAULTS[name]
    mend = fault(gateway)
    try:
        with caller_of(gateway) as caller:
            caller.socket.settimeout(30)
            reply = caller.call(caller.invite(
                **{n.replace("-", "_"): v for n, v in parts.items()}))
    finally:
        mend()
    assert_next_node_is_tried(reply)
    gateway.check_idle()


def options(gateway, **parts):
    with caller_of(gateway) as caller:
        caller.send(caller.request(
            "OPTIONS", start=f"OPTIONS sip:{gateway.address}:{gateway.port}"
                             " SIP/2.0", Call_ID=uuid.uuid4().hex, **parts))
        return caller.receive().status


def stop_sidecar(gateway):
    os.kill(gateway.sidecar.process.pid, signal.SIGSTOP)
    return lambda: os.kill(gateway.sidecar.process.pid, signal.SIGCONT)


# What is wrong with the node; what it says to OPTIONS.
STATES = {"nothing": (nothing, 200), "it drains": (drain, 503),
          "e911d hangs": (stop_sidecar, 200)}


@pytest.mark.parametrize("name", STATES)
def test_options(gateway, name):
    state, status = STATES[name]
    mend = state(gateway)
    try:
        assert options(gateway) == status
        assert options(gateway, Max_Forwards="0") == status
    finally:
        mend()
    assert options(gateway) == 200


def test_options_when_nothing_is_left(own_gateway):
    """Without a directory calls still go by the default route: usable.
    Without either no call can be placed."""
    gateway = own_gateway
    gateway.sidecar.stop()
    gateway.kamailio.stop()
    gone = os.path.join(gateway.state, "directory")
    os.rename(gone, gone + ".gone")
    gateway.kamailio.start()
    assert options(gateway) == 200
    gateway.kamailio.stop()
    del gateway.kamailio.settings["E911_DEFAULT_ROUTE"]
    gateway.kamailio.start()
    wait_until(lambda: options(gateway) == 503, "it says that it is unusable",
               30)
    with caller_of(gateway) as caller:
        assert_next_node_is_tried(caller.call(caller.invite()))
