# SPDX-License-Identifier: GPL-2.0-or-later
"""From an INVITE to an on-site screen, and back to PostgreSQL."""
import os
import re
import sys

from harness import wait_until
from harness.gateway import TOP
from harness.rawpsap import RawPsap
from test_gate import caller_of
from test_locate import answered

sys.path.append(os.path.join(TOP, "test", "sidecar"))
from screen import Client  # noqa: E402  (the path comes first)

SCREEN = """
WITH o AS (SELECT organization_id FROM e911.organization
            WHERE e911_organization_id =
                  '91100000-0000-4000-8000-000000000001'),
r AS (INSERT INTO e911.recipient (organization_id, name, channel, address)
      SELECT organization_id, 'desk', 'screen', 'Lobby' FROM o)
INSERT INTO e911.screen (organization_id, name)
SELECT organization_id, 'Lobby' FROM o RETURNING screen_id
"""


def page_of(gateway):
    """A page that is logged in as the screen of an organisation."""
    sidecar = gateway.sidecar
    sidecar.stop()
    sidecar.settings.update({"http_listen": "127.0.0.1:0", "screen": 1})
    sidecar.start()
    token = gateway.postgres.value("SELECT e911.screen_token_new(%s)",
                                   gateway.postgres.value(SCREEN))
    gateway.provision("SELECT 1")
    found = wait_until(lambda: re.search(
        r"http: listens on '[^']*', port (\d+)", sidecar.process.log_text()),
        "e911d listens", 30, [sidecar.process])
    page = Client(int(found[1]))
    wait_until(lambda: page.ask("POST", "/login", {"token": token})[0] == 200,
               "the screen is known", 30)
    page.login(token)
    return page


def test_a_call_is_on_the_screen_and_who_took_it_over_is_kept(own_gateway):
    gateway = own_gateway
    page = page_of(gateway)
    events = page.events()
    events.beat()
    north = gateway.trunks["psap-north"]
    with RawPsap(north["host"], north["port"]) as psap:
        caller = caller_of(gateway)
        caller.send(caller.invite())
        heard = psap.receive("INVITE")
        entry = events.next()
        assert (entry["kind"], entry["event"]) == ("notice", "emergency_call")
        facts = entry["facts"]
        assert facts["callback_number"].startswith("+1206555")
        assert "Mill St" in facts["address"] and facts["floor"]
        # Delivered is what a page has shown.
        where = ("SELECT state FROM e911.notification WHERE call_id = %s"
                 " AND event = 'emergency_call'")
        call = entry["call"]
        wait_until(lambda: gateway.postgres.value(where, call) == "waiting",
                   "the notice waits for a page that shows it", 30)
        assert page.ask("POST", "/shown", {"id": str(events.last)})[0] == 204
        wait_until(lambda: gateway.postgres.value(where, call) == "delivered",
                   "the notice is delivered", 30)
        assert page.ask("POST", "/acknowledge", {
            "call": call, "who": "Ann", "note": "on my way"})[0] == 204
        entry = events.next()
        while entry["kind"] != "acknowledged":
            entry = events.next()
        assert (entry["who"], entry["note"]) == ("Ann (Lobby)", "on my way")
        answered(psap, heard, caller)
        caller.close()
    seen = [events.next()]
    while seen[-1]["event"] != "ended":
        seen.append(events.next())
    assert {one["event"] for one in seen} == {"answered", "ended"}
    row = wait_until(lambda: gateway.postgres.query(
        "SELECT who, channel, note FROM e911.acknowledgement"
        " WHERE call_id = %s", call), "the acknowledgement is stored", 30)
    assert [dict(one) for one in row] == [
        {"who": "Ann (Lobby)", "channel": "screen", "note": "on my way"}]
