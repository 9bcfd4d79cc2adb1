# SPDX-License-Identifier: GPL-2.0-or-later
"""What a PSAP's callback looks like on a platform, and whom it rings when the
caller cannot be."""
import contextlib
import re

import pytest

from harness.rawcaller import RawCaller
from harness.rawpsap import RawPsap

PLATFORM, NORTH, NETWORK = "genesys-cloud", "psap-north", "last-resort"
CALLER = "+12065550121"      # Ava Reyes, Larkspur floor 3
DESK = "+12065550100"        # of Larkspur's locations
NEVER_LENT = "+12065550113"  # Larkspur floor 2: no test calls from there


def at(gateway):
    return f"{gateway.address}:{gateway.port}"


def peer(gateway, trunk):
    return gateway.trunks[trunk]["host"], gateway.trunks[trunk]["port"]


def rings_from(gateway, trunk):
    """A caller at a trunk's address."""
    return contextlib.closing(
        RawCaller(*peer(gateway, trunk), (gateway.address, gateway.port)))


def hang_up(psap, invite, caller, reply):
    """The caller of a call that was answered hangs up."""
    contact = re.search(r"<([^>]+)>", reply.header("Contact")).group(1)
    parts = {"To": reply.header("To"), "From": reply.header("From")}
    caller.send(caller.request("ACK", start=f"ACK {contact} SIP/2.0", **parts))
    psap.receive("ACK")
    caller.send(caller.request("BYE", start=f"BYE {contact} SIP/2.0",
                               CSeq="2 BYE", **parts))
    psap.in_dialog_200(psap.receive("BYE"))
    while caller.receive().cseq_method != "BYE":
        pass
    return invite


@pytest.fixture
def lent(gateway):
    """A number that is remembered for Ava Reyes."""
    with RawPsap(*peer(gateway, NORTH)) as psap, \
            rings_from(gateway, PLATFORM) as caller:
        caller.send(caller.invite(
            From=f"<sip:{CALLER}@{caller.address}>;tag={caller.mark}",
            E911_Organization_ID="91100000-0000-4000-8000-000000000001"))
        invite = psap.receive("INVITE")
        psap.send(psap.answer(invite))
        hang_up(psap, invite, caller, caller.final())
    return re.search(r"sip:(\+\d+)@", invite.header("From")).group(1)


@contextlib.contextmanager
def provisioned(gateway, do, undo):
    gateway.provision(do)
    try:
        yield
    finally:
        gateway.provision(undo)


def form(template, *arguments):
    listed = ", ".join(f"'{a}'" for a in (PLATFORM, template) + arguments)
    return f"SELECT e911.callback_use({listed})"


def called_back(gateway, number, who=PLATFORM, by=NORTH, **parts):
    """A callback that is answered: the INVITE which arrives there."""
    with RawPsap(*peer(gateway, who)) as phone, \
            rings_from(gateway, by) as psap:
        parts.setdefault("From", f"<sip:+12065550171@{psap.address}>;tag=p")
        psap.send(psap.invite(
            start=f"INVITE sip:{number}@{at(gateway)} SIP/2.0",
            To=f"<sip:{number}@{at(gateway)}>", **parts))
        invite = phone.receive("INVITE")
        phone.send(phone.answer(invite))
        reply = psap.final()
        assert reply.status == 200, reply.text
        hang_up(phone, invite, psap, reply)
    gateway.check_idle()
    return invite


HOST, PORT = "{host}", "{port}"
# Template and its arguments; Request-URI, To, another header.
TEMPLATES = {
    "plain": ((), f"sip:{CALLER}@{HOST}:{PORT};transport=udp",
              f"sip:{CALLER}@{HOST}", None),
    "fqdn": (("acme", "byoc.usw2.pure.cloud"),
             f"sip:{CALLER}@acme.byoc.usw2.pure.cloud;transport=udp",
             f"sip:{CALLER}@acme.byoc.usw2.pure.cloud", None),
    "tgrp": (("acme", "byoc.usw2.pure.cloud"),
             f"sip:{CALLER};tgrp=acme;trunk-context=byoc.usw2.pure.cloud"
             f"@{HOST}:{PORT};transport=udp",
             f"sip:{CALLER}@byoc.usw2.pure.cloud", None),
    "dnis-replacement": (("acme", "byoc.usw2.pure.cloud"),
                         "sip:acme@byoc.usw2.pure.cloud;transport=udp",
                         f"sip:{CALLER}@byoc.usw2.pure.cloud", None),
    "custom-header": (("acme", "byoc.usw2.pure.cloud", "X-Inbound-Trunk"),
                      f"sip:{CALLER}@byoc.usw2.pure.cloud;transport=udp",
                      f"sip:{CALLER}@byoc.usw2.pure.cloud",
                      ("X-Inbound-Trunk", "acme")),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_platform_is_called_by_its_template(gateway, lent, name):
    arguments, uri, to, header = TEMPLATES[name]
    host, port = peer(gateway, PLATFORM)
    with provisioned(gateway, form(name, *arguments),
                     "DELETE FROM e911.trunk_callback"):
        invite = called_back(gateway, lent)
    filled = {"host": host, "port": port}
    assert invite.request_uri == uri.format(**filled)
    assert invite.header("To") == f"<{to.format(**filled)}>"
    if header:
        assert invite.all(header[0]) == [header[1]]


def test_a_template_of_numbers_finds_the_number_of_an_extension(gateway):
    """Genesys Cloud takes numbers only; the caller showed an extension."""
    with RawPsap(*peer(gateway, NORTH)) as psap, \
            rings_from(gateway, PLATFORM) as caller:
        caller.send(caller.invite(
            From=f"<sip:4101@{caller.address}>;tag={caller.mark}",
            E911_Organization_ID="91100000-0000-4000-8000-000000000001"))
        invite = psap.receive("INVITE")
        psap.send(psap.answer(invite))
        hang_up(psap, invite, caller, caller.final())
    number = re.search(r"sip:(\+\d+)@", invite.header("From")).group(1)
    with provisioned(gateway, form("fqdn", "acme", "byoc.example.com"),
                     "DELETE FROM e911.trunk_callback"):
        back = called_back(gateway, number)
    assert back.request_uri.startswith(f"sip:{CALLER}@acme.byoc.example.com")


# Who rings, what their Priority says, what the platform hears of it.
PRIORITIES = [(NORTH, None, ["psap-callback"]),
              (NORTH, "psap-callback", ["psap-callback"]),
              (NORTH, "normal", ["psap-callback"]),
              (NETWORK, None, ["psap-callback"])]


@pytest.mark.parametrize("by, says, heard", PRIORITIES)
def test_a_callback_says_that_it_is_one(gateway, lent, by, says, heard):
    invite = called_back(gateway, lent, by=by, Priority=says)
    assert invite.all("Priority") == heard


def test_the_network_does_not_mark_a_call_to_a_desk(gateway):
    """Nobody was called from there: anyone may have dialled it."""
    invite = called_back(gateway, NEVER_LENT, by=NETWORK,
                         Priority="psap-callback")
    assert invite.all("Priority") == []


@pytest.mark.parametrize("pais", [
    ["<sip:+12065550172@psap.example.com;user=phone>",
     "<sip:agent7@psap.example.com>"],
    ["<sip:agent7@psap.example.com>", "<tel:+12065550172>"],
    ["<sip:agent7@psap.example.com>, <tel:+12065550172>"]])
def test_of_two_identities_the_number_is_shown(gateway, lent, pais):
    """The PSAP's number and its agent's name, in either order."""
    invite = called_back(gateway, lent, P_Asserted_Identity=pais)
    assert re.match(r"<sip:\+12065550172@", invite.header("From"))
    assert len(invite.all("P-Asserted-Identity")) == 1
    assert "agent7" not in invite.text


def test_when_the_platform_fails_the_callers_own_number_is_rung(gateway):
    """... over the telephone network, then the desk there."""
    with RawPsap(*peer(gateway, NORTH)) as psap, \
            rings_from(gateway, "multicloud") as caller:
        caller.send(caller.invite(
            From=f"<sip:7001@{caller.address}>;tag={caller.mark}",
            X_Employee_ID="E1007",
            E911_Organization_ID="91100000-0000-4000-8000-000000000003"))
        invite = psap.receive("INVITE")
        psap.send(psap.answer(invite))
        hang_up(psap, invite, caller, caller.final())
    number = re.search(r"sip:(\+\d+)@", invite.header("From")).group(1)
    assert number == "+13605550141"
    with RawPsap(*peer(gateway, "multicloud")) as platform, \
            RawPsap(*peer(gateway, NETWORK)) as network, \
            rings_from(gateway, NORTH) as psap:
        psap.send(psap.invite(
            start=f"INVITE sip:{number}@{at(gateway)} SIP/2.0"))
        refused = platform.receive("INVITE")
        platform.send(platform.reply(refused, 404))
        refused = network.receive("INVITE")
        assert refused.request_uri.startswith("sip:3605550141@")
        assert refused.all("Priority") == []
        network.send(network.reply(refused, 486))
        refused = platform.receive("INVITE")
        assert refused.request_uri.startswith("sip:+12065550140@")
        platform.send(platform.reply(refused, 480))
        desk = network.receive("INVITE")
        assert desk.request_uri.startswith("sip:2065550140@")
        network.send(network.answer(desk))
        hang_up(network, desk, psap, psap.final())
    gateway.check_idle()


def test_a_forgotten_caller_is_not_404(gateway):
    """The desk of the number's location is rung, and the story says so."""
    invite = called_back(gateway, NEVER_LENT)
    assert invite.request_uri.startswith(f"sip:{DESK}@")
    story = gateway.postgres.query(
        "SELECT story FROM e911.call_story WHERE call_id = (SELECT call_id"
        " FROM e911.call ORDER BY started_at DESC LIMIT 1)")
    told = [row["story"] for row in story]
    assert any("who is forgotten, to the desk of" in s for s in told), told
    assert 'sent over "genesys-cloud"' in told, told


def test_a_callback_that_leads_to_nobody(gateway):
    """480 without a desk, the operator's desk with one."""
    number = "+14255550177"
    with rings_from(gateway, NORTH) as psap:
        reply = psap.call(psap.invite(
            start=f"INVITE sip:{number}@{at(gateway)} SIP/2.0"))
        assert reply.status == 480
    with provisioned(gateway,
                     "UPDATE e911.gateway SET desk_number = '+14255550102'",
                     "UPDATE e911.gateway SET desk_number = NULL"):
        invite = called_back(gateway, number, who=NETWORK)
    assert invite.request_uri.startswith("sip:4255550102@")


def test_only_psaps_and_the_network_call_a_lent_number(gateway, lent):
    before = int(gateway.kamailio.rpc("e911.stats")["callbacks_refused"])
    start = f"INVITE sip:{lent}@{at(gateway)} SIP/2.0"
    with rings_from(gateway, "pureconnect") as tenant:
        assert tenant.call(tenant.invite(start=start)).status == 403
    stranger = RawCaller(gateway.block.address(223), 5060,
                         (gateway.address, gateway.port))
    with contextlib.closing(stranger):
        assert stranger.call(stranger.invite(start=start)).status == 403
    after = int(gateway.kamailio.rpc("e911.stats")["callbacks_refused"])
    assert after == before + 2
    gateway.check_idle()


OWN = """
INSERT INTO e911.trunk (name, role, host, port, organization_id)
SELECT 'tamarack-own', 'origin', '{host}', {port}, organization_id
  FROM e911.organization WHERE name = 'Tamarack Legal';
SELECT e911.callback_use('tamarack-own', 'fqdn', 'tamarack', 'byoc.example.com')
"""
OWN_GONE = """
DELETE FROM e911.trunk_callback; DELETE FROM e911.trunk
 WHERE name = 'tamarack-own'
"""


def test_over_a_shared_trunk_the_callers_own_platform_is_rung(gateway):
    """Both organisations come over one trunk, both have an extension 4102."""
    host = gateway.block.address(199)
    with provisioned(gateway, OWN.format(host=host, port=gateway.port),
                     OWN_GONE):
        for who, rung in (("5", host), ("1", peer(gateway, PLATFORM)[0])):
            psap_trunk = "psap-south" if who == "5" else NORTH
            with RawPsap(*peer(gateway, psap_trunk)) as psap, \
                    rings_from(gateway, PLATFORM) as caller:
                caller.send(caller.invite(
                    From=f"<sip:4102@{caller.address}>;tag={caller.mark}",
                    E911_Organization_ID="91100000-0000-4000-8000-"
                                         f"00000000000{who}"))
                invite = psap.receive("INVITE")
                psap.send(psap.answer(invite))
                hang_up(psap, invite, caller, caller.final())
            number = re.search(r"sip:(\+\d+)@", invite.header("From")).group(1)
            with RawPsap(rung, gateway.port) as phone, \
                    rings_from(gateway, NORTH) as psap:
                psap.send(psap.invite(
                    start=f"INVITE sip:{number}@{at(gateway)} SIP/2.0"))
                invite = phone.receive("INVITE")
                assert invite.request_uri.startswith("sip:4102@")
                assert ("tamarack.byoc.example.com" in invite.request_uri) \
                    == (who == "5")
                phone.send(phone.answer(invite))
                hang_up(phone, invite, psap, psap.final())
        gateway.check_idle()
