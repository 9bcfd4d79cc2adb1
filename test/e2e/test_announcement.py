# SPDX-License-Identifier: GPL-2.0-or-later
"""Every route of a 911 call fails: with announce_agent the caller hears so, and
then the refusal that it would have had at once."""
import array
import os
import subprocess
import sys

import pytest

from harness import wait_until
from harness.rawpsap import RawPsap
from harness.tone import from_ulaw
from test_gate import bye_of, receive, reply_to
from test_test_call import Caller, with_agent
from test_test_call_voice import correlation

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import listener                                         # noqa: E402

REASON = "Q.850;cause=41"


@pytest.fixture(name="gateway", scope="module")
def fixture_gateway(request):
    gateway = with_agent(request)
    gateway.kamailio.modparams.append(
        ("e911", "announce_agent",
         f"sip:911@{gateway.sidecar.settings['agent_listen']}"))
    with gateway:
        yield gateway
        if request.session.testsfailed:
            gateway.keep = True
            print(f"kept: {gateway.directory}")


def stat(gateway, name):
    return int(gateway.kamailio.rpc("e911.stats")[name])


def until(caller, status):
    """Replies, up to the first of this status."""
    seen = []
    while not seen or seen[-1].status != status:
        seen.append(caller.receive())
    return seen


def acknowledge(caller, reply):
    caller.send(caller.request("ACK", To=reply.header("To"),
                               From=reply.header("From"),
                               Via=reply.header("Via")))


def sentence(request, tmp_path):
    """Samples."""
    build = os.path.realpath(request.config.getoption("--build"))
    path = str(tmp_path / "said.wav")
    subprocess.run([os.path.join(build, "sidecar", "e911-speak"), "-o", path,
                    "-p", "routes-failed"], check=True)
    return array.array("h", listener.read_wav(path))


def loud(samples):
    """From the first that is."""
    return samples[next(i for i, s in enumerate(samples) if abs(s) > 2000):]


def test_the_caller_hears_that_every_route_failed(gateway, request, tmp_path):
    told = sentence(request, tmp_path)
    with Caller(gateway) as caller:
        caller.send(caller.offer(user="911"))
        early = until(caller, 183)[-1]
        assert gateway.sidecar.settings["agent_listen"].split(":")[0] \
            in early.body
        assert "X-E911" not in early.text
        assert gateway.live_calls()[0]["state"] == "telling"
        refusal = until(caller, 503)
        assert [r.status for r in refusal] == [503]
        assert refusal[-1].header("Reason") == REASON
        acknowledge(caller, refusal[-1])
        heard = [from_ulaw(b) for p in caller.ear.said() for b in p]
    told, heard = loud(told), loud(heard)
    end = min(len(told), len(heard))
    assert end > len(told) - 8000 / 2
    # Where the first loud sample stands is a matter of rounding.
    assert max(correlation(told[max(0, n):24000], heard[max(0, -n):24000])
               for n in range(-20, 21)) >= 0.99
    gateway.check_idle()
    kinds = [e["kind"] for e in gateway.events(
        gateway.call(caller.call_id)["call_id"])]
    assert kinds.count("call.announced") == 1
    assert kinds.index("call.announced") > kinds.index("leg.refused")
    assert "call.answered" not in kinds
    assert gateway.call(caller.call_id)["outcome"] == "failed"


def test_who_hangs_up_while_it_is_said_leaves_nothing_behind(gateway):
    with Caller(gateway) as caller:
        invite = caller.offer(user="911")
        caller.send(invite)
        until(caller, 183)
        wait_until(lambda: caller.ear.said(), "somebody speaks", 30)
        names = dict(line.split(": ", 1) for line in invite.split("\r\n")
                     if line.startswith(("Via:", "From:")))
        caller.send(caller.request("CANCEL", **names))
        refusal = until(caller, 487)[-1]
        acknowledge(caller, refusal)
    gateway.check_idle()


def test_a_psap_that_picks_up_while_it_is_said_has_the_caller(gateway):
    """It said nothing for its response time, so it was given up."""
    taken = stat(gateway, "answers_taken")
    trunk = gateway.trunks["psap-north"]
    with RawPsap(trunk["host"], trunk["port"]) as psap, \
            Caller(gateway) as caller:
        caller.send(caller.offer(user="911"))
        invite = psap.receive("INVITE")
        until(caller, 183)
        wait_until(lambda: caller.ear.said(), "somebody speaks", 30)
        psap.send(psap.answer(invite))
        psap.receive("ACK")
        answer = until(caller, 200)[-1]
        assert psap.address in answer.body
        caller.reply = answer
        caller.send(caller.request("ACK",
                                   start=f"ACK {caller.contact()} SIP/2.0",
                                   **caller.names()))
        wait_until(lambda: gateway.live_calls()[0]["state"] == "connected",
                   "they talk", 10)
        psap.send(bye_of(psap, invite))
        caller.send(reply_to(receive(caller, "BYE")))
        psap.receive("200")
    gateway.check_idle()
    assert stat(gateway, "answers_taken") == taken + 1
    row = gateway.call(caller.call_id)
    assert row["outcome"] == "answered"
    assert row["psap"] == "Ashgrove North"


def test_without_the_agent_the_refusal_does_not_wait_for_it(gateway):
    heard, missed = stat(gateway, "announcements_heard"), \
        stat(gateway, "announcements_missed")
    gateway.sidecar.kill()
    with Caller(gateway) as caller:
        caller.send(caller.offer(user="911"))
        replies = until(caller, 503)
        assert 183 not in [r.status for r in replies]
        assert replies[-1].header("Reason") == REASON
        acknowledge(caller, replies[-1])
    assert stat(gateway, "announcements_heard") == heard
    assert stat(gateway, "announcements_missed") == missed + 1
    gateway.sidecar.start()
    gateway.check_idle()
