# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of access points, switches, ports and numbers of sites."""
from importer import JUNIPER, snapshot

FLOOR2, FLOOR3 = "Larkspur floor 2", "Larkspur floor 3"


def places(postgres, sql):
    return {row["what"]: row["place"] for row in postgres.query(sql)}


def access_points(postgres):
    return places(postgres, "SELECT bssid::text AS what, l.name || coalesce("
                  "' ' || description, '') AS place FROM e911.access_point"
                  "  JOIN e911.location l USING (location_id)")


def ports(postgres):
    return places(postgres, "SELECT s.chassis_id || ' ' || p.port AS what,"
                  " l.name AS place FROM e911.switch_port p"
                  " JOIN e911.network_switch s USING (network_switch_id)"
                  " JOIN e911.location l ON l.location_id = p.location_id")


def test_access_points_in_any_spelling(ctl, postgres):
    assert ctl.takes("access_points", (
        "Radio MAC,Description,Location Name\n"
        f"00:00:5E:00:53:01,3 East,{FLOOR3}\n"
        f"0000.5e00.5302,,{FLOOR2}\n")) == \
        "access_points: 2 rows; 2 added, 0 changed, 0 removed"
    assert access_points(postgres) == {
        "00:00:5e:00:53:01": FLOOR3 + " 3 East", "00:00:5e:00:53:02": FLOOR2}
    # Moved; a column that is not there is left alone.
    status, out, _ = ctl.take("access_points", (
        f"bssid,location\n00005e005301,{FLOOR2}\n"))
    assert status == 0 and out.splitlines() == [
        f"~ line 2: 00:00:5e:00:53:01  location {FLOOR3} -> {FLOOR2}",
        "access_points: 1 rows; 0 added, 1 changed, 0 removed"]
    assert access_points(postgres)["00:00:5e:00:53:01"] == FLOOR2 + " 3 East"
    # An empty cell empties.
    status, out, _ = ctl.take("access_points", (
        f"bssid,location,note\n00005e005301,{FLOOR2},\n"))
    assert "note 3 East -> (none)" in out
    # Another organisation has its own of the same address.
    ctl.takes("access_points", "bssid,location\n00005e005301,Juniper office\n",
              organization=JUNIPER)
    status, out, err = ctl.take("access_points", (
        f"bssid,location\n00005e005302,{FLOOR2}\n"), "--replace")
    assert status == 1 and "more than 5 %" in err
    ctl.takes("access_points", f"bssid,location\n00005e005302,{FLOOR2}\n",
              "--replace", "--confirm")
    assert postgres.query("SELECT count(*) AS n FROM e911.access_point")[0][
        "n"] == 2


def test_switches_and_their_ports(ctl, postgres):
    assert ctl.takes("switches", (
        "Switch,Location,Description\n"
        f"00:00:5e:00:53:aa,{FLOOR2},closet 2A\ncloset 3B,,\n")) == \
        "switches: 2 rows; 2 added, 0 changed, 0 removed"
    assert ctl.takes("ports", (
        "LLDP Chassis ID,LLDP Port ID,Location\n"
        f"closet 3B,Gi1/0/3,{FLOOR3}\ncloset 3B,Gi1/0/4,{FLOOR3}\n"
        f"00:00:5e:00:53:aa,Gi1/0/3,{FLOOR2}\n")) == \
        "ports: 3 rows; 3 added, 0 changed, 0 removed"
    assert ports(postgres) == {"closet 3B Gi1/0/3": FLOOR3,
                               "closet 3B Gi1/0/4": FLOOR3,
                               "00:00:5e:00:53:aa Gi1/0/3": FLOOR2}
    status, out, _ = ctl.take("ports", (
        "chassis_id,port,location\n"
        f"closet 3B,Gi1/0/4,{FLOOR2}\nclosets,1,{FLOOR2}\n"))
    assert status == 1
    status, out, _ = ctl.take("ports", (
        f"chassis_id,port,location\ncloset 3B,Gi1/0/4,{FLOOR2}\n"))
    assert out.splitlines()[0] == (f"~ line 2: closet 3B Gi1/0/4  location "
                                   f"{FLOOR3} -> {FLOOR2}")
    # A switch that is gone would take its ports along: they go first.
    ctl.refuses("switches", "chassis_id,note\n00:00:5e:00:53:aa,\n",
                " column 1 (chassis_id): switch \"closet 3B\" is not in the "
                "file and has ports: remove these first",
                options=("--replace", "--confirm"))
    ctl.takes("ports", ("chassis_id,port,location\n"
                        f"00:00:5e:00:53:aa,Gi1/0/3,{FLOOR2}\n"),
              "--replace", "--confirm")
    ctl.takes("switches", "chassis_id,note\n00:00:5e:00:53:aa,\n", "--replace",
              "--confirm")
    assert ports(postgres) == {"00:00:5e:00:53:aa Gi1/0/3": FLOOR2}
    # The switch kept its place: its file had no such column.
    assert places(postgres, "SELECT chassis_id AS what, l.name AS place FROM"
                  " e911.network_switch JOIN e911.location l"
                  " USING (location_id)") == {"00:00:5e:00:53:aa": FLOOR2}
    # Losing it counts as a removal.
    status, _, err = ctl.take("switches",
                              "chassis_id,location\n00:00:5e:00:53:aa,\n")
    assert status == 1 and "lose their location" in err


def test_numbers_of_sites_as_calls_bring_them(ctl, postgres):
    assert ctl.takes("sites", (
        "Identification Number,Location\n"
        f"206-555-0133,{FLOOR2}\n7001,{FLOOR3}\n"
        f"(206) 555-0134,{FLOOR2}\n+442071838750,{FLOOR2}\n")) == \
        "sites: 4 rows; 4 added, 0 changed, 0 removed"
    found = places(postgres, "SELECT number::text AS what, l.name AS place"
                   " FROM e911.site_number JOIN e911.location l"
                   " USING (location_id) WHERE l.name LIKE 'Larkspur%%'")
    assert found == {"+12065550120": FLOOR2, "+12065550133": FLOOR2,
                     "7001": FLOOR3, "+12065550134": FLOOR2,
                     "+442071838750": FLOOR2}


def test_every_bad_row_is_told(ctl):
    ctl.refuses("access_points", (
        "bssid,location,note\n"
        f"00:00:5e:00:53,{FLOOR2},\n"
        f",{FLOOR2},\n00005e005301,,\n00005e005302,Nowhere,\n"
        f"00005e005303,{FLOOR2},\n00-00-5E-00-53-03,{FLOOR3},\n"
        f"01005e005304,{FLOOR2},\n"
        "00005e005305,Juniper office,\n"),
        "2: column 1 (bssid): '00:00:5e:00:53' is no MAC address",
        "2: column 1 (bssid): the row has no bssid",
        "3: column 1 (bssid): the row has no bssid",
        "4: column 2 (location): the row has no location",
        "5: column 2 (location): there is no location \"Nowhere\"",
        "7: column 1 (bssid): 00:00:5e:00:53:03 is also in line 6",
        "8: column 1 (bssid): '01005e005304' is no address of one radio",
        "9: column 2 (location): there is no location \"Juniper office\"")
    ctl.refuses("ports", (
        "chassis_id,port,building,location\n"
        f"closet 9,1,,{FLOOR2}\n,2,,{FLOOR2}\nx,,,{FLOOR2}\n"),
        "2: column 1 (chassis_id): there is no switch \"closet 9\"",
        "3: column 1 (chassis_id): the row has no chassis_id",
        "4: column 1 (chassis_id): there is no switch \"x\"",
        "4: column 2 (port): the row has no port")
    ctl.refuses("switches", (
        f"chassis_id,building,location\nA,Elsewhere,{FLOOR2}\nA,,\n"),
        f"2: column 2 (building): location \"{FLOOR2}\" is not in building "
        "\"Elsewhere\"",
        "3: column 1 (chassis_id): A is also in line 2")
    ctl.refuses("sites", (
        f"number,location\n4102,{FLOOR2}\n2065550121,{FLOOR2}\n"
        f"12 34,{FLOOR2}\n+1206,{FLOOR2}\n"),
        "2: column 1 (number): 4102 is the number of Ben Okafor: it stands "
        "for a person and not for a place",
        "3: column 1 (number): +12065550121 is the number of Ava Reyes: it "
        "stands for a person and not for a place",
        "4: column 1 (number): '12 34' has blanks in it",
        "4: column 1 (number): the row has no number",
        "5: column 1 (number): '+1206' is no telephone number",
        "5: column 1 (number): the row has no number")
    ctl.refuses("sites", "number\n7001\n",
                "1: row 1 is no header: it names 1 of the columns that sites "
                "have")


def test_a_dry_run_changes_nothing(ctl, postgres):
    before = snapshot(postgres)
    ctl.takes("switches", "chassis_id,note\nA,\n", "--dry-run")
    ctl.takes("access_points", f"bssid,location\n00005e005301,{FLOOR2}\n",
              "--dry-run")
    assert snapshot(postgres) == before
