# SPDX-License-Identifier: GPL-2.0-or-later
"""The migrations lead to sql/schema.sql, and are what they always were."""
import hashlib
import json
import os
import re
import subprocess

SQL = os.path.realpath(os.environ["E911_SQL"])
MIGRATIONS = os.path.join(SQL, "migrations")
EMPTY = os.environ["PGDATABASE"] + "_empty"


def is_true(passed, sentence, detail=""):
    print(("ok - " if passed else "not ok - ") + sentence)
    if not passed:
        print("#   " + str(detail).replace("\n", "\n#   "))


def run(*argv, database=None):
    environment = dict(os.environ, PGDATABASE=database) if database else None
    return subprocess.run(argv, capture_output=True, text=True, check=False,
                          env=environment)


def dump(database):
    """The schema's definition, line by line, without what names the dump."""
    done = run("pg_dump", "--schema-only", "--schema=e911", database=database)
    assert done.returncode == 0, done.stderr
    return sorted(line for line in done.stdout.splitlines()
                  if line and not line.startswith(("--", "\\")))


def numbers(database):
    return run("psql", "-XAtc", "SELECT number, name FROM"
               " e911.schema_migration ORDER BY number",
               database=database).stdout


def files():
    return sorted(name for name in os.listdir(MIGRATIONS)
                  if name.endswith(".sql"))


def includes(path):
    """Files that a migration reads, itself first; roles.sql may change at any
    time, for it only adds what a cluster lacks."""
    found = [path]
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for name in re.findall(r"^\\ir (\S+)", text, re.MULTILINE):
        inner = os.path.normpath(os.path.join(os.path.dirname(path), name))
        if os.path.basename(inner) != "roles.sql":
            found += includes(inner)
    return found


def each_file_is_in_form():
    for place, name in enumerate(files(), 1):
        is_true(re.fullmatch(r"\d{4}_[a-z0-9]+(_[a-z0-9]+)*\.sql", name)
                and int(name[:4]) == place,
                f"{name} has the next number and a plain name")
        with open(os.path.join(MIGRATIONS, name), encoding="utf-8") as file:
            statements = re.sub(r"^\s*(--|\\).*$", "", file.read(),
                                flags=re.MULTILINE).split()
        text = " ".join(statements)
        want = (r"BEGIN;.*INSERT INTO e911\.schema_migration "
                rf"\(number, name\) VALUES \({place}, '{name[5:-4]}'\);"
                r" COMMIT;")
        is_true(re.fullmatch(want, text) and text.count("COMMIT") == 1,
                f"{name} is one transaction that ends by saying its number",
                text[-200:])


def nothing_has_changed_since():
    sums = {}
    with open(os.path.join(MIGRATIONS, "SHA256SUMS"),
              encoding="utf-8") as file:
        for line in file:
            digest, name = line.split()
            sums[os.path.normpath(os.path.join(MIGRATIONS, name))] = digest
    needed = [path for name in files()
              for path in includes(os.path.join(MIGRATIONS, name))]
    is_true(set(needed) == set(sums), "every file of a migration is pinned",
            set(needed) ^ set(sums))
    changed = []
    for path, digest in sums.items():
        with open(path, "rb") as file:
            if hashlib.sha256(file.read()).hexdigest() != digest:
                changed.append(path)
    is_true(not changed, "no migration has changed since it was pinned",
            f"changed: {changed}; sql/README.md, 'Changing the schema'")


def both_ways_lead_to_the_same():
    run("createdb", "-T", "template0", "--encoding=UTF8", EMPTY)
    migrate = os.path.join(SQL, "migrate")
    done = run(migrate, database=EMPTY)
    is_true(done.returncode == 0 and not done.stderr,
            "an empty database takes all migrations", done.stderr)
    one, two = dump(os.environ["PGDATABASE"]), dump(EMPTY)
    is_true(one == two and len(one) > 500,
            "the migrations lead to schema.sql",
            "\n".join(sorted(set(one) ^ set(two))))
    is_true(numbers(os.environ["PGDATABASE"]) == numbers(EMPTY) != "",
            "both say the same numbers", numbers(EMPTY))
    is_true(len(numbers(EMPTY).splitlines()) == len(files()),
            "schema.sql says the number of the last migration")
    done = run(migrate, database=EMPTY)
    is_true(done.returncode == 0 and not done.stdout + done.stderr,
            "a second run does nothing", done.stdout + done.stderr)
    done = run("psql", "-Xqf", os.path.join(SQL, "schema.sql"), database=EMPTY)
    is_true(done.returncode != 0 and "already exists" in done.stderr,
            "schema.sql refuses a database that has one", done.stderr)
    done = run("psql", "-Xqf", os.path.join(SQL, "demo.sql"), database=EMPTY)
    is_true(done.returncode == 0, "the demo town fits the migrations' schema",
            done.stderr)


def rows(database):
    """What was provisioned, in the columns that were there all along."""
    tables = run("psql", "-XAtc", "SELECT table_name FROM"
                 " information_schema.tables WHERE table_schema = 'e911'"
                 " AND table_type = 'BASE TABLE' AND table_name NOT IN"
                 " ('schema_migration', 'gateway') ORDER BY 1",
                 database=database).stdout.split()
    asked = " UNION ALL ".join(
        f"SELECT '{table}' AS t, to_jsonb(t)::text AS r FROM e911.{table} t"
        for table in tables)
    found = {table: [] for table in tables}
    for line in run("psql", "-XAtc", f"SELECT t || ' ' || r FROM ({asked}) AS a"
                    " ORDER BY 1", database=database).stdout.splitlines():
        table, row = line.split(" ", 1)
        found[table].append(row)
    return found


# What each schema can hold that the one before could not, by its number.
GROWN = {
    2: "INSERT INTO e911.trunk_contact (trunk_id, position, host)"
       " SELECT trunk_id, 1, '10.0.0.9' FROM e911.trunk WHERE role = 'psap';"
       " UPDATE e911.trunk SET prefix = '+1', profile = 'i3'"
       " WHERE name = 'last-resort'",
    3: "UPDATE e911.trunk SET host = NULL, host_name = 'pbx.example.com'"
       " WHERE name = 'pbx'",
    4: "SELECT e911.callback_use('genesys-cloud', 'plain')",
    5: "UPDATE e911.trunk SET proofs = '{address,digest}' WHERE name = 'pbx';"
       " SELECT e911.trunk_credential_set('pbx', 'pbx', 'secret')",
    6: "UPDATE e911.trunk SET transport = 'tls', tls_check = 'chain'"
       " WHERE name = 'multicloud'",
    9: "UPDATE e911.trunk SET media = 'dtls' WHERE name = 'multicloud'",
    11: "INSERT INTO e911.building (organization_id, name, street, city, state)"
        " SELECT organization_id, name, 'Elm St', 'Ashgrove', 'WA'"
        " FROM e911.organization;"
        " INSERT INTO e911.location (organization_id, building_id, name)"
        " SELECT organization_id, building_id, 'attic' FROM e911.building;"
        " INSERT INTO e911.personal_location (organization_id, endpoint_id,"
        " location_id) SELECT e.organization_id, e.endpoint_id, l.location_id"
        " FROM e911.endpoint e JOIN e911.location l USING (organization_id)"
        " WHERE l.name = 'attic';"
        " INSERT INTO e911.recipient (organization_id, name, channel, address)"
        " SELECT organization_id, 'desk', 'screen', 'a' FROM e911.building;"
        " UPDATE e911.endpoint SET status = 'retired' WHERE name = 'Iris Kim'",
    12: "INSERT INTO e911.trunk_certificate (name, trunk_id)"
        " SELECT 'pbx.example.com', trunk_id FROM e911.trunk"
        " WHERE name = 'pbx'",
    14: "UPDATE e911.endpoint SET name = 'Benjamin' WHERE name = 'Ben Okafor'",
    15: "INSERT INTO e911.organization_admin SELECT 'acme_it',"
        " organization_id FROM e911.organization",
    # Found, near, none, and one that waits.
    17: "UPDATE e911.location SET longitude = -122.5, latitude = 47.5,"
        " psap_id = NULL; WITH n AS (SELECT location_id, row_number() OVER"
        " (ORDER BY location_id) % 4 AS n FROM e911.location)"
        " UPDATE e911.location_resolution r SET resolved_at = now(),"
        " found = (ARRAY['waiting', 'boundary', 'nearest', 'none'])[n.n + 1],"
        " psap_id = CASE WHEN n.n IN (1, 2) THEN (SELECT min(psap_id)"
        " FROM e911.psap) END, distance_m = CASE n.n WHEN 2 THEN 7 END"
        " FROM n WHERE n.location_id = r.location_id",
    19: "SELECT e911.location_client_new('psap')",
    28: "INSERT INTO e911.screen (organization_id, name)"
        " SELECT organization_id, 'Lobby' FROM e911.organization;"
        " SELECT e911.screen_token_new(screen_id) FROM e911.screen",
    30: "INSERT INTO e911.notice_template (organization_id, name, text)"
        " SELECT organization_id, 'night', '{{{address}}}'"
        " FROM e911.organization;"
        " INSERT INTO e911.notice_hours (organization_id, name, spans)"
        " SELECT organization_id, 'night', '{Mo-Su 20:00-06:00}'"
        " FROM e911.organization;"
        " UPDATE e911.recipient r SET after_s = 60, notice_template_id ="
        " t.notice_template_id FROM e911.notice_template t"
        " WHERE t.organization_id = r.organization_id",
}


# Columns that have another name since: what they hold is not compared.
RENAMED = {"location_resolution": ["found"]}


def lost_rows(before, after):
    lost = []
    for table, lines in before.items():
        now = [json.loads(line) for line in after[table]]
        for line in lines:
            was = json.loads(line)
            for column in RENAMED.get(table, []):
                if now and column not in now[0]:
                    was.pop(column, None)
            if not any(was.items() <= is_now.items() for is_now in now):
                lost.append(f"{table}: {line}")
    return "\n".join(lost)


def old_rows_are_kept():
    """One database through all schemas, filled at each with what it can hold:
    so from each earlier one there is a way to the newest, with rows."""
    old = EMPTY + "_old"
    town = os.path.join(os.path.dirname(__file__), "lib", "town.sql")
    run("createdb", "-T", "template0", "--encoding=UTF8", old)
    before = {"trunk": []}
    for number, name in enumerate(files(), 1):
        done = run("psql", "-Xqv", "ON_ERROR_STOP=1", "-f",
                   os.path.join(MIGRATIONS, name), database=old)
        lost = lost_rows(before, rows(old))
        is_true(done.returncode == 0 and not done.stderr and not lost,
                f"{name} takes a database with rows, and loses none",
                done.stderr + lost)
        if number == 1:
            fill = run("psql", "-Xqf", town, database=old)
        else:
            fill = run("psql", "-Xqc", GROWN.get(number, "SELECT 1"),
                       database=old)
        is_true(not fill.stderr, f"schema {number} can be filled", fill.stderr)
        before = rows(old)
    is_true(len(before["trunk"]) > 5 and dump(old) == dump(EMPTY),
            "it ends at the same schema")
    done = run("psql", "-XAtqc", "UPDATE e911.trunk SET port = 5099;"
               " SELECT e911.change_undo(max(change)) > 0"
               " FROM e911.change_summary;"
               " SELECT count(*) > 5 FROM e911.trunk WHERE port <> 5099",
               database=old)
    is_true(done.stdout == "t\nt\n", "what came from old schemas can be"
            " changed and undone", done.stdout + done.stderr)
    done = run("psql", "-XAtqc", "SELECT string_agg(DISTINCT concat_ws(' ',"
               " means, psap_id IS NOT NULL, distance_m, waiting), ', ')"
               " FROM e911.location_resolution", database=old)
    is_true(done.stdout == "boundary t t, default f t, f t, nearest t 7 t\n",
            "a PSAP that was found stands until it is looked for anew",
            done.stdout + done.stderr)
    run("dropdb", old)


def a_dump_comes_back():
    """Backup and restore, with rows in it; triggers must not log twice."""
    saved = run("pg_dump", "--schema=e911", database=EMPTY).stdout
    again = EMPTY + "2"
    run("createdb", "-T", "template0", "--encoding=UTF8", again)
    # What is not in the schema: sql/README.md, "Load".
    run("psql", "-Xqc", "CREATE EXTENSION postgis", database=again)
    done = subprocess.run(
        ["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", again], input=saved,
        capture_output=True, text=True, check=False)
    is_true(done.returncode == 0, "a dump with rows can be restored",
            done.stderr)
    count = "SELECT count(*) FROM e911.change_log"
    is_true(run("psql", "-XAtc", count, database=again).stdout ==
            run("psql", "-XAtc", count, database=EMPTY).stdout,
            "restoring logs no changes")
    run("dropdb", again)


def only_utf8():
    latin = EMPTY + "_latin1"
    run("createdb", "-T", "template0", "--encoding=LATIN1", "--locale=C",
        latin)
    done = run("psql", "-Xqf", os.path.join(SQL, "schema.sql"), database=latin)
    is_true(done.returncode != 0 and "needs UTF8" in done.stderr,
            "a database of another encoding is refused", done.stderr)
    run("dropdb", latin)


def main():
    try:
        each_file_is_in_form()
        nothing_has_changed_since()
        both_ways_lead_to_the_same()
        old_rows_are_kept()
        a_dump_comes_back()
        only_utf8()
    finally:
        run("dropdb", "--if-exists", EMPTY)


if __name__ == "__main__":
    main()
