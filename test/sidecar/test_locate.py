# SPDX-License-Identifier: GPL-2.0-or-later
"""Locations that calls bring along: what e911d makes of them."""
import os
import re
import resource
import signal
import ssl
import stat
import struct
import sys

import pytest

from harness.authority import Authority
from harness.dns import NameServer
from harness.wait import wait_until

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "test", "lib"))
import addressfile  # noqa: E402  (the path comes first)
import areafile  # noqa: E402
from lis import HELD, Lis, response  # noqa: E402
from locatewire import REFERENCE, VALUE, Asker, question  # noqa: E402

def pidf(lat, lon, radius=20):
    return (
        '<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" '
        'xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" '
        'xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:gs="http://www.opengis.net/pidflo/1.0" entity="pres:a@b">'
        '<tuple id="t"><status><gp:geopriv><gp:location-info>'
        '<gs:Circle srsName="urn:ogc:def:crs:EPSG::4326">'
        f'<gml:pos>{lat} {lon}</gml:pos>'
        f'<gs:radius uom="urn:ogc:def:uom:EPSG::9001">{radius}</gs:radius>'
        '</gs:Circle></gp:location-info></gp:geopriv></status></tuple>'
        '</presence>').encode()


@pytest.fixture
def lis():
    one = Lis(response(pidf(47.5, -121.5)))
    yield one
    one.close()


class Located:
    """e911d without PostgreSQL: the areas that it has kept, and its socket."""

    def __init__(self, e911d):
        self.e911d = e911d
        self.path = os.path.join(e911d.directory, "locate.sock")
        self.postgres = e911d.settings["postgres"]
        e911d.settings.update({
            "postgres": "host=127.0.0.1 port=1", "locate_socket": self.path,
            "psap_nearest_m": 1000})
        areafile.write(os.path.join(e911d.state, "psap-areas"), [
            (7, 17, [(areafile.square(47, -122, 1), False)]),
            (8, 18, [(areafile.square(48, -122, 1), False)])])
        self.askers = []

    def start(self, **settings):
        self.e911d.settings.update(settings)
        self.e911d.start()
        self.e911d.wait_log("locate: listens on")
        self.e911d.wait_log("psap: 2 areas")
        return self

    def asker(self):
        self.askers.append(Asker(self.path))
        return self.askers[-1]

    def ask(self, *items, **more):
        asker = self.asker()
        answer = asker.ask(*items, **more)
        asker.close()
        return answer

    def follow(self, uri, **more):
        return self.ask((REFERENCE, uri.encode()), **more)

    def follow_to_its_end(self, uri):
        """For tests that are about the end, not about time: e911d gives a
        reference a second, and says so when a busy machine took longer."""
        def end():
            answer = self.follow(uri)
            return answer.why != "no answer in time" and answer
        return wait_until(end, f"{uri} is followed in time", 60)


@pytest.fixture(name="located")
def located_of(e911d):
    one = Located(e911d)
    yield one
    for asker in one.askers:
        asker.close()


# ---- by value ----

def test_a_document_has_its_psap(located):
    located.start()
    answer = located.ask((VALUE, pidf(47.5, -121.5)), nonce=b"n" * 16)
    assert answer.nonce == b"n" * 16
    assert (answer.status, answer.psap, answer.kind) == ("found", 17, VALUE)
    assert (answer.lat, answer.lon) == pytest.approx((47.5, -121.5))
    assert answer.uncertainty == 20
    assert answer.place == "47.50000, -121.50000 (Circle, within 20 m)"


def test_the_first_that_is_served_counts(located):
    located.start()
    answer = located.ask((VALUE, b"<no/>"), (VALUE, pidf(0, 0)),
                         (VALUE, pidf(48.5, -121.5)),
                         (VALUE, pidf(47.5, -121.5)))
    assert (answer.status, answer.psap) == ("found", 18)
    answer = located.ask((VALUE, b"<no/>"), (VALUE, pidf(0, 0)))
    assert (answer.status, answer.why) == ("no_psap",
                                           "no area of a PSAP is there")
    answer = located.ask((VALUE, b"<no/>"))
    assert answer.status == "unusable" and answer.why


def civic(**elements):
    text = "".join(f"<ca:{name}>{value}</ca:{name}>"
                   for name, value in elements.items())
    begin, _, rest = pidf(0, 0).decode().partition("<gs:Circle")
    return (begin + '<ca:civicAddress xmlns:ca="urn:ietf:params:xml:ns:pidf:'
            f'geopriv10:civicAddr">{text}</ca:civicAddress>'
            + rest.partition("</gs:Circle>")[2]).encode()


def test_an_address_that_exists_has_its_psap(located):
    mill = {"country": "US", "A1": "WA", "A3": "Ashgrove", "PRD": "N",
            "RD": "Mill", "STS": "St", "HNO": "100"}
    addressfile.write(os.path.join(located.e911d.state, "psap-addresses"))
    located.start()
    located.e911d.wait_log("psap: 1 ranges and addresses of")
    answer = located.ask((VALUE, civic(**mill)))
    assert (answer.status, answer.psap) == ("found", 11)
    assert answer.place == "100 N Mill St, Ashgrove, WA, US"
    # A house that is none, and a county that somebody serves: no guesses.
    for elements in dict(mill, HNO="101"), {"A1": "WA", "A2": "King"}:
        answer = located.ask((VALUE, civic(**elements)))
        assert (answer.status, answer.why) == (
            "no_psap", "no range of a PSAP has that address")


def test_without_addresses_there_is_an_answer_too(located):
    located.start()
    answer = located.ask((VALUE, civic(country="US", A1="WA", RD="Mill")))
    assert (answer.status, answer.why) == (
        "no_psap", "the addresses of PSAPs are not known yet")


def test_who_asks_nothing_hears_that_somebody_is_there(located):
    located.start()
    assert located.ask().status == "here"


def test_without_areas_there_is_an_answer_too(located):
    os.unlink(os.path.join(located.e911d.state, "psap-areas"))
    located.e911d.start()
    located.e911d.wait_log("locate: listens on")
    answer = located.ask((VALUE, pidf(47.5, -121.5)))
    assert (answer.status, answer.why) == (
        "no_psap", "the areas of PSAPs are not known yet")


def test_what_is_no_question_is_passed_over(located):
    located.start()
    asker = located.asker()
    good = question((VALUE, pidf(47.5, -121.5)))
    for bad in (b"x", b"E9LQ", good[:-1], good + b"x", b"\0" * 60000,
                good[:5] + b"\5" + good[6:]):
        asker.send(bad)
    assert asker.ask((VALUE, pidf(48.5, -121.5))).psap == 18
    assert counter(located, "locate.malformed") == 6


def counter(located, name):
    text = re.compile(rf"{re.escape(name)} (\d+)")
    before = len(text.findall(located.e911d.log_text()))
    os.kill(located.e911d.process.pid, signal.SIGUSR1)
    wait_until(lambda: len(text.findall(located.e911d.log_text())) > before,
               f"e911d tells {name}", 30)
    return int(text.findall(located.e911d.log_text())[-1])


def memory_mb(located):
    """The most that it has ever had."""
    pid = located.e911d.process.pid
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) / 1024


def test_hostile_documents_are_refused_and_cost_little_memory(located):
    located.start()
    assert located.ask((VALUE, pidf(47.5, -121.5))).psap == 17
    before = memory_mb(located)
    for bomb in (b"<a" + b' b="c"' * 10000 + b"/>",
                 b"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
                 b"<a>&e;</a>", b"<a>" * 20000,
                 b"<a>" + b"<b/>" * 15000 + b"</a>"):
        assert located.ask((VALUE, bomb)).status == "unusable"
    assert memory_mb(located) - before <= 16
    assert located.ask((VALUE, pidf(47.5, -121.5))).psap == 17


# ---- by reference ----

def test_a_reference_to_a_listed_server_is_followed(located, lis):
    located.start(locate_reference_hosts=f"http://127.0.0.1:{lis.port}",
                  locate_reference_networks="127.0.0.1")
    answer = located.follow(f"http://127.0.0.1:{lis.port}/loc/1?x=y")
    assert (answer.status, answer.psap, answer.kind) == ("found", 17,
                                                         REFERENCE)
    (path, headers, body), = lis.asked
    assert path == "/loc/1?x=y"
    assert headers["Content-Type"] == "application/held+xml"
    assert "Accept-Encoding" not in headers
    assert f'<locationRequest xmlns="{HELD}"' in body


def test_a_document_spares_the_reference(located, lis):
    located.start(locate_reference_hosts=f"http://127.0.0.1:{lis.port}",
                  locate_reference_networks="127.0.0.1")
    uri = f"http://127.0.0.1:{lis.port}/".encode()
    answer = located.ask((REFERENCE, uri), (VALUE, pidf(48.5, -121.5)))
    assert (answer.psap, lis.asked) == (18, [])
    answer = located.ask((REFERENCE, uri), (VALUE, b"<no/>"))
    assert (answer.psap, answer.kind) == (17, REFERENCE)


def test_nobody_else_is_asked(located, lis):
    located.start(locate_reference_hosts="lis.example.org",
                  locate_reference_networks="127.0.0.1")
    for uri in (f"http://127.0.0.1:{lis.port}/", "https://127.0.0.1/",
                f"http://lis.example.org:{lis.port}/", "file:///etc/passwd",
                f"https://lis.example.org@127.0.0.1:{lis.port}/"):
        answer = located.follow(uri)
        assert answer.status == "forbidden", uri
        assert answer.why == "its host is not listed"
    assert lis.asked == []


def test_a_listed_name_that_leads_inside_is_not_followed(located, lis):
    with NameServer() as dns:
        dns.names["lis.example.org"] = ["127.0.0.1"]
        located.start(
            dns_servers=dns.address,
            locate_reference_hosts=f"http://lis.example.org:{lis.port}")
        answer = located.follow(f"http://lis.example.org:{lis.port}/")
        assert answer.status == "forbidden"
        assert answer.why == "its address is not of the public Internet"
    assert lis.asked == []


def test_the_address_that_was_judged_is_the_one_used(located, lis):
    """Of two addresses one may be connected to; and the DNS is asked once."""
    with NameServer() as dns:
        dns.names["lis.example.org"] = ["127.0.0.2", "127.0.0.1"]
        located.start(
            dns_servers=dns.address,
            locate_reference_hosts=f"http://lis.example.org:{lis.port}",
            locate_reference_networks="127.0.0.1")
        answer = located.follow(f"http://lis.example.org:{lis.port}/a")
        assert (answer.status, answer.psap) == ("found", 17)
        assert dns.times_asked("lis.example.org") == 1
    assert lis.asked[0][1]["Host"] == f"lis.example.org:{lis.port}"


def test_a_redirect_is_not_followed(located, lis):
    located.start(locate_reference_hosts=f"http://127.0.0.1:{lis.port}",
                  locate_reference_networks="127.0.0.1")
    lis.status = 302
    lis.headers = {"Location": f"http://127.0.0.1:{lis.port}/elsewhere"}
    answer = located.follow(f"http://127.0.0.1:{lis.port}/")
    assert answer.status == "failed"
    assert answer.why == "it answers with another status than 200"
    assert len(lis.asked) == 1


def test_an_answer_that_is_too_long_is_none(located, lis):
    located.start(locate_reference_hosts=f"http://127.0.0.1:{lis.port}",
                  locate_reference_networks="127.0.0.1")
    lis.body = b" " * 70000 + response(pidf(47.5, -121.5))
    answer = located.follow(f"http://127.0.0.1:{lis.port}/")
    assert (answer.status, answer.why) == ("failed", "the answer is too long")


def test_a_server_that_says_nothing_costs_the_budget(located, lis):
    located.start(locate_reference_hosts=f"http://127.0.0.1:{lis.port}",
                  locate_reference_networks="127.0.0.1")
    lis.answers.clear()
    answer = located.follow(f"http://127.0.0.1:{lis.port}/", budget_ms=100)
    assert (answer.status, answer.why) == ("failed", "no answer in time")


def test_an_error_of_the_server_is_no_place(located, lis):
    located.start(locate_reference_hosts=f"http://127.0.0.1:{lis.port}",
                  locate_reference_networks="127.0.0.1")
    lis.body = (f'<error xmlns="{HELD}" code="locationUnknown"/>').encode()
    assert located.follow(
        f"http://127.0.0.1:{lis.port}/").status == "unusable"


def test_over_tls_the_certificate_counts(located, tmp_path):
    ours, other = (Authority(str(tmp_path / name), name)
                   for name in ("ours", "other"))
    servers = []
    for authority in (ours, other):
        authority.issue("server", "127.0.0.1")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(authority.path("server.pem"),
                            authority.path("server.key"))
        servers.append(Lis(response(pidf(47.5, -121.5)), tls))
    located.start(locate_reference_ca=ours.path("ca.pem"),
                  locate_reference_networks="127.0.0.1",
                  locate_reference_hosts=",".join(
                      f"127.0.0.1:{one.port}" for one in servers))
    answer = located.follow_to_its_end(
        f"https://127.0.0.1:{servers[0].port}/")
    assert (answer.status, answer.psap, answer.why) == ("found", 17, "")
    answer = located.follow_to_its_end(
        f"https://127.0.0.1:{servers[1].port}/")
    assert (answer.status, answer.why) == ("failed",
                                           "its certificate is wrong")
    assert servers[1].asked == []
    for one in servers:
        one.close()


def test_servers_that_hang_hold_up_no_document(located, lis):
    """All threads for references wait, and all places to wait are taken."""
    located.start(locate_reference_hosts=f"http://127.0.0.1:{lis.port}",
                  locate_reference_networks="127.0.0.1",
                  locate_reference_threads=1)
    lis.answers.clear()
    uri = f"http://127.0.0.1:{lis.port}/".encode()
    hanging = located.asker()
    hanging.send(question((REFERENCE, uri)))
    wait_until(lambda: lis.asked, "the server is asked", 30)
    # One is being followed, 64 wait, the others hear so.  All come through
    # one queue, which holds 64 as well: it is empty when what came last is
    # answered.
    for _ in range(6):
        for _ in range(11):
            hanging.send(question((REFERENCE, uri)))
        assert located.ask((VALUE, pidf(47.5, -121.5))).psap == 17
    assert hanging.hear().status == "busy"
    assert hanging.hear().status == "busy"
    assert located.ask((VALUE, pidf(47.5, -121.5))).psap == 17


def test_what_waits_too_long_is_answered_all_the_same(located, lis):
    """The only thread hangs, for longer than the second has time: silence
    would tell Kamailio that nobody is here."""
    located.start(locate_reference_hosts=f"http://127.0.0.1:{lis.port}",
                  locate_reference_networks="127.0.0.1",
                  locate_reference_threads=1)
    lis.answers.clear()
    uri = f"http://127.0.0.1:{lis.port}/".encode()
    asker = located.asker()
    asker.send(question((REFERENCE, uri), nonce=b"1" * 16))
    wait_until(lambda: lis.asked, "the server is asked", 30)
    asker.send(question((REFERENCE, uri), nonce=b"2" * 16, budget_ms=100))
    heard = [asker.hear(), asker.hear()]
    assert [(x.nonce[:1], x.status, x.why) for x in heard] == [
        (b"2", "busy", "no thread was free in time"),
        (b"1", "failed", "no answer in time")]
    assert counter(located, "locate.late") == 1


# ---- the socket ----

def test_the_socket_is_for_its_group_and_outlives_a_crash(located):
    located.start()
    assert stat.S_IMODE(os.stat(located.path).st_mode) == 0o660
    located.e911d.kill()
    assert os.path.exists(located.path)
    located.e911d.start()
    located.e911d.wait_log("locate: listens on", times=2)
    assert located.ask().status == "here"
    status, took = located.e911d.stop()
    assert status == 0 and took < 5
    assert not os.path.exists(located.path)


def test_it_does_not_take_the_place_of_another_file(located):
    with open(located.path, "w", encoding="ascii") as out:
        out.write("mine")
    located.e911d.start()
    located.e911d.wait_log("File exists")
    with open(located.path, encoding="ascii") as kept:
        assert kept.read() == "mine"


def test_more_than_eight_cannot_ask_at_once(located):
    located.start()
    eight = [located.asker() for _ in range(8)]
    for one in eight:
        assert one.ask().status == "here"
    ninth = located.asker()
    assert ninth.socket.recv(100) == b""
    eight[0].close()
    wait_until(lambda: answers(located), "a place is free", 30)


def test_without_descriptors_it_waits_for_some(located):
    """Whom it cannot take in does not keep it awake."""
    located.start()
    before = located.asker()
    assert before.ask().status == "here"
    pid = located.e911d.process.pid
    hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]
    # All of those are taken, and poll() wants no fewer.
    assert {str(fd) for fd in range(12)} <= set(os.listdir(f"/proc/{pid}/fd"))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (12, hard))
    later = located.asker()
    later.send(question())
    located.e911d.wait_log("nobody can be taken in: Too many open files", 3)
    assert located.e911d.log_text().count("nobody can be taken in") < 10
    assert before.ask().status == "here"
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
    assert later.hear().status == "here"


def answers(located):
    asker = located.asker()
    try:
        return asker.ask().status == "here"
    except (OSError, struct.error):
        return False  # it was sent away
    finally:
        asker.close()


def test_options_that_are_none_are_refused(located):
    located.e911d.settings["locate_reference_hosts"] = "a b"
    located.e911d.write_config()
    status, text = located.e911d.run("--check-config")
    assert status == 2
    assert "locate_reference_hosts is no list of hosts" in text
