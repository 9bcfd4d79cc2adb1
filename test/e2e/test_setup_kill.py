# SPDX-License-Identifier: GPL-2.0-or-later
"""A call that is being set up outlives the process: bench/setup-kill, once at
the points that differ most."""
import importlib.machinery
import importlib.util
import os
import signal
import socket
import types

import pytest

from harness import Crowd, wait_until
from harness.gateway import TOP
from harness.rawpsap import RawPsap
from harness.sipmessage import Message
from test_gate import caller_of, psap_hangs_up, receive, reply_to, stats
from test_unreach import in_dialog

# 0: all processes are killed; 1: a worker crashes.
WAYS = (("after-100", 0), ("after-180", 1), ("after-200", 0),
        ("before-ack", 1), ("after-ack", 0))


def load_bench():
    path = os.path.join(TOP, "test", "bench", "setup-kill")
    loader = importlib.machinery.SourceFileLoader("setup_kill", path)
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader("setup_kill", loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module", name="bench")
def fixture_bench(pytestconfig):
    module = load_bench()
    build = os.path.realpath(pytestconfig.getoption("--build"))
    bench = module.Bench(types.SimpleNamespace(build=build, patience=10))
    try:
        bench.start()
        yield bench
    finally:
        bench.stop()


@pytest.mark.parametrize("point,by_signal", WAYS)
def test_a_caller_is_answered_though_the_gateway_dies(bench, point, by_signal):
    before = bench.held()
    outcome, two_legs, hung_up, up = bench.once(point, by_signal)
    assert outcome == "answered"
    assert two_legs <= 5, "two PSAP legs were up together"
    assert hung_up, "the caller's BYE was not answered 200"
    assert up == 0, "a PSAP leg stayed up"
    assert bench.held() == before, "a number is held by no call"


def kill_all(gateway):
    for line in gateway.kamailio.rpc("core.psx"):
        os.kill(line["PID"], signal.SIGKILL)
    gateway.kamailio.process.wait(20, "Kamailio is gone")
    gateway.kamailio.process = None


def test_the_leg_that_rang_hears_of_its_end(own_gateway):
    """The CANCEL is repeated until it is answered, and the refusal of the
    INVITE gets its ACK, though tm knows nothing of either any more."""
    gateway = own_gateway
    north = gateway.trunks["psap-north"]
    caller = caller_of(gateway)
    anew = []  # for the caller, who waits

    def hear(kind):
        while True:
            message = psap.receive()
            if message.method == "INVITE" and not anew:
                anew.append(message)
                psap.send(psap.reply(message, 180))
            if message.kind == kind:
                return message
    with RawPsap(north["host"], north["port"]) as psap:
        caller.send(caller.invite())
        invite = psap.receive("INVITE")
        psap.send(psap.reply(invite, 180))
        receive(caller, "180")
        kill_all(gateway)
        gateway.kamailio.start()
        first, cancel = hear("CANCEL"), hear("CANCEL")
        assert cancel.text == first.text
        assert cancel.call_id == invite.call_id
        psap.send(psap.reply(cancel, 200))
        psap.send(psap.reply(invite, 487))
        ack = hear("ACK")
        assert ack.call_id == invite.call_id
        assert ack.all("Via") == invite.all("Via")
        assert f"tag={psap.tag}" in ack.header("To")
        assert ack.header("CSeq") == invite.header("CSeq").replace(
            "INVITE", "ACK")
        assert anew[0].call_id != invite.call_id
        psap.send(psap.answer(anew[0]))
        psap_hangs_up(psap, anew[0], caller)
    caller.close()
    assert int(stats(gateway)["setups_cancelled"]) == 1
    assert int(stats(gateway)["setups_unheard"]) == 0


def numbers_held(gateway):
    return sum(int(number["active_count"])
               for number in gateway.kamailio.rpc("e911.elins"))


def test_a_call_that_was_ending_is_over_after_a_start(own_gateway):
    """The caller has hung up, the PSAP has not confirmed it.  The call comes
    back; its caller is asked, does not know it any more, and the number is
    free."""
    gateway = own_gateway
    north = gateway.trunks["psap-north"]
    caller = caller_of(gateway)
    with RawPsap(north["host"], north["port"]) as psap:
        caller.send(caller.invite())
        psap.send(psap.answer(psap.receive("INVITE")))
        reply = caller.final()
        in_dialog(caller, reply, "ACK")
        psap.receive("ACK")
        in_dialog(caller, reply, "BYE")
        receive(caller, "200")
        psap.receive("BYE")
        kill_all(gateway)
        gateway.kamailio.start()
        assert numbers_held(gateway) == 1
        caller.socket.settimeout(40)  # asked within half a minute
        asked = receive(caller, "OPTIONS")
        caller.send(reply_to(asked).replace("200 OK", "481 Gone"))
        psap.in_dialog_200(psap.receive("BYE"))
        ours = receive(caller, "BYE")
        caller.send(reply_to(ours).replace("200 OK", "481 Gone"))
        wait_until(lambda: not gateway.live_calls(), "no call is left", 30)
    caller.close()
    assert numbers_held(gateway) == 0


def heard_on(listener, seconds):
    """The next reply on a connection that the gateway makes."""
    listener.settimeout(seconds)
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(seconds)
        return Message(True, connection.recv(65536).decode())


def test_over_tcp_a_caller_hears_503_at_once(own_gateway):
    """Its connection is gone: where its Via says that it listens it is told,
    and its platform goes on elsewhere."""
    gateway, host = own_gateway, own_gateway.trunks["genesys-cloud"]["host"]
    psap = gateway.trunks["psap-north"]
    with socket.create_server((host, gateway.port)) as listener, \
            Crowd("north", psap["host"], gateway.port,
                  (gateway.address, gateway.port)) as north:
        north.answers = False
        invite = (
            f"INVITE sip:911@{gateway.address} SIP/2.0\r\n"
            f"Via: SIP/2.0/TCP {host}:{gateway.port};branch=z9hG4bKwaits\r\n"
            f"From: <sip:+12065550121@{host}>;tag=waits\r\n"
            f"To: <sip:911@{gateway.address}>\r\nCall-ID: waits\r\n"
            "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
            f"Contact: <sip:caller@{host}:{gateway.port};transport=tcp>\r\n"
            "Content-Length: 0\r\n\r\n")
        with socket.create_connection((gateway.address, gateway.port),
                                      5, (host, 0)) as connection:
            connection.sendall(invite.encode())
            wait_until(lambda: north.dialogs, "the PSAP rings", 30)
            kill_all(gateway)
        gateway.kamailio.start()
        reply = heard_on(listener, 10)
        assert reply.status == 503, reply.text
        assert reply.call_id == "waits"
        cancelled = next(iter(north.dialogs.values()))
        wait_until(lambda: cancelled.heard["CANCEL"], "the PSAP is told", 30)
