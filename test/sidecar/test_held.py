# SPDX-License-Identifier: GPL-2.0-or-later
"""Where devices are, by HELD (RFC 5985, 6155, 6753): what clients hear, and
what they cannot learn."""
import http.client
import os
import signal

import pytest

from harness.wait import wait_until
from held import (CIVIC, HARBOR, HELD, HOSTILE_XML, JUNIPER, LARKSPUR, PIDF, Locator,
                  basic, bearer, device, error_of, parts, point_of, request,
                  uri_of, validate)


@pytest.fixture(name="locator")
def locator_of(e911d, postgres):
    return Locator(e911d, postgres)


@pytest.fixture(name="held")
def running(locator):
    for organization in LARKSPUR, JUNIPER, HARBOR:
        locator.secret(organization)
    locator.postgres.execute(
        "UPDATE e911.location SET latitude = 47.6119, longitude = -122.3372"
        " WHERE name = 'Larkspur floor 3'")
    return locator.start()


# ---- who is where ----

@pytest.mark.parametrize("organization, said, floor", [
    (LARKSPUR, "<msisdn>12065550121</msisdn>", "3"),
    (LARKSPUR, "<uri>tel:+1-206-555-0121</uri>", "3"),
    (LARKSPUR, "<uri>sip:+12065550121@pbx.example.com;user=phone</uri>", "3"),
    (LARKSPUR, "<uri>sip:4102@pbx.example.com</uri>", "3"),
    # No place of her own: her organisation's.
    (LARKSPUR, "<uri>sip:4103@pbx.example.com</uri>", "2"),
    # The site's number.
    (LARKSPUR, "<uri>tel:+12065550120</uri>", "2"),
    (HARBOR, "<nai>E1007@harbor.example.com</nai>", "Ground floor"),
    (HARBOR, "<nai>E1007</nai>", "Ground floor"),
    (JUNIPER, "<mac>00-00-5E-00-53-01</mac>", None),
    (JUNIPER, '<ip v="4">10.20.30.40</ip>', None),
    # The network within the network.
    (JUNIPER, '<ip v="4">10.20.30.99</ip>', "Mezzanine"),
    (JUNIPER, '<ip v="4">10.20.99.1</ip>', None),
    # The first that is known counts.
    (JUNIPER, "<mac>00-00-5E-00-53-99</mac><ip>10.20.30.40</ip>", None),
    (JUNIPER, "<imsi>11235550123</imsi><ip>10.20.30.99</ip>", "Mezzanine"),
])
def test_a_device_is_found_by_its_identity(held, organization, said, floor):
    root = held.ask(organization, device(said))
    assert root.tag == HELD + "locationResponse"
    assert parts(root).get("FLR") == floor
    assert parts(root)["country"] == "US" and parts(root)["A1"] == "WA"


def test_what_nobody_knows_is_told_as_errors(held):
    for said, code in (
            ("<uri>sip:4999@pbx.example.com</uri>", "locationUnknown"),
            ("<mac>00-00-5E-00-53-99</mac>", "locationUnknown"),
            ("<ip>192.0.2.1</ip>", "locationUnknown"),
            ("<ip>192.0.2.999</ip>", "badIdentifier"),
            ("<mac>nobody</mac>", "badIdentifier"),
            ("<imsi>11235550123</imsi>", "badIdentifier"),
            ("<uri>sip:\"&lt;x\n&gt;\"@</uri>", "locationUnknown"),
            (f"<nai>{'x' * 5000}</nai>", "badIdentifier"),
            ("", "badIdentifier")):
        root = held.ask(LARKSPUR, device(said))
        assert error_of(root) == code, said
    # The address of the request says nothing, unless it is to.
    assert error_of(held.ask(LARKSPUR)) == "notLocatable"
    for names, code in (("h:imsi", "badIdentifier"),
                        ("h:badge", "badIdentifier"),
                        ("h:mac", "badIdentifier"),
                        ("h:ip", "badIdentifier"), ("h:uri", None)):
        root = held.ask(
            LARKSPUR, device("<uri>sip:4102@example.com</uri>"
                             "<ip>no address</ip>") +
            '<h:requiredIdentifiers xmlns:h="urn:ietf:params:xml:ns:geopriv:'
            f'held:id">{names}</h:requiredIdentifiers>')
        assert (error_of(root) if code else None) == code


def test_what_is_no_request_hears_an_error(held):
    headers = basic(LARKSPUR, held.secrets[LARKSPUR])
    for body, code in (
            ("", "xmlError"), ("hello", "xmlError"), ("<a", "xmlError"),
            ("<a/>", "unsupportedMessage"),
            ("<locationResponse/>", "unsupportedMessage"),
            (request("<locationType>altitude</locationType>"),
             "requestError")):
        assert error_of(held.post(body, headers)) == code, body
    status, _, _ = held.http("GET", "/held", headers=headers)
    assert status == 405
    status, _, _ = held.http("PUT", "/held", "x", headers)
    assert status == 405


def test_the_wanted_form_is_given(held):
    ben = device("<uri>sip:4102@example.com</uri>")
    iris = device("<uri>sip:4103@example.com</uri>")

    def given(who, wanted, exact=False, attributes=""):
        exact = ' exact="true"' if exact else ""
        root = held.ask(LARKSPUR, f"<locationType{exact}>{wanted}"
                                  f"</locationType>{who}", attributes)
        if root.tag == HELD + "error":
            return root.get("code")
        return "".join(letter for letter, there in (
            ("g", point_of(root) is not None),
            ("c", root.find(".//" + CIVIC + "civicAddress") is not None),
            ("u", uri_of(root)[0] is not None)) if there)

    assert given(ben, "any") == "gcu"
    assert given(ben, "geodetic") == "g"
    assert given(ben, "civic") == "c"
    assert given(ben, "civic geodetic", True) == "gc"
    assert given(ben, "locationURI") == "u"
    assert given(ben, "geodetic locationURI", True) == "gu"
    # Floor 2 has no point: something else is better than nothing, unless ...
    assert given(iris, "any") == "cu"
    assert given(iris, "geodetic") == "c"
    assert given(iris, "geodetic", True) == "cannotProvideLiType"
    assert given(iris, "civic geodetic", True) == "cannotProvideLiType"
    for time in "0", "8000", "emergencyRouting", "emergencyDispatch":
        assert given(ben, "any", attributes=f' responseTime="{time}"') == \
            "gcu"


def test_a_point_is_where_it_was_provisioned(held):
    root = held.ask(LARKSPUR, device("<uri>sip:4102@example.com</uri>"))
    assert point_of(root) == "47.611900 -122.337200"
    presence = root.find(PIDF + "presence")
    assert presence.get("entity").startswith("pres:")
    assert "4102" not in presence.get("entity")


# ---- who may ask ----

def test_nobody_asks_without_a_secret(held):
    body = request(device("<uri>sip:4102@example.com</uri>"))
    secret = held.secrets[LARKSPUR]
    for headers in ({}, basic(LARKSPUR, ""), basic(LARKSPUR, secret + "0"),
                    basic(LARKSPUR, held.secrets[JUNIPER]),
                    basic(LARKSPUR[:-1] + "4", ""), basic("", secret),
                    basic("nobody", secret), basic("x" * 300, secret),
                    bearer(LARKSPUR, ""), bearer("", secret),
                    {"Authorization": "Bearer"},
                    {"Authorization": "Bearer x"},
                    {"Authorization": "Basic ??"},
                    {"Authorization": "Digest x"}):
        status, answered, text = held.http("POST", "/held", body, headers)
        assert status == 401, headers
        assert answered["WWW-Authenticate"].startswith("Basic ")
        validate("held/held.xsd", text)
        assert "floor" not in text and "Mill" not in text
    for headers in (basic(LARKSPUR, secret), bearer(LARKSPUR, secret),
                    basic(LARKSPUR.upper(), secret)):
        assert parts(held.post(body, headers))["FLR"] == "3"


def test_a_secret_that_was_replaced_is_none(held):
    old = held.secrets[LARKSPUR]
    held.secret(LARKSPUR)
    held.settle()
    body = request(device("<uri>sip:4102@example.com</uri>"))
    held.post(body, basic(LARKSPUR, old), status=401)
    held.ask(LARKSPUR, device("<uri>sip:4102@example.com</uri>"))


def test_a_location_is_its_organisations_alone(held):
    # The same extension is another person's in another organisation.
    for said in "<mac>00-00-5E-00-53-01</mac>", "<ip>10.20.30.40</ip>":
        assert error_of(held.ask(LARKSPUR, device(said))) == "locationUnknown"
    body = request(device("<mac>00-00-5E-00-53-01</mac>"))
    headers = basic(LARKSPUR, held.secrets[LARKSPUR])
    for other in JUNIPER, LARKSPUR[:-1] + "f", "x":
        root = held.post(body, {**headers, "E911-Organization-ID": other},
                         status=403)
        assert error_of(root) == "requestError"
    assert error_of(held.post(
        body, {**headers, "E911-Organization-ID": LARKSPUR})) == \
        "locationUnknown"


def test_who_policy_names_may_ask_for_one_or_for_all(held):
    body = request(device("<mac>00-00-5E-00-53-01</mac>"))
    of_all = held.postgres.value(
        "SELECT e911.location_client_new_for_all('psap')")
    of_one = held.postgres.value(
        "SELECT e911.location_client_new('sbc', %s)", JUNIPER)
    held.settle()
    juniper = {"E911-Organization-ID": JUNIPER}
    assert parts(held.post(body, basic("sbc", of_one)))["BLD"] == "A"
    assert parts(held.post(body, {**basic("sbc", of_one), **juniper}))
    assert parts(held.post(body, {**bearer("psap", of_all), **juniper}))
    held.post(body, {**basic("sbc", of_one),
                     "E911-Organization-ID": LARKSPUR}, status=403)
    root = held.post(body, basic("psap", of_all), status=400)
    assert error_of(root) == "requestError"
    held.postgres.execute("DELETE FROM e911.location_client")
    held.settle()
    held.post(body, {**basic("psap", of_all), **juniper}, status=401)


def test_an_address_says_who_asks_where_policy_says_so(held):
    held.postgres.execute(
        "UPDATE e911.organization SET held_by_source = true"
        " WHERE e911_organization_id = %s;"
        "INSERT INTO e911.network_range SELECT organization_id,"
        " '127.0.0.0/8', location_id FROM e911.location"
        " WHERE name = 'Juniper office'", JUNIPER)
    held.settle()
    assert parts(held.ask(JUNIPER))["FLR"] == "Mezzanine"
    # A device that is named is that one.
    assert error_of(held.ask(JUNIPER, device("<imsi>1</imsi>"))) == \
        "badIdentifier"
    assert error_of(held.ask(LARKSPUR)) == "notLocatable"


def test_who_asks_too_often_is_told_to_wait(locator):
    locator.e911d.settings["held_rate"] = 1
    secret = locator.secret(LARKSPUR)
    locator.secret(JUNIPER)
    sbc = locator.postgres.value("SELECT e911.location_client_new('sbc', %s)",
                                 LARKSPUR)
    locator.start()
    body = request(device("<uri>sip:4102@example.com</uri>"))
    seen = [locator.http("POST", "/held", body, basic(LARKSPUR, secret))
            for _ in range(50)]
    assert seen[0][0] == 200
    refused = [answer for answer in seen if answer[0] == 429]
    assert refused and refused[0][1]["Retry-After"] == "1"
    validate("held/held.xsd", refused[0][2])
    # Others are not held up by that, not even a server of theirs.
    assert parts(locator.post(body, basic("sbc", sbc)))
    assert parts(locator.ask(JUNIPER, device("<ip>10.20.30.40</ip>")))


def test_one_device_does_not_use_up_its_organisation(locator):
    locator.e911d.settings.update({"held_rate": 1000, "held_source_rate": 1})
    secret = locator.secret(LARKSPUR)
    sbc = locator.postgres.value("SELECT e911.location_client_new('sbc', %s)",
                                 LARKSPUR)
    locator.start()
    body = request(device("<uri>sip:4102@example.com</uri>"))
    seen = [locator.http("POST", "/held", body, basic(LARKSPUR, secret))[0]
            for _ in range(50)]
    assert seen[0] == 200 and 429 in seen
    connection = http.client.HTTPConnection(
        "127.0.0.1", locator.port, timeout=30,
        source_address=("127.0.0.2", 0))
    connection.request("POST", "/held", body, basic(LARKSPUR, secret))
    assert connection.getresponse().status == 200
    connection.close()
    # A server asks for many.
    assert {locator.http("POST", "/held", body, basic("sbc", sbc))[0]
            for _ in range(50)} == {200}


def test_refusals_are_events(held):
    """One for each address and reason, whoever they say that they are."""
    body = request(device("<uri>sip:4102@example.com</uri>"))
    for name in "psap", "psap", LARKSPUR, "x" * 200:
        held.post(body, basic(name, "wrong"), status=401)
    held.post(body, {**basic(LARKSPUR, held.secrets[LARKSPUR]),
                     "E911-Organization-ID": JUNIPER}, status=403)
    held.http("GET", "/held/" + "0" * 128)

    def told():
        return sorted(row["detail"]["fault"] for row in held.postgres.query(
            "SELECT detail FROM e911.call_event"
            " WHERE kind = 'security.location'"))
    wait_until(lambda: len(told()) >= 3, "they are stored", 30,
               [held.e911d.process])
    assert told() == ["a location URI that nobody gave",
                      "devices of another organisation",
                      "no secret, or a wrong one"]
    stories = [row["story"] for row in held.postgres.query(
        "SELECT e911.event_sentence(kind, detail) AS story"
        " FROM e911.call_event WHERE kind = 'security.location'")]
    assert all(story.startswith("127.0.0.1") for story in stories)


# ---- references ----

def test_a_reference_is_given_and_followed(held):
    first = held.ask(LARKSPUR, "<locationType>locationURI</locationType>" +
                     device("<uri>sip:4102@example.com</uri>"))
    path, ends = uri_of(first)
    assert len(path) == len("/held/") + 128 and ends.endswith("Z")
    # By POST, with a request or nothing in it; by GET, as either document.
    root = held.post(request(), path=path)
    assert parts(root)["FLR"] == "3" and uri_of(root) == (None, None)
    root = held.post(request("<locationType exact=\"true\">geodetic"
                             "</locationType>"), path=path)
    assert point_of(root) == "47.611900 -122.337200"
    assert error_of(held.post("<a/>", path=path)) == "unsupportedMessage"
    status, headers, text = held.http("GET", path)
    assert status == 200
    assert headers["Content-Type"] == "application/held+xml"
    validate("held/held.xsd", text)
    status, headers, text = held.http("GET", path, headers={
        "Accept": "application/pidf+xml,application/held+xml;q=0.5"})
    assert (status, headers["Content-Type"]) == (200, "application/pidf+xml")
    validate("pidf-lo/gcs-pidflo.xsd", text)
    assert "Mill" in text
    assert held.http("PUT", path, "x")[0] == 405


def test_a_reference_cannot_be_guessed(held):
    ask = device("<uri>sip:4102@example.com</uri>")
    path, _ = uri_of(held.ask(LARKSPUR, ask))
    other, _ = uri_of(held.ask(LARKSPUR, ask))
    assert path != other
    token = path.removeprefix("/held/")
    swapped = token[:-1] + ("0" if token[-1] != "0" else "1")
    for bad in (swapped, token[:-1], token + "0", "0" * 128, "x" * 128,
                token[:64] + other.removeprefix("/held/")[64:], "../held",
                "0" * 5000):
        status, _, text = held.http("GET", "/held/" + bad)
        assert status == 404, bad
        validate("held/held.xsd", text)
        assert 'code="locationUnknown"' in text


def test_a_reference_follows_the_person(held):
    path, _ = uri_of(held.ask(LARKSPUR,
                              device("<uri>sip:4102@example.com</uri>")))
    held.postgres.execute(
        "UPDATE e911.endpoint SET location_id = (SELECT location_id FROM"
        " e911.location WHERE name = 'Larkspur floor 2')"
        " WHERE name = 'Ben Okafor'")
    held.settle()
    assert parts(held.post(request(), path=path))["FLR"] == "2"
    # Who is gone was there last.
    held.postgres.execute("DELETE FROM e911.endpoint"
                          " WHERE name = 'Ben Okafor'")
    held.settle()
    assert parts(held.post(request(), path=path))["FLR"] == "3"
    # A network stays where it is.
    path, _ = uri_of(held.ask(JUNIPER, device("<ip>10.20.30.99</ip>")))
    assert parts(held.post(request(), path=path))["FLR"] == "Mezzanine"


def test_references_end(locator):
    locator.e911d.settings["held_uri_expires_s"] = 1
    locator.secret(LARKSPUR)
    locator.start()
    path, _ = uri_of(locator.ask(
        LARKSPUR, device("<uri>sip:4102@example.com</uri>")))
    wait_until(lambda: locator.http("GET", path)[0] == 404,
               "the reference has ended", 30, [locator.e911d.process])


def test_references_outlive_a_restart_and_postgresql(held):
    path, _ = uri_of(held.ask(LARKSPUR,
                              device("<uri>sip:4102@example.com</uri>")))
    assert os.stat(os.path.join(held.e911d.state, "location-key")).st_mode \
        & 0o777 == 0o640
    held.e911d.kill()
    held.postgres.stop(signal.SIGQUIT)
    os.remove(held.e911d.log)
    held.start(wait=False)
    assert parts(held.post(request(), path=path))["FLR"] == "3"
    assert parts(held.ask(LARKSPUR, device(
        "<uri>sip:4102@example.com</uri>")))["FLR"] == "3"


def test_without_its_key_it_gives_no_references(locator):
    locator.secret(LARKSPUR)
    with open(os.path.join(locator.e911d.state, "location-key"), "w",
              encoding="ascii") as out:
        out.write("short")
    locator.start()
    locator.e911d.wait_log("no location URIs are given")
    root = locator.ask(LARKSPUR, device("<uri>sip:4102@example.com</uri>"))
    assert parts(root)["FLR"] == "3" and uri_of(root) == (None, None)
    assert locator.http("GET", "/held/" + "0" * 128)[0] == 404


# ---- what hurts ----

@pytest.mark.parametrize("name", sorted(HOSTILE_XML))
def test_hostile_documents_hear_an_error(held, name):
    headers = basic(LARKSPUR, held.secrets[LARKSPUR])
    body = HOSTILE_XML[name]
    assert len(body) <= 65536
    status, _, text = held.http("POST", "/held", body, headers)
    assert status == 200
    validate("held/held.xsd", text)
    assert "<error" in text and "root:" not in text
    held.e911d.process.check_alive()


def test_without_a_directory_it_says_so(locator):
    locator.e911d.settings["postgres"] = "host=127.0.0.1 port=1"
    locator.start(wait=False)
    root = locator.post(request(), basic(LARKSPUR, "x"))
    assert error_of(root) == "generalLisError"


def test_it_is_off_unless_it_is_on(locator):
    locator.e911d.settings["held"] = 0
    locator.start()
    for path in "/held", "/location", "/held/" + "0" * 128:
        assert locator.http("POST", path, "x")[0] == 404


def test_no_place_and_no_secret_is_in_the_log(held):
    held.e911d.settings["log_level"] = "info"
    held.e911d.kill()
    os.remove(held.e911d.log)
    held.start()
    path, _ = uri_of(held.ask(LARKSPUR,
                              device("<uri>sip:4102@example.com</uri>")))
    held.http("GET", path)
    held.http("POST", "/held", request(), basic(LARKSPUR, "wrong-secret"))
    held.ask(LARKSPUR, device("<uri>sip:4999@example.com</uri>"))
    held.e911d.process.signal(signal.SIGUSR1)
    for line in ("held.requests 4", "held.answers 2", "held.errors 2",
                 "held.unauthorized 1", "held.dereferenced 1"):
        held.e911d.wait_log(line)
    log = held.e911d.log_text()
    for secret in ("Mill", "4102", "4999", "floor", "wrong-secret",
                   held.secrets[LARKSPUR], path.removeprefix("/held/")):
        assert secret not in log
    assert held.e911d.stop()[0] == 0


def cpu_of(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_clients_do_not_take_the_descriptors_of_the_rest(held):
    with open(f"/proc/{held.e911d.process.pid}/limits",
              encoding="ascii") as limits:
        line = [x for x in limits if x.startswith("Max open files")][0]
    soft, hard = line.split()[3:5]
    assert soft == hard


def test_a_form_is_not_taken_apart(held):
    """Its members would cost a second of CPU, before anybody is asked who they
    are."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    form = "".join(f"{a}{b}{c}=1&" for a in letters for b in letters
                   for c in letters)[:65000]
    before = cpu_of(held.e911d.process)
    for path in "/", "/held", "/location", "/lost":
        for kind in ("application/x-www-form-urlencoded",
                     "multipart/form-data; boundary=b"):
            held.http("POST", path, form, {"Content-Type": kind})
    assert cpu_of(held.e911d.process) - before < 1
    # As a request it is judged by its bytes, whatever it calls itself.
    held.post(request(device("<uri>sip:4102@example.com</uri>")),
              {**basic(LARKSPUR, held.secrets[LARKSPUR]),
               "Content-Type": "application/x-www-form-urlencoded"})


def test_without_a_key_devices_have_names_that_nobody_knows(locator):
    locator.secret(LARKSPUR)
    with open(os.path.join(locator.e911d.state, "location-key"), "w",
              encoding="ascii") as out:
        out.write("short")
    names = set()
    for _ in range(2):
        locator.start()
        root = locator.ask(LARKSPUR, device("<uri>sip:4102@a</uri>"))
        names.add(root.find(PIDF + "presence").get("entity"))
        locator.e911d.kill()
        os.remove(locator.e911d.log)
    assert len(names) == 2


def test_options_that_do_not_fit_are_refused(locator):
    settings = dict(locator.e911d.settings)
    for value in "lis.example.org", "ftp://a", "https://", "https://a/b", \
            "https://a b":
        locator.e911d.settings = dict(settings, held_uri=value)
        locator.e911d.write_config()
        status, errors = locator.e911d.run("--check-config")
        assert status == 2 and "held_uri" in errors, value
    for value in "https://[2001:db8::1]:8443", "http://127.0.0.1", "":
        locator.e911d.settings = dict(settings, held_uri=value)
        locator.e911d.write_config()
        assert locator.e911d.run("--check-config")[0] == 0, value
