# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is told of a call: from the journal to a web server and PostgreSQL."""
import collections
import json
import os
import sys
import time
import uuid

import pytest

from harness.authority import Authority
from harness.wait import wait_until

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "test", "lib"))
from receivers import Hook, free_port  # noqa: E402  (the path comes first)

ALERTS = "'{emergency_call,relay_call,undefined_location,endpoint_unlocated}'"


@pytest.fixture(name="authority", scope="module")
def made_authority(tmp_path_factory):
    one = Authority(str(tmp_path_factory.mktemp("authority")))
    one.context = one.server(one.issue("server", "127.0.0.1", "localhost"))
    return one


@pytest.fixture(name="hook")
def web_server(authority):
    with Hook(tls=authority.context) as one:
        yield one


@pytest.fixture(name="teller")
def notifying(e911d, authority):
    e911d.settings.update({"notify_networks": "127.0.0.0/8",
                           "notify_ca": authority.path("ca.pem"),
                           "notify_retry_min_ms": 50,
                           "notify_retry_max_ms": 400})
    return e911d


def add_recipient(postgres, address, name="hook", **more):
    columns = {"name": f"'{name}'", "channel": "'webhook'",
               "address": f"'{address}'", "events": ALERTS, **more}
    return postgres.value(
        f"INSERT INTO e911.recipient (organization_id,"
        f" {', '.join(columns)}) SELECT organization_id,"
        f" {', '.join(columns.values())} FROM e911.organization"
        " WHERE name = 'Larkspur Insurance' RETURNING recipient_id")


def started(postgres, number, at=None):
    """A call that begins now, as the module tells it."""
    call = uuid.UUID(int=0xabcd0000_0000_4000_8000_000000000000 + number)
    org, endpoint, location = postgres.query(
        "SELECT organization_id, endpoint_id, location_id FROM e911.endpoint"
        " WHERE name = 'Ben Okafor'")[0].values()
    at = at or int(time.time() * 1000)
    return (f"event call.started {call} {at} service=emergency"
            f" organization_id={org} endpoint_id={endpoint}"
            f" location_id={location} routed_by=psap identified_by=extension"
            " caller_number=4102 callback_number=%2b12065550114"
            f" sip_call_id=a{number}%40pbx")


def ids(hook):
    return [one.headers["webhook-id"] for one in hook.posts]


def states(postgres):
    return collections.Counter(row["state"] for row in postgres.query(
        "SELECT state FROM e911.notification"))


def wait_rows(teller, postgres, **wanted):
    wait_until(lambda: states(postgres) == wanted, f"rows are {wanted}", 30,
               [teller.process])


def url(hook, path="/hook"):
    return f"https://127.0.0.1:{hook.port}{path}"


def test_a_call_is_told_at_once_and_stored_once(teller, postgres, hook):
    add_recipient(postgres, url(hook))
    teller.start_and_wait()
    teller.write_journal(started(postgres, 1))
    wait_until(lambda: hook.posts, "the web server is told", 30,
               [teller.process])
    body = json.loads(hook.posts[0].body)
    assert body["event"] == "emergency_call"
    assert body["callback_number"] == "+12065550114"
    wait_rows(teller, postgres, delivered=1)
    row = postgres.query("SELECT * FROM e911.notification")[0]
    assert str(row["notification_id"]) == hook.posts[0].headers["webhook-id"]
    assert row["attempts"] == 1 and row["status"] == 200
    assert row["channel"] == "webhook" and row["event"] == "emergency_call"
    assert row["first_attempt_at"] >= row["queued_at"]
    wait_until(lambda: postgres.value(
        "SELECT count(*) FROM e911.call WHERE started_at IS NOT NULL"),
        "the call is stored", 30, [teller.process])
    assert postgres.query("SELECT is_in_time, alerts, why FROM"
                          " e911.notification_compliance")[0] == {
        "is_in_time": True, "alerts": 1, "why": None}
    assert postgres.value("SELECT count(*) FROM e911.call_timeline"
                          " WHERE step IN ('alert sent', 'alert delivered')"
                          ) == 2


def test_without_postgresql_and_killed_each_is_told_once(teller, postgres,
                                                         hook):
    """PostgreSQL is down, e911d is killed again and again, both come back."""
    add_recipient(postgres, url(hook))
    add_recipient(postgres, f"https://127.0.0.1:{free_port()}/dead", "dead")
    teller.start_and_wait()
    lines = [started(postgres, number) for number in range(60)]
    postgres.stop()
    told = 0
    for chunk in range(0, 60, 10):
        teller.write_journal(*lines[chunk:chunk + 10])
        told += 10
        wait_until(lambda: len(set(ids(hook))) == told,
                   f"{told} calls are told", 30, [teller.process])
        teller.kill()
        teller.start()
    postgres.start()
    wait_until(lambda: sum(states(postgres).values()) == 120,
               "all rows are there", 40, [teller.process])
    wait_rows(teller, postgres, delivered=60, waiting=60)
    # Only what was killed between an answer and its commit is told again, by
    # the same id.
    assert len(set(ids(hook))) == 60
    assert {str(row["notification_id"]) for row in postgres.query(
        "SELECT notification_id FROM e911.notification"
        " WHERE state = 'delivered'")} == set(ids(hook))
    before = len(ids(hook))
    teller.stop()
    teller.start_and_wait()
    teller.write_journal(started(postgres, 999))
    wait_until(lambda: len(set(ids(hook))) == 61, "another one is told", 30,
               [teller.process])
    assert len(ids(hook)) == before + 1


def test_a_target_that_was_away_gets_all_and_slows_no_other(teller, postgres,
                                                            authority, hook):
    port = free_port()
    add_recipient(postgres, url(hook))
    add_recipient(postgres, f"https://127.0.0.1:{port}/away", "away")
    teller.start_and_wait()
    lines = [started(postgres, number) for number in range(500)]
    began = time.monotonic()
    for chunk in range(0, 500, 100):
        teller.write_journal(*lines[chunk:chunk + 100])
    wait_until(lambda: len(ids(hook)) == 500, "the other one has all", 30,
               [teller.process])
    assert time.monotonic() - began < 20
    with Hook(tls=authority.context, port=port) as away:
        wait_until(lambda: len(set(ids(away))) == 500,
                   "all are told when it is back", 40, [teller.process])
        wait_rows(teller, postgres, delivered=1000)
        assert len(ids(away)) == 500


def test_a_doubtful_ali_record_is_told_once(teller, postgres, hook):
    """PostgreSQL finds it out; e911d is killed before it has said so."""
    add_recipient(postgres, url(hook), events="'{ali_doubtful}'")
    postgres.execute("INSERT INTO e911.ali_provider (name, company_name,"
                     " company_id) VALUES ('west', 'LARKSPUR', 'LARKS')")
    postgres.execute("INSERT INTO e911.ali_numbers (ali_provider_id)"
                     " SELECT ali_provider_id FROM e911.ali_provider")
    teller.start_and_wait()
    teller.write_journal(started(postgres, 1))
    wait_until(lambda: hook.posts, "the web server is told", 30,
               [teller.process])
    body = json.loads(hook.posts[0].body)
    assert body["event"] == "ali_doubtful"
    assert body["callback_number"] == "+12065550114"
    assert body["provider"] == "west"
    assert body["reason"] in ("pending", "missing")
    assert body["caller_number"] == "4102"
    wait_rows(teller, postgres, delivered=1)
    wait_until(lambda: not postgres.value(
        "SELECT count(*) FROM e911.ali_doubt"), "nothing waits", 30,
        [teller.process])
    # As if it had died before it said so.
    teller.kill()
    postgres.execute("INSERT INTO e911.ali_doubt (event_id) SELECT event_id"
                     " FROM e911.call_event WHERE kind = 'ali.doubtful'")
    teller.start_and_wait()
    wait_until(lambda: not postgres.value(
        "SELECT count(*) FROM e911.ali_doubt"), "nothing waits again", 30,
        [teller.process])
    wait_rows(teller, postgres, delivered=1)
    assert len(set(ids(hook))) == 1


def test_what_is_refused_is_given_up_and_reported(teller, postgres, hook):
    hook.status = 404
    add_recipient(postgres, url(hook))
    teller.start_and_wait()
    teller.write_journal(started(postgres, 1))
    wait_rows(teller, postgres, **{"given up": 1})
    assert len(hook.posts) == 1
    wait_until(lambda: postgres.value(
        "SELECT why FROM e911.notification_compliance"), "why is known", 30,
        [teller.process])
    assert postgres.value(
        "SELECT why FROM e911.notification_compliance").startswith(
        "attempts failed: webhook ")


def test_a_second_way_is_used_when_the_first_fails(teller, postgres, hook):
    first = add_recipient(postgres, url(hook, "/first"), "first")
    add_recipient(postgres, url(hook, "/second"), "second",
                  instead_of=str(first), after_s="1")
    hook.by_path["/first"] = (503, {}, b"later")
    teller.start_and_wait()
    teller.write_journal(started(postgres, 1))
    wait_until(lambda: any(one.path == "/second" for one in hook.posts),
               "the second one is told", 30, [teller.process])
    hook.by_path.clear()
    wait_rows(teller, postgres, delivered=2)
    teller.write_journal(started(postgres, 2))
    wait_rows(teller, postgres, delivered=3, cancelled=1)
    assert [one.path for one in hook.posts].count("/second") == 1


def test_nobody_is_told_when_nobody_wishes(teller, postgres):
    teller.start_and_wait()
    teller.write_journal(started(postgres, 1))
    wait_until(lambda: postgres.value("SELECT count(*) FROM e911.call"),
               "the call is stored", 30, [teller.process])
    assert postgres.value("SELECT why FROM e911.notification_compliance") \
        .startswith("nobody was to be told")


def test_lost_notices_cost_nothing_but_themselves(teller, postgres, hook):
    add_recipient(postgres, f"https://127.0.0.1:{free_port()}/dead", "dead")
    teller.start_and_wait()
    teller.write_journal(started(postgres, 1))
    wait_rows(teller, postgres, waiting=1)
    teller.stop()
    os.truncate(os.path.join(teller.state, "notices", "data.mdb"), 4096)
    add_recipient(postgres, url(hook))
    teller.start_and_wait()
    teller.wait_log("notices' is damaged; it is made again")
    teller.write_journal(started(postgres, 2))
    wait_until(lambda: hook.posts, "the next call is told", 30,
               [teller.process])


def test_who_is_to_be_told_may_be_known_later(teller, postgres, hook):
    """e911d is started before PostgreSQL, without a directory."""
    add_recipient(postgres, url(hook))
    line = started(postgres, 1)
    postgres.stop()
    teller.start()
    teller.write_journal(line)
    teller.wait_log("nobody is told for")
    postgres.start()
    wait_until(lambda: hook.posts, "the call is told", 40, [teller.process])
    assert len(hook.posts) == 1
