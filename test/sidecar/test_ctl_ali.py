# SPDX-License-Identifier: GPL-2.0-or-later
"""e911ctl ali: files for a provider, and what it answers."""
import os

import pytest

import ali_reader
from test_ali import (FLOOR_3, elin_of, provider, wait_until_derived,  # noqa
                      wanted)
from harness.wait import wait_until


@pytest.fixture
def kept(e911d, postgres, provider):  # noqa: F811
    """e911d keeps the records of one provider in step."""
    e911d.start()
    wait_until_derived(postgres)
    return provider


def read(path, layout="nena-2.1"):
    with open(path, "rb") as file:
        return ali_reader.read(layout, file.read())


def functions(records):
    return {"+1" + r["npa"] + r["calling_number"]: r["function_code"]
            for r in records}


def state(postgres, number):
    return postgres.value("SELECT state FROM e911.ali_record"
                          " WHERE number = %s", number)


def move(postgres, floor):
    postgres.execute("UPDATE e911.location SET floor = %s WHERE name = %s",
                     floor, FLOOR_3)
    wait_until_derived(postgres)
    wait_until(lambda: wanted(postgres, elin_of(postgres))["location"]
               .startswith(f"FL {floor}"), "the record is derived", 30)


def error_file(tmp_path, path, number, code, at=378):
    """The record as it was sent, with a code written into it."""
    with open(path, "rb") as file:
        lines = file.read().split(b"\r\n")
    line = next(x for x in lines if x[1:11].decode() == number[2:])
    line = line.ljust(at + 2)
    answer = tmp_path / "answer.dat"
    answer.write_bytes(line[:at - 1] + code + line[at + 2:] + b"\r\n")
    return str(answer)


def test_a_file_has_what_is_pending_and_then_nothing(ctl, postgres, kept,
                                                     tmp_path):
    status, out, _ = ctl.run("ali", "status")
    assert status == 1 and "pending" in out
    audit = "west has not accepted its ALI record"
    assert f"{audit}: pending" in ctl.run("audit", "--quick")[1]
    status, out, _ = ctl.run("ali", "export", kept, str(tmp_path),
                             "--dry-run")
    path = str(tmp_path / "west-000001.dat")
    assert status == 0 and path in out and "not marked" in out
    first = read(path)
    status, out, _ = ctl.run("ali", "export", kept, str(tmp_path))
    assert status == 0 and out.startswith(f"{path}: ")
    header, records, trailer = read(path)
    assert functions(records) == functions(first[1])
    assert header["company_name"].strip() == "LARKSPUR"
    assert header["cycle_counter"] == "     1"
    assert int(trailer["record_count"]) == len(records) > 0
    assert set(functions(records).values()) == {"I"}
    assert len({r["order_number"] for r in records}) == len(records)
    assert postgres.value("SELECT count(*) FROM e911.elin e WHERE NOT"
                          " e.elin = ANY (%s)", list(functions(records))) == 0
    [record] = [r for r in records
                if "+1" + r["npa"] + r["calling_number"] == elin_of(postgres)]
    assert record["street_name"].strip() == "MILL"
    assert record["company_id"] == "LARKS"
    status, out, _ = ctl.run("ali", "export", kept, str(tmp_path))
    assert (status, out) == (0, "nothing is to be sent\n")
    assert not [f for f in os.listdir(tmp_path) if f.endswith(".part")]
    status, out, _ = ctl.run("ali", "accept", kept, "1")
    assert status == 0 and out.startswith(f"{len(records)} records")
    assert ctl.run("ali", "status")[0] == 0
    assert audit not in ctl.run("audit", "--quick")[1]
    status, out, _ = ctl.run("report", "ali", "--csv")
    assert status == 0 and "accepted" in out and "pending" not in out


def test_what_a_provider_rejects(ctl, postgres, kept, tmp_path):
    number = elin_of(postgres)
    path = str(tmp_path / "one.dat")
    assert ctl.run("ali", "export", kept, path)[0] == 0
    answer = error_file(tmp_path, path, number, b"709")
    status, out, _ = ctl.run("ali", "import-errors", kept, answer)
    assert status == 1
    assert f"{number} 709 rejected: street is not found" in out
    assert state(postgres, number) == "rejected"
    status, out, _ = ctl.run("ali", "import-errors", kept, answer)
    assert f"{number} 709 stale" in out
    assert ctl.run("ali", "accept", kept, "1")[0] == 0
    assert ctl.run("ali", "export", kept, path)[1] == "nothing is to be sent\n"
    move(postgres, "7")
    status, out, _ = ctl.run("ali", "export", kept, path)
    assert functions(read(path)[1])[number] == "I"
    # Another node of the provider had it all the time.
    status, out, _ = ctl.run("ali", "import-errors", kept,
                             error_file(tmp_path, path, number, b"702"))
    assert status == 0 and f"{number} 702 pending" in out
    assert ctl.run("ali", "export", kept, path)[0] == 0
    assert functions(read(path)[1]) == {number: "C"}
    assert ctl.run("ali", "accept", kept, "3")[0] == 0
    assert state(postgres, number) == "accepted"


def test_a_code_may_stand_behind_the_record(ctl, postgres, kept, tmp_path):
    number = elin_of(postgres)
    postgres.execute("UPDATE e911.ali_provider SET error_code_start = 513")
    path = str(tmp_path / "one.dat")
    assert ctl.run("ali", "export", kept, path)[0] == 0
    status, out, _ = ctl.run("ali", "import-errors", kept, error_file(
        tmp_path, path, number, b"101", at=513))
    assert status == 1 and f"{number} 101 rejected" in out
    assert ctl.run("ali", "resend", kept, number)[1] == f"{number}: pending\n"


def test_what_is_no_answer_changes_nothing(ctl, postgres, kept, tmp_path):
    path = str(tmp_path / "one.dat")
    assert ctl.run("ali", "export", kept, path)[0] == 0
    (tmp_path / "junk").write_bytes(b"\0\xff" * 3000 + b"\nx\n")
    status, out, err = ctl.run("ali", "import-errors", kept,
                               str(tmp_path / "junk"))
    assert status == 1 and "2 lines unread" in out and "line 2:" in err
    status, out, _ = ctl.run("ali", "import-errors", kept, path)
    assert status == 1 and " without code" in out
    assert postgres.value("SELECT count(*) FROM e911.ali_record"
                          " WHERE state <> 'sent'") == 0


def test_a_providers_extract_is_compared(ctl, postgres, kept, tmp_path):
    number = elin_of(postgres)
    path = str(tmp_path / "extract.dat")
    assert ctl.run("ali", "export", kept, path)[0] == 0
    count = len(read(path)[1])
    status, out, _ = ctl.run("ali", "verify", kept, path)
    assert status == 0 and f"{count} equal, 0 differ, 0 missing" in out
    move(postgres, "6")
    # One less, and one that nobody knows.
    with open(path, "rb") as file:
        lines = file.read().split(b"\r\n")
    stranger = lines[1][:1] + b"3605550100" + lines[1][11:]
    gone = next(x for x in lines[1:-2] if x[1:11].decode() != number[2:])
    lines[lines.index(gone)] = stranger
    (tmp_path / "extract.dat").write_bytes(b"\r\n".join(lines))
    status, out, _ = ctl.run("ali", "verify", kept, path)
    assert status == 1
    assert f"{number} differs: location" in out
    assert "+13605550100 is there, and should not be" in out
    assert f"+1{gone[1:11].decode()} is missing" in out


@pytest.mark.parametrize("said, why", [
    (["ali", "export", "nobody", "x"], "there is no ALI provider 'nobody'"),
    (["ali", "export", "west"], "ali export takes PROVIDER FILE"),
    (["ali", "sing"], "there is no 'ali sing'"),
    (["ali", "resend", "west", "+12065550001"], "has no record"),
    (["ali", "export", "west", "/nowhere/x"], "/nowhere/x"),
])
def test_what_cannot_be_done_is_told(ctl, kept, said, why):
    status, _, err = ctl.run(*said)
    assert status == 3 and why in err


def test_codes_have_a_meaning_and_advice(ctl):
    status, out, _ = ctl.run("ali", "codes", "709")
    assert status == 0 and "not found in the MSAG" in out
    assert ctl.run("ali", "codes", "999")[0] == 1
    assert len(ctl.run("ali", "codes")[1].splitlines()) > 90
