# SPDX-License-Identifier: GPL-2.0-or-later
"""What `e911ctl explain --invite` says of an INVITE is what Kamailio does with
it: for the INVITE of each step of each scenario."""
import json
import os
import subprocess

import pytest

from harness import Scenario

# Fields of the event call.started, and where explain says the same.
SAME = {
    "trunk_id": "identify", "organization_id": "identify",
    "organization_from": "identify", "endpoint_id": "identify",
    "identified_by": "identify", "identified_from": "identify",
    "identified_value": "identify", "location_id": "locate",
    "located_by": "locate", "psap_id": "route", "routed_by": "route",
}


class Explained(Scenario):
    """A scenario whose INVITEs are explained, too."""

    def __init__(self, name, program):
        super().__init__(name)
        self.program = program
        self.compared = 0

    def explain(self, gateway, step):
        """Before 'undo' takes away what the step was provisioned with."""
        sent = next(m for m in step.caller.messages()
                    if not m.received and m.kind == "INVITE")
        done = subprocess.run(
            [self.program, "explain", "--invite", "-", "--json",
             "--state-dir", gateway.state, "--default-route",
             gateway.kamailio.settings["E911_DEFAULT_ROUTE"],
             "--source", f"{step.caller.address}:{step.caller.port}"],
            input=sent.text, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1, 2), done.stderr
        return json.loads(done.stdout)

    def _check_call(self, gateway, step, number):
        super()._check_call(gateway, step, number)
        if step.caller:
            self._compare(gateway, step, self.explain(gateway, step))
            self.compared += 1

    def _compare(self, gateway, step, told):
        where = f"{self.name}: {step.call} {told}"
        if step.spec.get("no_call"):
            assert told["classify"]["class"] != "emergency" or \
                told["source"].get("answer"), where
            return
        assert told["classify"]["class"] == step.call["service"], where
        if step.call["service"] != "emergency":
            return
        started = next(e["detail"] for e in step.events
                       if e["kind"] == "call.started")
        for field, stage in SAME.items():
            theirs, ours = started.get(field), told[stage][field]
            assert (theirs or None) == ours, f"{field}: {where}"
        self._compare_number(started, told["bind"], where)
        self._compare_routes(gateway, step, told["route"]["routes"], where)

    @staticmethod
    def _compare_number(started, bind, where):
        """Which number of the pool is free, explain cannot know."""
        lent = started.get("elin")
        assert (lent is None) == (bind["elin"] is None), where
        if lent:
            assert lent in bind["pool"], where
            assert started["callback_number"] == lent, where
        else:
            assert (started.get("callback_number") or None) == \
                bind["callback_number"], where
            assert started["bound_by"] == bind["bound_by"], where

    @staticmethod
    def _compare_routes(gateway, step, routes, where):
        """Invited in the order that was told, but for trunks that were out of
        service or full: those come last, and explain cannot know them."""
        def trunk(event):
            return names.get(event["detail"].get("route_trunk_id"))
        names = {t["trunk_id"]: t["name"] for t in gateway.postgres.query(
            "SELECT trunk_id, name FROM e911.trunk")}
        kinds = [e["kind"] for e in step.events]
        # What comes behind the answer is no hunt of this INVITE.
        hunt = step.events[:kinds.index("call.answered")
                           if "call.answered" in kinds else None]
        invited = [trunk(e) for e in hunt if e["kind"] == "leg.invited"]
        late = {trunk(e) for e in gateway.postgres.query(
            "SELECT detail FROM e911.call_event WHERE kind IN "
            "('trunk.down', 'route.passed') AND at <= %s",
            step.call["ended_at"])}
        told = [r["trunk"] for r in routes]
        assert set(invited) <= set(told), (invited, where)
        rest = iter(told)
        before = None
        for name in invited:
            # One that is asked once more, in another way, comes in a row.
            if name not in late and name != before:
                assert name in rest, (invited, where)
            before = name

@pytest.mark.parametrize("name", [name for name in Scenario.all()
                                  if "needs" not in Scenario(name).spec])
def test_the_explanation_comes_true(request, gateway, messages, name):
    scenario = Explained(name, os.path.join(
        os.path.realpath(request.config.getoption("--build")), "sidecar",
        "e911ctl"))
    scenario.run(gateway, messages)
    callers = [step for step in scenario.steps if step.caller]
    assert scenario.compared == len(callers) and callers
