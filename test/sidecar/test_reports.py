# SPDX-License-Identifier: GPL-2.0-or-later
"""e911ctl calls, call and report over a real PostgreSQL."""
import csv
import io
import json
import os
import uuid

import pytest

from ctl import Ctl

LARKSPUR = "Larkspur Insurance"


@pytest.fixture
def ctl(request, postgres):
    return Ctl(os.path.realpath(request.config.getoption("--build")),
               "--postgres", postgres.conninfo()
               + " options='-c role=e911_operator'")


def tell(postgres, call, at, kind, **detail):
    postgres.execute("SELECT e911.event_store(gen_random_uuid(), %s, %s, %s,"
                     " 'gw1', %s)", call, at, kind, json.dumps(detail))


def place(postgres, at, caller="4102", **more):
    """A call of Ben Okafor's that is answered after 2 s, for a minute."""
    call = str(uuid.uuid4())
    ids = postgres.query("SELECT e.organization_id, e.endpoint_id,"
                         " e.location_id, p.psap_id FROM e911.endpoint e,"
                         " e911.psap p WHERE e.name = 'Ben Okafor'"
                         " AND p.name = 'Ashgrove North'")[0]
    detail = dict(ids, service="emergency", caller_number=caller,
                  identified_by="extension", identified_value=caller,
                  located_by="endpoint", routed_by="psap",
                  elin="+12065550114", callback_number="+12065550114",
                  sip_call_id=f"a-{call}")
    tell(postgres, call, f"2026-03-04 {at}Z", "call.started",
         **{**detail, **more})
    tell(postgres, call, f"2026-03-04 {at}.004Z", "leg.invited",
         psap_id=ids["psap_id"], sip_call_id=f"b-{call}")
    return call


def answer(postgres, call, at, ended):
    tell(postgres, call, f"2026-03-04 {at}Z", "call.answered")
    tell(postgres, call, f"2026-03-04 {ended}Z", "call.ended",
         outcome="answered", ended_by="caller")


def ids(told):
    return [call["call_id"] for call in told["calls"]]


def test_calls_are_listed_the_latest_first(ctl, postgres):
    first = place(postgres, "10:00:00")
    answer(postgres, first, "10:00:02", "10:01:02")
    second = place(postgres, "11:00:00")
    tell(postgres, second, "2026-03-04 11:00:09Z", "leg.refused", status=503)
    tell(postgres, second, "2026-03-04 11:00:10Z", "call.ended",
         outcome="failed", ended_by="gateway", status=503)
    third = place(postgres, "12:00:00")
    status, told = ctl.json("calls")
    assert status == 0 and ids(told) == [third, second, first]
    assert told["calls"][2] == {
        "started_at": "2026-03-04T10:00:00.000Z", "call_id": first,
        "service": "emergency", "organization": LARKSPUR,
        "caller": "Ben Okafor", "caller_number": "4102",
        "location": "Larkspur floor 3", "psap": "Ashgrove North",
        "routed_by": "psap", "answered_after_ms": 2000, "duration_s": 60,
        "outcome": "answered", "went_wrong": None}
    assert told["calls"][0]["outcome"] == "going_on"
    assert told["calls"][1]["went_wrong"] == "a route did not take it"

    def those(*options):
        return ids(ctl.json("calls", *options)[1])
    assert those("--outcome", "failed") == [second]
    assert those("--outcome", "going_on") == [third]
    assert those("--limit", "2") == [third, second]
    assert those("--since", "2026-03-04 11:00") == [third, second]
    assert those("--since", "2026-03-04 12:00+01") == [third, second]
    assert those("--until", "2026-03-04 11:00") == [first]
    assert those("--since", "2026-03-04 10:30", "--until",
                 "2026-03-04 11:30") == [second]
    assert those("--organization", LARKSPUR) == [third, second, first]
    assert those("--organization",
                 "91100000-0000-4000-8000-000000000002") == []


def test_times_are_utc_wherever_the_operator_is(ctl, postgres):
    call = place(postgres, "10:00:00")
    status, out, _ = ctl.run("calls", "--json", "--since", "2026-03-04 09:30",
                             env={"PGTZ": "Asia/Tokyo"})
    assert status == 0 and ids(json.loads(out)) == [call]
    assert "2026-03-04T10:00:00.000Z" in out


def test_people_read_a_table(ctl, postgres):
    call = place(postgres, "10:00:00", caller="x\x1b[2J\r\ny")
    answer(postgres, call, "10:00:02", "10:01:02")
    status, out, err = ctl.run("calls")
    lines = out.splitlines()
    assert status == 0 and not err and len(lines) == 2
    assert lines[0].split()[:3] == ["started_at", "call_id", "service"]
    assert call in lines[1] and "answered" in lines[1]
    assert "\x1b" not in out
    status, out, _ = ctl.run("calls", "--since", "2027-01-01")
    assert status == 0 and len(out.splitlines()) == 1


def test_a_call_is_told_step_by_step(ctl, postgres):
    call = place(postgres, "10:00:00")
    answer(postgres, call, "10:00:02", "10:01:02")
    back = str(uuid.uuid4())
    tell(postgres, back, "2026-03-04 10:02:00Z", "callback.started",
         original_call_id=call, caller_number="+12065550901",
         callback_number="+12065550114", service="callback")
    status, told = ctl.json("call", call)
    assert status == 0
    assert told["call"]["address"].startswith("100 Mill St, Floor 3")
    assert told["call"]["callbacks"] == 1
    assert told["call"]["routes"] == "Ashgrove North"
    assert [(s["ms"], s["step"]) for s in told["timeline"]] == [
        (0, "INVITE"), (0, "identified"), (0, "located"), (0, "routed"),
        (4, "invited"), (2000, "answered"), (62000, "ended"),
        (120000, "callback")]
    assert told["timeline"][4]["story"] == 'sent to "Ashgrove North"'
    assert told["timeline"][7]["other_call_id"] == back
    assert told["timeline"][0]["other_call_id"] is None
    # The same by any of its names.
    for name in (call.upper(), f"a-{call}", f"b-{call}", "+12065550114"):
        assert ctl.json("call", name)[1] == told, name
    status, out, _ = ctl.run("call", call)
    assert status == 0 and "outcome            answered" in out
    assert any(line.split()[:1] == ["62000"] for line in out.splitlines())
    status, out, _ = ctl.run("call", call, "--csv")
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert [row["step"] for row in rows][-1] == "callback"


def test_who_had_a_number_then(ctl, postgres):
    first, second = place(postgres, "10:00:00"), place(postgres, "11:00:00")

    def had(*options):
        status, out, err = ctl.run("call", "+12065550114", "--json", *options)
        assert status == 0
        return json.loads(out)["call"]["call_id"], err
    assert had() == (second, "e911ctl: 2 calls fit; this is the latest (--at"
                             " tells which)\n")
    assert had("--at", "2026-03-04 10:30") == (first, "")


HOSTILE = ["=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", '"', ",",
           '=","', "a\r\nb", "\r", "\x00x", "é", "%n%s", "\x1b]0;x\x07", ""]


def test_csv_is_for_spreadsheets(ctl, postgres):
    for minute, text in enumerate(HOSTILE):
        place(postgres, f"10:{minute:02}:00", caller=text.replace("\0", ""))
        postgres.execute("UPDATE e911.call SET caller_number = %s"
                         " WHERE started_at = %s",
                         text.replace("\0", ""),
                         f"2026-03-04 10:{minute:02}:00Z")
    status, out, err = ctl.run("report", "calls", "--csv")
    assert status == 0 and not err
    # subprocess would make \n of \r\n; the program's bytes are asked for.
    raw = ctl.bytes("report", "calls", "--csv")
    assert raw.count(b"\r\n") == raw.count(b"\n") == len(HOSTILE) + 1
    assert b"\x1b" not in raw and b"\0" not in raw
    rows = list(csv.reader(io.StringIO(raw.decode(), newline=""),
                           strict=True))
    assert {len(row) for row in rows} == {len(rows[0])}
    column = rows[0].index("caller_number")
    got = [row[column] for row in rows[1:]]
    assert got[:4] == ["'" + text for text in HOSTILE[:4]]
    assert got[5:8] == ['"', ",", "'=\",\""] and got[11] == "é"
    for row in rows[1:]:
        for name, cell in zip(rows[0], row):
            assert not cell or cell[0] not in "=+-@\t\r\n", (name, cell)
    # An ELIN is text that begins with +; numbers are numbers.
    assert rows[1][rows[0].index("elin")] == "'+12065550114"
    assert rows[1][rows[0].index("routes_tried")] == "1"


@pytest.mark.parametrize("name", ["calls", "unregistered", "users",
                                  "locations", "elins", "ali",
                                  "organizations"])
def test_each_report_in_each_form(ctl, postgres, name):
    call = place(postgres, "10:00:00", endpoint_id=0, location_id=0,
                 routed_by="relay_center")
    answer(postgres, call, "10:00:02", "10:01:02")
    status, told = ctl.json("report", name)
    assert status == 0 and told[name]
    raw = ctl.bytes("report", name, "--csv").decode()
    rows = list(csv.DictReader(io.StringIO(raw, newline=""), strict=True))
    assert [list(row) for row in rows] == [list(row) for row in told[name]]
    for row, want in zip(rows, told[name]):
        for key, value in want.items():
            assert row[key].lstrip("'") == ("" if value is None
                                            else str(value)), key
    status, out, _ = ctl.run("report", name)
    lines = out.splitlines()
    assert status == 0 and len(lines) == len(rows) + 1
    assert lines[0].split() == list(told[name][0])
    # Of one organisation.
    status, told = ctl.json("report", name, "--organization", LARKSPUR)
    assert status == 0
    assert {row["organization"] for row in told[name]} == {LARKSPUR}


def test_what_unknown_callers_cost(ctl, postgres):
    for at in ("10:00:00", "11:00:00"):
        call = place(postgres, at, endpoint_id="", location_id="",
                     identified_by="none", routed_by="relay_center")
        answer(postgres, call, at[:-1] + "1", at[:-2] + "31")
    place(postgres, "12:00:00")
    status, told = ctl.json("report", "unregistered")
    assert status == 0 and told["unregistered"] == [{
        "month": "2026-03-01", "organization": LARKSPUR, "emergency_calls": 3,
        "unknown_caller": 2, "unlocated": 2, "relay_center": 2,
        "relay_center_answered": 2, "relay_center_s": 60}]
    status, told = ctl.json("report", "unregistered", "--since", "2026-03-20")
    assert len(told["unregistered"]) == 1
    status, told = ctl.json("report", "unregistered", "--since", "2026-04-01")
    assert told["unregistered"] == []


def test_who_has_not_tested_is_told(ctl, postgres):
    def names(told):
        return [row["name"] for row in told]
    everybody = names(ctl.json("report", "users")[1]["users"])
    call = place(postgres, "10:00:00", service="test")
    tested = ctl.json("report", "tests")[1]["tests"]
    assert {row["last_test_at"] for row in tested} == {None}
    answer(postgres, call, "10:00:02", "10:01:02")
    tested = {row["name"]: row for row in
              ctl.json("report", "tests")[1]["tests"]}
    assert sorted(tested) == sorted(everybody)
    ben = tested.pop("Ben Okafor")
    assert ben["last_test_at"] == "2026-03-04T10:00:02.000Z"
    assert ben["heard_location"] == ben["location"] == "Larkspur floor 3"
    assert all(row["last_test_at"] is None for row in tested.values())
    # An emergency call is no test, nor is one of somebody unknown.
    answer(postgres, place(postgres, "12:00:00"), "12:00:02", "12:01:02")
    answer(postgres, place(postgres, "12:00:00", service="test",
                           endpoint_id=None), "12:00:02", "12:01:02")
    # An older one that is told later changes nothing.
    late = place(postgres, "09:00:00", service="test", location_id=None)
    answer(postgres, late, "09:00:02", "09:01:02")
    since = ("--since", "2026-03-04 10:00:02")
    told = ctl.json("report", "untested", *since)[1]["untested"]
    assert sorted(names(told)) == sorted(tested)
    told = ctl.json("report", "untested", "--since", "2026-03-04 10:00:03")[1]
    assert sorted(names(told["untested"])) == sorted(everybody)
    # What was heard then is told, though the person has moved and the call
    # is gone.
    postgres.execute("DELETE FROM e911.call_event")
    postgres.execute("DELETE FROM e911.call")
    postgres.execute("UPDATE e911.endpoint SET location_id = NULL"
                     " WHERE name = 'Ben Okafor'")
    postgres.execute("UPDATE e911.endpoint_test SET tested_at = now()"
                     " - interval '90 days' + interval '1 hour'")
    told = ctl.json("report", "untested")[1]["untested"]
    assert sorted(names(told)) == sorted(tested)
    postgres.execute("UPDATE e911.endpoint_test SET tested_at = now()"
                     " - interval '90 days'")
    told = ctl.json("report", "untested")[1]["untested"]
    assert sorted(names(told)) == sorted(everybody)
    assert told[-1]["days_ago"] == 90
    assert told[-1]["heard_location"] == "Larkspur floor 3"
    assert told[-1]["location"] == "Larkspur floor 2"


@pytest.mark.parametrize("arguments, why", [
    (["calls", "--outcome", "lost"], "'lost' is no outcome"),
    (["calls", "--since", "noon"], "invalid input syntax"),
    (["calls", "--organization", "Nobody"], "no organisation 'Nobody'"),
    (["calls", "--limit", "0"], "no whole number"),
    (["calls", "--json", "--csv"], "do not go together"),
    (["call", "nobody"], "there is no call 'nobody'"),
    (["call", "'; DROP TABLE e911.call; --"], "there is no call"),
    (["call", "+12065550114", "--at", "2001-01-01"], "at 2001-01-01"),
    (["call"], "call wants ID"),
    (["report", "money"], "there is no report 'money'"),
    (["report", "users", "--since", "today"], "it has no time"),
    (["report", "untested", "--until", "today"], "it has no --until"),
    (["report", "users", "--json", "--csv"], "do not go together"),
])
def test_what_cannot_be_done_says_why(ctl, postgres, arguments, why):
    place(postgres, "10:00:00")
    status, out, err = ctl.run(*arguments)
    assert status == 3 and not out and why in err


def test_a_failure_on_the_way_is_a_failure(ctl, postgres):
    place(postgres, "10:00:00")
    with open("/dev/full", "w", encoding="utf-8") as full:
        status, err = ctl.into(full, "report", "calls", "--csv")
    assert status == 3 and "stdout" in err
