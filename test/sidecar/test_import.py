# SPDX-License-Identifier: GPL-2.0-or-later
"""e911ctl import: what goes in, what changes, what is refused."""
from importer import JUNIPER, LARKSPUR, LOCATIONS, endpoint, snapshot


# ---- what goes in ----

def test_users_as_a_portal_lists_them(ctl, postgres):
    said = ctl.takes("users", (
        "Identification Type,Device User ID,First Name,Last Name,E-mail,"
        "Callback Number,MAC Address,Location\r\n"
        "Device User ID,E1,Ann,Ay,ann@example.com,(206) 555-0171,"
        "00-00-5E-00-53-71,Larkspur floor 3\r\n"))
    assert said == "users: 1 rows; 1 added, 0 changed, 0 removed"
    ann = endpoint(postgres, "Ann Ay")
    assert ann["device_user_id"] == "E1"
    assert ann["email"] == "ann@example.com"
    assert ann["callback_number"] == "+12065550171"
    assert ann["mac"] == "00:00:5e:00:53:71"
    assert ann["location"] == "Larkspur floor 3"
    assert ann["kind"] == "user"


def test_an_agent_list_and_a_person_known_by_number(ctl, postgres):
    ctl.takes("users", (
        "Employee ID,Agent Name,Identification Type,Phone,Location\n"
        "E7,Bea,,,Larkspur floor 2\n"
        ",Cy,Phone Number,206 555 0172,Larkspur floor 2\n"))
    assert endpoint(postgres, "Bea")["device_user_id"] == "E7"
    assert endpoint(postgres, "Cy")["number"] == "+12065550172"


def test_a_phone_export_by_heading_with_a_location_column(ctl, postgres):
    ctl.takes("stations", (
        "DisplayName,PhoneManufacturer,PhoneModel,NetworkID,"
        "IdentificationAddress,Extension,Location\r\n"
        "Desk 9,Polycom,VVX301,00005E005372,desk9@cic,309,"
        "Juniper office\r\n"
        "Desk 10,,,,,310,\r\n"), organization=JUNIPER)
    desk = endpoint(postgres, "Desk 9")
    assert desk["mac"] == "00:00:5e:00:53:72"
    assert desk["identification_address"] == "desk9@cic"
    assert (desk["manufacturer"], desk["model"]) == ("Polycom", "VVX301")
    assert desk["location"] == "Juniper office"
    assert desk["kind"] == "station"
    assert endpoint(postgres, "Desk 10")["location"] is None


def test_a_phone_export_by_position(ctl, postgres):
    ctl.takes("stations", "Desk 9,Polycom,VVX301,00005E005372,desk9,309\r\n",
              organization=JUNIPER)
    assert endpoint(postgres, "Desk 9")["extension"] == "309"
    ctl.takes("stations", "Desk 9,00005E005372,Juniper office\r\n",
              "--columns", "name,mac,location", organization=JUNIPER)
    desk = endpoint(postgres, "Desk 9")
    assert desk["location"] == "Juniper office"
    assert desk["extension"] == "309"  # a column that the file has not


def civic(postgres, name):
    return dict(postgres.query(
        "SELECT c.house_number, c.street, c.state, c.info,"
        "       c.building_id IS NOT NULL AS in_building,"
        "       (SELECT street IS NOT NULL FROM e911.location l"
        "         WHERE l.location_id = c.location_id) AS own,"
        "       (SELECT string_agg(elin, ' ' ORDER BY elin)"
        "          FROM e911.elin e WHERE e.location_id = c.location_id)"
        "       AS pool FROM e911.location_civic c WHERE name = %s",
        name)[0])


def test_locations_share_the_address_of_their_building(ctl, postgres):
    said = ctl.takes("locations", LOCATIONS)
    assert said == "locations: 2 rows; 2 added, 0 changed, 0 removed"
    assert civic(postgres, "HQ floor 2") == {
        "house_number": "200", "street": "N Mill St", "state": "WA",
        "info": None, "in_building": True, "own": False,
        "pool": "+12065550172 +12065550173"}
    # It moves, with both of its floors and a number.
    said = ctl.takes("locations", LOCATIONS.replace("200 N", "210 N")
                     .replace("2065550172", "2065550174"))
    assert said == "locations: 2 rows; 0 added, 2 changed, 0 removed"
    assert civic(postgres, "HQ floor 1")["house_number"] == "210"
    assert civic(postgres, "HQ floor 2")["pool"] == (
        "+12065550173 +12065550174")
    # One of them has another entrance.
    ctl.takes("locations", LOCATIONS.replace("200 N", "210 N", 1))
    assert civic(postgres, "HQ floor 1") == {
        "house_number": "210", "street": "N Mill St", "state": "WA",
        "info": "door left", "in_building": True, "own": False,
        "pool": "+12065550171"}
    assert civic(postgres, "HQ floor 2")["house_number"] == "200"
    assert civic(postgres, "HQ floor 2")["own"]


def test_numbers_may_be_given_back_and_taken_in_one_file(ctl, postgres):
    ctl.takes("locations", LOCATIONS)
    ctl.takes("locations", "location,elin\n"
              "HQ floor 1,2065550172\nHQ floor 2,2065550171\n")
    assert civic(postgres, "HQ floor 1")["pool"] == "+12065550172"
    assert civic(postgres, "HQ floor 2")["pool"] == "+12065550171"
    assert civic(postgres, "HQ floor 2")["street"] == "N Mill St"


def test_ranges_by_their_ends(ctl, postgres):
    said = ctl.takes("ranges", (
        "IP Address Low,IP Address High,Location\n"
        "10.40.0.1,10.40.0.6,Juniper office\n"), organization=JUNIPER)
    assert said == "ranges: 1 rows; 4 added, 0 changed, 0 removed"
    assert [row["range"] for row in postgres.query(
        "SELECT range::text FROM e911.network_range"
        " WHERE range <<= '10.40.0.0/24' ORDER BY range")] == [
            "10.40.0.1/32", "10.40.0.2/31", "10.40.0.4/31", "10.40.0.6/32"]


def test_answering_points_with_alternates_and_routes(ctl, postgres):
    said = ctl.takes("psaps", (
        "PSAP Name,PSAP ID,alternate,routes\n"
        "East,8928,West,911@psap-north;+12065550190\n"
        "West,,East,5:911@psap-south\n"), organization=None)
    assert said == "psaps: 2 rows; 2 added, 0 changed, 0 removed"
    assert [tuple(r.values()) for r in postgres.query(
        "SELECT p.name, a.name AS alternate, r.priority, r.request_user,"
        "       t.name AS trunk FROM e911.psap p JOIN e911.psap a"
        "    ON a.psap_id = p.alternate_psap_id"
        "  JOIN e911.psap_route r ON r.psap_id = p.psap_id"
        "  LEFT JOIN e911.trunk t ON t.trunk_id = r.trunk_id"
        " WHERE p.name IN ('East', 'West') ORDER BY 1, 3")] == [
            ("East", "West", 10, "911", "psap-north"),
            ("East", "West", 20, "+12065550190", None),
            ("West", "East", 5, "911", "psap-south")]


def test_files_as_programs_write_them(ctl, postgres):
    text = "device_user_id,name,description\n%s,Zoë,\"two\nlines, \"\"x\"\"\"\n"
    ctl.takes("users", b"\xef\xbb\xbf" + (text % "BOM").encode("utf-8"))
    assert endpoint(postgres, "Zoë")["device_user_id"] == "BOM"
    for how, options in [
            ((text % "CRLF").replace("\n", "\r\n"), ()),
            ((text % '"QUOTES"').replace("Zoë", '"Zoë"'), ()),
            ((text % "SEMICOLONS").replace(",", ";"), ()),
            ((text % "WINDOWS").encode("windows-1252"),
             ("--encoding", "windows-1252"))]:
        said = ctl.takes("users", how, "--replace", "--confirm", *options)
        assert said == "users: 1 rows; 1 added, 0 changed, " + (
            "5 removed" if "CRLF" in str(how) else "1 removed")
        assert endpoint(postgres, "Zoë")["device_user_id"] in str(how)


def test_headings_of_an_operator(ctl, postgres):
    headings = ctl.write("users.device_user_id = Agent-Kennung\n"
                         "users.location = Standort\n", "headings.conf")
    ctl.takes("users", "Agent-Kennung,Standort\nE1,Larkspur floor 2\n",
              "--headings", headings)
    assert endpoint(postgres, "E1")["location"] == "Larkspur floor 2"


# ---- what changes ----

def test_a_column_that_is_not_there_is_left_alone(ctl, postgres):
    ctl.takes("users", "device_user_id,name,extension,location\n"
              "E1,Ann,4177,Larkspur floor 2\n")
    said = ctl.takes("users", "device_user_id,email\nE1,a@example.com\n")
    assert said == "users: 1 rows; 0 added, 1 changed, 0 removed"
    ann = endpoint(postgres, "Ann")
    assert (ann["extension"], ann["email"], ann["location"]) == (
        "4177", "a@example.com", "Larkspur floor 2")
    # An empty cell empties.
    ctl.takes("users", "device_user_id,extension\nE1,\n")
    assert endpoint(postgres, "Ann")["extension"] is None


def test_two_may_swap_what_they_are_known_by(ctl, postgres):
    ctl.takes("users", "device_user_id,name,extension,mac\n"
              "E1,Ann,4171,00005E005371\nE2,Bob,4172,00005E005372\n")
    said = ctl.takes("users", "device_user_id,extension,mac\n"
                     "E1,4172,00005E005372\nE2,4171,00005E005371\n")
    assert said == "users: 2 rows; 0 added, 2 changed, 0 removed"
    assert endpoint(postgres, "Ann")["extension"] == "4172"
    assert endpoint(postgres, "Bob")["mac"] == "00:00:5e:00:53:71"


def test_a_new_person_takes_what_another_gives_up(ctl, postgres):
    ctl.takes("users", "device_user_id,name,extension\nE1,Ann,4171\n")
    ctl.takes("users", "device_user_id,name,extension\n"
              "E1,Ann,4172\nE2,Bob,4171\n")
    assert endpoint(postgres, "Bob")["extension"] == "4171"


def test_without_replace_nothing_is_removed(ctl, postgres):
    said = ctl.takes("users", "device_user_id,name\nE1,Ann\n")
    assert said == "users: 1 rows; 1 added, 0 changed, 0 removed"
    assert endpoint(postgres, "Ben Okafor")["status"] == "active"


def test_a_replaced_list_retires_what_it_has_not(ctl, postgres):
    """And only people of this organisation, no stations of it."""
    ctl.takes("stations", "name,mac\nDesk,00005E005377\n")
    before = postgres.query("SELECT count(*) AS n FROM e911.endpoint"
                            " WHERE status = 'active'")[0]["n"]
    ours = postgres.query(
        "SELECT count(*) AS n FROM e911.endpoint JOIN e911.organization"
        " USING (organization_id) WHERE e911_organization_id = %s"
        "   AND kind = 'user'", LARKSPUR)[0]["n"]
    text = "device_user_id,name\nE1,Ann\n"
    status, out, err = ctl.take("users", text, "--replace")
    assert status == 1 and "--confirm" in err
    assert f"1 added, 0 changed, {ours} removed (not stored)" in out
    status, out, _ = ctl.take("users", text, "--replace", "--confirm")
    assert status == 0
    assert "- Ben Okafor" in out
    after = postgres.query("SELECT count(*) AS n FROM e911.endpoint"
                           " WHERE status = 'active'")[0]["n"]
    assert after == before - ours + 1
    assert endpoint(postgres, "Desk")["status"] == "active"


def test_five_percent_may_go_unasked(ctl, postgres):
    """Of 100 people 5 go without a word, 6 do not."""
    def people(count):
        return "device_user_id,name\n" + "".join(
            f"P{i},Person {i}\n" for i in range(count))

    ctl.takes("users", people(100), "--replace", "--confirm")
    status, _, err = ctl.take("users", people(94), "--replace")
    assert status == 1
    assert "6 of 100 would be removed" in err
    assert ctl.takes("users", people(95), "--replace") == (
        "users: 95 rows; 0 added, 0 changed, 5 removed")


def test_losing_the_location_counts_as_removal(ctl, postgres):
    rows = "".join(f"P{i},Larkspur floor 2\n" for i in range(10))
    ctl.takes("users", "device_user_id,location\n" + rows)
    status, out, err = ctl.take(
        "users", "device_user_id,location\n"
        + rows.replace("Larkspur floor 2", ""))
    assert status == 1
    assert "10 lose their location (not stored)" in out
    assert "--confirm" in err
    assert endpoint(postgres, "P3")["location"] == "Larkspur floor 2"


def test_a_dry_run_shows_all_and_changes_nothing(ctl, postgres):
    before = snapshot(postgres)
    status, out, _ = ctl.take(
        "users", "device_user_id,name,extension,location\n"
        "E1,Ann,4177,Larkspur floor 2\n,Ben Okafor,4102,\n",
        "--dry-run", "--replace")
    assert status == 0
    assert out.splitlines() == [
        "- Ava Reyes", "- Iris Kim", "- Larkspur front desk",
        "~ line 3: Ben Okafor  location Larkspur floor 3 -> (none)",
        "+ line 2: Ann",
        "users: 2 rows; 1 added, 1 changed, 3 removed, 1 lose their "
        "location (not stored)"]
    assert snapshot(postgres) == before


def test_a_location_that_is_needed_is_not_retired(ctl, postgres):
    status, _, err = ctl.take(
        "locations", "location,floor\nLarkspur floor 3,3\n", "--replace",
        "--confirm")
    assert status == 1
    assert ('location "Larkspur floor 2" is not in the file, and still has '
            in err)
    ctl.takes("locations", LOCATIONS)
    names = [r["name"] for r in postgres.query(
        "SELECT l.name FROM e911.location l JOIN e911.organization"
        " USING (organization_id) WHERE e911_organization_id = %s"
        "   AND l.name !~ '^HQ'", LARKSPUR)]
    status, out, err = ctl.take(
        "locations", "location,elin,building\n" + "".join(
            f"{n},{civic(postgres, n)['pool'].replace(' ', ';')},\n"
            for n in names), "--replace", "--confirm")
    assert status == 0, err
    assert "0 added, 0 changed, 2 removed" in out
    assert postgres.query(
        "SELECT status FROM e911.location WHERE name = 'HQ floor 1'"
    )[0]["status"] == "retired"
    # It comes back with the next file that has it.
    ctl.takes("locations", LOCATIONS)
    assert civic(postgres, "HQ floor 1")["pool"] == "+12065550171"


# ---- what is refused ----

def test_every_bad_cell_of_the_file_is_told(ctl):
    ctl.refuses(
        "users",
        "Identification Type,Device User ID,Name,E-mail,Callback,MAC,"
        "Extension,Location\n"
        "Device User ID,E1,Ann,ann@example.com,,00-00-5E-00-53-11,4201,"
        "Larkspur floor 3\n"
        "Device User ID,E2,Bob,bob@example,206555,zz,2065550123,Nowhere\n"
        "Telephone,E3,Cy,,,,4203,\n"
        "Device User ID,,Dan,,,,4204\n"
        "Device User ID,,Dan,,,,4204,\n"
        "Phone Number,,Dan,,,,4205,\n"
        "Device User ID,E5,De\"e,,,,4206,\n",
        "3: column 4 (email): 'bob@example' is no e-mail address",
        "3: column 5 (callback_number): '206555' is no telephone number",
        "3: column 6 (mac): 'zz' is no MAC address",
        "3: column 7 (extension): '2065550123' is a telephone number and no "
        "extension",
        "3: column 8 (location): there is no location \"Nowhere\"",
        "4: column 1 (identification_type): 'Telephone' is no "
        "identification type: Device User ID or Phone Number",
        "5: the row has 7 cells, row 1 has 8",
        "6: column 2 (device_user_id): the identification type is Device "
        "User ID, and the row has none",
        "7: phone_number: the identification type is Phone Number, and the "
        "row has none",
        "8: column 3 (name): a quote in the middle of a cell: put the cell "
        "in quotes and write the quote twice")


def test_an_identity_twice_in_a_file(ctl):
    ctl.refuses("users", "device_user_id,name\nE9,A\nE9,B\n",
                "3: column 1 (device_user_id): the same device user id as "
                "in line 2")
    for column, cell, what in [
            ("phone_number", "2065550177", "number"),
            ("mac", "00005E005377", "MAC address"),
            ("extension", "4177", "extension"),
            ("ip", "10.9.9.9", "IP address"),
            ("identification_address", "x@y", "identification address")]:
        ctl.refuses("users",
                    f"device_user_id,{column}\nE1,{cell}\nE2,{cell}\n",
                    f"3: column 2 ({column}): the same {what} as in line 2")


def test_an_identity_that_somebody_else_has(ctl):
    ctl.takes("users", "device_user_id,name,mac\nE1,Ann,00005E005371\n")
    ctl.refuses("users", "device_user_id,name,mac\nE2,Bob,0000.5e00.5371\n",
                "2: column 3 (mac): it belongs to \"Ann\", which the file "
                "does not have")


def test_a_number_that_is_a_site(ctl):
    ctl.refuses("users", "device_user_id,phone_number\nE1,2065550120\n",
                "2: column 2 (phone_number): +12065550120 is a site's "
                "number: it stands for a place and not for a person")


def test_a_row_that_nobody_could_be_found_by(ctl):
    ctl.refuses("stations", "name,mac,identification_address\n"
                "Desk,,\nShelf,,shelf@cic\n",
                "2: nobody could be found by this row: it has no device "
                "user id, number, extension, MAC or IP address",
                "3: nobody could be found by this row: it has no device "
                "user id, number, extension, MAC or IP address")


def test_places_and_people_of_another_organisation(ctl, postgres):
    ctl.refuses("users", "device_user_id,location\nE1,Juniper office\n",
                "2: column 2 (location): there is no location \"Juniper "
                "office\"")
    ctl.refuses("users", f"organization,device_user_id\n{JUNIPER},E1\n",
                f"2: column 1 (organization): '{JUNIPER}' is another "
                "organisation than that of the file")
    ctl.refuses("users", "organization,device_user_id\nNobody,E1\n,E2\n",
                "2: column 1 (organization): there is no organisation "
                "'Nobody'",
                "3: column 1 (organization): the row says no organisation, "
                "and none was given with the file", organization=None)
    elin = postgres.query(
        "SELECT elin FROM e911.elin JOIN e911.location l"
        " USING (location_id) WHERE l.name = 'Juniper office'"
        " ORDER BY 1 LIMIT 1")[0]["elin"]
    ctl.refuses("elins", f"elin,location\n{elin},Larkspur floor 2\n",
                f"2: column 1 (elin): {elin} is an ELIN of another "
                "organisation")


def test_what_only_the_database_knows_is_brought_back_to_its_line(
        ctl, postgres):
    """A rule that the import does not check itself, in some rows of many."""
    postgres.execute("ALTER TABLE e911.endpoint ADD CONSTRAINT"
                     " endpoint_is_not_called_mallory"
                     " CHECK (name !~ 'Mallory')")
    rows = [f"E{i},Person {i}\n" for i in range(500)]
    rows[123] = "E123,Mallory one\n"
    rows[124] = "E124,Mallory two\n"
    rows[499] = "E499,Mallory three\n"
    ctl.refuses("users", "device_user_id,name\n" + "".join(rows),
                *(f"{line}: endpoint is not called mallory"
                  for line in (125, 126, 501)))


def test_a_street_too_long_for_the_record_names_its_column(ctl):
    ctl.refuses("locations", "location,street,city,state\n"
                f"A,{'x' * 72},Ashgrove,WA\n",
                "2: column 2 (street): the street is longer than 71 "
                "characters")


def test_locations_that_are_not_whole(ctl):
    ctl.refuses(
        "locations", "location,building,address,city,state,postal_code,"
        "country,psap\n"
        "A,,,,,,,\nB,New,,,,,,\nC,,1 Mill St,,WA,A1A 1A1,,Nowhere\n"
        ",,1 Mill St,Ashgrove,,98000,DE,\nE,,,Ashgrove,WA,,,\n"
        "F,,1 Mill St,Ashgrove,WA,,,\nF,,1 Mill St,Ashgrove,WA,,,\n",
        "2: the location is new, and has neither an address nor a building",
        "3: column 2 (building): building \"New\" is new, and no row says "
        "its address",
        "4: column 4 (city): the address has no city",
        "4: column 6 (postal_code): 'A1A 1A1' is no postal code of the US",
        "4: column 8 (psap): there is no PSAP \"Nowhere\"",
        "5: column 1 (location): the row has no name of a location",
        "5: column 5 (state): the address has no state",
        "5: column 7 (country): 'DE' is no country that is served: US or CA",
        "6: column 3 (address): the address has no street",
        "6: the location is new, and has neither an address nor a building",
        "8: column 1 (location): the same name as in line 7")


def test_an_elin_that_another_location_has(ctl, postgres):
    elin = civic(postgres, "Larkspur floor 2")["pool"].split()[0]
    ctl.refuses("locations", LOCATIONS.replace("2065550171", elin),
                f"2: column 9 (elin): {elin} is an ELIN of \"Larkspur "
                "floor 2\", which the file does not have")
    ctl.refuses("locations", LOCATIONS.replace("2065550173", "2065550171"),
                "3: column 9 (elin): +12065550171 is also in line 2")


def test_ranges_and_answering_points_that_are_wrong(ctl):
    ctl.refuses("ranges", "range,low,high,location\n"
                "10.1.2.3/24,,,Larkspur floor 2\n,10.1.2.9,,x\n"
                "10.2.0.0/24,,,Larkspur floor 2\n"
                "10.2.0.0-10.2.0.255,,,Larkspur floor 2\n"
                "10.3.0.0/24,,,Nowhere\n10.4.0.0/24,,,\n",
                "2: column 1 (range): '10.1.2.3/24' has bits behind its "
                "length",
                "2: column 1 (range): the row has no addresses: a range, or "
                "low and high",
                "3: column 1 (range): the row has no addresses: a range, or "
                "low and high",
                "5: column 1 (range): 10.2.0.0/24 is also in line 4",
                "6: column 4 (location): there is no location \"Nowhere\"",
                "7: column 4 (location): the row has no location")
    ctl.refuses("psaps", "name,alternate,routes\nA,A,911@nowhere\n"
                "A,B,911@genesys-cloud\nC,,5:911@psap-north;5:+12065550190\n",
                "2: column 2 (alternate): a PSAP is not its own alternate",
                "2: column 3 (routes): there is no trunk \"nowhere\"",
                "3: column 1 (name): the same name as in line 2",
                "3: column 2 (alternate): there is no PSAP \"B\"",
                "3: column 3 (routes): trunk \"genesys-cloud\" is a "
                "platform's: it leads to no PSAP",
                "4: column 3 (routes): two routes have priority 5",
                organization=None)


def test_files_that_are_no_such_files(ctl):
    ctl.refuses("users", "", " the file is empty: it has not even a header")
    ctl.refuses("users", "E1,Ann\n",
                "1: row 1 is no header: it names 0 of the columns that "
                "users have")
    ctl.refuses("users", b"device_user_id,name\nE1,Zo\xeb\nE2,A\nE3,\x92\n",
                "2: column 2 (name): byte 0xeb is not UTF-8: save the file "
                "as \"CSV UTF-8\", or say --encoding windows-1252",
                "4: column 2 (name): byte 0x92 is not UTF-8: save the file "
                "as \"CSV UTF-8\", or say --encoding windows-1252")
    ctl.refuses("users", "device_user_id,name\nE1,\"Ann\nE2,Bob\n",
                "2: column 2 (name): the quote that begins this cell is "
                "never closed")
    ctl.refuses("users", "device_user_id,name\nE1,Zo\0\n",
                "2: column 2 (name): a NUL byte: this is no text file")
    ctl.refuses("elins", "elin,building\n2065550171,x\n",
                "1: location: a file of elins needs a column 'location'")
    ctl.refuses("users", "device_user_id,name,\"a\nb\",extension\n"
                "E1,\"x\ny\",,4102 x\n",
                "3: column 2 (name): 'x?y' has a line break",
                "3: column 4 (extension): '4102 x' has blanks in it")


def test_problems_are_told_up_to_a_number_and_counted_beyond(ctl):
    rows = "".join(f"E{i},x\n" for i in range(250))
    status, _, err = ctl.take("users", "device_user_id,mac\n" + rows)
    assert status == 1
    assert err.count("is no MAC address") == 100
    assert "FILE: and 150 more problems" in err
    assert "250 problems: nothing was changed" in err
    rows = "".join("E1,x\n" for i in range(250))
    status, _, err = ctl.take("users", "device_user_id,name\n" + rows,
                              "--errors", "7")
    assert err.count("FILE:") == 7 + 2  # the number of all, twice
    assert "FILE: and 242 more problems" in err


def test_an_organisation_by_its_name(ctl, postgres):
    text = "device_user_id,name\nE1,Ann\n"
    ctl.takes("users", text, organization="Larkspur Insurance")
    status, _, err = ctl.take("users", text, organization="Nobody")
    assert (status, err) == (
        3, "e911ctl: FILE: there is no organisation 'Nobody'\n")
    postgres.execute("UPDATE e911.organization SET name ="
                     " 'Larkspur Insurance' WHERE name = 'Tamarack Legal'")
    status, _, err = ctl.take("users", text,
                              organization="Larkspur Insurance")
    assert status == 3 and "say its UUID" in err


def test_text_is_never_a_statement(ctl, postgres):
    """Bound parameters and COPY: what is written is what is stored."""
    name = "x'); DROP TABLE e911.endpoint; --\\N \\. ' || pg_sleep(9)"
    ctl.takes("users", f"device_user_id,name\n\\.,\"{name}\"\n"
              "\\N,\\\\\\t\n")
    assert endpoint(postgres, name)["device_user_id"] == "\\."
    assert endpoint(postgres, "\\\\\\t")["device_user_id"] == "\\N"
