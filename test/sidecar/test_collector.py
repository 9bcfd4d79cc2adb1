# SPDX-License-Identifier: GPL-2.0-or-later
"""The collector: journal -> PostgreSQL."""
import json
import os
import random
import shutil
import signal
import socket
import threading
import time

from harness.wait import wait_until

CALL = "11111111-0000-4000-8000-000000000001"
# A time that timestamptz cannot hold: PostgreSQL will never take it.
POISON = f"event input.malformed {CALL} 10000000000000000 fault=poison"
MS = 1700000000000


def event(kind, at=MS, call=CALL, **fields):
    words = [f"{name}={value}" for name, value in fields.items()]
    return " ".join(["event", kind, call, str(at), *words])


def stored(postgres):
    return postgres.value("SELECT count(*) FROM e911.call_event")


def wait_stored(e911d, postgres, count, timeout=20):
    wait_until(lambda: stored(postgres) >= count, f"{count} events are stored",
               timeout, [e911d.process] if e911d.process else [])
    assert stored(postgres) == count


def sequences(postgres):
    """Sequence numbers in the order of storing."""
    return [int(row["event_id"][-12:], 16) for row in postgres.query(
        "SELECT event_id::text FROM e911.call_event"
        " ORDER BY stored_at, event_id")]


def refused(e911d):
    if not os.path.exists(e911d.refused):
        return []
    with open(e911d.refused, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


# ---- the plain way ----

def test_the_story_of_a_call_is_stored_in_order(e911d, postgres):
    e911d.start_and_wait()
    e911d.write_journal(
        event("call.started", MS, service="emergency", trunk_id=1,
              organization_id=1, caller_number="%2b12065550100",
              sip_call_id="a%40host"),
        event("leg.invited", MS + 5, psap_id=1, route_trunk_id=8,
              sip_call_id="b%40host"),
        event("leg.ringing", MS + 90),
        event("call.answered", MS + 900),
        event("call.ended", MS + 60000, ended_by="caller",
              outcome="answered"))
    wait_stored(e911d, postgres, 5)
    assert sequences(postgres) == [1, 2, 3, 4, 5]
    call = postgres.query("SELECT * FROM e911.call")
    assert len(call) == 1
    assert str(call[0]["call_id"]) == CALL
    assert call[0]["node"] == "gw1"
    assert call[0]["caller_number"] == "+12065550100"
    assert call[0]["outcome"] == "answered"
    assert call[0]["sip_call_id_b"] == "b@host"
    assert call[0]["answered_at"] > call[0]["started_at"]


def test_a_datagram_wakes_it_at_once(e911d, postgres):
    e911d.settings["collector_poll_ms"] = 60000
    e911d.start_and_wait()
    figures = []
    for n in range(1, 21):
        began = time.monotonic()
        e911d.write_journal(event("leg.ringing", MS + n))
        while stored(postgres) < n:
            assert time.monotonic() - began < 1.0
        figures.append(time.monotonic() - began)
    figures.sort()
    print(f"collect_median {figures[10] * 1000:.1f} ms")
    print(f"collect_worst {figures[-1] * 1000:.1f} ms")


def test_a_lost_datagram_costs_a_second_at_most(e911d, postgres):
    e911d.start_and_wait()
    e911d.write_journal(event("leg.ringing"), wake=False)
    began = time.monotonic()
    wait_stored(e911d, postgres, 1)
    assert time.monotonic() - began < 2.0


def test_without_a_wake_socket_it_still_collects(e911d, postgres):
    os.mkdir(e911d.wake)
    e911d.start_and_wait()
    assert "instead" in e911d.log_text()
    e911d.write_journal(event("leg.ringing"), wake=False)
    wait_stored(e911d, postgres, 1)


def test_datagrams_of_anybody_do_no_harm(e911d, postgres):
    e911d.start_and_wait()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        for size in (0, 1, 100, 65000):
            out.sendto(b"x" * size, e911d.wake)
    e911d.write_journal(event("leg.ringing"))
    wait_stored(e911d, postgres, 1)


# ---- bad events ----

def test_damaged_events_are_skipped_and_told(e911d, postgres):
    e911d.start_and_wait()
    e911d.write_journal(event("leg.ringing"), "damaged", "raw ",
                        "raw 00112233", event("leg.ringing", MS + 1))
    wait_stored(e911d, postgres, 2)
    assert sequences(postgres) == [1, 5]
    for sequence in (2, 3, 4):
        assert f"event {sequence} is damaged, skipped" in e911d.log_text()


def test_a_poison_event_is_set_aside_and_the_queue_goes_on(e911d, postgres):
    e911d.start_and_wait()
    e911d.write_journal(event("leg.ringing"), POISON, POISON,
                        event("leg.ringing", MS + 1), POISON,
                        event("leg.ringing", MS + 2))
    wait_stored(e911d, postgres, 3)
    assert sequences(postgres) == [1, 4, 6]
    aside = refused(e911d)
    assert [line["sequence"] for line in aside] == [2, 3, 5]
    assert aside[0]["call_id"] == CALL
    assert json.loads(aside[0]["detail"]) == {"fault": "poison"}
    assert "out of range" in aside[0]["error"]
    # Nor are they set aside again by the next one that starts.
    e911d.stop()
    e911d.start_and_wait()
    e911d.write_journal(event("leg.ringing", MS + 3))
    wait_stored(e911d, postgres, 4)
    assert len(refused(e911d)) == 3


def test_nothing_but_poison_is_got_over_too(e911d, postgres):
    e911d.start_and_wait()
    e911d.write_journal(*[POISON] * 300, event("leg.ringing"))
    wait_stored(e911d, postgres, 1)
    assert len(refused(e911d)) == 300


def test_a_poison_event_waits_while_it_cannot_be_set_aside(e911d, postgres):
    os.mkdir(e911d.refused)
    e911d.start_and_wait()
    e911d.write_journal(event("leg.ringing"), POISON,
                        event("leg.ringing", MS + 1))
    e911d.wait_log("refused-events.jsonl: Is a directory", times=2)
    assert stored(postgres) == 1
    os.rmdir(e911d.refused)
    wait_stored(e911d, postgres, 2)
    assert [line["sequence"] for line in refused(e911d)] == [2]


STORE = "e911.event_store(uuid, uuid, timestamptz, text, text, jsonb)"


def test_a_missing_right_stops_the_queue_and_loses_nothing(e911d, postgres):
    e911d.settings["refuse_after"] = 1000
    e911d.start_and_wait()
    postgres.execute(f"REVOKE EXECUTE ON FUNCTION {STORE} FROM e911_sidecar")
    e911d.write_journal(event("leg.ringing"), event("leg.ringing", MS + 1))
    e911d.wait_log("PostgreSQL refuses: ERROR:  permission denied", times=2)
    assert stored(postgres) == 0
    postgres.execute(f"GRANT EXECUTE ON FUNCTION {STORE} TO e911_sidecar")
    wait_stored(e911d, postgres, 2)
    assert refused(e911d) == []


def test_an_event_that_is_refused_again_and_again_is_set_aside(e911d,
                                                               postgres):
    e911d.settings["refuse_after"] = 3
    e911d.settings["postgres_retry_max_ms"] = 100
    e911d.start_and_wait()
    postgres.execute("""
        CREATE FUNCTION e911.stumble() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.kind = 'leg.invited' THEN
                PERFORM no_such_function();
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER stumble BEFORE INSERT ON e911.call_event
            FOR EACH ROW EXECUTE FUNCTION e911.stumble()""")
    e911d.write_journal(event("leg.ringing"), event("leg.invited", MS + 1),
                        event("leg.ringing", MS + 2))
    wait_stored(e911d, postgres, 2)
    assert [line["sequence"] for line in refused(e911d)] == [2]


# ---- exactly once ----

def test_a_commit_whose_cursor_was_lost_is_not_stored_twice(e911d, postgres):
    """What a kill -9 between the commit in SQL and the cursor leaves."""
    e911d.start_and_wait()
    e911d.write_journal("calls 3 00000001")
    wait_stored(e911d, postgres, 15)
    e911d.stop()
    before = e911d.outbox + ".before"
    shutil.copytree(e911d.outbox, before)
    e911d.start_and_wait()
    e911d.write_journal("calls 100 00000002")
    wait_stored(e911d, postgres, 515)
    e911d.kill()
    shutil.rmtree(e911d.outbox)
    os.rename(before, e911d.outbox)
    e911d.start_and_wait()
    e911d.write_journal("calls 1 00000003")
    wait_stored(e911d, postgres, 520)
    assert sorted(sequences(postgres)) == list(range(1, 521))
    e911d.process.signal(signal.SIGUSR1)
    e911d.wait_log("collector.repeated 500")
    assert postgres.value("SELECT count(*) FROM e911.call") == 104
    assert postgres.value("SELECT sum(legs_invited) FROM e911.call") == 104


def test_a_lost_outbox_means_reading_again_and_storing_once(e911d, postgres):
    e911d.start_and_wait()
    e911d.write_journal("calls 10 00000001")
    wait_stored(e911d, postgres, 50)
    e911d.stop()
    shutil.rmtree(e911d.outbox)
    e911d.start_and_wait()
    e911d.write_journal("calls 1 00000002")
    wait_stored(e911d, postgres, 55)


def test_an_outbox_that_is_taken_away_comes_again(e911d, postgres):
    e911d.start_and_wait()
    e911d.write_journal("calls 2 00000001")
    wait_stored(e911d, postgres, 10)
    shutil.rmtree(e911d.outbox)
    e911d.wait_log("it is made again")
    wait_until(lambda: os.path.exists(e911d.outbox + "/data.mdb"),
               "the outbox is there")
    e911d.write_journal("calls 1 00000002")
    wait_stored(e911d, postgres, 15)
    e911d.stop()
    e911d.start_and_wait()
    e911d.write_journal("calls 1 00000003")
    wait_stored(e911d, postgres, 20)
    e911d.process.signal(signal.SIGUSR1)
    e911d.wait_log("collector.repeated 0")


def test_kill_9_at_any_moment_stores_each_event_once_in_order(e911d,
                                                              postgres):
    e911d.settings["collector_batch"] = 20
    e911d.settings["log_level"] = "notice"
    chance = random.Random(933)
    written = []
    done = threading.Event()

    def call():
        while not done.is_set() and len(written) < 500:
            written.append(e911d.write_journal(
                f"calls {chance.randint(1, 5)} {len(written):08x}"))

    thread = threading.Thread(target=call)
    thread.start()
    pause = threading.Event()
    try:
        for _ in range(25):
            e911d.start()
            pause.wait(chance.uniform(0.02, 0.2))
            e911d.process.check_alive()
            e911d.kill()
    finally:
        done.set()
        thread.join()
    e911d.start()
    wait_stored(e911d, postgres, written[-1], 60)
    print(f"25 kills during {written[-1]} events")
    assert sorted(sequences(postgres)) == list(range(1, written[-1] + 1))
    # A batch is one transaction: one stored_at.
    assert postgres.value("""
        SELECT count(*) FROM (
            SELECT min(event_id::text) AS first,
                   lag(max(event_id::text)) OVER (ORDER BY stored_at) AS last
              FROM e911.call_event GROUP BY stored_at) AS batch
         WHERE first < last""") == 0
    assert postgres.value("SELECT count(*) FROM e911.call"
                          " WHERE legs_invited <> 1") == 0


def test_events_wait_while_postgresql_is_away(e911d, postgres):
    e911d.settings["postgres_retry_max_ms"] = 200
    e911d.start_and_wait()
    e911d.write_journal("calls 10 00000001")
    wait_stored(e911d, postgres, 50)
    for round_ in range(1, 4):
        # 2 of 3 times it dies in the middle of something.
        postgres.stop(signal.SIGQUIT if round_ % 3 else signal.SIGINT)
        e911d.write_journal(f"calls 200 {round_:04x}0002")
        e911d.wait_log("events wait in the journal", times=round_)
        postgres.start()
        wait_stored(e911d, postgres, 50 + round_ * 1000)
    assert sorted(sequences(postgres)) == list(range(1, 3051))


def test_a_backlog_is_stored_quickly(e911d, postgres):
    count = 12000
    e911d.write_journal(f"calls {count // 5} 00000001", wake=False)
    began = time.monotonic()
    e911d.start()
    wait_stored(e911d, postgres, count, 60)
    took = time.monotonic() - began
    print(f"collect_backlog {count / took:.0f} events/s")
    assert took < 20  # the aim is 36,000 in 60 s


def test_events_begin_before_the_journal_is_there(e911d, postgres):
    e911d.start_and_wait()
    assert not os.path.exists(e911d.journal)
    e911d.write_journal(event("leg.ringing"))
    wait_stored(e911d, postgres, 1)


def test_a_new_journal_is_read_from_its_begin(e911d, postgres):
    e911d.start_and_wait()
    e911d.write_journal("calls 2 00000001")
    wait_stored(e911d, postgres, 10)
    os.rename(e911d.journal, e911d.journal + ".damaged")
    e911d.write_journal("calls 1 00000002",
                        journal_id="ffeeddccbbaa99887766554433221100")
    wait_stored(e911d, postgres, 15)
    assert "there is a new journal" in e911d.log_text()
    # ... and one that comes while e911d is down.
    e911d.stop()
    os.rename(e911d.journal, e911d.journal + ".damaged2")
    e911d.write_journal("calls 3 00000003", journal_id="ab" * 16)
    e911d.start()
    wait_stored(e911d, postgres, 30)
