# SPDX-License-Identifier: GPL-2.0-or-later
"""A PSAP that is reached by a name: calls go there, whatever becomes of the
DNS."""
import os

import pytest

from harness import Scenario, wait_until
from harness.dns import NameServer

NAME = "sip.psap-north.example.com"
NORTH = "psap-north"
DID = "c10-genesys-cloud-did"


@pytest.fixture
def dns():
    with NameServer() as server:
        yield server


def use(gateway, dns):
    """e911d asks this server from now on."""
    gateway.sidecar.settings.update(
        {"dns_servers": dns.address, "dns_interval_s": 1,
         "dns_timeout_ms": 500})
    restart(gateway)


def restart(gateway):
    assert gateway.sidecar.stop() == 0
    gateway.sidecar.start()


def name_it(gateway, name=NAME):
    """The PSAP itself, and its peer in the test, stay where they are."""
    host = gateway.trunks[NORTH]["host"]
    gateway.provision("UPDATE e911.trunk SET host = NULL,"
                      f" host_name = '{name}' WHERE name = '{NORTH}'")
    gateway.trunks[NORTH]["host"] = host


def routes(gateway):
    """Where the caller of the scenario would be sent, in this order."""
    said = gateway.kamailio.rpc(
        "e911.explain", gateway.trunks["genesys-cloud"]["host"],
        "From: <sip:+12065550121@x>",
        "E911-Organization-ID: 91100000-0000-4000-8000-000000000001")
    return str(said["routes"])


def wait_reached(gateway, host):
    wait_until(lambda: f"@{host}:" in routes(gateway),
               f"the path knows {host}", 30, gateway.services())


def log_text(gateway):
    with open(gateway.sidecar.log, encoding="utf-8") as log:
        return log.read()


def play(gateway, messages, number):
    Scenario(DID).run(gateway, os.path.join(messages, str(number)))


def test_calls_go_to_a_name_also_when_the_dns_is_dead(own_gateway, messages,
                                                      dns):
    gateway = own_gateway
    host = gateway.trunks[NORTH]["host"]
    dns.names[NAME] = [host]
    use(gateway, dns)
    name_it(gateway)
    wait_reached(gateway, host)
    play(gateway, messages, 1)

    dns.mood = "silent"
    wait_until(lambda: "does not resolve" in log_text(gateway),
               "e911d has seen that the DNS is dead", 30, gateway.services())
    play(gateway, messages, 2)

    # ... which a restart does not forget, nor a directory built anew.
    restart(gateway)
    gateway.provision("SELECT e911.directory_rebuild()")
    gateway.trunks[NORTH]["host"] = host
    wait_until(lambda: log_text(gateway).count("does not resolve") == 2,
               "it has asked in vain again", 30, gateway.services())
    play(gateway, messages, 3)


def test_a_psap_moves_by_its_name(own_gateway, messages, dns):
    gateway = own_gateway
    dns.names[NAME] = [gateway.trunks[NORTH]["host"]]
    use(gateway, dns)
    name_it(gateway)
    wait_reached(gateway, gateway.trunks[NORTH]["host"])
    before = int(gateway.kamailio.rpc("e911.directory")["change_id"])
    gateway.trunks[NORTH]["host"] = gateway.block.address(31)
    dns.names[NAME] = [gateway.block.address(31)]
    wait_reached(gateway, gateway.block.address(31))
    assert int(gateway.kamailio.rpc("e911.directory")["change_id"]) == before
    play(gateway, messages, 1)


def test_two_addresses_are_tried_one_after_the_other(own_gateway, messages,
                                                     dns):
    """Nobody is at the first one: the call comes to the second."""
    gateway = own_gateway
    host = gateway.trunks[NORTH]["host"]
    nobody = gateway.block.address(9)
    dns.names[NAME] = [host, nobody]
    use(gateway, dns)
    name_it(gateway)
    wait_reached(gateway, nobody)
    assert routes(gateway).index(nobody) < routes(gateway).index(host)
    scenario = Scenario(DID)
    scenario.spec["step"][0]["events"] = [
        "call.started", "leg.invited", "leg.refused", "leg.invited",
        "leg.ringing", "call.answered", "call.ended"]
    scenario.run(gateway, messages)


def test_an_address_that_nothing_can_be_sent_to_costs_no_time(own_gateway,
                                                              messages, dns):
    """Kamailio has no IPv6 socket, and the name no IPv4 address."""
    gateway = own_gateway
    host = gateway.trunks[NORTH]["host"]
    dns.names[NAME] = ["2001:db8::9"]
    use(gateway, dns)
    name_it(gateway)
    gateway.provision(
        "INSERT INTO e911.trunk_contact (trunk_id, position, host, port)"
        f" SELECT trunk_id, 1, '{host}', port FROM e911.trunk"
        f" WHERE name = '{NORTH}'")
    gateway.trunks[NORTH]["host"] = host
    wait_until(lambda: "2001:db8::9" in routes(gateway),
               "the path knows it", 30, gateway.services())
    scenario = Scenario(DID)
    del scenario.spec["step"][0]["events"]
    steps = scenario.run(gateway, messages)
    refused = [event["detail"] for event in steps[0].events
               if event["kind"] == "leg.refused"]
    assert [one["reason"] for one in refused] == ["could not be sent"]


def test_a_name_that_was_never_resolved_leaves_the_other_routes(own_gateway,
                                                                dns):
    gateway = own_gateway
    host = gateway.trunks[NORTH]["host"]
    use(gateway, dns)
    name_it(gateway)
    wait_until(lambda: "was never resolved" in log_text(gateway),
               "e911d has asked for it", 30, gateway.services())
    wait_until(lambda: f"@{host}:" not in routes(gateway),
               "the path has no address of it", 30, gateway.services())
    south = gateway.trunks["psap-south"]["host"]
    assert f"@{south}:" in routes(gateway), "its alternate"
    assert "@:" not in routes(gateway)
    assert "None" not in routes(gateway)
