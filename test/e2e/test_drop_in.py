# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's own kamailio.cfg becomes an emergency gateway by three lines, and
stays what it was."""
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import uuid

import pytest

from harness import Gateway, wait_until
from harness.gateway import TOP
from harness.kamailio import Kamailio
from harness.rawcaller import RawCaller
from harness.rawpsap import RawPsap
from harness.streampsap import TlsPsap

PACKAGED = "/etc/kamailio/kamailio.cfg"
# What e911.cfg tells to insert, and before which line.
LINES = [('include_file "e911-params.cfg"\n', "####### Defined Values #"),
         ('include_file "e911.cfg"\n', "request_route {"),
         ("\troute(E911);\n", "\n\t# per request initial checks\n")]


def packaged():
    """The file as Debian ships it: dpkg remembers its hash."""
    listed = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Conffiles}", "kamailio"],
        capture_output=True, text=True, check=False).stdout
    want = re.search(re.escape(PACKAGED) + r" ([0-9a-f]{32})", listed)
    with open(PACKAGED, encoding="utf-8") as config:
        text = config.read()
    have = hashlib.md5(text.encode()).hexdigest()
    if not want or want.group(1) != have:
        pytest.skip(f"{PACKAGED} is not the packaged one")
    return text


def dropped_in(text):
    for line, before in LINES:
        assert text.count(before) == 1, before
        at = text.index(before)
        text = text[:at] + line + text[at:]
    return text


class StockKamailio(Kamailio):
    """Runs Debian's configuration with our three lines.  Its own place for
    what a site defines is kamailio-local.cfg, which it imports."""

    def write_config(self):
        self.rpc_socket = os.path.join(self.directory, "kamailio_rpc.sock")
        text = packaged()
        changed = dropped_in(text)
        assert len(changed.splitlines()) == len(text.splitlines()) + 3
        for name in ("e911.cfg", "e911-params.cfg"):
            shutil.copy(os.path.join(self.config, name), self.directory)
        with open(os.path.join(self.directory, "kamailio.cfg"), "w",
                  encoding="utf-8") as out:
            out.write(changed)
        with open(os.path.join(self.directory, "kamailio-local.cfg"), "w",
                  encoding="utf-8") as out:
            for transport, address, port in self.listen:
                out.write(f"listen={transport}:{address}:{port}\n")
            if "WITH_TLS" in self.features:
                out.write("#!define WITH_TLS\n")
            for name, value in self.settings.items():
                out.write(f'#!define {name} "{value}"\n')


def stock_gateway(request, **options):
    gateway = Gateway(os.path.realpath(request.config.getoption("--build")),
                      keep=request.config.getoption("--keep"), **options)
    own = gateway.kamailio
    gateway.kamailio = StockKamailio(
        own.directory, os.path.join(TOP, "kamailio-cfg"), own.module_dir,
        own.listen, own.settings)
    return gateway


@pytest.fixture(scope="module")
def stock(request):
    with stock_gateway(request) as running:
        yield running


@pytest.fixture(scope="module")
def stock_tls(request):
    """With the two defines more that e911.cfg tells of, and our tls.cfg."""
    gateway = stock_gateway(request, tls=True)
    kamailio, config = gateway.kamailio, os.path.join(
        gateway.kamailio.directory, "e911-tls.cfg")
    shutil.copy(os.path.join(TOP, "kamailio-cfg", "tls.cfg"), config)
    certificate, key = gateway.authority.issue(
        "gateway", "gw1.example.com", gateway.address)
    kamailio.tls_files = {"cert.pem": certificate, "key.pem": key,
                          "ca.pem": gateway.authority.path("ca.pem")}
    kamailio.write_tls()
    kamailio.features.append("WITH_TLS")
    kamailio.settings["E911_TLS_CONFIG"] = config
    with gateway as running:
        yield running


def phone(gateway, host):
    return contextlib.closing(RawCaller(
        gateway.block.address(host), gateway.port,
        (gateway.address, gateway.port)))


def at(gateway):
    return f"{gateway.address}:{gateway.port}"


def register(gateway, user, host):
    with phone(gateway, host) as caller:
        aor = f"<sip:{user}@{at(gateway)}>"
        caller.send(caller.request(
            "REGISTER", start=f"REGISTER sip:{at(gateway)} SIP/2.0",
            From=f"{aor};tag={caller.mark}", To=aor, Expires="300",
            Contact=f"<sip:{user}@{caller.address}:{caller.port}>"))
        reply = caller.receive()
        assert reply.status == 200, reply.text


def answered(gateway, caller, callee, invite):
    """The call is answered and hung up; the INVITE that the callee saw."""
    with RawPsap(*callee) as far:
        caller.send(invite)
        seen = far.receive("INVITE")
        far.send(far.answer(seen, Record_Route=seen.all("Record-Route")))
        reply = caller.final()
        assert reply.status == 200, reply.text
        contact = re.search(r"<([^>]+)>", reply.header("Contact")).group(1)
        parts = {"To": reply.header("To"), "From": reply.header("From"),
                 "Route": reply.all("Record-Route")}
        caller.send(caller.request("ACK", start=f"ACK {contact} SIP/2.0",
                                   **parts))
        far.receive("ACK")
        caller.send(caller.request("BYE", start=f"BYE {contact} SIP/2.0",
                                   CSeq="2 BYE", **parts))
        bye = far.receive("BYE")
        far.send(far.reply(bye, 200, To=bye.header("To")))
        while caller.receive().cseq_method != "BYE":
            pass
    return seen


def call_user(gateway):
    """An ordinary call, proxied as ever."""
    register(gateway, "alice", 201)
    with phone(gateway, 202) as bob:
        seen = answered(
            gateway, bob, (gateway.block.address(201), gateway.port),
            bob.invite(start=f"INVITE sip:alice@{at(gateway)} SIP/2.0",
                       From=f"<sip:bob@{at(gateway)}>;tag={bob.mark}",
                       To=f"<sip:alice@{at(gateway)}>"))
        assert seen.call_id == bob.call_id
        assert seen.all("Record-Route")


def call_911(gateway):
    trunk, psap = gateway.trunks["genesys-cloud"], gateway.trunks["psap-north"]
    caller = RawCaller(trunk["host"], trunk["port"],
                       (gateway.address, gateway.port))
    with contextlib.closing(caller):
        seen = answered(gateway, caller, (psap["host"], psap["port"]),
                        caller.invite())
    assert seen.call_id != caller.call_id
    assert not seen.all("Record-Route")
    return re.search(r"sip:(\+\d+)@", seen.header("From")).group(1)


def test_ordinary_calls_and_emergency_calls_side_by_side(stock):
    before = int(stock.kamailio.rpc("e911.stats")["calls_started"])
    for _ in range(3):
        call_user(stock)
        call_911(stock)
    after = int(stock.kamailio.rpc("e911.stats")["calls_started"])
    assert after - before == 3


def test_a_callback_finds_the_caller(stock):
    number = call_911(stock)
    trunk, psap = stock.trunks["genesys-cloud"], stock.trunks["psap-north"]
    caller = RawCaller(psap["host"], psap["port"],
                       (stock.address, stock.port))
    with contextlib.closing(caller):
        seen = answered(stock, caller, (trunk["host"], trunk["port"]),
                        caller.invite(
                            start=f"INVITE sip:{number}@{at(stock)} SIP/2.0"))
    assert seen.request_uri.startswith("sip:4102@")


def test_what_the_stock_configuration_refuses_a_911_call_for(stock):
    """A scanner's name and no hops left: neither is looked at before 911."""
    trunk, psap = stock.trunks["genesys-cloud"], stock.trunks["psap-north"]
    for header in ("User-Agent: friendly-scanner\r\n", ""):
        caller = RawCaller(trunk["host"], trunk["port"],
                           (stock.address, stock.port))
        with contextlib.closing(caller):
            answered(stock, caller, (psap["host"], psap["port"]),
                     caller.invite(headers=header,
                                   Max_Forwards="0" if not header else "70"))


def test_who_is_no_trunk_may_register_but_not_place_911(stock):
    register(stock, "carol", 203)
    with phone(stock, 203) as carol:
        assert carol.call(carol.invite()).status == 403


def test_options_are_answered_as_ever_until_no_calls_are_taken(stock):
    def options():
        with phone(stock, 204) as peer:
            peer.send(peer.request(
                "OPTIONS", start=f"OPTIONS sip:{at(stock)} SIP/2.0",
                Call_ID=uuid.uuid4().hex))
            return peer.receive().status
    assert options() == 200
    stock.kamailio.rpc("e911.drain", "on")
    try:
        assert options() == 503
    finally:
        stock.kamailio.rpc("e911.drain", "off")
    wait_until(lambda: options() == 200, "it is in service again", 30)


# ---- the same over TLS ----

def tls_phone(gateway, host):
    return contextlib.closing(RawCaller(
        host, 0, (gateway.address, gateway.tls_port), "tls",
        gateway.authority.client("gateway")))


@contextlib.contextmanager
def platform_over_tls(gateway, name):
    """The platform of the demo town is called back over TLS, where it shows a
    certificate with this name; another one is wanted for nothing else."""
    trunk = gateway.trunks["genesys-cloud"]
    gateway.provision(
        "UPDATE e911.trunk SET transport = 'tls', tls_name = 'voice.example.com'"
        " WHERE name = 'genesys-cloud'")
    with TlsPsap(trunk["host"], trunk["port"], gateway.authority.server(
            gateway.authority.issue(name, name))) as platform:
        yield platform


def call_911_over_tls(gateway):
    """The number that was lent."""
    psap = gateway.trunks["psap-north"]
    with tls_phone(gateway, gateway.trunks["genesys-cloud"]["host"]) as caller:
        seen = answered(gateway, caller, (psap["host"], psap["port"]),
                        caller.invite())
    return re.search(r"sip:(\+\d+)@", seen.header("From")).group(1)


def test_tls_calls_and_callbacks_through_the_stock_configuration(stock_tls):
    """Our parameters of the module tls come with e911.cfg: the name that the
    trunk wants is asked for (SNI) and checked."""
    gateway = stock_tls
    call_user(gateway)
    number = call_911_over_tls(gateway)
    north = gateway.trunks["psap-north"]
    with platform_over_tls(gateway, "voice.example.com") as platform, \
            contextlib.closing(RawCaller(
                north["host"], north["port"],
                (gateway.address, gateway.port))) as psap:
        psap.send(psap.invite(
            start=f"INVITE sip:{number}@{at(gateway)} SIP/2.0"))
        invite = platform.receive("INVITE")
        platform.send(platform.answer(invite, Contact=platform.contact))
        assert psap.final().status == 200
        assert platform.asked_for == ["voice.example.com"]
        assert platform.refused == []
    stats = gateway.kamailio.rpc("e911.stats")
    assert (int(stats["tls_refused"]), int(stats["tls_unverified"])) == (0, 0)


def test_a_new_certificate_is_taken_by_the_stock_configuration(stock_tls):
    gateway = stock_tls
    certificate, key = gateway.authority.issue("later", "gw2.example.com",
                                               gateway.address)
    gateway.kamailio.tls_files.update({"cert.pem": certificate,
                                       "key.pem": key})
    gateway.kamailio.write_tls()
    gateway.kamailio.rpc("tls.reload")
    context = gateway.authority.client("gateway")
    with contextlib.closing(RawCaller(
            gateway.block.address(205), 0,
            (gateway.address, gateway.tls_port), "tls", context)) as peer:
        names = [n for _, n in peer.socket.getpeercert()["subjectAltName"]]
    assert "gw2.example.com" in names
    call_911_over_tls(gateway)
