# SPDX-License-Identifier: GPL-2.0-or-later
"""e911ctl audit over a real PostgreSQL."""
import os
import uuid

import pytest

from ctl import Ctl


@pytest.fixture
def ctl(request, postgres):
    return Ctl(os.path.realpath(request.config.getoption("--build")),
               "--postgres", postgres.conninfo()
               + " options='-c role=e911_reader'")


def findings(ctl, *arguments):
    """{(check, entity, name): finding} and the status."""
    status, told = ctl.json("audit", *arguments)
    assert told["status"] == status
    assert status == (2 if told["critical"] else
                      1 if told["warning"] else 0)
    return status, {(f["check"], f["entity"], f["name"]): f
                    for f in told["findings"]}


def event(postgres, kind, ago, detail, node="gw1"):
    postgres.execute(
        "SELECT e911.event_store(%s, NULL, now() - %s::interval, %s, %s, %s)",
        str(uuid.uuid4()), ago, kind, node, detail)


def trunk_id(postgres, name):
    return postgres.value("SELECT trunk_id FROM e911.trunk WHERE name = %s",
                          name)


def test_the_view_is_the_base(ctl, postgres):
    _, found = findings(ctl)
    of_view = {("unprovisioned", row["entity"], row["name"]) for row in
               postgres.query("SELECT entity, name FROM e911.unprovisioned")}
    assert of_view and of_view == {k for k in found
                                   if k[0] == "unprovisioned"}


def test_nothing_wrong_is_status_0(ctl, postgres):
    # The demo's schools have no default location, a note; what else it warns
    # of is mended.
    status, before = findings(ctl, "--organization", "Larkspur Insurance")
    assert all(f["organization"] == "Larkspur Insurance"
               for f in before.values())
    assert status == 0, before
    status, out, _ = ctl.run("audit", "--organization",
                             "91100000-0000-4000-8000-000000000001")
    assert status == 0 and out.startswith("E911 OK: 0 critical, 0 warnings, ")


def test_what_refuses_calls_is_critical(ctl, postgres):
    postgres.execute("DELETE FROM e911.trunk_source WHERE trunk_id = %s",
                     trunk_id(postgres, "pbx"))
    status, found = findings(ctl)
    assert status == 2
    assert found["unprovisioned", "trunk", "pbx"]["level"] == "critical"
    status, out, _ = ctl.run("audit")
    assert status == 2
    lines = out.splitlines()
    assert lines[0].startswith("E911 CRITICAL: 1 critical, ")
    assert lines[1].startswith("critical") and "pbx" in lines[1]
    assert "its requests are a stranger's" in lines[1]


def test_a_psap_that_no_address_leads_to_is_critical(ctl, postgres):
    postgres.execute("""
        UPDATE e911.psap SET alternate_psap_id = NULL;
        UPDATE e911.trunk SET host = NULL, host_name = 'psap.example.com'
         WHERE name = 'psap-north'""")
    status, found = findings(ctl)
    assert status == 2
    assert found["unreachable", "psap", "Ashgrove North"]["level"] == \
        "critical"
    assert ("unreachable", "psap", "Ashgrove South") not in found
    postgres.execute("SELECT e911.name_resolution_store('gw1', "
                     "ARRAY['psap.example.com'], ARRAY['{192.0.2.7}'], "
                     "ARRAY[NULL::text])")
    _, found = findings(ctl)
    assert ("unreachable", "psap", "Ashgrove North") not in found


def test_a_trunk_that_is_down_is_told_until_it_is_up(ctl, postgres):
    north = trunk_id(postgres, "psap-north")
    detail = ('{"route_trunk_id": %d, "destination": "127.0.20.1:5070", '
              '"reason": "no reply"}' % north)
    event(postgres, "trunk.down", "2 hours", detail)
    status, found = findings(ctl)
    down = found["down", "trunk", "psap-north"]
    assert status == 2 and down["level"] == "critical"
    assert down["consequence"] == "Ashgrove North has no way of its own left"
    assert "127.0.20.1:5070 is out of service on node gw1" in down["problem"]
    # With another way it is but passed over.
    postgres.execute(
        "INSERT INTO e911.psap_route (psap_id, priority, trunk_id, "
        "request_user) SELECT psap_id, 99, %s, '911' FROM e911.psap "
        "WHERE name = 'Ashgrove North'", trunk_id(postgres, "psap-south"))
    _, found = findings(ctl)
    assert found["down", "trunk", "psap-north"]["level"] == "warning"
    event(postgres, "trunk.up", "1 hour", detail)
    _, found = findings(ctl)
    assert ("down", "trunk", "psap-north") not in found
    # What another node says is another matter.
    event(postgres, "trunk.down", "30 minutes", detail, node="gw2")
    _, found = findings(ctl)
    assert "gw2" in found["down", "trunk", "psap-north"]["problem"]


def test_pools_that_are_too_small(ctl, postgres):
    postgres.execute("""
        DELETE FROM e911.elin WHERE elin IN ('+12065550115', '+12065550116')
        """)
    status, found = findings(ctl)
    assert status == 1
    small = found["pool_small", "location", "Larkspur floor 3"]
    assert small["problem"] == "has one ELIN for 2 endpoints"
    postgres.execute(
        "INSERT INTO e911.call (call_id, started_at, location_id, bound_by) "
        "SELECT gen_random_uuid(), now() - interval '2 days', location_id, b "
        "FROM e911.location, unnest(ARRAY['shared', 'rebound', 'free']) b "
        "WHERE name = 'Larkspur floor 2'")
    _, found = findings(ctl)
    short = found["pool_short", "location", "Larkspur floor 2"]
    assert "did not suffice for 2 calls" in short["problem"]


def test_an_elin_that_is_somebodys_number(ctl, postgres):
    postgres.execute("UPDATE e911.location SET desk_number = '+12065550112' "
                     "WHERE name = 'Larkspur floor 2'")
    _, found = findings(ctl)
    clash = found["elin_in_use", "elin", "+12065550112"]
    assert clash["level"] == "warning"
    assert "is the desk of Larkspur floor 2" in clash["problem"]


def test_ranges_within_each_other_are_a_note(ctl, postgres):
    _, found = findings(ctl)
    lies = found["overlap", "network_range", "10.20.30.0/24"]
    assert lies["level"] == "note"
    assert "lies within 10.20.0.0/16" in lies["problem"]


def test_certificates_that_end(ctl, postgres):
    event(postgres, "certificate.expires", "1 day",
          '{"file": "/a.pem", "reason": "ends within 30 days", '
          '"certificate": "CN=a", "ends_at": "2999-01-01T00:00:00Z"}')
    event(postgres, "certificate.expires", "1 day",
          '{"file": "/b.pem", "problem": "cannot be read"}')
    _, found = findings(ctl)
    assert found["certificate", "certificate", "/a.pem"]["level"] == "warning"
    assert found["certificate", "certificate", "/b.pem"]["level"] == \
        "critical"


def test_what_is_shown_is_limited_and_what_is_counted_is_not(ctl, postgres):
    postgres.execute("""
        INSERT INTO e911.location (organization_id, name, house_number,
               street, city, state, postal_code)
        SELECT organization_id, 'Place ' || n, n::text, 'Mill St', 'Ashgrove',
               'WA', '98000'
          FROM e911.organization, generate_series(1, 150) n
         WHERE name = 'Larkspur Insurance'""")
    status, told = ctl.json("audit")
    # Each has neither a PSAP nor an ELIN.
    assert told["warning"] >= 300
    assert sum(f["name"].startswith("Place ") for f in told["findings"]
               if f["name"]) <= 100
    _, out, _ = ctl.run("audit", "--limit", "1")
    assert out.splitlines()[-1].endswith(" more are not shown: --limit")
    _, told = ctl.json("audit", "--limit", "1000")
    assert len(told["findings"]) == \
        told["critical"] + told["warning"] + told["note"]


def test_what_cannot_be_found_out_is_unknown(ctl, postgres):
    status, _, err = ctl.run("audit", "--organization", "Nobody")
    assert status == 3 and "there is no organisation 'Nobody'" in err
    status, _, err = ctl.run("audit", "--limit", "x")
    assert status == 3 and "no whole number" in err
    elsewhere = Ctl(os.path.dirname(os.path.dirname(ctl.program)),
                    "--postgres", "host=/nowhere dbname=e911")
    status, out, err = elsewhere.run("audit")
    assert status == 3 and "PostgreSQL" in err and not out
    # libpq's own variables, and a role that may not look.
    plain = Ctl(os.path.dirname(os.path.dirname(ctl.program)))
    where = {"PGHOST": postgres.directory, "PGDATABASE": "e911",
             "PGUSER": "postgres"}
    status, out, _ = plain.run(
        "audit", "--organization", "Larkspur Insurance",
        env={**where, "PGOPTIONS": "-c role=e911_reader"})
    assert status == 0 and out.startswith("E911 OK")
    status, out, err = plain.run(
        "audit", env={**where, "PGOPTIONS": "-c role=pg_monitor"})
    assert status == 3 and not out and "permission denied" in err
