# SPDX-License-Identifier: GPL-2.0-or-later
"""e911ctl explain over a directory that a real e911d made of sql/demo.sql."""
import os
import re

import pytest

from ctl import Ctl

UUID = "91100000-0000-4000-8000-00000000000%s"
DEMO = os.path.realpath(os.path.join(os.path.dirname(__file__),
                                     "..", "..", "sql", "demo.sql"))


@pytest.fixture
def ctl(request, e911d):
    e911d.start_and_wait()
    return Ctl(os.path.realpath(request.config.getoption("--build")),
               "--state-dir", e911d.state)


def promises():
    """The table at the top of demo.sql: what each call should come to."""
    with open(DEMO, encoding="utf-8") as text:
        for line in text:
            cells = [c.strip() for c in line.removeprefix("--").split("|")]
            if len(cells) == 8 and re.match(r"[\d-]$", cells[2]):
                yield cells[1:7] + [cells[7]]


def said(says):
    kind, value = says.split()
    return {"device_user": ["--employee"], "mac": ["--mac"],
            "ip": ["--ip"]}.get(kind, ["--number"]) + [value]


def test_each_promise_of_the_demo_is_kept(ctl):
    count = 0
    for trunk, org, says, who, where, psap, back in promises():
        claims = [] if org == "-" else ["--organization", UUID % org]
        status, told = ctl.json("explain", "--trunk", trunk, *said(says),
                                *claims)
        line = f"{trunk} {org} {says}: {told}"
        identify, bind = told["identify"], told["bind"]
        if who.startswith("("):
            assert identify["endpoint"] is None, line
            assert identify["identified_by"] == {
                "(the site)": "site", "(the network)": "network",
                "(unknown)": "none"}[who], line
        else:
            assert identify["endpoint"] == who, line
        assert told["locate"]["location"] == \
            (None if where == "(none)" else where), line
        assert told["route"]["psap"] == psap, line
        numbers = re.fullmatch(r"(\+\d+) to (\d+)", back)
        if numbers:
            first = numbers.group(1)
            pool = [first[:-4] + f"{n:04d}" for n in
                    range(int(first[-4:]), int(numbers.group(2)) + 1)]
            assert bind["pool"] == pool and bind["elin"] in pool, line
        elif back == "(none)":
            assert bind["elin"] is None, line
        else:
            assert bind["callback_number"] == back, line
        assert status == (1 if where == "(none)" or org == "2" and
                          trunk == "genesys-cloud" else 0), line
        assert told["status"] == status
        count += 1
    assert count >= 18


def test_it_is_told_in_words(ctl):
    status, out, _ = ctl.run("explain", "--organization",
                             "Juniper Outfitters", "--ip", "10.20.30.99")
    assert status == 0
    for words in ("trunk pureconnect (2), known by its address",
                  "organisation Juniper Outfitters",
                  "found by the network of 10.20.30.99, in ININAttr",
                  "Juniper office",
                  "Ashgrove South (2), the location's PSAP",
                  "one of the 3 numbers of the location, "
                  "+12065550134 to +12065550136",
                  "then the default routes"):
        assert words in out, out


def test_routes_stand_in_the_order_of_the_hunt(ctl):
    _, told = ctl.json("explain", "--trunk", "pbx", "--number", "2101",
                       "--default-route", "sip:911@192.0.2.9:5061")
    routes = told["route"]["routes"]
    assert [r["psap"] for r in routes] == [
        "Ashgrove South", "Ashgrove North", "National Relay", "Last Resort",
        None]
    assert [r["kind"] for r in routes] == [
        "psap", "psap", "relay_center", "last_resort", None]
    assert routes[4]["uri"] == "sip:911@192.0.2.9:5061;transport=udp"


def test_a_callback_climbs_its_ladder(ctl):
    _, told = ctl.json("explain", "--trunk", "genesys-cloud", "--number",
                       "4102", "--organization", UUID % 1)
    back = told["callback"]
    assert back["first"] == "callback"
    assert back["routes"][0]["trunk"] == "genesys-cloud"
    assert back["routes"][0]["uri"].startswith("sip:4102@")


def test_a_stranger_is_refused(ctl):
    status, told = ctl.json("explain", "--source", "198.51.100.7",
                            "--number", "4102")
    assert status == 2 and told["source"]["answer"] == 403
    assert "identify" not in told
    status, told = ctl.json("explain", "--source", "198.51.100.7",
                            "--number", "4102", "--serve-unknown-source")
    assert status == 1 and told["identify"]["trunk"] is None
    assert told["route"]["routed_by"] == "relay_center"


INVITE = """INVITE sip:%s@192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP {host}:5070;branch=z9hG4bK1
From: "Ava" <sip:4999@{host}>;tag=1
t: <sip:911@192.0.2.1>%s
Call-ID: a
CSeq: 1 INVITE
P-Asserted-Identity:
 <sip:+12065550121@{host}>
E911-Organization-ID: %s
Content-Length: 3

v=0"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_invite_is_read_with_lf_or_crlf(ctl, postgres, tmp_path, end):
    host = postgres.value("SELECT host(host) FROM e911.trunk"
                          " WHERE name = 'genesys-cloud'")
    path = tmp_path / "invite"
    text = (INVITE % ("911", "", UUID % 1)).replace("{host}", host)
    path.write_bytes(text.replace("\n", end).encode())
    status, told = ctl.json("explain", "--invite", str(path))
    assert status == 0
    assert told["source"]["address"] == host
    assert told["source"]["is_assumed"] is True
    assert told["identify"]["endpoint"] == "Ava Reyes"
    assert told["identify"]["identified_from"] == "PAI"
    assert told["identify"]["organization_from"] == "header"
    # The same from standard input, over another trunk.
    status, told = ctl.json("explain", "--invite", "-", "--trunk", "pbx",
                            stdin=text)
    assert told["identify"]["organization_from"] == "trunk"
    assert status == 1


@pytest.mark.parametrize("user, tag, kind", [
    ("933", "", "test"), ("4102", "", "foreign"),
    ("911", ";tag=x", "in_dialog")])
def test_what_is_no_emergency_call_is_said(ctl, user, tag, kind):
    status, told = ctl.json(
        "explain", "--invite", "-", "--trunk", "genesys-cloud",
        stdin=INVITE % (user, tag, UUID % 1))
    assert told["classify"]["class"] == kind and status == 1
    assert "route" not in told


@pytest.mark.parametrize("arguments, why", [
    (["--number", "1"], "where does the call come from"),
    (["--organization", "Nobody", "--number", "1"],
     "has no organisation 'Nobody'"),
    (["--trunk", "nothing", "--number", "1"], "has no trunk 'nothing'"),
    (["--trunk", "pbx"], "who calls?"),
    (["--trunk", "pbx", "--mac", "xyz"], "'xyz' is no MAC address"),
    (["--trunk", "pbx", "--ip", "1.2.3"], "'1.2.3' is no IP address"),
    (["--source", "here", "--number", "1"], "'here' is no address"),
    (["--trunk", "pbx", "--employee", "a\r\nX: y"], "printable ASCII"),
    (["--trunk", "pbx", "--number", "1", "--invite", "-"],
     "leave --employee"),
    (["--trunk", "pbx", "--number", "1", "--default-route", "x"],
     "is not sip:user@IP"),
    (["--trunk", "pbx", "--invite", "/nowhere"], "No such file"),
])
def test_what_is_wrong_is_said(ctl, arguments, why):
    status, out, err = ctl.run("explain", *arguments)
    assert status == 3 and why in err and not out.count("\nidentify")


def test_no_directory_is_no_answer(ctl, tmp_path):
    status, out, err = Ctl(os.path.dirname(os.path.dirname(ctl.program))) \
        .run("explain", "--trunk", "pbx", "--number", "1", "--state-dir",
             str(tmp_path))
    assert status == 3 and "is --state-dir right" in err


# ---- a credential ----

def test_a_credential_is_assumed_to_be_right(ctl, e911d, postgres):
    postgres.execute("""
        UPDATE e911.gateway SET digest_realm = 'e911.example';
        SELECT e911.trunk_credential_set('genesys-cloud', 'larkspur', 'pw');
        UPDATE e911.trunk SET proofs = '{digest}'
         WHERE name = 'genesys-cloud';
        DELETE FROM e911.trunk_source WHERE trunk_id =
            (SELECT trunk_id FROM e911.trunk WHERE name = 'genesys-cloud')""")
    e911d.wait_lines(lambda lines: any("larkspur" in l for l in lines)
                     and not any(l.endswith(" trunk_id=1") for l in lines
                                 if l.startswith("trunk_source ")),
                     "the credential is published")
    status, told = ctl.json("explain", "--trunk", "genesys-cloud",
                            "--number", "+12065550121",
                            "--organization", UUID % 5)
    assert told["source"]["address"] is None, told
    assert told["identify"]["trunk"] == "genesys-cloud"
    assert told["identify"]["organization_from"] == "header"
    assert any("assumed to be right" in s for s in told["identify"]["says"])
    # Or the name in its certificate.
    postgres.execute("""
        INSERT INTO e911.trunk_certificate (name, trunk_id)
        SELECT 'sbc.example.com', trunk_id FROM e911.trunk
         WHERE name = 'genesys-cloud';
        UPDATE e911.trunk SET proofs = '{certificate}'
         WHERE name = 'genesys-cloud'""")
    e911d.wait_lines(lambda lines: any("sbc.example.com" in l for l in lines)
                     and any(" proofs=4" in l for l in lines
                             if l.startswith("trunk id=1 ")),
                     "the certificate is published")
    status, told = ctl.json("explain", "--trunk", "genesys-cloud",
                            "--number", "+12065550121",
                            "--organization", UUID % 5)
    assert told["source"]["address"] is None, told
    assert told["identify"]["organization_from"] == "header"
    postgres.execute("UPDATE e911.trunk SET proofs = '{digest}'"
                     " WHERE name = 'genesys-cloud'")
    e911d.wait_lines(lambda lines: any(" proofs=2" in l for l in lines
                                       if l.startswith("trunk id=1 ")),
                     "the credential counts again")
    # An INVITE is judged by what it shows.
    status, told = ctl.json("explain", "--invite", "-", "--source",
                            "198.51.100.7", stdin=INVITE % ("911", "", "x"))
    assert status == 2 and told["source"]["answer"] == 401


# ---- damage ----

def generation(e911d, link="current"):
    return os.path.join(e911d.state, "directory",
                        os.readlink(os.path.join(e911d.state, "directory",
                                                 link)))


def spoil(path):
    data = os.path.join(path, "data.mdb")
    size = os.path.getsize(data)
    with open(data, "r+b") as file:
        file.write(b"\xa5" * size)


ARGUMENTS = ["explain", "--source", "198.51.100.7", "--number",
             "+12065550121"]


def test_a_damaged_directory_gives_the_one_before(ctl, e911d, postgres):
    postgres.execute("SELECT e911.directory_rebuild()")
    e911d.wait_log("directory rebuilt:", 2)
    e911d.kill()
    assert generation(e911d, "previous") != generation(e911d)
    spoil(generation(e911d))
    status, told = ctl.json("explain", "--trunk", "pbx", "--number", "2101")
    assert told["directory"]["is_current"] is False and status == 1
    assert told["identify"]["endpoint"] == "Classroom 12"
    # Without any, whoever calls is taken to the default routes.
    spoil(generation(e911d, "previous"))
    status, told = ctl.json(*ARGUMENTS, "--default-route",
                            "sip:911@192.0.2.9")
    assert status == 2
    assert told["identify"]["trunk"] is None
    assert told["locate"]["location"] is None
    assert told["route"]["routed_by"] == "default"
    assert [r["uri"] for r in told["route"]["routes"]] == [
        "sip:911@192.0.2.9:5060;transport=udp"]
    assert told["directory"]["is_current"] is False
