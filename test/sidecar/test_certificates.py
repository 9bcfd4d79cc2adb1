# SPDX-License-Identifier: GPL-2.0-or-later
"""Certificates that end soon: the log, an event, a counter."""
import datetime
import os
import signal

import pytest

from harness.authority import Authority
from harness.wait import wait_until

DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)


@pytest.fixture(name="issue")
def authority(e911d):
    """Put a certificate that ends so much later into place, and its path."""
    folder = os.path.join(e911d.directory, "authority")
    ours = Authority(folder)
    path = os.path.join(e911d.directory, "cert.pem")

    def issue(end):
        made, _ = ours.issue("gw1.example.com", "gw1.example.com",
                             start=-100 * DAY, end=end)
        os.replace(made, path)
        return path
    return issue


def told(postgres):
    return [row["detail"] for row in postgres.query(
        "SELECT detail FROM e911.call_event"
        " WHERE kind = 'certificate.expires' ORDER BY at")]


def wait_told(e911d, postgres, count):
    wait_until(lambda: len(told(postgres)) >= count,
               f"{count} alarms are stored", 30, [e911d.process])
    assert len(told(postgres)) == count
    return told(postgres)[-1]


def watch(e911d, path):
    e911d.settings.update({"certificates": path,
                           "certificates_interval_s": 1})
    e911d.start_and_wait()


def test_each_stage_is_told_once(e911d, postgres, issue):
    """As a certificate is replaced by ones that end earlier and earlier, and
    over a restart; a good one is told of in the log."""
    stages = [(29 * DAY + HOUR, "ends in 29 days"),
              (13 * DAY + HOUR, "ends in 13 days"),
              (6 * DAY + HOUR, "ends in 6 days"),
              (3 * HOUR + HOUR / 2, "ends in 3 hours"),
              (-HOUR, "has ended")]
    watch(e911d, issue(40 * DAY))
    for number, (end, reason) in enumerate(stages, 1):
        path = issue(end)
        detail = wait_told(e911d, postgres, number)
        assert detail["reason"] == reason
        assert detail["file"] == path
        assert detail["certificate"] == "CN = gw1.example.com"
        assert detail["ends_at"]
        assert f"'CN = gw1.example.com' of '{path}' {reason}" in \
            e911d.log_text()
    e911d.process.signal(signal.SIGUSR1)
    wait_until(lambda: "certificates.alarms 5" in e911d.log_text(),
               "the counter is told", 30)
    e911d.stop()
    e911d.start_and_wait()
    wait_until(lambda: e911d.log_text().count("has ended") == 2,
               "it is told in the log again", 30)
    issue(400 * DAY)
    wait_until(lambda: "is good again" in e911d.log_text(),
               "the new certificate is seen", 30)
    # The one event that both processes told of is there once.
    assert len(told(postgres)) == 5


def test_a_file_that_is_gone_is_told(e911d, postgres, issue):
    path = issue(100 * DAY)
    watch(e911d, path)
    os.unlink(path)
    detail = wait_told(e911d, postgres, 1)
    assert detail == {"file": path, "reason": "cannot be read",
                      "problem": "No such file or directory"}


def test_a_list_that_makes_no_sense_is_refused(e911d):
    e911d.settings["certificates"] = "cert.pem"
    e911d.write_config()
    status, text = e911d.run()
    assert status == 2
    assert "no list of absolute paths" in text
