# SPDX-License-Identifier: GPL-2.0-or-later
"""Digest credentials: an emergency call is never refused for want of one, and
whoever has one needs no address."""
import contextlib
import hashlib
import re
import uuid

import pytest

from harness.rawcaller import RawCaller
from harness.rawpsap import RawPsap

TRUNK, NORTH = "genesys-cloud", "psap-north"
OWN, CLAIMED = "Larkspur Insurance", "Tamarack Legal"
CLAIM = "91100000-0000-4000-8000-000000000005"


@pytest.fixture
def wants_digest(gateway):
    gateway.provision(
        "UPDATE e911.trunk SET proofs = '{address,digest}'"
        f" WHERE name = '{TRUNK}';"
        f" SELECT e911.trunk_credential_set('{TRUNK}', 'genesys', 'secret');"
        " SELECT e911.trunk_credential_set('pureconnect', 'other', 'secret')")
    yield
    gateway.provision("UPDATE e911.trunk SET proofs = '{address}';"
                      " DELETE FROM e911.trunk_credential")


@pytest.fixture
def roams(gateway):
    """The trunk is known by its credential alone."""
    gateway.provision(
        "UPDATE e911.trunk SET proofs = '{digest}' WHERE name = 'multicloud';"
        " SELECT e911.trunk_credential_set('multicloud', 'roamer', 'secret')")
    yield
    gateway.provision("UPDATE e911.trunk SET proofs = '{address}';"
                      " DELETE FROM e911.trunk_credential")


def caller_at(gateway, host=None):
    trunk = gateway.trunks[TRUNK]
    return contextlib.closing(RawCaller(
        host or trunk["host"], trunk["port"] if not host else 5060,
        (gateway.address, gateway.port)))


def stats(gateway):
    return {name: int(value) for name, value in
            gateway.kamailio.rpc("e911.stats").items()}


def algorithms_of(reply):
    return [re.search("algorithm=([^,]+)", v).group(1)
            for v in reply.all("WWW-Authenticate")]


def challenge_of(reply):
    """Realm and nonce of a 401."""
    lines = reply.all("WWW-Authenticate")
    assert algorithms_of(reply) == ["SHA-256", "MD5"]
    return re.search('realm="([^"]+)", nonce="([^"]+)"', lines[0]).groups()


def authorization(user, password, realm, nonce, algorithm="MD5"):
    def digest(*parts):
        make = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[algorithm]
        return make(":".join(parts).encode()).hexdigest()
    cnonce = uuid.uuid4().hex
    response = digest(digest(user, realm, password), nonce, "00000001",
                      cnonce, "auth", digest("INVITE", "sip:911@gateway"))
    return (f'Digest username="{user}", realm="{realm}", nonce="{nonce}",'
            f' uri="sip:911@gateway", response="{response}",'
            f' cnonce="{cnonce}", nc=00000001, qop=auth,'
            f' algorithm={algorithm}')


def refuse(caller, invite):
    """The final reply to a request that is refused, acknowledged."""
    caller.send(invite)
    reply = caller.final()
    caller.send(caller.request("ACK", Via=reply.header("Via"),
                               To=reply.header("To"),
                               Call_ID=reply.call_id))
    return reply


def nonce_for(gateway):
    """As a platform gets one that asks 933 first."""
    with caller_at(gateway) as caller:
        reply = refuse(caller, caller.invite(
            start="INVITE sip:933@gateway SIP/2.0"))
        assert reply.status == 401, reply.text
        return challenge_of(reply)


def served(gateway, caller, **parts):
    """The call is answered; the row of it."""
    trunk = gateway.trunks[NORTH]
    if "south" in parts:
        trunk = gateway.trunks[parts.pop("south")]
    with RawPsap(trunk["host"], trunk["port"]) as psap:
        caller.send(caller.invite(**parts))
        invite = psap.receive("INVITE")
        psap.send(psap.answer(invite))
        reply = caller.final()
        assert reply.status == 200, reply.text
        contact = re.search(r"<([^>]+)>", reply.header("Contact")).group(1)
        to = {"To": reply.header("To")}
        caller.send(caller.request("ACK", start=f"ACK {contact} SIP/2.0",
                                   **to))
        psap.receive("ACK")
        caller.send(caller.request("BYE", start=f"BYE {contact} SIP/2.0",
                                   CSeq="2 BYE", **to))
        psap.in_dialog_200(psap.receive("BYE"))
        while caller.receive().cseq_method != "BYE":
            pass
    gateway.check_idle()
    return gateway.postgres.query(
        "SELECT o.name AS organization, t.name AS trunk, c.call_id"
        "  FROM e911.call c LEFT JOIN e911.organization o"
        " USING (organization_id) LEFT JOIN e911.trunk t"
        "    ON t.trunk_id = c.trunk_id ORDER BY c.started_at DESC LIMIT 1")[0]


# What is sent in answer to the challenge; whose the call is then.
ANSWERS = {"none": (None, OWN), "garbage": ("Digest x", OWN),
           "another scheme": ("Basic Z2VuZXN5czpzZWNyZXQ=", OWN),
           "right": (("genesys", "secret", "MD5"), CLAIMED),
           "right by SHA-256": (("genesys", "secret", "SHA-256"), CLAIMED),
           "wrong password": (("genesys", "guess", "MD5"), OWN),
           "unknown user": (("nobody", "secret", "MD5"), OWN),
           "another trunk's": (("other", "secret", "MD5"), OWN),
           "another realm": ('Digest realm="platform"', OWN),
           # Of before a start, or of the other node.
           "right, a nonce that is not known":
               (("genesys", "secret", "MD5", "0" * 48), CLAIMED),
           "wrong, a nonce that is not known":
               (("genesys", "guess", "MD5", "0" * 48), OWN)}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_911_is_served_whatever_it_shows(gateway, wants_digest, name):
    """... but is not believed whose it is, unless the credential is right."""
    answer, organization = ANSWERS[name]
    realm, nonce = nonce_for(gateway)
    if isinstance(answer, tuple):
        user, password, algorithm, *made_up = answer
        answer = authorization(user, password, realm, *(made_up or [nonce]),
                               algorithm)
    before = stats(gateway)
    with caller_at(gateway) as caller:
        where = {"south": "psap-south"} if organization == CLAIMED else {}
        row = served(gateway, caller, Authorization=answer,
                     E911_Organization_ID=CLAIM, **where)
    assert (row["organization"], row["trunk"]) == (organization, TRUNK)
    missed = int(organization == OWN)
    after = stats(gateway)
    assert after["credentials_missed"] - before["credentials_missed"] == missed
    assert after["credentials_asked"] == before["credentials_asked"]
    told = gateway.postgres.query(
        "SELECT story FROM e911.call_story WHERE kind = 'security.credential'"
        " AND call_id = %s", (row["call_id"],))
    assert len(told) == missed
    assert all(f'"{TRUNK}" wants' in t["story"] for t in told), told


def test_a_test_call_shows_whether_the_credential_is_right(gateway,
                                                           wants_digest):
    realm, nonce = nonce_for(gateway)
    start = "INVITE sip:933@gateway SIP/2.0"
    with caller_at(gateway) as caller:
        reply = refuse(caller, caller.invite(
            start=start, Authorization=authorization("genesys", "guess",
                                                     realm, nonce)))
        assert reply.status == 401
        assert "stale" not in reply.text  # it would try the same again
    with caller_at(gateway) as caller:
        reply = refuse(caller, caller.invite(
            start=start, Authorization=authorization("genesys", "secret",
                                                     realm, nonce)))
        assert reply.status == 503  # nobody reads the address back yet
    gateway.check_idle()


def test_a_credential_is_known_from_anywhere(gateway, roams):
    """A stranger is asked once; with a wrong answer it hears 403."""
    host = gateway.block.address(221)
    before = stats(gateway)
    with caller_at(gateway, host) as caller:
        asked = refuse(caller, caller.invite())
        assert asked.status == 401
        realm, nonce = challenge_of(asked)
    with caller_at(gateway, host) as caller:
        wrong = refuse(caller, caller.invite(Authorization=authorization(
            "roamer", "guess", realm, nonce)))
        assert wrong.status == 403
    with caller_at(gateway, host) as caller:
        foreign = refuse(caller, caller.invite(Authorization=authorization(
            "roamer", "secret", realm, "0" * 48)))
        assert foreign.status == 401
        assert "stale=true" in foreign.text
    for other in ("Basic cm9hbWVyOnNlY3JldA==", "Bearer x", "Digest x",
                  authorization("roamer", "secret", "platform", nonce)):
        with caller_at(gateway, host) as caller:
            asked = refuse(caller, caller.invite(Authorization=other))
            assert asked.status == 401, other
            assert "stale" not in asked.text
    with caller_at(gateway, host) as caller:
        row = served(gateway, caller, X_Employee_ID="E1008",
                     Authorization=authorization("roamer", "secret", realm,
                                                 nonce))
    assert row["trunk"] == "multicloud"
    after = stats(gateway)
    assert after["credentials_asked"] - before["credentials_asked"] == 6
    assert after["sources_unknown"] - before["sources_unknown"] == 1


def test_a_user_without_a_hash_is_asked_for_the_other(gateway, roams):
    """SHA-256 is the topmost, but of this user only MD5 is known."""
    host = gateway.block.address(221)
    gateway.provision("UPDATE e911.trunk_credential SET ha1_sha256 = NULL")
    with caller_at(gateway, host) as caller:
        realm, nonce = challenge_of(refuse(caller, caller.invite()))
    with caller_at(gateway, host) as caller:
        again = refuse(caller, caller.invite(Authorization=authorization(
            "roamer", "secret", realm, nonce, "SHA-256")))
        assert again.status == 401
        assert algorithms_of(again) == ["MD5"]
    with caller_at(gateway, host) as caller:
        row = served(gateway, caller, X_Employee_ID="E1008",
                     Authorization=authorization("roamer", "secret", realm,
                                                 nonce, "MD5"))
    assert row["trunk"] == "multicloud"


def test_where_nobody_roams_a_stranger_is_not_asked(gateway, wants_digest):
    with caller_at(gateway, gateway.block.address(220)) as caller:
        assert refuse(caller, caller.invite()).status == 403
