# SPDX-License-Identifier: GPL-2.0-or-later
"""People are called, hear that somebody has dialled 911, and press 1."""
import contextlib
import os
import socket

import pytest

from harness import Gateway, wait_until
from harness.network import free_port
from harness.rawpsap import RawPsap
from harness.rtpengine import RtpEngine
from test_callback import hang_up
from test_test_call import Caller, Ear

GUARD, SUPERVISOR = "+12065550102", "+12065550103"
RECIPIENT = """
INSERT INTO e911.recipient (organization_id, name, channel, address, after_s)
SELECT organization_id, 'Tel ' || %s, 'phone', %s, %s
  FROM e911.organization
 WHERE e911_organization_id = '91100000-0000-4000-8000-000000000001'
"""
STATE = ("SELECT state || ', ' || coalesce(why, '') FROM e911.notification"
         " WHERE target = %s AND channel = 'phone' ORDER BY queued_at DESC")
FORGET = "DELETE FROM e911.recipient WHERE channel = 'phone'"


@pytest.fixture(name="gateway", scope="module")
def fixture_gateway(request, tmp_path_factory):
    gateway = Gateway(os.path.realpath(request.config.getoption("--build")),
                      keep=request.config.getoption("--keep"),
                      forget_soon=True)
    agent, port = gateway.block.address(40), free_port()
    gateway.sidecar.settings.update(
        agent_listen=f"{agent}:{port}", agent_media_port=42000,
        phone_gateway=f"{gateway.address}:{gateway.port}",
        phone_number="+12065550190", phone_ring_s=5, phone_retry_s=1,
        phone_attempts=2)
    gateway.kamailio.modparams.append(
        ("e911", "test_agent", f"sip:933@{agent}:{port}"))
    with contextlib.ExitStack() as stack:
        engine = RtpEngine("rtpengine", str(tmp_path_factory.mktemp("media")),
                           gateway.block.address(30), 30000)
        stack.callback(engine.stop)
        engine.start()
        gateway.engine = engine
        gateway.kamailio.modparams.append(
            ("e911", "media_engine", engine.parameter))
        stack.enter_context(gateway)
        yield gateway
        if request.session.testsfailed:
            gateway.keep = True
            print(f"kept: {gateway.directory}")


class Desk(RawPsap):
    """Telephones of the organisation, behind its platform."""

    def __init__(self, gateway):
        trunk = gateway.trunks["genesys-cloud"]
        super().__init__(trunk["host"], trunk["port"])
        self.ear = Ear(self.address)

    def __exit__(self, *_):
        self.ear.close()
        super().__exit__()

    def rung(self, number=None):
        """The next INVITE (to that number); it rings."""
        while True:
            invite = self.receive("INVITE", 60)
            if number in (None, invite.request_uri[4:].split("@")[0]):
                self.send(self.reply(invite, 180))
                return invite

    def pick_up(self, invite):
        body = (f"v=0\r\no=- 1 1 IN IP4 {self.address}\r\ns=-\r\n"
                f"c=IN IP4 {self.address}\r\nt=0 0\r\n"
                f"m=audio {self.ear.port} RTP/AVP 0 101\r\n"
                "a=rtpmap:101 telephone-event/8000\r\n")
        self.send(self.reply(invite, 200, body,
                             Content_Type="application/sdp"))
        self.receive("ACK", 60)

    def is_hung_up(self):
        self.in_dialog_200(self.receive("BYE", 60))


@contextlib.contextmanager
def emergency(gateway):
    """Somebody dials 911, is answered, and hangs up in the end."""
    north = gateway.trunks["psap-north"]
    with RawPsap(north["host"], north["port"]) as psap, \
            Caller(gateway) as caller:
        caller.send(caller.offer(user="911"))
        heard = psap.receive("INVITE")
        psap.send(psap.answer(heard))
        reply = caller.final()
        yield
        hang_up(psap, heard, caller, reply)


@contextlib.contextmanager
def told(gateway, *recipients):
    for number, after_s in recipients:
        gateway.postgres.execute(RECIPIENT, number, number, after_s)
    gateway.provision("SELECT 1")
    try:
        yield
    finally:
        gateway.provision(FORGET)


def comes_to(gateway, number, state):
    def is_so():
        told_so = gateway.postgres.value(STATE, number) or ""
        return told_so.startswith(state)
    wait_until(is_so,
               f"the notice to {number} is {state}", 60,
               gateway.services())


def test_who_presses_1_has_acknowledged(gateway):
    with told(gateway, (GUARD, None), (SUPERVISOR, 600)), \
            Desk(gateway) as desk, emergency(gateway):
        invite = desk.rung()
        assert invite.request_uri.startswith(f"sip:{GUARD}@")
        assert "+12065550190@" in invite.header("From")
        # The voice goes through the engine, like any other.
        assert f"c=IN IP4 {gateway.block.address(30)}" in invite.body
        desk.pick_up(invite)
        wait_until(lambda: len(desk.ear.said()) > 100, "it speaks", 60)
        desk.ear.press(1)
        desk.is_hung_up()
        comes_to(gateway, GUARD, "delivered, ")
        comes_to(gateway, SUPERVISOR, "cancelled, acknowledged")
    ((who, channel, service),) = [
        tuple(row.values()) for row in gateway.postgres.query(
            "SELECT a.who, a.channel, c.service FROM e911.acknowledgement a"
            " JOIN e911.call c USING (call_id)")]
    assert (who, channel, service) == (GUARD, "phone", "emergency")
    steps = [r["step"] for r in gateway.postgres.query(
        "SELECT step FROM e911.call_timeline ORDER BY at")]
    assert "acknowledged" in steps and "alert delivered" in steps
    gateway.check_idle()


def test_who_was_not_told_before_a_restart_is_called_when_there_is_an_agent(
        gateway):
    """... though its port is somebody else's for a while."""
    sidecar = gateway.sidecar
    host, port = sidecar.settings["agent_listen"].split(":")
    with told(gateway, (GUARD, None)), Desk(gateway) as desk:
        sidecar.stop()
        with contextlib.closing(socket.socket(
                socket.AF_INET, socket.SOCK_DGRAM)) as other:
            other.bind((host, int(port)))
            with emergency(gateway):
                pass
            sidecar.start()
            wait_until(lambda: gateway.postgres.value(STATE, GUARD)
                       == "waiting, ", "the notice waits", 60,
                       gateway.services())
            wait_until(lambda: "cannot listen" in
                       sidecar.process.log_text(), "the port is taken", 60)
        desk.pick_up(desk.rung(GUARD))
        wait_until(lambda: desk.ear.said(), "it speaks", 60)
        desk.ear.press(1)
        desk.is_hung_up()
        comes_to(gateway, GUARD, "delivered, ")
    gateway.check_idle()


def test_when_nobody_answers_the_next_one_is_called(gateway):
    with told(gateway, (GUARD, None), (SUPERVISOR, 8)), \
            Desk(gateway) as desk, emergency(gateway):
        first = desk.rung(GUARD)
        cancel = desk.receive("CANCEL", 60)
        assert cancel.call_id == first.call_id
        desk.send(desk.reply(cancel, 200))
        desk.send(desk.reply(first, 487))
        invite = desk.rung()
        while invite.request_uri.startswith(f"sip:{GUARD}@"):
            desk.send(desk.reply(invite, 486))   # again, and given up
            invite = desk.rung()
        assert invite.request_uri.startswith(f"sip:{SUPERVISOR}@")
        desk.pick_up(invite)
        wait_until(lambda: desk.ear.said(), "it speaks", 60)
        desk.ear.press(1)
        desk.is_hung_up()
        comes_to(gateway, SUPERVISOR, "delivered, ")
        # Given up behind the second attempt, or acknowledged before it.
        comes_to(gateway, GUARD, ("given up", "cancelled"))
    gateway.check_idle()
