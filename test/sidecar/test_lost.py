# SPDX-License-Identifier: GPL-2.0-or-later
"""LoST over HTTP: what clients hear, and what they cannot do."""
import http.client
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import pytest

from harness.authority import Authority
from harness.wait import wait_until

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "test", "lib"))
import addressfile  # noqa: E402  (the path comes first)
import areafile  # noqa: E402
from locatewire import Asker  # noqa: E402

LOST = "{urn:ietf:params:xml:ns:lost1}"
SCHEMA = os.path.join(
    os.environ.get("E911_SCHEMAS") or
    os.path.join(TOP, "..", "shared", "data", "schemas"),
    "lost", "lost-rng.xml")


def location(lat, lon):
    return ('<location id="here" profile="geodetic-2d"><p:Point xmlns:p='
            '"http://www.opengis.net/gml" srsName="urn:ogc:def:crs:EPSG::4326">'
            f'<p:pos>{lat} {lon}</p:pos></p:Point></location>')


def find_service(lat, lon, service="urn:service:sos", attributes=""):
    return (f'<findService xmlns="urn:ietf:params:xml:ns:lost1" {attributes}>'
            f'{location(lat, lon)}<service>{service}</service></findService>')


class Server:
    """e911d with LoST on and without PostgreSQL, and the areas that it has
    kept."""

    def __init__(self, e911d):
        self.postgres = e911d.settings["postgres"]
        e911d.settings["postgres"] = "host=127.0.0.1 port=1"
        self.e911d = e911d
        self.areas = os.path.join(e911d.state, "psap-areas")
        self.port = 0
        self.tls = None
        self.kept = []  # connections
        e911d.settings.update({
            "http_listen": "127.0.0.1:0", "lost_source": "gw.example.org",
            "lost_uri": "sip:911@gw.example.org",
            "http_rate": 0, "psap_nearest_m": 5000})

    def write(self, *areas):
        """(boundary, psap, lat, lon, size): squares."""
        areafile.write(self.areas, [
            (boundary, psap, [(areafile.square(lat, lon, size), False)])
            for boundary, psap, lat, lon, size in areas])

    def start(self):
        self.e911d.start()
        self.e911d.wait_log("http: listens on")
        line = [line for line in self.e911d.log_text().splitlines()
                if "http: listens on" in line][-1]
        self.port = int(line.split("port ")[1].split(",")[0])
        return self

    def connect(self):
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port,
                                               timeout=30, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def request(self, body, path="/lost", method="POST"):
        """Status, headers and body of the response."""
        connection = self.connect()
        connection.request(method, path, body,
                           {"Content-Type": "application/lost+xml"})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, response.headers, text

    def ask(self, body):
        """The root of the answer, which validates."""
        status, headers, text = self.request(body)
        assert status == 200
        assert headers["Content-Type"] == \
            "application/lost+xml; charset=utf-8"
        validate(text)
        return ElementTree.fromstring(text)


def validate(text):
    if not os.path.exists(SCHEMA):
        print(f"not validated: there is no {SCHEMA}")
        return
    done = subprocess.run(["xmllint", "--noout", "--relaxng", SCHEMA, "-"],
                          input=text, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr + text


@pytest.fixture(name="server")
def server_of(e911d):
    one = Server(e911d)
    yield one
    for connection in one.kept:
        connection.close()


@pytest.fixture(name="lost")
def running_server(server):
    server.write((7, 17, 47, -122, 1), (8, 18, 48, -122, 1))
    return server.start()


def mapping_of(root):
    assert root.tag == LOST + "findServiceResponse"
    return root.find(LOST + "mapping")


def error_of(root):
    assert root.tag == LOST + "errors"
    assert root.get("source") == "gw.example.org"
    return [child.tag.removeprefix(LOST) for child in root]


def warnings_of(root):
    return [child.tag.removeprefix(LOST)
            for child in root.findall(LOST + "warnings/*")]


# ---- answers ----

def test_a_point_has_its_psap(lost):
    root = lost.ask(find_service(47.5, -121.5))
    mapping = mapping_of(root)
    assert mapping.get("sourceId") == "psap-17"
    assert mapping.get("source") == "gw.example.org"
    assert mapping.get("expires") > mapping.get("lastUpdated")
    assert mapping.find(LOST + "service").text == "urn:service:sos"
    assert mapping.find(LOST + "uri").text == "sip:911@gw.example.org"
    assert mapping.find(LOST + "serviceNumber").text == "911"
    assert mapping.find(LOST + "serviceBoundaryReference").get("key") == "b-7"
    assert root.find(LOST + "locationUsed").get("id") == "here"
    assert [via.get("source") for via in root.findall(LOST + "path/*")] == \
        ["gw.example.org"]
    assert not warnings_of(root)
    other = lost.ask(find_service(48.5, -121.5))
    assert mapping_of(other).get("sourceId") == "psap-18"


def test_a_boundary_is_given_by_value_and_by_reference(lost):
    points = ["47.00000000 -122.00000000", "47.00000000 -121.00000000",
              "48.00000000 -121.00000000", "48.00000000 -122.00000000",
              "47.00000000 -122.00000000"]
    tag = ".//{http://www.opengis.net/gml}pos"
    value = lost.ask(find_service(47.5, -121.5, attributes=
                                  'serviceBoundary="value"'))
    assert [p.text for p in mapping_of(value).findall(tag)] == points
    reference = lost.ask('<getServiceBoundary key="b-7" '
                         'xmlns="urn:ietf:params:xml:ns:lost1"/>')
    assert reference.tag == LOST + "getServiceBoundaryResponse"
    assert [p.text for p in reference.findall(tag)] == points
    for key in "b-9", "b-", "7", "b-99999999999999999999", "../7":
        assert error_of(lost.ask(f'<getServiceBoundary key="{key}"/>')) == \
            ["notFound"]


def test_other_services_have_the_answer_of_sos(lost):
    for service in "urn:service:sos.police", "urn:emergency:service:sos":
        root = lost.ask(find_service(47.5, -121.5, service))
        assert mapping_of(root).find(LOST + "service").text == \
            "urn:service:sos"
        assert warnings_of(root) == ["serviceSubstitution"]
    for service in "urn:service:sosx", "urn:service:counseling":
        assert error_of(lost.ask(find_service(47.5, -121.5, service))) == \
            ["serviceNotImplemented"]


def test_a_place_outside_has_the_nearest_or_none(lost):
    root = lost.ask(find_service(46.99, -121.5))
    assert mapping_of(root).get("sourceId") == "psap-17"
    assert warnings_of(root) == ["defaultMappingReturned"]
    assert error_of(lost.ask(find_service(30, -90))) == ["notFound"]


def test_services_are_listed(lost):
    def services(root, name):
        assert root.tag == LOST + name
        return (root.find(LOST + "serviceList").text or "").split()

    assert services(lost.ask("<listServices/>"), "listServicesResponse") == \
        ["urn:service:sos"]
    assert services(lost.ask("<listServices><service>urn:service:sos"
                             "</service></listServices>"),
                    "listServicesResponse") == []
    name = "listServicesByLocation"
    assert services(lost.ask(f"<{name}>{location(47.5, -121.5)}</{name}>"),
                    name + "Response") == ["urn:service:sos"]
    assert services(lost.ask(f"<{name}>{location(30, -90)}</{name}>"),
                    name + "Response") == []


def civic(**elements):
    text = "".join(f"<{name}>{value}</{name}>"
                   for name, value in elements.items())
    return ('<location id="here" profile="civic"><civicAddress xmlns='
            '"urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr">'
            f'{text}</civicAddress></location>')


def find_civic(attributes='validateLocation="true"', **elements):
    return (f'<findService xmlns="urn:ietf:params:xml:ns:lost1" {attributes}>'
            f'{civic(**elements)}<service>urn:service:sos</service>'
            '</findService>')


def checked(root):
    """Elements that are valid, invalid and unchecked."""
    found = root.find(LOST + "locationValidation")
    return [found.find(LOST + name).text or ""
            for name in ("valid", "invalid", "unchecked")]


MILL_100 = {"country": "US", "A1": "WA", "A3": "Ashgrove", "PRD": "N",
            "RD": "Mill", "STS": "Street", "HNO": "100"}


@pytest.fixture(name="town")
def server_with_addresses(server):
    """N Mill St 100 to 198 is PSAP 11's, the county 12's, the state 13's."""
    addressfile.write(os.path.join(server.e911d.state, "psap-addresses"))
    server.write((7, 17, 47, -122, 1))
    return server.start()


def test_an_address_has_its_psap_and_is_validated(town):
    root = town.ask(find_civic(**MILL_100, FLR="3"))
    assert mapping_of(root).get("sourceId") == "psap-11"
    assert mapping_of(root).find(LOST + "uri").text == "sip:911@gw.example.org"
    assert checked(root) == [
        "c:country c:A1 c:A3 c:PRD c:RD c:STS c:HNO", "", "c:FLR"]
    assert not warnings_of(root)
    root = town.ask(find_civic("", **MILL_100))
    assert mapping_of(root).get("sourceId") == "psap-11"
    assert root.find(LOST + "locationValidation") is None


def test_an_address_that_is_none_has_a_psap_all_the_same(town):
    root = town.ask(find_civic(**dict(MILL_100, HNO="101")))
    assert mapping_of(root).get("sourceId") == "psap-11"
    assert checked(root) == ["c:country c:A1 c:A3 c:PRD c:RD c:STS", "c:HNO",
                             ""]
    root = town.ask(find_civic(**dict(MILL_100, RD="Depot", A2="King County")))
    assert mapping_of(root).get("sourceId") == "psap-12"
    assert checked(root) == ["c:country c:A1 c:A3", "c:RD",
                             "c:A2 c:PRD c:STS c:HNO"]
    assert warnings_of(root) == ["defaultMappingReturned"]
    root = town.ask(find_civic(country="US", A1="Washington", A3="Cedar"))
    assert mapping_of(root).get("sourceId") == "psap-13"
    assert checked(root) == ["c:country c:A1", "", "c:A3"]
    assert error_of(town.ask(find_civic(country="US", A1="OR"))) == \
        ["notFound"]
    assert error_of(town.ask(find_civic(country="DE", A1="Bayern"))) == \
        ["notFound"]


def test_the_boundary_of_an_address(town):
    tag = ("{urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr}"
           "civicAddress/*")
    value = town.ask(find_civic('serviceBoundary="value"', **MILL_100))
    boundary = mapping_of(value).find(LOST + "serviceBoundary")
    assert boundary.get("profile") == "civic"
    said = [(e.tag.split("}")[1], e.text) for e in boundary.findall(tag)]
    assert sorted(said) == sorted(MILL_100.items())
    key = mapping_of(town.ask(find_civic("", **MILL_100))).find(
        LOST + "serviceBoundaryReference").get("key")
    root = town.ask(f'<getServiceBoundary key="{key}"/>')
    assert root.tag == LOST + "getServiceBoundaryResponse"
    again = root.find(LOST + "serviceBoundary")
    assert [(e.tag.split("}")[1], e.text) for e in again.findall(tag)] == said
    # A house that is none has no boundary, nor has a guess.
    for elements in dict(MILL_100, HNO="101"), dict(MILL_100, A3="Cedar"):
        mapping = mapping_of(town.ask(find_civic("", **elements)))
        assert mapping.find(LOST + "serviceBoundaryReference") is None
    forged = key.replace("313030", "313031")        # 101
    assert forged != key
    assert error_of(town.ask(f'<getServiceBoundary key="{forged}"/>')) == \
        ["notFound"]


def test_services_of_an_address_are_listed(town):
    name = "listServicesByLocation"
    for elements, want in ((MILL_100, "urn:service:sos"),
                           ({"country": "US", "A1": "OR"}, "")):
        root = town.ask(f"<{name}>{civic(**elements)}</{name}>")
        assert root.tag == LOST + name + "Response"
        assert (root.find(LOST + "serviceList").text or "") == want


def test_without_addresses_it_says_so(lost):
    assert error_of(lost.ask(find_civic(**MILL_100))) == ["serverError"]


def test_what_is_no_request_hears_an_error(lost):
    for body in "", "hello", "<a/>", "<findService/>", \
            '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', \
            "<a" + " b='1'" * 5000 + "/>":
        assert error_of(lost.ask(body)) == ["badRequest"]
    assert error_of(lost.ask(find_service(147.5, -121.5))) == \
        ["locationInvalid"]


# ---- the areas ----

def add_box(postgres, psap, lat, lon, name):
    postgres.execute(
        "INSERT INTO e911.psap_boundary (psap_id, name, shape)"
        " SELECT psap_id, %s, ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326))"
        " FROM e911.psap WHERE name = %s", name, lon, lat, lon + 1, lat + 1,
        psap)
    return postgres.value("SELECT psap_id FROM e911.psap WHERE name = %s",
                          psap)


def test_areas_are_those_of_the_database(server, postgres):
    def source_id():
        root = server.ask(find_service(47.5, -121.5))
        mapping = root.find(LOST + "mapping")
        return None if mapping is None else mapping.get("sourceId")

    server.e911d.settings["postgres"] = server.postgres
    server.start()
    south = add_box(postgres, "Ashgrove South", 47, -122, "box")
    wait_until(lambda: source_id() == f"psap-{south}", "it is known", 30,
               [server.e911d.process])
    # While it runs another area takes its place.
    postgres.execute("DELETE FROM e911.psap_boundary")
    north = add_box(postgres, "Ashgrove North", 47, -122, "box")
    wait_until(lambda: source_id() == f"psap-{north}", "another one serves",
               30, [server.e911d.process])


def test_without_areas_it_says_so(server):
    server.start()
    assert error_of(server.ask(find_service(47.5, -121.5))) == ["serverError"]


# ---- what clients cannot do ----

def test_other_paths_methods_and_sizes_are_refused(lost):
    assert lost.request("", "/")[0] == 404
    assert lost.request("", "/lost/")[0] == 404
    assert lost.request("", "/held")[0] == 404
    assert lost.request(None, "/lost", "GET")[0] == 405
    assert lost.request("<a/>" + " " * 65532)[0] == 200
    assert lost.request("<a/>" + " " * 65533)[0] == 413
    assert mapping_of(lost.ask(find_service(47.5, -121.5))) is not None


def test_an_address_that_asks_too_often_is_told_to_wait(server):
    server.e911d.settings["http_rate"] = 1
    server.write((7, 17, 47, -122, 1))
    server.start()
    seen = [server.request("<listServices/>") for _ in range(50)]
    assert seen[0][0] == 200
    refused = [headers for status, headers, _ in seen if status == 429]
    assert refused and refused[0]["Retry-After"] == "1"


def test_a_client_that_trickles_is_ended(server):
    """It sends a byte each time before the silence is too long."""
    server.e911d.settings["http_timeout_s"] = 2
    server.write((7, 17, 47, -122, 1))
    server.start()
    body = b"x" * 1000
    head = b"POST /lost HTTP/1.1\r\nHost: a\r\n"
    for begin in b"", head + b"Content-Length: 1000\r\n\r\n":
        rest = body if begin else head + b"A: " + body
        slow = socket.create_connection(("127.0.0.1", server.port))
        slow.settimeout(0.2)
        slow.sendall(begin)
        sent = trickle(slow, rest)
        assert 3 < sent < len(rest)
        slow.close()
    server.e911d.process.signal(signal.SIGUSR1)
    server.e911d.wait_log("http.slow 2")
    # Who keeps a connection and asks in between is not slow.
    connection = server.connect()
    for _ in range(7):
        connection.request("POST", "/lost", find_service(47.5, -121.5))
        kept = connection.sock
        assert connection.getresponse().read()
        assert connection.sock is kept
        time.sleep(0.7)
    connection.close()


def trickle(to, data):
    """How many bytes were sent, one after the other, until its end."""
    for n in range(len(data)):
        try:
            to.sendall(data[n:n + 1])
            if to.recv(4096) == b"":
                return n
        except TimeoutError:
            continue
        except (BrokenPipeError, ConnectionResetError):
            return n
    return len(data)


def test_one_address_has_not_all_connections(server):
    server.write((7, 17, 47, -122, 1))
    server.e911d.settings["http_timeout_s"] = 300
    server.start()
    for _ in range(65):
        one = server.connect()
        one.connect()
        server.kept.append(one)
    # One of them is closed: which, the order of the accepting threads says.
    closed, _, _ = select.select([one.sock for one in server.kept], [], [], 60)
    assert len(closed) == 1
    try:
        assert closed[0].recv(1) == b""
    except ConnectionResetError:
        pass
    other = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30,
                                       source_address=("127.0.0.2", 0))
    other.request("POST", "/lost", find_service(47.5, -121.5))
    assert other.getresponse().status == 200
    other.close()


def test_connections_leave_descriptors_to_the_rest(server):
    """More clients come than there are files; Kamailio's module gets in."""
    command = server.e911d.command
    server.e911d.command = lambda *arguments: [
        "prlimit", "--nofile=230:230", *command(*arguments)]
    server.write((7, 17, 47, -122, 1))
    server.start()
    assert "30 connections at a time, not 1000" in server.e911d.log_text()
    server.e911d.wait_log("locate: listens on")
    for n in range(300):
        one = http.client.HTTPConnection(
            "127.0.0.1", server.port, timeout=30,
            source_address=(f"127.0.0.{2 + n // 50}", 0))
        one.connect()
        server.kept.append(one)
    asker = Asker(server.e911d.settings["locate_socket"])
    assert asker.ask().status == "here"
    asker.close()
    assert len(os.listdir(
        f"/proc/{server.e911d.process.pid}/fd")) < 230 - 100


def test_silent_connections_end(server):
    server.e911d.settings.update({"http_timeout_s": 1,
                                  "http_connections_max": 20})
    server.write((7, 17, 47, -122, 1))
    server.start()
    silent = [socket.create_connection(("127.0.0.1", server.port))
              for _ in range(20)]
    silent[0].sendall(b"POST /lost HTTP/1.1\r\nContent-")
    for one in silent:
        one.settimeout(20)
        try:
            assert one.recv(4096)[:9] in (b"", b"HTTP/1.1 ")
        except ConnectionResetError:
            pass
        one.close()

    def answers():
        try:
            return mapping_of(server.ask(find_service(47.5, -121.5)))
        except ConnectionError:     # it is still counting them as there
            return None
    wait_until(lambda: answers() is not None, "there is room again", 30,
               [server.e911d.process])


def test_over_tls(server):
    authority = Authority(os.path.join(server.e911d.directory, "authority"))
    certificate, key = authority.issue("127.0.0.1", "127.0.0.1")
    server.e911d.settings.update({"http_certificate": certificate,
                                  "http_key": key})
    server.write((7, 17, 47, -122, 1))
    server.start()
    server.tls = ssl.create_default_context(cafile=authority.path("ca.pem"))
    server.tls.check_hostname = False
    assert mapping_of(server.ask(find_service(47.5, -121.5))) is not None


def test_a_certificate_that_is_none_is_waited_for(server):
    authority = Authority(os.path.join(server.e911d.directory, "authority"))
    certificate, key = authority.issue("127.0.0.1", "127.0.0.1")
    path = os.path.join(server.e911d.directory, "cert.pem")
    with open(path, "w", encoding="ascii") as out:
        out.write("no certificate\n")
    server.e911d.settings.update({"http_certificate": path, "http_key": key})
    server.write((7, 17, 47, -122, 1))
    server.e911d.start()
    server.e911d.wait_log("cannot listen on")
    os.replace(certificate, path)
    server.e911d.wait_log("http: listens on", timeout=20)


def test_an_address_that_is_taken_is_waited_for(server):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server.e911d.settings["http_listen"] = f"127.0.0.1:{port}"
        server.e911d.start()
        server.e911d.wait_log("cannot listen on")
    server.e911d.wait_log("http: listens on", timeout=20)


def test_options_that_do_not_fit_are_refused(server):
    good = dict(server.e911d.settings)
    for option, value, reason in (
            ("http_listen", "localhost:80", "http_listen"),
            ("http_listen", "127.0.0.1", "http_listen"),
            ("http_listen", "127.0.0.1:65536", "http_listen"),
            ("http_certificate", "/tmp/c.pem", "go together"),
            ("lost_source", "gateway", "lost_source")):
        server.e911d.settings = dict(good, **{option: value})
        server.e911d.write_config()
        status, errors = server.e911d.run("--check-config")
        assert status == 2 and reason in errors, (option, value, errors)
    server.e911d.settings = dict(good, http_listen="[::1]:8080")
    server.e911d.write_config()
    assert server.e911d.run("--check-config")[0] == 0


def test_requests_are_counted_and_it_ends_in_time(lost):
    lost.ask(find_service(47.5, -121.5))
    lost.ask("<a/>")
    lost.request("", "/x")
    lost.e911d.process.signal(signal.SIGUSR1)
    for line in ("http.requests 3", "http.refused 1", "lost.answers 1",
                 "lost.errors 1"):
        lost.e911d.wait_log(line)
    status, took = lost.e911d.stop()
    assert status == 0 and took < 5
