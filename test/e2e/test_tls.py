# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS on both sides of the gateway, with a certification authority of the
test's own and peers that speak it themselves."""
import concurrent.futures
import re
import socket
import ssl
import time

import pytest

from harness import Gateway
from harness.kamailio import RpcError
from harness.rawcaller import RawCaller
from harness.rawpsap import RawPsap
from harness.streampsap import TlsPsap
from test_gate import NORTH

CALLER = "genesys-cloud"


@pytest.fixture(name="tls", scope="module")
def gateway_with_tls(request):
    """Shared by the tests of this file: they leave it as they found it."""
    with Gateway(request.config.getoption("--build"), tls=True,
                 keep=request.config.getoption("--keep"),
                 forget_soon=True) as running:
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
    psap.send(psap.answer(invite, **({"Contact": psap.contact}
                                     if hasattr(psap, "contact") else {})))
    psap.receive("ACK")
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
    """Genesys Cloud has none (FACTS.md 2.1.8)."""
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


def test_a_new_certificate_is_taken_without_harm_to_a_call(tls):
    """The call's connection goes on with the old one; a file that cannot be
    read changes nothing."""
    trunk, kamailio = tls.trunks[NORTH], tls.kamailio
    with RawPsap(trunk["host"], trunk["port"]) as psap:
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
