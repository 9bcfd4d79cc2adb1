# SPDX-License-Identifier: GPL-2.0-or-later
"""What scenarios cannot say of trunks that are asked by OPTIONS."""
import pytest

from harness import Crowd, wait_until

PSAP = "psap-north"


def row_of(gateway):
    """The PSAP's trunk in RPC e911.trunks."""
    return gateway.kamailio.rpc("e911.trunks", PSAP)[0]


def wait_state(gateway, state):
    wait_until(lambda: row_of(gateway)["state"] == state,
               f"{PSAP} is {state}", 30, gateway.services())


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_psap_that_restarts_is_down_and_up_again(own_gateway, transport):
    """Also over TCP, where its connections are gone; before, in between and
    after that no caller had to find out."""
    gateway = own_gateway
    where = gateway.trunks[PSAP]

    def psap():
        return Crowd("psap", where["host"], gateway.port,
                     (gateway.address, gateway.port), transport)
    with psap():
        gateway.provision(
            "UPDATE e911.trunk SET oos_check_s = 1, oos_force_s = 1,"
            f" transport = '{transport}' WHERE name = '{PSAP}'")
        wait_until(lambda: row_of(gateway)["round_trip_ms"] != "",
                   "OPTIONS is answered", 30, gateway.services())
        assert row_of(gateway)["state"] == "up"
    for _ in range(2):
        wait_state(gateway, "down")
        assert row_of(gateway)["why"] == "silent to OPTIONS"
        assert [row["name"] for row in
                gateway.kamailio.rpc("e911.trunks", "down")] == [PSAP]
        with psap():
            wait_state(gateway, "up")
            assert row_of(gateway)["why"] == "answered OPTIONS"
    wait_state(gateway, "down")
    told = gateway.postgres
    wait_until(lambda: told.value(
        "SELECT count(*) FROM e911.call_event WHERE kind = 'trunk.down'"
        " AND detail ->> 'reason' = 'silent to OPTIONS'") == 3,
        "SQL has each trunk.down", 30, gateway.services())
    assert told.value("SELECT count(*) FROM e911.call_event"
                      " WHERE kind = 'trunk.up'") == 2


def test_the_watch_outlives_its_directory(own_gateway):
    """Without e911d and after a restart of Kamailio trunks are asked as they
    were provisioned last."""
    gateway = own_gateway
    gateway.provision("UPDATE e911.trunk SET oos_check_s = 1, oos_force_s = 1"
                      f" WHERE name = '{PSAP}'")
    wait_state(gateway, "down")
    gateway.sidecar.stop()
    gateway.kamailio.stop()
    gateway.kamailio.start()
    wait_state(gateway, "down")
    assert int(gateway.kamailio.rpc("e911.stats")["options_sent"]) > 0
