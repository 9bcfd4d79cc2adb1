# SPDX-License-Identifier: GPL-2.0-or-later
"""A schema that is not e911d's: what is there serves, the rest waits and is
taken up again.  Whichever of the two is the newer one."""
import os
import re
import shutil
import signal
import subprocess

import pytest

from harness.wait import wait_until
from test_directory import same_as_rebuild

SQL = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..",
                                    "sql"))
EVENT = "event leg.ringing 11111111-2222-4333-8444-555555555555 1700000000000"
WAITS = "the directory stays as it is and serves, changes wait: "
FUTURE = ("BEGIN; ALTER TABLE e911.trunk RENAME COLUMN port TO porto;"
          " INSERT INTO e911.schema_migration (number, name)"
          " VALUES (999, 'future'); COMMIT")
PAST = ("BEGIN; ALTER TABLE e911.trunk RENAME COLUMN porto TO port;"
        " DELETE FROM e911.schema_migration WHERE number = 999; COMMIT")


def events(postgres):
    return postgres.value("SELECT count(*) FROM e911.call_event")


def misfits_are_counted(e911d):
    e911d.process.signal(signal.SIGUSR1)
    wait_until(lambda: re.search("postgres.misfits [1-9]", e911d.log_text()),
               "it is counted", alive=[e911d.process])


def test_a_migration_while_it_runs_and_back(e911d, postgres, new_e911d):
    e911d.start_and_wait()
    before = e911d.lines()
    postgres.execute(FUTURE)
    # Its connections are old ones, and its statements prepared.
    postgres.execute("UPDATE e911.trunk SET porto = 5099 WHERE name = 'pbx'")
    e911d.wait_log(WAITS + "the database has schema number 999, this program "
                   "is made for")
    e911d.process.check_alive()
    assert e911d.lines() == before
    assert e911d.generation() == "gen-000001"
    misfits_are_counted(e911d)
    postgres.execute(PAST)
    e911d.wait_lines(lambda lines: any("port=5099" in x for x in lines),
                     "what changed meanwhile is published")
    assert e911d.generation() == "gen-000001"
    same_as_rebuild(e911d, new_e911d)


def test_no_record_is_made_of_rows_of_another_schema(e911d, postgres):
    """Each statement fits, but what a row means may be something else."""
    e911d.start_and_wait()
    before = e911d.lines()
    postgres.execute("BEGIN; UPDATE e911.trunk SET port = 5099;"
                     " INSERT INTO e911.schema_migration (number, name)"
                     " VALUES (999, 'future'); COMMIT")
    e911d.wait_log(WAITS)
    postgres.execute("SELECT e911.directory_rebuild()")
    e911d.wait_log(WAITS, times=3)
    assert e911d.lines() == before
    assert e911d.generation() == "gen-000001"


def test_a_start_on_a_schema_of_the_future_serves_what_it_has(e911d,
                                                              postgres):
    e911d.start_and_wait()
    before = e911d.lines()
    e911d.write_journal(EVENT)
    wait_until(lambda: events(postgres) == 1, "it is stored")
    e911d.stop()
    postgres.execute(FUTURE)
    e911d.start()
    e911d.write_journal(EVENT)
    for words in (WAITS, "events wait in the journal: ",
                  "the areas stay as they are and serve: "):
        e911d.wait_log(words + "the database has schema number 999, this "
                       "program is made for")
    e911d.process.check_alive()
    assert e911d.lines() == before
    postgres.execute(PAST)
    wait_until(lambda: events(postgres) == 2, "the event is stored")
    e911d.wait_log("following the database", times=2)
    assert e911d.generation() == "gen-000001"


@pytest.fixture
def of_the_past(postgres, tmp_path):
    """The database as the migration before the last one left it; 'migrate'
    applies the last one.  As a release is upgraded."""
    sql = tmp_path / "sql"
    shutil.copytree(SQL, sql)
    last = sorted((sql / "migrations").glob("[0-9]*.sql"))[-1]
    aside = tmp_path / last.name
    shutil.move(last, aside)
    postgres.execute("DROP SCHEMA e911 CASCADE")

    def migrate():
        done = subprocess.run(
            [sql / "migrate", "-d", postgres.conninfo()], check=False,
            capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    migrate()

    def last_one():
        shutil.copy(aside, last)
        migrate()

    return last_one


def test_a_new_one_waits_for_its_migration(e911d, of_the_past, postgres,
                                           new_e911d):
    e911d.start()
    e911d.wait_log(WAITS + "the database has schema number")
    e911d.process.check_alive()
    e911d.write_journal(EVENT)
    of_the_past()
    wait_until(lambda: events(postgres) == 1, "the event is stored")
    e911d.wait_log("following the database")
    same_as_rebuild(e911d, new_e911d)


def test_a_database_without_schema_is_told_and_waited_for(e911d, postgres):
    postgres.execute("ALTER SCHEMA e911 RENAME TO elsewhere")
    e911d.start()
    e911d.wait_log(WAITS + "no e911 schema that we may read", times=2)
    e911d.process.check_alive()
    postgres.execute("ALTER SCHEMA elsewhere RENAME TO e911")
    e911d.wait_log("following the database")


def test_a_statement_that_does_not_fit_is_told_by_name(e911d, postgres):
    postgres.execute("ALTER TABLE e911.trunk RENAME COLUMN port TO porto")
    e911d.start()
    e911d.wait_log(WAITS + "statement TRUNK_ALL does not fit the schema")
    postgres.execute("ALTER TABLE e911.trunk RENAME COLUMN porto TO port")
    e911d.wait_log("following the database")


def test_a_right_that_is_missing_is_told_and_waited_for(e911d, postgres):
    postgres.execute("REVOKE e911_sidecar FROM e911d")
    e911d.start()
    e911d.wait_log(WAITS + "no e911 schema that we may read: ")
    postgres.execute("GRANT e911_sidecar TO e911d")
    e911d.wait_log("following the database")


def test_a_migration_that_is_killed_leaves_the_schema_that_was(e911d,
                                                               postgres):
    """In the middle of it, by its connection's end."""
    e911d.start_and_wait()
    killed = subprocess.run(
        ["psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", postgres.conninfo(),
         "-c", FUTURE.replace("COMMIT", "SELECT pg_terminate_backend("
                              "pg_backend_pid())")],
        check=False, capture_output=True, text=True)
    assert killed.returncode != 0
    postgres.execute("UPDATE e911.trunk SET port = 5099 WHERE name = 'pbx'")
    e911d.wait_lines(lambda lines: any("port=5099" in x for x in lines),
                     "the change is published")
    assert WAITS not in e911d.log_text()
