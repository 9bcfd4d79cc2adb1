# SPDX-License-Identifier: GPL-2.0-or-later
"""Every trunk claims every organisation: none is taken on a foreign trunk, and
every call is delivered."""
import concurrent.futures
import socket
import threading

from harness.rawcaller import RawCaller
from harness.rawpsap import RawPsap

COUNT = 32
FIRST_HOST = 100  # of the trunks' addresses in the gateway's block
ID = "93200000-0000-4000-8000-0000000000{:02x}"

# Trunk n belongs to organisation n and may carry the next one too.  Nobody is
# provisioned, so all calls go to the relay centre.
DO = """
INSERT INTO e911.organization (e911_organization_id, name)
SELECT ('93200000-0000-4000-8000-0000000000' || lpad(to_hex(n), 2, '0'))::uuid,
       'matrix ' || n FROM generate_series(0, {last}) AS n;
INSERT INTO e911.trunk (name, role, host, port, organization_id)
SELECT 'matrix ' || n, 'origin', ('{net}.' || {first} + n)::inet, {port},
       o.organization_id
  FROM generate_series(0, {last}) AS n
  JOIN e911.organization o ON o.name = 'matrix ' || n;
INSERT INTO e911.trunk_source (source, trunk_id)
SELECT t.host, t.trunk_id FROM e911.trunk t WHERE t.name LIKE 'matrix %%';
INSERT INTO e911.trunk_organization (trunk_id, organization_id)
SELECT t.trunk_id, o.organization_id
  FROM generate_series(0, {last}) AS n
  JOIN e911.trunk t ON t.name = 'matrix ' || n
  JOIN e911.organization o ON o.name = 'matrix ' || (n + 1) %% ({last} + 1);
"""
UNDO = """
DELETE FROM e911.trunk_organization WHERE trunk_id IN
       (SELECT trunk_id FROM e911.trunk WHERE name LIKE 'matrix %%');
DELETE FROM e911.trunk_source WHERE trunk_id IN
       (SELECT trunk_id FROM e911.trunk WHERE name LIKE 'matrix %%');
DELETE FROM e911.trunk WHERE name LIKE 'matrix %%';
DELETE FROM e911.organization WHERE name LIKE 'matrix %%';
"""


class RelayCentre:
    """Answers whatever comes."""

    def __init__(self, address, port):
        self.psap = RawPsap(address, port)
        self.psap.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                    4 << 20)
        self.closing = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.closing:
            try:
                message = self.psap.receive(timeout=0.2)
            except socket.timeout:
                continue
            if message.kind == "INVITE":
                self.psap.send(self.psap.answer(message))
            elif message.kind == "BYE":
                self.psap.in_dialog_200(message)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing = True
        self.thread.join()
        self.psap.socket.close()


def calls_of(gateway, trunk):
    """One call for each organisation; Call-ID: (trunk, claimed, status)."""
    placed = {}
    for claimed in range(COUNT):
        caller = RawCaller(gateway.block.address(FIRST_HOST + trunk),
                           gateway.port, (gateway.address, gateway.port))
        try:
            reply = caller.call(caller.invite(
                From=f"<sip:nobody@{caller.address}>;tag={caller.mark}",
                E911_Organization_ID=ID.format(claimed)))
        finally:
            caller.close()
        placed[caller.call_id] = trunk, claimed, reply.status
    return placed


def test_no_organisation_is_taken_on_a_foreign_trunk(gateway):
    relay = gateway.trunks["relay"]
    before = int(gateway.kamailio.rpc("e911.stats")["organizations_refused"])
    gateway.provision(DO.format(last=COUNT - 1, net=gateway.block.net,
                                first=FIRST_HOST, port=gateway.port))
    try:
        placed = {}
        with RelayCentre(relay["host"], relay["port"]), \
                concurrent.futures.ThreadPoolExecutor(8) as callers:
            for some in callers.map(lambda n: calls_of(gateway, n),
                                    range(COUNT)):
                placed.update(some)
        gateway.check_idle()
        told = {row["sip_call_id"]: row for row in gateway.postgres.query(
            "SELECT detail ->> 'sip_call_id' AS sip_call_id, t.name AS trunk,"
            "       o.name AS organization,"
            "       detail ->> 'organization_from' AS taken_from,"
            "       (SELECT count(*) FROM e911.call_event s"
            "         WHERE s.call_id = e.call_id"
            "           AND s.kind = 'security.organization') AS refused"
            "  FROM e911.call_event e"
            "  JOIN e911.trunk t"
            "    ON t.trunk_id = (detail ->> 'trunk_id')::bigint"
            "  JOIN e911.organization o ON o.organization_id ="
            "       (detail ->> 'organization_id')::bigint"
            " WHERE e.kind = 'call.started' AND t.name LIKE 'matrix %%'")}
    finally:
        gateway.provision(UNDO)

    assert len(placed) == COUNT * COUNT
    assert {status for _, _, status in placed.values()} == {200}
    assert told.keys() == placed.keys()
    foreign = 0
    for call_id, (trunk, claimed, _) in placed.items():
        row = told[call_id]
        may = claimed in (trunk, (trunk + 1) % COUNT)
        foreign += not may
        assert row["trunk"] == f"matrix {trunk}"
        assert row["organization"] == f"matrix {claimed if may else trunk}"
        assert row["taken_from"] == ("header" if may else "trunk")
        assert row["refused"] == (0 if may else 1)
    assert foreign == COUNT * (COUNT - 2)
    after = int(gateway.kamailio.rpc("e911.stats")["organizations_refused"])
    assert after - before == foreign
