# SPDX-License-Identifier: GPL-2.0-or-later
"""Ranges of house numbers and single addresses, in and out."""
MSAG = ("State,County,MSAG Community,Dir,Street Name,Street Type,Low,High,OE,"
        "ESN,PSAP\n"
        "WA,King,Ashgrove,N,Mill,St,100,198,E,301,Ashgrove North\n"
        "wa,King,Ashgrove,north,Mill,St,101,199,Odd,301,Ashgrove North\n"
        "Washington,,Cedar,,Ferry Landing,,0,0,,,Ashgrove South\n")
ADDRESSES = ("state,city,street,suffix,house_number,postal_code,psap,"
             "longitude,latitude\n"
             "WA,Ashgrove,Elm,Ct,41-35 1/2,98000,Ashgrove North,,\n"
             "WA,Ashgrove,Elm,Ct,7b,98000,,-122.4123456,47.61\n")
RANGES = """
SELECT community, predirectional, street, suffix, low, high, parity, esn,
       p.name AS psap
  FROM e911.msag_range JOIN e911.psap p USING (psap_id)
 ORDER BY community, low
"""


def take(ctl, kind, text, *options):
    return ctl.take(kind, text, *options, organization=None)


def refuses(ctl, kind, text, *problems, options=()):
    ctl.refuses(kind, text, *problems, organization=None, options=options)


def test_ranges_come_in_and_go_out(ctl, postgres):
    status, out, err = take(ctl, "msag", MSAG)
    assert status == 0, err
    assert "3 added, 0 changed, 0 removed" in out
    rows = [tuple(row.values()) for row in postgres.query(RANGES)]
    assert rows == [
        ("Ashgrove", "N", "Mill", "St", 100, 198, "even", "301",
         "Ashgrove North"),
        ("Ashgrove", "N", "Mill", "St", 101, 199, "odd", "301",
         "Ashgrove North"),
        ("Cedar", None, "Ferry Landing", None, 0, 0, "both", None,
         "Ashgrove South")]
    status, out, _ = take(ctl, "msag", MSAG)
    assert status == 0 and "0 added, 0 changed, 0 removed" in out
    status, exported, _ = ctl.run("export", "msag")
    assert status == 0
    status, out, err = take(ctl, "msag", exported, "--replace")
    assert status == 0, err
    assert "0 added, 0 changed, 0 removed" in out


def test_what_changes_is_said(ctl):
    assert take(ctl, "msag", MSAG)[0] == 0
    changed = MSAG.replace("198,E,301,Ashgrove North",
                           "198,E,302,Ashgrove South")
    status, out, _ = take(ctl, "msag", changed, "--dry-run")
    assert status == 0
    assert out.splitlines()[0] == (
        "~ line 2: 100-198 even N Mill St, Ashgrove  "
        "psap Ashgrove North -> Ashgrove South; esn 301 -> 302")
    assert "(not stored)" in out


def test_replace_is_of_the_communities_of_the_file(ctl, postgres):
    assert take(ctl, "msag", MSAG)[0] == 0
    lines = MSAG.splitlines(keepends=True)
    status, _, err = take(ctl, "msag", "".join(lines[:2]), "--replace")
    assert status != 0 and "--confirm" in err
    status, out, err = take(ctl, "msag", "".join(lines[:2]), "--replace",
                            "--confirm")
    assert status == 0, err
    assert "0 added, 0 changed, 1 removed" in out
    assert [row["community"] for row in postgres.query(RANGES)] == \
        ["Ashgrove", "Cedar"]


def test_places_of_one_name_in_two_counties(ctl, postgres):
    head = "state,county,city,street,low,high,psap\n"
    king = "WA,King,Oakwood,Main St,1,99,Ashgrove North\n"
    pierce = "WA,Pierce,Oakwood,Main St,1,99,Ashgrove South\n"
    assert take(ctl, "msag", head + king + pierce)[0] == 0
    # A file of one is not about the other.
    status, out, err = take(ctl, "msag", head + king, "--replace")
    assert status == 0, err
    assert "0 added, 0 changed, 0 removed" in out
    assert postgres.value("SELECT count(*) FROM e911.msag_range") == 2
    # Without a county a range is one of each.
    refuses(ctl, "msag", head + king.replace("King", ""),
            "2: column 5 (low_number): the range shares a house number with "
            "another one of its street")


def test_bad_ranges_are_refused_with_their_lines(ctl):
    head = MSAG.splitlines()[0] + "\n"
    refuses(ctl, "msag", head +
            "WA,,Ashgrove,X,Mill,St,1,9,,,Ashgrove North\n"
            "WA,,Ashgrove,,Ash,St,1,9,left,,Ashgrove North\n"
            "WA,,Ashgrove,,Bay,St,one,9,,,Ashgrove North\n"
            "WA,,Ashgrove,,Cob,St,1,9,,123456,Ashgrove North\n"
            "WA,,,,Dee,St,1,9,,,Ashgrove North\n"
            "WA,,Ashgrove,,Eel,St,1,,,,Ashgrove North\n"
            "WA,,Ashgrove,,Elm,St,1,9,,,\n"
            "WA,,Ashgrove,,Oak,St,1,9,,,Nowhere\n"
            "WA,,Ashgrove,,Fir,St,1,9,,,Ashgrove North\n"
            "WA,,ASHGROVE,,FIR,ST,1,9,,,Ashgrove North\n",
            "2: column 4 (predirectional): 'X' is no direction: N, S, E, W, "
            "NE, NW, SE, SW",
            "3: column 9 (parity): 'left' is no side of a street: odd, even "
            "or both",
            "4: column 7 (low_number): 'one' is no number of a house",
            "4: column 7 (low_number): the row has no range: low_number and "
            "high_number; 0 and 0 for a street without numbers",
            "5: column 10 (esn): '123456' is longer than 5 characters",
            "6: column 3 (city): the row has no city",
            "7: column 7 (low_number): the row has no range: low_number and "
            "high_number; 0 and 0 for a street without numbers",
            "8: column 11 (psap): the row has no psap",
            "9: column 11 (psap): there is no PSAP \"Nowhere\"",
            "11: column 5 (street): the same range as in line 10")
    refuses(ctl, "msag", head +
            "WA,,Ashgrove,,Mill,St,1,99,,,Ashgrove North\n"
            "WA,,Ashgrove,,Elm,St,9,1,,,Ashgrove North\n"
            "WA,,Ashgrove,,Oak,St,2,2,odd,,Ashgrove North\n"
            "WA,,Ashgrove,,Mill,St,99,101,odd,,Ashgrove North\n",
            "3: column 7 (low_number): the lowest number is above the "
            "highest",
            "4: column 9 (parity): the range has no number of that side",
            "5: column 7 (low_number): the range shares a house number with "
            "another one of its street")
    refuses(ctl, "msag", "state,city\nWA,Ashgrove\n",
            *(f"1: {name}: a file of msag needs a column '{name}'"
              for name in
              ("street", "psap", "low_number", "high_number")))


def test_addresses_come_in_and_go_out(ctl, postgres):
    status, out, err = take(ctl, "addresses", ADDRESSES)
    assert status == 0, err
    assert "2 added, 0 changed, 0 removed" in out
    rows = [tuple(row.values()) for row in postgres.query(
        "SELECT number_prefix, house_number, number_suffix,"
        " longitude::float8, psap_id IS NULL FROM e911.address_point"
        " ORDER BY house_number")]
    assert rows == [(None, 7, "B", -122.412346, True),
                    ("41-", 35, "1/2", None, False)]
    status, exported, _ = ctl.run("export", "addresses")
    assert status == 0
    status, out, err = take(ctl, "addresses", exported, "--replace")
    assert status == 0, err
    assert "0 added, 0 changed, 0 removed" in out
    moved = ADDRESSES.replace("-122.4123456,47.61", "-122.5,47.6")
    status, out, _ = take(ctl, "addresses", moved)
    assert status == 0 and out.splitlines()[0] == (
        "~ line 3: 7 B Elm Ct, Ashgrove  point -122.412346 47.610000 -> "
        "-122.500000 47.600000")


def test_bad_addresses_are_refused_with_their_lines(ctl):
    head = ADDRESSES.splitlines()[0] + "\n"
    refuses(ctl, "addresses", head +
            "WA,Ashgrove,Elm,Ct,none,,Ashgrove North,,\n"
            "WA,Ashgrove,Elm,Ct,1,,,,\n"
            "WA,Ashgrove,Elm,Ct,2,,,-122.4,\n"
            "WA,Ashgrove,Elm,Ct,3,,,1e2,47\n"
            "WA,Ashgrove,Elm,Ct,4,,Nowhere,,\n"
            "WA,Ashgrove,Elm,Ct,5,,Ashgrove North,,\n"
            "WA,Ashgrove,ELM,CT,5,,Ashgrove North,,\n",
            "2: column 5 (house_number): the row has no house number with a "
            "number in it",
            "3: column 7 (psap): the row has neither a psap nor a point",
            "4: column 8 (longitude): a point has a longitude and a latitude",
            "5: column 8 (longitude): '1e2' is no degrees: -122.512345",
            "5: column 8 (longitude): a point has a longitude and a latitude",
            "5: column 7 (psap): the row has neither a psap nor a point",
            "6: column 7 (psap): there is no PSAP \"Nowhere\"",
            "8: column 5 (house_number): the same address as in line 7")
    refuses(ctl, "addresses", head +
            "WA,Ashgrove,Elm,Ct,1,A1A 1A1,Ashgrove North,,\n"
            "WA,Ashgrove,Elm,Ct,2,,,47.5,12.5\n",
            "2: column 6 (postal_code): the postal code is not one of the "
            "country",
            "3: column 8 (longitude): the point is not in the US or Canada")


def test_a_province_tells_the_country(ctl, postgres):
    status, _, err = take(
        ctl, "msag", "state,city,prefix_type,street,low,high,psap\n"
        "Quebec,Montr\u00e9al,Rue,Saint-Denis,1,9999,Ashgrove North\n")
    assert status == 0, err
    assert postgres.value("SELECT country FROM e911.msag_range") == "CA"


def test_twenty_thousand_ranges(ctl, postgres):
    rows = "".join(
        f"WA,Town {n % 100},Street {n // 1000},St,{n % 1000 * 10},"
        f"{n % 1000 * 10 + 9},Ashgrove North\n" for n in range(20000))
    status, out, err = take(
        ctl, "msag", "state,city,street,suffix,low,high,psap\n" + rows)
    assert status == 0, err
    assert "20000 added" in out
    assert postgres.value("SELECT count(*) FROM e911.msag_range") == 20000
