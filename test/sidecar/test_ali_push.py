# SPDX-License-Identifier: GPL-2.0-or-later
"""Records of numbers -> a provider over HTTPS, whatever it does."""
import json
import json
import os
import random
import uuid

import pytest

import ali_provider
from harness.authority import Authority
from harness.wait import wait_until
from test_ali import FLOOR_3, elin_of, wait_until_derived, wanted

# test/bench/ali-push has more of them.
KILLS = int(os.environ.get("E911_ALI_KILLS", "4"))


@pytest.fixture
def pushed(e911d, postgres, tmp_path):
    """A provider that all numbers are pushed to."""
    authority = Authority(str(tmp_path / "authority"))
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    (tokens / "west").write_text("s3cret\n")
    made = ali_provider.make(authority, "s3cret")
    e911d.settings.update(ali_ca=authority.path("ca.pem"),
                          ali_token_dir=str(tokens), ali_timeout_ms=2000)
    postgres.execute("INSERT INTO e911.ali_provider (name, company_name,"
                     " company_id, push_url)"
                     " VALUES ('west', 'LARKSPUR', 'LARKS', %s)", made.url)
    postgres.execute("INSERT INTO e911.ali_numbers (ali_provider_id)"
                     " SELECT ali_provider_id FROM e911.ali_provider")
    yield made
    made.close()


def wait_until_accepted(postgres, timeout=30):
    wait_until(lambda: postgres.value(
        "SELECT NOT EXISTS (SELECT FROM e911.ali_waiting)"
        " AND NOT EXISTS (SELECT FROM e911.ali_audit"
        "                  WHERE state <> 'accepted')"),
        "the provider has accepted all records", timeout)


def is_in_step(postgres, made):
    ours = {row["number"]: row["wanted"] for row in postgres.query(
        "SELECT number::text, wanted FROM e911.ali_record")}
    with made.lock:
        return made.records == ours and not made.problems


def move(postgres, floor, location=FLOOR_3):
    postgres.execute("UPDATE e911.location SET floor = %s WHERE name = %s",
                     str(floor), location)


# ---- calls: what the collector stores of them ----

def tell(postgres, call, kind, **detail):
    postgres.execute("SELECT e911.event_store(%s::uuid, %s::uuid, now(), %s,"
                     " 'node-a', %s::jsonb)", str(uuid.uuid4()), call, kind,
                     json.dumps(detail))


def call_from(postgres, number, street=None, timeout_s=3600):
    """A call that shows the ELIN; brings an address, if it has a street."""
    call = str(uuid.uuid4())
    [row] = postgres.query(
        "SELECT location_id, organization_id FROM e911.elin"
        "  JOIN e911.location USING (location_id) WHERE elin = %s", number)
    tell(postgres, call, "call.started", service="emergency",
         callback_number=number, elin=number, elin_timeout_s=timeout_s, **row)
    if street:
        tell(postgres, call, "call.located", location_used="brought",
             brought_address=json.dumps({"house_number": "9",
                                         "street": street, "city": "Kirkham",
                                         "state": "WA"}))
    return call


def street_of(made, number):
    with made.lock:
        return made.records.get(number, {}).get("street_name")


def test_a_call_from_elsewhere_has_the_record_say_where_until_it_is_over(
        e911d, postgres, pushed):
    e911d.start()
    wait_until_derived(postgres)
    wait_until_accepted(postgres)
    number = elin_of(postgres)
    home = dict(pushed.records)
    before = len(pushed.seen)
    call = call_from(postgres, number, "Elm", timeout_s=0)
    wait_until(lambda: street_of(pushed, number) == "ELM",
               "the provider knows where the call is", 30)
    wait_until_accepted(postgres)
    assert postgres.value(
        "SELECT temporary_until IS NOT NULL AND differs IS NULL"
        " FROM e911.ali_audit WHERE number = %s", number)
    # What was there before comes back, though nobody was there to see it end.
    e911d.kill()
    tell(postgres, call, "call.ended")
    e911d.start()
    wait_until(lambda: pushed.records == home, "it is as it was", 40)
    wait_until_accepted(postgres)
    assert [f for n, f, _ in pushed.seen[before:] if n == number] == ["C", "C"]
    assert not pushed.problems
    assert postgres.value("SELECT count(*) FROM e911.ali_dynamic") == 0
    assert postgres.value("SELECT count(*) FROM e911.call_event"
                          " WHERE kind = 'ali.doubtful'") == 0


def test_each_record_is_pushed_and_accepted(e911d, postgres, pushed):
    e911d.start()
    wait_until_derived(postgres)
    wait_until_accepted(postgres)
    assert is_in_step(postgres, pushed)
    assert {f for _, f, _ in pushed.seen} == {"I"}
    number = elin_of(postgres)
    before = len(pushed.seen)
    move(postgres, 9)
    wait_until(lambda: pushed.records[number]["location"].startswith("FL 9"),
               "the provider knows floor 9", 30)
    wait_until_accepted(postgres)
    assert {f for _, f, _ in pushed.seen[before:]} == {"C"}
    postgres.execute("DELETE FROM e911.elin WHERE elin = %s", number)
    wait_until(lambda: number not in pushed.records, "it is gone there", 30)
    wait_until(lambda: wanted(postgres, number) is None, "and here", 30)
    assert not pushed.problems


def test_what_is_rejected_waits_until_it_says_something_else(
        e911d, postgres, pushed):
    pushed.reject = lambda record: (
        "709" if record["location"].startswith("FL 13") else None)
    move(postgres, 13)
    e911d.start()
    number = elin_of(postgres)
    wait_until(lambda: postgres.value(
        "SELECT state = 'rejected' AND error_code = '709'"
        " FROM e911.ali_record WHERE number = %s", number),
        "its street is not known", 40)
    move(postgres, 12)
    wait_until(lambda: number in pushed.records, "it is inserted", 30)
    wait_until_accepted(postgres)
    # Something is there that we did not know of.
    with pushed.lock:
        del pushed.records[number]
    move(postgres, 11)
    wait_until_accepted(postgres)
    assert is_in_step(postgres, pushed)


def test_a_provider_may_want_another_json(e911d, postgres, pushed):
    pushed.has_form = True
    pushed.reject = lambda record: (
        "709" if record["location"].startswith("FL 13") else None)
    form = {name: json.dumps(value) if isinstance(value, dict) else value
            for name, value in ali_provider.FORM.items()}
    postgres.execute(
        f"INSERT INTO e911.ali_push_form (ali_provider_id, {', '.join(form)})"
        f" SELECT ali_provider_id, {', '.join(['%s'] * len(form))}"
        "   FROM e911.ali_provider", *form.values())
    move(postgres, 13)
    e911d.start()
    number = elin_of(postgres)
    wait_until(lambda: postgres.value(
        "SELECT state = 'rejected' AND error_code = '709'"
        " FROM e911.ali_record WHERE number = %s", number),
        "its street is not known", 40)
    move(postgres, 12)
    wait_until_accepted(postgres)
    assert is_in_step(postgres, pushed)


def test_a_provider_that_cannot_be_trusted_is_told_nothing(
        e911d, postgres, pushed):
    e911d.settings["ali_ca"] = ""
    e911d.start()
    e911d.wait_log("'west': ")
    assert not pushed.seen and not pushed.records
    assert postgres.value("SELECT count(*) FROM e911.ali_record"
                          " WHERE state = 'accepted'") == 0


def test_a_provider_that_fails_delays_and_forgets_while_e911d_is_killed(
        e911d, postgres, pushed):
    pushed.chaos = True
    dice = random.Random(7)
    places = [row["name"] for row in postgres.query(
        "SELECT DISTINCT name::text AS name FROM e911.location"
        "  JOIN e911.elin USING (location_id)")]
    spare = "+12065550991"
    number, calls = elin_of(postgres), []
    for turn in range(KILLS):
        e911d.start()
        seen = len(pushed.seen) + pushed.failed
        for place in places:
            move(postgres, dice.randrange(1, 40), place)
        if turn % 2:
            postgres.execute("DELETE FROM e911.elin WHERE elin = %s", spare)
        else:
            postgres.execute(
                "INSERT INTO e911.elin (elin, location_id) SELECT %s,"
                " location_id FROM e911.location WHERE name = %s", spare,
                FLOOR_3)
        # Calls come, from elsewhere or not, and end, or not yet.
        calls.append(call_from(postgres, number, dice.choice(
            [None, "Elm", "Birch", "Oak"]), dice.choice([0, 1, 3600])))
        if dice.randrange(2):
            tell(postgres, calls.pop(), "call.ended")
        wait_until(lambda: len(pushed.seen) + pushed.failed
                   > seen + dice.randrange(3), "something is pushed", 40)
        e911d.kill()
    postgres.execute("UPDATE e911.ali_dynamic SET ends_at = now()")
    e911d.start()
    pushed.chaos = False
    wait_until(lambda: not postgres.value(
        "SELECT count(*) FROM e911.ali_dynamic"), "all calls are over", 40)
    wait_until(lambda: postgres.value(
        "SELECT NOT EXISTS (SELECT FROM e911.ali_waiting)"),
        "all is derived", 40)
    wait_until_accepted(postgres, 120)
    assert is_in_step(postgres, pushed)
    assert pushed.failed + pushed.repeated > 0
