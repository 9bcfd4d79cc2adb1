# SPDX-License-Identifier: GPL-2.0-or-later
"""Each line of the table in sql/demo.sql comes true in the database.

The rules are those of the module's stages, written down once more in SQL: a
demo town that says something else than the gateway does would be found by the
end-to-end tests, one that says something else than its rows is found here.
"""
import os
import re
import subprocess

import psycopg2

DEMO = os.path.join(os.environ["E911_SQL"], "demo.sql")

ORGANIZATION = """
SELECT coalesce(
    (SELECT o.organization_id
       FROM e911.trunk_organization a JOIN e911.organization o
      USING (organization_id)
      WHERE a.trunk_id = t.trunk_id AND o.e911_organization_id::text =
            '91100000-0000-4000-8000-00000000000' || %(org)s),
    t.organization_id)
  FROM e911.trunk t WHERE t.name = %(trunk)s AND t.role = 'origin'
"""

# An address that is no endpoint's own is looked up among the networks, a
# calling number that is no endpoint's among the sites' numbers.
CALL = """
WITH endpoint AS (
    SELECT * FROM e911.endpoint
     WHERE organization_id = %(organization)s
       AND CASE %(kind)s WHEN 'device_user' THEN device_user_id = %(value)s
                         WHEN 'mac' THEN mac::text = %(value)s
                         WHEN 'ip' THEN host(ip) = %(value)s
                         WHEN 'number' THEN number = %(value)s
                         WHEN 'extension' THEN extension = %(value)s END),
place AS (
    SELECT location_id, '(the network)' AS who FROM (
        SELECT location_id FROM e911.network_range
         WHERE organization_id = %(organization)s AND %(kind)s = 'ip'
           AND range >>= %(ip)s::inet
         ORDER BY masklen(range) DESC LIMIT 1) AS n
    UNION ALL
    SELECT location_id, '(the site)' FROM e911.site_number
     WHERE organization_id = %(organization)s AND number = %(value)s
       AND %(kind)s IN ('number', 'extension')),
found AS (
    SELECT coalesce(e.name, p.who, '(unknown)') AS who,
           coalesce(e.location_id, p.location_id,
                    CASE WHEN e.endpoint_id IS NOT NULL
                         THEN o.default_location_id END) AS location_id,
           CASE WHEN o.keep_own_number
                THEN coalesce(e.callback_number, e.number) END AS own
      FROM e911.organization o
      LEFT JOIN endpoint e ON true
      LEFT JOIN place p ON e.endpoint_id IS NULL
     WHERE o.organization_id = %(organization)s)
SELECT f.who, coalesce(l.name, '(none)'),
       coalesce(p.name, (SELECT r.name FROM e911.gateway g
                           JOIN e911.psap r
                             ON r.psap_id = g.relay_center_psap_id)),
       coalesce(f.own,
                (SELECT min(elin) || ' to ' || right(max(elin), 4)
                   FROM e911.elin e WHERE e.location_id = l.location_id),
                '(none)')
  FROM found f
  LEFT JOIN e911.location l USING (location_id)
  LEFT JOIN e911.psap p USING (psap_id)
"""


def is_true(passed, sentence, detail=""):
    print(("ok - " if passed else "not ok - ") + sentence)
    if not passed:
        print(f"#   {detail}")


def table():
    """The rows of the table: seven texts each."""
    with open(DEMO, encoding="utf-8") as file:
        lines = [line for line in file if line.startswith("-- |")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line[3:].strip("| \n").split("|")]


def load(*variables):
    return subprocess.run(["psql", "-X", "-q", *variables, "-f", DEMO],
                          capture_output=True, text=True, check=False)


def examples():
    """The statements of sql/README.md that operators will type."""
    with open(os.path.join(os.environ["E911_SQL"], "README.md"),
              encoding="utf-8") as file:
        text = file.read().split("## What operators type")[1]
    return re.findall(r"^```sql\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def main():
    done = load()
    is_true(done.returncode == 0 and not done.stderr, "the demo town loads",
            done.stderr)
    database = psycopg2.connect("")
    database.autocommit = True
    cursor = database.cursor()

    rows = list(table())
    is_true(len(rows) >= 15, "the demo town's table was read", rows)
    for trunk, org, says, *want in rows:
        kind, value = says.split(" ", 1)
        cursor.execute(ORGANIZATION, {"trunk": trunk, "org": org})
        found = cursor.fetchone()
        names = {"organization": found and found[0], "kind": kind,
                 "value": value, "ip": value if kind == "ip" else None}
        if kind == "mac":
            cursor.execute("SELECT %(value)s::macaddr::text", names)
            names["value"] = cursor.fetchone()[0]
        cursor.execute(CALL, names)
        got = list(cursor.fetchone() or ())
        is_true(got == want, f"{trunk}, organisation {org}, {says}: "
                f"{want[0]} at {want[1]}", f"got {got}, want {want}")

    cursor.execute("SELECT DISTINCT host(host), port FROM e911.trunk"
                   " ORDER BY 1")
    is_true(cursor.fetchall() == [(f"127.0.{net}.{n}", 5070)
                                  for net in (10, 20) for n in range(1, 5)],
            "every peer has a loopback address of its own, on port 5070")
    cursor.execute(
        "SELECT every(number ~ %s) FROM (SELECT elin FROM e911.elin UNION"
        " SELECT number FROM e911.endpoint WHERE number IS NOT NULL UNION"
        " SELECT callback_number FROM e911.endpoint"
        "  WHERE callback_number IS NOT NULL UNION"
        " SELECT desk_number FROM e911.location UNION"
        " SELECT number FROM e911.site_number WHERE number LIKE '+%%')"
        " AS n (number)", (r"^\+1[0-9]{3}55501[0-9]{2}$",))
    is_true(cursor.fetchone()[0], "all numbers are 555-01xx")
    cursor.execute("SELECT min(n) FROM (SELECT count(elin) AS n"
                   " FROM e911.location LEFT JOIN e911.elin"
                   " USING (location_id) GROUP BY location_id) AS c")
    is_true(cursor.fetchone()[0] >= 3, "every location has three ELINs")

    blocks = examples()
    done = subprocess.run(
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"], text=True, check=False,
        capture_output=True,
        input="BEGIN; SET ROLE e911_operator;\n" + blocks[0] +
        "RESET ROLE;\n" + "".join(blocks[1:]) + "ROLLBACK;")
    is_true(done.returncode == 0 and not done.stderr and len(blocks) == 2,
            "the examples of sql/README.md work as an operator types them",
            done.stderr)

    again = load()
    is_true(again.returncode != 0
            and re.search("already exists", again.stderr) is not None,
            "a second load is refused as a whole", again.stderr)

    cursor.execute("UPDATE e911.organization SET default_location_id = NULL;"
                   "UPDATE e911.psap SET alternate_psap_id = NULL;"
                   "UPDATE e911.gateway SET relay_center_psap_id = NULL,"
                   " last_resort_psap_id = NULL;"
                   "DELETE FROM e911.network_range;"
                   "DELETE FROM e911.site_number; DELETE FROM e911.endpoint;"
                   "DELETE FROM e911.elin; DELETE FROM e911.location;"
                   "DELETE FROM e911.psap_route; DELETE FROM e911.psap;"
                   "DELETE FROM e911.trunk_organization;"
                   "DELETE FROM e911.trunk_source; DELETE FROM e911.trunk;"
                   "DELETE FROM e911.organization")
    done = load("-v", "demo_net=127.9.8", "-v", "demo_port=15070",
                "-v", "demo_north=192.0.2.7")
    cursor.execute("SELECT name, host(host), port FROM e911.trunk"
                   " WHERE name IN ('pbx', 'psap-north', 'psap-south')"
                   " ORDER BY name")
    got = cursor.fetchall()
    is_true(got == [("pbx", "127.9.8.14", 15070),
                    ("psap-north", "192.0.2.7", 15070),
                    ("psap-south", "127.9.8.22", 15070)],
            "addresses and port of the demo town can be chosen",
            f"{done.stderr} {got}")


if __name__ == "__main__":
    main()
