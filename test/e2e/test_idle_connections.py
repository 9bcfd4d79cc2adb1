# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections over TCP and TLS that say nothing: strangers' are given up, those
of known addresses and of calls stay."""
import contextlib
import socket

import pytest

from harness import Gateway
from harness.rawcaller import RawCaller
from harness.rawpsap import RawPsap
from test_credential import NORTH, TRUNK, authorization, challenge_of, refuse
from test_tls import hang_up, in_dialog, options, talk


@pytest.fixture(name="brief", scope="module")
def gateway_with_little_patience(request):
    """One second beside the five for which a reader has each connection."""
    gateway = Gateway(request.config.getoption("--build"), tls=True,
                      keep=request.config.getoption("--keep"),
                      forget_soon=True)
    gateway.kamailio.modparams.append(("e911", "stranger_connection", 1))
    with gateway as running:
        yield running
        if request.session.testsfailed:
            running.keep = True
            print(f"kept: {running.directory}")


def connect(gateway, transport, host):
    port = gateway.tls_port if transport == "tls" else gateway.port
    context = gateway.authority.client() if transport == "tls" else None
    return RawCaller(host, 0, (gateway.address, port), transport, context)


def wait_given_up(connection):
    """An hour would be the usual time."""
    connection.settimeout(30)
    assert connection.recv(1) == b""


def stat(gateway, name):
    return int(gateway.kamailio.rpc("e911.stats")[name])


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_a_stranger_that_says_nothing_is_given_up(brief, transport):
    before = stat(brief, "connections_of_strangers")
    with contextlib.closing(connect(
            brief, transport, brief.trunks[TRUNK]["host"])) as known, \
            contextlib.closing(connect(
                brief, transport, brief.block.address(222))) as stranger:
        wait_given_up(stranger.socket)
        assert options(known).status == 200
    assert stat(brief, "connections_of_strangers") == before + 1


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_what_a_stranger_says_keeps_it_no_longer(brief, transport):
    with contextlib.closing(connect(
            brief, transport, brief.block.address(222))) as stranger:
        assert refuse(stranger, stranger.invite()).status == 403
        wait_given_up(stranger.socket)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_a_call_keeps_its_connection_wherever_it_comes_from(brief, transport):
    """It is known by its credential only."""
    brief.provision(
        "UPDATE e911.trunk SET proofs = '{digest}' WHERE name = 'multicloud';"
        " SELECT e911.trunk_credential_set('multicloud', 'roamer', 'secret')")
    north, host = brief.trunks[NORTH], brief.block.address(223)
    try:
        with contextlib.closing(connect(brief, transport, host)) as asking:
            realm, nonce = challenge_of(refuse(asking, asking.invite()))
        caller = connect(brief, transport, host)
        proof = authorization("roamer", "secret", realm, nonce)
        invite = caller.invite
        caller.invite = lambda: invite(Authorization=proof,
                                       X_Employee_ID="E1008")
        with RawPsap(north["host"], north["port"]) as psap:
            _, reply = talk(caller, psap)
            with contextlib.closing(connect(
                    brief, transport,
                    brief.block.address(222))) as stranger:
                wait_given_up(stranger.socket)
            in_dialog(caller, reply, "INFO")
            psap.in_dialog_200(psap.receive("INFO"))
            assert caller.receive().status == 200
            hang_up(brief, caller, psap, reply, 3)
    finally:
        brief.provision("UPDATE e911.trunk SET proofs = '{address}';"
                        " DELETE FROM e911.trunk_credential")
    brief.check_idle()


def test_a_trunk_that_is_new_is_known_at_once(brief):
    """... also over a connection that was a stranger's, if it is there."""
    host = brief.block.address(224)
    with contextlib.closing(connect(brief, "tcp", host)) as stranger:
        wait_given_up(stranger.socket)
    brief.provision(
        "INSERT INTO e911.trunk_source (source, trunk_id)"
        f" SELECT '{host}', trunk_id FROM e911.trunk"
        f" WHERE name = '{TRUNK}'")
    try:
        with contextlib.closing(connect(brief, "tcp", host)) as known, \
                contextlib.closing(connect(
                    brief, "tcp", brief.block.address(222))) as stranger:
            wait_given_up(stranger.socket)
            assert options(known).status == 200
    finally:
        brief.provision(
            f"DELETE FROM e911.trunk_source WHERE source = '{host}'")


def test_many_strangers_at_once_leave(brief):
    """More than are looked at in one turn."""
    host = brief.block.address(225)
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(socket.create_connection(
            (brief.address, brief.port), 10, (host, 0))) for _ in range(600)]
        for connection in crowd:
            wait_given_up(connection)


def test_who_never_begins_the_handshake_is_given_up(brief):
    """Whoever it is: there is no call without one."""
    for host in (brief.trunks[TRUNK]["host"], brief.block.address(226)):
        with socket.create_connection((brief.address, brief.tls_port), 10,
                                      (host, 0)) as silent:
            wait_given_up(silent)
