# SPDX-License-Identifier: GPL-2.0-or-later
"""e911ctl import and export: who may, all of it or nothing, out and in again."""
import os
import subprocess

import pytest

from harness.wait import wait_until
from importer import (JUNIPER, LARKSPUR, LOCATIONS, endpoint, snapshot,
                      transaction)

KINDS = ["psaps", "boundaries", "users", "stations", "locations", "ranges",
         "elins", "access_points", "switches", "ports", "sites"]

NETWORK = {
    "access_points": 'bssid,location,note\n00-00-5E-00-53-01,{place},"AP ""3"""\n'
                     "00005e005302,{place},\n",
    "switches": "chassis_id,location,note\ncloset 3B,{place},\n"
                '"sw"",1",,not listed\n',
    "ports": "chassis_id,port,location,note\ncloset 3B,1,{place},outlet 1\n"
             '"sw"",1",Gi1/0/3,{place},\ncloset 3B,2,{place},\n',
    "sites": "number,location\n(206) 555-0133,{place}\n7001,{place}\n",
}


# ---- who may, and what is kept of it ----

def test_an_administrator_imports_what_is_theirs(ctl, postgres):
    """By row level security: an account that sees one organisation."""
    postgres.execute(
        "DO $$ BEGIN CREATE ROLE larkspur_it; EXCEPTION"
        " WHEN duplicate_object THEN NULL; END $$;"
        "GRANT e911_admin TO larkspur_it;"
        "INSERT INTO e911.organization_admin SELECT 'larkspur_it',"
        "       organization_id FROM e911.organization"
        " WHERE e911_organization_id = '" + LARKSPUR + "'")
    ctl.conninfo = ctl.conninfo.replace("e911_operator", "larkspur_it")
    ctl.takes("locations", LOCATIONS.replace(
        ",elin,psap", ",description,what").replace("Ashgrove North", ""))
    ctl.takes("users", "device_user_id,name,location\nE1,Ann,HQ floor 1\n",
              "--replace", "--confirm")
    assert endpoint(postgres, "Ann")["location"] == "HQ floor 1"
    for kind, text in NETWORK.items():
        ctl.takes(kind, text.format(place="HQ floor 1"))
        ctl.takes(kind, text.format(place="HQ floor 2"))
    assert endpoint(postgres, "Cleo Marsh")["device_user_id"] == "E1007"
    before = snapshot(postgres)
    status, _, err = ctl.take("users", "device_user_id,name\nE9,Eve\n",
                              organization=JUNIPER)
    assert status == 3 and f"there is no organisation '{JUNIPER}'" in err
    # What routes a call is not theirs.
    status, _, err = ctl.take("elins", "elin,location\n"
                              "2065550179,HQ floor 1\n")
    assert status == 3 and "permission denied for table elin" in err
    status, _, err = ctl.take("locations", "location,psap\n"
                              "HQ floor 1,Ashgrove North\n")
    assert status == 3 and "permission denied for table location" in err
    assert snapshot(postgres) == before
    _, out, _ = ctl.run("export", "users")
    assert len(out.splitlines()) == 2


def test_the_history_says_what_it_was(ctl, postgres):
    ctl.takes("users", "device_user_id,name\nE1,Ann\n")
    ctl.take("users", "device_user_id,name\nE2,Bob\n", "--dry-run")
    rows = postgres.query("SELECT application, reason, acting_as"
                          "  FROM e911.change ORDER BY change DESC LIMIT 1")
    path = os.path.join(ctl.directory, "file.csv")
    assert [dict(row) for row in rows] == [{
        "application": "e911 provision",
        "reason": f"e911ctl import users {path}",
        "acting_as": "e911_operator"}]


def test_an_import_is_taken_back_as_a_whole(ctl, postgres):
    ctl.takes("locations", LOCATIONS)
    ctl.takes("users", "device_user_id,name,location,extension\n"
              "E1,Ann,HQ floor 1,4171\nE2,Bob,HQ floor 2,4172\n")
    before = snapshot(postgres)
    ctl.takes("users", "device_user_id,name,location,extension\n"
              "E1,Ann,HQ floor 2,4172\nE3,Cy,,4171\n",
              "--replace", "--confirm")
    assert snapshot(postgres) != before
    postgres.query("SELECT e911.change_undo((SELECT max(change)"
                   " FROM e911.change))")
    assert snapshot(postgres) == before


# ---- all of it or nothing ----

def test_a_kill_in_the_middle_leaves_nothing(ctl, postgres):
    """While the rows are being written: another session holds them up."""
    before = snapshot(postgres)
    path = ctl.write("device_user_id,name\n" + "".join(
        f"E{i},Person {i}\n" for i in range(1000)))
    with transaction(postgres) as other:
        other.execute("SELECT FROM e911.organization FOR UPDATE")
        process = subprocess.Popen(
            ctl.command("import", "users", path, "--organization", LARKSPUR),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        waiting = ("SELECT FROM pg_stat_activity WHERE query ~"
                   " '^INSERT INTO e911.endpoint'"
                   "   AND wait_event_type = 'Lock'")
        wait_until(lambda: postgres.query(waiting),
                   "the import writes its rows", 30)
        process.kill()
        process.wait()
    wait_until(lambda: not postgres.query(
        "SELECT FROM pg_stat_activity WHERE query ~"
        " '^INSERT INTO e911.endpoint'"), "its session ends", 30)
    assert snapshot(postgres) == before


def test_what_somebody_else_changes_meanwhile_is_noticed(ctl, postgres):
    """A row that was there when the file was compared is gone."""
    ctl.takes("users", "device_user_id,name\nE1,Ann\nE2,Bob\n")
    path = ctl.write("device_user_id,name\nE1,Ann B\nE2,Bob B\n")
    with transaction(postgres) as other:
        other.execute("UPDATE e911.endpoint SET status = 'retired'"
                      " WHERE name = 'Bob'")
        process = subprocess.Popen(
            ctl.command("import", "users", path, "--organization", LARKSPUR),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_until(lambda: postgres.query(
            "SELECT FROM pg_stat_activity WHERE query ~"
            " '^UPDATE e911.endpoint' AND wait_event_type = 'Lock'"),
            "the import writes its rows", 30)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 3
    assert b"somebody changed the same meanwhile" in err
    assert endpoint(postgres, "Ann")["device_user_id"] == "E1"


def test_a_second_import_waits_for_the_first(ctl, postgres):
    with transaction(postgres) as other:
        other.execute("SELECT pg_advisory_xact_lock(911, 1)")
        path = ctl.write("device_user_id,name\nE1,Ann\n")
        process = subprocess.Popen(
            ctl.command("import", "users", path, "--organization", LARKSPUR),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_until(lambda: postgres.query(
            "SELECT FROM pg_locks WHERE locktype = 'advisory'"
            "   AND NOT granted"), "the import waits", 30)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"another import is going on: waiting for it" in err
    assert endpoint(postgres, "Ann")["device_user_id"] == "E1"


# ---- out and in again ----

@pytest.mark.parametrize("organization", [None, LARKSPUR])
def test_what_was_exported_changes_nothing(ctl, postgres, organization):
    postgres.execute(
        "UPDATE e911.endpoint SET kind = 'station' WHERE mac IS NOT NULL")
    postgres.execute(
        "UPDATE e911.location SET info = 'a \"b\", c; d' WHERE info IS NULL")
    ctl.takes("locations", LOCATIONS)
    ctl.takes("locations", LOCATIONS.replace("200 N", "210 N", 1))
    ctl.takes("boundaries", "psap,area,source,geometry\nAshgrove North,\"a "
              "\"\"b\"\", c\",\"d; e\",\"POLYGON((-122.1 47,-121 47,-121 48.3,"
              "-122.1 47))\"\n", organization=None)
    for kind, text in NETWORK.items():
        ctl.takes(kind, text.format(place="HQ floor 1"))
    before = snapshot(postgres)
    options = ("--organization", organization) if organization else ()
    path = os.path.join(ctl.directory, "out.csv")
    for kind in KINDS:
        status, _, err = ctl.run("export", kind, path, *options)
        assert (status, err) == (0, "")
        status, out, err = ctl.run("import", kind, path, "--replace",
                                   *options)
        assert status == 0, err
        assert "; 0 added, 0 changed, 0 removed" in out
        with open(path, encoding="utf-8", newline="") as text:
            assert out.startswith(
                f"{kind}: {len(text.readlines()) - 1} rows")
    assert snapshot(postgres) == before


def test_an_export_fills_an_empty_organisation(ctl, postgres):
    """Everything of one organisation goes out and comes back."""
    def export(kind):
        _, out, _ = ctl.run("export", kind, "--organization", JUNIPER)
        return out

    for kind, text in NETWORK.items():
        ctl.takes(kind, text.format(place="Juniper office"),
                  organization=JUNIPER)
    files = {kind: export(kind) for kind in
             ("locations", "users", "stations", "ranges", *NETWORK)}
    postgres.execute(
        "DELETE FROM e911.endpoint; DELETE FROM e911.network_range;"
        "DELETE FROM e911.site_number; DELETE FROM e911.elin;"
        "DELETE FROM e911.access_point; DELETE FROM e911.switch_port;"
        "DELETE FROM e911.network_switch;"
        "UPDATE e911.organization SET default_location_id = NULL;"
        "DELETE FROM e911.location")
    for kind, text in files.items():
        ctl.takes(kind, text, organization=JUNIPER)
    assert {kind: export(kind) for kind in files} == files


def test_an_export_that_cannot_be_written_is_not_left_behind(ctl):
    path = os.path.join(ctl.directory, "out.csv")
    status, _, err = ctl.run("export", "users", path, "--organization", "x")
    assert (status, err) == (
        3, "e911ctl: export: there is no organisation 'x'\n")
    assert not os.path.exists(path)


def test_wrong_usage_is_status_3(ctl):
    for arguments, words in [
            (["import", "people", "x"], "'people' is no kind of file"),
            (["import", "users", "/nonexistent"],
             "No such file or directory"),
            (["import", "users", "x", "--encoding", "ebcdic"],
             "is not known"),
            (["export", "people"], "'people' is no kind of file")]:
        status, out, err = ctl.run(*arguments)
        assert (status, out) == (3, "")
        assert words in err


def test_a_database_that_is_away_is_status_3(ctl):
    ctl.conninfo = "host=/nonexistent"
    status, out, err = ctl.take("users", "device_user_id,name\nE1,A\n")
    assert (status, out) == (3, "")
    assert "PostgreSQL: " in err
