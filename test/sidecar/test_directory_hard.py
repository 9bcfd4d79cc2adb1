# SPDX-License-Identifier: GPL-2.0-or-later
"""What a publisher meets once in years: transactions that commit out of order,
rows that no constraint has seen, a million changes at once.  The benches in
test/bench do the same longer."""
import random
import threading
import time

import psycopg2
import pytest

from hostile import columns, let_anything_in, mutate, wait_followed
from test_directory import FLOOR3, ORG, same_as_rebuild


def out_of_order(e911d, postgres, count, seconds):
    """One transaction stays open while others commit; what is missing."""
    slow = psycopg2.connect(postgres.conninfo())
    until = time.monotonic() + seconds
    with slow.cursor() as cursor:
        cursor.execute(
            "INSERT INTO e911.endpoint (organization_id, name, extension)"
            f" VALUES ({ORG}, 'slow', 'slow0')")
        for number in range(count):
            postgres.execute(
                "INSERT INTO e911.endpoint (organization_id, name, extension)"
                f" VALUES ({ORG}, %s, %s)", f"fast {number}", f"f{number}")
            if number % 100 == 0:
                # Also within it, between those of the others.
                cursor.execute(
                    "INSERT INTO e911.endpoint"
                    " (organization_id, name, extension)"
                    f" VALUES ({ORG}, %s, %s)",
                    (f"slow {number}", f"s{number}"))
        threading.Event().wait(max(0, until - time.monotonic()))
    slow.commit()
    slow.close()
    wanted = {row["endpoint_id"] for row in postgres.query(
        "SELECT endpoint_id FROM e911.endpoint")}

    def missing(lines):
        return wanted - {int(line.split()[1].partition("=")[2])
                         for line in lines if line.startswith("endpoint ")}

    took = e911d.wait_lines(lambda lines: not missing(lines),
                            "nothing is lost", 30)
    return took


def test_a_transaction_that_stays_open_loses_nothing(e911d, postgres,
                                                     new_e911d):
    e911d.start_and_wait()
    out_of_order(e911d, postgres, 200, 0)
    same_as_rebuild(e911d, new_e911d)


def test_a_million_changes_are_a_rebuild(e911d, postgres, new_e911d):
    """Well, as many as make one cheaper than following."""
    e911d.start_and_wait()
    postgres.execute(
        "INSERT INTO e911.endpoint (organization_id, location_id, name,"
        f" extension) SELECT {ORG}, {FLOOR3}, 'Phone ' || n, 'x' || n"
        " FROM generate_series(1, 25000) AS n")
    e911d.wait_log("rebuilding the directory: much has changed")
    e911d.wait_log("directory rebuilt", times=2, timeout=30)
    assert e911d.generation() == "gen-000002"
    # ... and it goes on following from there.
    postgres.execute("UPDATE e911.trunk SET port = 5099 WHERE name = 'pbx'")
    e911d.wait_lines(lambda lines: any("port=5099" in x for x in lines),
                     "the next change is published")
    same_as_rebuild(e911d, new_e911d)


def look_sound(e911d):
    """Every record is what its key says, whatever the rows were."""
    status, lines = e911d.dump("--check")
    assert status == 0, lines


def same_where_it_can_be(e911d, new_e911d):
    """What one built from nothing publishes of these rows stands here too;
    more does, where the last good record of a refused row was kept.  Whose an
    identity is that two rows claim depends on the order."""
    fresh = new_e911d("again").start_and_wait()
    wanted = fresh.lines()
    fresh.kill()
    have = set(e911d.lines())
    lost = [line for line in wanted if line not in have
            and not line.startswith("identity ")]
    assert not lost, lost[:5]


@pytest.mark.parametrize("seed", range(2))
def test_rows_that_no_constraint_has_seen_stop_nothing(e911d, postgres,
                                                       new_e911d, seed):
    e911d.start_and_wait()
    chance = random.Random(seed)
    let_anything_in(postgres)
    known = columns(postgres)
    done = [mutate(postgres, chance, known) for _ in range(40)]
    wait_followed(e911d, postgres)
    assert sum(d is not None for d in done) > 20
    look_sound(e911d)
    same_where_it_can_be(e911d, new_e911d)


@pytest.mark.parametrize("nonsense", [
    "INSERT INTO e911.gateway (singleton, database_id)"
    " SELECT singleton, database_id FROM e911.gateway",
    "INSERT INTO e911.gateway (singleton, database_id)"
    " VALUES (true, gen_random_uuid())",
    "DELETE FROM e911.gateway",
    "UPDATE e911.gateway SET database_id = NULL"],
    ids=["twice", "two", "none", "nameless"])
def test_a_database_that_is_not_one_stops_nothing(e911d, postgres, new_e911d,
                                                  nonsense):
    """The row that says which database this is."""
    e911d.start_and_wait()
    let_anything_in(postgres)
    postgres.execute(nonsense)
    for port in 5098, 5099:
        postgres.execute("UPDATE e911.trunk SET port = %s"
                         " WHERE name = 'pbx'", port)
        e911d.wait_lines(lambda lines, port=port: any(
            f"port={port}" in x for x in lines), "the change is published")
    generation = e911d.generation()
    # Also after a start, and whatever became of it, not again and again.
    e911d.stop()
    e911d.start_and_wait()
    postgres.execute("UPDATE e911.trunk SET port = 5097 WHERE name = 'pbx'")
    e911d.wait_lines(lambda lines: any("port=5097" in x for x in lines),
                     "the change is published")
    assert e911d.generation() == generation
    new_e911d("fresh").start_and_wait()
