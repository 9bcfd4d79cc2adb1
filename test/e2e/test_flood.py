# SPDX-License-Identifier: GPL-2.0-or-later
"""One organisation takes more than its share of a node that is short."""
import contextlib
import time

import pytest

from harness import Gateway, wait_until
from harness.crowd import Crowd
from harness.rawcaller import RawCaller

MEMORY_MB = 24
MOST = 4000  # calls: more than that memory holds
FLOOD, NUMBER = "genesys-cloud", "+12065550121"
CLAIM = "E911-Organization-ID: 91100000-0000-4000-8000-000000000001\r\n"


@pytest.fixture
def small_gateway(request):
    gateway = Gateway(request.config.getoption("--build"),
                      keep=request.config.getoption("--keep"),
                      forget_soon=True)
    gateway.kamailio.shared_memory_mb = MEMORY_MB
    with gateway as running:
        yield running


def crowd(gateway, name, trunk):
    where = gateway.trunks[trunk]
    return Crowd(name, where["host"], gateway.port,
                 (gateway.address, gateway.port))


def raw(gateway):
    """The same organisation, from another port."""
    return contextlib.closing(RawCaller(
        gateway.trunks[FLOOD]["host"], gateway.port + 1,
        (gateway.address, gateway.port)))


def stats(gateway, name):
    return int(gateway.kamailio.rpc("e911.stats")[name])


def has_settled(gateway):
    """Kamailio has given the memory of ended transactions back.  The first
    call's is not: nobody acknowledged it."""
    return int(gateway.kamailio.rpc("tm.stats")["current"]) <= 1


def flood_until_refused(gateway, flood):
    """Calls in hundreds until the established ones alone are too many; how
    many were answered, and how many refused."""
    total = {200: 0, 503: 0}
    settled = False
    for first in range(1, MOST, 100):
        heard = flood.call(range(first, first + 100), NUMBER, headers=CLAIM)
        # Every call is answered or refused at once; nobody waits in vain.
        assert set(heard) <= {200, 503}, heard
        for status, count in heard.items():
            total[status] += count
        if settled and heard == {503: 100}:
            return total[200], total[503]
        # What calls in set-up took besides is free again in a moment.
        settled = 503 in heard
        if settled:
            wait_until(lambda: has_settled(gateway), "no transaction is left",
                       30)
    raise AssertionError(f"{total} and no end")


def test_a_flood_leaves_the_others_their_calls(small_gateway):
    gateway, began = small_gateway, time.monotonic()
    with crowd(gateway, "psap", "psap-north"), \
            crowd(gateway, "relay", "relay"), \
            crowd(gateway, "south", "psap-south"), \
            crowd(gateway, "flood", FLOOD) as flood, \
            raw(gateway) as early, \
            crowd(gateway, "school", "pbx") as school, \
            crowd(gateway, "clinic", "multicloud") as clinic:
        invite = early.invite(headers=CLAIM)
        early.send(invite)
        assert early.final().status == 200
        served, refused = flood_until_refused(gateway, flood)
        assert served >= 100 and refused == stats(gateway, "shares_full")
        assert stats(gateway, "memory_failures") == 0

        # It has its share; others do not even notice.
        for number in range(2001, 2021):
            assert school.call([number], "2101") == {200: 1}
            assert clinic.call([number + 100], "E1007") == {200: 1}

        # They have taken of what was left: the flood is well above its share
        # now, whatever a single ended transaction gives back.
        assert flood.call([9001], NUMBER, headers=CLAIM) == {503: 1}
        with raw(gateway) as late:
            refused = late.invite(headers=CLAIM)
            for _ in range(3):
                late.send(refused)
                assert late.final().status == 503

        # Copies are answered as the first one was.
        early.send(invite)
        assert early.final().status == 200

        # When it hangs up it may call again.
        answered = [d for d in flood.of(range(1, MOST))
                    if "tag=" in d.remote][:served // 2]
        assert flood.ask(answered, "BYE") == {200: len(answered)}
        wait_until(lambda: flood.call([9002], NUMBER, headers=CLAIM)
                   == {200: 1}, "it may call again", 30)
    wait_until(gateway.journal_drained, "every event is in SQL", 30)
    told = gateway.postgres.query(
        "SELECT story FROM e911.call_story WHERE kind = 'share.full'")
    # Once a minute.
    assert 1 <= len(told) <= 1 + (time.monotonic() - began) // 60, told
    assert told[0]["story"].startswith('"Larkspur Insurance" has ')
    assert "memory is short: further ones are refused" in told[0]["story"]
