# SPDX-License-Identifier: GPL-2.0-or-later
"""What a trunk's profile lets pass, byte by byte: what scenarios cannot say."""
import contextlib
import os
import re
import shutil
import socket
import subprocess
import threading
import xml.etree.ElementTree as ElementTree

import pytest

from harness import wait_until
from harness.rawcaller import SDP, RawCaller
from test_unreach import TcpPsap, hang_up, talk

# A folder with gcs-pidflo.xsd and the schemas that it imports.
SCHEMAS = os.environ.get("E911_PIDF_LO_SCHEMAS", "")
PSAP = "psap-north"


class RawCallee:
    """A PSAP that keeps each request as bytes, answers with 200 and a
    description, and says nothing else."""

    def __init__(self, address, port):
        self.address, self.port = address, port
        self.invites = []
        self.data = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.socket.settimeout(0.1)
        self.closing = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.closing:
            try:
                data, far = self.socket.recvfrom(65536)
            except OSError:
                continue
            self.data.append(data)
            if data.startswith(b"INVITE"):
                self.invites.append(data)
            if not data.startswith((b"ACK", b"SIP/2.0")):
                self.socket.sendto(self._answer(data), far)

    def _answer(self, data):
        head = data.split(b"\r\n\r\n")[0].decode("utf-8", "replace")
        lines = ["SIP/2.0 200 OK"]
        for line in head.split("\r\n"):
            name = line.partition(":")[0].lower()
            if name in ("via", "from", "call-id", "cseq"):
                lines.append(line)
            elif name == "to":
                lines.append(line if "tag=" in line else line + ";tag=raw")
        body = (SDP.format(address=self.address)
                if data.startswith(b"INVITE") else "")
        lines += [f"Contact: <sip:psap@{self.address}:{self.port}>",
                  "Content-Type: application/sdp",
                  f"Content-Length: {len(body)}"]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def close(self):
        self.closing = True
        self.thread.join(5)
        self.socket.close()


@contextlib.contextmanager
def profile(gateway, name):
    """The PSAP's trunk has this profile meanwhile."""
    gateway.provision(f"UPDATE e911.trunk SET profile = '{name}'"
                      f" WHERE name = '{PSAP}'")
    try:
        yield
    finally:
        gateway.provision("UPDATE e911.trunk SET profile = NULL"
                          f" WHERE name = '{PSAP}'")


def call(gateway, make, alone=True):
    """Place a call; the bytes of the INVITE that the PSAP got, and all."""
    trunk, origin = gateway.trunks[PSAP], gateway.trunks["genesys-cloud"]
    callee = RawCallee(trunk["host"], trunk["port"])
    caller = RawCaller(origin["host"], origin["port"],
                       (gateway.address, gateway.port))
    try:
        reply = caller.call(make(caller))
        assert reply.status == 200, reply.text
        wait_until(lambda: any(d.startswith(b"BYE") for d in callee.data),
                   "the PSAP has the BYE", 30, gateway.services())
    finally:
        caller.close()
        callee.close()
    if alone:
        gateway.check_idle()
    return callee.invites[0], b"".join(callee.data)


# ---- bodies ----

# Odd line ends, all bytes, a delimiter that is none, a multipart inside
# without its end, and an epilogue.
ODD = (b"preamble\n--b\r\nContent-Type: application/sdp\r\n\r\n"
       b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\r\n"
       b"--b\nContent-Type: multipart/alternative; boundary=\"b1 x\"\n\n"
       b"--b1 x\r\nContent-Type: application/isup\r\n"
       b"Content-Transfer-Encoding: binary\r\n\r\n"
       + bytes(range(256)) + b"\r\r\n--bb\n\n--b--\r\nepilogue\x00\r")


def odd_invite(caller):
    head = caller.request("INVITE", Content_Type="multipart/mixed;boundary=b",
                          Content_Length=str(len(ODD)))
    return head.encode() + ODD


def body_of(invite):
    return invite.partition(b"\r\n\r\n")[2]


def test_a_body_crosses_byte_for_byte(gateway):
    """To a pbx trunk: nested, binary, malformed as it may be."""
    with profile(gateway, "pbx"):
        invite, _ = call(gateway, odd_invite)
    assert body_of(invite) == ODD
    assert b"\r\nContent-Type: multipart/mixed;boundary=b\r\n" in invite


def test_parts_are_added_without_touching_the_others(gateway):
    """To an ESInet: the caller's bytes stand before and behind ours."""
    with profile(gateway, "i3"):
        invite, _ = call(gateway, odd_invite)
    body, at = body_of(invite), ODD.index(b"--b--\r\nepilogue")
    assert body.startswith(ODD[:at]) and body.endswith(ODD[at:])
    assert b"<A3>Ashgrove</A3>" in body[at:]


# ---- what an ESInet reads ----

def parts(body):
    """{media type: content} of a body that we composed."""
    boundary = re.match(rb"--(\S+)\r\n", body).group(1)
    found = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        kind = re.search(rb"Content-Type: (\S+)", head).group(1).decode()
        found[kind] = content[:-2]
    return found


def test_an_esinet_gets_sound_xml(gateway, tmp_path):
    """Well-formed, and valid where the schemas are at hand."""
    with profile(gateway, "i3"):
        invite, _ = call(gateway, lambda caller: caller.invite())
    found = parts(body_of(invite))
    assert found.pop("application/sdp").startswith(b"v=0\r\n")
    assert set(found) == {
        "application/pidf+xml",
        "application/EmergencyCallData.ProviderInfo+xml",
        "application/EmergencyCallData.ServiceInfo+xml",
        "application/EmergencyCallData.SubscriberInfo+xml"}
    for content in found.values():
        ElementTree.fromstring(content)
    civic = ElementTree.fromstring(found["application/pidf+xml"]).find(
        ".//{urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr}civicAddress")
    assert [c.tag.partition("}")[2] for c in civic][:4] == \
        ["country", "A1", "A2", "A3"]
    if shutil.which("xmllint") and os.path.isdir(SCHEMAS):
        document = tmp_path / "location.xml"
        document.write_bytes(found["application/pidf+xml"])
        done = subprocess.run(
            ["xmllint", "--noout", "--nonet", "--schema",
             os.path.join(SCHEMAS, "gcs-pidflo.xsd"), document],
            capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def heavy_invite(caller, kilobytes):
    """With a location of the caller's own of so many kB."""
    content = "".join(f"<!--{n:<1015}-->" for n in range(kilobytes))
    body = ("--b\r\nContent-Type: application/sdp\r\n\r\n"
            + SDP.format(address=caller.address)
            + "\r\n--b\r\nContent-Type: application/pidf+xml\r\n"
            "Content-ID: <here@tenant>\r\n\r\n"
            f"<presence>{content}</presence>\r\n--b--\r\n")
    return body, caller.invite(
        body=body, Content_Type="multipart/mixed;boundary=b",
        Geolocation="<cid:here@tenant>")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("kilobytes", [0, 24])
def test_an_esinet_over_tcp_gets_it_whole(gateway, transport, kilobytes):
    """Our own location, and one of the caller's that is larger than a segment
    and a datagram of any network."""
    over = f"UPDATE e911.trunk SET transport = '{{}}' WHERE name = '{PSAP}'"
    origin = gateway.trunks["genesys-cloud"]
    with profile(gateway, "i3"):
        gateway.provision(over.format("tcp"))
        caller = RawCaller(origin["host"], origin["port"],
                           (gateway.address, gateway.port), transport)
        body, text = heavy_invite(caller, kilobytes) if kilobytes \
            else ("", caller.invite())
        try:
            with TcpPsap(gateway.trunks[PSAP]["host"],
                         gateway.trunks[PSAP]["port"]) as psap:
                invite, reply = talk(caller, psap, text)
                hang_up(gateway, caller, psap, reply)
                psap.cut()
        finally:
            gateway.provision(over.format("udp"))
    assert len(invite.text) > 1300 + len(body)
    assert int(invite.header("Content-Length")) == len(invite.body)
    assert invite.header("Via").startswith("SIP/2.0/TCP ")
    assert re.match(r"<sip:[0-9.:]+;transport=tcp;lr>",
                    invite.header("Route"))
    assert invite.request_uri == "urn:service:sos"
    if body:
        assert invite.body.startswith(body[:-len("--b--\r\n")])
    else:
        assert "<A3>Ashgrove</A3>" in invite.body
    gateway.check_idle()


# ---- smuggling ----

# However a name is written, it and what stands behind it stay behind.
SMUGGLED = {
    "case": b"x-SECRET: smuggled\r\n",
    "blank-before-colon": b"X-Secret : smuggled\r\n",
    "fold-before-colon": b"X-Secret\r\n : smuggled\r\n",
    "fold-of-a-good-one": b"Priority: emergency\r\n X-Secret: smuggled\r\n",
    "nul-in-name": b"X-Sec\0ret: smuggled\r\n",
    "nul-before-name": b"\0X-Secret: smuggled\r\n",
    "no-break-space": b"X-Secret\xc2\xa0: smuggled\r\n",
    "latin-1-no-break-space": b"X-Secret\xa0: smuggled\r\n",
    "vertical-tab": b"X-Secret\x0b: smuggled\r\n",
    "vertical-tab-behind-a-good-one":
        b"Priority: emergency\x0bX-Secret: smuggled\r\n",
    "lf-only": b"Priority: emergency\nX-Secret: smuggled\r\n",
    "cr-only": b"Priority: emergency\rX-Secret: smuggled\r\n",
    "empty-then-full": b"User-to-User:\r\nUser-to-User: smuggled\r\n",
    "empty-good-one-then-full": b"Subject:\r\ns: smuggled\r\n",
    "good-name-behind-a-bad-line": b"smuggled\r\nPriority: emergency\r\n",
    "compact": b"s: smuggled\r\nr: <sip:smuggled@x>\r\nb: <sip:smuggled@x>\r\n",
    "name-that-begins-like-a-good-one": b"Priority-X: smuggled\r\n",
    "colon-in-front": b": smuggled\r\n:X-Secret: smuggled\r\n",
    "in-a-call-info": b"Call-Info: <https://smuggled>;purpose=icon;"
                      b"x=EmergencyCallData.\r\n",
}
# What cannot be told from a value of a header that may cross.
VALUE_OF_A_GOOD_ONE = {"fold-of-a-good-one"}


@pytest.mark.parametrize("name", ["legacy", "pbx", "i3"])
def test_no_spelling_of_a_name_crosses(gateway, name):
    """Whatever the profile: the call goes out, the name does not."""
    with profile(gateway, name):
        for spelling, lines in SMUGGLED.items():
            def make(caller, lines=lines):
                invite = caller.invite().encode()
                head, end, body = invite.partition(b"\r\n\r\n")
                return head + b"\r\n" + lines.rstrip(b"\r\n") + end + body
            _, said = call(gateway, make, alone=False)
            if spelling in VALUE_OF_A_GOOD_ONE:
                assert not re.search(rb"\n\s*X-Secret", said), spelling
            else:
                assert b"smuggled" not in said, (spelling, said)
                assert b"secret" not in said.lower(), (spelling, said)
    gateway.check_idle()
