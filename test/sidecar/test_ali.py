# SPDX-License-Identifier: GPL-2.0-or-later
"""What is provisioned -> what the ALI record of each number should say."""
import pytest

from harness.wait import wait_until

FLOOR_3 = "Larkspur floor 3"


@pytest.fixture
def provider(postgres):
    """All numbers have their records with one provider."""
    postgres.execute("INSERT INTO e911.ali_provider (name, company_name,"
                     " company_id) VALUES ('west', 'LARKSPUR', 'LARKS')")
    postgres.execute("INSERT INTO e911.ali_numbers (ali_provider_id)"
                     " SELECT ali_provider_id FROM e911.ali_provider")
    return "west"


def elin_of(postgres, location=FLOOR_3):
    return postgres.value(
        "SELECT min(elin) FROM e911.elin JOIN e911.location"
        " USING (location_id) WHERE name = %s", location)


def wanted(postgres, number):
    return postgres.value("SELECT wanted FROM e911.ali_record"
                          " WHERE number = %s", number)


def wait_until_derived(postgres):
    wait_until(lambda: postgres.value(
        "SELECT NOT EXISTS (SELECT FROM e911.ali_waiting)"
        " AND EXISTS (SELECT FROM e911.ali_record)"),
        "no number waits", 40)


def test_each_number_has_a_record_that_says_where_it_is(e911d, postgres,
                                                        provider):
    e911d.start()
    wait_until_derived(postgres)
    assert postgres.value("SELECT count(*) FROM e911.ali_audit"
                          " WHERE state <> 'pending'") == 0
    assert postgres.value(
        "SELECT count(*) FROM e911.elin e WHERE NOT EXISTS ("
        " SELECT FROM e911.ali_record r WHERE r.number = e.elin)") == 0
    record = wanted(postgres, elin_of(postgres))
    assert record["npa"] == "206" and record["street_name"] == "MILL"
    assert record["street_suffix"] == "ST" and record["state"] == "WA"
    assert record["house_number"] == "100"
    assert record["location"].startswith("FL 3")
    assert record["customer_name"] == "LARKSPUR INSURANCE"
    assert record["class_of_service"] == "4"
    assert "function_code" not in record and "extract_date" not in record


def test_a_location_that_moves_moves_its_records(e911d, postgres, provider):
    e911d.start()
    wait_until_derived(postgres)
    number = elin_of(postgres)
    postgres.execute("UPDATE e911.location SET floor = '9' WHERE name = %s",
                     FLOOR_3)
    wait_until(lambda: wanted(postgres, number)["location"].startswith("FL 9"),
               "the record says floor 9", 30)
    postgres.execute("UPDATE e911.organization SET name = 'Larkspür & Co'"
                     " WHERE name = 'Larkspur Insurance'")
    wait_until(lambda: wanted(postgres, number)["customer_name"]
               == "LARKSPUR & CO", "the record has the new name", 30)
    postgres.execute("DELETE FROM e911.elin WHERE elin = %s", number)
    wait_until(lambda: postgres.value(
        "SELECT count(*) FROM e911.ali_record WHERE number = %s", number) == 0,
        "what was never sent is forgotten", 30)


def test_what_changes_while_e911d_is_away_is_followed_later(e911d, postgres,
                                                            provider):
    e911d.start()
    wait_until_derived(postgres)
    e911d.kill()
    number = elin_of(postgres)
    postgres.execute("UPDATE e911.location SET floor = '8' WHERE name = %s",
                     FLOOR_3)
    e911d.start()
    wait_until(lambda: wanted(postgres, number)["location"].startswith("FL 8"),
               "the record says floor 8", 40)


def test_what_the_layout_cannot_hold_is_told(e911d, postgres, provider):
    postgres.execute("UPDATE e911.location SET floor = '3',"
                     " room = repeat('very long ', 12) || 'room',"
                     " house_number = 'KM 123456 WEST' WHERE name = %s",
                     FLOOR_3)
    e911d.start()
    wait_until_derived(postgres)
    number = elin_of(postgres)
    [row] = postgres.query(
        "SELECT writable, flaws FROM e911.ali_record WHERE number = %s",
        number)
    assert not row["writable"]
    assert "house_number is too long" in row["flaws"]
    assert "location is cut" in row["flaws"]
    assert postgres.value("SELECT state FROM e911.ali_audit"
                          " WHERE number = %s", number) == "unwritable"
    postgres.execute("UPDATE e911.location SET house_number = '100'"
                     " WHERE name = %s", FLOOR_3)
    wait_until(lambda: postgres.value(
        "SELECT writable AND flaws = 'location is cut' FROM e911.ali_record"
        " WHERE number = %s", number), "it can be written, cut", 30)
