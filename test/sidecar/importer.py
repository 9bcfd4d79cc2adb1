# SPDX-License-Identifier: GPL-2.0-or-later
"""e911ctl import and export as the tests run them, and what they look at."""
import contextlib
import os
import subprocess

import psycopg2

LARKSPUR = "91100000-0000-4000-8000-000000000001"
JUNIPER = "91100000-0000-4000-8000-000000000002"
LOCATIONS = (
    "building,address,city,state,postal_code,country,location,"
    "location_info,elin,psap\n"
    "HQ,200 N Mill St,Ashgrove,Washington,98000,USA,HQ floor 1,door left,"
    "2065550171,Ashgrove North\n"
    "HQ,200 N Mill St,Ashgrove,WA,98000,US,HQ floor 2,,"
    "2065550172; 2065550173,Ashgrove North\n")


class Ctl:
    def __init__(self, build, postgres, directory):
        self.program = os.path.join(build, "sidecar", "e911ctl")
        self.postgres = postgres
        self.directory = directory
        self.conninfo = (postgres.conninfo()
                         + " options='-c role=e911_operator'")

    def command(self, *arguments):
        return [self.program, *arguments, "--postgres", self.conninfo]

    def run(self, *arguments):
        """Status, stdout, stderr."""
        done = subprocess.run(self.command(*arguments), check=False,
                              capture_output=True, timeout=60)
        return (done.returncode, done.stdout.decode("utf-8"),
                done.stderr.decode("utf-8"))

    def write(self, text, name="file.csv"):
        path = os.path.join(self.directory, name)
        with open(path, "wb") as out:
            out.write(text if isinstance(text, bytes)
                      else text.encode("utf-8"))
        return path

    def take(self, kind, text, *options, organization=LARKSPUR):
        """Import it: status, and what was said with the file's name gone."""
        path = self.write(text)
        options += ("--organization", organization) if organization else ()
        status, out, err = self.run("import", kind, path, *options)
        return status, out, err.replace(path, "FILE")

    def refuses(self, kind, text, *problems, organization=LARKSPUR,
                options=()):
        """These problems and no other; nothing has changed."""
        before = snapshot(self.postgres)
        status, out, err = self.take(kind, text, *options,
                                     organization=organization)
        told = [line for line in err.splitlines()
                if line.startswith("FILE:")]
        wanted = sorted("FILE:" + p for p in problems)
        assert sorted(told) == wanted, "\n".join(sorted(told))
        assert status == 1
        assert out == ""
        assert snapshot(self.postgres) == before

    def takes(self, kind, text, *options, organization=LARKSPUR):
        """The last line of what it says."""
        status, out, err = self.take(kind, text, *options,
                                     organization=organization)
        assert status == 0, err
        return out.splitlines()[-1]


def snapshot(postgres):
    """All that an import could change."""
    return {table: postgres.query(
        f"SELECT t::text FROM e911.{table} t ORDER BY 1")
        for table in ("endpoint", "location", "building", "elin",
                      "network_range", "psap", "psap_route", "psap_boundary",
                      "psap_coverage", "access_point", "network_switch",
                      "switch_port", "site_number")}


@contextlib.contextmanager
def transaction(postgres):
    """Somebody else's, open until the end of the block."""
    connection = psycopg2.connect(postgres.conninfo())
    with connection, connection.cursor() as cursor:
        yield cursor
    connection.close()


def endpoint(postgres, name):
    rows = postgres.query(
        "SELECT e.device_user_id, e.mac::text, host(e.ip) AS ip, e.number,"
        "       e.extension, e.email, e.callback_number, e.kind, e.status,"
        "       e.identification_address, e.manufacturer, e.model,"
        "       l.name AS location"
        "  FROM e911.endpoint e LEFT JOIN e911.location l"
        "    ON l.location_id = e.location_id"
        " WHERE e.name = %s AND e.status = 'active'", name)
    assert len(rows) == 1, name
    return dict(rows[0])
