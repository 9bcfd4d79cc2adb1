# SPDX-License-Identifier: GPL-2.0-or-later
"""The name in a client certificate as proof of who calls: an emergency call is
never refused for want of one, whoever has one needs no address, and nothing
else is believed."""
import contextlib
import datetime
import ssl

import pytest

from harness import Gateway
from harness.authority import Authority
from harness.rawcaller import RawCaller
from test_credential import CLAIM, CLAIMED, NORTH, OWN, TRUNK, refuse, served

DAY = datetime.timedelta(days=1)
NAME, ROAMER = "gw.larkspur.example.com", "sbc.roamer.example.com"


@pytest.fixture(name="asks", scope="module")
def gateway_that_asks(request):
    """It asks who connects for a certificate, as tls.cfg tells how."""
    gateway = Gateway(request.config.getoption("--build"), tls=True,
                      keep=request.config.getoption("--keep"),
                      forget_soon=True)
    gateway.kamailio.tls_lines["verify_client = off"] = \
        "verify_client = optional_no_ca\nca_list = tls/ca.pem"
    with gateway as running:
        running.provision(
            "UPDATE e911.trunk SET proofs = '{address,certificate}'"
            f" WHERE name = '{TRUNK}';"
            " UPDATE e911.trunk SET proofs = '{certificate}'"
            " WHERE name = 'multicloud';"
            " INSERT INTO e911.trunk_certificate (name, trunk_id)"
            " SELECT v.name, trunk_id FROM e911.trunk t JOIN (VALUES"
            f" ('{NAME}', '{TRUNK}'), ('{ROAMER}', 'multicloud'))"
            " AS v (name, trunk) ON v.trunk = t.name")
        yield running
        if request.session.testsfailed:
            running.keep = True
            print(f"kept: {running.directory}")


def client(gateway, certificate=None):
    """What a platform connects with, and shows."""
    context = gateway.authority.client("gateway")
    if certificate:
        context.load_cert_chain(*certificate)
    return context


def caller_with(gateway, context, host=None):
    return contextlib.closing(RawCaller(
        host or gateway.trunks[TRUNK]["host"], 0,
        (gateway.address, gateway.tls_port), "tls", context))


def stat(gateway, name):
    return int(gateway.kamailio.rpc("e911.stats")[name])


def told(gateway, call_id):
    return [e["detail"]["fault"] for e in gateway.events(call_id)
            if e["kind"] == "security.credential"]


def good(gateway):
    return gateway.authority.issue("good", NAME)


def among_others(gateway):
    return gateway.authority.issue("many", "a.example.com", NAME.upper(),
                                   "192.0.2.1")


def as_uri(gateway):
    return gateway.authority.issue("uri", f"sip:{NAME}")


def as_common_name(gateway):
    return gateway.authority.issue(NAME)


def for_clients(gateway):
    return gateway.authority.issue("client", NAME, usage="clientAuth")


BELIEVED = [good, among_others, as_uri, as_common_name, for_clients]


def nothing(_):
    return None


def expired(gateway):
    return gateway.authority.issue("old", NAME, start=-2 * DAY, end=-DAY)


def not_yet_valid(gateway):
    return gateway.authority.issue("new", NAME, start=DAY, end=2 * DAY)


def foreign(gateway):
    other = Authority(gateway.authority.path("foreign"), name="Another CA")
    return other.issue("foreign", NAME)


def self_signed(gateway):
    other = Authority(gateway.authority.path("self"), name=NAME)
    return other.path("ca.pem"), other.path("ca.key")


def for_servers(gateway):
    return gateway.authority.issue("server", NAME, usage="serverAuth")


def wildcard(gateway):
    return gateway.authority.issue("wild", "*.larkspur.example.com")


def of_a_user(gateway):
    return gateway.authority.issue("user", f"sip:alice@{NAME}")


def another_name(gateway):
    return gateway.authority.issue("other", "gw.other.example.com")


def another_trunk(gateway):
    return gateway.authority.issue("another", ROAMER)


def common_name_beside_names(gateway):
    """RFC 5922 7.1: it is no name where there are others."""
    return gateway.authority.issue(NAME, "gw.other.example.com")


def name_with_a_tail(gateway):
    return gateway.authority.issue("tail", f"{NAME}.attacker.example.net")


SPOOFED = [(nothing, "certificate: none was shown"),
           (expired, "certificate has expired"),
           (not_yet_valid, "certificate is not yet valid"),
           (foreign, "unable to verify the first certificate"),
           (self_signed, "self-signed certificate"),
           (for_servers, "unsuitable certificate purpose"),
           (wildcard, "certificate: no name of this trunk"),
           (of_a_user, "certificate: no name of this trunk"),
           (another_name, "certificate: no name of this trunk"),
           (another_trunk, "certificate: no name of this trunk"),
           (common_name_beside_names, "certificate: no name of this trunk"),
           (name_with_a_tail, "certificate: no name of this trunk")]


@pytest.mark.parametrize("shown", BELIEVED, ids=lambda f: f.__name__)
def test_with_its_certificate_a_trunk_is_believed(asks, shown):
    before = stat(asks, "credentials_missed")
    with caller_with(asks, client(asks, shown(asks))) as caller:
        row = served(asks, caller, E911_Organization_ID=CLAIM,
                     south="psap-south")
    assert (row["organization"], row["trunk"]) == (CLAIMED, TRUNK)
    assert not told(asks, row["call_id"])
    assert stat(asks, "credentials_missed") == before


@pytest.mark.parametrize("shown, why", SPOOFED,
                         ids=[s[0].__name__ for s in SPOOFED])
def test_without_it_the_call_is_served_and_the_claim_is_not(asks, shown, why):
    before = stat(asks, "credentials_missed")
    with caller_with(asks, client(asks, shown(asks))) as caller:
        row = served(asks, caller, E911_Organization_ID=CLAIM)
    assert (row["organization"], row["trunk"]) == (OWN, TRUNK)
    assert told(asks, row["call_id"]) == [why]
    assert stat(asks, "credentials_missed") == before + 1


def test_over_udp_there_is_no_certificate(asks):
    trunk = asks.trunks[TRUNK]
    with contextlib.closing(RawCaller(
            trunk["host"], trunk["port"],
            (asks.address, asks.port))) as caller:
        row = served(asks, caller, E911_Organization_ID=CLAIM)
    assert row["organization"] == OWN
    assert told(asks, row["call_id"]) == [
        "certificate: the request did not come over TLS"]


def test_from_anywhere_with_a_certificate_alone(asks):
    host = asks.block.address(221)
    roamer = asks.authority.issue("roamer", ROAMER)
    with caller_with(asks, client(asks, roamer), host) as caller:
        row = served(asks, caller, X_Employee_ID="E1008")
    assert row["trunk"] == "multicloud"
    assert not told(asks, row["call_id"])


def expired_roamer(gateway):
    return gateway.authority.issue("late", ROAMER, start=-2 * DAY, end=-DAY)


def foreign_roamer(gateway):
    other = Authority(gateway.authority.path("foreign2"), name="Another CA")
    return other.issue("foreign", ROAMER)


@pytest.mark.parametrize("shown", [nothing, expired_roamer, foreign_roamer,
                                   good, another_name],
                         ids=lambda f: f.__name__)
def test_a_stranger_stays_one(asks, shown):
    """Also with the certificate of a trunk that insists on its address."""
    before = stat(asks, "sources_unknown")
    with caller_with(asks, client(asks, shown(asks)),
                     asks.block.address(222)) as caller:
        assert refuse(caller, caller.invite()).status == 403
    assert stat(asks, "sources_unknown") == before + 1


def test_a_session_that_is_resumed_shows_what_it_showed(asks):
    """TLS leaves the certificate out then; and who has none is none again."""
    def call(context, session, **where):
        with contextlib.closing(RawCaller(
                asks.trunks[TRUNK]["host"], 0,
                (asks.address, asks.tls_port), "tls", context,
                session=session)) as caller:
            row = served(asks, caller, E911_Organization_ID=CLAIM, **where)
            return (row["organization"], caller.socket.session,
                    caller.socket.session_reused)
    for certificate, whose in ((good(asks), CLAIMED), (None, OWN)):
        context = client(asks, certificate)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        where = {"south": "psap-south"} if certificate else {}
        session, resumed = None, 0
        # A ticket is of one process of Kamailio; there are two readers, which
        # take turns.
        for _ in range(5):
            organization, latest, again = call(context, session, **where)
            session = session or latest
            assert organization == whose
            resumed += again
        assert resumed, "no process has met its own ticket"


def test_a_new_list_of_authorities_needs_no_restart(asks):
    """Whom the old one trusted is not believed any more, and is served."""
    kamailio, mine = asks.kamailio, asks.authority.path("ca.pem")
    other = Authority(asks.authority.path("next"), name="The next CA")
    before = client(asks, good(asks))
    after = client(asks, other.issue("next", NAME))
    kamailio.tls_files["ca.pem"] = other.path("ca.pem")
    try:
        kamailio.write_tls()
        kamailio.rpc("tls.reload")
        with caller_with(asks, before) as caller:
            assert served(asks, caller, E911_Organization_ID=CLAIM)[
                "organization"] == OWN
        with caller_with(asks, after) as caller:
            assert served(asks, caller, E911_Organization_ID=CLAIM,
                          south="psap-south")["organization"] == CLAIMED
    finally:
        kamailio.tls_files["ca.pem"] = mine
        kamailio.write_tls()
        kamailio.rpc("tls.reload")


def test_a_trunk_that_wants_one_where_none_is_asked_for(request):
    """The operator is told which line is missing."""
    with Gateway(request.config.getoption("--build"), tls=True) as gateway:
        gateway.provision(
            "UPDATE e911.trunk SET proofs = '{address,certificate}'"
            f" WHERE name = '{TRUNK}'")
        with caller_with(gateway,
                         client(gateway, good(gateway))) as caller:
            row = served(gateway, caller, E911_Organization_ID=CLAIM)
        assert row["organization"] == OWN
        assert told(gateway, row["call_id"]) == [
            "certificate: none is asked for, see verify_client in tls.cfg"]
