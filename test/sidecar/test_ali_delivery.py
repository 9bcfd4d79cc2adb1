# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of ALI records -> a provider, by each way, whatever happens."""
import hashlib
import os

import pytest

import ali_drop
import ali_reader
from harness.authority import Authority
from harness.wait import wait_until
from test_ali import FLOOR_3, provider, wait_until_derived  # noqa: F401

MANY = 200  # numbers: a file that does not fit into one packet


@pytest.fixture
def drop_by(e911d, postgres, provider, tmp_path):  # noqa: F811
    """e911d brings all numbers' records there each hour."""
    made = []

    def make(way, **columns):
        folder = tmp_path / way
        folder.mkdir()
        drop = ali_drop.WAYS[way](str(folder),
                                  Authority(str(tmp_path / "authority")))
        made.append(drop)
        drop.start()
        e911d.settings.update(drop.settings)
        postgres.execute(
            "INSERT INTO e911.elin (elin, location_id)"
            " SELECT '+1206555' || to_char(n, 'FM0000'), location_id"
            "   FROM e911.location, generate_series(2000, %s) AS n"
            "  WHERE name = %s", 1999 + MANY, FLOOR_3)
        columns = {**drop.columns, **columns}
        e911d.start()
        wait_until_derived(postgres)
        names = ", ".join(columns)
        postgres.execute(
            f"INSERT INTO e911.ali_delivery (ali_provider_id, every_minutes,"
            f" {names}) SELECT ali_provider_id, 60,"
            f" {', '.join(['%s'] * len(columns))} FROM e911.ali_provider",
            *columns.values())
        return drop

    yield make
    for drop in made:
        drop.stop()


def change_all(postgres, name):
    """All records of an organisation are to say something else."""
    postgres.execute("UPDATE e911.organization SET name = %s WHERE"
                     " organization_id = (SELECT organization_id"
                     " FROM e911.location WHERE name = %s)", name, FLOOR_3)
    wait_until(lambda: postgres.value(
        "SELECT NOT EXISTS (SELECT FROM e911.ali_waiting) AND EXISTS ("
        " SELECT FROM e911.ali_record"
        "  WHERE wanted ->> 'customer_name' = %s)", name.upper()),
        "the records are derived", 40)


def push(ctl):
    status, out, err = ctl.run("ali", "push", "west")
    assert status == 0 and out == "west: what is due goes now\n", err


def wait_delivered(postgres, cycle, seconds=60):
    wait_until(lambda: postgres.value(
        "SELECT EXISTS (SELECT FROM e911.ali_file"
        " WHERE cycle = %s AND delivered_at IS NOT NULL)", cycle),
        f"file {cycle} is delivered", seconds)


def error_of(postgres):
    return postgres.value("SELECT error FROM e911.ali_delivery_state") or ""


def wait_error(postgres, words):
    wait_until(lambda: words in error_of(postgres), f"it tells '{words}'", 40)


def assert_is_complete(postgres, drop):
    """Each file that was made is there, once, whole, and nothing else."""
    made = postgres.query("SELECT name, content, records, cycle,"
                          " encode(sha256, 'hex') AS sha256"
                          "  FROM e911.ali_file ORDER BY cycle")
    assert drop.files() == [row["name"] for row in made]
    assert [row["cycle"] for row in made] == list(range(1, len(made) + 1))
    for row in made:
        there = drop.read(row["name"])
        assert there == row["content"].encode("ascii")
        assert hashlib.sha256(there).hexdigest() == row["sha256"]
        header, records, trailer = ali_reader.read("nena-2.1", there)
        assert int(header["cycle_counter"]) == row["cycle"]
        assert len(records) == row["records"]
        assert int(trailer["record_count"]) == row["records"]


def fill_disk(drop, name):
    os.symlink("/dev/full", os.path.join(drop.path, name))


@pytest.mark.parametrize("way", ["sftp", "ftpes"])
def test_files_reach_the_server_whole_and_once_whatever_happens(
        e911d, postgres, ctl, drop_by, way):
    stranger = "SHA256:" + "A" * 43
    drop = drop_by(way, **({"host_keys": [stranger]} if way == "sftp" else {}))
    if way == "sftp":  # a host with another key is given nothing
        wait_error(postgres, f"its host key is none of ours: {drop.key}")
        assert drop.files() == []
        postgres.execute("UPDATE e911.ali_delivery SET host_keys = %s",
                         [stranger, drop.key])
    wait_delivered(postgres, 1)
    assert len(drop.read("west-000001.dat")) > 2 * 40000
    assert_is_complete(postgres, drop)
    # The connection is cut in the middle of an upload.
    drop.fault.set(40000)
    change_all(postgres, "Cut")
    push(ctl)
    wait_delivered(postgres, 2)
    assert drop.fault.happened.is_set()
    assert_is_complete(postgres, drop)
    # e911d is killed there.
    drop.fault.set(40000, e911d.process.popen.kill)
    change_all(postgres, "Killed")
    push(ctl)
    wait_until(drop.fault.happened.is_set, "e911d is killed", 40)
    e911d.kill()
    assert "west-000003.dat" not in drop.files()
    e911d.start()
    wait_delivered(postgres, 3)
    # Nobody answers; then the disk is full.
    drop.stop()
    change_all(postgres, "Away")
    push(ctl)
    wait_until(lambda: error_of(postgres), "it fails", 40)
    status, out, _ = ctl.run("ali", "status")
    assert status == 1 and "cannot be looked at" in out
    if way == "sftp":
        fill_disk(drop, "west-000004.dat.part")
    drop.start()
    push(ctl)
    if way == "sftp":
        wait_error(postgres, "west-000004.dat.part cannot be put")
        os.unlink(os.path.join(drop.path, "west-000004.dat.part"))
        push(ctl)
    wait_delivered(postgres, 4)
    assert_is_complete(postgres, drop)
    assert ali_drop.PASSWORD not in e911d.log_text()


@pytest.mark.parametrize("way", ["ftps", "https"])
def test_a_server_with_another_certificate_is_given_nothing(
        postgres, drop_by, way):
    drop = drop_by(way, ca_file=None)
    wait_error(postgres, "its certificate is wrong")
    assert drop.files() == []
    postgres.execute("UPDATE e911.ali_delivery SET ca_file = 'ca.pem'")
    wait_delivered(postgres, 1)
    assert_is_complete(postgres, drop)


def test_a_directory_has_whole_files_by_their_names(e911d, postgres, ctl,
                                                    drop_by):
    drop = drop_by("directory",
                   file_name="{company_id}.{cycle}.{provider}")
    wait_delivered(postgres, 1)
    assert drop.files() == ["LARKS.000001.west"]
    assert_is_complete(postgres, drop)
    # The answer of an attempt was not heard.
    postgres.execute("UPDATE e911.ali_file SET delivered_at = NULL")
    push(ctl)
    wait_delivered(postgres, 1)
    assert_is_complete(postgres, drop)
    # Another file of that name is never written over.
    change_all(postgres, "Other")
    with open(os.path.join(drop.path, "LARKS.000002.west"), "wb") as out:
        out.write(b"other")
    push(ctl)
    wait_error(postgres, "another file has its name, 5 bytes of")
    assert drop.read("LARKS.000002.west") == b"other"
    status, out, _ = ctl.run("ali", "deliveries", "--json")
    assert status == 1 and '"waiting":1' in out
    os.unlink(os.path.join(drop.path, "LARKS.000002.west"))
    push(ctl)
    wait_delivered(postgres, 2)
    assert_is_complete(postgres, drop)
    fill_disk(drop, "LARKS.000003.west.part")
    change_all(postgres, "Full")
    push(ctl)
    wait_error(postgres, "LARKS.000003.west.part cannot be put")
    os.unlink(os.path.join(drop.path, "LARKS.000003.west.part"))
    push(ctl)
    wait_delivered(postgres, 3)
    assert_is_complete(postgres, drop)
    assert ctl.run("ali", "push", "east")[0] == 3
