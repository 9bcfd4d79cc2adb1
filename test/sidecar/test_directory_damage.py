# SPDX-License-Identifier: GPL-2.0-or-later
"""What the publisher reads or has written is lost or damaged."""
import glob
import os
import shutil
import signal
import time

import pytest

from harness.wait import wait_until
from test_directory import ORG, same_as_rebuild


def data_file(e911d):
    return os.path.join(e911d.current, "data.mdb")


def damage_pages(path):
    with open(path, "r+b") as out:
        size = out.seek(0, os.SEEK_END)
        for at in range(2 * 4096 + 2048, size, 4096):
            out.seek(at)
            out.write(b"\xa5" * 1024)


def damage_length(path):
    os.truncate(path, os.path.getsize(path) // 2)


def damage_all(path):
    with open(path, "r+b") as out:
        out.write(b"\0" * os.path.getsize(path))


def damage_missing(path):
    os.unlink(path)


@pytest.mark.parametrize("damage", [damage_pages, damage_length, damage_all,
                                    damage_missing])
def test_a_damaged_directory_is_rebuilt_at_start(e911d, damage):
    e911d.start_and_wait()
    wanted = e911d.lines()
    e911d.stop()
    damage(data_file(e911d))
    # A damaged page may kill who reads it: then the next start rebuilds.
    for _ in range(3):
        e911d.start()
        wait_until(lambda: e911d.process.status() is not None
                   or e911d.log_text().count("following") >= 2,
                   "it runs or has died", 30)
        if e911d.process.status() is None:
            break
        print(f"died with status {e911d.process.status()}")
    assert e911d.lines() == wanted
    assert e911d.generation() == "gen-000002"


def test_a_check_that_did_not_come_to_its_end_means_rebuild(e911d):
    e911d.start_and_wait()
    e911d.stop()
    with open(os.path.join(e911d.state, "directory", "checking"), "w",
              encoding="utf-8"):
        pass
    e911d.start_and_wait()
    assert e911d.generation() == "gen-000002"
    assert not os.path.exists(os.path.join(e911d.state, "directory",
                                           "checking"))


def test_damage_is_found_while_it_runs(e911d):
    e911d.settings["directory_check_s"] = 1
    e911d.start_and_wait()
    wanted = e911d.lines()
    path = data_file(e911d)
    with open(path, "r+b") as data:
        text = data.read()
        at = text.index(b"Larkspur Insurance")
        while at >= 0:
            data.seek(at)
            data.write(b"larkspur")
            at = text.find(b"Larkspur Insurance", at + 1)
    e911d.wait_log("directory rebuilt", times=2)
    e911d.wait_lines(lambda lines: sorted(lines) == wanted,
                     "all is as it was")


def test_files_that_are_taken_away_come_again_at_once(e911d):
    e911d.start_and_wait()
    wanted = e911d.lines()
    directory = os.path.dirname(e911d.current)
    began = time.monotonic()
    shutil.rmtree(directory)
    e911d.wait_lines(lambda lines: sorted(lines) == wanted, "all is back")
    took = time.monotonic() - began
    print(f"directory_is_back {took * 1000:.0f} ms")
    assert took < 3.0
    os.unlink(e911d.current)
    e911d.wait_lines(lambda lines: sorted(lines) == wanted, "all is back")
    os.unlink(data_file(e911d))
    e911d.wait_lines(lambda lines: sorted(lines) == wanted, "all is back")


def test_another_database_means_rebuild(e911d, postgres):
    e911d.start_and_wait()
    postgres.execute("UPDATE e911.gateway"
                     "   SET database_id = gen_random_uuid()")
    e911d.wait_log("rebuilding the directory: it is of another database")
    e911d.wait_log("directory rebuilt", times=2)
    e911d.stop()
    postgres.execute("UPDATE e911.gateway"
                     "   SET database_id = gen_random_uuid()")
    e911d.start_and_wait()
    assert e911d.generation() == "gen-000003"
    assert sorted(os.path.basename(p) for p in glob.glob(
        os.path.join(e911d.state, "directory", "*"))) == [
            "current", "gen-000002", "gen-000003", "previous"]
    assert os.readlink(os.path.join(e911d.state, "directory",
                                    "previous")) == "gen-000002"


def test_a_truncated_table_means_rebuild(e911d, postgres, new_e911d):
    e911d.start_and_wait()
    postgres.execute("TRUNCATE e911.endpoint CASCADE")
    e911d.wait_lines(lambda lines: not any(x.startswith("endpoint ")
                                           for x in lines),
                     "no endpoint is left")
    same_as_rebuild(e911d, new_e911d)


def test_changes_that_were_pruned_meanwhile_mean_rebuild(e911d, postgres,
                                                         new_e911d):
    e911d.start_and_wait()
    e911d.stop()
    postgres.execute("UPDATE e911.trunk SET port = 5099 WHERE name = 'pbx'")
    wait_until(lambda: postgres.value("SELECT e911.change_prune('0 s')"),
               "the change is pruned")
    e911d.start_and_wait()
    assert "it has missed changes" in e911d.log_text()
    assert e911d.has("trunk ", "port=5099")
    same_as_rebuild(e911d, new_e911d)


def test_a_cursor_whose_commit_was_lost_means_rebuild(e911d, postgres,
                                                      new_e911d):
    """As after a crash with synchronous_commit = off, or a fail-over to a
    standby that was behind: numbers are given again, to other changes."""
    e911d.start_and_wait()
    postgres.execute("UPDATE e911.trunk SET port = 5098 WHERE name = 'pbx'")
    e911d.wait_lines(lambda lines: any("port=5098" in x for x in lines),
                     "it is published")
    e911d.stop()
    postgres.execute("ALTER TABLE e911.trunk DISABLE TRIGGER USER;"
                     " UPDATE e911.trunk SET port = 5097 WHERE name = 'pbx';"
                     " UPDATE e911.change_log"
                     "   SET changed_at = changed_at + interval '1 us'")
    e911d.start_and_wait()
    assert "it has missed changes" in e911d.log_text()
    same_as_rebuild(e911d, new_e911d)


def test_old_changes_are_pruned(e911d, postgres):
    postgres.execute("INSERT INTO e911.change_log (entity, changed_at)"
                     " VALUES ('gateway', now() - interval '8 days')")
    e911d.start_and_wait()
    wait_until(lambda: postgres.value(
        "SELECT count(*) FROM e911.change_log"
        " WHERE changed_at < now() - interval '7 days'") == 0,
        "the old one is gone")


def test_old_history_is_forgotten_and_younger_is_not(e911d, postgres):
    postgres.execute(
        "INSERT INTO e911.endpoint (organization_id, name, extension)"
        f" SELECT {ORG}, 'old', 'old' || n FROM generate_series(1, 12000) n")
    old = postgres.value("SELECT max(change) FROM e911.change")
    postgres.execute("UPDATE e911.endpoint SET name = 'young'"
                     " WHERE extension = 'old1'")
    young = postgres.value("SELECT max(change) FROM e911.change")
    postgres.execute("UPDATE e911.change SET changed_at = now()"
                     " - interval '400 days' WHERE change = %s", old)
    e911d.settings["prune_interval_s"] = 60
    e911d.start_and_wait()
    e911d.wait_lines(lambda lines: any("old12000" in x for x in lines),
                     "it is published")
    assert postgres.value("SELECT count(*) FROM e911.change"
                          " WHERE change = %s", old) == 1
    postgres.execute("UPDATE e911.gateway SET history_days = 365")
    e911d.stop()
    e911d.start_and_wait()
    wait_until(lambda: postgres.value("SELECT count(*) FROM e911.change"
                                      " WHERE change = %s", old) == 0,
               "it is forgotten")
    assert postgres.value("SELECT count(*) FROM e911.change_row r WHERE NOT"
                          " EXISTS (SELECT FROM e911.change_statement s"
                          " WHERE s.statement = r.statement)") == 0
    assert postgres.value("SELECT count(*) FROM e911.change_detail"
                          " WHERE change = %s", young) == 1
    e911d.process.signal(signal.SIGUSR1)
    e911d.wait_log("stats: history.forgotten 12001")
