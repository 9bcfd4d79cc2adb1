# SPDX-License-Identifier: GPL-2.0-or-later
"""What the publisher tells: who holds changes back, how full the map is."""
import contextlib
import os
import re
import signal
import time

import psycopg2

from harness.wait import wait_until

CHANGE = "UPDATE e911.trunk SET port = %s WHERE name = 'pbx'"


@contextlib.contextmanager
def open_transaction(postgres, database="e911", **how):
    """A transaction that has written something."""
    connection = psycopg2.connect(postgres.conninfo(database=database), **how)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id(), pg_backend_pid()")
            yield cursor.fetchone()[1], connection
    finally:
        connection.close()


def told(postgres, kind):
    return [row["detail"] for row in postgres.query(
        "SELECT detail FROM e911.call_event WHERE kind = %s AND node = 'gw1'"
        " ORDER BY at", kind)]


def wait_told(postgres, e911d, kind, count=1):
    wait_until(lambda: len(told(postgres, kind)) == count,
               f"{kind} is told", 30, [e911d.process])
    return told(postgres, kind)[-1]


def counter(e911d, name):
    before = e911d.log_text().count("stats: " + name + " ")
    e911d.process.signal(signal.SIGUSR1)
    wait_until(lambda: e911d.log_text().count("stats: " + name + " ")
               > before, "counters are told", alive=[e911d.process])
    return int(re.findall(f"stats: {re.escape(name)} (\\d+)",
                          e911d.log_text())[-1])


def is_published(e911d, port):
    e911d.wait_lines(lambda lines: any(f"port={port}" in x for x in lines),
                     "the change is published")


def test_who_holds_changes_back_is_told_once_and_that_it_is_over(e911d,
                                                                 postgres):
    e911d.settings["held_alarm_s"] = 1
    e911d.start_and_wait()
    with open_transaction(postgres, application_name="forgot\nten") as (pid, _):
        postgres.execute(CHANGE, 5099)
        detail = wait_told(postgres, e911d, "publish.held")
        assert (detail["pid"], detail["user"], detail["database"]) == \
            (pid, "postgres", "e911")
        assert detail["application"].startswith("forgot")
        assert detail["waited_s"] >= 1
        assert f"process {pid}" in e911d.log_text()
        # More of the same is no other alarm.
        postgres.execute(CHANGE, 5098)
        assert not e911d.has("trunk ", "port=5099")
        assert counter(e911d, "directory.held") == 1
        assert not told(postgres, "publish.released")
    is_published(e911d, 5098)
    over = wait_told(postgres, e911d, "publish.released")
    assert over["waited_s"] >= detail["waited_s"]
    assert len(told(postgres, "publish.held")) == 1
    # The next one is one more.
    with open_transaction(postgres):
        postgres.execute(CHANGE, 5097)
        wait_told(postgres, e911d, "publish.held", 2)
    is_published(e911d, 5097)


def test_a_transaction_of_another_database_is_told_too(e911d, postgres):
    e911d.settings["held_alarm_s"] = 1
    e911d.start_and_wait()
    with open_transaction(postgres, "postgres") as (pid, _):
        postgres.execute(CHANGE, 5099)
        detail = wait_told(postgres, e911d, "publish.held")
        assert (detail["pid"], detail["database"]) == (pid, "postgres")
    is_published(e911d, 5099)


def test_a_transaction_that_nobody_runs_is_told_by_name(e911d, postgres):
    postgres.stop()
    postgres.start(max_prepared_transactions=2)
    try:
        e911d.settings["held_alarm_s"] = 1
        e911d.start_and_wait()
        with open_transaction(postgres) as (_, connection):
            connection.cursor().execute("PREPARE TRANSACTION 'left behind'")
            connection.rollback()
        postgres.execute(CHANGE, 5099)
        detail = wait_told(postgres, e911d, "publish.held")
        assert (detail["prepared"], detail["user"], detail["database"]) == \
            ("left behind", "postgres", "e911")
        assert "pid" not in detail
        postgres.execute("ROLLBACK PREPARED 'left behind'")
        is_published(e911d, 5099)
    finally:
        postgres.stop()
        postgres.start()


def test_who_only_reads_holds_nothing_back(e911d, postgres):
    e911d.settings["held_alarm_s"] = 1
    e911d.start_and_wait()
    connection = psycopg2.connect(postgres.conninfo())
    connection.cursor().execute("SELECT count(*) FROM e911.endpoint")
    postgres.execute(CHANGE, 5099)
    is_published(e911d, 5099)
    connection.close()
    assert not told(postgres, "publish.held")


def test_many_short_transactions_are_no_long_one(e911d, postgres):
    """There is always one open, and always a change that waits for it."""
    e911d.settings["held_alarm_s"] = 3
    e911d.start_and_wait()
    until = time.monotonic() + 5
    port, old = 5000, None
    while time.monotonic() < until:
        with contextlib.ExitStack() as stack:
            stack.enter_context(open_transaction(postgres))
            port += 1
            postgres.execute(CHANGE, port)
            if old:
                old.close()
                # The record is as it is now: perhaps the next change has come.
                e911d.wait_lines(lambda lines: any(
                    f"port={port - 1}" in x or f"port={port}" in x
                    for x in lines), "the one before is published")
            old = stack.pop_all()
    old.close()
    is_published(e911d, port)
    assert not told(postgres, "publish.held")


def add_endpoints(postgres, e911d, prefix, count):
    """Large ones."""
    postgres.execute("""
        INSERT INTO e911.endpoint (organization_id, name, device_user_id)
        SELECT organization_id, rpad('n', 120, 'n'),
               rpad(%s || 'x' || n, 120, '-')
          FROM e911.organization, generate_series(1, %s) n
         WHERE name = 'Larkspur Insurance'""", prefix, count)
    e911d.wait_lines(lambda lines: any(f"'{prefix}x{count}-" in x
                                       for x in lines),
                     "they are published", 60)


def test_half_of_the_map_is_told_and_so_is_that_it_grows(e911d, postgres):
    # Not what is looked at here, and half of the time.
    postgres.execute("ALTER TABLE e911.endpoint DISABLE TRIGGER history_insert")
    e911d.settings["directory_map_mb"] = 1
    e911d.start_and_wait()
    # A rebuild makes room for itself: 64 MB.
    add_endpoints(postgres, e911d, "a", 40000)
    generation = e911d.generation()
    data = os.path.join(e911d.current, "data.mdb")
    for number in range(20):
        add_endpoints(postgres, e911d, f"b{number}", 4000)
        if os.path.getsize(data) > 33 << 20:
            wait_told(postgres, e911d, "directory.half_full")
        if counter(e911d, "directory.grown"):
            break
    e911d.wait_log("the directory's map has grown to 128 MB")
    detail = wait_told(postgres, e911d, "directory.half_full")
    assert detail["map_mb"] == 64 and 32 <= detail["used_mb"] <= 46
    assert detail["disk_free_mb"] > 0
    assert e911d.generation() == generation
    assert counter(e911d, "directory.half_full") == 1
    e911d.process.check_alive()
