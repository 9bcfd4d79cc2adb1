# SPDX-License-Identifier: GPL-2.0-or-later
"""One organisation's flood leaves the others lines of a PSAP's trunk."""
import contextlib

import pytest

from harness import Gateway
from harness.crowd import Crowd

LINES = 10
MINE = ("genesys-cloud", "+12065550121", "E911-Organization-ID: "
        "91100000-0000-4000-8000-000000000001\r\n")
YOURS = ("multicloud", "+12065550140", "E911-Organization-ID: "
         "91100000-0000-4000-8000-000000000003\r\n"
         "X-Genesys-employeeID: E1008\r\n")


@pytest.fixture(name="north")
def gateway_with_few_lines(request):
    """Both organisations' PSAP is the north, which has ten lines."""
    with Gateway(request.config.getoption("--build"),
                 keep=request.config.getoption("--keep"),
                 forget_soon=True) as gateway:
        gateway.provision(f"UPDATE e911.trunk SET max_calls = {LINES}"
                          " WHERE name = 'psap-north'")
        yield gateway


def peer(gateway, trunk):
    where = gateway.trunks[trunk]
    return Crowd(trunk, where["host"], gateway.port,
                 (gateway.address, gateway.port))


class Caller:
    def __init__(self, stack, gateway, who):
        trunk, self.user, self.headers = who
        self.crowd = stack.enter_context(peer(gateway, trunk))
        self.number = 0

    def call(self, count):
        first = self.number + 1
        self.number += count
        return self.crowd.call(range(first, first + count), self.user,
                               headers=self.headers)

    def hang_up(self):
        up = [d for d in self.crowd.of(range(self.number + 1))
              if "tag=" in d.remote]
        assert self.crowd.ask(up, "BYE") == {200: len(up)}
        self.crowd.forget(range(self.number + 1))


def lines(gateway):
    return sum(int(t["calls"]) for t in gateway.kamailio.rpc("e911.trunks")
               if t["name"] == "psap-north")


def stat(gateway, name):
    return int(gateway.kamailio.rpc("e911.stats")[name])


def told(gateway):
    gateway.check_idle()
    return {row["story"] for row in gateway.postgres.query(
        "SELECT story FROM e911.call_story WHERE kind = 'route.passed'")}


def test_a_flood_takes_half_and_goes_on_elsewhere(north):
    with contextlib.ExitStack() as stack:
        for trunk in ("psap-north", "psap-south", "relay", "last-resort"):
            stack.enter_context(peer(north, trunk))
        mine, yours = Caller(stack, north, MINE), Caller(stack, north, YOURS)
        assert yours.call(1) == {200: 1}
        yours.hang_up()
        assert mine.call(40) == {200: 40}
        assert lines(north) == LINES // 2
        assert stat(north, "lines_shared") == 40 - LINES // 2
        assert yours.call(LINES // 2) == {200: LINES // 2}
        assert lines(north) == LINES
        mine.hang_up()
        yours.hang_up()
    assert told(north) == {
        '"psap-north" carries its 5 calls of "Larkspur Insurance":'
        ' others are tried first'}


def test_where_nothing_else_is_left_a_fifth_is_for_the_others(north):
    """All other PSAPs are dead."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(peer(north, "psap-north"))
        mine, yours = Caller(stack, north, MINE), Caller(stack, north, YOURS)
        # Alone it has all, and one call too many is better than none.
        assert mine.call(LINES + 2) == {200: LINES + 2}
        assert stat(north, "lines_shared") == 0
        # Of others nothing was known; from now on it gets no more.
        assert yours.call(1) == {200: 1}
        assert mine.call(20) == {503: 20}
        mine.hang_up()
        assert mine.call(40) == {200: 8 - 1, 503: 32 + 1}
        assert yours.call(2) == {200: 2}
        assert lines(north) == LINES
        mine.hang_up()
        assert mine.call(2) == {200: 2}
        mine.hang_up()
        yours.hang_up()
    north.check_idle()
