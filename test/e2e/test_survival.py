# SPDX-License-Identifier: GPL-2.0-or-later
"""Established calls outlive the process: whatever ends Kamailio, both sides
of each call can go on and hang up, and callbacks find their callers."""
import concurrent.futures
import functools
import os
import re
import signal

import pytest

from harness import Crowd, wait_until
from harness.crowd import Dialog

CALLS = 20
# An ACK that overtakes the end of our 200 does not shorten the 33 s that tm
# keeps the answered INVITE: memory may take so long to come back.
IDLE_S = 60
CALLER, PSAP = "genesys-cloud", "psap-north"
NUMBER = "+12065550121"
ORGANIZATION = ("E911-Organization-ID: "
                "91100000-0000-4000-8000-000000000001\r\n")


def crowd(gateway, name, trunk, transport):
    where = gateway.trunks[trunk]
    port = gateway.tls_port if transport == "tls" else gateway.port
    return Crowd(name, where["host"], gateway.port,
                 (gateway.address, port), transport, gateway.authority)


def place(caller, psap, numbers):
    """Establish these calls; both sides know all of them."""
    assert caller.call(numbers, NUMBER, headers=ORGANIZATION) == \
        {200: len(numbers)}
    assert len(psap.of(numbers)) == len(numbers)


def carried(gateway):
    """How many calls the PSAP's trunk carries."""
    return next(int(row["calls"]) for row in gateway.kamailio.rpc(
        "e911.trunks") if row["name"] == PSAP)


def written_down(gateway):
    """What was said up to now is on the disk; each caller's ACK was heard,
    which over TCP would be lost with us and not come again."""
    def all_of_it():
        # The calls first: what they heard by then must be on the disk.
        if any(call["state"] == "answered"
               for call in gateway.kamailio.rpc("e911.calls")):
            return False
        stats = gateway.kamailio.rpc("e911.stats")
        return (int(stats["ring_bytes"]) == 0
                and int(stats["journal_pending"]) == 0)
    wait_until(all_of_it, "the journal has all", 30, gateway.services())


def kill_a_worker(gateway):
    """A worker crashes: Kamailio ends itself."""
    kamailio = gateway.kamailio
    worker = next(line["PID"] for line in kamailio.rpc("core.psx")
                  if "receiver" in line["DSC"])
    os.kill(worker, signal.SIGSEGV)
    kamailio.process.wait(20, "Kamailio ends after a crash")
    kamailio.process = None


def kill_everything(gateway):
    """No process of Kamailio has time to say anything."""
    kamailio = gateway.kamailio
    pids = [line["PID"] for line in kamailio.rpc("core.psx")]
    for pid in sorted(pids):
        os.kill(pid, signal.SIGKILL)
    kamailio.process.wait(20, "Kamailio is gone")
    kamailio.process = None


def restart_as_planned(gateway):
    assert gateway.kamailio.stop() == 0


def speak(side, other, numbers, method):
    """A request in each dialog: answered 200 and heard once at the other
    side."""
    before = {d.number: d.heard[method] for d in other.of(numbers)}
    assert side.ask(side.of(numbers), method) == {200: len(numbers)}, method

    def heard():
        return {d.number: d.heard[method] - before[d.number]
                for d in other.of(numbers)}
    wait_until(lambda: all(heard().values()), f"{method} was heard", 30)
    assert set(heard().values()) == {1}, method


@pytest.mark.parametrize("transports", [("udp", "udp"), ("tcp", "tcp")],
                         ids=["udp", "tcp"])
@pytest.mark.parametrize("end", [kill_a_worker, kill_everything,
                                 restart_as_planned])
def test_calls_outlive_kamailio(own_gateway, end, transports):
    """Each established call still answers INFO, UPDATE, re-INVITE and BYE on
    both sides, and ends cleanly."""
    outlive(own_gateway, end, transports)


def outlive(gateway, end, transports):
    numbers = list(range(1, CALLS + 1))
    if transports[1] != "udp":
        gateway.provision(f"UPDATE e911.trunk SET transport = '{transports[1]}'"
                          f" WHERE name = '{PSAP}'")
    with crowd(gateway, "caller", CALLER, transports[0]) as caller, \
            crowd(gateway, "psap", PSAP, transports[1]) as psap:
        empty = gateway.kamailio.memory_level
        place(caller, psap, numbers)
        written_down(gateway)
        end(gateway)
        gateway.kamailio.start()
        assert len(gateway.kamailio.rpc("e911.calls")) == CALLS
        assert carried(gateway) == CALLS
        for method in ("INFO", "UPDATE", "INVITE"):
            speak(caller, psap, numbers, method)
            speak(psap, caller, numbers, method)
        speak(caller, psap, numbers[::2], "BYE")
        speak(psap, caller, numbers[1::2], "BYE")
    # As empty as before the first call, not as after the start; connections
    # take memory as long as they last.
    gateway.kamailio.memory_level = empty
    gateway.check_idle(IDLE_S)
    assert int(gateway.kamailio.rpc("e911.stats")["elins_active"]) == 0
    assert carried(gateway) == 0
    told = gateway.postgres.query(
        "SELECT detail ->> 'count' AS calls FROM e911.call_event"
        " WHERE kind = 'calls.restored'")
    assert [row["calls"] for row in told] == [str(CALLS)]


def call_back(psap, caller, number, shown):
    """The PSAP rings the number that it was shown; the caller answers and
    hangs up."""
    assert psap.call([number], "+12065550911", to=shown) == {200: 1}
    assert len(caller.of([number])) == 1
    speak(caller, psap, [number], "BYE")


def shown_to(psap, number):
    """The number that a call shows to the PSAP."""
    return re.search(r"sip:(\+?\d+)@", psap.of([number])[0].remote).group(1)


@pytest.mark.parametrize("end", [kill_a_worker, kill_everything])
def test_callbacks_find_their_callers_after_a_crash(own_gateway, end):
    """The number that a PSAP was shown leads back to the caller, whether the
    call was over, up or ringing when Kamailio ended; and the one that rang
    is taken again by the caller's retransmission."""
    gateway = own_gateway
    with crowd(gateway, "caller", CALLER, "udp") as caller, \
            crowd(gateway, "psap", PSAP, "udp") as psap, \
            concurrent.futures.ThreadPoolExecutor() as beside:
        place(caller, psap, [1])
        speak(caller, psap, [1], "BYE")
        place(caller, psap, [2])
        psap.answers = False
        third = beside.submit(caller.call, [3], NUMBER,
                              headers=ORGANIZATION)
        wait_until(lambda: psap.of([3]), "the third call rings", 30)
        shown = [shown_to(psap, number) for number in (1, 2, 3)]
        written_down(gateway)
        end(gateway)
        psap.forget([3])
        psap.answers = True
        gateway.kamailio.start()
        assert third.result() == {200: 1}
        assert len(gateway.live_calls()) == 2
        elins = gateway.kamailio.rpc("e911.elins")
        assert sum(int(e["active_count"]) for e in elins) == 2
        for number in (1, 2, 3):
            call_back(psap, caller, 100 + number, shown[number - 1])
        speak(psap, caller, [2, 3], "BYE")
        gateway.check_idle(IDLE_S)
        assert int(gateway.kamailio.rpc("e911.stats")["elins_active"]) == 0


def test_who_hung_up_meanwhile_is_noticed(own_gateway):
    """A caller who hung up while Kamailio was away is asked and knows
    nothing: the PSAP gets BYE.  Who is still there is asked and kept."""
    gateway = own_gateway
    with crowd(gateway, "caller", CALLER, "udp") as caller, \
            crowd(gateway, "psap", PSAP, "udp") as psap:
        place(caller, psap, [1, 2])
        restart_as_planned(gateway)
        caller.forget([1])
        gateway.kamailio.start()
        assert psap.wait_heard([1], "BYE", timeout=45) == 1
        assert caller.wait_heard([2], "OPTIONS", timeout=45) == 1
        assert psap.wait_heard([2], "OPTIONS") == 1
        # The first is over when both have answered their BYE.
        wait_until(lambda: len(gateway.live_calls()) == 1,
                   "the second call is left", 30)
        speak(caller, psap, [2], "BYE")
        gateway.check_idle(IDLE_S)
        assert int(gateway.kamailio.rpc("e911.stats")["elins_active"]) == 0


def options(gateway, caller):
    """What the gateway says to a platform that asks whether it lives."""
    probe = [Dialog(0, f"options-{id(caller)}-{caller.branches}",
                    f"<sip:probe@{caller.address}>;tag=probe",
                    f"<sip:{gateway.address}>",
                    f"sip:{gateway.address}:{gateway.port}")]
    return next(iter(caller.ask(probe, "OPTIONS")))


def test_a_planned_restart_drains(own_gateway):
    """While the node drains, new calls and OPTIONS get 503 and established
    calls go on; after the restart it takes calls again."""
    gateway = own_gateway
    drain = functools.partial(gateway.kamailio.rpc, "e911.drain")
    with crowd(gateway, "caller", CALLER, "udp") as caller, \
            crowd(gateway, "psap", PSAP, "udp") as psap:
        place(caller, psap, [1, 2])
        assert options(gateway, caller) == 200
        assert drain("on")["draining"] == "on"
        assert drain() == {"draining": "on", "setting_up": 0,
                           "established": 2}
        assert options(gateway, caller) == 503
        assert caller.call([3], NUMBER, headers=ORGANIZATION) == {503: 1}
        assert not psap.of([3])
        speak(psap, caller, [1, 2], "INFO")
        speak(caller, psap, [1], "BYE")
        restart_as_planned(gateway)
        gateway.kamailio.start()
        assert drain()["draining"] == "off"
        assert options(gateway, caller) == 200
        place(caller, psap, [4])
        speak(psap, caller, [2, 4], "BYE")
        gateway.check_idle(IDLE_S)
