# SPDX-License-Identifier: GPL-2.0-or-later
"""Where devices are, as JSON for soft clients; and the examples of
docs/LOCATION-SERVICE.md, played."""
import json
import os
import re

import pytest

from held import (HARBOR, JUNIPER, LARKSPUR, TOP, Locator, basic, bearer,
                  device, parts)

PLACES = """
INSERT INTO e911.access_point (organization_id, bssid, location_id)
SELECT organization_id, '00:00:5e:00:53:a1', location_id FROM e911.location
 WHERE name = 'Larkspur floor 2';
INSERT INTO e911.network_switch (organization_id, chassis_id, location_id)
SELECT organization_id, '00:00:5e:00:53:b1', location_id FROM e911.location
 WHERE name = 'Juniper warehouse';
INSERT INTO e911.switch_port (organization_id, network_switch_id, port,
                              location_id)
SELECT s.organization_id, s.network_switch_id, 'Gi1/0/3', l.location_id
  FROM e911.network_switch s JOIN e911.location l USING (organization_id)
 WHERE l.name = 'Juniper office';
UPDATE e911.location SET latitude = 47.6119, longitude = -122.3372
 WHERE name = 'Larkspur floor 3';
"""


@pytest.fixture(name="locator")
def running(e911d, postgres):
    locator = Locator(e911d, postgres)
    for organization in LARKSPUR, JUNIPER, HARBOR:
        locator.secret(organization)
    postgres.execute(PLACES)
    return locator.start()


def ask(locator, organization, **said):
    return locator.json({"companyId": organization,
                         "secret": locator.secrets[organization], **said})


@pytest.mark.parametrize("organization, said, place, by, who", [
    (LARKSPUR, {"user": "4102"}, None, None, None),
    (LARKSPUR, {"number": "4102"}, "Larkspur floor 3", "endpoint",
     "extension"),
    (LARKSPUR, {"number": "206 555 0121"}, "Larkspur floor 3", "endpoint",
     "number"),
    (LARKSPUR, {"number": "4103"}, "Larkspur floor 2", "organization",
     "extension"),
    (HARBOR, {"user": "E1008"}, "Harbor Lane clinic", "endpoint",
     "device_user"),
    (JUNIPER, {"mac": "00005E005301"}, "Juniper warehouse", "endpoint",
     "mac"),
    (JUNIPER, {"ip": "10.20.30.40"}, "Juniper warehouse", "endpoint", "ip"),
    (JUNIPER, {"ip": "10.20.30.99"}, "Juniper office", "network", "network"),
    (LARKSPUR, {"bssid": "00-00-5E-00-53-A1"}, "Larkspur floor 2",
     "access_point", "none"),
    # Where the device is now counts, whosever it is.
    (LARKSPUR, {"bssid": "00005e0053a1", "number": "4102"},
     "Larkspur floor 2", "access_point", "extension"),
    (LARKSPUR, {"bssid": "00005e0053ff", "number": "4102"},
     "Larkspur floor 3", "endpoint", "extension"),
    (JUNIPER, {"chassisId": "00-00-5e-00-53-b1", "portId": "Gi1/0/3",
               "ip": "10.20.30.40"}, "Juniper office", "switch_port", "ip"),
    (JUNIPER, {"chassisId": "00005E0053B1", "portId": "Gi1/0/4"},
     "Juniper warehouse", "network_switch", "none"),
    (JUNIPER, {"chassisId": "00005E0053B1"}, "Juniper warehouse",
     "network_switch", "none"),
    (LARKSPUR, {"chassisId": "00005E0053B1", "portId": "Gi1/0/3"}, None, None,
     None),
    (JUNIPER, {"bssid": "00-00-5E-00-53-A1"}, None, None, None),
])
def test_a_device_is_found_by_what_it_sees(locator, organization, said, place,
                                           by, who):
    answer = ask(locator, organization, **said)
    if place is None:
        assert answer == {"status": "unknown",
                          "message": "nobody knows where that is"}
        return
    assert answer["status"] == "located"
    assert answer["location"]["name"] == place
    assert (answer["locatedBy"], answer["identifiedBy"]) == (by, who)
    assert "locationUri" not in answer


@pytest.mark.parametrize("organization, seen, floor", [
    (JUNIPER, '<lldp><chassis type="4">00005e0053b1</chassis>'
              '<port type="5">4769312f302f33</port></lldp>', "Mezzanine"),
    (JUNIPER, '<lldp><chassis type="4">00005E0053B1</chassis>'
              '<port type="5">4769312f302f34</port></lldp>', None),
    (LARKSPUR, "<wifi><servingWap><bssid>00-00-5E-00-53-A1</bssid>"
               "</servingWap></wifi>", "2"),
    (LARKSPUR, "<wifi><servingWap><bssid>00-00-5E-00-53-FF</bssid>"
               "</servingWap></wifi>", "3"),
])
def test_held_says_what_a_device_sees_too(locator, organization, seen, floor):
    """RFC 7105; whom nobody sees is where they are provisioned."""
    said = device("<uri>sip:4102@example.com</uri>") if organization == \
        LARKSPUR else ""
    root = locator.ask(organization, said + '<measurements xmlns="urn:ietf:'
                       f'params:xml:ns:geopriv:lm">{seen}</measurements>')
    assert parts(root).get("FLR") == floor


def test_an_answer_holds_the_whole_place(locator):
    answer = ask(locator, LARKSPUR, number="4102", locationUri=True)
    assert answer["location"] == {
        "name": "Larkspur floor 3",
        "address": "100 Mill St, Ashgrove, WA 98000 (floor 3; contact"
                   " centre, east wing)",
        "civic": {"country": "US", "A1": "WA", "A2": "Alder",
                  "A3": "Ashgrove", "RD": "Mill", "STS": "St", "HNO": "100",
                  "LOC": "contact centre, east wing", "FLR": "3",
                  "PC": "98000"},
        "latitude": 47.6119, "longitude": -122.3372}
    path = answer["locationUri"].removeprefix("https://lis.example.org:8443")
    assert answer["expires"].endswith("Z")
    status, _, text = locator.http("GET", path)
    assert status == 200 and ">Mill<" in text


def test_a_secret_is_shown_in_the_body_or_as_in_http(locator):
    secret = locator.secrets[LARKSPUR]
    said = {"number": "4102"}
    for headers in basic(LARKSPUR, secret), bearer(LARKSPUR, secret):
        assert locator.json(said, headers)["status"] == "located"
    # What stands in the body counts.
    locator.json({**said, "companyId": LARKSPUR, "secret": "x"},
                 basic(LARKSPUR, secret), status=401)
    for wrong in ({}, {"companyId": LARKSPUR}, {"secret": secret},
                  {"companyId": JUNIPER, "secret": secret},
                  {"companyId": "x", "secret": secret}):
        answer = locator.json({**said, **wrong}, status=401)
        assert answer["error"] == "unauthorized" and "location" not in answer
    _, headers, _ = locator.http("POST", "/location", "{}")
    assert headers["WWW-Authenticate"].startswith("Basic ")
    answer = locator.json({**said, "companyId": LARKSPUR, "secret": secret,
                           "organizationId": JUNIPER}, status=403)
    assert answer["error"] == "forbidden"


@pytest.mark.parametrize("body, message", [
    ("", "it is no JSON"), ("{", "it is no JSON"), ("[]", "it is no object"),
    ('"x"', "it is no JSON"), ("null", "it is no JSON"),
    ("{}x", "it is no JSON"), ('{"a":1,"a":2}', "it is no JSON"),
    ('{"mac":"\\ud800"}', "it is no JSON"), (b"\xff", "it is no JSON"),
    ('{"mac":1}', "a member that must be a text is none"),
    ('{"user":["a"]}', "a member that must be a text is none"),
    ('{"companyId":{}}', "a member that must be a text is none"),
    ("[" * 60000, "it is no JSON"), ('{"a":' * 10000, "it is no JSON"),
])
def test_what_is_no_request_is_told_so(locator, body, message):
    answer = locator.json(body, status=400)
    assert answer == {"error": "badRequest", "message": message}


def test_a_request_that_says_nothing_is_none(locator):
    for said in {}, {"mac": "nobody"}, {"ip": "10.1"}, {"portId": "1"}, \
            {"user": ""}, {"user": None}, {"user": "x" * 2000}, \
            {"bssid": "00:00"}:
        answer = locator.json({"companyId": LARKSPUR,
                               "secret": locator.secrets[LARKSPUR], **said},
                              status=400)
        assert answer["message"] == "nothing that a device is known by"
    assert locator.http("GET", "/location")[0] == 405
    # Members that nobody knows are overlooked, NUL and all.
    assert ask(locator, LARKSPUR, number="4102", more={"x": 1},
               )["status"] == "located"
    locator.json('{"number":"41\\u000002"}', status=400)


def test_an_address_says_who_asks_where_policy_says_so(locator):
    locator.postgres.execute(
        "UPDATE e911.organization SET held_by_source = true"
        " WHERE e911_organization_id = %s;"
        "INSERT INTO e911.network_range SELECT organization_id,"
        " '127.0.0.0/8', location_id FROM e911.location"
        " WHERE name = 'Juniper office'", JUNIPER)
    locator.settle()
    answer = ask(locator, JUNIPER)
    assert answer["location"]["name"] == "Juniper office"
    assert answer["locatedBy"] == "network"
    # What cannot be read is somebody, and not the asker.
    for said in {"mac": "00:00:5e:00:53"}, {"ip": "10.1"}, {"portId": "1"}:
        locator.json({"companyId": JUNIPER,
                      "secret": locator.secrets[JUNIPER], **said}, status=400)


# ---- the page ----

def examples():
    """Pairs of what is sent and what is heard, in the order of the page."""
    page = os.path.join(TOP, "docs", "LOCATION-SERVICE.md")
    with open(page, encoding="utf-8") as text:
        blocks = re.findall(r"^```http\n(.*?)^```", text.read(),
                            re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 12 and len(blocks) % 2 == 0
    return list(zip(blocks[::2], blocks[1::2]))


def split(block):
    head, _, body = block.partition("\n\n")
    first, *lines = head.split("\n")
    return first, dict(line.split(": ", 1) for line in lines if line), body


def plain(text):
    """What is another one each time."""
    text = re.sub(r"/held/[0-9a-f]{128}", "/held/TOKEN", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)
    return re.sub(r">\s+<", "><", text.strip())


def test_the_examples_of_the_page_are_true(locator):
    token = ""
    locator.postgres.execute(
        "INSERT INTO e911.location_client SELECT 'dispatch', NULL,"
        " encode(sha256('DISPATCH-SECRET'), 'hex')")
    locator.settle()
    for sent, heard in examples():
        sent = sent.replace("SECRET-OF-1", locator.secrets[LARKSPUR])
        sent = sent.replace("SECRET-OF-2", locator.secrets[JUNIPER])
        sent = sent.replace("TOKEN", token)
        first, headers, body = split(sent)
        method, path = first.split(" ")[:2]
        if headers.get("Authorization", "").startswith("Basic "):
            name, _, secret = headers["Authorization"][6:].partition(":")
            headers.update(basic(name, secret))
        headers.pop("Host", None)
        status, answered, text = locator.http(method, path, body or None,
                                              headers)
        status_line, wanted, document = split(heard)
        assert status_line.split(" ")[1] == str(status), (sent, text)
        for name, value in wanted.items():
            assert answered[name] == value, sent
        if wanted["Content-Type"] == "application/json":
            assert json.loads(plain(text)) == json.loads(plain(document))
        else:
            assert plain(text) == plain(document), text
        found = re.search(r"/held/([0-9a-f]{128})", text)
        token = found.group(1) if found else token
