# SPDX-License-Identifier: GPL-2.0-or-later
"""e911ctl audit over a real PostgreSQL."""
import os
import re
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


def test_changes_that_are_held_back_are_told_until_they_are_not(ctl, postgres):
    event(postgres, "publish.held", "1 hour",
          '{"waited_s": 30, "pid": 4711, "user": "alice", '
          '"database": "e911", "application": "psql"}')
    _, found = findings(ctl)
    held = found["held", "gateway", "gw1"]
    assert held["level"] == "warning"
    assert "of alice in e911, process 4711 (psql)" in held["problem"]
    event(postgres, "publish.released", "10 minutes", '{"waited_s": 3000}')
    _, found = findings(ctl)
    assert ("held", "gateway", "gw1") not in found


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


def area(postgres, psap, name, west, south, east, north, priority=100,
         hole=None):
    """A box, in degrees; hole is one within it."""
    postgres.execute(
        "INSERT INTO e911.psap_boundary (psap_id, name, priority, shape) "
        "SELECT psap_id, %s, %s, ST_Multi(ST_Difference("
        "ST_MakeEnvelope(%s, %s, %s, %s, 4326), "
        "ST_MakeEnvelope(%s, %s, %s, %s, 4326))) "
        "FROM e911.psap WHERE name = %s",
        name, priority, west, south, east, north,
        *(hole or (0, 0, 0, 0)), psap)


def test_a_psap_without_area(ctl, postgres):
    # No areas at all: all locations have their PSAP by hand.
    _, found = findings(ctl)
    assert found["area_missing", "psap", "Ashgrove North"]["level"] == "note"
    area(postgres, "Ashgrove North", "north", -123, 47, -122, 48)
    postgres.execute("UPDATE e911.psap SET alternate_psap_id = NULL")
    status, found = findings(ctl)
    assert ("area_missing", "psap", "Ashgrove North") not in found
    south = found["area_missing", "psap", "Ashgrove South"]
    assert status == 1 and south["level"] == "warning"
    assert south["consequence"] == \
        "only locations that an operator gives it are its"
    # One that only stands in for another.
    postgres.execute("""
        UPDATE e911.psap SET alternate_psap_id = (SELECT psap_id
               FROM e911.psap WHERE name = 'Ashgrove South')
         WHERE name = 'Ashgrove North'""")
    _, found = findings(ctl)
    assert found["area_missing", "psap", "Ashgrove South"]["level"] == "note"
    # A relay centre and a last resort need none.
    assert {n for c, _, n in found if c == "area_missing"} == \
        {row["name"] for row in postgres.query(
            "SELECT name FROM e911.psap WHERE kind = 'psap' "
            "AND name <> 'Ashgrove North'")}


def test_areas_that_overlap(ctl, postgres):
    area(postgres, "Ashgrove North", "north", -123, 47, -122, 48)
    area(postgres, "Ashgrove South", "south", -123, 46, -122, 47)
    _, found = findings(ctl)
    assert not [key for key in found if key[0] == "area_overlap"]
    area(postgres, "Ashgrove South", "city", -122.6, 47.2, -122.5, 47.3)
    status, found = findings(ctl)
    common = found["area_overlap", "psap_boundary", "north"]
    assert status == 1 and common["level"] == "warning"
    assert "of it (Ashgrove North) are in city (Ashgrove South) too" in \
        common["problem"]
    assert common["consequence"] == ("calls from there go to Ashgrove South, "
                                     "whose area is smaller")
    # Said to be meant so.
    postgres.execute("UPDATE e911.psap_boundary SET priority = 50 "
                     "WHERE name = 'city'")
    _, found = findings(ctl)
    common = found["area_overlap", "psap_boundary", "north"]
    assert common["level"] == "note"
    assert common["consequence"].endswith("whose area has priority")
    # Neighbours that were drawn 10 cm into each other.
    postgres.execute("DELETE FROM e911.psap_boundary WHERE name = 'city'")
    area(postgres, "Ashgrove South", "thin", -122.001, 47.999999, -122, 48)
    _, found = findings(ctl)
    assert found["area_overlap", "psap_boundary", "north"]["level"] == "note"


def test_a_hole_between_areas(ctl, postgres):
    area(postgres, "Ashgrove North", "north", -123, 47, -122, 48,
         hole=(-122.6, 47.2, -122.5, 47.3))
    status, found = findings(ctl)
    hole = found["area_gap", "psap_boundary", "47.250000, -122.550000"]
    assert status == 1 and hole["level"] == "warning"
    assert re.fullmatch(r"a hole of 8\d\.\d+ square km around here is in no "
                        r"area", hole["problem"])
    told = ctl.json("audit")[1]
    assert told["areas_compared"] is True
    # What compares shapes can be left out, and says so.
    told = ctl.json("audit", "--quick")[1]
    assert told["areas_compared"] is False
    assert not [f for f in told["findings"] if f["check"] == "area_gap"]
    _, out, _ = ctl.run("audit", "--quick")
    assert out.splitlines()[0].endswith("; areas were not compared")
    _, out, _ = ctl.run("audit", "--organization", "Larkspur Insurance")
    assert out.splitlines()[0].endswith("; areas were not compared")
    area(postgres, "Ashgrove South", "in it", -122.6, 47.2, -122.5, 47.3)
    _, found = findings(ctl)
    assert not [key for key in found if key[0] == "area_gap"]


def test_a_location_that_is_but_near_an_area(ctl, postgres):
    postgres.execute("""
        UPDATE e911.location SET psap_id = NULL, longitude = -122.5,
               latitude = 47.5 WHERE name = 'Larkspur floor 3';
        UPDATE e911.location_resolution SET means = 'nearest',
               distance_m = 340, resolved_at = now(),
               psap_id = (SELECT psap_id FROM e911.psap
                           WHERE name = 'Ashgrove South')""")
    status, found = findings(ctl)
    near = found["area_nearest", "location", "Larkspur floor 3"]
    assert status == 1 and near["level"] == "warning"
    assert near["problem"] == ("no area covers its point; that of "
                               "Ashgrove South is 340 m away")
    assert near["organization"] == "Larkspur Insurance"
    # An operator's word holds.
    postgres.execute("""
        UPDATE e911.location SET psap_id = (SELECT psap_id FROM e911.psap
                WHERE name = 'Ashgrove North')
         WHERE name = 'Larkspur floor 3'""")
    _, found = findings(ctl)
    assert ("area_nearest", "location", "Larkspur floor 3") not in found


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
