# SPDX-License-Identifier: GPL-2.0-or-later
"""Trunks over TLS that have a name in the DNS, and that are asked by OPTIONS."""
import concurrent.futures

import pytest

from harness import Gateway, wait_until
from harness.dns import NameServer
from harness.rawpsap import RawPsap
from harness.streampsap import TlsPsap
from test_tls import NORTH, hang_up, talk, udp_caller

NAME = "sip.psap-north.example.com"


@pytest.fixture(name="named", scope="module")
def gateway_with_names(request):
    """The north has a name; who has it stays where it is."""
    gateway = Gateway(request.config.getoption("--build"), tls=True,
                      keep=request.config.getoption("--keep"),
                      forget_soon=True)
    with NameServer() as dns:
        gateway.sidecar.settings.update(
            {"dns_servers": dns.address, "dns_interval_s": 1,
             "dns_timeout_ms": 500})
        with gateway as running:
            north = dict(running.trunks[NORTH])
            dns.names[NAME] = [north["host"]]
            running.provision(
                f"UPDATE e911.trunk SET host = NULL, host_name = '{NAME}',"
                f" transport = 'tls' WHERE name = '{NORTH}'")
            running.trunks[NORTH] = north
            wait_until(lambda: trunk_row(running).get("host")
                       == north["host"], "the name is resolved", 30,
                       running.services())
            yield running
            if request.session.testsfailed:
                running.keep = True
                print(f"kept: {running.directory}")


def trunk_row(gateway):
    """What is known of the north's only destination."""
    rows = [t for t in gateway.kamailio.rpc("e911.trunks")
            if t["name"] == NORTH]
    return rows[0] if rows else {}


def psap_named(gateway, *names):
    north = gateway.trunks[NORTH]
    return TlsPsap(north["host"], north["port"], gateway.authority.server(
        gateway.authority.issue("psap", *names)))


def ask(gateway, seconds):
    """OPTIONS so often; 0: none."""
    north = gateway.trunks[NORTH]
    gateway.provision(f"UPDATE e911.trunk SET oos_check_s = {seconds},"
                      f" response_timeout_ms = {500 if seconds else 2000}"
                      f" WHERE name = '{NORTH}'")
    gateway.trunks[NORTH] = north


def test_a_psap_over_tls_is_reached_by_its_name(named):
    """SNI and what its certificate must have are the name, not the address."""
    caller = udp_caller(named)
    with psap_named(named, NAME) as psap:
        _, reply = talk(caller, psap)
        assert psap.asked_for == [NAME]
        assert hang_up(named, caller, psap, reply)["route_trunk"] == NORTH
    named.check_idle()


def test_its_address_is_no_name_of_it(named):
    """Whoever forges the DNS has no certificate of the name."""
    north, south = named.trunks[NORTH], named.trunks["psap-south"]
    caller = udp_caller(named)
    with psap_named(named, north["host"]) as wrong, \
            RawPsap(south["host"], south["port"]) as psap, \
            concurrent.futures.ThreadPoolExecutor() as beside:
        refused = beside.submit(wrong.receive, "INVITE", 3)
        _, reply = talk(caller, psap)
        call = hang_up(named, caller, psap, reply)
        with pytest.raises((TimeoutError, AssertionError)):
            refused.result()
    assert call["route_trunk"] == "psap-south"
    assert [e["detail"]["reason"] for e in named.events(call["call_id"])
            if e["kind"] == "leg.refused"] == ["hostname mismatch"]
    named.check_idle()


def test_options_go_over_tls(named):
    """A certificate that is wrong is as good as silence, before a caller meets
    it; one that is right, and an answer, bring the trunk back."""
    south = named.trunks["psap-south"]
    try:
        with psap_named(named, "other.example.com") as wrong, \
                concurrent.futures.ThreadPoolExecutor() as beside:
            refused = beside.submit(wrong.receive, "OPTIONS", 15)
            ask(named, 1)
            wait_until(lambda: trunk_row(named).get("state") == "down",
                       "the north is out of service", 30)
            with RawPsap(south["host"], south["port"]) as psap:
                caller = udp_caller(named)
                _, reply = talk(caller, psap)
                call = hang_up(named, caller, psap, reply)
            assert [e["kind"] for e in named.events(call["call_id"])].count(
                "leg.invited") == 1, "the north costs nobody any time"
            wrong.socket.close()
            with pytest.raises((OSError, AssertionError)):
                refused.result()
            assert wrong.refused
        with psap_named(named, NAME) as psap:
            request = psap.receive("OPTIONS", 15)
            assert request.header("Via").startswith("SIP/2.0/TLS")
            assert psap.asked_for[-1] == NAME
            psap.send(psap.reply(request, 200))
            wait_until(lambda: trunk_row(named).get("state") == "up",
                       "the north is back", 30)
    finally:
        ask(named, 0)
