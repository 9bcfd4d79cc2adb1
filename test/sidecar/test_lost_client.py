# SPDX-License-Identifier: GPL-2.0-or-later
"""Kamailio's own module `lost` as a client of our LoST server.

Its function says 200, 400 or 500, each of which is true in an `if`."""
import os
import re
import socket

import pytest

from harness.kamailio import module_path, program
from harness.process import Process
from harness.wait import wait_until
from test_lost import Server, addressfile

CONFIG = """#!KAMAILIO
debug=2
log_stderror=yes
children=1
disable_tcp=yes
listen=udp:127.0.0.1:{port}
mpath="{modules}"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "textopsx.so"
loadmodule "siputils.so"
loadmodule "http_client.so"
loadmodule "lost.so"
modparam("http_client", "httpcon", "lost=>http://127.0.0.1:{lost}/lost")
request_route {{
    $var(uri) = "none";
    $var(name) = "none";
    $var(error) = "none";
    lost_query("lost", "$rb", "$ru", "$var(uri)", "$var(name)",
               "$var(error)");
    $var(rc) = $rc;
    append_to_reply("X-Lost: $var(rc)|$var(uri)|$var(name)|$var(error)\\r\\n");
    sl_send_reply("200", "OK");
}}
"""

PIDF = """<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf"
 xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10"
 xmlns:gml="http://www.opengis.net/gml"
 xmlns:gs="http://www.opengis.net/pidflo/1.0"
 xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" entity="pres:a@example.org">
<dm:device id="d"><gp:geopriv><gp:location-info>{}</gp:location-info>
<gp:usage-rules/></gp:geopriv></dm:device></presence>"""
SRS = 'srsName="urn:ogc:def:crs:EPSG::4326"'
POINT = PIDF.format(f"<gml:Point {SRS}><gml:pos>{{}}</gml:pos></gml:Point>")
CIVIC = PIDF.format(
    '<ca:civicAddress xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr'
    '" xml:lang="en"><ca:country>US</ca:country><ca:A1>WA</ca:A1>'
    "<ca:A3>Ashgrove</ca:A3><ca:PRD>N</ca:PRD><ca:RD>Mill</ca:RD>"
    "<ca:STS>St</ca:STS><ca:HNO>{}</ca:HNO></ca:civicAddress>")
CIRCLE = PIDF.format(
    f"<gs:Circle {SRS}><gml:pos>{{}}</gml:pos><gs:radius "
    'uom="urn:ogc:def:uom:EPSG::9001">100</gs:radius></gs:Circle>')


class Client:
    """A Kamailio that asks for each request, and says what it heard."""

    def __init__(self, directory, lost_port, config=CONFIG):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        path = os.path.join(directory, "client.cfg")
        with open(path, "w", encoding="utf-8") as out:
            out.write(config.format(port=self.port, lost=lost_port,
                                    modules=module_path()))
        self.process = Process(
            "kamailio", [program(), "-f", path, "-DD", "-E", "-w", directory,
                         "-Y", directory, "-m", "16"],
            os.path.join(directory, "client.log"))
        wait_until(lambda: self.send(b"\r\n\r\n", "OPTIONS") is not None,
                   "Kamailio answers", 30, [self.process])

    def send(self, body, method="MESSAGE", urn="urn:service:sos"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
            ours.bind(("127.0.0.1", 0))
            ours.settimeout(10 if method == "MESSAGE" else 0.2)
            port = ours.getsockname()[1]
            head = (f"{method} {urn} SIP/2.0\r\n"
                    f"Via: SIP/2.0/UDP 127.0.0.1:{port};"
                    f"branch=z9hG4bK{port}\r\n"
                    "Max-Forwards: 9\r\nFrom: <sip:a@example.org>;tag=1\r\n"
                    f"To: <{urn}>\r\nCall-ID: {port}@example.org\r\n"
                    f"CSeq: 1 {method}\r\n"
                    "Content-Type: application/pidf+xml\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n")
            try:
                ours.connect(("127.0.0.1", self.port))
                ours.send(head.encode() + body)
                return ours.recv(65535).decode()
            except (socket.timeout, ConnectionRefusedError):
                return None

    def ask(self, pidf, urn="urn:service:sos"):
        """Code, URI, name and error."""
        reply = self.send(pidf.encode(), urn=urn)
        self.process.check_alive()
        return tuple(re.search(r"X-Lost: (.*)\r", reply).group(1).split("|"))


@pytest.fixture(name="client")
def kamailio(e911d):
    server = Server(e911d)
    server.write((7, 17, 47, -122, 1))
    addressfile.write(os.path.join(e911d.state, "psap-addresses"))
    server.start()
    running = Client(e911d.directory, server.port)
    yield running
    running.process.kill()


def test_kamailio_finds_the_psap_of_a_point_and_of_a_circle(client):
    found = ("200", "sip:911@gw.example.org", "PSAP 17", "")
    assert client.ask(POINT.format("47.5 -121.5")) == found
    assert client.ask(CIRCLE.format("47.5 -121.5")) == found
    assert client.ask(POINT.format("47.5 -121.5"),
                      "urn:service:sos.fire") == found


def test_kamailio_finds_the_psap_of_an_address(client):
    uri = "sip:911@gw.example.org"
    assert client.ask(CIVIC.format(100)) == ("200", uri, "PSAP 11", "")
    assert client.ask(CIVIC.format(198)) == ("200", uri, "PSAP 11", "")
    # Where nothing is known of the address: who serves the state, warned.
    assert client.ask(CIVIC.format(100).replace("Ashgrove", "Cedar"))[:3] == \
        ("200", uri, "PSAP 13")
    assert client.ask(CIVIC.format(100).replace(">WA<", ">OR<")) == \
        ("500", "", "", "notFound")


def test_kamailio_hears_why_there_is_no_answer(client):
    assert client.ask(POINT.format("30 -90")) == ("500", "", "", "notFound")
    assert client.ask(POINT.format("47.5 -121.5"),
                      "urn:service:counseling") == \
        ("500", "", "", "serviceNotImplemented")
    # It is still there.
    assert client.ask(POINT.format("47.5 -121.5"))[0] == "200"
