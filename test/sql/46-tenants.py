# SPDX-License-Identifier: GPL-2.0-or-later
"""An administrator of one organisation meets nothing of another.

The matrix is made of pg_catalog: all tables, views and functions of the
schema.  What is new and has no rule here fails.
"""
import io
import os
import re
import subprocess

import psycopg2

SQL = os.path.realpath(os.environ["E911_SQL"])
# Names of this run's accounts: roles belong to the cluster.
MINE, OTHER, BOTH, NOBODY = (f"tenant_{os.getpid()}_{word}" for word in
                             ("mine", "other", "both", "nobody"))
CANARY = "kanarienvogel"
ATTEMPTS = 0


def is_true(passed, sentence, detail=""):
    print(("ok - " if passed else "not ok - ") + sentence)
    if not passed:
        print("#   " + str(detail).replace("\n", "\n#   "))


def run(cursor, statement, arguments=None):
    """(rows or None, error or None); nothing stays."""
    global ATTEMPTS
    ATTEMPTS += 1
    cursor.execute("SAVEPOINT attempt")
    rows = error = None
    try:
        cursor.execute(statement, arguments)
        rows = cursor.fetchall() if cursor.description else cursor.rowcount
    except psycopg2.Error as failure:
        error = failure
    cursor.execute("ROLLBACK TO SAVEPOINT attempt")
    return rows, error


def become(cursor, role):
    cursor.execute("RESET ROLE; RESET SESSION AUTHORIZATION")
    if role:
        cursor.execute(f"SET SESSION AUTHORIZATION {role}")


def ask(cursor, statement, arguments=None):
    cursor.execute(statement, arguments)
    return cursor.fetchall()


# What is whose: an expression that is true for a row of organisation %(org)s.
# A relation with organization_id needs no rule.
RULES = {
    "location_resolution": "location_id IN (SELECT location_id FROM"
                           " e911.location WHERE organization_id = %(org)s)",
    "elin": "location_id IN (SELECT location_id FROM e911.location"
            " WHERE organization_id = %(org)s)",
    "psap": "psap_id IN (SELECT psap_id FROM e911.location"
            " WHERE organization_id = %(org)s)",
    "call_event": "call_id IN (SELECT call_id FROM e911.call"
                  " WHERE organization_id = %(org)s)",
    "acknowledgement": "call_id IN (SELECT call_id FROM e911.call"
                       " WHERE organization_id = %(org)s)",
    "organization_admin": f"role_name = '{MINE}'",
    "change": "change IN (SELECT change FROM e911.change_statement"
              " WHERE %(org)s = ANY (organizations))",
    "change_statement": "%(org)s = ANY (organizations)",
    "change_row": "statement IN (SELECT statement FROM e911.change_statement"
                  " WHERE organizations IS NOT NULL) AND"
                  " coalesce(new_row, old_row) ->> 'organization_id'"
                  " = %(org)s::text",
}
# One row is for several organisations.
SHARED = {"change"}
# Columns that are NULL for administrators.
UNTOLD = {"call_report": {"routes", "brought_location"}}
# What an administrator may call.
CALLABLE = {"is_postal_code", "is_point", "is_event_list", "is_service_number",
            "named_part",
            "location_address", "change_what", "screen_token_new", "event_problem", "call_routes",
            "call_brought", "notice_variables",
            "is_notice_template", "is_time_zone", "is_span_list"}

TOWN = """
INSERT INTO e911.building (organization_id, name, street, city, state, info)
SELECT organization_id, %(mark)s || ' building', %(mark)s, 'Ashgrove', 'WA',
       %(mark)s FROM e911.organization WHERE organization_id = %(org)s;
INSERT INTO e911.location (organization_id, building_id, name, info, status)
SELECT organization_id, building_id, %(mark)s || ' floor', %(mark)s, 'draft'
  FROM e911.building WHERE organization_id = %(org)s;
INSERT INTO e911.endpoint (organization_id, location_id, name, device_user_id,
       mac, ip, number, extension, callback_number, kind, email,
       identification_address)
SELECT organization_id, location_id, %(mark)s, %(mark)s, '00:00:5e:00:53:aa',
       '10.77.0.1', '+12065550177', '7777', '+12065550178', k,
       %(mark)s || '@example.com', %(mark)s
  FROM e911.location, unnest(ARRAY['station']) AS k
 WHERE organization_id = %(org)s AND status = 'draft';
INSERT INTO e911.endpoint (organization_id, name, device_user_id)
VALUES (%(org)s, %(mark)s, %(mark)s || '2');
INSERT INTO e911.personal_location (organization_id, endpoint_id, location_id)
SELECT organization_id, endpoint_id, location_id FROM e911.endpoint
 WHERE organization_id = %(org)s AND device_user_id = %(mark)s;
INSERT INTO e911.site_number (organization_id, number, location_id)
SELECT organization_id, '7700', location_id FROM e911.location
 WHERE organization_id = %(org)s AND status = 'draft';
INSERT INTO e911.network_range (organization_id, range, location_id)
SELECT organization_id, '10.77.0.0/16', location_id FROM e911.location
 WHERE organization_id = %(org)s AND status = 'draft';
INSERT INTO e911.network_range (organization_id, range, location_id)
SELECT organization_id, '10.77.1.0/24', location_id FROM e911.location
 WHERE organization_id = %(org)s AND status = 'draft';
INSERT INTO e911.access_point (organization_id, bssid, location_id, description)
SELECT organization_id, '00:00:5e:00:53:ab', location_id, %(mark)s
  FROM e911.location WHERE organization_id = %(org)s AND status = 'draft';
INSERT INTO e911.network_switch (organization_id, chassis_id, description)
VALUES (%(org)s, %(mark)s, %(mark)s);
INSERT INTO e911.switch_port (organization_id, network_switch_id, port,
                              location_id, description)
SELECT organization_id, network_switch_id, %(mark)s, l.location_id, %(mark)s
  FROM e911.network_switch JOIN e911.location l USING (organization_id)
 WHERE organization_id = %(org)s AND status = 'draft';
INSERT INTO e911.recipient (organization_id, name, channel, address)
VALUES (%(org)s, %(mark)s, 'email', %(mark)s || '@example.com');
INSERT INTO e911.screen (organization_id, name) VALUES (%(org)s, %(mark)s);
INSERT INTO e911.notice_template (organization_id, name, text)
VALUES (%(org)s, %(mark)s, %(mark)s);
INSERT INTO e911.notice_hours (organization_id, name, spans)
VALUES (%(org)s, %(mark)s, '{Mo 08:00-18:00}');
INSERT INTO e911.recipient (organization_id, name, channel, address,
                            notice_template_id, notice_hours_id)
SELECT %(org)s, %(mark)s || '2', 'email', %(mark)s || '2@example.com',
       notice_template_id, notice_hours_id
  FROM e911.notice_template JOIN e911.notice_hours USING (organization_id)
 WHERE organization_id = %(org)s;
INSERT INTO e911.recipient (organization_id, name, channel, address)
SELECT NULL, %(mark)s, 'screen', %(mark)s
 WHERE NOT EXISTS (SELECT FROM e911.recipient WHERE organization_id IS NULL);
INSERT INTO e911.call (call_id, organization_id, caller_number, service,
                       started_at, location_id, psap_id, legs_invited)
SELECT gen_random_uuid(), %(org)s, %(mark)s, 'emergency', now(), location_id,
       (SELECT min(psap_id) FROM e911.psap), 1
  FROM e911.location WHERE organization_id = %(org)s AND status = 'draft';
INSERT INTO e911.call (call_id, organization_id, caller_number, service,
                       started_at, answered_at, endpoint_id)
SELECT gen_random_uuid(), %(org)s, %(mark)s, 'test', now(), now(), endpoint_id
  FROM e911.endpoint WHERE organization_id = %(org)s AND name = %(mark)s
 LIMIT 1;
INSERT INTO e911.call_event (event_id, call_id, at, kind, detail)
SELECT gen_random_uuid(), call_id, started_at, kind,
       jsonb_build_object('mark', %(mark)s, 'route_trunk_id', 1)
  FROM e911.call, unnest(ARRAY['call.started', 'leg.invited', 'leg.refused'])
       AS kind
 WHERE organization_id = %(org)s;
INSERT INTO e911.notification (notification_id, event_id, call_id, event,
       organization_id, channel, target, happened_at, queued_at, state,
       first_attempt_at, done_at, revision)
SELECT gen_random_uuid(), gen_random_uuid(), call_id, 'emergency_call',
       organization_id, 'email', %(mark)s, now(), now(), 'delivered', now(),
       now(), 1
  FROM e911.call WHERE organization_id = %(org)s;
INSERT INTO e911.acknowledgement (acknowledgement_id, call_id, at, who,
       channel)
SELECT gen_random_uuid(), call_id, now(), %(mark)s, 'screen'
  FROM e911.call WHERE organization_id = %(org)s;
UPDATE e911.organization SET notification_text = %(mark)s,
       held_secret_sha256 = repeat('0', 64) WHERE organization_id = %(org)s;
"""


def prepare(cursor):
    subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f",
                    os.path.join(SQL, "demo.sql")], check=True)
    for role in (MINE, OTHER, BOTH, NOBODY):
        cursor.execute(f"CREATE ROLE {role} LOGIN;"
                       f" GRANT e911_admin TO {role}")
    mine, other = (ask(cursor, "SELECT organization_id FROM e911.organization"
                       " WHERE name = %s", (name,))[0][0]
                   for name in ("Larkspur Insurance", "Juniper Outfitters"))
    cursor.execute("INSERT INTO e911.organization_admin VALUES"
                   " (%s, %s), (%s, %s), (%s, %s), (%s, %s)",
                   (MINE, mine, OTHER, other, BOTH, mine, BOTH, other))
    cursor.execute(TOWN, {"org": mine, "mark": "sparrow"})
    cursor.execute(TOWN, {"org": other, "mark": CANARY})
    cursor.execute("UPDATE e911.organization SET name = %s"
                   " WHERE organization_id = %s", (CANARY + " Inc.", other))
    cursor.execute("UPDATE e911.psap SET name = %s WHERE psap_id IN (SELECT"
                   " psap_id FROM e911.location WHERE organization_id = %s)",
                   (CANARY + " PSAP", other))
    # Points, so that there are PSAPs to be found.
    cursor.execute("UPDATE e911.location SET longitude = -122, latitude = 47")
    cursor.execute("ANALYZE")
    return mine, other


def relations(cursor):
    """Tables and views: name, kind, has organization_id."""
    return ask(cursor, """
        SELECT c.relname, c.relkind, EXISTS (
               SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
                  AND a.attname = 'organization_id' AND NOT a.attisdropped)
          FROM pg_class c WHERE c.relnamespace = 'e911'::regnamespace
           AND c.relkind IN ('r', 'v', 'm', 'p', 'f') ORDER BY 1""")


def columns(cursor, relation, privilege):
    """Those that administrators have a privilege on."""
    return [name for name, in ask(cursor, """
        SELECT quote_ident(a.attname) FROM pg_attribute a
         WHERE a.attrelid = %s::regclass AND a.attnum > 0
           AND NOT a.attisdropped
           AND has_column_privilege('e911_admin', a.attrelid, a.attnum, %s)
         ORDER BY a.attnum""", ("e911." + relation, privilege))]


def everything_is_closed(cursor):
    rows = ask(cursor, """
        SELECT c.relname FROM pg_class c
         WHERE c.relnamespace = 'e911'::regnamespace AND c.relkind IN ('r', 'p')
           AND NOT (c.relrowsecurity AND c.relforcerowsecurity)""")
    is_true(not rows, "every table has row level security, FORCE", rows)
    rows = ask(cursor, """
        SELECT c.relname, p.polname, pg_get_userbyid(r.role)
          FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
         CROSS JOIN unnest(p.polroles) AS r (role)
         WHERE c.relnamespace = 'e911'::regnamespace
           AND (r.role = 0 OR p.polname <> 'tenant'
                AND r.role = 'e911_admin'::regrole)""")
    is_true(not rows, "no policy is for everybody", rows)
    rows = ask(cursor, """
        SELECT c.relname FROM pg_class c
         WHERE c.relnamespace = 'e911'::regnamespace AND c.relkind = 'v'
           AND has_any_column_privilege('e911_admin', c.oid, 'SELECT')
           AND NOT coalesce(c.reloptions::text LIKE
                            '%%security_invoker=true%%', false)""")
    is_true(not rows, "views of administrators ask with their rights", rows)
    rows = ask(cursor, """
        SELECT p.oid::regprocedure::text FROM pg_proc p
         WHERE p.pronamespace = 'e911'::regnamespace
           AND has_function_privilege('e911_admin', p.oid, 'EXECUTE')
           AND (p.prosecdef OR p.proname <> ALL (%s))""", (list(CALLABLE),))
    is_true(not rows, "no function serves administrators but those of checks"
            " and addresses, none with other rights", rows)
    rows = ask(cursor, """
        SELECT rolname FROM pg_roles WHERE rolname = 'e911_admin'
           AND (rolcanlogin OR rolsuper OR rolcreatedb OR rolcreaterole
                OR rolreplication OR rolbypassrls
                OR EXISTS (SELECT FROM pg_auth_members m
                            WHERE m.member = pg_roles.oid))""")
    is_true(not rows, "e911_admin has no power of its own", rows)
    rows = ask(cursor, """
        SELECT c.relname FROM pg_class c
         WHERE c.relnamespace = 'e911'::regnamespace
           AND (c.relkind = 'S' AND has_sequence_privilege('e911_admin', c.oid,
                                        'USAGE, SELECT, UPDATE')
                OR c.relkind = 'r' AND has_table_privilege('e911_admin', c.oid,
                                        'TRUNCATE, REFERENCES, TRIGGER'))""")
    is_true(not rows, "administrators neither truncate nor count", rows)


def reading(cursor, mine, other):
    """Each relation, by SELECT and COPY: own rows and all of them, or none."""
    seen = 0
    for relation, _, has_organization in relations(cursor):
        may = columns(cursor, relation, "SELECT")
        become(cursor, MINE)
        rows, error = run(cursor, f"SELECT * FROM e911.{relation}")
        become(cursor, None)
        if not may:
            is_true(error is not None and error.pgcode == "42501",
                    f"{relation} is not read", rows)
            continue
        rule = RULES.get(relation) or (
            "organization_id = %(org)s" if has_organization else None)
        if rule is None:
            is_true(False, f"there is a rule whose {relation} is", "add one")
            continue
        untold = UNTOLD.get(relation, set())
        become(cursor, MINE)
        for column in untold:
            told, _ = run(cursor, f"SELECT count(*), count({column})"
                          f" FROM e911.{relation}")
            is_true(told[0][0] > 0 and told[0][1] == 0,
                    f"{relation}.{column} is not told", told)
        become(cursor, None)
        listed = ", ".join(column for column in may if column not in untold)
        all_mine = ask(cursor, f"SELECT {listed} FROM e911.{relation}"
                       f" WHERE {rule}", {"org": mine})
        become(cursor, MINE)
        rows, error = run(cursor, f"SELECT {listed} FROM e911.{relation}")
        found, copied = None, io.StringIO()
        if error is None:
            found = sorted(map(repr, rows))
        cursor.copy_expert(f"COPY (SELECT {listed} FROM e911.{relation})"
                           " TO STDOUT", copied)
        become(cursor, NOBODY)
        none, _ = run(cursor, f"SELECT {listed} FROM e911.{relation}")
        become(cursor, BOTH)
        both, _ = run(cursor, f"SELECT {listed} FROM e911.{relation}")
        become(cursor, None)
        good = (found == sorted(map(repr, all_mine)) and len(all_mine) > 0
                and CANARY not in repr(rows) + copied.getvalue()
                and len(copied.getvalue().splitlines()) == len(rows)
                and (len(both) > len(rows) or relation in SHARED)
                and none == [])
        seen += 1
        is_true(good, f"of {relation} an administrator reads their own rows,"
                " all of them", (rows, none, error))
    is_true(seen >= 18, "administrators read what they need", seen)


def writing(cursor, mine, other):
    """Each table and view, by each command that touches rows."""
    written = 0
    for relation, kind, has_organization in relations(cursor):
        may = {p: columns(cursor, relation, p) for p in
               ("SELECT", "INSERT", "UPDATE")}
        cursor.execute("SELECT has_table_privilege('e911_admin', %s, 'DELETE')",
                       ("e911." + relation,))
        may_delete = cursor.fetchone()[0]
        # Some views can be written by nobody.
        refused = (("42501", "55000", "428C9") if kind == "v"
                   else ("42501",))
        become(cursor, MINE)
        if not may["INSERT"]:
            _, error = run(cursor,
                           f"INSERT INTO e911.{relation} DEFAULT VALUES")
            is_true(error is not None and error.pgcode in refused,
                    f"nothing is put into {relation}", error)
        if not may["UPDATE"]:
            column = ask(cursor, "SELECT quote_ident(attname) FROM"
                         " pg_attribute WHERE attrelid = %s::regclass"
                         " AND attnum = 1", ("e911." + relation,))[0][0]
            _, error = run(cursor, f"UPDATE e911.{relation}"
                           f" SET {column} = DEFAULT")
            is_true(error is not None and error.pgcode in refused,
                    f"nothing in {relation} is changed", error)
        if not may_delete:
            _, error = run(cursor, f"DELETE FROM e911.{relation}")
            is_true(error is not None and error.pgcode in refused,
                    f"nothing leaves {relation}", error)
        _, error = run(cursor, f"TRUNCATE e911.{relation}")
        is_true(error is not None and error.pgcode in ("42501", "42809"),
                f"{relation} is not emptied", error)
        become(cursor, None)
        if not may["INSERT"]:
            continue
        written += 1
        assert has_organization, relation
        faults = table_is_tight(cursor, relation, may, mine, other)
        is_true(not faults, f"{relation} is written for one's own only",
                "\n".join(faults))
    is_true(written >= 12, "administrators write what is theirs", written)


def table_is_tight(cursor, relation, may, mine, other):
    faults = []

    def check(passed, what, *detail):
        if not passed:
            faults.append(f"{what}: {detail}")

    name = "e911." + relation
    for column in ("organization_id", f"{relation}_id", "psap_id", "in_use",
                   "location_in_use"):
        if (relation, column) != ("device_user", "device_user_id"):
            check(column not in may["UPDATE"], f"{column} can be updated")
            check(column not in may["INSERT"] or column == "organization_id",
                  f"{column} can be chosen")
    listed = ", ".join(may["INSERT"])
    theirs = ask(cursor, f"SELECT count(*) FROM {name}"
                 " WHERE organization_id = %s", (other,))[0][0]
    own = ask(cursor, f"SELECT count(*) FROM {name}"
              " WHERE organization_id = %s", (mine,))[0][0]
    check(theirs > 0 and own > 0, "no rows to try it with", theirs, own)
    values = ask(cursor, f"SELECT {listed} FROM {name}"
                 " WHERE organization_id = %s LIMIT 1", (other,))[0]
    marks = ", ".join(["%s"] * len(values))
    update = ", ".join(f"{c} = {c}" for c in may["UPDATE"])
    become(cursor, MINE)

    # A row of theirs, as it is: neither put in, nor met, nor told of.
    for tail in ("", " ON CONFLICT DO NOTHING", " RETURNING *"):
        rows, error = run(cursor, f"INSERT INTO {name} ({listed})"
                          f" VALUES ({marks}){tail}", values)
        check(error is not None and error.pgcode == "42501"
              and CANARY not in str(error), "a row for another", rows, error)
    rows, error = run(cursor, f"INSERT INTO {name} ({listed}) SELECT {listed}"
                      f" FROM {name} WHERE organization_id = {other}")
    check(error is None and rows == 0, "rows of another's", rows, error)
    out = io.StringIO("")
    cursor.execute("SAVEPOINT copying")
    try:
        cursor.copy_expert(f"COPY {name} ({listed}) FROM STDIN", out)
        check(False, "COPY came in")
    except psycopg2.Error as error:
        check(error.pgcode in ("0A000", "42809"), "COPY", error)
    cursor.execute("ROLLBACK TO SAVEPOINT copying")

    # Changing and removing: own rows at most, theirs never.
    rows, error = run(cursor, f"UPDATE {name} SET {update} RETURNING 1")
    check(error is None and len(rows) == own, "UPDATE", rows, error)
    for where in (f"organization_id = {other}", f"organization_id <> {mine}"):
        rows, error = run(cursor, f"UPDATE {name} SET {update} WHERE {where}"
                          " RETURNING *")
        check(error is None and rows == [], "UPDATE of theirs", rows, error)
        rows, error = run(cursor, f"DELETE FROM {name} WHERE {where}"
                          " RETURNING *")
        check(error is None and rows == [], "DELETE of theirs", rows, error)
        rows, error = run(cursor, f"SELECT * FROM {name} WHERE {where}"
                          " FOR UPDATE")
        check(CANARY not in repr(rows) and not rows, "FOR UPDATE", rows, error)
    rows, error = run(cursor, f"DELETE FROM {name} RETURNING 1")
    check((error is None and len(rows) == own)
          or error is not None and error.pgcode == "23503"
          and CANARY not in str(error), "DELETE", rows, error)
    rows, error = run(cursor,
                      f"UPDATE {name} SET organization_id = {other}")
    check(error is not None and error.pgcode == "42501", "giving away", rows)
    rows, error = run(cursor, f"""
        MERGE INTO {name} AS t USING (VALUES ({other})) AS s (o)
           ON t.organization_id = s.o
         WHEN MATCHED THEN DELETE""")
    check(error is not None if relation in ("device_user", "station")
          else error is None and rows == 0, "MERGE", rows, error)
    become(cursor, None)
    after = ask(cursor, f"SELECT count(*) FROM {name}"
                " WHERE organization_id = %s", (other,))[0][0]
    check(after == theirs, "theirs became fewer", after, theirs)
    return faults


def probing(cursor, mine, other):
    """What an error tells of what is another's is what it tells of nothing."""
    theirs = dict(zip(("location", "building", "endpoint", "network_switch"), (
        ask(cursor, f"SELECT max({t}_id) FROM e911.{t}"
            " WHERE organization_id = %s", (other,))[0][0]
        for t in ("location", "building", "endpoint", "network_switch"))))
    probes = [
        ("location", "INSERT INTO e911.endpoint (organization_id, location_id,"
         " name, extension) VALUES ({mine}, {id}, 'x', '99')"),
        ("location", "INSERT INTO e911.site_number (organization_id, number,"
         " location_id) VALUES ({mine}, '99', {id})"),
        ("location", "INSERT INTO e911.network_range VALUES ({mine},"
         " '10.99.0.0/16', {id})"),
        ("location", "INSERT INTO e911.access_point (organization_id, bssid,"
         " location_id) VALUES ({mine}, '00:00:5e:00:53:01', {id})"),
        ("location", "UPDATE e911.endpoint SET location_id = {id}"),
        ("building", "INSERT INTO e911.location (organization_id, building_id,"
         " name) VALUES ({mine}, {id}, 'x')"),
        ("building", "UPDATE e911.location SET building_id = {id}"
         " WHERE status = 'draft'"),
        ("endpoint", "INSERT INTO e911.personal_location (organization_id,"
         " endpoint_id, location_id) SELECT {mine}, {id}, location_id FROM"
         " e911.location LIMIT 1"),
        ("network_switch", "INSERT INTO e911.switch_port (organization_id,"
         " network_switch_id, port, location_id) SELECT {mine}, {id}, 'x',"
         " location_id FROM e911.location LIMIT 1"),
    ]
    become(cursor, MINE)
    for entity, probe in probes:
        said = []
        for number in (theirs[entity], 987654321):
            _, error = run(cursor, probe.format(mine=mine, id=number))
            said.append((error and error.pgcode, re.sub(
                rf"\b{number}\b", "N", str(error))))
        is_true(said[0] == said[1] and said[0][0] == "23503"
                and CANARY not in str(said),
                f"{entity}: another's is as if it were not: {probe[:48]}...",
                said)
    # Identities of theirs are free here.
    for column, value in (("device_user_id", CANARY),
                          ("mac", "00:00:5e:00:53:ac"), ("ip", "10.77.0.2"),
                          ("identification_address", CANARY)):
        _, error = run(cursor, f"INSERT INTO e911.endpoint (organization_id,"
                       f" name, extension, {column})"
                       " VALUES (%s, 'x', '98', %s)", (mine, value))
        is_true(error is None, f"{column} of another's endpoint is free here",
                error)
    # Their own duplicates are told without values that might be others'.
    _, error = run(cursor, "INSERT INTO e911.endpoint (organization_id, name,"
                   " extension) VALUES (%s, 'x', '7777')", (mine,))
    is_true(error is not None and error.pgcode == "23505",
            "one's own duplicate is refused", error)
    _, error = run(cursor, "INSERT INTO e911.site_number VALUES (%s, '7777',"
                   " (SELECT max(location_id) FROM e911.location))", (mine,))
    is_true(error is not None and error.pgcode == "23514"
            and CANARY not in str(error),
            "a person's number is no place's, without a word of others", error)
    for column in ("location_id", "organization_id"):
        _, error = run(cursor, "INSERT INTO e911.location (organization_id,"
                       " name, street, city, state, psap_id)"
                       " VALUES (%s, 'x', 'x', 'x', 'WA', 1)", (mine,))
        is_true(error is not None and error.pgcode == "42501",
                f"no administrator routes calls ({column})", error)
    _, error = run(cursor, "INSERT INTO e911.elin (elin, location_id) SELECT"
                   " '+12065550199', max(location_id) FROM e911.location")
    is_true(error is not None and error.pgcode == "42501",
            "no administrator takes a number for a pool", error)
    become(cursor, None)


def escaping(cursor, mine, other):
    """Ways out."""
    become(cursor, MINE)
    count = "SELECT count(*) FROM e911.endpoint"
    cursor.execute(count)
    own = cursor.fetchone()[0]
    for statement in (f"SET ROLE {OTHER}", "SET ROLE e911_operator",
                      "SET ROLE e911_sidecar",
                      "ALTER TABLE e911.endpoint DISABLE ROW LEVEL SECURITY",
                      "CREATE POLICY x ON e911.endpoint USING (true)",
                      "DROP POLICY tenant ON e911.endpoint",
                      "CREATE FUNCTION e911.f() RETURNS int LANGUAGE sql"
                      " AS 'SELECT 1'",
                      "CREATE TABLE e911.t (x int)",
                      "SELECT e911.tenants_divide()",
                      "SELECT e911.change_undo(1)",
                      "SELECT e911.directory_rebuild()",
                      "SELECT pg_read_file('/etc/passwd')",
                      "COPY e911.endpoint TO PROGRAM 'cat'",
                      "COPY e911.endpoint TO '/tmp/x'",
                      "ALTER ROLE CURRENT_USER BYPASSRLS",
                      "CREATE ROLE x IN ROLE e911_operator"):
        _, error = run(cursor, statement)
        is_true(error is not None and error.pgcode == "42501",
                f"refused: {statement}", error)
    cursor.execute("SAVEPOINT granting")
    cursor.execute("GRANT ALL ON e911.endpoint, e911.location TO PUBLIC")
    rows = ask(cursor, "SELECT has_any_column_privilege('public',"
               " 'e911.endpoint', 'SELECT, INSERT, UPDATE, REFERENCES')")
    is_true(rows == [(False,)], "nobody passes on what they may", rows)
    cursor.execute("ROLLBACK TO SAVEPOINT granting")
    _, error = run(cursor, "INSERT INTO e911.organization_admin"
                   " VALUES (%s, %s)", (MINE, other))
    is_true(error is not None and error.pgcode == "42501",
            "nobody makes themselves an administrator", error)
    cursor.execute("SAVEPOINT settings")
    cursor.execute("SET row_security = off")
    rows, error = run(cursor, count)
    is_true(error is not None and error.pgcode == "42501",
            "row_security = off shows nothing", rows)
    cursor.execute("ROLLBACK TO SAVEPOINT settings")
    for setting in ("e911.organization_id", "e911.role", "my.current_user"):
        cursor.execute("SELECT set_config(%s, %s, true)", (setting, OTHER))
    cursor.execute(count)
    is_true(cursor.fetchone()[0] == own, "no setting chooses the organisation")
    cursor.execute("SAVEPOINT settings")
    cursor.execute("SET ROLE e911_admin")
    cursor.execute(count)
    is_true(cursor.fetchone()[0] == 0,
            "the group's role is nobody's administrator")
    cursor.execute("ROLLBACK TO SAVEPOINT settings")

    # A function in the WHERE clause meets own rows only.
    cursor.execute("SAVEPOINT leak")
    cursor.execute("""
        CREATE FUNCTION pg_temp.leak(t text) RETURNS boolean LANGUAGE plpgsql
            COST 0.0000001 AS $$ BEGIN RAISE NOTICE '%', t; RETURN true; END $$
        """)
    for relation, column in (("endpoint", "name"), ("location", "name"),
                             ("organization", "name"), ("psap", "name"),
                             ("location_dispatchable", "address"),
                             ("recipient", "address"), ("call",
                                                        "caller_number")):
        del cursor.connection.notices[:]
        cursor.execute(f"SELECT count(*) FROM e911.{relation}"
                       f" WHERE pg_temp.leak({column}::text)")
        told = "".join(cursor.connection.notices)
        is_true(told and CANARY not in told,
                f"a leaky function meets own rows of {relation} only", told)
    cursor.execute("ROLLBACK TO SAVEPOINT leak")
    for statement in ("SELECT most_common_vals::text, histogram_bounds::text"
                      " FROM pg_stats WHERE schemaname = 'e911'",
                      "SELECT last_value::text FROM pg_sequences"
                      " WHERE schemaname = 'e911' AND last_value IS NOT NULL",
                      "SELECT query FROM pg_stat_activity WHERE query LIKE"
                      " '%kanarien%' AND usename <> current_user"):
        rows, error = run(cursor, statement)
        is_true(error is None and not rows,
                f"nothing is told by {statement[:56]}...", rows)
    become(cursor, None)


def others_are_as_before(cursor):
    for role, readable in (("e911_operator", True), ("e911_reader", True),
                           ("e911_sidecar", True)):
        want = ask(cursor, "SELECT count(*) FROM e911.endpoint")[0][0]
        cursor.execute(f"SET ROLE {role}")
        got = ask(cursor, "SELECT count(*) FROM e911.endpoint")[0][0]
        cursor.execute("RESET ROLE")
        is_true(readable and got == want and got > 4,
                f"{role} reads every organisation's rows", (got, want))


def history(cursor, mine, other):
    """Who changed what of theirs: by whomever, and of nobody else's."""
    cursor.execute("SAVEPOINT history")
    cursor.execute("SET LOCAL e911.reason = %s", (CANARY,))
    cursor.execute("UPDATE e911.endpoint SET name = name || '!'"
                   " WHERE extension = '7777'")
    cursor.execute("UPDATE e911.organization SET held_secret_sha256 ="
                   " repeat('1', 64)")
    become(cursor, MINE)
    rows, error = run(cursor, "SELECT what FROM e911.own_change"
                      " WHERE entity = 'endpoint' AND action = 'changed'")
    is_true(error is None and rows == [("name: sparrow -> sparrow!",)],
            "of a change to rows of two organisations one's own is shown",
            (rows, error))
    for column in ("reason", "application", "client", "acting_as", "txid"):
        _, error = run(cursor, f"SELECT {column} FROM e911.change")
        is_true(error is not None and error.pgcode == "42501",
                f"an operator's {column} is not an administrator's", error)
    for column in ("organizations", "rows"):
        _, error = run(cursor, f"SELECT {column} FROM e911.change_statement")
        is_true(error is not None and error.pgcode == "42501",
                f"nor is whose else a change was: {column}", error)
    cursor.execute("DELETE FROM e911.endpoint WHERE device_user_id ="
                   " 'sparrow2'")
    rows, error = run(cursor, "SELECT changed_by, what FROM e911.own_change"
                      " WHERE action = 'removed' AND entity = 'endpoint'")
    is_true(error is None and len(rows) == 1 and "sparrow2" in rows[0][1],
            "what is removed stays in the history", (rows, error))
    become(cursor, None)
    # Someone who was one's own, and is another's now.
    cursor.execute("INSERT INTO e911.endpoint (organization_id, name,"
                   " extension) VALUES (%s, 'turncoat', '8888')", (mine,))
    cursor.execute("UPDATE e911.endpoint SET organization_id = %s"
                   " WHERE extension = '8888'", (other,))
    for role in (MINE, OTHER):
        become(cursor, role)
        rows, error = run(cursor, "SELECT action FROM e911.own_change WHERE"
                          " what LIKE '%%organization_id: %% -> %%'")
        is_true(error is None and rows == [],
                "a row that changed hands is in nobody's history", rows)
        become(cursor, None)
    written = ask(cursor, """
        SELECT array_agg(c.relname::text ORDER BY c.relname) FROM pg_class c
         WHERE c.relnamespace = 'e911'::regnamespace AND c.relkind = 'r'
           AND has_table_privilege('e911_admin', c.oid, 'DELETE')""")[0][0]
    shown = ask(cursor, "SELECT array_agg(DISTINCT entity ORDER BY entity)"
                " FROM e911.own_change")[0][0]
    kept = ask(cursor, "SELECT array_agg(DISTINCT entity ORDER BY entity)"
               " FROM e911.change_statement"
               " WHERE organizations IS NOT NULL")[0][0]
    is_true(written == shown == kept, "the history has every table that"
            " administrators write, and no other", (written, shown, kept))
    cursor.execute("ROLLBACK TO SAVEPOINT history")


def an_owner_without_power(connection, cursor):
    """Triggers and functions run as the owner, whom FORCE binds too: the
    whole matrix again when that is no superuser."""
    owner = f"tenant_{os.getpid()}_owner"
    cursor.execute(f"CREATE ROLE {owner}")
    for relation, kind, _ in relations(cursor):
        word = "VIEW" if kind == "v" else "TABLE"
        cursor.execute(f"ALTER {word} e911.{relation} OWNER TO {owner}")
    for name, in ask(cursor, "SELECT oid::regprocedure::text FROM pg_proc"
                     " WHERE pronamespace = 'e911'::regnamespace"):
        cursor.execute(f"ALTER FUNCTION {name} OWNER TO {owner}")
    cursor.execute(f"ALTER SCHEMA e911 OWNER TO {owner}")
    cursor.execute("SELECT e911.tenants_divide()")
    mine = ask(cursor, "SELECT organization_id FROM e911.organization_admin"
               " WHERE role_name = %s", (MINE,))[0][0]
    become(cursor, MINE)
    rows, error = run(cursor, "INSERT INTO e911.endpoint (organization_id,"
                      " name, extension) VALUES (%s, 'x', '96')"
                      " RETURNING endpoint_id", (mine,))
    is_true(error is None and len(rows) == 1,
            "an administrator's row goes in when the owner is nobody", error)
    become(cursor, None)
    cursor.execute("SET ROLE e911_operator")
    cursor.execute("UPDATE e911.endpoint SET name = 'y' WHERE extension ="
                   " '7777'")
    number = cursor.rowcount
    cursor.execute("RESET ROLE")
    rows = ask(cursor, "SELECT what FROM e911.change_summary"
               " ORDER BY change DESC LIMIT 1")
    is_true(number == 2 and "endpoint: 2 changed" in rows[0][0],
            "the history is kept when the owner is nobody", (number, rows))
    rows = ask(cursor, "SELECT count(*) FROM e911.change_log"
               " WHERE txid = pg_current_xact_id() AND entity = 'endpoint'")
    is_true(rows[0][0] >= 2, "so is the change log", rows)
    everything_is_closed(cursor)
    connection.rollback()


def main():
    connection = psycopg2.connect("")
    cursor = connection.cursor()
    try:
        mine, other = prepare(cursor)
        everything_is_closed(cursor)
        reading(cursor, mine, other)
        writing(cursor, mine, other)
        probing(cursor, mine, other)
        escaping(cursor, mine, other)
        history(cursor, mine, other)
        others_are_as_before(cursor)
        an_owner_without_power(connection, cursor)
        is_true(ATTEMPTS > 300, f"{ATTEMPTS} attempts were made", ATTEMPTS)
    finally:
        connection.rollback()
        connection.close()


if __name__ == "__main__":
    main()
