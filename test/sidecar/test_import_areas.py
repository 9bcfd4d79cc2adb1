# SPDX-License-Identifier: GPL-2.0-or-later
"""e911ctl import and export: answering points with their areas, areas alone."""
import csv
import gzip
import io
import json
import os
import re
import subprocess
import sys

import pytest

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "test", "lib"))
import tiling  # noqa: E402  (the path comes first)

# Beside the checkout, where it is; never a part of it.
SHARED = os.path.join(TOP, "..", "shared", "data", "psap")
SIZE = {"columns": 12, "rows": 8, "cities": 40, "detail": 4}
SQUARE = [[-122.6, 47.4], [-122.4, 47.4], [-122.4, 47.6], [-122.6, 47.6],
          [-122.6, 47.4]]
BOW_TIE = [[-122.6, 47.4], [-122.4, 47.6], [-122.4, 47.4], [-122.6, 47.6],
           [-122.6, 47.4]]
# A sliver that a digitiser's hand makes: the ring crosses itself.
SLIVER = SQUARE[:4] + [[-122.6, 47.49], [-122.60001, 47.5],
                       [-122.59999, 47.5], [-122.6, 47.4]]
WKT = "POLYGON((-122.6 47.4,-122.4 47.4,-122.4 47.6,-122.6 47.6,-122.6 47.4))"


def feature(ring=None, geometry=None, **properties):
    if ring:
        geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features, **more):
    return json.dumps({"type": "FeatureCollection", **more,
                       "features": list(features)})


def take(ctl, kind, text, *options):
    return ctl.takes(kind, text, *options, organization=None)


def areas(postgres):
    return [tuple(row.values()) for row in postgres.query(
        "SELECT p.name AS psap, b.name, b.priority, b.source,"
        "       ST_AsText(b.shape) FROM e911.psap_boundary b"
        "  JOIN e911.psap p USING (psap_id) ORDER BY 1, 2")]


def square(move=0):
    return "MULTIPOLYGON(((" + ",".join(
        f"{x + move:.4g} {y:.3g}" for x, y in SQUARE) + ")))"


# ---- what is taken ----

def test_answering_points_come_with_their_areas(ctl, postgres):
    file = collection(
        feature(SQUARE, name="Ashgrove North", priority=7, source="county"),
        feature(SQUARE, PSAP_Name="Cedar", fcc_id=8928,
                routes="911@psap-north"),
        feature(name="Birch"))
    assert take(ctl, "psaps", file) == \
        "psaps: 3 rows; 2 added, 1 changed, 0 removed"
    assert areas(postgres) == [
        ("Ashgrove North", "Ashgrove North", 7, "county", square()),
        ("Cedar", "Cedar", 100, None, square())]
    assert postgres.value("SELECT fcc_id FROM e911.psap"
                          " WHERE name = 'Cedar'") == 8928
    assert take(ctl, "psaps", file) == \
        "psaps: 3 rows; 0 added, 0 changed, 0 removed"


@pytest.mark.parametrize("form", ["collection", "lines", "sequence", "wkt",
                                  "geojson in csv"])
def test_areas_come_in_every_form(ctl, postgres, form):
    one = feature(SQUARE, psap="Ashgrove North", area="City", priority=10)
    two = feature(SQUARE, psap="Ashgrove North", area="Port")
    rows = "\n".join(json.dumps(f) for f in (one, two)) + "\n"
    geometry = json.dumps(one["geometry"]).replace('"', '""')
    head = "PSAP Name,NGUID,priority,the_geom\n"
    text = {
        "collection": "\ufeff" + collection(one, two),
        "lines": rows,
        "sequence": "".join(f"\x1e{json.dumps(f, indent=1)}\n"
                            for f in (one, two)),
        "wkt": head + f'Ashgrove North,City,10,"{WKT}"\n'
                      f'Ashgrove North,Port,,"SRID=4326;{WKT}"\n',
        "geojson in csv": head + f'Ashgrove North,City,10,"{geometry}"\n'
                                 f'Ashgrove North,Port,,"{geometry}"\n',
    }[form]
    assert take(ctl, "boundaries", text) == \
        "boundaries: 2 rows; 2 added, 0 changed, 0 removed"
    assert areas(postgres) == [
        ("Ashgrove North", "City", 10, None, square()),
        ("Ashgrove North", "Port", 100, None, square())]


def test_an_area_is_found_again_by_psap_and_name(ctl, postgres):
    take(ctl, "psaps", "name,fcc_id\nCedar,8928\n")
    take(ctl, "boundaries", collection(
        feature(SQUARE, psap="Cedar", priority=5, source="old"),
        feature(SQUARE, psap="Ashgrove North")))
    status, out, err = ctl.take("boundaries", collection(feature(
        [[x + 1, y] for x, y in SQUARE], fcc_id=8928)), organization=None)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "~ feature 1: Cedar  335.069 km2 -> 335.069 km2",
        "boundaries: 1 rows; 0 added, 1 changed, 0 removed"]
    # What the file does not say is left alone.
    assert areas(postgres)[1] == ("Cedar", "Cedar", 5, "old", square(1))


def test_a_file_of_answering_points_says_their_whole_area(ctl, postgres):
    take(ctl, "boundaries", collection(
        *(feature(SQUARE, psap="Ashgrove North", area=a) for a in "ab")))
    take(ctl, "psaps", "name,kind\nAshgrove North,psap\n")
    assert len(areas(postgres)) == 2
    status, out, _ = ctl.take("psaps", collection(feature(
        SQUARE, name="Ashgrove North")), organization=None)
    assert status == 0 and "area 670.139 km2 -> 335.069 km2" in out
    assert [a[1] for a in areas(postgres)] == ["Ashgrove North"]


def test_areas_that_shrink_are_told(ctl):
    small = [[x, y / 2 + 23.75] for x, y in SQUARE]
    told = "note: 1 areas change their size by more than 10 %\n"
    take(ctl, "psaps", collection(feature(SQUARE, name="Ashgrove North"),
                                  feature(SQUARE, name="Ashgrove South")))
    status, _, err = ctl.take("boundaries", collection(
        feature(small, psap="Ashgrove North"),
        feature(SQUARE[1:] + SQUARE[1:2], psap="Ashgrove South")),
        "--dry-run", organization=None)
    assert (status, err) == (0, told)
    status, _, err = ctl.take("psaps", collection(
        feature(small, name="Ashgrove North")), organization=None)
    assert (status, err) == (0, told)


def test_an_area_that_goes_wants_a_confirmation(ctl, postgres):
    take(ctl, "psaps", collection(feature(SQUARE, name="Ashgrove North")))
    file = collection(feature(name="Ashgrove North"))
    status, out, err = ctl.take("psaps", file, organization=None)
    assert status == 1 and len(areas(postgres)) == 1
    assert "1 lose their area" in out and "--confirm" in err
    take(ctl, "psaps", file, "--confirm")
    assert areas(postgres) == []


def test_replaced_areas_leave_their_answering_points(ctl, postgres):
    take(ctl, "boundaries", collection(
        *(feature(SQUARE, psap="Ashgrove North", area=a) for a in "abc")))
    file = collection(feature(SQUARE, psap="Ashgrove South", area="d"))
    status, _, err = ctl.take("boundaries", file, "--replace",
                              organization=None)
    assert status == 1 and "3 of 3 would be removed" in err
    assert take(ctl, "boundaries", file, "--replace", "--confirm") == \
        "boundaries: 1 rows; 1 added, 0 changed, 3 removed"
    assert [a[0] for a in areas(postgres)] == ["Ashgrove South"]
    assert postgres.value("SELECT count(*) FROM e911.psap") == 4


def test_a_removed_answering_point_takes_its_areas_along(ctl, postgres):
    take(ctl, "psaps", collection(feature(SQUARE, name="Cedar")))
    _, rest, _ = ctl.run("export", "psaps")
    take(ctl, "psaps", rest.replace("Cedar,psap,,,\r\n", ""), "--replace",
         "--confirm")
    assert areas(postgres) == []


def test_a_psap_that_addresses_lead_to_is_not_removed(ctl, postgres):
    take(ctl, "psaps", "name,kind\nCedar,psap\n")
    postgres.execute(
        "INSERT INTO e911.psap_coverage (state, county, psap_id)"
        " SELECT 'WA', 'Larch', psap_id FROM e911.psap WHERE name = 'Cedar'")
    _, rest, _ = ctl.run("export", "psaps")
    ctl.refuses("psaps", rest.replace("Cedar,psap,,,\r\n", ""),
                " column 1 (name): PSAP \"Cedar\" is not in the file, and "
                "still has 1 counties, states or postal codes",
                organization=None, options=("--replace", "--confirm"))


def test_a_dry_run_shows_areas_and_changes_nothing(ctl, postgres):
    status, out, _ = ctl.take("boundaries", collection(feature(
        SQUARE, psap="Ashgrove North")), "--dry-run", organization=None)
    assert status == 0 and areas(postgres) == []
    assert out.splitlines() == [
        "+ feature 1: Ashgrove North  of Ashgrove North, 335.069 km2",
        "boundaries: 1 rows; 1 added, 0 changed, 0 removed (not stored)"]


def test_heights_go_and_nad83_is_told(ctl, postgres):
    status, _, err = ctl.take("boundaries", collection(
        feature([[x, y, 12.5] for x, y in SQUARE], psap="Ashgrove North"),
        crs={"type": "name",
             "properties": {"name": "urn:ogc:def:crs:EPSG::4269"}}),
        organization=None)
    assert status == 0 and areas(postgres)[0][4] == square()
    assert err == ("note: the file is in NAD 83, which is taken as WGS 84: "
                   "places may be two metres off\n"
                   "note: 1 areas have heights, which are left out\n")


def test_an_import_of_areas_is_taken_back(ctl, postgres):
    file = collection(*(feature(SQUARE, psap="Ashgrove North", area=a)
                        for a in "ab"), feature(SQUARE, psap="Ashgrove South"))
    take(ctl, "boundaries", file)
    before = areas(postgres)
    take(ctl, "boundaries", collection(
        feature([[x + 1, y] for x, y in SQUARE], psap="Ashgrove North",
                area="a")), "--replace", "--confirm")
    assert len(areas(postgres)) == 1
    change, reason = postgres.query(
        "SELECT change, reason FROM e911.change_summary"
        " ORDER BY change DESC LIMIT 1")[0].values()
    assert reason.startswith("e911ctl import boundaries /")
    postgres.execute("SELECT e911.change_undo(%s)", change)
    assert areas(postgres) == before


# ---- the registry ----

REGISTRY = (
    "psap_id,psap_name,state,county,city,type_of_change,comments,"
    "date_modified\n"
    "11,Cedar Sheriff,WA,Larch,Cedar,NC,,2026-02-06\n"
    "12,Cedar Sheriff,OR,Tamarack,,M,changed,2026-02-06\n"
    "13,Old Cedar Police,WA,Larch,Cedar,O,gone,2026-02-06\n"
    "14,Cedar Fire,WA,Larch,Cedar,\"M, S\",secondary,2026-02-06\n"
    "15,Birch Police,WA,Larch,Birch,A,,2026-02-06\n"
    "15,Birch Police,WA,Larch,Birch,NC,,2026-02-06\n"
    "16,Elm County,TX,Elm,,NC,,2026-02-06\n"
    "17,Elm County,TX,Elm,,NC,,2026-02-06\n"
    f"18,{'Long name ' * 15},TX,Elm,,NC,,2026-02-06\n")


def test_rows_of_the_registry(ctl, postgres):
    status, out, err = ctl.take("psaps", REGISTRY, organization=None)
    assert status == 0, err
    assert out.splitlines()[-1] == \
        "psaps: 9 rows; 6 added, 0 changed, 0 removed"
    assert "note: 2 rows are of secondary or orphaned PSAPs: left out" in err
    assert "is cut to its first 124 bytes" in err
    assert [tuple(r.values()) for r in postgres.query(
        "SELECT fcc_id, name FROM e911.psap WHERE fcc_id IS NOT NULL"
        " ORDER BY 1")] == [
            (11, "Cedar Sheriff (Larch, WA)"),
            (12, "Cedar Sheriff (Tamarack, OR)"),
            (15, "Birch Police"), (16, "Elm County (Elm, TX, 16)"),
            (17, "Elm County (Elm, TX, 17)"),
            (18, ("Long name " * 15)[:124])]
    assert take(ctl, "psaps", REGISTRY) == \
        "psaps: 9 rows; 0 added, 0 changed, 0 removed"


def test_the_next_registry_renames_and_gives_no_routes_to_others(ctl,
                                                                  postgres):
    take(ctl, "psaps", REGISTRY)
    take(ctl, "psaps", "name,routes\nBirch Police,911@psap-north\n")
    later = REGISTRY.replace("12,Cedar Sheriff,OR", "12,Rowan Sheriff,OR")
    later = later.replace("15,Birch Police", "15,Birch and Alder Police")
    later += "20,Birch Police,ID,Ash,,A,,2027-02-06\n"
    assert take(ctl, "psaps", later) == \
        "psaps: 10 rows; 1 added, 3 changed, 0 removed"
    assert [tuple(r.values()) for r in postgres.query(
        "SELECT p.fcc_id, p.name, r.request_user FROM e911.psap p"
        "  LEFT JOIN e911.psap_route r USING (psap_id)"
        " WHERE fcc_id IN (11, 12, 15, 20) ORDER BY 1")] == [
            (11, "Cedar Sheriff", None), (12, "Rowan Sheriff", None),
            (15, "Birch and Alder Police", "911"),
            (20, "Birch Police", None)]


def test_a_name_that_an_orphan_has_is_left_to_it(ctl, postgres):
    """It may still have routes: nobody takes them over by their name."""
    take(ctl, "psaps", REGISTRY)
    later = REGISTRY.replace("15,Birch Police,WA,Larch,Birch,A",
                             "15,Birch Police,WA,Larch,Birch,O").replace(
        "15,Birch Police,WA,Larch,Birch,NC", "15,Birch Police,WA,Larch,,O")
    later += "21,Birch Police,WA,Larch,Birch,A,,2027-02-06\n"
    assert take(ctl, "psaps", later) == \
        "psaps: 10 rows; 1 added, 0 changed, 0 removed"
    assert [tuple(r.values()) for r in postgres.query(
        "SELECT fcc_id, name FROM e911.psap WHERE fcc_id IN (15, 21)"
        " ORDER BY 1")] == [(15, "Birch Police"),
                            (21, "Birch Police (Larch, WA)")]
    assert take(ctl, "psaps", later) == \
        "psaps: 10 rows; 0 added, 0 changed, 0 removed"


def test_a_registry_in_which_two_are_one(ctl):
    take(ctl, "psaps", REGISTRY)
    ctl.refuses("psaps", "psap_id,psap_name,type_of_change\n"
                "15,Birch Police,NC\n,Rowan Police,A\n15,Birch Fire,M\n"
                ",Birch Police,A\n",
                "4: column 1 (fcc_id): it is the same PSAP as in line 2: "
                "\"Birch Police\"",
                "5: column 1 (fcc_id): it is the same PSAP as in line 2: "
                "\"Birch Police\"",
                "5: column 2 (name): the same name as in line 2",
                organization=None)


def shared(name):
    path = os.path.join(SHARED, name)
    if not os.path.exists(path):
        print(f"no {os.path.normpath(path)}: only areas of the test's own")
        return None
    csv.field_size_limit(1 << 30)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return file.read()


def test_the_whole_registry(ctl, postgres):
    text = shared("fcc_psap_registry_2026-02-06.csv.gz") or REGISTRY
    rows = list(csv.DictReader(io.StringIO(text)))
    served = {row["psap_id"] for row in rows
              if not set("SO") & set(row["type_of_change"])}
    take(ctl, "psaps", text)
    assert {str(row["fcc_id"]) for row in postgres.query(
        "SELECT fcc_id FROM e911.psap WHERE fcc_id IS NOT NULL")} == served
    assert take(ctl, "psaps", text).endswith(
        "; 0 added, 0 changed, 0 removed")


# ---- what is refused ----

def test_each_fault_of_an_area_is_told_with_its_feature(ctl):
    swapped = [[y, x] for x, y in SQUARE]
    metres = [[x * 111000, y * 111000] for x, y in SQUARE]
    ctl.refuses("boundaries", collection(
        feature(BOW_TIE, psap="Ashgrove North", area="Bow"),
        feature(SQUARE[:-1], psap="Ashgrove North", area="Open"),
        feature(swapped, psap="Ashgrove North", area="Swapped"),
        feature(metres, psap="Ashgrove North", area="Metres"),
        feature([[2.1, 48], [2.2, 48], [2.2, 49], [2.1, 48]],
                psap="Ashgrove North", area="Paris"),
        feature([[float("nan"), 47], *SQUARE[1:]], psap="Ashgrove North",
                area="NaN"),
        feature(psap="Ashgrove North", area="None"),
        feature(geometry={"type": "Polygon", "coordinates": []},
                psap="Ashgrove North", area="Empty"),
        feature(geometry={"type": "Point", "coordinates": [-122, 47]},
                psap="Ashgrove North", area="Point"),
        feature(SQUARE, area="Nobody's"),
        feature(SQUARE, psap="Nowhere"),
        feature(SQUARE, fcc_id=77),
        feature(SQUARE, psap="Ashgrove South"),
        feature(SQUARE, psap="Ashgrove South", priority=1000),
        feature(SQUARE, psap="Ashgrove South", name="Cedar")),
        " feature 1: geometry: \"Bow\": Self-intersection at -122.5 47.5",
        " feature 2: geometry: \"Open\": ring 1 is not closed: it begins at "
        "-122.600000 47.400000 and ends at -122.600000 47.600000",
        " feature 3: geometry: \"Swapped\": 47.400000 -122.600000: latitude "
        "and longitude are swapped: longitude comes first",
        " feature 4: geometry: \"Metres\": -1.36086e+07 5.2614e+06 are no "
        "degrees: the file is in another coordinate system than longitude "
        "and latitude, WGS 84 (EPSG:4326)",
        " feature 5: geometry: \"Paris\": 2.100000 48.000000 is neither in "
        "the USA nor in Canada",
        " feature 6: geometry: \"NaN\": a coordinate is no number",
        " feature 7: geometry: \"None\" has no geometry",
        " feature 8: geometry: \"Empty\": the area is empty",
        " feature 9: geometry: \"Point\": the geometry is a 'Point': an area "
        "is a Polygon or a MultiPolygon",
        " feature 10: psap: it says neither its PSAP nor an fcc_id",
        " feature 11: psap: there is no PSAP \"Nowhere\"",
        " feature 12: fcc_id: there is no PSAP, or more than one, with FCC id "
        "77",
        " feature 14: priority: '1000' is no priority: 0 to 999",
        " feature 14: area: area \"Ashgrove South\" of PSAP \"Ashgrove "
        "South\" was there before, as number 13: give each a name, or join "
        "them",
        " feature 15: psap: a second property, 'name', says it too",
        " feature 15: area: area \"Ashgrove South\" of PSAP \"Ashgrove "
        "South\" was there before, as number 13: give each a name, or join "
        "them",
        organization=None)


def test_a_psap_that_is_not_the_one_of_its_number(ctl):
    take(ctl, "psaps", "name,fcc_id\nCedar,8928\n")
    ctl.refuses("boundaries", "psap,fcc_id,geometry\n"
                f"Ashgrove North,8928,\"{WKT}\"\n",
                "2: column 2 (fcc_id): PSAP \"Ashgrove North\" is not the "
                "one with FCC id 8928: that is \"Cedar\"", organization=None)


def test_files_of_areas_that_are_no_such_files(ctl):
    def refuses(kind, text, *problems):
        ctl.refuses(kind, text, *problems, organization=None)

    refuses("users", "{}", " the file is JSON: this kind of file is CSV")
    refuses("boundaries", collection(), " the file has no feature")
    refuses("boundaries", "psap,area\nAshgrove North,x\n",
            "1: geometry: a file of boundaries needs a column 'geometry'")
    refuses("psaps", collection(feature(SQUARE)),
            " feature 1: name: the row has no name",
            " name: a file of psaps needs a column 'name'")
    refuses("boundaries", collection(feature(SQUARE, psap="x"))[:-3],
            " feature 1: line 1: the file ends in the middle of a value")
    refuses("boundaries", "{\"type\":\"Feature\"\n{\"type\":\"Point\"}\n",
            " feature 1: line 2: '{' where ',' or '}' is expected")
    refuses("boundaries", collection(
        crs={"type": "name", "properties": {"name": "EPSG:3857"}}),
        " the coordinates are in 'EPSG:3857', and not in longitude and "
        "latitude, WGS 84 (EPSG:4326)")
    refuses("boundaries", "[1]\n", " feature 1: it is no object")
    refuses("boundaries", "psap,geometry\nAshgrove North,nowhere\n",
            "2: column 2 (geometry): \"Ashgrove North\": the geometry is a "
            "'nowhere': an area is a POLYGON or a MULTIPOLYGON")


def test_export_as_geojson_is_for_areas(ctl, postgres):
    status, _, err = ctl.run("export", "users", "--geojson")
    assert (status, err) == (3, "e911ctl: export: users have no areas: GeoJSON"
                                " is for psaps and boundaries\n")
    take(ctl, "boundaries", collection(
        *(feature(SQUARE, psap="Ashgrove North", area=a) for a in "ab")))
    status, _, err = ctl.run("export", "psaps", "--geojson")
    assert status == 3 and "has several areas" in err


# ---- mending ----

def test_hardly_wrong_areas_are_mended(ctl, postgres):
    file = collection(feature(SLIVER, psap="Ashgrove North"),
                      feature(SQUARE[:-1], psap="Ashgrove South"))
    status, out, err = ctl.take("boundaries", file, "--mend",
                                organization=None)
    assert status == 0, err
    assert "note: 1 rings were open and are closed\n" in err
    assert "note: number 1, \"Ashgrove North\", is mended: " \
        "Self-intersection at -122.6" in err
    assert "note: 1 areas are mended\n" in err
    assert areas(postgres)[1][4] == square()
    assert postgres.value("SELECT bool_and(ST_IsValid(shape))"
                          "  FROM e911.psap_boundary")
    assert postgres.value(
        "SELECT abs(square_degrees - 0.04) < 0.0001 FROM e911.psap_boundary"
        " ORDER BY boundary_id LIMIT 1")


def test_what_would_be_another_area_is_not_mended(ctl):
    file = collection(feature(BOW_TIE, psap="Ashgrove North"))
    ctl.refuses("boundaries", file,
                " feature 1: geometry: \"Ashgrove North\": Self-intersection "
                "at -122.5 47.5: mending would change its size by 100.0000 %,"
                " more than 1 %", organization=None, options=("--mend",))
    ctl.takes("boundaries", file, "--mend", "--mend-percent", "100",
              organization=None)
    flat = [SQUARE[0], SQUARE[1], SQUARE[0], SQUARE[0]]
    ctl.refuses("boundaries", collection(feature(flat, psap="Ashgrove North")),
                " feature 1: geometry: \"Ashgrove North\": Too few points in "
                "geometry component at -122.6 47.4: nothing is left when it "
                "is mended", organization=None, options=("--mend",))


def test_the_real_invalid_areas_are_refused_and_mended(ctl, postgres):
    text = shared("us_psap_areas_INVALID77.csv.gz")
    rows = list(csv.DictReader(io.StringIO(text))) if text else []
    features = [feature(SLIVER, name="Sliver", id=1)] + [
        feature(geometry=json.loads(row["geojson"]), name=row["name"],
                fcc_id=row["psap_id"]) for row in rows]
    file = collection(*features)
    status, _, err = ctl.take("psaps", file, organization=None)
    told = [line for line in err.splitlines() if line.startswith("FILE: ")]
    assert status == 1 and len(told) == len(features)
    for number, line in enumerate(told, 1):
        assert line.startswith(f"FILE: feature {number}: geometry: \"")
        assert re.search(r"(Self-intersection|Too few points in geometry "
                         r"component) at -\d+\.\d+ \d+\.\d+$", line), line
    assert areas(postgres) == []
    said = take(ctl, "psaps", file, "--mend")
    assert said == (f"psaps: {len(features)} rows; {len(features)} added, 0 "
                    "changed, 0 removed")
    assert postgres.value("SELECT count(*) FROM e911.psap_boundary"
                          " WHERE ST_IsValid(shape)") == len(features)


# ---- a country ----

def test_a_country_goes_in_and_out_and_in(ctl, postgres):
    """Bit for bit, in both forms."""
    take(ctl, "psaps", collection(*tiling.features(**SIZE)))
    before = postgres.query("SELECT * FROM e911.psap_boundary"
                            " ORDER BY boundary_id")
    assert len(before) == 12 * 8 + 40
    path = os.path.join(ctl.directory, "out")
    for kind, option in (("boundaries", ()), ("boundaries", ("--geojson",)),
                         ("psaps", ("--geojson",))):
        status, _, err = ctl.run("export", kind, path, *option)
        assert (status, err) == (0, "")
        status, out, err = ctl.run("import", kind, path, "--replace")
        assert (status, err) == (0, "")
        assert "; 0 added, 0 changed, 0 removed" in out
    # Into another database, so to say.
    postgres.execute("DELETE FROM e911.psap_boundary;"
                     "DELETE FROM e911.psap WHERE name ~ '^(County|City) '")
    ctl.run("import", "psaps", path)
    columns = ("name", "priority", "source", "shape")
    assert sorted(tuple(r[c] for c in columns) for r in postgres.query(
        "SELECT * FROM e911.psap_boundary")) == sorted(
            tuple(r[c] for c in columns) for r in before)


def test_a_large_file_needs_no_large_memory(ctl):
    """A million points, 24 MB of text."""
    def edge(north, numbers):
        return ",".join(f"[-{100 + i * 1e-5:.6f},{north + i * 1e-6:.6f}]"
                        for i in numbers)
    ring = ",".join((edge(40, range(500000)),
                     edge(41, range(499998, -1, -1)), edge(40, [0])))
    path = os.path.join(ctl.directory, "large.geojson")
    with open(path, "w", encoding="ascii") as out:
        out.write('{"type":"Feature","properties":{"name":"Long"},"geometry":'
                  '{"type":"Polygon","coordinates":[[' + ring + "]]}}\n")
    assert os.path.getsize(path) > 22_000_000
    # Kilobytes of what the program itself takes.
    done = subprocess.run(
        ["sh", "-c", 'ulimit -d 65536 && exec "$@"', "sh",
         *ctl.command("import", "psaps", path, "--dry-run")],
        capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "psaps: 1 rows; 1 added" in done.stdout


def test_the_demo_towns_areas(ctl, postgres):
    """What is shipped is what the generator makes."""
    path = os.path.join(TOP, "sql", "demo-areas.geojson")
    made = subprocess.run(
        [sys.executable, os.path.join(TOP, "test", "lib", "tiling.py"),
         "--town"], capture_output=True, check=True, timeout=60).stdout
    with open(path, "rb") as file:
        assert file.read() == made
    assert take(ctl, "boundaries", made.decode()) == \
        "boundaries: 3 rows; 3 added, 0 changed, 0 removed"
    assert [(r["name"], r["other_name"]) for r in postgres.query(
        "SELECT name, other_name FROM e911.psap_boundary_overlap")] == [
            ("Old harbor", "South of the river")]
    assert postgres.query("SELECT * FROM e911.psap_boundary_gap") == []
