# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls that bring a location: by it when it is better, by the registered one
when e911d says nothing, and never not at all."""
import contextlib
import datetime
import os
import re
import signal
import socket
import sys
import uuid

import pytest

from harness import wait_until
from harness.gateway import TOP
from harness.rawcaller import RawCaller
from harness.rawpsap import RawPsap
from test_gate import caller_of, psap_hangs_up, receive, stats
from test_setup_kill import kill_all

sys.path.insert(0, os.path.join(TOP, "test", "lib"))
from lis import Lis, response  # noqa: E402  (the path comes first)

NORTH, SOUTH = "psap-north", "psap-south"
# South of 47.6 it is Ashgrove South's; the caller's desk is in the north.
AREAS = """
INSERT INTO e911.psap_boundary (psap_id, name, shape)
SELECT psap_id, 'area', public.ST_Multi(public.ST_MakeEnvelope(
           -123, CASE name WHEN 'Ashgrove North' THEN 47.6 ELSE 47.2 END,
           -122, CASE name WHEN 'Ashgrove North' THEN 48.0 ELSE 47.6 END,
           4326))
  FROM e911.psap WHERE name IN ('Ashgrove North', 'Ashgrove South');
"""
PIDF = ('<?xml version="1.0" encoding="UTF-8"?>\r\n'
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" '
        'xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" '
        'xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
        'xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:gs="http://www.opengis.net/pidflo/1.0" '
        'entity="pres:4102@example.com"><dm:device id="d"><gp:geopriv>'
        '<gp:location-info><gs:Circle '
        'srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>{at}</gml:pos>'
        '<gs:radius uom="urn:ogc:def:uom:EPSG::9001">{radius}</gs:radius>'
        '</gs:Circle></gp:location-info><gp:usage-rules/></gp:geopriv>'
        '<dm:timestamp>{when}</dm:timestamp></dm:device></presence>')
SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
       "t=0 0\r\nm=audio 40000 RTP/AVP 0\r\n")


def pidf(at="47.5 -122.5", radius=20, age_s=5):
    when = (datetime.datetime.now(datetime.timezone.utc)
            - datetime.timedelta(seconds=age_s))
    return PIDF.format(at=at, radius=radius,
                       when=when.strftime("%Y-%m-%dT%H:%M:%SZ"))


def invite(caller, document, geolocation="<cid:here@example.com>", **parts):
    body = (f"--b\r\nContent-Type: application/sdp\r\n\r\n{SDP}\r\n"
            "--b\r\nContent-Type: application/pidf+xml\r\n"
            "Content-ID: <here@example.com>\r\n\r\n"
            f"{document}\r\n--b--\r\n")
    return caller.invite(body=body, Geolocation=geolocation,
                         Content_Type='multipart/mixed;boundary="b"', **parts)


def set_policy(gateway, policy):
    gateway.provision(f"UPDATE e911.trunk SET caller_location = '{policy}'"
                      " WHERE name = 'genesys-cloud'")


@contextlib.contextmanager
def town(gateway, policy="prefer"):
    """e911d knows the areas, and the platform's trunk has this policy."""
    if not gateway.postgres.value("SELECT count(*) FROM e911.psap_boundary"):
        gateway.provision(AREAS)
        wait_until(lambda: "psap: 2 areas," in gateway.sidecar.process
                   .log_text(), "e911d has the areas", 30,
                   gateway.services())
    set_policy(gateway, policy)
    wait_until(lambda: is_asked(gateway), "e911d can be asked", 30,
               gateway.services())
    north, south = gateway.trunks[NORTH], gateway.trunks[SOUTH]
    with RawPsap(north["host"], north["port"]) as one, \
            RawPsap(south["host"], south["port"]) as two:
        yield {NORTH: one, SOUTH: two}
    set_policy(gateway, "ignore")


def is_asked(gateway):
    return gateway.kamailio.rpc("e911.locate")["state"] == "open"


def answered(psap, heard, caller):
    """The PSAP answers, and hangs up."""
    psap.tag = f"psap-{uuid.uuid4().hex[:12]}"
    psap.send(psap.answer(heard))
    psap_hangs_up(psap, heard, caller)


def played(gateway, psap, message, caller=None):
    """The call goes there, and ends: its event call.located and the INVITE
    that the PSAP had."""
    caller = caller or caller_of(gateway)
    caller.send(message(caller) if callable(message) else message)
    heard = psap.receive("INVITE")
    answered(psap, heard, caller)
    caller.close()
    row = gateway.ended_call(caller.call_id)
    located = [event["detail"] for event in gateway.events(row["call_id"])
               if event["kind"] == "call.located"]
    assert len(located) <= 1
    return (located[0] if located else None), heard


# ---- what is better ----

def test_a_better_location_leads_the_call(gateway):
    with town(gateway) as psaps:
        before = int(stats(gateway)["locations_used"])
        event, _ = played(gateway, psaps[SOUTH],
                          lambda caller: invite(caller, pidf()))
        assert event["location_used"] == "brought"
        assert event["brought"] == "value"
        assert event["point"] == "47.500000,-122.500000"
        assert event["uncertainty_m"] == 20
        assert event["reason"] == "it is better"
        assert event["brought_psap_id"] == gateway.postgres.value(
            "SELECT psap_id FROM e911.psap WHERE name = 'Ashgrove South'")
        assert int(stats(gateway)["locations_used"]) == before + 1
    gateway.check_idle()


@pytest.mark.parametrize("document,why", [
    (dict(radius=5000), "it is too uncertain"),
    (dict(age_s=7200), "it is too old"),
    (dict(at="40 -100"), "no PSAP is known for it"),
    (dict(at="north of here"), "unusable"),
], ids=["uncertain", "old", "nowhere", "words"])
def test_one_that_is_not_leaves_the_registered_one(gateway, document, why):
    with town(gateway) as psaps:
        event, _ = played(gateway, psaps[NORTH],
                          lambda caller: invite(caller, pidf(**document)))
        assert (event["location_used"], event["reason"]) == ("registered",
                                                             why)
    gateway.check_idle()


def test_a_point_says_nothing_of_how_certain_it_is(gateway):
    point = re.sub("<gs:Circle ", "<gml:Point ", pidf())
    point = re.sub("<gs:radius.*</gs:Circle>", "</gml:Point>", point)
    with town(gateway) as psaps:
        event, _ = played(gateway, psaps[NORTH],
                          lambda caller: invite(caller, point))
        assert event["reason"] == "nobody says how uncertain it is"
        assert "uncertainty_m" not in event
        assert event["point"] == "47.500000,-122.500000"
    gateway.check_idle()


def test_whoever_forbids_routing_by_it_is_obeyed(gateway):
    with town(gateway) as psaps:
        event, _ = played(gateway, psaps[NORTH], lambda caller: invite(
            caller, pidf(), Geolocation_Routing="no"))
        assert event["reason"] == "Geolocation-Routing forbids it"
    gateway.check_idle()


def test_an_unknown_caller_is_where_the_location_says(gateway):
    """Without it the relay centre would have to ask."""
    with town(gateway) as psaps:
        event, _ = played(gateway, psaps[SOUTH], lambda caller: invite(
            caller, pidf(radius=5000, age_s=7200),
            From=f"<sip:nobody@example.com>;tag=raw{caller.mark}"))
        assert event["location_used"] == "brought"
    gateway.check_idle()


def test_the_policy_log_tells_and_changes_nothing(gateway):
    with town(gateway, "log") as psaps:
        event, _ = played(gateway, psaps[NORTH],
                          lambda caller: invite(caller, pidf()))
        assert event["location_used"] == "registered"
        assert event["reason"] == "it would be better"
        assert event["brought_psap_id"]
    gateway.check_idle()


def test_the_policy_ignore_counts(gateway):
    with town(gateway, "ignore") as psaps:
        before = stats(gateway)
        event, _ = played(gateway, psaps[NORTH],
                          lambda caller: invite(caller, pidf()))
        assert event is None
        after = stats(gateway)
        assert int(after["locations_brought"]) == int(
            before["locations_brought"]) + 1
        assert after["locations_asked"] == before["locations_asked"]
    gateway.check_idle()


def test_a_value_that_is_no_uri_and_no_document(gateway):
    with town(gateway) as psaps:
        event, _ = played(gateway, psaps[NORTH], lambda caller: caller.invite(
            Geolocation="7d91b1f0"))
        assert (event["brought"], event["reason"]) == (
            "nothing", "a value is no URI of a location")
        assert "asked_ms" not in event
    gateway.check_idle()


def civic(number):
    return ('<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:a@b">'
            '<tuple id="t"><status><geopriv xmlns='
            '"urn:ietf:params:xml:ns:pidf:geopriv10"><location-info>'
            '<civicAddress xmlns='
            '"urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr">'
            '<country>US</country><A1>WA</A1><A3>Ashgrove</A3><PRD>N</PRD>'
            f'<RD>Mill</RD><STS>St</STS><HNO>{number}</HNO></civicAddress>'
            '</location-info><usage-rules/></geopriv></status></tuple>'
            '</presence>')


def test_an_address_that_is_known_leads_the_call(own_gateway):
    """Of a house that no range has, only the state is known."""
    gateway = own_gateway
    with town(gateway) as psaps:
        gateway.postgres.execute(
            "INSERT INTO e911.msag_range (state, community, predirectional,"
            " street, suffix, low, high, parity, psap_id)"
            " SELECT 'WA', 'Ashgrove', 'N', 'Mill', 'St', 100, 198, 'both',"
            " psap_id FROM e911.psap WHERE name = 'Ashgrove South'")
        gateway.postgres.execute(
            "INSERT INTO e911.psap_coverage (psap_id, state)"
            " SELECT psap_id, 'WA' FROM e911.psap"
            "  WHERE name = 'Ashgrove South'")
        wait_until(lambda: "1 ranges and addresses, 1 of coverage" in
                   gateway.sidecar.process.log_text(),
                   "e911d has the addresses", 30, gateway.services())
        event, _ = played(gateway, psaps[SOUTH],
                          lambda caller: invite(caller, civic(120)))
        assert event["location_used"] == "brought"
        assert event["place"] == "120 N Mill St, Ashgrove, WA, US"
        event, _ = played(gateway, psaps[NORTH],
                          lambda caller: invite(caller, civic(900)))
        assert event["reason"] == "no PSAP is known for it"
    gateway.check_idle()


def patient(gateway):
    """A call waits for e911d for a second."""
    gateway.kamailio.stop()
    gateway.kamailio.modparams += [("e911", "locate_timeout", 1000)]
    gateway.kamailio.start()


def test_a_reference_to_a_listed_server_leads_the_call(own_gateway):
    gateway = own_gateway
    lis = Lis(response(pidf()))
    gateway.sidecar.stop()
    gateway.sidecar.settings.update({
        "locate_reference_hosts": f"http://127.0.0.1:{lis.port}",
        "locate_reference_networks": "127.0.0.1"})
    gateway.sidecar.start()
    patient(gateway)
    with town(gateway) as psaps:
        event, _ = played(
            gateway, psaps[SOUTH], lambda caller: caller.invite(
                Geolocation=f"<http://127.0.0.1:{lis.port}/4102>"))
        assert (event["brought"], event["location_used"]) == ("reference",
                                                              "brought")
        assert [path for path, _, _ in lis.asked] == ["/4102"]
        event, _ = played(
            gateway, psaps[NORTH], lambda caller: caller.invite(
                Geolocation="<https://lis.example.org/4102>"))
        assert (event["reason"], event["fault"]) == (
            "forbidden", "its host is not listed")
    lis.close()
    gateway.check_idle()


# ---- what is hostile ----

@pytest.mark.parametrize("bomb", [
    '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
    "<a" + ' b="c"' * 8000 + "/>",
    "<a>" * 15000,
    "<a>" + "<b/>" * 12000 + "</a>",
], ids=["entity", "attributes", "depth", "elements"])
def test_a_hostile_document_costs_the_caller_nothing(gateway, bomb):
    gateway.provision("UPDATE e911.trunk SET profile = 'i3'"
                      " WHERE name = 'psap-north'")
    with town(gateway) as psaps:
        # Over UDP so much would be cut into too many packets.
        caller = raw_caller(gateway, "tcp")
        event, heard = played(gateway, psaps[NORTH], invite(caller, bomb),
                              caller)
        assert (event["location_used"], event["reason"]) == (
            "registered", "unusable")
        print(f"# answered after {event['asked_ms']} ms: {event['fault']}")
        # The PSAP reads our location, and nothing of theirs.
        assert bomb[:20] not in heard.text
        assert "<cid:here@example.com>" not in heard.text
        assert "Larkspur" in heard.text or "Mill" in heard.text
    gateway.provision("UPDATE e911.trunk SET profile = NULL"
                      " WHERE name = 'psap-north'")
    gateway.check_idle()


def raw_caller(gateway, transport):
    """From any port of the platform."""
    origin = gateway.trunks["genesys-cloud"]
    return RawCaller(origin["host"], 0, (gateway.address, gateway.port),
                     transport)


# ---- which of them the PSAP reads ----

def body_policy(gateway, policy, trunk="psap-south"):
    gateway.provision("UPDATE e911.trunk SET profile = 'i3', location_body ="
                      f" {policy} WHERE name = '{trunk}'")


@pytest.mark.parametrize("policy,theirs,ours", [
    ("NULL", True, False), ("'caller'", True, False), ("'ours'", True, False),
    ("'both'", True, True), ("'none'", False, False)])
def test_the_psap_reads_what_its_trunk_wants(gateway, policy, theirs, ours):
    body_policy(gateway, policy)
    with town(gateway) as psaps:
        _, heard = played(gateway, psaps[SOUTH],
                          lambda caller: invite(caller, pidf()))
        assert ("<gml:pos>47.5 -122.5</gml:pos>" in heard.text) == theirs
        assert ("<cid:here@example.com>" in heard.text) == theirs
        assert ("civicAddress" in heard.text) == ours
        assert SDP in heard.text
    gateway.provision("UPDATE e911.trunk SET profile = NULL, location_body ="
                      " NULL WHERE name = 'psap-south'")
    gateway.check_idle()


@pytest.mark.parametrize("policy,theirs,ours", [
    ("NULL", False, True), ("'caller'", True, False), ("'both'", True, True)])
def test_the_psap_reads_ours_when_theirs_is_worse(gateway, policy, theirs,
                                                  ours):
    body_policy(gateway, policy, "psap-north")
    with town(gateway) as psaps:
        event, heard = played(gateway, psaps[NORTH],
                              lambda caller: invite(caller, pidf(radius=5000)))
        assert event["reason"] == "it is too uncertain"
        read = heard.all("Geolocation")
        assert ("<cid:here@example.com>" in read) == theirs
        assert ("civicAddress" in heard.text) == ours
        assert ("-location@" in read[0]) == ours
        assert len(read) == theirs + ours
    gateway.provision("UPDATE e911.trunk SET profile = NULL, location_body ="
                      " NULL WHERE name = 'psap-north'")
    gateway.check_idle()


def test_a_psap_chosen_by_a_garbled_location_is_led_to_it(gateway):
    body_policy(gateway, "NULL")
    with town(gateway) as psaps:
        event, heard = played(
            gateway, psaps[SOUTH],
            lambda caller: invite(caller, pidf(), "<cid:other@example.com>"))
        assert event["location_used"] == "brought"
        assert heard.all("Geolocation") == ["<cid:here@example.com>"]
        assert heard.all("Geolocation-Routing") == ["yes"]
        assert "civicAddress" not in heard.text
    gateway.provision("UPDATE e911.trunk SET profile = NULL"
                      " WHERE name = 'psap-south'")
    gateway.check_idle()


# ---- e911d hangs, is gone, comes back ----

def hang(pid):
    """Back when each of its threads has stopped."""
    def has_stopped():
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/stat",
                      encoding="ascii") as stat:
                if stat.read().rpartition(")")[2].split()[0] != "T":
                    return False
        return True
    os.kill(pid, signal.SIGSTOP)
    wait_until(has_stopped, f"process {pid} has stopped", 30)


def test_e911d_hangs_and_one_call_waits(own_gateway):
    """The first goes out when its time is over, the others at once; when
    e911d answers again they are asked about again."""
    gateway = own_gateway
    with town(gateway) as psaps:
        pid = gateway.sidecar.process.pid
        hang(pid)
        callers = [raw_caller(gateway, "udp") for _ in range(4)]
        heard = []
        for caller in callers:
            caller.send(invite(caller, pidf()))
            heard.append(psaps[NORTH].receive("INVITE"))
        assert gateway.kamailio.rpc("e911.locate")["state"] == "spared"
        os.kill(pid, signal.SIGCONT)
        for caller, message in zip(callers, heard):
            answered(psaps[NORTH], message, caller)
            caller.close()
        located = [events_located(gateway, caller) for caller in callers]
        assert located[0]["reason"] == "no answer in time"
        # From the question to the moment when the call went out.
        print(f"# the first waited {located[0]['asked_ms']} ms of 200")
        assert located[0]["asked_ms"] >= 200
        for event in located[1:]:
            assert event["reason"] == "e911d has not answered in time before"
            assert "asked_ms" not in event
        now = stats(gateway)
        assert int(now["locations_missed"]) == 1
        assert int(now["locations_spared"]) == 3
        wait_until(lambda: is_asked(gateway), "e911d is asked again", 30)
        event, _ = played(gateway, psaps[SOUTH],
                          lambda caller: invite(caller, pidf()))
        assert event["location_used"] == "brought"
    told = [event["kind"] for event in gateway.postgres.query(
        "SELECT kind FROM e911.call_event WHERE kind LIKE 'locate.%%'"
        " ORDER BY at")]
    assert told == ["locate.down", "locate.up"]
    gateway.check_idle()


def events_located(gateway, caller):
    row = gateway.ended_call(caller.call_id)
    event, = [event["detail"] for event in gateway.events(row["call_id"])
              if event["kind"] == "call.located"]
    return event


def test_without_e911d_nobody_waits(own_gateway):
    gateway = own_gateway
    with town(gateway) as psaps:
        gateway.sidecar.kill()
        wait_until(lambda: not is_asked(gateway), "its death is known", 30)
        caller = caller_of(gateway)
        caller.send(invite(caller, pidf()))
        heard = psaps[NORTH].receive("INVITE")
        answered(psaps[NORTH], heard, caller)
        gateway.sidecar.start()
        caller.close()
        event = events_located(gateway, caller)
        assert event["reason"] == "e911d is not there"
        assert "asked_ms" not in event
        wait_until(lambda: is_asked(gateway), "e911d is asked again", 30)
        event, _ = played(gateway, psaps[SOUTH],
                          lambda one: invite(one, pidf()))
        assert event["location_used"] == "brought"
    gateway.check_idle()


# ---- while a call waits ----

@contextlib.contextmanager
def waiting(gateway):
    """e911d says nothing, and a call waits for it for a second."""
    patient(gateway)
    with town(gateway) as psaps:
        pid = gateway.sidecar.process.pid
        hang(pid)
        caller = caller_of(gateway)
        request = invite(caller, pidf())
        caller.send(request)
        receive(caller, "100")
        # 100 comes before the call is in the store.
        wait_until(lambda: states(gateway) == ["locating"],
                   "the call waits", 30)
        yield psaps, caller, request
        os.kill(pid, signal.SIGCONT)


def states(gateway):
    return [call["state"] for call in gateway.kamailio.rpc("e911.calls")]


def test_a_caller_who_gives_up_rings_nobody(own_gateway):
    gateway = own_gateway
    with waiting(gateway) as (psaps, caller, request):
        via = [line for line in request.split("\r\n")
               if line.startswith("Via: ")][0][5:]
        caller.send(caller.request("CANCEL", Via=via))
        reply = caller.final()
        assert reply.status == 487
        caller.send(caller.request("ACK", Via=via, To=reply.header("To")))
    row = gateway.ended_call(caller.call_id)
    assert row["outcome"] == "cancelled"
    kinds = [event["kind"] for event in gateway.events(row["call_id"])]
    assert kinds == ["call.started", "call.ended"]
    for psap in psaps.values():
        assert psap.remote is None
    caller.close()
    gateway.check_idle()


def test_a_repeated_invite_is_one_call(own_gateway):
    gateway = own_gateway
    with waiting(gateway) as (psaps, caller, request):
        assert int(gateway.kamailio.rpc("e911.drain")["setting_up"]) == 1
        for _ in range(3):
            caller.send(request)
        heard = psaps[NORTH].receive("INVITE")
        answered(psaps[NORTH], heard, caller)
        with pytest.raises(socket.timeout):
            psaps[NORTH].receive("INVITE", timeout=0.2)
    caller.close()
    assert gateway.ended_call(caller.call_id)["outcome"] == "answered"
    assert int(stats(gateway)["calls_started"]) == 1
    gateway.check_idle()


def test_a_death_while_a_call_waits(own_gateway):
    """Its INVITE was written down: the next start takes it in."""
    gateway = own_gateway
    with waiting(gateway) as (psaps, caller, _):
        kill_all(gateway)
        gateway.kamailio.start()
        heard = psaps[NORTH].receive("INVITE")
        answered(psaps[NORTH], heard, caller)
    caller.close()
    assert int(stats(gateway)["setups_replayed"]) == 1
    gateway.check_idle()


def test_the_process_that_asks_hangs(own_gateway):
    """Even then the call goes out, when its state's time is over."""
    gateway = own_gateway
    with town(gateway) as psaps:
        pid, = [line["PID"] for line in gateway.kamailio.rpc("core.psx")
                if line["DSC"] == "e911 locate"]
        hang(pid)
        caller = caller_of(gateway)
        caller.send(invite(caller, pidf()))
        heard = psaps[NORTH].receive("INVITE")
        # The next ones are spared.
        assert gateway.kamailio.rpc("e911.locate")["state"] == "spared"
        os.kill(pid, signal.SIGCONT)
        answered(psaps[NORTH], heard, caller)
        caller.close()
        row = gateway.ended_call(caller.call_id)
        assert row["outcome"] == "answered"
        kinds = [event["kind"] for event in gateway.events(row["call_id"])]
        assert "call.located" not in kinds
        assert int(stats(gateway)["locations_missed"]) == 1
        wait_until(lambda: is_asked(gateway), "e911d is asked again", 30)
    gateway.check_idle()
