# SPDX-License-Identifier: GPL-2.0-or-later
"""e911ctl history and undo over a real PostgreSQL."""
import os

import pytest

from ctl import Ctl


@pytest.fixture
def ctl(request, postgres):
    return Ctl(os.path.realpath(request.config.getoption("--build")),
               "--postgres", postgres.conninfo()
               + " options='-c role=e911_operator'")


def name_of(postgres, number):
    return postgres.value("SELECT name FROM e911.endpoint WHERE number = %s",
                          number)


def last(ctl):
    status, told = ctl.json("history", "--limit", "1")
    assert status == 0 and len(told["changes"]) == 1
    return told["changes"][0]


def test_a_change_is_told_and_taken_back(ctl, postgres):
    postgres.execute("UPDATE e911.endpoint SET name = 'Avery Reyes'"
                     " WHERE number = '+12065550121'")
    change = last(ctl)
    assert change["what"] == "endpoint: 1 changed"
    assert change["changed_by"] == "postgres" and change["undoes"] is None
    number = str(change["change"])
    status, told = ctl.json("history", number)
    assert status == 0
    assert told["rows"][0]["what"] == "name: Ava Reyes -> Avery Reyes"
    status, out, _ = ctl.run("undo", number, "--dry-run")
    assert status == 0 and "nothing was changed" in out
    assert name_of(postgres, "+12065550121") == "Avery Reyes"
    assert last(ctl)["change"] == change["change"]
    status, out, _ = ctl.run("undo", number, "--reason", "a slip")
    assert status == 0 and f"change {number} is undone" in out
    assert name_of(postgres, "+12065550121") == "Ava Reyes"
    undone = last(ctl)
    assert undone["undoes"] == change["change"]
    assert undone["reason"] == "a slip"
    assert undone["application"] == "e911ctl"
    # Who regrets it undoes the undoing.
    status, _, _ = ctl.run("undo", str(undone["change"]))
    assert status == 0
    assert name_of(postgres, "+12065550121") == "Avery Reyes"


def test_what_was_changed_since_is_not_taken_back(ctl, postgres):
    postgres.execute("UPDATE e911.endpoint SET name = 'One'"
                     " WHERE number = '+12065550121'")
    number = str(last(ctl)["change"])
    postgres.execute("UPDATE e911.endpoint SET name = 'Two'"
                     " WHERE number = '+12065550121'")
    before = last(ctl)["change"]
    status, out, err = ctl.run("undo", number)
    assert status == 1 and not out and "PostgreSQL refuses" in err
    assert name_of(postgres, "+12065550121") == "Two"
    assert last(ctl)["change"] == before


def test_it_is_told_in_words(ctl, postgres):
    postgres.execute("DELETE FROM e911.site_number")
    status, out, _ = ctl.run("history", "--limit", "2")
    assert status == 0 and len(out.splitlines()) == 2
    assert "postgres" in out and "site_number: " in out.splitlines()[0]
    status, out, _ = ctl.run("history", str(last(ctl)["change"]))
    assert out.splitlines()[1].startswith("  removed site_number ")


@pytest.mark.parametrize("arguments, status, why", [
    (["history", "x"], 3, "'x' is no number of a change"),
    (["history", "999999999"], 3, "there is no change 999999999"),
    (["history", "--limit", "0"], 3, "no whole number"),
    (["undo", "999999999"], 1, "there is no change 999999999"),
    (["undo", "1;2"], 3, "'1;2' is no number of a change"),
    (["undo"], 3, "undo wants CHANGE"),
    (["undo", "1", "--reason", "x" * 600], 3, "--reason: at most 512"),
])
def test_what_is_wrong_is_said(ctl, arguments, status, why):
    got, out, err = ctl.run(*arguments)
    assert got == status and why in err and not out


def test_a_reader_reads_and_does_not_undo(ctl, postgres):
    reader = Ctl(os.path.dirname(os.path.dirname(ctl.program)),
                 "--postgres", postgres.conninfo()
                 + " options='-c role=e911_reader'")
    number = str(last(reader)["change"])
    status, _, err = reader.run("undo", number)
    assert status == 3 and "permission denied" in err
