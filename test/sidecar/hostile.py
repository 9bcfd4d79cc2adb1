# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows of a database whose constraints are gone: a restored dump, a superuser.

What the types of columns still forbid nobody can write; everything else is
tried, row by row.  The triggers that note changes stay: without them there
would be nothing to publish.
"""
import psycopg2

from harness.wait import TimedOut, wait_until

TABLES = ["organization", "trunk", "trunk_contact", "trunk_callback",
          "trunk_source", "trunk_organization", "trunk_credential",
          "building", "location", "elin", "endpoint", "site_number",
          "network_range", "psap", "psap_route", "gateway", "access_point",
          "network_switch", "switch_port", "location_client", "screen",
          "recipient", "notice_template", "notice_hours"]

LARGE = 9223372036854775807
JUNK = {
    "text": [None, "", " ", "x" * 300, "\u00e9" * 20000, "a\nb", "\u202eb",
             "a\x01b", "\x7f", "'; DROP TABLE e911.endpoint; --", "%s%n%1000d",
             "+", "+1", "911", "+" + "9" * 30, "+12065550100", "-1", "1/2",
             "{}", "null", "sip:a@b", "::1", "udp 5060 192.0.2.1", "\\",
             "<x>&\"", "\U0001f600" * 70, "\ufffe"],
    "bigint": [None, 0, -1, 1, 2, 3, LARGE, -LARGE - 1, 2147483648],
    "integer": [None, 0, -1, 1, 65536, 2147483647, -2147483648],
    "smallint": [None, 0, -1, 32767],
    "boolean": [None, True, False],
    "uuid": [None, "00000000-0000-0000-0000-000000000000",
             "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "inet": [None, "0.0.0.0/0", "::/0", "255.255.255.255", "::ffff:10.0.0.1",
             "fe80::1/10", "10.1.2.3/8"],
    "cidr": [None, "0.0.0.0/0", "::/0", "10.0.0.0/8", "::ffff:0:0/96"],
    "macaddr": [None, "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"],
    "numeric": [None, 0, -180, "NaN", 12],
    "text[]": [None, [], ["shoe"], [None], ["mac"] * 9, ["address", "digest"]],
}


def let_anything_in(postgres):
    """No check, no key, no NOT NULL, no domain; change_note stays."""
    for row in postgres.query(
            "SELECT contypid::regtype::text AS domain, conname"
            "  FROM pg_constraint WHERE contypid <> 0"
            "   AND connamespace = 'e911'::regnamespace"):
        postgres.execute(f"ALTER DOMAIN {row['domain']}"
                         f" DROP CONSTRAINT {row['conname']}")
    # Foreign keys first: they need the others.
    for row in postgres.query(
            "SELECT conrelid::regclass::text AS name, conname"
            "  FROM pg_constraint WHERE conrelid <> 0"
            "   AND connamespace = 'e911'::regnamespace"
            "   AND conrelid = ANY (%s::regclass[])"
            " ORDER BY contype <> 'f'", [f"e911.{t}" for t in TABLES]):
        postgres.execute(f"ALTER TABLE {row['name']}"
                         f" DROP CONSTRAINT IF EXISTS {row['conname']}"
                         " CASCADE")
    for row in postgres.query(
            "SELECT indexrelid::regclass::text AS name FROM pg_index"
            " WHERE indisunique AND indrelid = ANY (%s::regclass[])",
            [f"e911.{t}" for t in TABLES]):
        postgres.execute(f"DROP INDEX {row['name']}")
    for row in postgres.query(
            "SELECT attrelid::regclass::text AS name, attname"
            "  FROM pg_attribute WHERE attnotnull AND attnum > 0"
            "   AND attidentity = ''"
            "   AND attrelid = ANY (%s::regclass[])",
            [f"e911.{t}" for t in TABLES]):
        postgres.execute(f"ALTER TABLE {row['name']}"
                         f" ALTER {row['attname']} DROP NOT NULL")
    for row in postgres.query(
            "SELECT tgrelid::regclass::text AS name, tgname FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgname NOT LIKE 'change_note%%'"
            "   AND tgrelid = ANY (%s::regclass[])",
            [f"e911.{t}" for t in TABLES]):
        postgres.execute(f"ALTER TABLE {row['name']}"
                         f" DISABLE TRIGGER {row['tgname']}")


def columns(postgres):
    """(table, column, base type) of all that can be written."""
    return [(row["name"], row["attname"], row["type"])
            for row in postgres.query(
                "SELECT c.relname AS name, a.attname,"
                " format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype"
                "             ELSE t.oid END, NULL) AS type"
                "  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
                "  JOIN pg_type t ON t.oid = a.atttypid"
                " WHERE a.attnum > 0 AND NOT a.attisdropped"
                "   AND a.attgenerated = '' AND a.attidentity = ''"
                "   AND c.oid = ANY (%s::regclass[]) ORDER BY 1, 2",
                [f"e911.{t}" for t in TABLES])]


def one_of(postgres, table, chance):
    """The place of some row; None without any."""
    rows = postgres.query(f"SELECT ctid::text AS place FROM e911.{table}"
                          " ORDER BY ctid")
    return chance.choice(rows)["place"] if rows else None


def mutate(postgres, chance, known):
    """Change, copy or delete a row: what was done; None: SQL refused it."""
    table, column, kind = chance.choice(known)
    place = one_of(postgres, table, chance)
    if place is None:
        return None
    where = f" WHERE ctid = '{place}'"
    dice = chance.random()
    try:
        if dice < 0.03:
            postgres.execute(f"DELETE FROM e911.{table}{where}")
            return f"delete of {table}"
        if dice < 0.08:
            names = ", ".join(c for t, c, _ in known if t == table)
            postgres.execute(f"INSERT INTO e911.{table} ({names})"
                             f" SELECT {names} FROM e911.{table}{where}")
            return f"copy of {table}"
        value = chance.choice(JUNK.get(kind, [None]))
        postgres.execute(f"UPDATE e911.{table} SET {column} = %s{where}",
                         value)
        return f"{table}.{column} = {str(value)[:40]!r}"
    except psycopg2.Error:
        return None


def published(e911d):
    """The cursor that stands in the directory: transaction, number."""
    status, lines = e911d.dump()
    if status != 0:
        raise AssertionError("\n".join(lines[-5:]))
    for line in lines:
        if line.startswith("meta "):
            fields = dict(part.split("=", 1) for part in line.split()
                          if "=" in part)
            return int(fields["txid"]), int(fields["change_id"])
    raise AssertionError("no meta record")


def wait_followed(e911d, postgres, timeout=30):
    """All changes are behind it, whatever became of them."""
    last = postgres.query(
        "SELECT txid::text AS txid, change_id FROM e911.change_log"
        " ORDER BY change_log.txid DESC, change_id DESC LIMIT 1")
    if not last:
        return
    wanted = int(last[0]["txid"]), last[0]["change_id"]
    wait_until(lambda: published(e911d) >= wanted,
               "the publisher has gone on", timeout, [e911d.process])


__all__ = ["TimedOut", "columns", "let_anything_in", "mutate", "published",
           "wait_followed"]
