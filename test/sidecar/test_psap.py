# SPDX-License-Identifier: GPL-2.0-or-later
"""Areas of PSAPs and points of locations -> the PSAP of each location."""
import csv
import gzip
import json
import os
import random
import sys
import time

import psycopg2
import pytest

from harness.wait import wait_until

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "test", "lib"))
import tiling  # noqa: E402  (the path comes first)

# Beside the checkout, where it is; never a part of it.
SHARED = os.path.join(TOP, "..", "shared", "data", "psap")
ORACLE = """
SELECT (SELECT b.psap_id FROM e911.psap_boundary b
         WHERE ST_Covers(b.shape, ST_SetSRID(ST_Point(
                   r.longitude::float8, r.latitude::float8), 4326))
         ORDER BY b.priority, b.square_degrees, b.boundary_id LIMIT 1) AS want,
       r.psap_id AS got, r.longitude, r.latitude, r.means AS found
  FROM e911.location_resolution r WHERE r.longitude IS NOT NULL
"""


def psap_id(postgres, name):
    return postgres.value("SELECT psap_id FROM e911.psap WHERE name = %s",
                          name)


def add_box(postgres, psap, west, south, side, name="box", priority=100):
    postgres.execute(
        "INSERT INTO e911.psap_boundary (psap_id, name, priority, shape)"
        " SELECT psap_id, %s, %s,"
        " ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326))"
        " FROM e911.psap WHERE name = %s", name, priority, west, south,
        west + side, south + side, psap)


def place(postgres, longitude, latitude, location="Larkspur floor 3",
          psap=None):
    postgres.execute("UPDATE e911.location SET longitude = %s, latitude = %s,"
                     " psap_id = %s WHERE name = %s", longitude, latitude,
                     psap, location)


def wait_psap(e911d, postgres, psap, location="Larkspur floor 3"):
    """Until the path would send the location's calls there."""
    number = postgres.value("SELECT location_id FROM e911.location"
                            " WHERE name = %s", location)
    want = f" psap_id={psap_id(postgres, psap)}" if psap else None

    def is_so(lines):
        line = next(line for line in lines
                    if line.startswith(f"location id={number} ")) + " "
        return want + " " in line if want else " psap_id=" not in line
    return e911d.wait_lines(is_so, f"{location} has PSAP {psap}")


def found(postgres, location="Larkspur floor 3"):
    row, = postgres.query(
        "SELECT psap, psap_by FROM e911.location_dispatchable"
        " WHERE location = %s", location)
    return row["psap"], row["psap_by"]


def test_a_point_leads_to_the_psap_of_its_area(e911d, postgres):
    add_box(postgres, "Ashgrove South", -123, 47, 1)
    e911d.start_and_wait()
    place(postgres, -122.5, 47.5)
    wait_psap(e911d, postgres, "Ashgrove South")
    assert found(postgres) == ("Ashgrove South", "boundary")
    place(postgres, -120, 47.5)
    wait_psap(e911d, postgres, None)
    wait_until(lambda: found(postgres) == (None, "default"), "it was looked for",
               30)


def test_what_an_operator_says_stands(e911d, postgres):
    add_box(postgres, "Ashgrove South", -123, 47, 1)
    place(postgres, -122.5, 47.5, psap=psap_id(postgres, "Ashgrove North"))
    e911d.start_and_wait()
    wait_until(lambda: postgres.value(
        "SELECT means FROM e911.location_resolution"
        " WHERE longitude IS NOT NULL") == "boundary",
        "it was looked for", 30)
    wait_psap(e911d, postgres, "Ashgrove North")
    assert found(postgres) == ("Ashgrove North", "override")
    place(postgres, -122.5, 47.5)
    wait_psap(e911d, postgres, "Ashgrove South")


def test_the_nearest_area_serves_within_psap_nearest_m(e911d, postgres):
    e911d.settings["psap_nearest_m"] = 3000
    add_box(postgres, "Ashgrove South", -123, 47, 1)
    place(postgres, -122.5, 48.02)
    place(postgres, -122.5, 48.04, "Larkspur floor 2")
    e911d.start_and_wait()
    wait_psap(e911d, postgres, "Ashgrove South")
    assert found(postgres) == ("Ashgrove South", "nearest")
    assert postgres.value("SELECT distance_m FROM e911.location_resolution"
                          " WHERE means = 'nearest'") in range(2200, 2250)
    wait_psap(e911d, postgres, None, "Larkspur floor 2")


def test_a_moved_area_moves_its_locations(e911d, postgres):
    add_box(postgres, "Ashgrove South", -123, 47, 1)
    place(postgres, -122.5, 47.5)
    e911d.start_and_wait()
    wait_psap(e911d, postgres, "Ashgrove South")
    add_box(postgres, "Ashgrove North", -122.6, 47.4, 0.5)
    wait_psap(e911d, postgres, "Ashgrove North")
    postgres.execute("UPDATE e911.psap_boundary SET priority = 7"
                     " WHERE square_degrees = 1")
    wait_psap(e911d, postgres, "Ashgrove South")
    postgres.execute("DELETE FROM e911.psap_boundary")
    wait_psap(e911d, postgres, None)


def test_a_building_that_moves_takes_its_locations_along(e911d, postgres):
    add_box(postgres, "Ashgrove South", -123, 47, 1)
    postgres.execute(
        "INSERT INTO e911.building (organization_id, name, house_number,"
        " street, city, state, postal_code) SELECT organization_id, 'Depot',"
        " '1', 'Depot Rd', 'Ashgrove', 'WA', '98000' FROM e911.location"
        " WHERE name = 'Larkspur floor 3'")
    postgres.execute(
        "UPDATE e911.location l SET building_id = b.building_id,"
        " psap_id = NULL FROM e911.building b"
        " WHERE l.name = 'Larkspur floor 3'")
    e911d.start_and_wait()
    wait_psap(e911d, postgres, None)
    postgres.execute("UPDATE e911.building SET longitude = -122.5,"
                     " latitude = 47.5")
    wait_psap(e911d, postgres, "Ashgrove South")


def test_changes_while_e911d_was_away_are_caught_up_with(e911d, postgres):
    add_box(postgres, "Ashgrove South", -123, 47, 1)
    e911d.start_and_wait()
    e911d.wait_log("1 areas, 5 points, loaded")
    assert e911d.stop()[0] == 0
    place(postgres, -122.5, 47.5)
    add_box(postgres, "Ashgrove North", -122.6, 47.4, 0.5)
    e911d.start_and_wait()
    wait_psap(e911d, postgres, "Ashgrove North")


def test_the_areas_are_there_without_postgresql(e911d, postgres):
    add_box(postgres, "Ashgrove South", -123, 47, 1)
    e911d.start_and_wait()
    e911d.wait_log("1 areas, 5 points, loaded")
    assert e911d.stop()[0] == 0
    postgres.stop()
    e911d.start()
    e911d.wait_log("1 areas of ")
    e911d.wait_log("psap: no PostgreSQL")
    postgres.start()
    place(postgres, -122.5, 47.5)
    wait_psap(e911d, postgres, "Ashgrove South")
    # They were the current ones: nobody loaded them again.
    assert e911d.log_text().count("1 areas, 5 points, loaded") == 1


@pytest.mark.parametrize("damage", [b"", b"E911PSA1 and no more", b"\0" * 999])
def test_a_damaged_file_is_loaded_anew(e911d, postgres, damage):
    path = os.path.join(e911d.state, "psap-areas")
    with open(path, "wb") as out:
        out.write(damage)
    add_box(postgres, "Ashgrove South", -123, 47, 1)
    place(postgres, -122.5, 47.5)
    e911d.start_and_wait()
    wait_psap(e911d, postgres, "Ashgrove South")
    e911d.wait_log("psap-areas: damaged")
    wait_until(lambda: os.path.getsize(path) == 36 + 36 + 84,
               "it is written again", 30)


def test_a_psap_goes_with_its_areas(e911d, postgres):
    postgres.execute("INSERT INTO e911.psap (name) VALUES ('New Town')")
    add_box(postgres, "New Town", -123, 47, 1)
    place(postgres, -122.5, 47.5)
    e911d.start_and_wait()
    wait_psap(e911d, postgres, "New Town")
    with pytest.raises(psycopg2.errors.ForeignKeyViolation):
        postgres.execute("DELETE FROM e911.psap WHERE name = 'New Town'")
    postgres.execute(
        "DELETE FROM e911.psap_boundary;"
        "DELETE FROM e911.psap WHERE name = 'New Town'")
    wait_psap(e911d, postgres, None)
    wait_until(lambda: found(postgres) == (None, "default"), "it is looked for",
               30)


def test_nothing_is_stored_while_areas_are_being_changed(e911d, postgres):
    add_box(postgres, "Ashgrove South", -123, 47, 1)
    e911d.start_and_wait()
    e911d.wait_log("1 areas, 5 points, loaded")
    other = psycopg2.connect(postgres.conninfo())
    with other.cursor() as cursor:
        cursor.execute(
            "INSERT INTO e911.psap_boundary (psap_id, name, shape)"
            " SELECT psap_id, 'new', ST_Multi(ST_MakeEnvelope("
            " -122.6, 47.4, -122.4, 47.6, 4326)) FROM e911.psap"
            " WHERE name = 'Ashgrove North'")
    place(postgres, -122.5, 47.5)
    place(postgres, -122.9, 47.1, "Larkspur floor 2")
    e911d.wait_log("areas, addresses or locations are being changed")
    assert postgres.value("SELECT count(*) FROM e911.location_resolution"
                          " WHERE waiting") == 2
    other.commit()
    other.close()
    wait_psap(e911d, postgres, "Ashgrove North")
    wait_psap(e911d, postgres, "Ashgrove South", "Larkspur floor 2")


# ---- a country ----

def load_country(postgres, **size):
    features = list(tiling.features(**size))
    with postgres._cursor() as cursor:
        cursor.executemany(
            "INSERT INTO e911.psap (psap_id, name) OVERRIDING SYSTEM VALUE"
            " VALUES (%s, %s)",
            [(1000 + f["properties"]["psap_id"], f["properties"]["name"])
             for f in features])
        cursor.execute("BEGIN")
        for f in features:
            number = f["properties"]["psap_id"]
            cursor.execute(
                "INSERT INTO e911.psap_boundary (psap_id, name, priority,"
                " shape) VALUES (%s, %s, %s,"
                " ST_SetSRID(ST_GeomFromGeoJSON(%s), 4326))",
                (1000 + number, f["properties"]["name"], number % 3,
                 json.dumps(f["geometry"])))
        cursor.execute("COMMIT")
    return features


def add_locations(postgres, points):
    with postgres._cursor() as cursor:
        cursor.execute(
            "INSERT INTO e911.location (organization_id, name, street, city,"
            " state, longitude, latitude) SELECT o.organization_id,"
            " 'point ' || n, 'Mill St', 'Ashgrove', 'WA', x, y"
            " FROM unnest(%s::numeric[], %s::numeric[])"
            " WITH ORDINALITY AS p (x, y, n), e911.organization o"
            " WHERE o.name = 'Larkspur Insurance'",
            ([x for x, _ in points], [y for _, y in points]))


def wait_all_found(postgres, timeout=60):
    wait_until(lambda: postgres.value(
        "SELECT count(*) FROM e911.location_resolution"
        " WHERE waiting") == 0, "no location waits", timeout)


def test_ten_thousand_points_have_the_answer_of_postgis(e911d, postgres):
    """Points anywhere in a made-up country, close to borders and on them."""
    e911d.settings["psap_nearest_m"] = 0
    e911d.start_and_wait()
    features = load_country(postgres, columns=16, rows=12, cities=60,
                            detail=5)
    chance = random.Random(911)
    corners = [point for f in features
               for polygon in f["geometry"]["coordinates"]
               for ring in polygon for point in ring]
    points = [(round(chance.uniform(-126, -64), 6),
               round(chance.uniform(23, 51), 6)) for _ in range(5000)]
    points += chance.sample(corners, 2500)
    points += [(round(x + chance.gauss(0, 0.01), 6),
                round(y + chance.gauss(0, 0.01), 6))
               for x, y in chance.sample(corners, 2500)]
    began = time.monotonic()
    add_locations(postgres, points)
    wait_all_found(postgres)
    print(f"10,000 locations resolved in {time.monotonic() - began:.2f} s")
    rows = postgres.query(ORACLE)
    wrong = [row for row in rows if row["want"] != row["got"]]
    assert len(rows) == 10000 and not wrong, wrong[:5]
    covered = sum(row["found"] == "boundary" for row in rows)
    assert covered > 8000 and covered < 10000
    # One area less: all are gone through, and those that were in it move.
    postgres.execute("DELETE FROM e911.psap_boundary WHERE boundary_id ="
                     " (SELECT min(boundary_id) FROM e911.psap_boundary)")
    gone = postgres.value("SELECT min(psap_id) FROM e911.psap p"
                          " WHERE psap_id > 1000 AND NOT EXISTS (SELECT FROM"
                          " e911.psap_boundary b WHERE b.psap_id = p.psap_id)")
    wait_until(lambda: not postgres.value(
        "SELECT count(*) FROM e911.location_resolution WHERE psap_id = %s",
        gone), "its locations have left it", 60)
    assert [row for row in postgres.query(ORACLE)
            if row["want"] != row["got"]] == []


# What drawing by hand and careless conversion make: rings and their corners.
INVALID = {
    "bow tie": [[(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)]],
    "spike": [[(0, 0), (1, 0), (1, 1), (1, 2), (1, 1), (0, 1), (0, 0)]],
    "hole outside": [[(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)],
                     [(2, 2), (3, 2), (3, 3), (2, 3), (2, 2)]],
    "hole across the edge": [[(0, 0), (2, 0), (2, 2), (0, 2), (0, 0)],
                             [(1, 1), (3, 1), (3, 1.5), (1, 1.5), (1, 1)]],
    "hole as big as the area": [[(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)],
                                [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]],
    "twice around": [[(0, 0), (1, 0), (1, 1), (0, 1), (0, 0),
                      (1, 0), (1, 1), (0, 1), (0, 0)]],
}


def invalid_areas():
    """Ours, and the real ones where they lie beside the checkout."""
    areas = [json.dumps({"type": "Polygon", "coordinates": [
        [(-122 + x / 10, 47 + y / 10) for x, y in ring] for ring in rings]})
        for rings in INVALID.values()]
    path = os.path.join(SHARED, "us_psap_areas_INVALID77.csv.gz")
    if not os.path.exists(path):
        print(f"no {os.path.normpath(path)}: only areas of the test's own")
        return areas
    csv.field_size_limit(1 << 30)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        real = [row["geojson"] for row in csv.DictReader(file)
                if row["geojson"]]
    assert len(real) == 77
    return areas + real


def test_each_invalid_area_is_refused_with_a_reason(postgres):
    for number, geojson in enumerate(invalid_areas()):
        with pytest.raises(psycopg2.errors.CheckViolation,
                           match=r"is no area: .+ at POINT"):
            postgres.execute(
                "INSERT INTO e911.psap_boundary (psap_id, name, shape)"
                " SELECT psap_id, %s, ST_Multi(ST_SetSRID("
                " ST_GeomFromGeoJSON(%s), 4326)) FROM e911.psap"
                " WHERE name = 'Ashgrove North'", f"area {number}", geojson)
