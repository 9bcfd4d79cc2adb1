# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever a request holds, the emergency call goes out, and the events say
what was wrong."""
import os

import pytest

from harness import Sipp, wait_until
from harness.rawcaller import RawCaller
from harness.scenario import FOLDER

ORGANIZATION = "91100000-0000-4000-8000-000000000001"
NORTH, RELAY = "psap-north", "relay"
MALFORMED = "input.malformed"


def emergency_call(gateway, directory, answers, make, transport="udp"):
    """Place a call of which make(caller) gives the INVITE; the answering
    trunk 'answers' must get it.  The call's row and its kinds of events."""
    trunk = gateway.trunks[answers]
    caller_at = gateway.trunks["genesys-cloud"]
    psap = Sipp("psap", os.path.join(FOLDER, "sipp", "uas-answer.xml"),
                directory, trunk["host"], trunk["port"]).start()
    caller = RawCaller(caller_at["host"], caller_at["port"],
                       (gateway.address, gateway.port), transport)
    try:
        reply = caller.call(make(caller))
        assert reply.status == 200, reply.text
        assert psap.wait() is None
    finally:
        caller.close()
        psap.stop()
    invite = next(m for m in psap.received() if m.method == "INVITE")
    row = wait_until(lambda: ended_by_b(gateway, invite.call_id),
                     "the call has ended in SQL", 30, gateway.services())
    kinds = [e["kind"] for e in gateway.events(row["call_id"])]
    gateway.check_idle()
    return row, kinds, invite


def ended_by_b(gateway, sip_call_id):
    """The ended call whose leg B has this Call-ID: leg A's may be broken."""
    rows = gateway.postgres.query(
        "SELECT * FROM e911.call WHERE sip_call_id_b = %s"
        " AND ended_at IS NOT NULL", sip_call_id)
    return rows[0] if rows else None


def header(line):
    return lambda caller: caller.invite(headers=line + "\r\n")


BAD_HEADERS = {
    "organization-is-no-uuid": header("E911-Organization-ID: ACME-7"),
    "organization-is-empty": header("E911-Organization-ID:"),
    "ininattr-is-garbage": header('ININAttr: "uu_StationMac=;;;=\x01=,"'),
    "ininattr-is-open": header('ININAttr: "uu_StationMacAddress=00005e'),
    "user-to-user-is-no-hex": header("User-to-User: 00zz;encoding=hex"),
    "asserted-identity-is-no-uri": header("P-Asserted-Identity: <<>>;;"),
    "ten-asserted-identities": header("P-Asserted-Identity: " + ", ".join(
        f"<sip:x{n}@example.com>" for n in range(10))),
    "a-line-without-colon": header("this is no header"),
    "a-header-without-name": header(": value"),
    "unknown-headers": header("\r\n".join(
        f"X-Unknown-{n}: {n}" for n in range(300))),
    "folded": header("X-Folded: a\r\n  b\r\n\tc"),
    "utf-8-display-name": lambda caller: caller.invite(
        From=f'"J\u00f6rg \u2603" <sip:4102@{caller.address}>;tag=u8'),
    "from-of-the-manual": lambda caller: caller.invite(
        From=f"<sip:4102@{caller.address}:5060<;tag=seed002"),
    "from-without-brackets": lambda caller: caller.invite(
        From=f"sip:4102@{caller.address};tag=bare"),
    "to-of-the-manual": lambda caller: caller.invite(
        To=f'"Unknown" SIP:911@{caller.at}'),
    "from-with-a-name-without-brackets": lambda caller: caller.invite(
        From=f'"Ben" sip:4102@{caller.address};tag=bare'),
    "to-is-empty": lambda caller: caller.invite(To=""),
    "to-has-no-room": lambda caller: caller.invite(
        To="nobody").replace("To: nobody", "To:"),
    "from-with-a-backslash": lambda caller: caller.invite(
        From=f"<sip:CORP\\4102@{caller.address}>;tag=corp"),
    "to-is-garbage": lambda caller: caller.invite(To="<<>>;;\"=,"),
    "to-with-a-comment": lambda caller: caller.invite(
        To=f"<sip:911@{caller.at}> (help)"),
    "to-is-a-list": lambda caller: caller.invite(
        To="sip:911@example.com, sip:933@example.com"),
    "from-left-open": lambda caller: caller.invite(
        From=f"<sip:4102@{caller.address};tag=open"),
    "from-is-garbage": lambda caller: caller.invite(
        From='<<>>";;;=tag=x;'),
    "contact-without-brackets": lambda caller: caller.invite(
        Contact=f"sip:caller@{caller.address}:{caller.port}"),
    "max-forwards-0": lambda caller: caller.invite(Max_Forwards="0"),
    "max-forwards-twice": header("Max-Forwards: 0"),
    "from-twice": header("f: <sip:9@example.com>;tag=2"),
    "call-id-twice": header("i: another"),
    "content-length-twice": header("l: 0"),
    "content-length-is-garbage": lambda caller: caller.invite(
        Content_Length="x"),
    "content-length-is-empty": lambda caller: caller.invite(
        Content_Length=""),
    "retry-after-is-garbage": header("Retry-After: soon"),
    "no-max-forwards": lambda caller: caller.invite(Max_Forwards=None),
    "require-unknown": header("Require: something-else"),
    "body-is-no-sdp": lambda caller: caller.invite(
        Content_Type="text/plain", body="help\r\n"),
    "body-is-empty": lambda caller: caller.invite(body=""),
    "multipart-without-end": lambda caller: caller.invite(
        Content_Type="multipart/mixed;boundary=b",
        body="--b\r\nContent-Type: application/sdp\r\n\r\n"
             "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"),
}


@pytest.mark.parametrize("name", BAD_HEADERS)
def test_the_call_goes_out(gateway, messages, name):
    """By the trunk's default organisation, to a PSAP or the relay centre."""
    where = RELAY if name in LOSES_THE_CALLER else NORTH
    row, kinds, invite = emergency_call(gateway, messages, where,
                                        BAD_HEADERS[name])
    assert row["outcome"] == "answered"
    assert row["organization_id"] == 1
    for hidden in ("ININAttr", "E911-Organization-ID", "User-to-User"):
        assert not invite.has(hidden), invite.text
    if name in TOLD:
        assert set(kinds) & TOLD[name], kinds


# Who calls cannot be told: the asserted identity is a stranger's, or nobody's.
LOSES_THE_CALLER = {"ten-asserted-identities", "from-is-garbage",
                    "from-with-a-backslash"}
# Which bad input is told of, and how.
TOLD = {
    "organization-is-no-uuid": {"security.organization", MALFORMED},
    "ininattr-is-garbage": {MALFORMED},
    "user-to-user-is-no-hex": {MALFORMED},
    "asserted-identity-is-no-uri": {MALFORMED},
}


@pytest.mark.parametrize("name", ["to-of-the-manual", "to-is-garbage",
                                  "from-left-open"])
def test_an_address_is_mended_over_tcp_too(gateway, messages, name):
    row, _, _ = emergency_call(gateway, messages, NORTH, BAD_HEADERS[name],
                               transport="tcp")
    assert row["outcome"] == "answered"


@pytest.mark.parametrize("size", [16000, 60000])
def test_a_huge_header_over_tcp(gateway, messages, size):
    row, _, invite = emergency_call(
        gateway, messages, NORTH,
        lambda caller: caller.invite(headers=f"X-Huge: {'x' * size}\r\n"),
        transport="tcp")
    assert row["outcome"] == "answered"
    assert not invite.has("X-Huge")


def test_a_huge_display_name(gateway, messages):
    row, _, _ = emergency_call(
        gateway, messages, NORTH,
        lambda caller: caller.invite(
            From=f'"{"x" * 20000}" <sip:4102@{caller.address}>;tag=big'),
        transport="tcp")
    assert row["outcome"] == "answered"
