# SPDX-License-Identifier: GPL-2.0-or-later
"""The publisher: PostgreSQL -> directory."""
import contextlib
import os
import random
import signal
import threading
import time

import psycopg2
import pytest

from harness.wait import wait_until

KINDS = {
    "trunk ": "SELECT count(*) FROM e911.trunk",
    "trunk_source ": "SELECT count(*) FROM e911.trunk_source",
    "trunk_organization ": "SELECT count(*) FROM e911.trunk_organization",
    "organization ": "SELECT count(*) FROM e911.organization",
    "location ": "SELECT count(*) FROM e911.location",
    "elin ": "SELECT count(*) FROM e911.elin",
    "endpoint ": "SELECT count(*) FROM e911.endpoint",
    "network_range ": "SELECT count(*) FROM e911.network_range",
    "psap ": "SELECT count(*) FROM e911.psap",
    "gateway": "SELECT count(*) FROM e911.gateway",
    "identity ": """
        SELECT (SELECT sum(num_nonnulls(device_user_id, mac, ip, number,
                                        extension)) FROM e911.endpoint)
             + (SELECT count(*) FROM e911.site_number)""",
}


def same_as_rebuild(e911d, new_e911d, name="again"):
    """The directory holds what one built from nothing holds.  Either may find
    the PSAP of a location meanwhile, and both publish it."""
    fresh = new_e911d(name).start_and_wait()
    e911d.wait_lines(lambda lines: sorted(lines) == fresh.lines(),
                     "the directory is that of a full rebuild")
    fresh.kill()


def endpoint_id(postgres, name):
    return postgres.value("SELECT endpoint_id FROM e911.endpoint"
                          " WHERE name = %s", name)


# ---- a new directory ----

def test_a_new_directory_holds_every_row(e911d, postgres):
    e911d.start_and_wait()
    for begin, query in KINDS.items():
        assert len(e911d.lines(begin)) == postgres.value(query), begin
    status, lines = e911d.dump("--check")
    assert status == 0 and lines[-1].endswith(" 0 damaged")
    assert e911d.generation() == "gen-000001"


def test_a_directory_that_is_there_is_taken_over(e911d, postgres):
    e911d.start_and_wait()
    assert e911d.stop()[0] == 0
    postgres.execute("UPDATE e911.trunk SET port = 5099 WHERE name = 'pbx'")
    e911d.start_and_wait()
    e911d.wait_lines(lambda lines: any("name='pbx'" in line and
                                       "port=5099" in line
                                       for line in lines),
                     "what changed meanwhile is there")
    assert e911d.generation() == "gen-000001"


# ---- following ----

ORG = ("(SELECT organization_id FROM e911.organization"
       " WHERE name = 'Larkspur Insurance')")
FLOOR3 = ("(SELECT location_id FROM e911.location"
          " WHERE name = 'Larkspur floor 3')")
# (what, SQL, line begins with, words in it, whether the line is there then)
STEPS = [
    ("organization insert",
     "INSERT INTO e911.organization (e911_organization_id, name)"
     " VALUES ('91100000-0000-4000-8000-0000000000aa', 'New Org')",
     "organization ", ["'New Org'"], True),
    ("organization update",
     "UPDATE e911.organization SET elin_timeout_s = 77"
     " WHERE name = 'New Org'",
     "organization ", ["'New Org'", "elin_timeout_s=77"], True),
    ("organization delete",
     "DELETE FROM e911.organization WHERE name = 'New Org'",
     "organization ", ["'New Org'"], False),
    ("trunk insert",
     "INSERT INTO e911.trunk (name, role, host)"
     " VALUES ('new', 'psap', '127.0.99.1')",
     "trunk ", ["'new'", "127.0.99.1"], True),
    ("trunk update",
     "UPDATE e911.trunk SET transport = 'tls' WHERE name = 'new'",
     "trunk ", ["'new'", "transport=tls"], True),
    ("trunk_source insert",
     "INSERT INTO e911.trunk_source SELECT '127.0.99.0/24', trunk_id"
     " FROM e911.trunk WHERE name = 'new'",
     "trunk_source ", ["prefix=127.0.99.0/24"], True),
    ("gateway prefix lengths", "SELECT 1",
     "gateway", ["source_plens=128,120"], True),
    ("trunk_source delete",
     "DELETE FROM e911.trunk_source WHERE source = '127.0.99.0/24'",
     "trunk_source ", ["127.0.99.0/24"], False),
    ("psap insert",
     "INSERT INTO e911.psap (name) VALUES ('New PSAP')",
     "psap ", ["'New PSAP'"], True),
    ("psap_route insert",
     "INSERT INTO e911.psap_route SELECT psap_id, 1, trunk_id"
     " FROM e911.psap p, e911.trunk t"
     " WHERE p.name = 'New PSAP' AND t.name = 'new'",
     "psap ", ["'New PSAP'", ":911"], True),
    ("psap whose alternate it is",
     "UPDATE e911.psap SET alternate_psap_id ="
     " (SELECT psap_id FROM e911.psap WHERE name = 'New PSAP')"
     " WHERE name = 'Ashgrove South'",
     "psap ", ["'Ashgrove North'", "(psap 5)"], True),
    ("gateway update",
     "UPDATE e911.gateway SET relay_center_psap_id = NULL",
     "gateway", ["relay_center"], False),
    ("location insert",
     "INSERT INTO e911.location (organization_id, name, street, city, state)"
     f" VALUES ({ORG}, 'Annex', 'Elm St', 'Ashgrove', 'WA')",
     "location ", ["'Annex'", "'Elm St, Ashgrove, WA'"], True),
    ("access point insert",
     "INSERT INTO e911.access_point (organization_id, bssid, location_id)"
     " SELECT organization_id, '00:00:5e:00:53:01', location_id"
     " FROM e911.location WHERE name = 'Annex'",
     "access_point ", ["'00005e005301'"], True),
    ("switch insert",
     "INSERT INTO e911.network_switch (organization_id, chassis_id,"
     " location_id) SELECT organization_id, 'sw\"1', location_id"
     " FROM e911.location WHERE name = 'Annex'",
     "network_switch ", ["'sw\"1'"], True),
    ("switch port insert",
     "INSERT INTO e911.switch_port (organization_id, network_switch_id, port,"
     " location_id) SELECT organization_id, network_switch_id, 'Gi1/0/3',"
     " location_id FROM e911.network_switch",
     "switch_port ", ["'sw\"1 Gi1/0/3'"], True),
    ("a switch with another name has its ports anew",
     "UPDATE e911.network_switch SET chassis_id = 'closet'",
     "switch_port ", ["'closet Gi1/0/3'"], True),
    ("... and not under the old one", "SELECT 1", "switch_port ", ['sw"1'],
     False),
    ("a switch without a place",
     "UPDATE e911.network_switch SET location_id = NULL",
     "network_switch ", ["closet"], False),
    ("switch port delete", "DELETE FROM e911.switch_port",
     "switch_port ", [""], False),
    ("access point delete", "DELETE FROM e911.access_point",
     "access_point ", [""], False),
    ("client insert", "SELECT e911.location_client_new_for_all('crew')",
     "location_client ", ["'crew'", "has_secret"], True),
    ("client delete", "DELETE FROM e911.location_client",
     "location_client ", ["'crew'"], False),
    ("screen insert",
     "INSERT INTO e911.screen (organization_id, name) SELECT organization_id,"
     " 'Lobby' FROM e911.organization WHERE name = 'Larkspur Insurance'",
     "screen ", ["'Lobby'"], True),
    ("screen token", "SELECT e911.screen_token_new(screen_id)"
     " FROM e911.screen", "screen ", ["'Lobby'", "has_token"], True),
    ("screen delete", "DELETE FROM e911.screen",
     "screen ", ["'Lobby'"], False),
    ("recipient insert",
     "INSERT INTO e911.recipient (organization_id, location_id, name, channel,"
     " address, secret) SELECT organization_id, location_id, 'desk', 'webhook',"
     " 'https://a.example.com/', '0123456789abcdef'"
     " FROM e911.location WHERE name = 'Annex'",
     "recipient ", ["'desk'", "of=location:", "has_secret"], True),
    ("a recipient of a whole organisation",
     "UPDATE e911.recipient SET location_id = NULL",
     "recipient ", ["'desk'", "of=all "], True),
    ("... and not of the place any more", "SELECT 1",
     "recipient ", ["of=location:"], False),
    ("another way to it",
     "INSERT INTO e911.recipient (organization_id, name, channel, address,"
     " instead_of) SELECT organization_id, 'text', 'sms', '+12065550100',"
     " recipient_id FROM e911.recipient",
     "recipient ", ["'text'", "of=instead_of:", "after_s=10"], True),
    ("template insert",
     "INSERT INTO e911.notice_template (organization_id, name, text) SELECT"
     " organization_id, 'night', E'{address}\n{room}' FROM e911.organization"
     " WHERE name = 'Larkspur Insurance'", "template id=", ["{address}"], True),
    ("words of an organization",
     "UPDATE e911.organization SET notification_sms = '911 {address}',"
     " time_zone = 'America/Los_Angeles', language = 'fr'"
     " WHERE name = 'Larkspur Insurance'",
     "template of_organization=", ["911 {address}"], True),
    ("its time zone and language", "SELECT 1", "organization id=",
     ["'America/Los_Angeles'", "'fr'"], True),
    ("its words go", "UPDATE e911.organization SET notification_sms = NULL",
     "template of_organization=", [""], False),
    ("hours insert",
     "INSERT INTO e911.notice_hours (organization_id, name, spans) SELECT"
     " organization_id, 'night', '{Mo-Fr 18:00-06:00}' FROM e911.organization"
     " WHERE name = 'Larkspur Insurance'", "hours id=",
     ["days=0x1f:18:00-06:00"], True),
    ("hours delete", "DELETE FROM e911.notice_hours", "hours id=", [""],
     False),
    ("template delete", "DELETE FROM e911.notice_template", "template id=",
     [""], False),
    ("recipient delete", "DELETE FROM e911.recipient", "recipient ", [""],
     False),
    ("a building of a location, and its time",
     "WITH b AS (INSERT INTO e911.building (organization_id, name, street,"
     f" city, state) VALUES ({ORG}, 'Block', 'Elm St', 'Ashgrove', 'WA')"
     " RETURNING building_id) UPDATE e911.location SET building_id = (SELECT"
     " building_id FROM b), time_zone = 'America/Denver'"
     " WHERE name = 'Annex'", "location ",
     ["'Annex'", "building_id=", "'America/Denver'"], True),
    ("an organization's secret",
     "SELECT e911.held_secret_new(e911_organization_id)"
     " FROM e911.organization WHERE name = 'Larkspur Insurance'",
     "location_client ", ["has_secret"], True),
    ("location point",
     "UPDATE e911.location SET latitude = 47.6119, longitude = -122.3372"
     " WHERE name = 'Annex'",
     "location ", ["'Annex'", "point=47.611900,-122.337200"], True),
    ("elin insert",
     "INSERT INTO e911.elin SELECT '+12065550999', location_id"
     " FROM e911.location WHERE name = 'Annex'",
     "elin ", ["+12065550999"], True),
    ("location's pool", "SELECT 1",
     "location ", ["'Annex'", "elin=+12065550999"], True),
    ("elin moves",
     f"UPDATE e911.elin SET location_id = {FLOOR3}"
     " WHERE elin = '+12065550999'",
     "location ", ["'Larkspur floor 3'", "+12065550999"], True),
    ("elin has left", "SELECT 1",
     "location ", ["'Annex'", "+12065550999"], False),
    ("elin delete",
     "DELETE FROM e911.elin WHERE elin = '+12065550999'",
     "elin ", ["+12065550999"], False),
    ("network_range insert",
     f"INSERT INTO e911.network_range VALUES ({ORG}, '10.9.0.0/20', {FLOOR3})",
     "network_range ", ["prefix=10.9.0.0/20"], True),
    ("organization's prefix lengths", "SELECT 1",
     "organization ", ["'Larkspur", "network_plens=116"], True),
    ("network_range delete",
     "DELETE FROM e911.network_range WHERE range = '10.9.0.0/20'",
     "network_range ", ["10.9.0.0/20"], False),
    ("site_number insert",
     f"INSERT INTO e911.site_number VALUES ({ORG}, '8888', {FLOOR3})",
     "identity ", ["value='8888'", "location_id="], True),
    ("site_number delete",
     "DELETE FROM e911.site_number WHERE number = '8888'",
     "identity ", ["'8888'"], False),
    ("endpoint insert",
     "INSERT INTO e911.endpoint (organization_id, name, mac, extension)"
     f" VALUES ({ORG}, 'New phone', '00:00:5e:00:53:77', '7777')",
     "endpoint ", ["'New phone'"], True),
    ("endpoint's identity", "SELECT 1",
     "identity ", ["value='00005e005377'"], True),
    ("endpoint update",
     "UPDATE e911.endpoint SET extension = '7778' WHERE name = 'New phone'",
     "identity ", ["value='7778'"], True),
    ("endpoint's old identity", "SELECT 1",
     "identity ", ["value='7777'"], False),
    ("endpoint delete",
     "DELETE FROM e911.endpoint WHERE name = 'New phone'",
     "identity ", ["'7778'"], False),
    ("endpoint retired",
     "UPDATE e911.endpoint SET status = 'retired' WHERE name = 'Ben Okafor'",
     "endpoint ", ["'Ben Okafor'"], False),
    ("retired endpoint's identity", "SELECT 1",
     "identity ", ["value='4102'", "organization_id=1"], False),
    ("endpoint back",
     "UPDATE e911.endpoint SET status = 'active' WHERE name = 'Ben Okafor'",
     "endpoint ", ["'Ben Okafor'"], True),
    ("location moves into a building",
     "WITH b AS (INSERT INTO e911.building (organization_id, name, street,"
     f" city, state) VALUES ({ORG}, 'Annex', 'Oak St', 'Ashgrove', 'WA')"
     " RETURNING building_id)"
     " UPDATE e911.location l SET building_id = b.building_id, street = NULL,"
     " city = NULL, state = NULL FROM b WHERE l.name = 'Annex'",
     "location ", ["'Annex'", "'Oak St, Ashgrove, WA'"], True),
    ("building update",
     "UPDATE e911.building SET house_number = '12', info = 'blue door'",
     "location ", ["'Annex'", "'12 Oak St, Ashgrove, WA (blue door)'"], True),
    ("location retired",
     "UPDATE e911.location SET status = 'retired' WHERE name = 'Annex'",
     "location ", ["'Annex'"], False),
    ("location back",
     "UPDATE e911.location SET status = 'draft' WHERE name = 'Annex'",
     "location ", ["'Annex'"], True),
    ("location delete",
     "DELETE FROM e911.location WHERE name = 'Annex'",
     "location ", ["'Annex'"], False),
    ("trunk_organization insert",
     "INSERT INTO e911.trunk_organization"
     f" SELECT trunk_id, {ORG} FROM e911.trunk WHERE name = 'pbx'",
     "trunk_organization trunk_id=4 ", ["000000000001"], True),
    ("organization's uuid",
     "UPDATE e911.organization SET e911_organization_id ="
     " '91100000-0000-4000-8000-0000000000bb'"
     " WHERE name = 'Larkspur Insurance'",
     "trunk_organization trunk_id=4 ", ["0000000000bb"], True),
    ("organization's old uuid", "SELECT 1",
     "trunk_organization ", ["000000000001"], False),
    ("trunk_organization delete",
     "DELETE FROM e911.trunk_organization WHERE trunk_id = 4",
     "trunk_organization trunk_id=4 ", [], False),
]


def test_each_change_of_each_entity_is_published_at_once(e911d, postgres,
                                                         new_e911d):
    e911d.start_and_wait()
    figures = []
    for what, sql, begin, words, wanted in STEPS:
        postgres.execute(sql)
        took = e911d.wait_lines(
            lambda lines: wanted == any(
                line.startswith(begin) and all(w in line for w in words)
                for line in lines), what)
        figures.append(took)
        print(f"publish_{what.replace(' ', '_')} {took * 1000:.1f} ms")
        assert took <= 1.0, what
    figures.sort()
    print(f"publish_median {figures[len(figures) // 2] * 1000:.1f} ms")
    print(f"publish_worst {figures[-1] * 1000:.1f} ms")
    assert e911d.generation() == "gen-000001"
    same_as_rebuild(e911d, new_e911d)


def test_a_slow_transaction_is_not_skipped(e911d, postgres):
    e911d.start_and_wait()
    slow = psycopg2.connect(postgres.conninfo())
    try:
        with slow.cursor() as cursor:
            cursor.execute("UPDATE e911.trunk SET port = 5071"
                           " WHERE name = 'pbx'")
            # Later transactions, with larger numbers, commit before it.
            for port in (5072, 5073):
                postgres.execute("UPDATE e911.trunk SET port = %s"
                                 " WHERE name = 'multicloud'", port)
            postgres.execute("SELECT pg_notify('e911_change', '')")
            slow.commit()
        took = e911d.wait_lines(
            lambda lines: any("'pbx'" in x and "port=5071" in x
                              for x in lines)
            and any("'multicloud'" in x and "port=5073" in x
                    for x in lines), "all three are published")
        print(f"publish_after_slow_transaction {took * 1000:.1f} ms")
        assert took <= 1.0
    finally:
        slow.close()


def test_a_transaction_that_is_rolled_back_holds_nothing_back(e911d,
                                                              postgres):
    e911d.start_and_wait()
    slow = psycopg2.connect(postgres.conninfo())
    with slow.cursor() as cursor:
        cursor.execute("UPDATE e911.trunk SET port = 5071"
                       " WHERE name = 'pbx'")
    postgres.execute("UPDATE e911.trunk SET port = 5072"
                     " WHERE name = 'multicloud'")
    slow.rollback()
    slow.close()
    took = e911d.wait_lines(
        lambda lines: any("'multicloud'" in x and "port=5072" in x
                          for x in lines), "the other one is published")
    assert took <= 1.0
    assert not e911d.has("trunk ", "port=5071")


def test_an_identity_moves_between_endpoints(e911d, postgres):
    e911d.start_and_wait()
    ava = endpoint_id(postgres, "Ava Reyes")
    ben = endpoint_id(postgres, "Ben Okafor")
    assert e911d.has("identity organization_id=1 ", "'4101'",
                     f"endpoint_id={ava}")
    connection = psycopg2.connect(postgres.conninfo())
    with connection, connection.cursor() as cursor:
        cursor.execute("UPDATE e911.endpoint SET extension = '4191'"
                       " WHERE endpoint_id = %s", (ava,))
        cursor.execute("UPDATE e911.endpoint SET extension = '4101'"
                       " WHERE endpoint_id = %s", (ben,))
    connection.close()
    begin = "identity organization_id=1 kind=extension "
    e911d.wait_lines(
        lambda lines: f"{begin}value='4101' endpoint_id={ben}" in lines
        and f"{begin}value='4191' endpoint_id={ava}" in lines
        and not any("value='4102'" in x and x.startswith(begin)
                    for x in lines), "both have their new extensions")


def test_many_changes_are_published_quickly(e911d, postgres, new_e911d):
    e911d.start_and_wait()
    count = 20000
    postgres.execute(
        "INSERT INTO e911.endpoint (organization_id, location_id, name,"
        " device_user_id, number, extension)"
        f" SELECT {ORG}, {FLOOR3}, 'Phone ' || n, 'u' || n,"
        " '+1206' || 2000000 + n, 'x' || n"
        " FROM generate_series(1, %s) AS n", count)
    last = f"name='Phone {count}'"
    took = e911d.wait_lines(lambda lines: any(last in x for x in lines),
                            "the last one is there", 60)
    print(f"publish_{count}_inserts {took:.2f} s")
    postgres.execute("UPDATE e911.endpoint SET location_id = NULL"
                     " WHERE name LIKE 'Phone %%'")
    took = e911d.wait_lines(
        lambda lines: any(last in x and "location_id" not in x
                          for x in lines), "the last one has moved", 60)
    print(f"publish_{count}_updates {took:.2f} s")
    assert e911d.generation() == "gen-000001"
    same_as_rebuild(e911d, new_e911d)


# ---- rows that cannot be published ----

def let_anything_in(postgres):
    """As if the constraints were not there (restored dump, superuser)."""
    for domain in ("label", "printable", "dialled", "e164", "host",
                   "ip_range"):
        for row in postgres.query(
                "SELECT conname FROM pg_constraint"
                " WHERE contypid = ('e911.' || %s)::regtype", domain):
            postgres.execute(f"ALTER DOMAIN e911.{domain}"
                             f" DROP CONSTRAINT {row['conname']}")
    for row in postgres.query(
            "SELECT conrelid::regclass AS t, conname FROM pg_constraint"
            " WHERE contype = 'c' AND connamespace = 'e911'::regnamespace"
            "   AND conrelid <> 0"):
        postgres.execute(f"ALTER TABLE {row['t']}"
                         f" DROP CONSTRAINT {row['conname']}")


BAD_ROWS = [
    ("UPDATE e911.endpoint SET name = repeat('x', 300)"
     " WHERE name = 'Ava Reyes'", "endpoint "),
    ("UPDATE e911.endpoint SET number = '911' WHERE name = 'Ava Reyes'",
     "endpoint "),
    ("UPDATE e911.location SET street = E'Mill St\\nEvil' WHERE"
     " name = 'Larkspur floor 3'", "location "),
    ("UPDATE e911.location SET latitude = 'NaN', longitude = 0 WHERE"
     " name = 'Larkspur floor 3'", "location "),
    ("UPDATE e911.location SET latitude = 0, longitude = 'NaN' WHERE"
     " name = 'Larkspur floor 3'", "location "),
    ("UPDATE e911.trunk SET port = 0 WHERE name = 'pbx'", "trunk "),
    ("UPDATE e911.trunk SET name = repeat('x', 100000) WHERE name = 'pbx'",
     "trunk "),
    ("UPDATE e911.psap SET kind = 'none' WHERE name = 'Ashgrove North'",
     "psap "),
    ("UPDATE e911.psap_route SET request_user = '911@evil' WHERE psap_id = 1",
     "psap id=1 "),
    ("UPDATE e911.organization SET home_npa = '2x6'"
     " WHERE name = 'Juniper Outfitters'", "organization "),
    ("UPDATE e911.trunk SET identify_order = '{shoe}' WHERE name = 'pbx'",
     "trunk "),
]


@pytest.mark.parametrize("sql,begin", BAD_ROWS,
                         ids=[str(n) for n in range(len(BAD_ROWS))])
def test_a_bad_row_keeps_the_last_good_record(e911d, postgres, sql, begin):
    e911d.start_and_wait()
    before = e911d.lines(begin)
    let_anything_in(postgres)
    postgres.execute(sql)
    e911d.wait_log(" refused: ")
    # What comes after it is published all the same ...
    postgres.execute("UPDATE e911.trunk SET port = 5099"
                     " WHERE name = 'multicloud'")
    e911d.wait_lines(lambda lines: any("port=5099" in x for x in lines),
                     "the next change is published")
    unchanged = [x for x in e911d.lines(begin) if "port=5099" not in x]
    assert set(unchanged) <= set(before)
    assert len(e911d.lines(begin)) == len(before)
    # ... and the record stays across a full rebuild too.
    postgres.execute("INSERT INTO e911.change_log (entity)"
                     " VALUES ('everything')")
    e911d.wait_log("directory rebuilt", times=2)
    assert set(unchanged) <= set(e911d.lines(begin))
    assert e911d.generation() == "gen-000002"


def test_a_psap_with_too_many_routes_keeps_the_last_good_list(e911d,
                                                              postgres):
    e911d.start_and_wait()
    before = e911d.lines("psap id=1 ")
    postgres.execute("ALTER TABLE e911.psap_route DISABLE TRIGGER USER")
    postgres.execute(
        "INSERT INTO e911.psap_route (psap_id, priority, trunk_id)"
        " SELECT 1, n, 8 FROM generate_series(100, 116) AS n")
    postgres.execute("ALTER TABLE e911.psap_route ENABLE TRIGGER USER")
    postgres.execute("UPDATE e911.psap SET fcc_id = 9 WHERE psap_id = 1")
    e911d.wait_log("psap '1' refused: it has 18 routes, at most 16 fit")
    assert e911d.lines("psap id=1 ") == before


def test_a_change_that_makes_no_sense_stops_nothing(e911d, postgres):
    e911d.start_and_wait()
    postgres.execute(
        "INSERT INTO e911.change_log (entity, id, key) VALUES"
        " ('endpoint', NULL, NULL), ('elin', NULL, 'x'),"
        " ('network_range', NULL, '1'), ('site_number', NULL, '/'),"
        " ('trunk_organization', 7, 'a/b'), ('trunk_source', NULL, NULL),"
        " ('endpoint', 9223372036854775807, NULL)")
    postgres.execute("UPDATE e911.trunk SET port = 5099 WHERE name = 'pbx'")
    e911d.wait_lines(lambda lines: any("port=5099" in x for x in lines),
                     "the next change is published")
    assert e911d.log_text().count("makes no sense") == 6


# ---- kill and loss ----

CHANGES = [
    "UPDATE e911.endpoint SET extension = 'e' || (random() * 1e6)::int"
    " WHERE endpoint_id = 1 + (random() * 10)::int",
    "UPDATE e911.endpoint SET location_id = location_id"
    " , name = 'n' || (random() * 1e6)::int"
    " WHERE endpoint_id = 1 + (random() * 10)::int",
    "INSERT INTO e911.endpoint (organization_id, name, extension)"
    f" VALUES ({ORG}, 'k', 'k' || (random() * 1e9)::int)",
    "DELETE FROM e911.endpoint WHERE name = 'k' AND random() < 0.3",
    "UPDATE e911.trunk SET port = 5000 + (random() * 100)::int",
    "INSERT INTO e911.site_number"
    f" VALUES ({ORG}, 'e' || (random() * 1e6)::int, {FLOOR3})",
    "DELETE FROM e911.site_number WHERE random() < 0.2",
    f"UPDATE e911.elin SET location_id = {FLOOR3} WHERE random() < 0.1",
    "UPDATE e911.psap SET alternate_psap_id = NULL WHERE random() < 0.5",
    "UPDATE e911.psap SET alternate_psap_id = 3 WHERE psap_id = 1",
    f"INSERT INTO e911.network_range SELECT {ORG}, set_masklen('10.0.0.0'"
    "::cidr + (random() * 1e6)::bigint * 256, 24)::cidr,"
    f" {FLOOR3} ON CONFLICT DO NOTHING",
]


def test_kill_9_at_any_moment_leaves_a_sound_directory(e911d, postgres,
                                                       new_e911d):
    e911d.settings["log_level"] = "notice"
    chance = random.Random(911)
    done = threading.Event()
    made = []

    def provision():
        connection = psycopg2.connect(postgres.conninfo())
        connection.autocommit = True
        with connection.cursor() as cursor:
            while not done.is_set():
                cursor.execute(chance.choice(CHANGES))
                made.append(1)
        connection.close()

    thread = threading.Thread(target=provision)
    thread.start()
    try:
        kills = 0
        until = time.monotonic() + 12
        while kills < 40 and time.monotonic() < until:
            e911d.start()
            # Some time after its start: before, in and behind its work.
            timer = threading.Event()
            timer.wait(chance.uniform(0.005, 0.25))
            e911d.process.check_alive()
            e911d.kill()
            kills += 1
            if os.path.exists(e911d.current):
                status, lines = e911d.dump("--check")
                assert status == 0, lines
    finally:
        done.set()
        thread.join()
    print(f"{kills} kills during {len(made)} changes")
    e911d.start()
    same_as_rebuild(e911d, new_e911d)


def test_postgresql_may_come_late_stop_and_start_again(e911d, postgres,
                                                       new_e911d):
    postgres.stop(signal.SIGQUIT)
    e911d.start()
    e911d.wait_log("no PostgreSQL", times=2)
    postgres.start()
    e911d.wait_log("following the database")
    for round_ in range(2):
        postgres.stop(signal.SIGQUIT)
        e911d.wait_log("publisher: no PostgreSQL", times=2 + round_)
        status, _ = e911d.dump("--check")
        assert status == 0
        postgres.start()
        # What a crash loses is another test's matter.
        postgres.execute("SET synchronous_commit = on;"
                         " UPDATE e911.trunk SET port = %s"
                         " WHERE name = 'pbx'", 5090 + round_)
        e911d.wait_lines(
            lambda lines: any(f"port={5090 + round_}" in x for x in lines),
            "what changed is published")
    assert e911d.generation() == "gen-000001"
    same_as_rebuild(e911d, new_e911d)


SERVICES = {"e911d " + name
            for name in ("publisher", "collector", "psap", "ali", "notify")}


def backends(postgres):
    """The server's processes that serve e911d: what each of them does."""
    return {row["pid"]: row["doing"] for row in postgres.query(
        "SELECT pid, application_name || ' ' || state AS doing"
        "  FROM pg_stat_activity WHERE application_name LIKE 'e911d%%'")}


@contextlib.contextmanager
def hanging(postgres):
    """All of them hang, each between two transactions: one that hangs within
    holds back what came after it, as each transaction that is open does."""
    at_rest = {service + " idle" for service in SERVICES}
    stopped = []

    def send(pid, number):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    def let_go_on():
        while stopped:
            send(stopped.pop(), signal.SIGCONT)

    def let_hang():
        found = backends(postgres)
        if set(found.values()) != at_rest:
            return False
        stopped.extend(found)
        for pid in found:
            send(pid, signal.SIGSTOP)
        if set(backends(postgres).values()) == at_rest:
            return True
        let_go_on()
        return False

    try:
        wait_until(let_hang, "its services are connected and rest", 30)
        yield
    finally:
        let_go_on()


def test_a_postgresql_that_hangs_is_given_up_and_taken_again(e911d, postgres):
    e911d.settings["postgres_statement_timeout_ms"] = 300
    e911d.settings["postgres_connect_timeout_ms"] = 300
    e911d.start_and_wait()
    with hanging(postgres):
        postgres.execute("UPDATE e911.trunk SET port = 5099"
                         " WHERE name = 'pbx'")
        e911d.wait_lines(lambda lines: any("port=5099" in x for x in lines),
                         "it is published over another connection")
        assert "no answer in time" in e911d.log_text()


# ---- start and end ----

def test_it_ends_within_a_second_whatever_it_does(e911d, postgres):
    e911d.start_and_wait()
    status, took = e911d.stop()
    print(f"stop_idle {took * 1000:.0f} ms")
    assert (status, took < 1.0) == (0, True)
    e911d.start()
    status, took = e911d.stop()
    assert took < 1.0  # the signal may come before it waits for signals
    e911d.settings["directory_poll_ms"] = 10
    e911d.start_and_wait()
    with hanging(postgres):
        threading.Event().wait(0.05)  # it is in a statement then
        status, took = e911d.stop()
        print(f"stop_while_postgresql_hangs {took * 1000:.0f} ms")
        assert (status, took < 1.0) == (0, True)


def test_the_number_it_wants_is_that_of_the_schema(postgres):
    header = os.path.join(os.path.dirname(__file__), "..", "..", "sidecar",
                          "store", "db.h")
    with open(header, encoding="utf-8") as text:
        wanted = next(line.split()[2] for line in text
                      if line.startswith("#define DB_SCHEMA_EXPECTED"))
    assert int(wanted) == postgres.value(
        "SELECT max(number) FROM e911.schema_migration")


def test_a_second_one_on_the_same_state_dir_ends_with_4(e911d):
    e911d.start_and_wait()
    status, said = e911d.run()
    assert status == 4
    assert "another e911d is running" in said
    e911d.process.check_alive()


def test_a_state_dir_that_cannot_be_used_ends_it_with_4(e911d):
    e911d.settings["state_dir"] = "/proc/nothing"
    e911d.write_config()
    status, said = e911d.run()
    assert status == 4
    assert "/proc/nothing/e911d.lock" in said


def test_a_bad_configuration_ends_it_with_2_and_nothing_starts(e911d):
    e911d.write_config("nood = x\n")
    for arguments in ((), ("--check-config",)):
        status, said = e911d.run(*arguments)
        assert status == 2
        line = len(e911d.settings) + 1
        assert f"{e911d.config}:{line}: unknown option 'nood'" in said
    assert os.listdir(e911d.state) == []
    e911d.write_config()
    assert e911d.run("--check-config")[0] == 0
    assert e911d.run("--nonsense")[0] == 2
    assert os.listdir(e911d.state) == []


def test_counters_are_told_on_sigusr1(e911d):
    e911d.start_and_wait()
    e911d.process.signal(signal.SIGUSR1)
    e911d.wait_log("stats: directory.rebuilds 1")


def test_a_password_is_never_in_the_log(e911d, postgres):
    e911d.settings["postgres"] += " password=s3cr3t"
    e911d.start_and_wait()
    postgres.stop(signal.SIGQUIT)
    e911d.wait_log("no PostgreSQL")
    assert "s3cr3t" not in e911d.log_text()
