# SPDX-License-Identifier: GPL-2.0-or-later
"""Parts go away: calls go on, and nothing that happened is lost or told
twice."""
import os
import signal
import time

import pytest

from harness import Scenario, wait_until

DID = "c10-genesys-cloud-did"
EXTENSION = "c11-genesys-cloud-extension"
ALL_EVENTS = ["call.started", "leg.invited", "leg.ringing", "call.answered",
              "call.ended"]


def play(gateway, messages, name, number=1):
    scenario = Scenario(name)
    scenario.play(gateway, os.path.join(messages, f"{number}-{name}"))
    return scenario


def check_exactly_once(gateway):
    """As many events in SQL as the module wrote, each once in its call."""
    gateway.check_idle()
    twice = gateway.postgres.query(
        "SELECT call_id, kind, count(*) FROM e911.call_event"
        " WHERE kind IN ('call.started', 'call.answered', 'call.ended')"
        " GROUP BY call_id, kind HAVING count(*) > 1")
    assert not twice


def test_e911d_is_away(own_gateway, messages):
    """Calls go by the directory on disk; their events wait in the journal."""
    own_gateway.sidecar.stop()
    played = [play(own_gateway, messages, DID, n) for n in range(3)]
    own_gateway.sidecar.start()
    for scenario in played:
        scenario.verify(own_gateway)
    check_exactly_once(own_gateway)


def test_e911d_is_killed_again_and_again(own_gateway, messages):
    """Wherever it dies between journal and SQL, each event comes once."""
    played = []
    for number in range(6):
        played.append(play(own_gateway, messages, DID, number))
        own_gateway.sidecar.kill()
        own_gateway.sidecar.start()
    for scenario in played:
        scenario.verify(own_gateway)
    check_exactly_once(own_gateway)


def test_postgresql_is_away(own_gateway, messages):
    """Neither the path nor the journal needs it."""
    own_gateway.postgres.stop()
    played = [play(own_gateway, messages, DID, n) for n in range(3)]
    own_gateway.postgres.start()
    for scenario in played:
        scenario.verify(own_gateway)
    check_exactly_once(own_gateway)


def test_started_without_postgresql_and_e911d(own_gateway, messages):
    """A node that boots alone works with what it has on disk."""
    own_gateway.kamailio.stop()
    own_gateway.sidecar.stop()
    own_gateway.postgres.stop()
    own_gateway.kamailio.start()
    scenario = play(own_gateway, messages, EXTENSION)
    own_gateway.postgres.start()
    own_gateway.sidecar.start()
    scenario.verify(own_gateway)


def test_kamailio_is_killed(own_gateway, messages):
    """What it had committed is in SQL; the next Kamailio takes calls."""
    first = play(own_gateway, messages, DID, 1)
    first.verify(own_gateway)
    own_gateway.kamailio.kill()
    own_gateway.kamailio.start()
    second = play(own_gateway, messages, DID, 2)
    second.verify(own_gateway)
    assert [e["kind"] for e in second.steps[0].events] == ALL_EVENTS


def remove(path):
    os.unlink(path)


def empty(path):
    os.truncate(path, 0)


def halve(path):
    os.truncate(path, os.path.getsize(path) // 2)


def overwrite_head(path):
    with open(path, "r+b") as file:
        file.write(b"\xa5" * 8192)


def overwrite_pages(path):
    """All but LMDB's two meta pages: the file opens, a walk would crash."""
    with open(path, "r+b") as file:
        size = os.path.getsize(path)
        file.seek(8192)
        file.write(b"\xa5" * (size - 8192))


def forbid(path):
    """As when somebody else wrote it, whose group is not ours."""
    os.chmod(path, 0)


@pytest.mark.parametrize("damage", [remove, empty, halve, overwrite_head,
                                    overwrite_pages, forbid])
def test_the_directory_is_lost(own_gateway, messages, damage):
    """The default route takes the calls, and an alarm is raised."""
    own_gateway.kamailio.stop()
    own_gateway.sidecar.stop()
    directory = os.path.join(own_gateway.state, "directory")
    for folder, _, files in os.walk(directory):
        if "data.mdb" in files:
            damage(os.path.join(folder, "data.mdb"))
    own_gateway.kamailio.start()
    Scenario("d10-default-route").play(own_gateway, messages)
    old = {os.readlink(os.path.join(directory, "current"))}
    own_gateway.sidecar.start()
    # A page that LMDB walks into ends e911d too.  It left a mark before it
    # looked; its supervisor starts it again, and it builds anew.
    wait_until(lambda: own_gateway.sidecar.process.status() is not None
               or os.readlink(os.path.join(directory, "current")) not in old,
               "e911d has built anew, or has met the damage", 30)
    if own_gateway.sidecar.process.status() is not None:
        assert damage is overwrite_pages
        own_gateway.sidecar.start()
    wait_until(lambda: own_gateway.postgres.value(
        "SELECT count(*) FROM e911.call_event"
        " WHERE kind = 'directory.damaged'"),
        "the alarm is in SQL", 30, own_gateway.services())
    # e911d builds a new directory, the workers take it up: each at its next
    # request, once they are told that it is another one.
    def is_back():
        seen = own_gateway.kamailio.rpc("e911.directory")
        return (seen.get("state"), seen.get("changes")) == ("in use", "told of")
    wait_until(is_back, "the directory is in use again", 30,
               own_gateway.services())
    Scenario(DID).run(own_gateway, messages)


def test_nobody_tells_of_changes(own_gateway):
    """The process that watches the directory hangs: who reads looks for
    itself."""
    kamailio = own_gateway.kamailio
    wait_until(lambda: kamailio.rpc("e911.directory")["changes"] == "told of",
               "the directory is watched", 10, own_gateway.services())
    watch = next(row["PID"] for row in kamailio.rpc("core.psx")
                 if row["DSC"] == "e911 directory")
    os.kill(watch, signal.SIGSTOP)
    try:
        own_gateway.provision("UPDATE e911.endpoint SET callback_number ="
                              " '+13605550149' WHERE name = 'Cleo Marsh'")
    finally:
        os.kill(watch, signal.SIGCONT)
    own_gateway.provision("SELECT e911.directory_rebuild()")


def test_a_change_is_waited_for_whatever_its_number(own_gateway):
    """Of the harness itself: 1000 comes behind 999."""
    postgres = own_gateway.postgres
    change = ("UPDATE e911.endpoint SET callback_number = %s"
              " WHERE name = 'Cleo Marsh'")
    postgres.execute(change, "+13605550140")
    own_gateway.wait_published()
    own_gateway.sidecar.stop()
    number = int(postgres.value("SELECT pg_current_xact_id()::text"))
    left = 10 ** len(str(number)) - number
    postgres.execute("DO $$ BEGIN FOR i IN 1..%s LOOP"
                     " PERFORM pg_current_xact_id(); COMMIT;"
                     " END LOOP; END $$", left)
    postgres.execute(change, "+13605550141")
    assert own_gateway.last_change()[0] > number + left - 1
    assert own_gateway.published_change() < own_gateway.last_change()
    own_gateway.sidecar.start()
    own_gateway.wait_published()


def test_a_change_is_in_force_at_once(gateway):
    """From COMMIT to the workers within 100 ms, in the middle of seven."""
    taken = []
    for number in range(7):
        gateway.postgres.execute(
            "UPDATE e911.endpoint SET callback_number = %s"
            " WHERE name = 'Cleo Marsh'", f"+1360555014{number}")
        started = time.monotonic()
        gateway.wait_published()
        taken.append(time.monotonic() - started)
    gateway.provision("UPDATE e911.endpoint SET callback_number ="
                      " '+13605550141' WHERE name = 'Cleo Marsh'")
    assert sorted(taken)[3] < 0.1, taken
