# SPDX-License-Identifier: GPL-2.0-or-later
"""A call that brings an address: while it may be called back, the ALI record of
the number that its PSAP sees says where it is."""
import contextlib
import os
import sys

import pytest

from harness import wait_until
from harness.authority import Authority
from harness.gateway import TOP
from test_gate import caller_of, psap_hangs_up
from test_locate import NORTH, SOUTH, civic, invite, town

sys.path.insert(0, os.path.join(TOP, "test", "sidecar"))
import ali_provider  # noqa: E402  (the path comes first)


@contextlib.contextmanager
def provider(gateway):
    """All numbers are pushed to a provider, which has them; addresses of a
    street are known."""
    authority = Authority(os.path.join(gateway.directory, "authority"))
    os.chmod(authority.folder, 0o755)  # e911d has a user of its own
    os.chmod(authority.path("ca.pem"), 0o644)
    made = ali_provider.make(authority)
    gateway.sidecar.stop()
    gateway.sidecar.settings["ali_ca"] = authority.path("ca.pem")
    gateway.sidecar.start()
    gateway.provision(
        "INSERT INTO e911.ali_provider (name, company_name, company_id,"
        f" push_url) VALUES ('west', 'LARKSPUR', 'LARKS', '{made.url}');"
        "INSERT INTO e911.ali_numbers (ali_provider_id)"
        " SELECT ali_provider_id FROM e911.ali_provider;"
        "UPDATE e911.organization SET elin_timeout_s = 0;"
        "INSERT INTO e911.psap_coverage (psap_id, state)"
        " SELECT psap_id, 'WA' FROM e911.psap WHERE name = 'Ashgrove South';"
        "INSERT INTO e911.msag_range (state, community, predirectional,"
        " street, suffix, low, high, parity, psap_id)"
        " SELECT 'WA', 'Ashgrove', 'N', 'Mill', 'St', 100, 198, 'both',"
        " psap_id FROM e911.psap WHERE name = 'Ashgrove South'")
    wait_until(lambda: "1 ranges and addresses, 1 of coverage" in
               gateway.sidecar.process.log_text(),
               "e911d has the addresses", 30, gateway.services())
    accepted(gateway)
    yield made
    made.close()


@pytest.fixture
def told(own_gateway):
    with provider(own_gateway) as made:
        yield made


def accepted(gateway):
    wait_until(lambda: gateway.postgres.value(
        "SELECT EXISTS (SELECT FROM e911.ali_record)"
        " AND NOT EXISTS (SELECT FROM e911.ali_waiting)"
        " AND NOT EXISTS (SELECT FROM e911.ali_audit"
        "                  WHERE state <> 'accepted')"),
        "the provider has accepted all records", 30, gateway.services())


def test_a_call_that_brings_an_address_has_its_record_say_it_until_it_ends(
        own_gateway, told):
    gateway = own_gateway
    with town(gateway) as psaps:
        home = dict(told.records)
        caller = caller_of(gateway)
        caller.send(invite(caller, civic(120)))
        psap = psaps[SOUTH]
        heard = psap.receive("INVITE")
        # Nobody has answered yet; the provider knows where the call is.
        call = gateway.postgres.query
        wait_until(lambda: call("SELECT callback_number FROM e911.call"),
                   "the call is stored", 30, gateway.services())
        number = call("SELECT callback_number FROM e911.call"
                      )[0]["callback_number"]
        wait_until(lambda: told.records[number]["house_number"] == "120",
                   "the provider knows where the call is", 30,
                   gateway.services())
        record = told.records[number]
        assert record["prefix_directional"] == "N"
        assert (record["street_name"], record["street_suffix"]) == ("MILL",
                                                                    "ST")
        assert home[number]["house_number"] != "120"
        accepted(gateway)
        assert gateway.postgres.value(
            "SELECT temporary_until IS NOT NULL FROM e911.ali_audit"
            " WHERE number = %s", number)
        psap.tag = "psap-ali"
        psap.send(psap.answer(heard))
        psap_hangs_up(psap, heard, caller)
        caller.close()
        wait_until(lambda: told.records == home,
                   "it says again where the number belongs", 30,
                   gateway.services())
        accepted(gateway)
        assert [f for n, f, _ in told.seen if n == number] == ["I", "C", "C"]
        assert not told.problems
        assert call("SELECT FROM e911.call_event"
                    " WHERE kind = 'ali.doubtful'") == []

        at_home(gateway, told, psaps[NORTH])
    gateway.check_idle()


def at_home(gateway, told, psap):
    """Somebody keeps their own number, and says that they are elsewhere."""
    number = "+12065550877"
    gateway.provision(
        "UPDATE e911.organization SET keep_own_number = true"
        " WHERE name = 'Larkspur Insurance';"
        f"UPDATE e911.endpoint SET callback_number = '{number}'"
        " WHERE name = 'Ben Okafor'")
    wait_until(lambda: told.records.get(number), "the number has a record",
               30, gateway.services())
    accepted(gateway)
    home = dict(told.records)
    gateway.provision(
        "WITH at AS (INSERT INTO e911.location (organization_id, name, street,"
        " house_number, city, state, country, psap_id)"
        " SELECT organization_id, 'At home', 'Birch Ln', '5', 'Kirkham',"
        " 'WA', 'US', (SELECT psap_id FROM e911.psap"
        "               WHERE name = 'Ashgrove North')"
        " FROM e911.organization WHERE name = 'Larkspur Insurance'"
        " RETURNING organization_id, location_id)"
        " INSERT INTO e911.personal_location (organization_id, endpoint_id,"
        " location_id, is_current) SELECT organization_id, endpoint_id,"
        " at.location_id, true FROM at JOIN e911.endpoint"
        " USING (organization_id) WHERE endpoint.name = 'Ben Okafor'")
    caller = caller_of(gateway)
    caller.send(caller.invite())
    heard = psap.receive("INVITE")
    assert number[1:] in heard.text
    wait_until(lambda: told.records[number]["street_name"] == "BIRCH",
               "the provider knows that they are at home", 30,
               gateway.services())
    psap.tag = "psap-home"
    psap.send(psap.answer(heard))
    psap_hangs_up(psap, heard, caller)
    caller.close()
    row = gateway.ended_call(caller.call_id)
    assert row["located_by"] == "personal"
    wait_until(lambda: told.records == home, "it is as it was", 30,
               gateway.services())
