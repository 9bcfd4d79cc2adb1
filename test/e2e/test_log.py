# SPDX-License-Identifier: GPL-2.0-or-later
"""What strangers write into a request cannot forge a line of a log, command a
terminal or stand there as somebody's number or name."""
import re

import pytest

from harness import Crowd
from harness.rawcaller import RawCaller

# Controls of C0 and C1 (also as UTF-8), formats, what looks like a line.
HOSTILE = ("\x1b]0;owned\x07\x1b[2J%n%n%s%x\x7f\x08\x0b\x0c\t\u009b31m"
           "\u2028\u202eforged-marker")
FOLD = "\r\n <3>publisher: forged-marker\r\n\t"
PERSON = "kanarienvogel"
NUMBER = "+12065550177"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffd]")

HEADERS = ["User-Agent", "Subject", "P-Asserted-Identity",
           "Remote-Party-ID", "E911-Organization-ID", "ININAttr",
           "X-Genesys-CallUUID", "x-inin-cnv", "Geolocation", "Call-Info",
           "Geolocation-Routing", "P-Access-Network-Info", "Allow",
           "Supported", "Accept", "Session-Expires", "Min-SE", "User-to-User",
           "Diversion", "History-Info", "Reason", "Priority", "Organization",
           "Resource-Priority", "Date", "X-None-Knows"]
PARTS = {
    "start": "INVITE sip:911{}@{at} SIP/2.0",
    "From": '"{}" <sip:4102@{host}>;tag=x{mark}{}',
    "To": '"{}" <sip:911@{at}>',
    "Contact": '"{}" <sip:{number}@{host}:{port}>;x="{}"',
    "Call_ID": "{}-{mark}",
    "Via": "SIP/2.0/UDP {host}:{port};branch=z9hG4bKlog{mark};x={}",
    "Content_Type": "application/sdp;x={}",
    "Max_Forwards": "70{}",
    "CSeq": "1 INVITE{}",
}
# Kamailio cannot take what is no SIP there, and answers nothing.
UNPARSABLE = {"start", "Via", "CSeq"}


@pytest.fixture
def logs(gateway):
    """What the two logs have said since now."""
    paths = {"kamailio": gateway.kamailio.log, "e911d": gateway.sidecar.log}
    begin = {}
    for name, path in paths.items():
        with open(path, "rb") as log:
            begin[name] = len(log.read())

    def read():
        said = {}
        for name, path in paths.items():
            with open(path, "rb") as log:
                log.seek(begin[name])
                said[name] = log.read().decode("utf-8", "replace")
        return said
    return read


def invites(caller):
    """One that is hostile in each place by itself, and in all headers."""
    own = {"at": caller.at, "host": caller.host, "port": caller.port,
           "number": NUMBER}
    for name, form in PARTS.items():
        for n, text in enumerate((HOSTILE, HOSTILE + FOLD + HOSTILE)):
            mark = f"{name}-{n}"
            parts = {"Call_ID": f"log-{mark}-{caller.mark}",
                     name: form.format(text, text, mark=mark, **own)}
            yield (parts["Call_ID"], caller.invite(**parts),
                   name not in UNPARSABLE)
    for n, name in enumerate(HEADERS):
        value = HOSTILE + FOLD + f'"{PERSON}" <sip:{NUMBER}@x>' + HOSTILE
        call_id = f"log-h{n}-{caller.mark}"
        yield call_id, caller.invite(f"{name}: {value}\r\n",
                                     Call_ID=call_id), True
    call_id = f"log-all-{caller.mark}"
    yield call_id, caller.invite(
        "".join(f"{name}: {HOSTILE}\r\n" for name in HEADERS),
        Call_ID=call_id), True


def lines_of_ours(text):
    """Those of the module, without Kamailio's own prefix."""
    return [line[line.index(" e911: ") + 7:] for line in text.splitlines()
            if " e911: " in line]


def test_no_line_is_forged(gateway, logs):
    """Each request that can be parsed is a call; each line of ours is one
    line, of printable characters, that names nobody."""
    trunk, psap = (gateway.trunks[name] for name in ("genesys-cloud",
                                                     "psap-north"))
    caller = RawCaller(trunk["host"], trunk["port"],
                       (gateway.address, gateway.port))
    refused = {}
    with Crowd("psap", psap["host"], gateway.port,
               (gateway.address, gateway.port), "udp", gateway.authority):
        try:
            for call_id, text, is_parsable in invites(caller):
                caller.call_id = call_id
                if not is_parsable:
                    caller.send(text)
                    continue
                reply = caller.call(text)
                if reply.status != 200:
                    refused[call_id] = reply.status
        finally:
            caller.close()
    assert not refused
    # All events have come to e911d, and have gone through it: calls end after
    # their last request is answered.
    gateway.check_idle(20)
    gateway.ended_call(f"log-all-{caller.mark}")
    said = logs()
    ours = lines_of_ours(said["kamailio"])
    assert ours, said["kamailio"]
    for line in ours:
        assert re.fullmatch(r"[ -~]+", line), repr(line)
        assert not line.startswith("forged"), line
        for secret in (PERSON, NUMBER, "Okafor", "Mill St"):
            assert secret not in line, line
    for line in said["e911d"].splitlines():
        assert re.match(r"<[3-7]>[a-z0-9]+: ", line), repr(line)
        assert not CONTROL.search(line), repr(line)
        assert "forged-marker" not in line, line
        for secret in (PERSON, NUMBER, "Okafor", "Mill St"):
            assert line.startswith("<7>") or secret not in line, line
    # Kamailio's parser does not show whole requests.
    assert "parse_msg: message=" not in said["kamailio"]
    check_call(gateway, f"log-all-{caller.mark}")


def check_call(gateway, call_id):
    """PostgreSQL has a line for each value too."""
    call = gateway.postgres.query("SELECT * FROM e911.call"
                                  " WHERE sip_call_id_a = %s", call_id)
    assert len(call) == 1 and call[0]["outcome"] == "answered"
    for name, value in call[0].items():
        if isinstance(value, str):
            assert not CONTROL.search(value), (name, value)
            assert "\n" not in value and "\t" not in value, (name, value)
