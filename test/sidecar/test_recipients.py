# SPDX-License-Identifier: GPL-2.0-or-later
"""Recipients: from SQL, through the directory, to who is told of a call."""
import os
import subprocess
import time

import pytest

from harness.wait import wait_until

ORG = "SELECT organization_id, "
FROM = " FROM e911.organization WHERE name = 'Larkspur Insurance'"


@pytest.fixture
def told(e911d, postgres):
    """Who would be told of a 911 call from floor 3, by the directory alone."""
    location = postgres.value("SELECT location_id FROM e911.location"
                              " WHERE name = 'Larkspur floor 3'")
    organization = postgres.value("SELECT organization_id" + FROM)

    def ask():
        done = subprocess.run(
            [os.path.join(e911d.bin, "notify_matcher"), e911d.state,
             str(organization), str(location)],
            capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, done.stderr
        return sorted(" ".join(line.split()[:3])
                      for line in done.stdout.splitlines())
    return ask


STEPS = [
    ("a recipient is told", "INSERT INTO e911.recipient (organization_id,"
     f" name, channel, address) {ORG} 'desk', 'email', 'a@example.com'{FROM}",
     ["email a@example.com 0"]),
    ("at another address", "UPDATE e911.recipient SET address = 'b@example.com'",
     ["email b@example.com 0"]),
    ("by a second way", "INSERT INTO e911.recipient (organization_id, name,"
     " channel, address, instead_of) SELECT organization_id, 'text', 'sms',"
     " '+12065550100', recipient_id FROM e911.recipient",
     ["email b@example.com 0", "sms +12065550100 10000"]),
    ("a step later", "UPDATE e911.recipient SET after_s = 60"
     " WHERE instead_of IS NULL",
     ["email b@example.com 60000", "sms +12065550100 70000"]),
    ("of another floor only", "UPDATE e911.recipient r SET location_id ="
     " l.location_id FROM e911.location l WHERE l.name = 'Larkspur floor 2'"
     " AND r.instead_of IS NULL", []),
    ("of this floor only", "UPDATE e911.recipient r SET location_id ="
     " l.location_id FROM e911.location l WHERE l.name = 'Larkspur floor 3'"
     " AND r.instead_of IS NULL",
     ["email b@example.com 60000", "sms +12065550100 70000"]),
    ("of tests only", "UPDATE e911.recipient SET events = '{test_call}'", []),
    ("the gateway's own", "INSERT INTO e911.recipient (name, channel, address)"
     " VALUES ('noc', 'screen', 'noc')", ["screen noc 0"]),
    ("nobody", "DELETE FROM e911.recipient", []),
]


def test_a_change_is_in_effect_within_a_second(e911d, postgres, told):
    e911d.start_and_wait()
    assert told() == []
    for what, sql, want in STEPS:
        postgres.execute(sql)
        began = time.monotonic()
        wait_until(lambda want=want: told() == want, f"{what}: {want}")
        took = time.monotonic() - began
        print(f"recipient_{what.replace(' ', '_')} {took * 1000:.1f} ms")
        assert took <= 1.0, what


def test_who_is_told_does_not_need_postgresql(e911d, postgres, told):
    postgres.execute(STEPS[0][1])
    e911d.start_and_wait()
    assert told() == STEPS[0][2]
    postgres.stop()
    assert told() == STEPS[0][2]
    e911d.stop()
    e911d.start()
    assert told() == STEPS[0][2]
