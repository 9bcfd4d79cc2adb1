# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS on both sides of the gateway, with a certification authority of the
test's own and peers that speak it themselves."""
import concurrent.futures
import datetime
import os
import re
import select
import socket
import ssl
import time

import pytest

from harness import Gateway
from harness.authority import Authority
from harness.kamailio import RpcError
from harness.rawcaller import RawCaller
from harness.rawpsap import RawPsap, check_ack
from harness.streampsap import TlsPsap
from test_gate import NORTH
from test_survival import (kill_a_worker, kill_everything, outlive,
                           restart_as_planned)

CALLER = "genesys-cloud"
HAS_IPV6 = os.path.exists("/proc/net/if_inet6") and any(
    int(line.split()[0], 16) == 1
    for line in open("/proc/net/if_inet6", encoding="ascii"))


@pytest.fixture(name="tls", scope="module")
def gateway_with_tls(request):
    """Shared by the tests of this file: they leave it as they found it."""
    yield from new_gateway(request)


@pytest.fixture(name="own_tls")
def own_gateway_with_tls(request):
    """For one test alone."""
    yield from new_gateway(request)


def new_gateway(request):
    gateway = Gateway(request.config.getoption("--build"), tls=True,
                      keep=request.config.getoption("--keep"),
                      forget_soon=True)
    if HAS_IPV6:
        gateway.kamailio.listen.append(("tls", "::1", gateway.tls_port))
    with gateway as running:
        yield running
        if request.session.testsfailed:
            running.keep = True
            print(f"kept: {running.directory}")


def tls_caller(gateway, context=None, name=CALLER):
    """A platform that trusts the gateway's authority."""
    trunk = gateway.trunks[name]
    return RawCaller(trunk["host"], 0, (gateway.address, gateway.tls_port),
                     "tls", context or gateway.authority.client("gateway"))


def options(caller):
    caller.send(caller.request("OPTIONS"))
    return caller.receive()


def talk(caller, psap):
    """(INVITE that the PSAP has answered, 200 that the caller has got)"""
    caller.send(caller.invite())
    invite = psap.receive("INVITE")
    answer = psap.answer(invite, **({"Contact": psap.contact}
                                    if hasattr(psap, "contact") else {}))
    psap.send(answer)
    check_ack(psap.receive("ACK"), invite, answer)
    reply = caller.final()
    assert reply.status == 200, reply.text
    in_dialog(caller, reply, "ACK")
    return invite, reply


def in_dialog(caller, reply, method, number=2):
    contact = re.search(r"<([^>]+)>", reply.header("Contact")).group(1)
    caller.send(caller.request(
        method, start=f"{method} {contact} SIP/2.0", To=reply.header("To"),
        CSeq=f"{1 if method == 'ACK' else number} {method}"))


def hang_up(gateway, caller, psap, reply, number=2):
    in_dialog(caller, reply, "BYE", number)
    psap.in_dialog_200(psap.receive("BYE"))
    assert caller.receive().status == 200
    caller.close()
    return gateway.ended_call(caller.call_id)


# ---- who connects to the gateway ----

def test_options_over_tls_are_answered(tls):
    """The chain and the name of the gateway's certificate are right."""
    caller = tls_caller(tls)
    assert options(caller).status == 200
    caller.close()


def test_no_client_certificate_is_asked_for(tls):
    """Genesys Cloud has none."""
    context = tls.authority.client()
    # The peer would show it if it were asked for one.
    context.load_cert_chain(*tls.authority.issue("platform", "platform"))
    context.set_ciphers("ECDHE+AESGCM")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    asked = []
    # pylint: disable=protected-access
    context._msg_callback = lambda _, way, version, kind, msg, __: \
        asked.append(msg) if getattr(msg, "name", "") == \
        "CERTIFICATE_REQUEST" else None
    caller = tls_caller(tls, context)
    assert options(caller).status == 200
    assert not asked
    caller.close()


# What Genesys Cloud's help names for its trunks, and the key exchange of each.
GENESYS = ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384",
           "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA",
           "AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES256-SHA256",
           "AES256-SHA"]


@pytest.mark.parametrize("cipher", GENESYS)
def test_a_cipher_of_genesys_cloud_is_accepted(tls, cipher):
    context = tls.authority.client()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{cipher}:@SECLEVEL=0")
    caller = tls_caller(tls, context)
    assert caller.socket.cipher()[0] == cipher
    assert options(caller).status == 200
    caller.close()


def test_ecdhe_with_gcm_comes_first(tls):
    """Also when the platform would rather have another."""
    context = tls.authority.client()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(":".join(reversed(GENESYS)))
    caller = tls_caller(tls, context)
    assert caller.socket.cipher()[0] == "ECDHE-RSA-AES256-GCM-SHA384"
    caller.close()


def test_tls_1_1_is_refused_and_nobody_else(tls):
    old = tls.authority.client()
    old.minimum_version = ssl.TLSVersion.TLSv1_1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    good = tls_caller(tls)
    for _ in range(20):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            tls_caller(tls, old)
    assert options(good).status == 200
    good.close()
    newer = tls.authority.client()
    newer.minimum_version = ssl.TLSVersion.TLSv1_3
    caller = tls_caller(tls, newer)
    assert options(caller).status == 200
    caller.close()


# ---- calls ----

def test_a_call_from_tls_to_udp(tls):
    trunk = tls.trunks[NORTH]
    with RawPsap(trunk["host"], trunk["port"]) as psap:
        caller = tls_caller(tls)
        _, reply = talk(caller, psap)
        assert "transport=tls" in reply.header("Contact").lower()
        hang_up(tls, caller, psap, reply)
    tls.check_idle()


@pytest.mark.parametrize("size", [1, 7, 100])
def test_an_invite_in_many_records_is_one_invite(tls, size):
    """Each piece is a TLS record of its own, and the ACK comes in one record
    with what follows it."""
    trunk = tls.trunks[NORTH]
    with RawPsap(trunk["host"], trunk["port"]) as psap:
        caller = tls_caller(tls)
        invite = caller.invite()
        for at in range(0, len(invite), size):
            caller.send(invite[at:at + size])
        psap.send(psap.answer(psap.receive("INVITE")))
        psap.receive("ACK")
        reply = caller.final()
        assert reply.status == 200, reply.text
        contact = re.search(r"<([^>]+)>", reply.header("Contact")).group(1)
        parts = {"To": reply.header("To")}
        caller.send(
            caller.request("ACK", start=f"ACK {contact} SIP/2.0", **parts)
            + caller.request("INFO", start=f"INFO {contact} SIP/2.0",
                             CSeq="2 INFO", **parts))
        psap.in_dialog_200(psap.receive("INFO"))
        assert caller.receive().status == 200
        hang_up(tls, caller, psap, reply, 3)
    tls.check_idle()


@pytest.mark.skipif(not HAS_IPV6, reason="there is no ::1")
def test_a_call_over_ipv6_on_both_sides(tls, north):
    tls.provision(
        f"UPDATE e911.trunk SET host = '::1' WHERE name = '{NORTH}';"
        "INSERT INTO e911.trunk_source (source, trunk_id)"
        f" SELECT '::1', trunk_id FROM e911.trunk WHERE name = '{CALLER}'")
    try:
        caller = RawCaller("::1", 0, ("::1", tls.tls_port), "tls",
                           tls.authority.client())
        with psap_at(tls, {**north, "host": "::1"}, "::1") as psap:
            assert options(caller).status == 200
            invite, reply = talk(caller, psap)
            assert "[::1]" in invite.header("Contact")
            call = hang_up(tls, caller, psap, reply)
        assert (call["trunk"], call["route_trunk"]) == (CALLER, NORTH)
        tls.check_idle()
    finally:
        tls.provision(
            "DELETE FROM e911.trunk_source WHERE source = '::1';"
            f"UPDATE e911.trunk SET host = '{north['host']}'"
            f" WHERE name = '{NORTH}'")


@pytest.mark.parametrize("end", [kill_a_worker, kill_everything,
                                 restart_as_planned])
def test_calls_over_tls_outlive_kamailio(own_tls, end):
    """Their connections are gone; each side is reached over a new one, and
    reaches the gateway."""
    outlive(own_tls, end, ("tls", "tls"))


# ---- who connects and does harm ----

def break_off(gateway, how):
    """A handshake that fails."""
    with socket.create_connection((gateway.address, gateway.tls_port),
                                  10) as plain:
        plain.settimeout(10)
        try:
            if how == "garbage":
                plain.sendall(b"\x16\x03\x01\x00\x05hello")
            elif how == "plain":
                plain.sendall(b"OPTIONS sip:x SIP/2.0\r\n\r\n")
            else:   # trusts nobody, and says so
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_socket(
                    plain, server_hostname="nobody.invalid")
            plain.recv(100)
        except OSError:
            pass


def test_broken_handshakes_hurt_nobody(tls):
    """Kamailio 5.6 with OpenSSL 3 would not outlive a few hundred of them at
    once: its processes would share OpenSSL's queue of errors."""
    ways = ["garbage", "plain", "distrust"] * 700
    with concurrent.futures.ThreadPoolExecutor(12) as beside:
        list(beside.map(lambda how: break_off(tls, how), ways))
    tls.kamailio.process.check_alive()
    assert "BUG" not in tls.kamailio.process.log_text()
    caller = tls_caller(tls)
    assert options(caller).status == 200
    caller.close()


def test_who_connects_and_says_nothing_delays_nobody(tls):
    """500 handshakes are begun and not gone on with, half of them in the
    middle of the first message."""
    half_open = []
    trunk = tls.trunks[NORTH]
    try:
        for number in range(500):
            half_open.append(socket.create_connection(
                (tls.address, tls.tls_port), 10))
            if number % 2:
                half_open[-1].sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        with RawPsap(trunk["host"], trunk["port"]) as psap:
            for _ in range(5):
                began = time.monotonic()
                caller = tls_caller(tls)
                _, reply = talk(caller, psap)
                # A reader of Kamailio's that waits for one of them would do
                # so for five seconds.
                assert time.monotonic() - began < 5
                hang_up(tls, caller, psap, reply)
    finally:
        for connection in half_open:
            connection.close()
    tls.check_idle()


# ---- a new certificate ----

def shown(gateway):
    """What a new connection is shown."""
    caller = tls_caller(gateway)
    certificate = caller.socket.getpeercert()
    caller.close()
    return certificate["serialNumber"]


def test_a_new_certificate_is_taken_without_harm_to_a_call(tls, north):
    """The call's connections go on with the old one, on both sides; a file that
    cannot be read changes nothing."""
    kamailio = tls.kamailio
    with psap_at(tls, north, north["host"]) as psap:
        caller = tls_caller(tls)
        _, reply = talk(caller, psap)
        before = shown(tls)
        certificate, key = tls.authority.issue("renewed", tls.address)
        kamailio.tls_files.update({"cert.pem": certificate, "key.pem": key})
        kamailio.write_tls()
        assert shown(tls) == before
        kamailio.rpc("tls.reload")
        after = shown(tls)
        assert after != before
        in_dialog(caller, reply, "INFO")
        psap.in_dialog_200(psap.receive("INFO"))
        assert caller.receive().status == 200
        kamailio.tls_files["cert.pem"] = kamailio.log
        kamailio.write_tls()
        with pytest.raises(RpcError):
            kamailio.rpc("tls.reload")
        kamailio.tls_files["cert.pem"] = certificate
        kamailio.write_tls()
        assert shown(tls) == after
        hang_up(tls, caller, psap, reply, 3)
    tls.check_idle()


# ---- whom the gateway connects to ----

DAY = datetime.timedelta(days=1)


@pytest.fixture(name="north")
def north_over_tls(tls):
    """The first PSAP is reached over TLS, by its address."""
    trunk = dict(tls.trunks[NORTH])
    tls.provision(f"UPDATE e911.trunk SET transport = 'tls'"
                  f" WHERE name = '{NORTH}'")
    yield tls.trunks[NORTH]
    tls.provision(
        f"UPDATE e911.trunk SET transport = '{trunk['transport']}',"
        " tls_check = DEFAULT, tls_name = NULL, tls_unverified = DEFAULT"
        f" WHERE name = '{NORTH}'")


def psap_at(gateway, trunk, *names, **dates):
    """A PSAP with a certificate of these names, of the gateway's CA."""
    context = gateway.authority.server(
        gateway.authority.issue("psap", *names, **dates))
    return TlsPsap(trunk["host"], trunk["port"], context)


def stats(gateway, *names):
    told = gateway.kamailio.rpc("e911.stats")
    return [int(told[name]) for name in names]


def udp_caller(gateway):
    trunk = gateway.trunks[CALLER]
    return RawCaller(trunk["host"], 0, (gateway.address, gateway.port))


def events(gateway, kind, after):
    """Those of no call."""
    return [row["detail"] for row in gateway.postgres.query(
        "SELECT detail FROM e911.call_event WHERE kind = %s AND at > %s"
        " ORDER BY at, event_id", kind, after)]


def now(gateway):
    return gateway.postgres.value("SELECT clock_timestamp()")


@pytest.mark.parametrize("caller_of", [tls_caller, udp_caller])
def test_a_call_goes_to_a_psap_over_tls(tls, north, caller_of):
    """Its certificate has the address that was configured."""
    with psap_at(tls, north, north["host"]) as psap:
        caller = caller_of(tls)
        invite, reply = talk(caller, psap)
        assert invite.header("Via").startswith("SIP/2.0/TLS")
        assert "transport=tls" in invite.header("Contact")
        in_dialog(caller, reply, "INFO")
        psap.in_dialog_200(psap.receive("INFO"))
        assert caller.receive().status == 200
        call = hang_up(tls, caller, psap, reply, 3)
        assert call["route_trunk"] == NORTH
    tls.check_idle()


def call_south(gateway, north_psap):
    """A call that must end up at the second PSAP, over UDP."""
    south = gateway.trunks["psap-south"]
    caller = udp_caller(gateway)
    with RawPsap(south["host"], south["port"]) as psap, north_psap, \
            concurrent.futures.ThreadPoolExecutor() as beside:
        refused = beside.submit(north_psap.receive, "INVITE", 3)
        _, reply = talk(caller, psap)
        call = hang_up(gateway, caller, psap, reply)
        with pytest.raises((TimeoutError, AssertionError)):
            refused.result()
    return [e["detail"] for e in gateway.events(call["call_id"])
            if e["kind"] == "leg.refused"]


def self_signed(gateway, trunk):
    other = Authority(gateway.authority.path("self-signed"),
                      name="psap.example.com")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(other.path("ca.pem"), other.path("ca.key"))
    return TlsPsap(trunk["host"], trunk["port"], context)


def foreign(gateway, trunk):
    other = Authority(gateway.authority.path("foreign"), name="Another CA")
    context = other.server(other.issue("psap", trunk["host"]))
    return TlsPsap(trunk["host"], trunk["port"], context)


def wrong_name(gateway, trunk):
    return psap_at(gateway, trunk, "other.example.com")


def expired(gateway, trunk):
    return psap_at(gateway, trunk, trunk["host"], start=-2 * DAY, end=-DAY)


def not_yet_valid(gateway, trunk):
    return psap_at(gateway, trunk, trunk["host"], start=DAY, end=2 * DAY)


def old_tls(gateway, trunk):
    psap = psap_at(gateway, trunk, trunk["host"])
    psap.context.minimum_version = ssl.TLSVersion.TLSv1_1
    psap.context.maximum_version = ssl.TLSVersion.TLSv1_1
    psap.context.set_ciphers("ALL:@SECLEVEL=0")
    return psap


BAD = [(wrong_name, "IP address mismatch"),
       (expired, "certificate has expired"),
       (not_yet_valid, "certificate is not yet valid"),
       (self_signed, "self-signed certificate"),
       (foreign, "unable to get local issuer certificate"),
       (old_tls, "TLS handshake failed")]


@pytest.mark.parametrize("bad, why", BAD, ids=[b[0].__name__ for b in BAD])
def test_a_psap_that_cannot_be_trusted_costs_its_route(tls, north, bad, why):
    """The next PSAP is rung at once; the first never sees the INVITE; an
    event names what was wanted and what was shown, and it is counted."""
    began, before = now(tls), stats(tls, "tls_refused")
    refusals = call_south(tls, bad(tls, north))
    assert [r["reason"] for r in refusals] == [why]
    assert stats(tls, "tls_refused") == [before[0] + 1]
    tls.check_idle()
    told = events(tls, "tls.refused", began)
    assert [e["reason"] for e in told] == [why]
    assert told[0]["tls_name"] == north["host"]
    assert told[0]["destination"] == f"{north['host']}:{north['port']}"
    if bad is wrong_name:
        assert "other.example.com" in told[0]["certificate"]


def test_the_certificate_of_a_platform_may_have_another_name(tls, north):
    """As Genesys Cloud's does: the trunk says which."""
    tls.provision("UPDATE e911.trunk SET tls_name = 'voice.example.com'"
                  f" WHERE name = '{NORTH}'")
    caller = udp_caller(tls)
    with psap_at(tls, north, "voice.example.com") as psap:
        _, reply = talk(caller, psap)
        assert psap.asked_for == ["voice.example.com"]
        hang_up(tls, caller, psap, reply)
    tls.check_idle()
    assert [r["reason"] for r in call_south(
        tls, psap_at(tls, north, north["host"]))] == ["hostname mismatch"]
    tls.check_idle()


def test_a_wildcard_is_a_name(tls, north):
    tls.provision("UPDATE e911.trunk SET tls_name = 'a.psap.example.com'"
                  f" WHERE name = '{NORTH}'")
    caller = udp_caller(tls)
    with psap_at(tls, north, "*.psap.example.com") as psap:
        _, reply = talk(caller, psap)
        hang_up(tls, caller, psap, reply)
    tls.check_idle()


@pytest.mark.parametrize("check, bad", [("chain", wrong_name),
                                        ("none", expired)])
def test_a_trunk_may_ask_for_less(tls, north, check, bad):
    tls.provision(f"UPDATE e911.trunk SET tls_check = '{check}'"
                  f" WHERE name = '{NORTH}'")
    caller = udp_caller(tls)
    with bad(tls, north) as psap:
        _, reply = talk(caller, psap)
        hang_up(tls, caller, psap, reply)
    tls.check_idle()


def test_when_nothing_else_is_left_a_wrong_certificate_will_do(tls, north):
    """Every other route fails; the caller is connected all the same, and it
    is told."""
    began, caller = now(tls), udp_caller(tls)
    before = stats(tls, "tls_refused", "tls_unverified")
    with expired(tls, north) as psap:
        _, reply = talk(caller, psap)
        assert stats(tls, "tls_refused", "tls_unverified") == \
            [before[0] + 1, before[1] + 1]
        # In a call there is no other way either.
        in_dialog(caller, reply, "INFO")
        psap.in_dialog_200(psap.receive("INFO"))
        assert caller.receive().status == 200
        psap.cut()
        in_dialog(caller, reply, "BYE", 3)
        while True:
            request = psap.receive()
            psap.in_dialog_200(request)
            if request.method == "BYE":
                break
        assert caller.receive().status == 200
    caller.close()
    call = tls.ended_call(caller.call_id)
    assert (call["outcome"], call["route_trunk"]) == ("answered", NORTH)
    tls.check_idle()
    assert [e["reason"] for e in events(tls, "tls.unverified", began)][0] == \
        "certificate has expired"


def test_unless_the_trunk_must_never_be_used_so(tls, north):
    """503: the platform can try another node."""
    tls.provision("UPDATE e911.trunk SET tls_unverified = false"
                  f" WHERE name = '{NORTH}'")
    caller = udp_caller(tls)
    with expired(tls, north) as psap, \
            concurrent.futures.ThreadPoolExecutor() as beside:
        refused = beside.submit(psap.receive, "INVITE", 3)
        caller.send(caller.invite())
        reply = caller.final()
        assert reply.status == 503
        caller.send(caller.request("ACK", Via=reply.header("Via"),
                                   To=reply.header("To")))
        with pytest.raises((TimeoutError, AssertionError)):
            refused.result()
    caller.close()
    tls.check_idle()


def test_a_connection_of_one_trunk_is_not_another_ones(tls, north):
    """Two trunks lead to the same place.  What the certificate was good for
    with the first does not count for the second, which wants another name."""
    caller = udp_caller(tls)
    with psap_at(tls, north, north["host"]) as psap:
        _, reply = talk(caller, psap)
        tls.provision("UPDATE e911.trunk SET tls_name = 'b.example.com',"
                      f" tls_unverified = false WHERE name = '{NORTH}'")
        second = udp_caller(tls)
        second.send(second.invite())
        assert second.final().status == 503
        second.close()
        # The first one talks over it as before.
        hang_up(tls, caller, psap, reply)
    tls.check_idle(60)


def test_the_next_call_does_not_end_one_that_is_up_unverified(tls, north):
    """The certificate is wrong, and nobody else is there: both are connected
    all the same, over one connection."""
    first, second = udp_caller(tls), udp_caller(tls)
    with expired(tls, north) as psap:
        _, reply = talk(first, psap)
        connection = psap.connection
        _, other = talk(second, psap)
        assert psap.connection is connection
        hang_up(tls, first, psap, reply)
        hang_up(tls, second, psap, other)
    tls.check_idle(60)


def test_a_handshake_that_is_not_gone_on_with_is_cut_off(tls):
    """Within half a minute, not within the hour that a connection lives."""
    with socket.create_connection((tls.address, tls.tls_port), 10) as plain:
        plain.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        plain.settimeout(30)
        assert plain.recv(100) == b""
    caller = tls_caller(tls)
    assert options(caller).status == 200
    caller.close()


def test_a_callback_goes_to_the_platform_over_tls(tls):
    """Its certificate has another name than its host, the trunk says which
   ; the name is sent as SNI."""
    platform, north = tls.trunks[CALLER], tls.trunks[NORTH]
    caller = udp_caller(tls)
    with RawPsap(north["host"], north["port"]) as psap:
        invite, reply = talk(caller, psap)
        hang_up(tls, caller, psap, reply)
    shown = re.search(r"sip:(\+\d+)@", invite.header("From")).group(1)
    tls.provision("UPDATE e911.trunk SET transport = 'tls',"
                  f" tls_name = 'voice.example.com' WHERE name = '{CALLER}'")
    try:
        ringer = RawCaller(north["host"], 0, (tls.address, tls.port))
        at = f"{tls.address}:{tls.port}"
        with psap_at(tls, platform, "voice.example.com") as agent:
            ringer.send(ringer.invite(start=f"INVITE sip:{shown}@{at} SIP/2.0",
                                      To=f"<sip:{shown}@{at}>"))
            agent.send(agent.answer(agent.receive("INVITE"),
                                    Contact=agent.contact))
            agent.receive("ACK")
            reply = ringer.final()
            assert reply.status == 200, reply.text
            assert agent.asked_for == ["voice.example.com"]
            in_dialog(ringer, reply, "ACK")
            call = hang_up(tls, ringer, agent, reply)
        assert (call["trunk"], call["route_trunk"]) == (NORTH, CALLER)
    finally:
        tls.provision(
            f"UPDATE e911.trunk SET transport = '{platform['transport']}',"
            f" tls_name = NULL WHERE name = '{CALLER}'")
    tls.check_idle()


def test_a_hang_up_survives_the_connection_it_went_over(tls, north):
    """The PSAP's connection ends with the BYE unread."""
    caller, before = udp_caller(tls), stats(tls, "byes_repeated")
    with psap_at(tls, north, north["host"]) as psap:
        _, reply = talk(caller, psap)
        in_dialog(caller, reply, "BYE")
        select.select([psap.connection], [], [], 10)
        psap.cut()
        psap.in_dialog_200(psap.receive("BYE"))
        assert caller.receive().status == 200
    caller.close()
    tls.check_idle()
    assert stats(tls, "byes_repeated") == [before[0] + 1]
