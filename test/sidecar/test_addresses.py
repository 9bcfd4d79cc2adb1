# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses of locations -> their PSAPs, and what the addresses are worth."""
import os
import re
import time

import pytest

from ctl import Ctl
from harness.wait import wait_until
from test_psap import add_box, psap_id, wait_all_found, wait_psap

FLOOR3 = "Larkspur floor 3"


def place(postgres, name=FLOOR3, **columns):
    """An address in these columns, and no point or PSAP but what is said."""
    row = {"building_id": None, "house_number": "100", "street": "N Mill St",
           "city": "Ashgrove", "county": None, "state": "WA",
           "postal_code": "98000", "country": "US", "longitude": None,
           "latitude": None, "psap_id": None, **columns}
    postgres.execute(
        f"UPDATE e911.location SET {', '.join(f'{c} = %s' for c in row)}"
        " WHERE name = %s", *row.values(), name)


def add_range(postgres, psap, low, high, street="Mill", parity="both",
              city="Ashgrove"):
    postgres.execute(
        "INSERT INTO e911.msag_range (state, community, predirectional,"
        " street, suffix, low, high, parity, psap_id) VALUES ('WA', %s, 'N',"
        " %s, 'St', %s, %s, %s, %s)", city, street, low, high, parity,
        psap_id(postgres, psap))


def add_coverage(postgres, psap, **of):
    of = {"state": None, "county": None, "postal_code": None, **of}
    postgres.execute(
        "INSERT INTO e911.psap_coverage (psap_id, state, county, postal_code)"
        " VALUES (%s, %s, %s, %s)", psap_id(postgres, psap), of["state"],
        of["county"], of["postal_code"])


def known(postgres, location=FLOOR3):
    row, = postgres.query(
        "SELECT waiting, means, psap, validity, reason, invalid"
        "  FROM e911.location_validity WHERE location = %s", location)
    return row


def wait_known(e911d, postgres, location=FLOOR3, **want):
    """Until that is what is stored, and nothing is waited for."""
    want["waiting"] = False

    def is_so():
        row = known(postgres, location)
        return all(row[key] == value for key, value in want.items())
    try:
        wait_until(is_so, f"{location} is {want}", 30, [e911d.process])
    except Exception:
        print(known(postgres, location))
        raise


def test_an_address_leads_to_the_psap_of_its_range(e911d, postgres):
    add_range(postgres, "Ashgrove South", 100, 198, parity="even")
    place(postgres, street="north mill street")
    e911d.start_and_wait()
    wait_psap(e911d, postgres, "Ashgrove South")
    wait_known(e911d, postgres, means="address", psap="Ashgrove South",
               validity="validated", reason=None, invalid=[])
    # Another house, of the other side: there is none.
    place(postgres, house_number="101")
    wait_known(e911d, postgres, validity="rejected", invalid=["HNO"],
               reason="its street has no such house number")
    # All of the street is one PSAP's: calls go there all the same.
    assert known(postgres)["psap"] == "Ashgrove South"
    wait_psap(e911d, postgres, "Ashgrove South")


def test_locations_follow_their_ranges(e911d, postgres):
    add_range(postgres, "Ashgrove South", 100, 198)
    place(postgres)
    e911d.start_and_wait()
    wait_psap(e911d, postgres, "Ashgrove South")
    postgres.execute("UPDATE e911.msag_range SET psap_id = %s",
                     psap_id(postgres, "Ashgrove North"))
    wait_psap(e911d, postgres, "Ashgrove North")
    postgres.execute("UPDATE e911.msag_range SET low = 150")
    wait_known(e911d, postgres, validity="stale", invalid=["HNO"])
    postgres.execute("DELETE FROM e911.msag_range")
    wait_psap(e911d, postgres, None)
    wait_known(e911d, postgres, means="default", psap=None, validity="stale")
    add_range(postgres, "Ashgrove North", 100, 198)
    wait_psap(e911d, postgres, "Ashgrove North")
    wait_known(e911d, postgres, validity="validated")


def test_each_means_stands_in_for_the_ones_before(e911d, postgres):
    """From the best to none, by taking one after the other away."""
    add_box(postgres, "Ashgrove South", -123, 47, 1)
    add_range(postgres, "Ashgrove North", 100, 198)
    add_coverage(postgres, "Ashgrove South", state="WA", county="King County")
    add_coverage(postgres, "Ashgrove North", postal_code="98000")
    add_coverage(postgres, "Ashgrove South", state="WA")
    place(postgres, longitude=-122.5, latitude=47.5, county="King",
          psap_id=psap_id(postgres, "Ashgrove North"))
    e911d.start_and_wait()
    wait_known(e911d, postgres, means="override", psap="Ashgrove North")
    postgres.execute("UPDATE e911.location SET psap_id = NULL")
    for means, psap, statement in (
            ("boundary", "Ashgrove South",
             "UPDATE e911.location SET longitude = NULL, latitude = NULL"),
            ("address", "Ashgrove North", "DELETE FROM e911.msag_range"),
            ("county", "Ashgrove South",
             "DELETE FROM e911.psap_coverage WHERE county IS NOT NULL"),
            ("postal", "Ashgrove North",
             "UPDATE e911.location SET postal_code = '98001'"
             f" WHERE name = '{FLOOR3}'"),
            ("state", "Ashgrove South", "DELETE FROM e911.psap_coverage")):
        wait_known(e911d, postgres, means=means, psap=psap)
        wait_psap(e911d, postgres, psap)
        postgres.execute(statement)
    wait_known(e911d, postgres, means="default", psap=None)
    wait_psap(e911d, postgres, None)


def test_an_address_without_a_psap_has_that_of_its_point(e911d, postgres):
    add_box(postgres, "Ashgrove South", -123, 47, 1)
    postgres.execute(
        "INSERT INTO e911.address_point (state, community, predirectional,"
        " street, suffix, house_number, longitude, latitude)"
        " VALUES ('WA', 'Ashgrove', 'N', 'Mill', 'St', 100, -122.5, 47.5)")
    place(postgres)
    e911d.start_and_wait()
    wait_psap(e911d, postgres, "Ashgrove South")
    wait_known(e911d, postgres, means="address", validity="validated")
    postgres.execute("UPDATE e911.psap_boundary SET psap_id = %s",
                     psap_id(postgres, "Ashgrove North"))
    wait_psap(e911d, postgres, "Ashgrove North")


def test_a_place_of_that_name_in_another_county(e911d, postgres):
    """Oakwood is there three times: two are known, the third is not."""
    for county, psap in (("King", "Ashgrove North"),
                         ("Pierce", "Ashgrove South")):
        postgres.execute(
            "INSERT INTO e911.msag_range (state, county, community, street,"
            " suffix, low, high, psap_id) VALUES ('WA', %s, 'Oakwood', 'Main',"
            " 'St', 1, 999, %s)", county, psap_id(postgres, psap))
    add_coverage(postgres, "Ashgrove South", state="WA", county="Thurston")
    e911d.start_and_wait()
    main = {"street": "Main St", "city": "Oakwood"}
    place(postgres, county="King County", **main)
    wait_known(e911d, postgres, means="address", psap="Ashgrove North",
               validity="validated")
    place(postgres, county="Pierce", **main)
    wait_known(e911d, postgres, means="address", psap="Ashgrove South",
               validity="validated")
    for number in "100", "5000":
        place(postgres, county="Thurston", house_number=number, **main)
        wait_known(e911d, postgres, means="county", psap="Ashgrove South",
                   validity="draft")
    # Who does not say the county is nobody's for sure.
    place(postgres, **main)
    wait_known(e911d, postgres, means="default", psap=None, validity="draft")


def test_ranges_of_two_psaps_that_meet_are_told(e911d, postgres):
    add_range(postgres, "Ashgrove North", 100, 198)
    postgres.execute(
        "INSERT INTO e911.msag_range (state, community, predirectional,"
        " street, suffix, low, high, psap_id) VALUES ('WA', 'Ashgrove', 'N',"
        " 'Mill', 'Street', 150, 250, %s)", psap_id(postgres, "Ashgrove South"))
    add_coverage(postgres, "Ashgrove South", postal_code="98000")
    place(postgres, house_number="170")
    e911d.start_and_wait()
    e911d.wait_log("1 ranges share house numbers with one of another PSAP")
    wait_known(e911d, postgres, means="postal", psap="Ashgrove South",
               reason="ranges of two PSAPs have its house number")
    # One of two is more than none.
    postgres.execute("DELETE FROM e911.psap_coverage")
    wait_known(e911d, postgres, means="address", psap="Ashgrove North",
               validity="draft")


def test_too_many_addresses_hold_up_no_location(e911d, postgres):
    e911d.settings["psap_addresses_max"] = 1
    add_box(postgres, "Ashgrove South", -123, 47, 1)
    add_range(postgres, "Ashgrove North", 100, 198)
    place(postgres)
    e911d.start_and_wait()
    wait_psap(e911d, postgres, "Ashgrove North")
    # One more than are taken: the one from before is used still.
    add_range(postgres, "Ashgrove South", 200, 298)
    e911d.wait_log("there are more than 1 ranges and addresses: those from "
                   "before are used")
    place(postgres, "Larkspur floor 2", longitude=-122.5, latitude=47.5)
    wait_psap(e911d, postgres, "Ashgrove South", "Larkspur floor 2")
    wait_known(e911d, postgres, means="address", psap="Ashgrove North")


def test_too_many_addresses_at_the_start_are_none(e911d, postgres):
    e911d.settings["psap_addresses_max"] = 1
    add_box(postgres, "Ashgrove South", -123, 47, 1)
    add_range(postgres, "Ashgrove North", 100, 198)
    add_range(postgres, "Ashgrove South", 200, 298)
    place(postgres, longitude=-122.5, latitude=47.5)
    e911d.start_and_wait()
    e911d.wait_log("there are more than 1 ranges and addresses: none is used")
    wait_psap(e911d, postgres, "Ashgrove South")


def test_alternates_are_kept(e911d, postgres):
    add_range(postgres, "Ashgrove North", 100, 198)
    add_coverage(postgres, "Ashgrove South", state="WA")
    place(postgres)
    e911d.start_and_wait()
    wait_known(e911d, postgres, means="address")
    assert postgres.value(
        "SELECT alternates FROM e911.location_resolution r"
        "  JOIN e911.location USING (location_id) WHERE name = %s",
        FLOOR3) == [psap_id(postgres, "Ashgrove South")]


def test_the_addresses_are_there_without_postgresql(e911d, postgres):
    add_range(postgres, "Ashgrove South", 100, 198)
    add_coverage(postgres, "Ashgrove South", state="WA")
    e911d.start_and_wait()
    e911d.wait_log("1 ranges and addresses, 1 of coverage, loaded")
    wait_until(lambda: os.path.exists(os.path.join(e911d.state,
                                                   "psap-addresses")),
               "they are kept", 30)
    assert e911d.stop()[0] == 0
    postgres.stop()
    e911d.start()
    e911d.wait_log("1 ranges and addresses of ")
    e911d.wait_log("psap: no PostgreSQL")
    postgres.start()
    place(postgres)
    wait_psap(e911d, postgres, "Ashgrove South")
    # They were the current ones: nobody loaded them again.
    assert e911d.log_text().count("of coverage, loaded") == 1


@pytest.mark.parametrize("damage", [b"", b"E911ADR1 and no more", b"\0" * 999])
def test_a_damaged_file_is_loaded_anew(e911d, postgres, damage):
    with open(os.path.join(e911d.state, "psap-addresses"), "wb") as out:
        out.write(damage)
    add_range(postgres, "Ashgrove South", 100, 198)
    place(postgres)
    e911d.start_and_wait()
    e911d.wait_log("psap-addresses: damaged")
    wait_psap(e911d, postgres, "Ashgrove South")


def test_what_cannot_be_read_is_left_out(e911d, postgres):
    postgres.execute(
        "INSERT INTO e911.msag_range (state, community, street, low, high,"
        " psap_id) VALUES ('ZZ', 'Ashgrove', 'Mill', 1, 9, %s)",
        psap_id(postgres, "Ashgrove South"))
    add_range(postgres, "Ashgrove South", 100, 198)
    place(postgres)
    e911d.start_and_wait()
    e911d.wait_log("is no address: it is left out")
    wait_psap(e911d, postgres, "Ashgrove South")


def test_audit_tells_of_addresses_that_are_none(e911d, postgres, request):
    ctl = Ctl(os.path.realpath(request.config.getoption("--build")),
              "--postgres", postgres.conninfo()
              + " options='-c role=e911_reader'")
    add_range(postgres, "Ashgrove South", 100, 198)
    place(postgres, house_number="7")
    place(postgres, "Larkspur floor 2", city="Cedar")
    e911d.start_and_wait()
    wait_known(e911d, postgres, validity="rejected")
    wait_all_found(postgres)
    told = {(f["entity"], f["name"], f["problem"]): f
            for f in ctl.json("audit", "--quick", "--limit", "1000")[1]
            ["findings"]}
    rejected = told["location", FLOOR3, "its address is rejected: its street "
                    "has no such house number"]
    assert rejected["level"] == "warning"
    assert rejected["consequence"] == \
        "calls go to the PSAP found by address"
    unknown = [f for key, f in told.items()
               if "cannot be validated" in key[2]]
    assert unknown and all(f["level"] == "note" for f in unknown)


def test_ten_thousand_locations_in_one_change(e911d, postgres):
    """Each has its answer, and the directory has all of them."""
    add_range(postgres, "Ashgrove North", 0, 4999)
    add_range(postgres, "Ashgrove South", 5000, 10000)
    e911d.start_and_wait()
    postgres.execute(
        "INSERT INTO e911.location (organization_id, name, house_number,"
        " street, city, state) SELECT organization_id, 'house ' || n, n,"
        " 'N Mill Street', 'Ashgrove', 'WA' FROM e911.organization,"
        " generate_series(0, 9999) AS n WHERE name = 'Larkspur Insurance'")
    wait_all_found(postgres)
    north, south = (psap_id(postgres, f"Ashgrove {end}")
                    for end in ("North", "South"))

    def are_published(low, high):
        """Houses below 5000 have the PSAP low, the others the PSAP high."""
        def is_so(lines):
            said = [re.search(r"name='house (\d+)'.* psap_id=(\d+)", line)
                    for line in lines if "name='house " in line]
            return len(said) == 10000 and all(
                one and int(one[2]) == (low if int(one[1]) < 5000 else high)
                for one in said)
        e911d.wait_lines(is_so, "all locations have their PSAP", 60)
    are_published(north, south)
    assert postgres.value("SELECT count(*) FROM e911.location_validity"
                          " WHERE validity = 'validated'"
                          "   AND location LIKE 'house %%'") == 10000
    for what, statement in (
            ("ranges", "UPDATE e911.msag_range SET psap_id = CASE psap_id"
             f" WHEN {north} THEN {south} ELSE {north} END"),
            ("addresses", "UPDATE e911.location SET house_number ="
             " mod(house_number::int + 5000, 10000)::text"
             " WHERE name LIKE 'house %%'")):
        began = time.monotonic()
        postgres.execute(statement)
        # The ranges change sides, then the houses do.
        if what == "ranges":
            are_published(south, north)
        else:
            are_published(north, south)
        print(f"10,000 locations with other {what}: published in "
              f"{time.monotonic() - began:.2f} s")
