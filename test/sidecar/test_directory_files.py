# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of state_dir that are cut, closed to e911d, or have no room: it goes
on with what there is, says why, and takes up again."""
import contextlib
import errno
import os
import shutil
import stat
import subprocess

import psycopg2
import pytest

from harness.process import service_user
from harness.wait import wait_until
from test_directory import same_as_rebuild

EVENT = "event leg.ringing 11111111-2222-4333-8444-555555555555 1700000000000"
CHANGE = "UPDATE e911.trunk SET port = %s WHERE name = 'pbx'"


def change_is_published(e911d, postgres, port):
    postgres.execute(CHANGE, port)
    e911d.wait_lines(lambda lines: any(f"port={port}" in x for x in lines),
                     "the change is published")


@pytest.fixture
def unprivileged(new_e911d, tmp_path):
    """To root no file is closed."""
    user = service_user("kamailio")
    folder = tmp_path
    while user and folder != folder.parent:  # pytest's folders are ours alone
        os.chmod(folder, folder.stat().st_mode | 0o055)
        folder = folder.parent
    return new_e911d("unprivileged", user)


# ---- cut while it runs ----

@pytest.mark.parametrize("name", ["data.mdb", "lock.mdb"])
@pytest.mark.parametrize("left", ["nothing", "a page", "half"])
def test_a_directory_that_is_cut_is_built_anew(e911d, postgres, name, left):
    e911d.start_and_wait()
    path = os.path.join(os.path.realpath(e911d.current), name)
    size = os.path.getsize(path)
    keep = {"nothing": 0, "a page": 4096, "half": size // 2 // 4096 * 4096}
    assert keep[left] < size
    os.truncate(path, keep[left])
    change_is_published(e911d, postgres, 5099)
    e911d.wait_log("taken away or cut")
    e911d.process.check_alive()
    assert e911d.generation() == "gen-000002"
    change_is_published(e911d, postgres, 5098)


@contextlib.contextmanager
def storing_held(e911d, postgres):
    """An event comes, and e911d waits for PostgreSQL to take it."""
    other = psycopg2.connect(postgres.conninfo())
    with other.cursor() as cursor:
        cursor.execute("LOCK TABLE e911.call_event")
    e911d.write_journal(EVENT)
    wait_until(lambda: postgres.value(
        "SELECT count(*) FROM pg_locks WHERE NOT granted"
        " AND relation = 'e911.call_event'::regclass") == 1,
        "e911d waits to store it", 30, [e911d.process])
    yield
    other.close()


def test_an_outbox_that_is_cut_is_made_anew(e911d, postgres):
    """Between two writings: what is cut in the middle of one ends e911d.  Only
    what stores events writes it here, and that waits for PostgreSQL."""
    e911d.settings["notify"] = 0
    e911d.start_and_wait()
    e911d.write_journal(EVENT)
    wait_until(lambda: postgres.value("SELECT count(*) FROM e911.call_event")
               == 1, "it is stored")
    with storing_held(e911d, postgres):
        os.truncate(os.path.join(e911d.outbox, "data.mdb"), 4096)
    wait_until(lambda: postgres.value("SELECT count(*) FROM e911.call_event")
               == 2, "the next one is stored", 30, [e911d.process])
    e911d.wait_log("outbox' was taken away or cut; it is made again")
    e911d.process.check_alive()


@pytest.mark.parametrize("events", [0, 1])
def test_an_outbox_that_was_cut_does_not_keep_it_from_starting(
        e911d, postgres, tmp_path, events):
    """Wherever it was cut: a page that is not there would end it each time.
    The last one is the root of a new outbox, and nothing of an older one."""
    e911d.start_and_wait()
    for _ in range(events):
        e911d.write_journal(EVENT)
    wait_until(lambda: postgres.value("SELECT count(*) FROM e911.call_event")
               == events, "it is stored")
    e911d.stop()
    whole = tmp_path / "whole"
    shutil.copytree(e911d.outbox, whole)
    size = os.path.getsize(whole / "data.mdb")
    lengths = [*range(0, size, 4096), 1, 4097, size - 1]
    for count, length in enumerate(lengths, events + 1):
        shutil.copytree(whole, e911d.outbox, dirs_exist_ok=True)
        os.truncate(os.path.join(e911d.outbox, "data.mdb"), length)
        e911d.start()
        e911d.write_journal(EVENT)
        wait_until(lambda: postgres.value(
            "SELECT count(*) FROM e911.call_event") == count,
            f"the next one is stored, of {size} bytes {length} were left", 30,
            [e911d.process])
        e911d.stop()


def test_a_damaged_outbox_does_not_keep_it_from_starting(e911d, postgres):
    e911d.start_and_wait()
    e911d.write_journal(EVENT)
    wait_until(lambda: postgres.value("SELECT count(*) FROM e911.call_event")
               == 1, "it is stored")
    e911d.stop()
    with open(os.path.join(e911d.outbox, "data.mdb"), "r+b") as out:
        out.write(b"\xa5" * 8192)
    e911d.start_and_wait()
    change_is_published(e911d, postgres, 5099)
    e911d.wait_log("outbox' is damaged; it is made again")
    e911d.write_journal(EVENT)
    wait_until(lambda: postgres.value("SELECT count(*) FROM e911.call_event")
               == 2, "the next one is stored, and none twice")


def test_an_outbox_whose_root_is_damaged_is_made_anew(e911d, postgres):
    """Opening it looks at the first two pages only."""
    e911d.start_and_wait()
    e911d.stop()
    data = os.path.join(e911d.outbox, "data.mdb")
    with open(data, "r+b") as out:
        out.seek(8192)
        out.write(bytes(os.path.getsize(data) - 8192))
    e911d.start_and_wait()
    e911d.wait_log("outbox' is damaged; it is made again")
    e911d.write_journal(EVENT)
    wait_until(lambda: postgres.value("SELECT count(*) FROM e911.call_event")
               == 1, "the next event is stored")


# ---- closed to it ----

def test_files_of_somebody_else_are_built_anew(unprivileged):
    e911d = unprivileged.start_and_wait()
    wanted = e911d.lines()
    e911d.stop()
    os.chmod(os.path.join(os.path.realpath(e911d.current), "data.mdb"), 0)
    e911d.start_and_wait()
    assert ("the directory is not usable: its files are not ours to write "
            "(Permission denied)") in e911d.log_text()
    assert e911d.generation() == "gen-000002"
    assert e911d.lines() == wanted


def test_what_e911d_makes_is_open_to_its_group_and_nobody_else(unprivileged):
    e911d = unprivileged.start_and_wait()
    e911d.write_journal(EVENT)
    wait_until(lambda: os.path.exists(os.path.join(e911d.outbox, "data.mdb")),
               "there is an outbox")
    for folder in (os.path.join(e911d.state, "directory"),
                   os.path.realpath(e911d.current), e911d.outbox):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o770, folder
    for folder in (os.path.realpath(e911d.current), e911d.outbox):
        for name in ("data.mdb", "lock.mdb"):
            mode = os.stat(os.path.join(folder, name)).st_mode
            assert stat.S_IMODE(mode) == 0o660, (folder, name)


def test_a_folder_that_becomes_closed_is_told_and_waited_for(unprivileged,
                                                             postgres):
    e911d = unprivileged.start_and_wait()
    folder = os.path.join(e911d.state, "directory")
    os.chmod(folder, 0o500)
    # What is open goes on; what needs a new generation waits.
    change_is_published(e911d, postgres, 5099)
    postgres.execute("SELECT e911.directory_rebuild()")
    e911d.wait_log(f"cannot publish in '{folder}': Permission denied", times=2)
    e911d.process.check_alive()
    assert e911d.generation() == "gen-000001"
    assert e911d.has("trunk ", "port=5099")
    os.chmod(folder, 0o770)
    wait_until(lambda: e911d.generation() == "gen-000002",
               "it is built anew")
    change_is_published(e911d, postgres, 5098)


def test_a_folder_that_is_closed_at_the_start_is_waited_for(unprivileged,
                                                            postgres):
    e911d = unprivileged.start_and_wait()
    e911d.stop()
    folder = os.path.join(e911d.state, "directory")
    os.chmod(folder, 0o500)
    e911d.start()
    e911d.wait_log(f"cannot publish in '{folder}': Permission denied", times=2)
    # Events are another matter.
    e911d.write_journal(EVENT)
    wait_until(lambda: postgres.value("SELECT count(*) FROM e911.call_event")
               == 1, "events are stored meanwhile")
    os.chmod(folder, 0o770)
    change_is_published(e911d, postgres, 5099)


def test_a_state_dir_of_somebody_else_ends_it_with_4(unprivileged):
    e911d = unprivileged
    os.chmod(e911d.state, 0o500)
    e911d.start()
    assert e911d.process.wait(20) == 4
    assert f"{e911d.state}/e911d.lock: Permission denied" in e911d.log_text()


def test_a_journal_that_it_may_not_read_is_told_and_waited_for(unprivileged,
                                                               postgres):
    e911d = unprivileged.start_and_wait()
    e911d.write_journal(EVENT, readable=False)
    e911d.wait_log(f"cannot collect: '{e911d.journal}': Permission denied")
    change_is_published(e911d, postgres, 5099)
    e911d.write_journal(EVENT)
    wait_until(lambda: postgres.value("SELECT count(*) FROM e911.call_event")
               == 2, "what waited is stored")


# ---- an older generation ----

def test_a_generation_of_before_is_caught_up_and_numbers_go_on(e911d,
                                                               postgres,
                                                               new_e911d):
    """Somebody has put back what was there yesterday."""
    e911d.start_and_wait()
    postgres.execute("SELECT e911.directory_rebuild()")
    wait_until(lambda: e911d.generation() == "gen-000002", "it is built anew")
    change_is_published(e911d, postgres, 5099)
    e911d.stop()
    os.unlink(e911d.current)
    os.symlink("gen-000001", e911d.current)
    e911d.start_and_wait()
    same_as_rebuild(e911d, new_e911d)
    assert e911d.has("trunk ", "port=5099")
    # What was there is not written over.
    assert e911d.generation() == "gen-000003"


def test_a_link_that_is_turned_back_while_it_runs_is_turned_again(e911d,
                                                                  postgres):
    e911d.start_and_wait()
    postgres.execute("SELECT e911.directory_rebuild()")
    wait_until(lambda: e911d.generation() == "gen-000002", "it is built anew")
    change_is_published(e911d, postgres, 5099)
    link = e911d.current + ".test"
    os.symlink("gen-000001", link)
    os.rename(link, e911d.current)
    wait_until(lambda: e911d.generation() == "gen-000003",
               "it is built anew", alive=[e911d.process])
    assert e911d.has("trunk ", "port=5099")


# ---- no room ----

@contextlib.contextmanager
def small_disk(path, megabytes, owner=None):
    """A file system of its own; nobody but root can make one."""
    os.makedirs(path, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777",
                    "e911-test", path], check=True)
    try:
        if owner:
            shutil.chown(path, owner, owner)
        yield path
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


def fill(path):
    """Until nothing more goes in."""
    with open(path, "wb", buffering=0) as out:
        try:
            while True:
                out.write(b"\0" * 4096)
        except OSError as error:
            assert error.errno == errno.ENOSPC


def test_a_full_disk_of_state_dir_is_told_and_got_over(e911d, postgres,
                                                       new_e911d):
    with small_disk(e911d.state, 4):
        e911d.start_and_wait()
        wanted = e911d.lines()
        ballast = os.path.join(e911d.state, "ballast")
        fill(ballast)
        # A batch that wants new pages, then a generation of its own.
        postgres.execute("INSERT INTO e911.endpoint (organization_id, name,"
                         " extension) SELECT organization_id, 'n', 'n' || n"
                         " FROM e911.organization, generate_series(1, 500) n"
                         " WHERE name = 'Larkspur Insurance'")
        said = f"cannot publish in '{e911d.state}/directory': "
        e911d.wait_log(said, times=2)
        assert "No space left on device" in e911d.log_text()
        postgres.execute("SELECT e911.directory_rebuild()")
        e911d.wait_log(said, times=4)
        e911d.process.check_alive()
        # What was there is there, and whole.
        assert e911d.lines() == wanted
        assert os.listdir(os.path.join(e911d.state, "directory")).count(
            "gen-000001") == 1
        os.unlink(ballast)
        change_is_published(e911d, postgres, 5099)
        same_as_rebuild(e911d, new_e911d)
        e911d.stop()


def test_a_full_disk_does_not_keep_events_from_being_stored_once(e911d,
                                                                 postgres):
    """The cursor cannot be written: told, and read again when it can."""
    with small_disk(e911d.state, 4):
        e911d.start_and_wait()
        for _ in range(3):
            e911d.write_journal(EVENT)
        wait_until(lambda: postgres.value(
            "SELECT count(*) FROM e911.call_event") == 3, "they are stored")
        e911d.write_journal(*[EVENT] * 20, wake=False)
        fill(os.path.join(e911d.state, "ballast"))
        wait_until(lambda: postgres.value(
            "SELECT count(*) FROM e911.call_event") == 23, "all are stored")
        os.unlink(os.path.join(e911d.state, "ballast"))
        e911d.write_journal(EVENT)
        wait_until(lambda: postgres.value(
            "SELECT count(*) FROM e911.call_event") == 24,
            "the next is stored, and none twice", alive=[e911d.process])
        e911d.stop()


def test_a_full_disk_of_postgresql_loses_no_event(e911d, postgres, tmp_path):
    for folder in tmp_path, *tmp_path.parents:  # pytest's are ours alone
        os.chmod(folder, os.stat(folder).st_mode | 0o055)
    with small_disk(tmp_path / "small", 1, service_user("postgres")) as disk:
        os.makedirs(disk / "place")
        shutil.chown(disk / "place", service_user("postgres"))
        postgres.execute(f"CREATE TABLESPACE small LOCATION '{disk}/place'")
        postgres.execute("ALTER TABLE e911.call_event SET TABLESPACE small")
        postgres.execute("ALTER INDEX e911.call_event_pkey"
                         " SET TABLESPACE small")
        try:
            e911d.start_and_wait()
            e911d.write_journal(EVENT)
            wait_until(lambda: postgres.value(
                "SELECT count(*) FROM e911.call_event") == 1, "it is stored")
            fill(disk / "ballast")
            e911d.write_journal(*[EVENT] * 2000)
            e911d.wait_log("collector: PostgreSQL refuses: ", times=2)
            assert "No space left on device" in e911d.log_text()
            # Publishing is another matter.
            change_is_published(e911d, postgres, 5099)
            assert not os.path.exists(e911d.refused)
            os.unlink(disk / "ballast")
            postgres.execute("ALTER TABLE e911.call_event"
                             " SET TABLESPACE pg_default")
            wait_until(lambda: postgres.value(
                "SELECT count(*) FROM e911.call_event") == 2001,
                "all are stored", 30, [e911d.process])
            assert not os.path.exists(e911d.refused)
        finally:
            postgres.execute("ALTER TABLE e911.call_event"
                             " SET TABLESPACE pg_default")
            postgres.execute("ALTER INDEX e911.call_event_pkey"
                             " SET TABLESPACE pg_default")
            postgres.execute("DROP TABLESPACE small")
