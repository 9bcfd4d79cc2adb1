# SPDX-License-Identifier: GPL-2.0-or-later
"""A real standby takes over: what it has is what the directory becomes."""
import os
import shutil
import signal
import subprocess
import tempfile

import pytest

from conftest import TOP
from e911d import E911d
from harness.postgres import Postgres, binary
from harness.wait import wait_until

CHANGE = "UPDATE e911.trunk SET port = %s WHERE name = 'pbx'"
EVENT = "event leg.ringing 11111111-2222-4333-8444-555555555555 1700000000000"


class Pair:
    """A primary and its standby, each a cluster of its own."""

    def __init__(self, directory):
        self.first = Postgres(os.path.join(directory, "first"),
                              os.path.join(TOP, "sql"))
        self.second = Postgres(os.path.join(directory, "second"),
                               os.path.join(TOP, "sql"))
        self.first.create()
        with open(os.path.join(self.first.data, "pg_hba.conf"), "a",
                  encoding="utf-8") as hba:
            hba.write("local replication all peer map=e911\n")
        self.first.start(synchronous_commit="on")
        self.first.load({})
        os.mkdir(self.second.directory)
        if self.second.user:
            shutil.chown(self.second.directory, self.second.user)
        os.chmod(self.second.directory, 0o755)
        subprocess.run(
            self.second._as_user([
                binary("pg_basebackup"), "-D", self.second.data, "-R", "-d",
                f"host={self.first.directory} user=postgres",
                "--checkpoint=fast"]),
            cwd=self.second.directory, check=True, capture_output=True)
        self.second.start()

    def conninfo(self):
        return (f"host={self.first.directory},{self.second.directory}"
                " user=e911d dbname=e911 target_session_attrs=read-write")

    def wait_replayed(self):
        done = self.first.value("SELECT pg_current_wal_lsn()::text")
        wait_until(lambda: self.second.value(
            "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", done),
            "the standby has it all", 30)

    def promote(self):
        self.second.execute("SELECT pg_promote()")
        wait_until(lambda: not self.second.value("SELECT pg_is_in_recovery()"),
                   "the standby is the primary", 30)

    def stop(self):
        for one in self.first, self.second:
            if one.process:
                one.stop(signal.SIGQUIT)


@pytest.fixture
def pair():
    directory = tempfile.mkdtemp(prefix="e911-")
    os.chmod(directory, 0o755)
    one = Pair(directory)
    yield one
    one.stop()
    shutil.rmtree(directory)


@pytest.fixture
def follower(request, pair, tmp_path):
    one = E911d(os.path.realpath(request.config.getoption("--build")),
                str(tmp_path), pair.conninfo())
    yield one
    one.kill()


def is_published(e911d, port):
    e911d.wait_lines(lambda lines: any(f"port={port}" in x for x in lines),
                     f"port {port} is published")


def test_a_standby_takes_over_and_is_followed(pair, follower):
    follower.start_and_wait()
    pair.first.execute(CHANGE, 5098)
    is_published(follower, 5098)
    follower.write_journal(EVENT)
    wait_until(lambda: pair.first.value(
        "SELECT count(*) FROM e911.call_event") == 1, "it is stored")
    pair.wait_replayed()
    pair.first.stop(signal.SIGQUIT)
    before = follower.lines()
    follower.write_journal(EVENT)
    follower.wait_log("no PostgreSQL")
    pair.promote()
    pair.second.execute(CHANGE, 5099)
    is_published(follower, 5099)
    # It had all: nothing is built anew, and nothing stored twice.
    assert follower.generation() == "gen-000001"
    assert len(follower.lines()) == len(before)
    wait_until(lambda: pair.second.value(
        "SELECT count(*) FROM e911.call_event") == 2,
        "what waited is stored", alive=[follower.process])


def test_a_standby_that_was_behind_is_what_holds(pair, follower):
    """What it never heard of was published already, and is not any more."""
    follower.start_and_wait()
    pair.wait_replayed()
    pair.second.stop(signal.SIGQUIT)
    pair.first.execute(CHANGE, 5098)
    is_published(follower, 5098)
    pair.first.stop(signal.SIGQUIT)
    pair.second.start()
    pair.promote()
    follower.wait_log("rebuilding the directory: it has missed changes")
    wait_until(lambda: follower.generation() == "gen-000002",
               "it is built anew", 30, [follower.process])
    assert not follower.has("trunk ", "port=5098")
    pair.second.execute(CHANGE, 5099)
    is_published(follower, 5099)
