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


def put_errors(drop, name, code, lines=slice(0, 20), sent="west-000001.dat"):
    """The provider rejects some records of a file; their numbers."""
    records = drop.read(sent).split(b"\r\n")[1:-2][lines]
    path = os.path.join(drop.answers, name)
    with open(path + ".new", "wb") as out:
        for line in records:
            out.write(line[:377] + code + line[380:] + b"\r\n")
    os.rename(path + ".new", path)
    return ["+1" + line[1:11].decode("ascii") for line in records]


def fetch(postgres, drop, **columns):
    columns = {**drop.fetch, **columns}
    postgres.execute(
        f"INSERT INTO e911.ali_fetch (ali_provider_id, {', '.join(columns)})"
        f" SELECT ali_provider_id, {', '.join(['%s'] * len(columns))}"
        "   FROM e911.ali_provider", *columns.values())


def wait_response(postgres, name, state):
    wait_until(lambda: postgres.value(
        "SELECT EXISTS (SELECT FROM e911.ali_response"
        " WHERE name = %s AND state = %s)", name, state),
        f"{name} is {state}", 40)


def rejected(postgres, numbers):
    return {row["state"] for row in postgres.query(
        "SELECT state FROM e911.ali_record WHERE number = ANY (%s)", numbers)}


def assert_errors_are_read(postgres, ctl, drop, removes):
    name = drop.fetch["names"].replace("*", "one")
    numbers = put_errors(drop, name, b"709")
    fetch(postgres, drop, removes=removes)
    wait_response(postgres, name, "read")
    assert rejected(postgres, numbers) == {"rejected"}
    if removes:
        wait_until(lambda: not os.listdir(drop.answers), "it is removed", 40)
        return
    # Its bytes are read once; other bytes under its name are another file.
    others = put_errors(drop, name, b"709", slice(20, 25))
    push(ctl)
    wait_until(lambda: rejected(postgres, others) == {"rejected"},
               "the other file is read", 40)
    push(ctl)
    wait_until(lambda: postgres.value(
        "SELECT fetch_at > now() FROM e911.ali_fetch_state"),
        "it is looked again", 40)
    assert postgres.value("SELECT count(*) FROM e911.ali_response") == 2


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
    postgres.execute("UPDATE e911.ali_delivery_state SET attempts = 7")
    push(ctl)
    wait_until(lambda: postgres.value(
        "SELECT EXISTS (SELECT FROM e911.call_event"
        " WHERE kind = 'ali.undelivered')"), "what fails is told", 40)
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
    name = "answer.err"
    numbers = put_errors(drop, name, b"709", sent="west-000004.dat")
    put_errors(drop, "other.txt", b"709", slice(20, 25), "west-000004.dat")
    fetch(postgres, drop, removes=True)
    wait_response(postgres, name, "read")
    assert rejected(postgres, numbers) == {"rejected"}
    wait_until(lambda: os.listdir(drop.answers) == ["other.txt"],
               "it is removed there", 40)
    assert ali_drop.PASSWORD not in e911d.log_text()


@pytest.mark.parametrize("way", ["ftps", "https"])
def test_a_server_with_another_certificate_is_given_nothing(
        postgres, ctl, drop_by, way):
    drop = drop_by(way, ca_file=None)
    wait_error(postgres, "its certificate is wrong")
    assert drop.files() == []
    postgres.execute("UPDATE e911.ali_delivery SET ca_file = 'ca.pem'")
    wait_delivered(postgres, 1)
    assert_is_complete(postgres, drop)
    assert_errors_are_read(postgres, ctl, drop, removes=way == "ftps")


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
    # Another file of that name, as long as ours, is not taken for it, nor
    # written over.
    other = b"x" * (len(drop.read("LARKS.000001.west")) - 19 * 514)
    change_all(postgres, "Other")
    with open(os.path.join(drop.path, "LARKS.000002.west"), "wb") as out:
        out.write(other)
    push(ctl)
    wait_error(postgres, f"its name, {len(other)} bytes of {len(other)} are")
    assert drop.read("LARKS.000002.west") == other
    status, out, _ = ctl.run("ali", "deliveries", "--json")
    assert status == 1 and '"waiting":1' in out
    os.unlink(os.path.join(drop.path, "LARKS.000002.west"))
    push(ctl)
    wait_delivered(postgres, 2)
    assert_is_complete(postgres, drop)
    # What others have put there holds nobody: a link, a FIFO.
    part = os.path.join(drop.path, "LARKS.000003.west.part")
    fill_disk(drop, "LARKS.000003.west.part")
    change_all(postgres, "Full")
    push(ctl)
    wait_error(postgres, "put: Too many levels of symbolic links")
    os.unlink(part)
    os.mkfifo(part)
    push(ctl)
    wait_error(postgres, "put: No such device or address")
    os.unlink(part)
    push(ctl)
    wait_delivered(postgres, 3)
    assert_is_complete(postgres, drop)
    assert ctl.run("ali", "push", "east")[0] == 3


def test_files_of_errors_are_read_once_or_put_aside(e911d, postgres, ctl,
                                                    drop_by):
    drop = drop_by("directory")
    wait_delivered(postgres, 1)
    numbers = put_errors(drop, "a.err", b"709")
    with open(os.path.join(drop.answers, "junk.err"), "wb") as out:
        out.write(b"\x00\xff" * 400 + b"\n" + b"x\n" * 30)
    # The provider has not written all of it yet.
    unfinished = put_errors(drop, "b.err", b"709", slice(20, 26))
    path = os.path.join(drop.answers, "b.err")
    with open(path, "rb+") as file:
        whole = file.read()
        file.truncate(len(whole) - 100)
    with open(os.path.join(drop.answers, "big.err"), "wb") as out:
        out.truncate(33 << 20)
    fetch(postgres, drop)
    wait_response(postgres, "a.err", "read")
    assert rejected(postgres, numbers) == {"rejected"}
    wait_until(lambda: "big.err cannot be fetched: File too large"
               in ctl.run("ali", "status")[1], "it is told", 40)
    wait_response(postgres, "b.err", "unfinished")
    assert rejected(postgres, unfinished) == {"sent"}
    with open(path, "wb") as file:
        file.write(whole)
    push(ctl)
    wait_response(postgres, "b.err", "read")
    assert rejected(postgres, unfinished) == {"rejected"}
    # What makes no sense is kept, and told.
    wait_response(postgres, "junk.err", "unreadable")
    aside = os.path.join(e911d.state, "ali-unread")
    [kept] = os.listdir(aside)
    assert kept.startswith("west-") and kept.endswith("-junk.err")
    with open(os.path.join(aside, kept), "rb") as file:
        assert file.read().startswith(b"\x00\xff")
    wait_until(lambda: postgres.value(
        "SELECT count(*) FROM e911.call_event"
        " WHERE kind = 'ali.unreadable'") == 1, "it is an event", 40)
    # A directory that is away: deliveries go on.
    os.rename(drop.answers, drop.answers + ".away")
    change_all(postgres, "Away")
    push(ctl)
    wait_delivered(postgres, 2)
    wait_until(lambda: "No such file" in ctl.run("ali", "status")[1],
               "it is told", 40)
